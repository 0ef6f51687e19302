// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Many DHCP clients at once, on a packet socket.
 *
 *	dhcpload IF N SECONDS FILE
 *	dhcpload -k ROUNDS IF N SECONDS FILE SERVER...
 *
 * N clients (02:00:00:xx:xx:xx) ask for an address each, repeating themselves
 * until they have one or SECONDS are over. Each ACK is written to FILE as it
 * comes, "MAC ADDRESS". Prints how many hold a lease. A client that has been
 * acknowledged goes on renewing by DISCOVER, as a machine does that boots again,
 * so that every address it is given is on record.
 *
 * With -k it starts SERVER itself, kills it with SIGKILL a few milliseconds after
 * the first ACK, and starts it again, ROUNDS times: some of the clients are new in
 * each round, others come back. Prints how many rounds had an ACK as well.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include "dhcpwire.h"

#define RETRY_MS 400
#define ROUND_RETRY_MS 60 /* of servers that do not live long */
#define ROUND_MS 15000 /* without an ACK: then there is something wrong */
#define ROUND_BURST_MS 6 /* it goes on for so long at most, then it is killed */
#define ROUND_AGAIN 10 /* one of so many clients comes back in each round */

struct client {
	uint8_t mac[6];
	uint32_t xid;
	uint32_t offered, server, acked;
	uint64_t next;
	int rounds;
};

/* Servers that are killed; @argv NULL: there is none. */
struct rounds {
	char **argv;
	pid_t pid;
	int n, done, with_ack;
	uint64_t kill_at, began;
	bool acked;
};

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static size_t opt(uint8_t *at, uint8_t code, const void *data, size_t len)
{
	at[0] = code;
	at[1] = (uint8_t)len;
	memcpy(at + 2, data, len);
	return len + 2;
}

static void send_msg(int fd, const struct client *c, uint8_t type)
{
	uint8_t f[14 + 20 + 8 + 300] = { 0 };
	uint8_t *ip = f + 14, *udp = ip + 20, *d = udp + 8, *o = d + 240;
	uint16_t len = htons(20 + 8 + 300), ulen = htons(8 + 300), s;

	memset(f, 0xff, 6);
	memcpy(f + 6, c->mac, 6);
	f[12] = 8;
	ip[0] = 0x45;
	memcpy(ip + 2, &len, 2);
	ip[8] = 64;
	ip[9] = 17;
	memset(ip + 16, 0xff, 4);
	s = wire_sum(ip, 20);
	memcpy(ip + 10, &s, 2);
	udp[1] = 68;
	udp[3] = 67;
	memcpy(udp + 4, &ulen, 2);
	d[0] = 1;
	d[1] = 1;
	d[2] = 6;
	memcpy(d + 4, &c->xid, 4);
	d[10] = 0x80;
	memcpy(d + 28, c->mac, 6);
	memcpy(d + 236, "\x63\x82\x53\x63", 4);
	o += opt(o, 53, &type, 1);
	if (type == 3) {
		o += opt(o, 50, &c->offered, 4);
		o += opt(o, 54, &c->server, 4);
	}
	*o = 255;
	if (send(fd, f, sizeof(f), 0) < 0 && errno != ENOBUFS && errno != ENETDOWN)
		perror("send");
}

static void got(struct client *cs, int n, const uint8_t *f, size_t len,
		FILE *out, int fd, struct rounds *k)
{
	const uint8_t *d = f + 14 + 20 + 8, *o = d + 240;
	uint32_t xid, yiaddr, server = 0;
	struct client *c;
	char ip[16];
	uint8_t type = 0;
	int i;

	if (len < 14 + 20 + 8 + 240 || f[12] != 8 || f[23] != 17 || d[0] != 2)
		return;
	memcpy(&xid, d + 4, 4);
	i = (int)(ntohl(xid) & 0xffff);
	if (i >= n || cs[i].xid != xid)
		return;
	c = &cs[i];
	memcpy(&yiaddr, d + 16, 4);
	while (o + 1 < f + len && *o != 255) {
		if (!*o) {
			o++;
			continue;
		}
		if (o[0] == 53)
			type = o[2];
		if (o[0] == 54)
			memcpy(&server, o + 2, 4);
		o += 2 + o[1];
	}
	if (type == 2) {
		c->offered = yiaddr;
		c->server = server;
		c->next = now_ms() + (k->argv ? ROUND_RETRY_MS : RETRY_MS);
		send_msg(fd, c, 3);
	} else if (type == 5) {
		inet_ntop(AF_INET, &yiaddr, ip, sizeof(ip));
		fprintf(out, "%02x:%02x:%02x:%02x:%02x:%02x %s\n", c->mac[0],
			c->mac[1], c->mac[2], c->mac[3], c->mac[4], c->mac[5],
			ip);
		fflush(out);
		c->acked = yiaddr;
		c->offered = 0;
		c->rounds++;
		/* In rounds: when one begins. */
		c->next = k->argv ? UINT64_MAX :
				    now_ms() + 1000 + (uint64_t)rand() % 1000;
		if (!k->acked)
			k->kill_at = now_ms() + (uint64_t)rand() % ROUND_BURST_MS;
		k->acked = true;
	} else if (type == 6) {
		c->offered = 0;
		c->next = now_ms();
	}
}

