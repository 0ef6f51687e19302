/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of guests, as they gave them to the DHCP server: a table that follows
 * its leases. Nothing here does I/O.
 */
#ifndef VMNET_NATD_LEASES_H
#define VMNET_NATD_LEASES_H

#include "leasetext.h"
#include "pkt.h"

#define LEASES_MAX 65536U
#define LEASES_BUCKETS 8192U
#define LEASES_SAME 8 /* guests of one name */
#define LEASES_LABEL 64 /* of a name, and its end */

/**
 * struct leases_entry - the lease of an address
 * @addr: network order
 * @name: one label in lower case, zeros behind it
 * @starts: wall clock
 * @ends: see @starts
 * @round: of the file in which it was seen last
 * @next_addr: index of the next with the same hash of the address, plus one; 0
 *	ends. Of those that are not in use: the next of them
 * @next_name: index of the next with the same hash of the name, plus one
 */
struct leases_entry {
	uint32_t addr;
	char name[LEASES_LABEL];
	time_t starts, ends;
	uint32_t round;
	uint32_t next_addr, next_name;
};

/**
 * struct leases - all that have a name, and had not ended when they were read
 * @secret: of the hashes: names are the guests' choice
 * @list: @used of them have been in use, room for @room
 * @free: first that is not in use any more, plus one
 * @n: how many are in use
 * @round: of the file that is being read
 * @swept: wall clock, when those that have ended were last looked for
 * @refused: names for which there was no room
 *
 * Lifetime: leases_init() to leases_done(). An entry that was found is good
 * until the next change.
 */
struct leases {
	uint64_t secret[2];
	struct leases_entry *list;
	uint32_t used, room, free, n, round;
	time_t swept;
	uint64_t refused;
	uint32_t by_addr[LEASES_BUCKETS], by_name[LEASES_BUCKETS];
};

void leases_init(struct leases *t, const uint64_t secret[2]);
void leases_done(struct leases *t);
void leases_add(struct leases *t, const struct lease_record *r, time_t now);
void leases_begin(struct leases *t);
void leases_end(struct leases *t, time_t now);
unsigned int leases_count(const struct leases *t, time_t now);
const struct leases_entry *leases_by_name(const struct leases *t, const char *name, size_t len,
					  time_t now);
const struct leases_entry *leases_by_addr(const struct leases *t, uint32_t addr, time_t now);

#endif
