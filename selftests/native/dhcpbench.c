// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * DHCP clients at a given rate, on a packet socket.
 *
 *	dhcpbench [-1] [-b ADDRESS] [-f FIRST] [-n CLIENTS] IF RATE MS
 *
 * Begins RATE four-way exchanges a second for MS milliseconds, whether or not the
 * ones before are answered; each client in turn, each with a hardware address of
 * its own (02:00:00:xx:xx:xx) that its frames come from as well. Then waits for what
 * is under way, for as long as an answer may take. Prints one line of words and
 * numbers, times in microseconds:
 *
 *	sent N done N drops N naks N twice N wrong N late N
 *	offer avg N p50 N p99 N max N ack avg N p50 N p99 N max N
 *
 * drops: no answer within a second, in either half; twice: an address that two
 * clients hold; wrong: see -b; late: the most that this program was behind its time.
 *
 *	-1  all frames come from the interface's own address (02:00:00:ff:ff:ff)
 *	-b  client N has to be given ADDRESS + N
 *	-f  the first client (0)
 *	-n  how many there are, then they begin again (30000)
 */
#define _GNU_SOURCE
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include "dhcpwire.h"

#define SEC 1000000000ULL
#define PATIENCE SEC
#define BATCH 64
#define INDEX_BITS 17
#define CLIENTS_MAX (1U << INDEX_BITS)
#define QUEUE (32 << 20)

/* What a client waits for; 0: it is at rest. */
struct client {
	uint8_t awaits;
	uint32_t xid, addr, server;
	uint64_t asked;
};

/* The times of one half of the exchanges, in us. */
struct half {
	uint32_t *us;
	size_t n;
};

/*
 * One run. @owner has the client, counted from 1, for the last 16 bits of an
 * address: pools are not larger.
 */
struct bench {
	int fd;
	bool one_mac, has_base;
	uint32_t base, nclients, next;
	uint64_t rate, length;
	struct client *clients;
	uint32_t owner[1 << 16];
	struct half offers, acks;
	struct wire out[BATCH];
	unsigned int nout;
	unsigned long sent, done, naks, twice, wrong, waiting;
	uint64_t late;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * SEC + (uint64_t)t.tv_nsec;
}

static void flush(struct bench *b)
{
	struct mmsghdr msgs[BATCH] = { 0 };
	struct iovec iov[BATCH];
	unsigned int i, at = 0;

	for (i = 0; i < b->nout; i++) {
		iov[i] = (struct iovec){ &b->out[i], sizeof(b->out[i]) };
		msgs[i].msg_hdr.msg_iov = &iov[i];
		msgs[i].msg_hdr.msg_iovlen = 1;
	}
	while (at < b->nout) {
		int n = sendmmsg(b->fd, msgs + at, b->nout - at, 0);

		/* A queue without room loses one, as it would a frame of a guest. */
		if (n < 0 && errno != ENOBUFS && errno != EINTR) {
			perror("dhcpbench: send");
			exit(1);
		}
		at += n > 0 ? (unsigned int)n : errno == ENOBUFS;
	}
	b->nout = 0;
}

static void say(struct bench *b, uint32_t i, uint8_t type, uint64_t now)
{
	static const uint8_t params[] = { 1, 28, 2, 3, 15, 6, 12 };
	struct client *c = &b->clients[i];
	struct wire *w;
	uint8_t *o;

	if (b->nout == BATCH)
		flush(b);
	w = &b->out[b->nout++];
	memset(w, 0, sizeof(*w));
	wire_heads(w, 1, 0, 0, NULL);
	w->htype = 1;
	w->hlen = 6;
	w->xid = c->xid;
	w->flags = htons(0x8000);
	w->chaddr[0] = 2;
	w->chaddr[3] = (uint8_t)(i >> 16);
	w->chaddr[4] = (uint8_t)(i >> 8);
	w->chaddr[5] = (uint8_t)i;
	memcpy(w->src, b->one_mac ? (const uint8_t *)"\2\0\0\xff\xff\xff" : w->chaddr, 6);
	o = wire_put(w->options, 53, &type, 1);
	o = wire_put(o, 55, params, sizeof(params));
	if (type == WIRE_REQUEST) {
		o = wire_put(o, 50, &c->addr, 4);
		o = wire_put(o, 54, &c->server, 4);
	}
	*o = 255;
	c->asked = now;
	c->awaits = type == WIRE_DISCOVER ? WIRE_OFFER : WIRE_ACK;
}

/* The next client begins, unless all are at work. */
static void begin(struct bench *b, uint64_t now)
{
	uint32_t tries, i = b->next;

	for (tries = 0; tries < b->nclients; tries++) {
		struct client *c = &b->clients[i];

		if (!c->awaits || now - c->asked > PATIENCE) {
			b->waiting += !c->awaits;
			c->xid = htonl((ntohl(c->xid) + CLIENTS_MAX) & ~(CLIENTS_MAX - 1)) |
				 htonl(i);
			say(b, i, WIRE_DISCOVER, now);
			b->sent++;
			b->next = (i + 1) % b->nclients;
			return;
		}
		i = (i + 1) % b->nclients;
	}
}

static void count(struct half *h, uint64_t ns)
{
	h->us[h->n++] = (uint32_t)(ns / 1000);
}

static void granted(struct bench *b, uint32_t i, uint32_t addr)
{
	uint32_t *owner = &b->owner[ntohl(addr) & 0xffff];

	if (*owner && *owner != i + 1)
		b->twice++;
	*owner = i + 1;
	if (b->has_base && ntohl(addr) != b->base + i)
		b->wrong++;
}

