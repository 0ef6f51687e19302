/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dhcpd.conf, as VMware writes it and as users add to it: ISC's grammar, the
 * part of it that this server has a use for. No I/O.
 */
#ifndef VMNET_DHCPD_CONF_H
#define VMNET_DHCPD_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include "conffile.h"

#define CONF_MAX_SIZE (4U << 20)
#define CONF_OPTS 32
#define CONF_RANGES 16
#define CONF_HOSTS 4096

/* One option, as it goes onto the wire. */
struct dhcp_opt {
	uint8_t code;
	uint8_t len;
	uint8_t data[255];
};

/**
 * struct dhcp_scope - what a global part, a subnet or a host says
 * @opts: options, @nopts of them
 * @default_lease: seconds, 0 for not said
 * @max_lease: see @default_lease
 * @next_server: network order, 0 for not said
 * @filename: boot file, empty for not said
 */
struct dhcp_scope {
	struct dhcp_opt *opts[CONF_OPTS];
	unsigned int nopts;
	uint32_t default_lease, max_lease;
	uint32_t next_server;
	char filename[128];
};

/* Addresses in host byte order, to count with. */
struct dhcp_range {
	uint32_t from, to;
};

/**
 * struct dhcp_host - a reservation
 * @name: for messages
 * @mac: whom it is for
 * @addr: network order, 0: only options
 * @scope: what it says
 * @line: where it stands
 */
struct dhcp_host {
	char name[64];
	uint8_t mac[6];
	bool has_mac;
	uint32_t addr;
	struct dhcp_scope scope;
	unsigned int line;
};

/**
 * struct dhcp_conf - the file
 * @global: outside of all braces
 * @subnet: the subnet's
 * @net: network order, with @mask
 * @mask: see @net
 * @ranges: dynamic addresses
 * @hosts: reservations
 * @unknown: clients without a reservation are served
 * @authoritative: clients with a wrong address are told so
 * @server: our own address, network order: the last of the subnet
 *
 * Lifetime: dhcp_conf_parse() fills it, dhcp_conf_done() ends it; after an
 * error nothing is left.
 */
struct dhcp_conf {
	struct dhcp_scope global, subnet;
	uint32_t net, mask, server;
	struct dhcp_range ranges[CONF_RANGES];
	unsigned int nranges;
	struct dhcp_host *hosts;
	unsigned int nhosts;
	bool unknown, authoritative;
};

int dhcp_conf_parse(struct dhcp_conf *conf, const char *text, size_t len, struct conf_err *err);
void dhcp_conf_done(struct dhcp_conf *conf);
const struct dhcp_opt *dhcp_scope_opt(const struct dhcp_scope *s, uint8_t code);
const struct dhcp_host *dhcp_conf_host(const struct dhcp_conf *conf, const uint8_t mac[6]);
time_t dhcp_conf_longest(const struct dhcp_conf *conf);
bool dhcp_conf_reserved(const struct dhcp_conf *conf, uint32_t addr);

#endif
