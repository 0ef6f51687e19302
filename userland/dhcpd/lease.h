/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who has which address. A record is made when an address is first used, so that
 * a pool costs no more than its leases. No I/O; the caller writes what has changed
 * (leasefile.h).
 */
#ifndef VMNET_DHCPD_LEASE_H
#define VMNET_DHCPD_LEASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include "conf.h"
#include "leasetext.h"

/* Former owners of this many free addresses of a pool are remembered before one
 * that was never used is taken: what a server costs has an end.
 */
#define LEASE_REMEMBERED (1U << 18)

enum lease_state {
	LEASE_FREE,
	LEASE_PROBED, /* somebody is asked whether he uses it */
	LEASE_OFFERED,
	LEASE_ACTIVE,
	LEASE_ABANDONED
};

/* What happens to a lease, for those who watch. */
enum lease_event {
	LEASE_EV_COMMIT, /* a client has it now */
	LEASE_EV_RENEW, /* it has it for longer, or again */
	LEASE_EV_RELEASE, /* the client gave it back, or took another */
	LEASE_EV_EXPIRE,
	LEASE_EV_ABANDON, /* it answered though nobody had it */
	LEASE_EV_DECLINE, /* a client found that it is in use */
	LEASE_EVENTS
};

/* Which list of its pool a record is in. */
enum lease_list {
	LEASE_UNLISTED,
	LEASE_UNUSED, /* free, and never was anybody's */
	LEASE_RESTING, /* free; the one that has rested longest is the oldest */
	LEASE_DECLINED, /* abandoned */
	LEASE_LISTS
};

/* A client's key, as long as it is. */
struct lease_id {
	uint8_t len;
	uint8_t data[];
};

/**
 * struct lease - an address that is or was in use
 * @addr: host order
 * @mac: hardware address of who has it, or had it last
 * @state: enum lease_state
 * @list: enum lease_list
 * @fixed: reserved: never given to anybody else
 * @untold: nobody was told that it was given, since that could not be written down
 * @heap: place in the heap of those that end, plus one; 0: not in it
 * @key: who has it, or had it last; NULL for nobody yet
 * @hostname: what it calls itself; NULL for nothing
 * @starts: wall clock, for the file
 * @ends: see @starts; LEASE_NEVER; 0: it never was anybody's
 * @until: when the state ends, monotonic ns; UINT64_MAX: never
 * @pool: whose it is, NULL for none (then it is not given out anew)
 * @next_key: in the bucket of @key
 * @next_addr: in the bucket of @addr
 * @older: in its list
 * @newer: see @older
 *
 * Made by lease_at() and its like; as old as the database then, and never moved.
 */
struct lease {
	uint32_t addr;
	uint8_t mac[6];
	uint8_t state;
	uint8_t list : 6;
	bool fixed : 1;
	bool untold : 1;
	uint32_t heap;
	struct lease_id *key;
	char *hostname;
	time_t starts, ends;
	uint64_t until;
	const struct dhcp_pool *pool;
	struct lease *next_key, *next_addr, *older, *newer;
};

/**
 * struct lease_pool - what is free in a pool
 * @lists: by enum lease_list; their oldest and newest
 * @nresting: how many are in LEASE_RESTING
 * @range: behind which address of which range no record was made for lease_pick()
 * @next: see @range; host order
 *
 * One for each of the configuration's pools, as old as it is used.
 */
struct lease_pool {
	struct {
		struct lease *oldest, *newest;
	} lists[LEASE_LISTS];
	size_t nresting;
	unsigned int range;
	uint32_t next;
};

/**
 * struct lease_db - all leases
 * @conf: which pools and reservations there are
 * @pools: what is free, by the pool's index; @npools
 * @all: the records, in the order they were made; none is ever taken out, so that
 *	an index is good for ever; @n of them, with room for @room
 * @heap: those whose state ends, the next first; @nheap, room for @room
 * @by_key: buckets by client, a power of two: @nbuckets
 * @by_addr: as many by address
 * @secret: of the hashes: clients choose their keys
 * @nactive: how many are in use
 *
 * Lifetime: lease_db_init() to lease_db_done(). Whoever replaces the
 * configuration calls lease_db_rebase() before the old one ends.
 */
struct lease_db {
	const struct dhcp_conf *conf;
	struct lease_pool *pools;
	unsigned int npools;
	struct lease **all;
	size_t n, room;
	struct lease **heap;
	size_t nheap;
	struct lease **by_key, **by_addr;
	size_t nbuckets;
	uint64_t secret[2];
	size_t nactive;
};

int lease_db_init(struct lease_db *db, const struct dhcp_conf *conf);
int lease_db_rebase(struct lease_db *db, const struct dhcp_conf *conf);
void lease_db_sort(struct lease_db *db);
void lease_db_done(struct lease_db *db);

struct lease *lease_by_addr(const struct lease_db *db, uint32_t addr);
struct lease *lease_by_key(const struct lease_db *db, const struct lease_key *key);
struct lease *lease_of(const struct lease_db *db, const struct lease_key *key,
		       const struct dhcp_network *network);
struct lease *lease_other(const struct lease_db *db, const struct lease *l);
bool lease_has_key(const struct lease *l, const struct lease_key *key);
bool lease_was_anothers(const struct lease *l, const struct lease_key *key);
void lease_key_of(const struct lease *l, struct lease_key *key);

struct lease *lease_at(struct lease_db *db, uint32_t addr);
struct lease *lease_make(struct lease_db *db, uint32_t addr);
struct lease *lease_add_fixed(struct lease_db *db, uint32_t addr);
struct lease *lease_pick(struct lease_db *db, const struct dhcp_pool *pool);
struct lease *lease_pick_abandoned(struct lease_db *db, const struct dhcp_pool *pool);

int lease_assign(struct lease_db *db, struct lease *l, const struct lease_key *key,
		 const uint8_t mac[6], const char *hostname);
void lease_set_state(struct lease_db *db, struct lease *l, enum lease_state state);
uint64_t lease_next_end(const struct lease_db *db);
struct lease *lease_expire(struct lease_db *db, uint64_t now, enum lease_state *was);

/* What a client calls itself, "" for nothing. */
static inline const char *lease_hostname(const struct lease *l)
{
	return l->hostname ? l->hostname : "";
}

#endif
