/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rtnetlink over libmnl: links, addresses, routes, and their changes.
 */
#ifndef VMNET_NL_H
#define VMNET_NL_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

/**
 * struct nl_link - a network interface
 * @index: ifindex
 * @name: its name
 * @flags: IFF_*
 * @mtu: bytes
 * @type: ARPHRD_*
 * @mac: address; zero when it has none of six bytes
 * @master: ifindex of the bridge, bond, ... it is a port of, 0 for none
 * @kind: "veth", "bridge", ...; empty for most hardware
 * @hardware: there is a device behind it
 * @gone: the message said that it was deleted
 * @news: the message told of something wireless, and nothing else of the interface
 */
struct nl_link {
	int index;
	char name[IF_NAMESIZE];
	unsigned int flags, mtu;
	unsigned short type;
	uint8_t mac[6];
	int master;
	char kind[20];
	bool hardware;
	bool gone;
	bool news;
};

/* An IPv4 address of the host, network order. */
struct nl_addr {
	int index;
	uint32_t addr;
	uint8_t bits;
};

/*
 * An IPv4 or IPv6 route of the main table; @dst only for IPv4. One with several
 * next hops is told as several.
 */
struct nl_route {
	uint8_t family;
	uint32_t dst;
	uint8_t bits;
	int oif;
	uint32_t metric;
};

/**
 * struct nl_event - a change
 * @type: RTM_*; 0 when changes were lost
 * @link: the interface, for RTM_NEWLINK and RTM_DELLINK
 * @route: the route, of whatever table, for RTM_NEWROUTE and RTM_DELROUTE
 * @addr: the address, for RTM_NEWADDR and RTM_DELADDR
 * @is_default: it is a default route of the main table
 */
struct nl_event {
	uint16_t type;
	struct nl_link link;
	struct nl_route route;
	struct nl_addr addr;
	bool is_default;
};

struct nl;

struct nl *nl_open(int *error);
void nl_close(struct nl *nl);

int nl_links(struct nl *nl, int (*fn)(const struct nl_link *l, void *arg), void *arg);
int nl_link_by_name(struct nl *nl, const char *name, struct nl_link *out);
int nl_link_set_up(struct nl *nl, int index, bool up);
int nl_link_set_mtu(struct nl *nl, int index, unsigned int mtu);

int nl_addrs(struct nl *nl, int (*fn)(const struct nl_addr *a, void *arg), void *arg);
int nl_addr_add(struct nl *nl, const struct nl_addr *a);
int nl_addr_del(struct nl *nl, const struct nl_addr *a);

int nl_routes(struct nl *nl, uint8_t family, int (*fn)(const struct nl_route *r, void *arg),
	      void *arg);

int nl_monitor_open(void);
int nl_monitor_events(int fd, void (*fn)(const struct nl_event *e, void *arg), void *arg);
int nl_monitor_drain(int fd, void (*fn)(uint16_t type, const char *ifname, int index, void *arg),
		     void *arg);

#endif
