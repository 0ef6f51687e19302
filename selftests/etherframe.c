// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sends or counts frames of an EtherType that nobody else uses, or of TYPE.
 *
 *	etherframe send IF DST N [TYPE]
 *		DST: a MAC address; N frames
 *	etherframe count IF FILE [TYPE]
 *		writes "ready PID" to FILE, and from then on, at each SIGUSR1,
 *		how many have arrived since the last one
 */
#define _GNU_SOURCE
#include "vmtest.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <linux/if_packet.h>

static void fail(const char *what)
{
	fprintf(stderr, "etherframe: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int open_if(const char *name, uint16_t type, struct sockaddr_ll *ll)
{
	int fd = socket(AF_PACKET, SOCK_RAW, htons(type));

	if (fd < 0)
		fail("socket");
	memset(ll, 0, sizeof(*ll));
	ll->sll_family = AF_PACKET;
	ll->sll_protocol = htons(type);
	ll->sll_ifindex = (int)if_nametoindex(name);
	if (!ll->sll_ifindex || bind(fd, (struct sockaddr *)ll, sizeof(*ll)))
		fail(name);
	return fd;
}

static int send_frames(const char *name, const char *dst, int n, uint16_t type)
{
	uint8_t frame[60] = { 0 };
	struct sockaddr_ll ll;
	struct ifreq ifr = { 0 };
	unsigned int b[6];
	int fd = open_if(name, type, &ll);

	if (sscanf(dst, "%x:%x:%x:%x:%x:%x", &b[0], &b[1], &b[2], &b[3], &b[4],
		   &b[5]) != 6)
		fail(dst);
	strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
	if (ioctl(fd, SIOCGIFHWADDR, &ifr))
		fail("SIOCGIFHWADDR");
	for (int i = 0; i < 6; i++)
		frame[i] = (uint8_t)b[i];
	memcpy(frame + 6, ifr.ifr_hwaddr.sa_data, 6);
	frame[12] = (uint8_t)(type >> 8);
	frame[13] = (uint8_t)type;
	while (n-- > 0)
		if (send(fd, frame, sizeof(frame), 0) != (ssize_t)sizeof(frame))
			fail("send");
	return 0;
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fprintf(f, "%s\n", text) < 0 || fclose(f))
		fail(path);
}

static int count_frames(const char *name, const char *path, uint16_t type)
{
	struct signalfd_siginfo info;
	struct sockaddr_ll ll;
	struct pollfd fds[2];
	sigset_t set;
	char buf[2048], text[32];
	int n = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fds[0] = (struct pollfd){ open_if(name, type, &ll), POLLIN, 0 };
	fds[1] = (struct pollfd){ signalfd(-1, &set, 0), POLLIN, 0 };
	if (fds[1].fd < 0)
		fail("signalfd");
	snprintf(text, sizeof(text), "ready %d", (int)getpid());
	put(path, text);
	while (poll(fds, 2, -1) > 0) {
		while (recv(fds[0].fd, buf, sizeof(buf), MSG_DONTWAIT) > 0)
			n++;
		if (!(fds[1].revents & POLLIN))
			continue;
		if (read(fds[1].fd, &info, sizeof(info)) != sizeof(info))
			fail("signalfd");
		snprintf(text, sizeof(text), "%d", n);
		put(path, text);
		n = 0;
	}
	fail("poll");
	return 1;
}

int main(int argc, char **argv)
{
	bool is_send = argc > 1 && !strcmp(argv[1], "send");
	int types = is_send ? 5 : 4;
	uint16_t type = VT_ETHERTYPE;

	if (argc == types + 1)
		type = (uint16_t)strtoul(argv[types], NULL, 0);
	if (argc == types || argc == types + 1) {
		if (is_send)
			return send_frames(argv[2], argv[3], atoi(argv[4]), type);
		if (!strcmp(argv[1], "count"))
			return count_frames(argv[2], argv[3], type);
	}
	fprintf(stderr, "usage: etherframe send IF DST N [TYPE] | count IF FILE [TYPE]\n");
	return 2;
}
