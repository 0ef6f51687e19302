// SPDX-License-Identifier: GPL-2.0-or-later
/* What addresses mean to guests; one rule for all protocols and both families. */
#include <arpa/inet.h>
#include <string.h>

#include "policy.h"

static bool in_net4(const struct nat *n, const struct ipaddr *a)
{
	return (a->a.v4 & n->mask4) == n->net4;
}

/* In the guests' IPv6 network, of 64 bits? */
static bool in_net6(const struct nat *n, const struct ipaddr *a)
{
	return n->ip6.family && !memcmp(a->a.b, n->ip6.a.b, 8);
}

/* An address that is good on its link alone (RFC 4291 2.5.6). */
static bool is_link_local6(const struct ipaddr *a)
{
	return a->a.b[0] == 0xfe && (a->a.b[1] & 0xc0) == 0x80;
}

/* Is @a one that a guest may have? */
bool nat_is_guest(const struct nat *n, const struct ipaddr *a)
{
	uint32_t host = a->a.v4 & ~n->mask4;

	if (nat_is_gateway(n, a))
		return false;
	if (a->family == AF_INET6)
		return n->ip6.family && (in_net6(n, a) || is_link_local6(a));
	return in_net4(n, a) && host && host != ~n->mask4;
}

/* Is @a ours? */
bool nat_is_gateway(const struct nat *n, const struct ipaddr *a)
{
	if (a->family == AF_INET6)
		return ipaddr_equal(a, &n->ip6) || ipaddr_equal(a, &n->ll6);
	return a->a.v4 == n->ip4;
}

/* The address of ours by which @guest knows the gateway. */
struct ipaddr nat_gateway(const struct nat *n, const struct ipaddr *guest)
{
	if (guest->family == AF_INET6)
		return is_link_local6(guest) ? n->ll6 : n->ip6;
	return ipaddr_v4(n->ip4);
}

/* The host's loopback, links, groups, and IPv4 in disguise (RFC 4291 2.5, 3879). */
static bool is_forbidden6(const struct ipaddr *a)
{
	static const uint8_t zero[12];

	return a->a.b[0] == 0xff || is_link_local6(a) || !memcmp(a->a.b, zero, 10);
}

/**
 * nat_is_forbidden - an address no guest may reach through us
 * @a: of either family
 *
 * The host's loopback, "this network", groups and the reserved rest.
 */
bool nat_is_forbidden(const struct ipaddr *a)
{
	uint8_t first = a->a.b[0];

	if (a->family == AF_INET6)
		return is_forbidden6(a);
	return first == 0 || first == 127 || first >= 224;
}

/**
 * nat_hides - must guests not see this peer's true address?
 * @n: the NAT
 * @peer: who talks to a guest through a socket of the host
 *
 * A program of the host that reaches a guest through a forward may have an
 * address that the guest would not answer through us. It is shown as the
 * gateway.
 */
bool nat_hides(const struct nat *n, const struct ipaddr *peer)
{
	return nat_is_forbidden(peer) ||
	       (peer->family == AF_INET6 ? in_net6(n, peer) : in_net4(n, peer));
}

/* Is @a a broadcast or multicast address? These are not carried. */
bool nat_is_group(const struct nat *n, const struct ipaddr *a)
{
	if (a->family == AF_INET6)
		return a->a.b[0] == 0xff;
	if (a->a.b[0] >> 4 == 14 || a->a.v4 == INADDR_BROADCAST)
		return true;
	return in_net4(n, a) && (a->a.v4 & ~n->mask4) == ~n->mask4;
}
