// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Has an alarm due within a second, at any time of the next five minutes, until
 * it is killed. The kernel's alarm device refuses to be suspended when one is
 * due within two: a suspend ends there, and what was suspended before it is
 * resumed.
 *
 *	nosuspend		says "ready" when the alarms are set
 */
#define _GNU_SOURCE
#include "vmtest.h"

#include <sys/timerfd.h>

int main(int argc, char **argv)
{
	struct itimerspec at = {};
	struct timespec now;

	if (argc != 1) {
		fprintf(stderr, "usage: nosuspend\n");
		return 2;
	}
	clock_gettime(CLOCK_BOOTTIME, &now);
	for (int i = 1; i <= 300; i++) {
		int fd = timerfd_create(CLOCK_BOOTTIME_ALARM, 0);

		at.it_value = (struct timespec){ now.tv_sec + i, now.tv_nsec };
		if (fd < 0 || timerfd_settime(fd, TFD_TIMER_ABSTIME, &at, NULL)) {
			perror("nosuspend");
			return 1;
		}
	}
	puts("ready");
	fflush(stdout);
	pause();
	return 0;
}
