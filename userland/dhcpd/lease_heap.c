// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which lease ends next: a binary heap, so that nothing has to look at all.
 */
#include "lease_priv.h"

static void put(struct lease_db *db, size_t i, struct lease *l)
{
	db->heap[i] = l;
	l->heap = (uint32_t)i + 1;
}

static void up(struct lease_db *db, size_t i)
{
	struct lease *l = db->heap[i];

	while (i && db->heap[(i - 1) / 2]->until > l->until) {
		put(db, i, db->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	put(db, i, l);
}

static void down(struct lease_db *db, size_t i)
{
	struct lease *l = db->heap[i];

	for (;;) {
		size_t c = 2 * i + 1;

		if (c >= db->nheap)
			break;
		if (c + 1 < db->nheap && db->heap[c + 1]->until < db->heap[c]->until)
			c++;
		if (db->heap[c]->until >= l->until)
			break;
		put(db, i, db->heap[c]);
		i = c;
	}
	put(db, i, l);
}

/* Its @until is new. There is room for every record. */
void lease_heap_put(struct lease_db *db, struct lease *l)
{
	if (!l->heap)
		put(db, db->nheap++, l);
	up(db, l->heap - 1);
	down(db, l->heap - 1);
}

/* It does not end, or has ended. */
void lease_heap_drop(struct lease_db *db, struct lease *l)
{
	struct lease *last;
	size_t i;

	if (!l->heap)
		return;
	i = l->heap - 1;
	l->heap = 0;
	last = db->heap[--db->nheap];
	if (last == l)
		return;
	put(db, i, last);
	up(db, i);
	down(db, last->heap - 1);
}

/* When the next lease ends, monotonic ns; UINT64_MAX: none does. */
uint64_t lease_next_end(const struct lease_db *db)
{
	return db->nheap ? db->heap[0]->until : UINT64_MAX;
}

/**
 * lease_expire - end one whose time has come
 * @db: the database
 * @now: monotonic ns
 * @was: set to the state that has ended
 *
 * Return: the address, free now, or NULL when nothing has ended.
 */
struct lease *lease_expire(struct lease_db *db, uint64_t now, enum lease_state *was)
{
	struct lease *l;

	if (lease_next_end(db) > now || !db->nheap)
		return NULL;
	l = db->heap[0];
	*was = l->state;
	lease_set_state(db, l, LEASE_FREE);
	return l;
}
