// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lease.h"

static size_t hash_addr(uint32_t addr)
{
	return addr * 2654435761U >> 20;
}

static size_t hash_key(const struct lease_key *key)
{
	uint32_t h = 2166136261U;
	size_t i;

	for (i = 0; i < key->len; i++)
		h = (h ^ key->data[i]) * 16777619U;
	return h % LEASE_BUCKETS;
}

static struct lease *add(struct lease_db *db, uint32_t addr)
{
	struct lease *l, **more;

	if (db->n == db->room) {
		size_t room = db->room ? db->room * 2 : 256;

		more = realloc(db->all, room * sizeof(struct lease *));
		if (!more)
			return NULL;
		db->all = more;
		db->room = room;
	}
	l = calloc(1, sizeof(*l));
	if (!l)
		return NULL;
	l->addr = addr;
	l->next_addr = db->by_addr[hash_addr(addr)];
	db->by_addr[hash_addr(addr)] = l;
	db->all[db->n++] = l;
	return l;
}

static void unlist(struct lease_db *db, struct lease *l)
{
	if (!l->listed)
		return;
	if (l->older)
		l->older->newer = l->newer;
	else
		db->oldest = l->newer;
	if (l->newer)
		l->newer->older = l->older;
	else
		db->newest = l->older;
	l->older = l->newer = NULL;
	l->listed = false;
}

/* To the end of the list of free addresses: it was used just now. */
static void list(struct lease_db *db, struct lease *l)
{
	if (l->fixed || l->listed)
		return;
	l->older = db->newest;
	if (db->newest)
		db->newest->newer = l;
	else
		db->oldest = l;
	db->newest = l;
	l->listed = true;
}

/**
 * lease_db_init - all addresses of the ranges, free
 * @db: the database
 * @conf: ranges; reserved addresses are left out
 *
 * Return: 0 or -ENOMEM.
 */
int lease_db_init(struct lease_db *db, const struct dhcp_conf *conf)
{
	unsigned int i;
	uint32_t a;

	memset(db, 0, sizeof(*db));
	for (i = 0; i < conf->nspans; i++) {
		const struct dhcp_range *r = &conf->spans[i].range;

		for (a = r->from; a <= r->to; a++) {
			struct lease *l;

			if (dhcp_conf_reserved(conf, htonl(a)) || lease_by_addr(db, a))
				continue;
			l = add(db, a);
			if (!l) {
				lease_db_done(db);
				return -ENOMEM;
			}
			list(db, l);
		}
	}
	return 0;
}

void lease_db_done(struct lease_db *db)
{
	size_t i;

	for (i = 0; i < db->n; i++) {
		free(db->all[i]->key);
		free(db->all[i]);
	}
	free(db->all);
	memset(db, 0, sizeof(*db));
}

struct lease *lease_by_addr(struct lease_db *db, uint32_t addr)
{
	struct lease *l = db->by_addr[hash_addr(addr)];

	while (l && l->addr != addr)
		l = l->next_addr;
	return l;
}

bool lease_has_key(const struct lease *l, const struct lease_key *key)
{
	return l->key && l->key->len == key->len && !memcmp(l->key->data, key->data, key->len);
}

struct lease *lease_by_key(struct lease_db *db, const struct lease_key *key)
{
	struct lease *l = db->by_key[hash_key(key)];

	while (l && !lease_has_key(l, key))
		l = l->next_key;
	return l;
}

/* The record of a reserved address, made when it is first used. */
struct lease *lease_add_fixed(struct lease_db *db, uint32_t addr)
{
	struct lease *l = lease_by_addr(db, addr);

	if (!l) {
		l = add(db, addr);
		if (!l)
			return NULL;
	}
	l->fixed = true;
	unlist(db, l);
	return l;
}

static void forget_key(struct lease_db *db, struct lease *l)
{
	struct lease **at;

	if (!l->key)
		return;
	at = &db->by_key[hash_key(l->key)];
	while (*at != l)
		at = &(*at)->next_key;
	*at = l->next_key;
	free(l->key);
	l->key = NULL;
}

/**
 * lease_assign - say whose an address is
 * @db: the database
 * @l: the address
 * @key: the client; another address it had is only remembered as free
 * @mac: its hardware address
 * @hostname: its name, may be empty
 *
 * Return: 0 or -ENOMEM.
 */
int lease_assign(struct lease_db *db, struct lease *l, const struct lease_key *key,
		 const uint8_t mac[6], const char *hostname)
{
	struct lease *other;

	memcpy(l->mac, mac, 6);
	snprintf(l->hostname, sizeof(l->hostname), "%s", hostname);
	if (lease_has_key(l, key))
		return 0;
	other = lease_by_key(db, key);
	if (other) {
		forget_key(db, other);
		if (other->state != LEASE_ABANDONED)
			lease_set_state(db, other, LEASE_FREE);
	}
	forget_key(db, l);
	l->key = malloc(sizeof(*l->key));
	if (!l->key)
		return -ENOMEM;
	*l->key = *key;
	l->next_key = db->by_key[hash_key(key)];
	db->by_key[hash_key(key)] = l;
	return 0;
}

/* Change the state; free addresses are listed, the others are not. */
void lease_set_state(struct lease_db *db, struct lease *l, enum lease_state state)
{
	if (l->state == LEASE_ACTIVE)
		db->nactive--;
	l->state = (uint8_t)state;
	if (state == LEASE_ACTIVE)
		db->nactive++;
	if (state == LEASE_FREE)
		list(db, l);
	else
		unlist(db, l);
}

/**
 * lease_pick - the free address that rested longest
 * @db: the database
 * @now: monotonic ns; with nothing free, what has ended by then is taken back,
 *       and with nothing ended, what was declined longest ago
 *
 * Return: the address, or NULL when all are in use.
 */
struct lease *lease_pick(struct lease_db *db, uint64_t now)
{
	struct lease *worst = NULL;
	size_t i;

	if (db->oldest)
		return db->oldest;
	for (i = 0; i < db->n; i++) {
		struct lease *l = db->all[i];

		/* One that is asked for is another client's already. */
		if (l->fixed || l->state == LEASE_FREE || l->state == LEASE_PROBED)
			continue;
		if (l->until <= now)
			lease_set_state(db, l, LEASE_FREE);
		else if (l->state == LEASE_ABANDONED && (!worst || l->until < worst->until))
			worst = l;
	}
	if (!db->oldest && worst)
		lease_set_state(db, worst, LEASE_FREE);
	return db->oldest;
}
