// SPDX-License-Identifier: GPL-2.0-or-later
/* What addresses mean to guests; one rule for all protocols. */
#include <arpa/inet.h>

#include "policy.h"

/**
 * nat_hides - must guests not see this peer's true address?
 * @n: the NAT
 * @peer: who talks to a guest through a socket of the host, network order
 *
 * A program of the host that reaches a guest through a forward may have an
 * address that the guest would not answer through us. It is shown as the
 * gateway.
 */
bool nat_hides(const struct nat *n, uint32_t peer)
{
	return nat_is_forbidden(peer) || (peer & n->mask4) == n->net4;
}

/* Is @addr a broadcast or multicast address? These are not carried. */
bool nat_is_group(const struct nat *n, uint32_t addr)
{
	if (ntohl(addr) >> 28 == 14 || addr == INADDR_BROADCAST)
		return true;
	return (addr & n->mask4) == n->net4 && (addr & ~n->mask4) == ~n->mask4;
}
