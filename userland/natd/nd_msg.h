/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages of neighbour discovery (RFC 4861, 8106), read and made. Nothing here
 * does I/O or keeps memory. Checksums are the caller's.
 */
#ifndef VMNET_NATD_ND_MSG_H
#define VMNET_NATD_ND_MSG_H

#include "parse.h"

#define ND_RS 133
#define ND_RA 134
#define ND_NS 135
#define ND_NA 136

#define ND_ROUTER 0x80 /* flags of an advertisement */
#define ND_SOLICITED 0x40
#define ND_OVERRIDE 0x20

#define ND_RA_ROOM 176
#define ND_NS_LEN 32
#define ND_DOMAIN 64 /* room for a domain, as DNS writes it */

/**
 * struct nd_in - a message of a neighbour
 * @type: ND_RS, ND_NS or ND_NA
 * @target: whom an NS or NA is about
 * @flags: of an NA
 * @has_mac: it tells a hardware address (of the sender; of @target in an NA)
 * @mac: that address
 */
struct nd_in {
	uint8_t type, flags;
	struct ipaddr target;
	bool has_mac;
	uint8_t mac[6];
};

/**
 * struct nd_ra - what a router advertises
 * @mac: its hardware address
 * @prefix: of 64 bits; guests make addresses in it
 * @router: seconds for which it is a default router, 0 for none
 * @valid: seconds for which addresses are good
 * @preferred: seconds for which they are good for new connections
 * @mtu: of the link
 * @dns: the DNS server, family 0 for none
 * @dns_time: seconds for which it is one
 * @domain: to search for short names in, "" for none; left out when it is long
 */
struct nd_ra {
	uint8_t mac[6];
	struct ipaddr prefix;
	uint16_t router;
	uint32_t valid, preferred, mtu, dns_time;
	struct ipaddr dns;
	const char *domain;
};

enum pkt_why nd_parse(const struct pkt_in *p, struct nd_in *out);
size_t nd_make(uint8_t out[ND_NS_LEN], uint8_t type, uint8_t flags, const struct ipaddr *target,
	       const uint8_t mac[6]);
size_t nd_make_ra(uint8_t out[ND_RA_ROOM], const struct nd_ra *ra);
size_t nd_domain(uint8_t *out, size_t room, const char *name);
struct ipaddr nd_link_local(const uint8_t mac[6]);
struct ipaddr nd_solicited_node(const struct ipaddr *target);

#endif
