// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A bad wire: joins an interface to a new tap, and delays, loses and reorders
 * frames in both directions.
 *
 *	badwire IF TAP DELAY_MS LOSS REORDER SEED
 *
 * LOSS and REORDER are frames in a thousand; a reordered frame waits 3 ms more.
 * Prints "ready", and at the end (SIGTERM) how many frames it carried and lost.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>

#define SLOTS	65536
#define FRAME	2048

struct frame {
	uint64_t due;
	uint32_t len;
	uint8_t data[FRAME];
};

/* Frames in the order they arrived; a reordered one is only due later. */
struct queue {
	struct frame *slot;
	uint32_t head, tail;
};

static volatile sig_atomic_t stop;
static unsigned long carried, lost;

static void on_term(int sig)
{
	(void)sig;
	stop = 1;
}

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void take(int fd, struct queue *q, uint64_t delay, int loss, int reorder)
{
	uint8_t buf[FRAME];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		struct frame *f = &q->slot[q->tail % SLOTS];

		if (rand() % 1000 < loss || q->tail - q->head == SLOTS) {
			lost++;
			continue;
		}
		f->due = now_us() + delay + (rand() % 1000 < reorder ? 3000 : 0);
		f->len = (uint32_t)n;
		memcpy(f->data, buf, (size_t)n);
		q->tail++;
	}
}

static void give(int fd, struct queue *q, uint64_t now)
{
	uint32_t i, ahead = 0;

	/* Look past frames that were put back. */
	for (i = q->head; i != q->tail && ahead < 64; i++) {
		struct frame *f = &q->slot[i % SLOTS];

		if (!f->len)
			continue;
		if (f->due > now) {
			ahead++;
			continue;
		}
		if (write(fd, f->data, f->len) > 0)
			carried++;
		f->len = 0;
	}
	while (q->head != q->tail && !q->slot[q->head % SLOTS].len)
		q->head++;
}

static int open_if(const char *name)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(ETH_P_ALL) };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, htons(ETH_P_ALL));
	int one = 1, big = 16 << 20;

	ll.sll_ifindex = (int)if_nametoindex(name);
	if (fd < 0 || !ll.sll_ifindex ||
	    bind(fd, (struct sockaddr *)&ll, sizeof(ll))) {
		perror(name);
		exit(1);
	}
	setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &big, sizeof(big));
	return fd;
}

static int open_tap(const char *name)
{
	struct ifreq ifr = { 0 };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);

	strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
	ifr.ifr_flags = IFF_TAP | IFF_NO_PI;
	if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr)) {
		perror(name);
		exit(1);
	}
	return fd;
}

int main(int argc, char **argv)
{
	struct queue to_tap = { 0 }, to_if = { 0 };
	struct pollfd p[2];
	uint64_t delay;
	int loss, reorder;

	if (argc != 7) {
		fprintf(stderr, "usage: badwire IF TAP DELAY_MS LOSS REORDER SEED\n");
		return 2;
	}
	signal(SIGTERM, on_term);
	p[0].fd = open_if(argv[1]);
	p[1].fd = open_tap(argv[2]);
	p[0].events = p[1].events = POLLIN;
	delay = (uint64_t)atoi(argv[3]) * 1000;
	loss = atoi(argv[4]);
	reorder = atoi(argv[5]);
	srand((unsigned int)atoi(argv[6]));
	to_tap.slot = calloc(SLOTS, sizeof(struct frame));
	to_if.slot = calloc(SLOTS, sizeof(struct frame));
	if (!to_tap.slot || !to_if.slot)
		return 1;
	printf("ready\n");
	fflush(stdout);
	while (!stop) {
		bool busy = to_tap.head != to_tap.tail || to_if.head != to_if.tail;
		struct timespec ts = { 0, busy ? 200000 : 100000000 };
		uint64_t now;

		ppoll(p, 2, &ts, NULL);
		take(p[0].fd, &to_tap, delay, loss, reorder);
		take(p[1].fd, &to_if, delay, loss, reorder);
		now = now_us();
		give(p[1].fd, &to_tap, now);
		give(p[0].fd, &to_if, now);
	}
	printf("carried %lu lost %lu\n", carried, lost);
	return 0;
}