static void got(struct bench *b, const struct wire *w, size_t len, uint64_t now)
{
	uint32_t i = ntohl(w->xid) & (CLIENTS_MAX - 1);
	const uint8_t *type, *server;
	struct client *c;

	if (!wire_is(w, len, 2) || i >= b->nclients)
		return;
	c = &b->clients[i];
	type = wire_get(w, len, 53, 1);
	server = wire_get(w, len, 54, 4);
	if (!type || !server || c->xid != w->xid || now - c->asked > PATIENCE)
		return;
	if (*type == WIRE_NAK) {
		b->naks++;
	} else if (*type == c->awaits && *type == WIRE_OFFER) {
		count(&b->offers, now - c->asked);
		c->addr = w->yiaddr;
		memcpy(&c->server, server, 4);
		say(b, i, WIRE_REQUEST, now);
	} else if (*type == c->awaits) {
		count(&b->acks, now - c->asked);
		granted(b, i, w->yiaddr);
		c->awaits = 0;
		b->done++;
		b->waiting--;
	}
}

/* Return: was there anything? */
static bool receive(struct bench *b)
{
	static struct wire in[BATCH];
	struct mmsghdr msgs[BATCH] = { 0 };
	struct iovec iov[BATCH];
	uint64_t now;
	int i, n;

	for (i = 0; i < BATCH; i++) {
		iov[i] = (struct iovec){ &in[i], sizeof(in[i]) };
		msgs[i].msg_hdr.msg_iov = &iov[i];
		msgs[i].msg_hdr.msg_iovlen = 1;
	}
	n = recvmmsg(b->fd, msgs, BATCH, MSG_DONTWAIT, NULL);
	now = now_ns();
	for (i = 0; i < n; i++)
		got(b, &in[i], msgs[i].msg_len, now);
	return n > 0;
}

static void rest(struct bench *b, uint64_t ns)
{
	struct timespec t = { (time_t)(ns / SEC), (long)(ns % SEC) };
	struct pollfd p = { b->fd, POLLIN, 0 };

	ppoll(&p, 1, &t, NULL);
}

static void run(struct bench *b)
{
	uint64_t start = now_ns(), now = start, total = b->rate * b->length / SEC, due;
	unsigned long begun = 0;

	while (now - start < b->length) {
		uint64_t next = start + begun * SEC / b->rate;
		unsigned int burst;

		if (now > next && now - next > b->late)
			b->late = now - next;
		due = (now - start) * b->rate / SEC + 1;
		if (due > total)
			due = total;
		for (burst = 0; begun < due && burst < BATCH; burst++, begun++)
			begin(b, now);
		flush(b);
		next = start + begun * SEC / b->rate;
		now = now_ns();
		if (!receive(b) && now < next)
			rest(b, next - now);
		now = now_ns();
	}
	start = now;
	while (b->waiting && now - start < PATIENCE) {
		if (!receive(b))
			rest(b, SEC / 100);
		flush(b);
		now = now_ns();
	}
}

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void print_half(const char *what, struct half *h)
{
	uint64_t sum = 0;
	size_t i;

	qsort(h->us, h->n, sizeof(*h->us), by_size);
	for (i = 0; i < h->n; i++)
		sum += h->us[i];
	if (!h->n)
		h->us[h->n++] = 0;
	printf(" %s avg %lu p50 %u p99 %u max %u", what, (unsigned long)(sum / h->n),
	       h->us[h->n / 2], h->us[h->n * 99 / 100], h->us[h->n - 1]);
}

static int setup(struct bench *b, const char *ifname)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP) };
	size_t most = b->rate * b->length / SEC + 1;
	int size = QUEUE;

	ll.sll_ifindex = (int)if_nametoindex(ifname);
	b->clients = calloc(b->nclients, sizeof(*b->clients));
	b->offers.us = malloc(most * sizeof(uint32_t));
	b->acks.us = malloc(most * sizeof(uint32_t));
	b->fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_IP));
	if (!b->clients || !b->offers.us || !b->acks.us || b->fd < 0)
		return -1;
	setsockopt(b->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	setsockopt(b->fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	return bind(b->fd, (struct sockaddr *)&ll, sizeof(ll));
}

static bool parse(struct bench *b, int argc, char **argv)
{
	struct in_addr base;
	int o;

	b->nclients = 30000;
	while ((o = getopt(argc, argv, "1b:f:n:")) >= 0) {
		if (o == '1')
			b->one_mac = true;
		else if (o == 'f')
			b->next = (uint32_t)atol(optarg);
		else if (o == 'n')
			b->nclients = (uint32_t)atol(optarg);
		else if (o == 'b' && inet_pton(AF_INET, optarg, &base) == 1)
			b->has_base = true, b->base = ntohl(base.s_addr);
		else
			return false;
	}
	if (argc - optind != 3)
		return false;
	b->rate = (uint64_t)atol(argv[optind + 1]);
	b->length = (uint64_t)atol(argv[optind + 2]) * 1000000;
	return b->rate && b->nclients && b->nclients <= CLIENTS_MAX;
}

int main(int argc, char **argv)
{
	static struct bench b;

	if (!parse(&b, argc, argv)) {
		fprintf(stderr, "usage: dhcpbench [-1] [-b ADDRESS] [-f FIRST] [-n CLIENTS] "
				"IF RATE MS\n");
		return 2;
	}
	b.next %= b.nclients;
	if (setup(&b, argv[optind])) {
		perror("dhcpbench");
		return 1;
	}
	run(&b);
	printf("sent %lu done %lu drops %lu naks %lu twice %lu wrong %lu late %lu", b.sent, b.done,
	       b.sent - b.done, b.naks, b.twice, b.wrong, (unsigned long)(b.late / 1000));
	print_half("offer", &b.offers);
	print_half("ack", &b.acks);
	putchar('\n');
	return 0;
}