static void round_begin(struct rounds *k, struct client *cs, int n)
{
	int i, new_ones = n / k->n + 1;

	for (i = 0; i < n; i++) {
		if (cs[i].rounds ? rand() % ROUND_AGAIN == 0 : new_ones-- > 0)
			cs[i].next = 0;
	}
	k->began = now_ms();
	k->kill_at = k->began + ROUND_MS;
	k->acked = false;
	k->pid = fork();
	if (k->pid)
		return;
	setpgid(0, 0);
	execv(k->argv[0], k->argv);
	perror(k->argv[0]);
	_exit(127);
}

/* Return: all are done. */
static bool round_step(struct rounds *k, struct client *cs, int n)
{
	if (now_ms() < k->kill_at)
		return false;
	kill(k->pid, SIGKILL);
	kill(-k->pid, SIGKILL);
	waitpid(k->pid, NULL, 0);
	k->with_ack += k->acked;
	if (++k->done == k->n)
		return true;
	round_begin(k, cs, n);
	return false;
}

static void init(struct client *c, int i, bool in_rounds)
{
	c->mac[0] = 2;
	c->mac[4] = (uint8_t)(i >> 8);
	c->mac[5] = (uint8_t)i;
	c->xid = htonl(0x5a000000U | (uint32_t)i);
	c->next = in_rounds ? UINT64_MAX : 0;
}

/* Ask for whoever has waited long enough. */
static void ask(struct client *cs, int n, int fd, bool in_rounds)
{
	uint64_t now = now_ms();
	int i;

	for (i = 0; i < n; i++) {
		if (cs[i].next > now)
			continue;
		/* An offer that was not acknowledged: begin anew. */
		cs[i].offered = 0;
		cs[i].next = now + (in_rounds ? ROUND_RETRY_MS :
						RETRY_MS + (uint64_t)rand() % 200);
		send_msg(fd, &cs[i], 1);
	}
}

static int usage(void)
{
	fprintf(stderr, "usage: dhcpload [-k ROUNDS] IF N SECONDS FILE [SERVER...]\n");
	return 2;
}

int main(int argc, char **argv)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(ETH_P_IP) };
	struct rounds k = { 0 };
	struct client *cs;
	uint64_t end;
	int n, i, fd, held = 0;
	uint8_t buf[2048];
	FILE *out;

	if (argc > 7 && !strcmp(argv[1], "-k")) {
		k.n = atoi(argv[2]);
		k.argv = argv + 7;
		argv += 2;
		argc = 5;
	}
	if (argc != 5 || (k.argv && k.n < 1))
		return usage();
	n = atoi(argv[2]);
	cs = calloc((size_t)n, sizeof(*cs));
	out = fopen(argv[4], "a");
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_IP));
	ll.sll_ifindex = (int)if_nametoindex(argv[1]);
	if (!cs || !out || fd < 0 || bind(fd, (struct sockaddr *)&ll, sizeof(ll))) {
		perror("dhcpload");
		return 1;
	}
	for (i = 0; i < n; i++)
		init(&cs[i], i, k.argv);
	end = now_ms() + (uint64_t)atoi(argv[3]) * 1000;
	if (k.argv)
		round_begin(&k, cs, n);
	while (now_ms() < end && (!k.argv || !round_step(&k, cs, n))) {
		struct pollfd p = { fd, POLLIN, 0 };
		ssize_t r;

		ask(cs, n, fd, k.argv);
		poll(&p, 1, k.argv ? 1 : 20);
		while ((r = recv(fd, buf, sizeof(buf), 0)) > 0)
			got(cs, n, buf, (size_t)r, out, fd, &k);
	}
	for (i = 0; i < n; i++)
		held += cs[i].acked != 0;
	if (k.argv) {
		kill(-k.pid, SIGKILL);
		printf("%d %d ", k.done, k.with_ack);
	}
	printf("%d\n", held);
	return 0;
}
