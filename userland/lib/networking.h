/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMNET_LIB_NETWORKING_H
#define VMNET_LIB_NETWORKING_H

/*
 * The `networking` file: which virtual networks there are, and what runs on
 * them. The grammar is VMware's. The file is a journal: directives act in their
 * order, so a remove_ line undoes an add_ line above it.
 *
 * The model keeps every line as it was read next to the meaning it has, so that
 * what it does not use (comments, names, hashes) survives a rewrite.
 *
 * Lifetime: networking_parse() fills a model, networking_done() ends it. A model
 * is never half filled: after an error it is empty. Nothing here does I/O.
 */

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conffile.h"
#include "pkt.h"

#define NETWORKING_VNETS 256
#define NETWORKING_VERSION "VERSION=1,0"
#define NETWORKING_MAX_SIZE (1U << 20)

enum net_answer {
	NET_UNSET,
	NET_NO,
	NET_YES,
};

/* Of IPv6 this grammar has a prefix only; IPv4 addresses are in host byte order. */
struct net_forward {
	char *description; /* NULL without one */
	uint32_t guest_addr;
	uint16_t guest_port;
	uint16_t host_port;
	uint8_t proto; /* IPPROTO_TCP or IPPROTO_UDP */
	unsigned int line;
};

struct net_reservation {
	uint8_t mac[6];
	uint32_t addr;
	unsigned int line;
};

/*
 * One network. An address of 0 means "not said". *_line is where a value was
 * given last, for messages.
 */
struct net_vnet {
	unsigned int number;
	enum net_answer dhcp, nat, adapter;
	uint32_t subnet, netmask, adapter_addr;
	unsigned int subnet_line, netmask_line, adapter_addr_line;
	unsigned int dhcp_line, nat_line, adapter_line;
	unsigned int mtu; /* 0: the default */
	unsigned int udp_timeout;
	bool has_udp_timeout;
	unsigned int nat_prefix; /* bits, 0: none */
	struct ipaddr ip6_prefix; /* family 0: none */
	unsigned int ip6_prefix_line;
	char *display_name; /* NULL or empty: none */
	char interface[IFNAMSIZ];
	struct net_forward *forwards;
	size_t nforwards;
	struct net_reservation *reservations;
	size_t nreservations;
};

/* A NIC that belongs to a network, or (vnet -1) to no automatic bridge. */
struct net_bridge_map {
	char nic[IFNAMSIZ];
	int vnet;
	unsigned int line;
};

struct net_line {
	char *text; /* without its end */
	bool crlf;
};

struct networking {
	struct net_line *lines;
	size_t nlines;
	bool open_end; /* the last line has no newline */
	struct net_vnet *vnets[NETWORKING_VNETS];
	int default_bridge; /* -1: none */
	bool has_default_bridge;
	unsigned int default_bridge_line;
	struct net_bridge_map *maps;
	size_t nmaps;
};

int networking_parse(struct networking *nc, const char *text, size_t len, struct conf_err *err);
void networking_done(struct networking *nc);
bool networking_is_empty(const struct networking *nc);

/* What the rest of the userland asks of a model: networking_view.c. */
bool networking_is_bridged(const struct networking *nc, unsigned int number);
int networking_auto_bridge(const struct networking *nc);
bool networking_in_use(const struct networking *nc, unsigned int number);

uint32_t net_vnet_mask(const struct net_vnet *v);
uint32_t net_vnet_broadcast(const struct net_vnet *v);
uint32_t net_vnet_host_addr(const struct net_vnet *v);
uint32_t net_vnet_nat_addr(const struct net_vnet *v);
uint32_t net_vnet_dhcp_addr(const struct net_vnet *v);
uint32_t net_vnet_range_first(const struct net_vnet *v);
uint32_t net_vnet_range_last(const struct net_vnet *v);
bool net_vnet_contains(const struct net_vnet *v, uint32_t addr);
bool net_vnet_advertises(const struct net_vnet *v);
bool net_vnet_wants_subnet(const struct net_vnet *v);
unsigned int net_mask_bits(uint32_t mask);

#define NET_ADDR_STRLEN 16
const char *net_addr_str(uint32_t addr, char buf[NET_ADDR_STRLEN]);

/* Between the files of the parser only. */
int networking_check(const struct networking *nc, struct conf_err *err);
int net_fail(struct conf_err *err, unsigned int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int net_answer(struct networking *nc, unsigned int line, const char *key, const char *value,
	       struct conf_err *err);
struct net_vnet *net_vnet_get(struct networking *nc, unsigned int number);
int net_parse_uint(const char *s, unsigned long max, unsigned long *out);
int net_parse_addr(const char *s, uint32_t *out);
int net_parse_nic(const char *s, char out[IFNAMSIZ]);

#endif /* VMNET_LIB_NETWORKING_H */
