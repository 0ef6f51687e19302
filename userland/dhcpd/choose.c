// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <string.h>
#include "choose.h"

static bool is_for(const struct ask *a, const struct dhcp_pool *pool)
{
	return pool && pool->network == a->subnet->network && dhcp_pool_permits(pool, &a->client);
}

/*
 * Does somebody else use a reserved address? The same machine, by another
 * identifier, is no other: first its boot ROM asks, then its system.
 */
static bool is_anothers(const struct ask *a, const struct lease *l, uint64_t now)
{
	return l->state == LEASE_ACTIVE && l->until > now && !lease_has_key(l, &a->key) &&
	       memcmp(l->mac, a->msg->head.chaddr, sizeof(l->mac)) != 0;
}

/**
 * choose_may_have - may a client have an address now?
 * @a: its message
 * @l: the address
 * @now: monotonic ns
 */
bool choose_may_have(const struct ask *a, const struct lease *l, uint64_t now)
{
	if (l->fixed)
		return ask_fixed(a, htonl(l->addr)) == htonl(l->addr) && !is_anothers(a, l, now);
	if (l->state == LEASE_ABANDONED || !is_for(a, l->pool))
		return false;
	if (lease_has_key(l, &a->key) || l->state == LEASE_FREE)
		return true;
	return l->state != LEASE_PROBED && l->until <= now;
}

static struct lease *from_pools(struct lease_db *db, const struct ask *a)
{
	const struct dhcp_network *n = a->subnet->network;
	struct lease *l = NULL;
	unsigned int i;

	for (i = 0; i < n->npools && !l; i++)
		if (is_for(a, n->pools[i]))
			l = lease_pick(db, n->pools[i]);
	/* What was declined longest ago is better than nothing. */
	for (i = 0; i < n->npools && !l; i++)
		if (is_for(a, n->pools[i]))
			l = lease_pick_abandoned(db, n->pools[i]);
	return l;
}

static struct lease *reserved(struct lease_db *db, const struct ask *a, uint32_t wanted,
			      uint64_t now)
{
	uint32_t addr = ask_fixed(a, wanted);
	struct lease *l = addr ? lease_add_fixed(db, ntohl(addr)) : NULL;

	return l && !is_anothers(a, l, now) ? l : NULL;
}

/**
 * choose_any - an address for a client (D2)
 * @db: the leases
 * @a: its message
 * @now: monotonic ns
 * @why: when there is none
 *
 * A reserved one; the one it has, or had last; the one it asks for (option 50); the
 * free one that has rested longest.
 * Return: the address, or NULL.
 */
struct lease *choose_any(struct lease_db *db, const struct ask *a, uint64_t now,
			 enum stats_drop *why)
{
	uint32_t wanted = a->msg->requested;
	struct lease *l = reserved(db, a, wanted, now);

	if (l)
		return l;
	*why = DROP_DENIED;
	if (!ask_is_served(a))
		return NULL;
	l = lease_of(db, &a->key, a->subnet->network);
	if (l && choose_may_have(a, l, now))
		return l;
	if (wanted && is_for(a, dhcp_conf_pool(a->conf, ntohl(wanted)))) {
		l = lease_at(db, ntohl(wanted));
		if (l && choose_may_have(a, l, now))
			return l;
	}
	*why = DROP_NO_ADDRESS;
	return from_pools(db, a);
}

/**
 * choose_wanted - the address that a client says it has, if it may have it
 * @db: the leases
 * @a: its message
 * @addr: the address, network order
 * @now: monotonic ns
 *
 * Whoever has a reservation may have nothing else. Return: the address, or NULL.
 */
struct lease *choose_wanted(struct lease_db *db, const struct ask *a, uint32_t addr, uint64_t now)
{
	struct lease *l = reserved(db, a, addr, now);

	if (l)
		return htonl(l->addr) == addr ? l : NULL;
	if (!ask_is_served(a) || !is_for(a, dhcp_conf_pool(a->conf, ntohl(addr))))
		return NULL;
	l = lease_at(db, ntohl(addr));
	return l && choose_may_have(a, l, now) ? l : NULL;
}
