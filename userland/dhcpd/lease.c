// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The records: found by address and by client, made, given a state.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include "lease_priv.h"
#include "siphash.h"

#define FIRST_BUCKETS 64

static struct lease **addr_bucket(const struct lease_db *db, uint32_t addr)
{
	/* Addresses are ours to choose: no secret needed. */
	uint64_t h = addr * 0x9e3779b97f4a7c15ULL;

	return &db->by_addr[h >> 32 & (db->nbuckets - 1)];
}

static struct lease **key_bucket(const struct lease_db *db, const uint8_t *key, uint8_t len)
{
	uint64_t in[32] = { 0 };

	memcpy(in, &len, 1);
	memcpy((uint8_t *)in + 1, key, len);
	return &db->by_key[siphash13(db->secret, in, (size_t)len / 8 + 1) & (db->nbuckets - 1)];
}

static void link_key(struct lease_db *db, struct lease *l)
{
	struct lease **b = key_bucket(db, l->key->data, l->key->len);

	l->next_key = *b;
	*b = l;
}

static void link_addr(struct lease_db *db, struct lease *l)
{
	struct lease **b = addr_bucket(db, l->addr);

	l->next_addr = *b;
	*b = l;
}

/* Twice the buckets. Without memory the chains get longer, no more. */
static void rehash(struct lease_db *db, size_t nbuckets)
{
	struct lease **by_key = calloc(nbuckets, sizeof(struct lease *));
	struct lease **by_addr = calloc(nbuckets, sizeof(struct lease *));
	size_t i;

	if (!by_key || !by_addr) {
		free(by_key);
		free(by_addr);
		return;
	}
	free(db->by_key);
	free(db->by_addr);
	db->by_key = by_key;
	db->by_addr = by_addr;
	db->nbuckets = nbuckets;
	for (i = 0; i < db->n; i++) {
		link_addr(db, db->all[i]);
		if (db->all[i]->key)
			link_key(db, db->all[i]);
	}
}

static int grow(struct lease_db *db)
{
	size_t room = db->room ? db->room + db->room / 2 : 64;
	struct lease **more = realloc(db->all, room * sizeof(struct lease *));

	if (!more)
		return -ENOMEM;
	db->all = more;
	more = realloc(db->heap, room * sizeof(struct lease *));
	if (!more)
		return -ENOMEM;
	db->heap = more;
	db->room = room;
	return 0;
}

/**
 * lease_db_init - begin without leases
 * @db: the database
 * @conf: its pools; lives longer than @db, or until lease_db_rebase()
 *
 * Return: 0 or -ENOMEM.
 */
int lease_db_init(struct lease_db *db, const struct dhcp_conf *conf)
{
	memset(db, 0, sizeof(*db));
	if (getrandom(db->secret, sizeof(db->secret), 0) != sizeof(db->secret))
		return -errno;
	rehash(db, FIRST_BUCKETS);
	if (!db->nbuckets || lease_pools_init(db, conf)) {
		lease_db_done(db);
		return -ENOMEM;
	}
	return 0;
}

/* Forget all of it. */
void lease_db_done(struct lease_db *db)
{
	size_t i;

	for (i = 0; i < db->n; i++) {
		free(db->all[i]->key);
		free(db->all[i]->hostname);
		free(db->all[i]);
	}
	free(db->all);
	free(db->heap);
	free(db->by_key);
	free(db->by_addr);
	free(db->pools);
	memset(db, 0, sizeof(*db));
}

/* The record of an address (host order), or NULL. */
struct lease *lease_by_addr(const struct lease_db *db, uint32_t addr)
{
	struct lease *l = *addr_bucket(db, addr);

	while (l && l->addr != addr)
		l = l->next_addr;
	return l;
}

static bool same_key(const struct lease *l, const uint8_t *key, uint8_t len)
{
	return l->key && l->key->len == len && !memcmp(l->key->data, key, len);
}

/* Is it this client's, or was it last? */
bool lease_has_key(const struct lease *l, const struct lease_key *key)
{
	return same_key(l, key->data, key->len);
}

/* Has anybody but this client used it, who may still do so (D27)? */
bool lease_was_anothers(const struct lease *l, const struct lease_key *key)
{
	return l->ends && !lease_has_key(l, key);
}

/* Copy the key of a lease; of length 0 when it has none. */
void lease_key_of(const struct lease *l, struct lease_key *key)
{
	key->len = l->key ? l->key->len : 0;
	if (l->key)
		memcpy(key->data, l->key->data, key->len);
}

static const struct dhcp_network *network_of(const struct lease_db *db, const struct lease *l)
{
	const struct dhcp_subnet *s = dhcp_conf_subnet(db->conf, htonl(l->addr));

	return s ? s->network : NULL;
}

/* Which of a client's leases is the one it means? */
static bool is_better(const struct lease *l, const struct lease *than)
{
	static const uint8_t rank[] = {
		[LEASE_ACTIVE] = 4, [LEASE_OFFERED] = 3,   [LEASE_PROBED] = 2,
		[LEASE_FREE] = 1,   [LEASE_ABANDONED] = 0,
	};

	if (rank[l->state] != rank[than->state])
		return rank[l->state] > rank[than->state];
	return l->ends > than->ends;
}

