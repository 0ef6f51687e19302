// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A port for shell scripts: opens a network, does what it is told, and holds
 * the file.
 *
 *	vmport HUB OP... [-- COMMAND ARG...]
 *
 *	flags=0x3	SIOCSPORTFLAGS
 *	mac=XX:..:XX	SIOCSETMACADDR
 *	bind=N		SIOCSBIND
 *	netif=NAME	SIOCNETIF
 *	peer=NAME	SIOCSPEER3
 *	smac=NAME	SIOCSPEER3, single-MAC mode
 *	tap, tap=hdr	TUNSETIFF, without or with a virtio-net header
 *	send=N		write N broadcasts
 *	socket		go on with the socket view, as vhost-net wants it
 *	fd=N		the descriptor COMMAND gets (3)
 *
 * Prints one line when done, "userifN XX:XX:XX:XX:XX:XX", and sleeps until it
 * is killed; or runs COMMAND with the file as a descriptor.
 */
#define _GNU_SOURCE
#include "vmtest.h"

#include <net/if.h>
#include <linux/if_tun.h>

/* The descriptor of COMMAND. */
static int as = 3;

static void fail(const char *op)
{
	fprintf(stderr, "vmport: %s: %s\n", op, strerror(errno));
	exit(1);
}

static int set_mac(int fd, const char *text)
{
	unsigned int b[6];
	uint8_t mac[6];

	if (sscanf(text, "%x:%x:%x:%x:%x:%x", &b[0], &b[1], &b[2], &b[3],
		   &b[4], &b[5]) != 6) {
		errno = EINVAL;
		return -1;
	}
	for (int i = 0; i < 6; i++)
		mac[i] = (uint8_t)b[i];
	return vt_set_mac(fd, mac, 0);
}

static int set_tap(int fd, bool hdr)
{
	struct ifreq ifr = { 0 };

	ifr.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | (hdr ? IFF_VNET_HDR : 0));
	return ioctl(fd, TUNSETIFF, &ifr);
}

static int send_frames(const struct vt_port *p, long n)
{
	while (n-- > 0)
		if (vt_send(p->fd, 60, vt_bcast, p->mac, 1) != 60)
			return -1;
	return 0;
}

static int go_on_with_socket(struct vt_port *p)
{
	int fd = ioctl(p->fd, VMNET_IOC_SOCKET, VMNET_SOCKET_VHOST);

	if (fd < 0)
		return -1;
	close(p->fd);
	p->fd = fd;
	return 0;
}

static int operate(struct vt_port *p, const char *op)
{
	const char *arg = strchr(op, '=');

	if (!strcmp(op, "tap"))
		return set_tap(p->fd, false);
	if (!strcmp(op, "tap=hdr"))
		return set_tap(p->fd, true);
	if (!strcmp(op, "socket"))
		return go_on_with_socket(p);
	if (arg++) {
		if (!strncmp(op, "fd=", 3)) {
			as = atoi(arg);
			return 0;
		}
		if (!strncmp(op, "flags=", 6))
			return vt_flags(p->fd, (uint32_t)strtoul(arg, NULL, 0));
		if (!strncmp(op, "mac=", 4))
			return set_mac(p->fd, arg);
		if (!strncmp(op, "bind=", 5))
			return vt_bind(p->fd, atoi(arg));
		if (!strncmp(op, "netif=", 6))
			return vt_netif(p->fd, arg);
		if (!strncmp(op, "peer=", 5))
			return vt_peer(p->fd, arg, 0);
		if (!strncmp(op, "smac=", 5))
			return vt_peer(p->fd, arg, VMNET_PEER_SMAC);
		if (!strncmp(op, "send=", 5))
			return send_frames(p, atol(arg));
	}
	errno = EINVAL;
	return -1;
}

int main(int argc, char **argv)
{
	struct vt_port p;
	int i;

	if (argc < 2) {
		fprintf(stderr, "usage: vmport HUB OP... [-- COMMAND ARG...]\n");
		return 2;
	}
	if (vt_port_open(&p, atoi(argv[1]), O_RDWR))
		fail("open");
	for (i = 2; i < argc && strcmp(argv[i], "--"); i++)
		if (operate(&p, argv[i]))
			fail(argv[i]);
	if (i + 1 < argc) {
		/* dup2() of a descriptor to itself would keep it close-on-exec. */
		if (p.fd == as ? fcntl(as, F_SETFD, 0) : dup2(p.fd, as) < 0)
			fail("dup2");
		execvp(argv[i + 1], &argv[i + 1]);
		fail(argv[i + 1]);
	}
	vt_get_mac(p.fd, p.mac);
	printf("userif%d %02x:%02x:%02x:%02x:%02x:%02x\n", p.n, p.mac[0],
	       p.mac[1], p.mac[2], p.mac[3], p.mac[4], p.mac[5]);
	fflush(stdout);
	for (;;)
		pause();
}
