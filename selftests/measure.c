// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "measure.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <linux/sockios.h>

void die(const char *what)
{
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what,
		strerror(errno));
	exit(1);
}

/* Nanoseconds; in a VM that counts instructions, these. */
double now(void)
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

/* Sorts them. */
double median(double *v, int n)
{
	qsort(v, (size_t)n, sizeof(v[0]), by_value);
	return v[n / 2];
}

void set_up(int sock, const char *name, bool up)
{
	struct ifreq ifr = { 0 };

	snprintf(ifr.ifr_name, IFNAMSIZ, "%s", name);
	if (ioctl(sock, SIOCGIFFLAGS, &ifr))
		die(name);
	ifr.ifr_flags = (short)(up ? ifr.ifr_flags | IFF_UP
				   : ifr.ifr_flags & ~IFF_UP);
	if (ioctl(sock, SIOCSIFFLAGS, &ifr))
		die(name);
}

void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die(path);
	close(fd);
}

/* A Linux bridge that sends nothing of its own. Return: a socket. */
int make_bridge(const char *name)
{
	int sock = socket(AF_INET, SOCK_DGRAM, 0);
	char path[96];

	write_file("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
	ioctl(sock, SIOCBRDELBR, name);
	if (ioctl(sock, SIOCBRADDBR, name))
		die("SIOCBRADDBR");
	snprintf(path, sizeof(path), "/sys/class/net/%s/bridge/multicast_snooping", name);
	write_file(path, "0");
	set_up(sock, name, true);
	return sock;
}

void enslave(int sock, const char *bridge, const char *name)
{
	struct ifreq br = { 0 };

	snprintf(br.ifr_name, IFNAMSIZ, "%s", bridge);
	br.ifr_ifindex = (int)if_nametoindex(name);
	if (ioctl(sock, SIOCBRADDIF, &br))
		die("SIOCBRADDIF");
}
