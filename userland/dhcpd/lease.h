/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who has which address. No I/O; the caller writes what has changed.
 */
#ifndef VMNET_DHCPD_LEASE_H
#define VMNET_DHCPD_LEASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include "conf.h"
#include "leasetext.h"

#define LEASE_BUCKETS 4096

enum lease_state {
	LEASE_FREE,
	LEASE_PROBED, /* somebody is asked whether he uses it */
	LEASE_OFFERED,
	LEASE_ACTIVE,
	LEASE_ABANDONED
};

/**
 * struct lease - an address of a pool, or a reserved one in use
 * @addr: host order
 * @state: enum lease_state
 * @fixed: reserved: never given to anybody else
 * @key: who has it, or had it last; len 0 for nobody yet
 * @mac: its hardware address
 * @hostname: what it calls itself
 * @starts: wall clock, for the file
 * @ends: see @starts
 * @until: when the state ends, monotonic ns
 * @next_key: in the bucket of @key
 * @next_addr: in the bucket of @addr
 * @older: in the list of free addresses, oldest first
 * @newer: see @older
 *
 * Made with the pool and as old as it.
 */
struct lease {
	uint32_t addr;
	uint8_t state;
	bool fixed, listed;
	struct lease_key *key;
	uint8_t mac[6];
	char hostname[64];
	time_t starts, ends;
	uint64_t until;
	struct lease *next_key, *next_addr, *older, *newer;
};

/**
 * struct lease_db - all addresses
 * @by_key: by client
 * @by_addr: by address
 * @oldest: free addresses, least recently used first
 * @newest: see @oldest
 * @n: how many there are
 * @nactive: how many are in use
 */
struct lease_db {
	struct lease *by_key[LEASE_BUCKETS];
	struct lease *by_addr[LEASE_BUCKETS];
	struct lease *oldest, *newest;
	struct lease **all;
	size_t n, room, nactive;
};

int lease_db_init(struct lease_db *db, const struct dhcp_conf *conf);
void lease_db_done(struct lease_db *db);
struct lease *lease_by_addr(struct lease_db *db, uint32_t addr);
struct lease *lease_by_key(struct lease_db *db, const struct lease_key *key);
struct lease *lease_add_fixed(struct lease_db *db, uint32_t addr);
int lease_assign(struct lease_db *db, struct lease *l, const struct lease_key *key,
		 const uint8_t mac[6], const char *hostname);
void lease_set_state(struct lease_db *db, struct lease *l, enum lease_state state);
bool lease_has_key(const struct lease *l, const struct lease_key *key);
struct lease *lease_pick(struct lease_db *db, uint64_t now);

#endif
