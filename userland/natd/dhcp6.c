// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>
#include <sys/socket.h>
#include "dhcp6.h"
#include "dhcp6_msg.h"
#include "policy.h"
#include "udp.h"

/* All servers and relays of a link (RFC 8415 7.1). */
static const struct ipaddr servers = { AF_INET6, { .b = { 0xff, 2, [13] = 1, [15] = 2 } } };

/* Is it a datagram for a server? */
bool dhcp6_is_for_us(const struct nat *n, const struct pkt_in *p, const struct udp_in *u)
{
	return p->dst.family == AF_INET6 && u->dport == DHCP6_SERVER_PORT &&
	       (ipaddr_equal(&p->dst, &servers) || nat_is_gateway(n, &p->dst));
}

/**
 * dhcp6_input - a guest asks for settings
 * @n: the NAT
 * @p: its packet
 * @u: the datagram
 *
 * What wants an address gets no answer: addresses are the guests' own to make.
 */
void dhcp6_input(struct nat *n, const struct pkt_in *p, const struct udp_in *u)
{
	struct dhcp6_answer a = { .dns = n->ip6, .domain = n->conf.domain };
	uint8_t out[DHCP6_ROOM];
	size_t len;

	memcpy(a.mac, n->mac, 6);
	len = dhcp6_reply(out, u->data, u->len, &a);
	if (len)
		udp_to_guest(n, &p->src, u->sport, DHCP6_SERVER_PORT, out, len);
}
