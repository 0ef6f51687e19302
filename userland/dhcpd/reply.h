/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a reply says (RFC 2131 4.3.1, table 3). No I/O.
 */
#ifndef VMNET_DHCPD_REPLY_H
#define VMNET_DHCPD_REPLY_H

#include "ask.h"
#include "build.h"
#include "lease.h"

/**
 * struct reply - what is to be said
 * @type: enum dhcp_type; 0: of BOOTP
 * @addr: the client's address, network order
 * @has_lease: it is given to it, for @seconds; else it has it anyhow (INFORM)
 * @seconds: see @has_lease; DHCP_INFINITE
 * @link: bytes of an IP packet that the link takes
 *
 * A value.
 */
struct reply {
	uint8_t type;
	uint32_t addr;
	bool has_lease;
	uint32_t seconds;
	size_t link;
};

size_t reply_build(struct dhcp_build *b, const struct ask *a, const struct reply *r);
size_t reply_build_nak(struct dhcp_build *b, const struct ask *a, const char *why);
uint32_t reply_lease_time(const struct ask *a, const struct lease *l);
uint32_t reply_server_id(const struct ask *a, uint32_t addr);

#endif
