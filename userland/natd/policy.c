// SPDX-License-Identifier: GPL-2.0-or-later
/* What addresses mean to guests; one rule for all protocols. */
#include <arpa/inet.h>

#include "policy.h"

/**
 * nat_hides - must guests not see this peer's true address?
 * @n: the NAT
 * @peer: who talks to a guest through a socket of the host
 *
 * A program of the host that reaches a guest through a forward may have an
 * address that the guest would not answer through us. It is shown as the
 * gateway.
 */
bool nat_hides(const struct nat *n, struct ipaddr peer)
{
	return nat_is_forbidden(peer) || (peer.a.v4 & n->mask4) == n->net4;
}

/* Is @addr a broadcast or multicast address? These are not carried. */
bool nat_is_group(const struct nat *n, struct ipaddr addr)
{
	uint32_t a = addr.a.v4;

	if (ntohl(a) >> 28 == 14 || a == INADDR_BROADCAST)
		return true;
	return (a & n->mask4) == n->net4 && (a & ~n->mask4) == ~n->mask4;
}
