// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a frame costs does not depend on how many ports a hub has.
 *
 * Meant for a VM where guest nanoseconds are executed instructions (qemu
 * -icount shift=0,sleep=off -smp 1): there the figures repeat within 3 %.
 */
#define _GNU_SOURCE
#include "vmtest.h"

#include <time.h>

#define HUB	210
#define MAX	60
#define ROUNDS	40
#define BATCH	64
/* With 60 ports a unicast frame costs at most this much of its 2-port cost. */
#define LIMIT	1.15

static struct vt_port port[MAX];

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Median cost of one frame, written and read; < 0 when one got lost. */
static double unicast_cost(void)
{
	uint8_t frame[60], buf[2000];
	double round[ROUNDS];

	vt_frame(frame, sizeof(frame), port[1].mac, port[0].mac, 1);
	for (int r = 0; r < ROUNDS; r++) {
		double start = now();

		for (int i = 0; i < BATCH; i++)
			if (write(port[0].fd, frame, sizeof(frame)) != 60)
				return -1;
		for (int i = 0; i < BATCH; i++)
			if (read(port[1].fd, buf, sizeof(buf)) != 60)
				return -1;
		round[r] = (now() - start) / BATCH;
	}
	qsort(round, ROUNDS, sizeof(round[0]), by_value);
	return round[ROUNDS / 2];
}

int main(void)
{
	double two = 0, sixty = 0;
	long long stray = 0;
	bool ok;
	int n;

	printf("TAP version 13\n1..2\n");
	for (n = 0; n < MAX; n++) {
		if (vt_port_up(&port[n], HUB, VT_UP)) {
			printf("not ok 1 - port %d: %s\n", n, strerror(errno));
			return 1;
		}
		if (n == 1) {
			unicast_cost();
			two = unicast_cost();
		}
	}
	sixty = unicast_cost();
	printf("# one 60-byte unicast frame, write and read: %.0f ns with 2 ports, %.0f ns with %d\n",
	       two, sixty, MAX);
	ok = two > 0 && sixty > 0 && sixty <= two * LIMIT;
	printf("%sok 1 - cost with %d ports is %.3f of the cost with 2 (limit %.2f)\n",
	       ok ? "" : "not ", MAX, sixty / two, LIMIT);
	for (n = 2; n < MAX; n++)
		stray += vt_counter(&port[n], "queued");
	printf("%sok 2 - no third port has seen any of it\n",
	       stray ? "not " : "");
	return ok && !stray ? 0 : 1;
}
