// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Clients of BOOTP (RFC 951, 1534, 1542): they say nothing but who they are, and
 * keep for ever what they get.
 */
#include <arpa/inet.h>
#include "log.h"
#include "pkt.h"
#include "server.h"

/**
 * bootp_request - a BOOTP client asks for its address
 * @s: the server
 * @a: its message
 *
 * It gets a reserved address, or one of a pool for BOOTP clients.
 */
void bootp_request(struct server *s, const struct ask *a)
{
	server_say(s, a->msg, "BOOTREQUEST", 0, "from", "");
	if (ask_number(a, DHCP_BOOTP) != DHCP_ALLOW) {
		s->stats.dropped[DROP_DENIED]++;
		return;
	}
	server_find(s, a);
}

/**
 * bootp_grant - a BOOTP client has an address
 * @s: the server
 * @a: its message
 * @l: the address
 *
 * A reserved one is written nowhere: it never ends, and its client never says that
 * it needs it no more.
 */
void bootp_grant(struct server *s, const struct ask *a, struct lease *l)
{
	if (!l->fixed && !bind_lease(s, a, l, DHCP_INFINITE))
		return;
	server_say(s, a->msg, "BOOTREPLY on", htonl(l->addr), "to", "");
	reply_send(s, a, l, DHCP_BOOTREQUEST, 0, !l->fixed);
}
