/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A message, and what is known of who asks. No I/O.
 */
#ifndef VMNET_DHCPD_ASK_H
#define VMNET_DHCPD_ASK_H

#include "conf.h"
#include "leasetext.h"
#include "proto.h"

/**
 * struct dhcp_from - how a message came
 * @mac: where its frame came from: the client, or a relay or router
 * @src: source address, network order
 *
 * A value.
 */
struct dhcp_from {
	uint8_t mac[6];
	uint32_t src;
};

/**
 * struct ask - a message that is being answered
 * @msg: the message
 * @from: how it came
 * @conf: by which it is answered
 * @host: the client's reservation, NULL: none
 * @subnet: where the client is: its relay's, else that of the address it renews,
 *	else the local one
 * @client: for conditions and pools
 * @key: of its leases
 * @routed: it has come through a router, from a client elsewhere that has an address
 *
 * Good until its message is answered; it points to its message, to @from and into
 * the configuration.
 */
struct ask {
	const struct dhcp_msg *msg;
	const struct dhcp_from *from;
	const struct dhcp_conf *conf;
	const struct dhcp_host *host;
	const struct dhcp_subnet *subnet;
	struct dhcp_client client;
	struct lease_key key;
	bool routed;
};

int ask_init(struct ask *a, const struct dhcp_conf *conf, const struct dhcp_from *from,
	     const struct dhcp_msg *m);
struct dhcp_view ask_view(const struct ask *a);
uint32_t ask_number(const struct ask *a, enum dhcp_setting what);
bool ask_is_served(const struct ask *a);
bool ask_is_here(const struct ask *a, uint32_t addr);
uint32_t ask_fixed(const struct ask *a, uint32_t wanted);

#endif