/**
 * lease_of - the lease of a client
 * @db: the database
 * @key: the client
 * @network: where it is now; NULL: anywhere
 *
 * Return: the one in use, else the one it was offered, else the one it had last
 * (D2), or NULL.
 */
struct lease *lease_of(const struct lease_db *db, const struct lease_key *key,
		       const struct dhcp_network *network)
{
	struct lease *l, *best = NULL;

	for (l = *key_bucket(db, key->data, key->len); l; l = l->next_key)
		if (lease_has_key(l, key) && (!network || network_of(db, l) == network) &&
		    (!best || is_better(l, best)))
			best = l;
	return best;
}

/* The lease of a client, wherever it is. */
struct lease *lease_by_key(const struct lease_db *db, const struct lease_key *key)
{
	return lease_of(db, key, NULL);
}

/**
 * lease_other - what else the client of a lease has
 * @db: the database
 * @l: the lease
 *
 * Return: an address of the same network that is in use by, or offered to, the same
 * client, or NULL. A client has one (RFC 2131 1.6).
 */
struct lease *lease_other(const struct lease_db *db, const struct lease *l)
{
	struct lease *o;

	if (!l->key)
		return NULL;
	for (o = *key_bucket(db, l->key->data, l->key->len); o; o = o->next_key)
		if (o != l && (o->state == LEASE_ACTIVE || o->state == LEASE_OFFERED) &&
		    same_key(o, l->key->data, l->key->len) &&
		    network_of(db, o) == network_of(db, l))
			return o;
	return NULL;
}

/**
 * lease_make - the record of any address
 * @db: the database
 * @addr: host order
 *
 * Return: it, made when there is none, or NULL without memory.
 */
struct lease *lease_make(struct lease_db *db, uint32_t addr)
{
	struct lease *l = lease_by_addr(db, addr);

	if (l)
		return l;
	if (db->n == db->room && grow(db))
		return NULL;
	l = calloc(1, sizeof(*l));
	if (!l)
		return NULL;
	l->addr = addr;
	l->pool = dhcp_conf_pool(db->conf, addr);
	l->fixed = dhcp_conf_reserved(db->conf, htonl(addr));
	db->all[db->n++] = l;
	link_addr(db, l);
	if (db->n > db->nbuckets)
		rehash(db, db->nbuckets * 2);
	lease_list(db, l);
	return l;
}

/**
 * lease_at - an address that a pool has to give
 * @db: the database
 * @addr: host order
 *
 * Return: its record, made when there is none; NULL when it is in no pool or is
 * reserved, or without memory.
 */
struct lease *lease_at(struct lease_db *db, uint32_t addr)
{
	struct lease *l = lease_by_addr(db, addr);

	if (l)
		return l->pool && !l->fixed ? l : NULL;
	if (!dhcp_conf_pool(db->conf, addr) || dhcp_conf_reserved(db->conf, htonl(addr)))
		return NULL;
	return lease_make(db, addr);
}

/* The record of a reserved address (host order), made when it is first used. */
struct lease *lease_add_fixed(struct lease_db *db, uint32_t addr)
{
	struct lease *l = lease_make(db, addr);

	if (!l)
		return NULL;
	lease_unlist(db, l);
	l->fixed = true;
	return l;
}

static void forget_key(struct lease_db *db, struct lease *l)
{
	struct lease **at;

	if (!l->key)
		return;
	at = key_bucket(db, l->key->data, l->key->len);
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
 * @key: the client; of other addresses it has nothing changes, see lease_other()
 * @mac: its hardware address
 * @hostname: its name, may be empty
 *
 * Return: 0 or -ENOMEM; then nothing has changed.
 */
int lease_assign(struct lease_db *db, struct lease *l, const struct lease_key *key,
		 const uint8_t mac[6], const char *hostname)
{
	bool renamed = strcmp(lease_hostname(l), hostname) != 0;
	char *name = renamed && hostname[0] ? strdup(hostname) : NULL;
	bool rekeyed = !lease_has_key(l, key);
	struct lease_id *id = rekeyed ? malloc(sizeof(*id) + key->len) : NULL;

	if ((renamed && hostname[0] && !name) || (rekeyed && !id)) {
		free(name);
		free(id);
		return -ENOMEM;
	}
	memcpy(l->mac, mac, 6);
	if (renamed) {
		free(l->hostname);
		l->hostname = name;
	}
	if (rekeyed) {
		forget_key(db, l);
		id->len = key->len;
		memcpy(id->data, key->data, key->len);
		l->key = id;
		link_key(db, l);
	}
	return 0;
}

/**
 * lease_set_state - change the state
 * @db: the database
 * @l: the address; for a state that ends, @l->until says when
 * @state: the new state, may be the old one
 */
void lease_set_state(struct lease_db *db, struct lease *l, enum lease_state state)
{
	bool ends = state == LEASE_OFFERED || state == LEASE_ACTIVE || state == LEASE_ABANDONED;

	db->nactive -= l->state == LEASE_ACTIVE;
	db->nactive += state == LEASE_ACTIVE;
	l->state = (uint8_t)state;
	lease_list(db, l);
	if (ends && l->until != UINT64_MAX)
		lease_heap_put(db, l);
	else
		lease_heap_drop(db, l);
}
