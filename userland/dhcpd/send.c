// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where replies are sent (RFC 2131 4.1).
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include "log.h"
#include "reply.h"
#include "server.h"

static const uint8_t all[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

static void set_to(struct server_to *to, const uint8_t mac[6], uint32_t addr, uint16_t port)
{
	memcpy(to->mac, mac, sizeof(to->mac));
	to->addr = addr;
	to->port = port;
}

/*
 * To a relay: back to where its frame came from (D15). To a client that has an
 * address: there, through the router that it came by, if any (D16). Else to the
 * address it gets, without ARP, or to all if it cannot hear that (D17).
 */
static void find_to(struct server_to *to, const struct ask *a, const struct dhcp_head *h)
{
	const struct dhcp_head *q = &a->msg->head;

	if (q->giaddr)
		set_to(to, a->from->mac, q->giaddr, 67);
	else if (q->ciaddr)
		set_to(to, a->routed ? a->from->mac : q->chaddr, q->ciaddr, 68);
	else if (a->msg->type == DHCP_INFORM)
		set_to(to, q->chaddr, a->from->src, 68);
	else if (h->flags & htons(DHCP_BROADCAST))
		set_to(to, all, INADDR_BROADCAST, 68);
	else
		set_to(to, q->chaddr, h->yiaddr, 68);
}

/**
 * reply_send - OFFER, ACK or BOOTP reply
 * @s: the server
 * @a: what it answers
 * @l: the address; NULL for an INFORM
 * @type: DHCP_OFFER, DHCP_ACK or, for BOOTP, DHCP_BOOTREQUEST
 * @seconds: lease time
 * @late: only when the lease is on the disk
 */
void reply_send(struct server *s, const struct ask *a, const struct lease *l, uint8_t type,
		uint32_t seconds, bool late)
{
	const struct dhcp_head *q = &a->msg->head;
	struct reply r = {
		.type = type,
		.addr = l	    ? htonl(l->addr)
			: q->ciaddr ? q->ciaddr
				    : a->from->src,
		.has_lease = l != NULL,
		.seconds = seconds,
		.link = s->port.mtu ? s->port.mtu : DHCP_MAX,
	};
	struct server_to to = { .type = type, .late = late };
	struct dhcp_build b;
	size_t len = reply_build(&b, a, &r);

	to.src = reply_server_id(a, r.addr);
	find_to(&to, a, dhcp_head(&b));
	server_send(s, &to, b.buf, len);
}

/**
 * reply_nak - NAK: to everybody, since the client has no address (RFC 2131 4.3.2)
 * @s: the server
 * @a: what it answers
 * @why: for whoever reads it
 */
void reply_nak(struct server *s, const struct ask *a, const char *why)
{
	const struct dhcp_head *q = &a->msg->head;
	struct server_to to = { .type = DHCP_NAK };
	struct dhcp_build b;
	size_t len = reply_build_nak(&b, a, why);
	char more[80];

	snprintf(more, sizeof(more), ": %s", why);
	server_say(s, a->msg, "DHCPNAK on", q->ciaddr ? q->ciaddr : a->msg->requested, "to", more);
	to.src = reply_server_id(a, a->subnet->net);
	if (q->giaddr)
		set_to(&to, a->from->mac, q->giaddr, 67);
	else
		set_to(&to, all, INADDR_BROADCAST, 68);
	server_send(s, &to, b.buf, len);
}
