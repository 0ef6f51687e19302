// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sends or counts frames of an EtherType that nobody else uses.
 *
 *	etherframe send IF DST N	DST: a MAC address; N frames
 *	etherframe count IF FILE	writes "ready" to FILE, then, when it gets
 *					SIGTERM, the number that arrived
 */
#define _GNU_SOURCE
#include "vmtest.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <signal.h>
#include <sys/socket.h>
#include <linux/if_packet.h>

static volatile sig_atomic_t stop;

static void on_term(int sig)
{
	(void)sig;
	stop = 1;
}

static void fail(const char *what)
{
	fprintf(stderr, "etherframe: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int open_if(const char *name, struct sockaddr_ll *ll)
{
	int fd = socket(AF_PACKET, SOCK_RAW, htons(VT_ETHERTYPE));

	if (fd < 0)
		fail("socket");
	memset(ll, 0, sizeof(*ll));
	ll->sll_family = AF_PACKET;
	ll->sll_protocol = htons(VT_ETHERTYPE);
	ll->sll_ifindex = (int)if_nametoindex(name);
	if (!ll->sll_ifindex || bind(fd, (struct sockaddr *)ll, sizeof(*ll)))
		fail(name);
	return fd;
}

static int send_frames(const char *name, const char *dst, int n)
{
	uint8_t frame[60] = { 0 };
	struct sockaddr_ll ll;
	struct ifreq ifr = { 0 };
	unsigned int b[6];
	int fd = open_if(name, &ll);

	if (sscanf(dst, "%x:%x:%x:%x:%x:%x", &b[0], &b[1], &b[2], &b[3], &b[4],
		   &b[5]) != 6)
		fail(dst);
	strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
	if (ioctl(fd, SIOCGIFHWADDR, &ifr))
		fail("SIOCGIFHWADDR");
	for (int i = 0; i < 6; i++)
		frame[i] = (uint8_t)b[i];
	memcpy(frame + 6, ifr.ifr_hwaddr.sa_data, 6);
	frame[12] = VT_ETHERTYPE >> 8;
	frame[13] = VT_ETHERTYPE & 0xff;
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

static int count_frames(const char *name, const char *path)
{
	struct sigaction sa = { .sa_handler = on_term };
	struct sockaddr_ll ll;
	int fd = open_if(name, &ll), n = 0;
	char buf[2048], text[16];

	sigaction(SIGTERM, &sa, NULL);
	put(path, "ready");
	while (!stop)
		if (recv(fd, buf, sizeof(buf), 0) > 0)
			n++;
	while (recv(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		n++;
	snprintf(text, sizeof(text), "%d", n);
	put(path, text);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "send"))
		return send_frames(argv[2], argv[3], atoi(argv[4]));
	if (argc == 4 && !strcmp(argv[1], "count"))
		return count_frames(argv[2], argv[3]);
	fprintf(stderr, "usage: etherframe send IF DST N | count IF FILE\n");
	return 2;
}
