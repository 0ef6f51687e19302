/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DHCPv6 without state (RFC 8415 18.3.6): guests ask for the DNS server. Nothing
 * here does I/O or keeps memory.
 */
#ifndef VMNET_NATD_DHCP6_MSG_H
#define VMNET_NATD_DHCP6_MSG_H

#include "nd_msg.h"

#define DHCP6_CLIENT_PORT 546
#define DHCP6_SERVER_PORT 547
#define DHCP6_ID_MAX 130 /* bytes of a client's identifier, RFC 8415 11.1 */
#define DHCP6_ROOM 320

/**
 * struct dhcp6_answer - what a server says
 * @mac: the server, of whose address its identifier is made
 * @dns: the DNS server
 * @domain: to search for short names in, "" for none; left out when it is long
 */
struct dhcp6_answer {
	uint8_t mac[6];
	struct ipaddr dns;
	const char *domain;
};

size_t dhcp6_reply(uint8_t out[DHCP6_ROOM], const uint8_t *msg, size_t len,
		   const struct dhcp6_answer *a);

#endif
