// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The packet socket takes what a DHCP server hears: DHCP messages, ARP, and
 * ICMP for its probes. It sees them before the host's firewall does, and beside
 * the host's own stack, which goes on answering ARP and echo for its addresses.
 */
#include <errno.h>
#include <ifaddrs.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "iface.h"

#define RECEIVE_ROOM (4 << 20)

/*
 * Messages to port 67, ARP and ICMP; no fragments. The tag of a VLAN is beside
 * the frame: what belongs to one is the business of the VLAN's own interface.
 */
static struct sock_filter wanted[] = {
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 12),
	BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_ARP, 9, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 9),
	BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 20),
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x3fff, 7, 0),
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 23),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMP, 4, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 4),
	BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 14),
	BPF_STMT(BPF_LD | BPF_H | BPF_IND, 16),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 67, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, 0xffff),
	BPF_STMT(BPF_RET | BPF_K, 0),
};

/* Index and address. Return: 0, -EPROTOTYPE when it is no Ethernet, or negative errno. */
static int look_up(struct port *p, const char *name, int *index)
{
	struct ifreq ifr = { 0 };

	memcpy(ifr.ifr_name, name, strlen(name));
	if (ioctl(p->fd, SIOCGIFHWADDR, &ifr))
		return -errno;
	if (ifr.ifr_hwaddr.sa_family != ARPHRD_ETHER)
		return -EPROTOTYPE;
	memcpy(p->mac, ifr.ifr_hwaddr.sa_data, 6);
	if (ioctl(p->fd, SIOCGIFMTU, &ifr))
		return -errno;
	p->mtu = (uint32_t)ifr.ifr_mtu;
	if (ioctl(p->fd, SIOCGIFINDEX, &ifr))
		return -errno;
	*index = ifr.ifr_ifindex;
	return 0;
}

static int open_packets(struct port *p, const char *name)
{
	struct sock_fprog prog = { sizeof(wanted) / sizeof(wanted[0]), wanted };
	struct sockaddr_ll sll = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	int on = 1, room = RECEIVE_ROOM, err;

	p->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (p->fd < 0)
		return -errno;
	err = look_up(p, name, &sll.sll_ifindex);
	if (err)
		return err;
	/* Without the header, sums that the sender left to the hardware look wrong. */
	if (setsockopt(p->fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)) ||
	    setsockopt(p->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) ||
	    setsockopt(p->fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)))
		return -errno;
	/* A burst waits while leases go to the disk. */
	if (setsockopt(p->fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)))
		setsockopt(p->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	if (bind(p->fd, (const struct sockaddr *)&sll, sizeof(sll)))
		return -errno;
	p->is_socket = true;
	p->hdr_sz = sizeof(struct virtio_net_hdr);
	return 0;
}

static int open_guard(const char *name)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(67) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), least = 0, err;

	if (fd < 0)
		return -errno;
	/* What fills it once is all that it keeps. */
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof(least));
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, (socklen_t)strlen(name)) ||
	    bind(fd, (const struct sockaddr *)&sin, sizeof(sin))) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

/**
 * iface_refresh - look which addresses the host has there now
 * @i: the interface
 *
 * Return: 0 or negative errno, and then they are as before.
 */
int iface_refresh(struct iface *i)
{
	struct ifaddrs *all, *a;
	struct sockaddr_in sin;

	if (getifaddrs(&all))
		return -errno;
	i->naddrs = 0;
	for (a = all; a && i->naddrs < IFACE_ADDRS; a = a->ifa_next) {
		if (!a->ifa_addr || a->ifa_addr->sa_family != AF_INET ||
		    strcmp(a->ifa_name, i->name) != 0)
			continue;
		memcpy(&sin, a->ifa_addr, sizeof(sin));
		i->addrs[i->naddrs++] = sin.sin_addr.s_addr;
	}
	freeifaddrs(all);
	return 0;
}

/**
 * iface_open - serve an interface of the host
 * @i: filled in
 * @p: likewise: what port_recv() and port_send() take
 * @name: of the interface
 *
 * Return: 0; -EPROTOTYPE when it is no Ethernet; -EADDRINUSE when another server
 * has port 67 there; or other negative errno. After an error nothing is open.
 */
int iface_open(struct iface *i, struct port *p, const char *name)
{
	int err;

	*i = (struct iface){ .guard = -1 };
	*p = (struct port){ .fd = -1, .node = -1 };
	snprintf(p->name, sizeof(p->name), "interface %s", name);
	if (!*name || strlen(name) >= sizeof(i->name))
		return -ENODEV;
	snprintf(i->name, sizeof(i->name), "%s", name);
	err = open_packets(p, name);
	if (!err)
		err = i->guard = open_guard(name);
	if (err >= 0)
		err = iface_refresh(i);
	if (err) {
		port_close(p);
		iface_close(i);
	}
	return err;
}

void iface_close(struct iface *i)
{
	if (i->name[0] && i->guard >= 0)
		close(i->guard);
	i->guard = -1;
}

/* Is @addr (network order) the host's own there? */
bool iface_has(const struct iface *i, uint32_t addr)
{
	unsigned int n;

	for (n = 0; n < i->naddrs; n++)
		if (i->addrs[n] == addr)
			return true;
	return false;
}

/**
 * iface_state - how an interface is that was down
 * @p: its port
 *
 * Return: 1 when it is up, 0 when it is down, -ENODEV when it has been removed or
 * is in another network namespace now, and does not come back to us.
 */
int iface_state(const struct port *p)
{
	struct sockaddr_ll sll;
	struct ifreq ifr = { 0 };
	socklen_t len = sizeof(sll);

	if (getsockname(p->fd, (struct sockaddr *)&sll, &len) || sll.sll_ifindex <= 0)
		return -ENODEV;
	/* It may have another name now; and it has none while it is being removed. */
	ifr.ifr_ifindex = sll.sll_ifindex;
	if (ioctl(p->fd, SIOCGIFNAME, &ifr) || ioctl(p->fd, SIOCGIFFLAGS, &ifr))
		return 0;
	return ifr.ifr_flags & IFF_UP ? 1 : 0;
}
