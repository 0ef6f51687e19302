// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A guest without a hypervisor: joins a network to a tap interface, in the
 * namespace it runs in.
 *
 *	vmtap HUB TAP [hdr]
 *
 * With hdr both ends have a virtio-net header and all offloads, as a virtio
 * guest has. Prints "ready" and pumps until it is killed.
 */
#define _GNU_SOURCE
#include "vmtest.h"

#include <net/if.h>
#include <linux/if_tun.h>

#define OFFLOADS	(TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6)

static void fail(const char *what)
{
	fprintf(stderr, "vmtap: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int open_tap(const char *name, int flags)
{
	struct ifreq ifr = { 0 };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);

	if (fd < 0)
		fail("/dev/net/tun");
	strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
	ifr.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | flags);
	if (ioctl(fd, TUNSETIFF, &ifr))
		fail("TUNSETIFF on the tap");
	if (flags && ioctl(fd, TUNSETOFFLOAD, (unsigned long)OFFLOADS))
		fail("TUNSETOFFLOAD on the tap");
	return fd;
}

static int open_hub(int hub, int flags)
{
	struct ifreq ifr = { 0 };
	int fd = vt_open(hub, O_RDWR | O_NONBLOCK);

	if (fd < 0)
		fail("the hub's node");
	ifr.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | flags);
	if (ioctl(fd, TUNSETIFF, &ifr))
		fail("TUNSETIFF on the hub");
	if (flags && ioctl(fd, TUNSETOFFLOAD, (unsigned long)OFFLOADS))
		fail("TUNSETOFFLOAD on the hub");
	return fd;
}

static void pump(int from, int to)
{
	static uint8_t buf[70000];
	ssize_t n;

	/* A tap that is down refuses frames; they are lost as on a wire. */
	while ((n = read(from, buf, sizeof(buf))) > 0)
		if (write(to, buf, (size_t)n) < 0 && errno != EIO &&
		    errno != EAGAIN && errno != ENOBUFS && errno != EINVAL)
			fail("write");
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		fail("read");
}

int main(int argc, char **argv)
{
	bool hdr = argc == 4 && !strcmp(argv[3], "hdr");
	struct pollfd p[2];

	if (argc < 3 || argc > 4 || (argc == 4 && !hdr)) {
		fprintf(stderr, "usage: vmtap HUB TAP [hdr]\n");
		return 2;
	}
	p[0].fd = open_hub(atoi(argv[1]), hdr ? IFF_VNET_HDR : 0);
	p[1].fd = open_tap(argv[2], hdr ? IFF_VNET_HDR : 0);
	p[0].events = p[1].events = POLLIN;
	printf("ready\n");
	fflush(stdout);
	for (;;) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			fail("poll");
		pump(p[0].fd, p[1].fd);
		pump(p[1].fd, p[0].fd);
	}
}
