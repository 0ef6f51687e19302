// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is free in each pool, and which of it is taken next (nat-dhcp.md D2).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include "lease_priv.h"

static struct lease_pool *pool_of(const struct lease_db *db, const struct lease *l)
{
	return &db->pools[l->pool->index];
}

/* Where a record belongs by its state. */
static enum lease_list place_of(const struct lease *l)
{
	if (!l->pool || l->fixed)
		return LEASE_UNLISTED;
	if (l->state == LEASE_ABANDONED)
		return LEASE_DECLINED;
	if (l->state != LEASE_FREE)
		return LEASE_UNLISTED;
	return l->ends ? LEASE_RESTING : LEASE_UNUSED;
}

/* Out of its list. */
void lease_unlist(struct lease_db *db, struct lease *l)
{
	struct lease_pool *p;

	if (!l->list)
		return;
	p = pool_of(db, l);
	if (l->older)
		l->older->newer = l->newer;
	else
		p->lists[l->list].oldest = l->newer;
	if (l->newer)
		l->newer->older = l->older;
	else
		p->lists[l->list].newest = l->older;
	if (l->list == LEASE_RESTING)
		p->nresting--;
	l->older = l->newer = NULL;
	l->list = LEASE_UNLISTED;
}

/* To the end of the list where it belongs now. */
void lease_list(struct lease_db *db, struct lease *l)
{
	enum lease_list to = place_of(l);
	struct lease_pool *p;

	if (l->list == to)
		return;
	lease_unlist(db, l);
	if (!to)
		return;
	p = pool_of(db, l);
	l->older = p->lists[to].newest;
	if (l->older)
		l->older->newer = l;
	else
		p->lists[to].oldest = l;
	p->lists[to].newest = l;
	if (to == LEASE_RESTING)
		p->nresting++;
	l->list = to & 7;
}

/* The next address of the pool that has no record and is nobody's, or 0. */
static uint32_t fresh(const struct lease_db *db, struct lease_pool *p, const struct dhcp_pool *pool)
{
	while (p->range < pool->nranges) {
		const struct dhcp_range *r = &pool->ranges[p->range];

		if (p->next < r->from)
			p->next = r->from;
		while (p->next <= r->to) {
			uint32_t a = p->next++;

			if (!dhcp_conf_reserved(db->conf, htonl(a)) && !lease_by_addr(db, a))
				return a;
			if (!p->next)
				break;
		}
		p->range++;
		p->next = 0;
	}
	return 0;
}

/**
 * lease_pick - a free address of a pool
 * @db: the database
 * @pool: the pool
 *
 * Return: one that never was anybody's, else the one that has rested longest, else
 * NULL. It stays free until its state is set.
 */
struct lease *lease_pick(struct lease_db *db, const struct dhcp_pool *pool)
{
	struct lease_pool *p = &db->pools[pool->index];
	uint32_t a;

	if (p->lists[LEASE_UNUSED].oldest)
		return p->lists[LEASE_UNUSED].oldest;
	if (p->nresting < LEASE_REMEMBERED) {
		a = fresh(db, p, pool);
		if (a)
			return lease_make(db, a);
	}
	return p->lists[LEASE_RESTING].oldest;
}

/**
 * lease_pick_abandoned - the last resort when lease_pick() has nothing
 * @db: the database
 * @pool: the pool
 *
 * Return: what was abandoned longest ago, free now, or NULL (D10).
 */
struct lease *lease_pick_abandoned(struct lease_db *db, const struct dhcp_pool *pool)
{
	struct lease *l = db->pools[pool->index].lists[LEASE_DECLINED].oldest;

	if (l)
		lease_set_state(db, l, LEASE_FREE);
	return l;
}

/* Room for the pools of a configuration, nothing in them yet. Without memory nothing changes. */
int lease_pools_init(struct lease_db *db, const struct dhcp_conf *conf)
{
	struct lease_pool *pools = calloc(conf->npools ? conf->npools : 1, sizeof(*pools));

	if (!pools)
		return -ENOMEM;
	db->pools = pools;
	db->npools = conf->npools;
	db->conf = conf;
	return 0;
}

static int by_end(const void *a, const void *b)
{
	const struct lease *const *x = a, *const *y = b;

	if ((*x)->ends != (*y)->ends)
		return (*x)->ends < (*y)->ends ? -1 : 1;
	return (*x)->addr < (*y)->addr ? -1 : (*x)->addr > (*y)->addr;
}

/* All records into their lists, in an order. */
static void list_all(struct lease_db *db, struct lease **order)
{
	size_t i;

	qsort(order, db->n, sizeof(struct lease *), by_end);
	for (i = 0; i < db->n; i++)
		lease_list(db, order[i]);
}

static struct lease **copy_of_all(const struct lease_db *db)
{
	struct lease **copy = malloc((db->n ? db->n : 1) * sizeof(struct lease *));
	size_t i;

	for (i = 0; copy && i < db->n; i++)
		copy[i] = db->all[i];
	return copy;
}

/**
 * lease_db_sort - after records came in any order: the longest free is the oldest
 * @db: the database
 *
 * Without memory for it they stay as they are, which is no fault.
 */
void lease_db_sort(struct lease_db *db)
{
	struct lease **order = copy_of_all(db);
	size_t i;

	if (!order)
		return;
	for (i = 0; i < db->n; i++)
		lease_unlist(db, order[i]);
	list_all(db, order);
	free(order);
}

/**
 * lease_db_rebase - take the leases over into another configuration
 * @db: the database
 * @conf: the new one; the old one is not looked at any more
 *
 * None is forgotten: what is in no pool any more stays its client's until it ends,
 * is not given out anew, and comes back with its pool. Return: 0, or -ENOMEM; then
 * nothing has changed.
 */
int lease_db_rebase(struct lease_db *db, const struct dhcp_conf *conf)
{
	struct lease **order = copy_of_all(db);
	struct lease_pool *old = db->pools;
	size_t i;

	if (!order || lease_pools_init(db, conf)) {
		free(order);
		return -ENOMEM;
	}
	free(old);
	for (i = 0; i < db->n; i++) {
		struct lease *l = order[i];
		uint32_t be = htonl(l->addr);

		l->list = LEASE_UNLISTED;
		l->older = l->newer = NULL;
		l->pool = dhcp_conf_pool(conf, l->addr);
		l->fixed = dhcp_conf_reserved(conf, be);
	}
	list_all(db, order);
	free(order);
	return 0;
}
