/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names and addresses that this host knows by itself: hosts(5), read into two
 * hash tables. Nothing here does I/O.
 */
#ifndef VMNET_NATD_NAMES_H
#define VMNET_NATD_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pkt.h"

#define NAMES_MAX_SIZE (8U << 20)
#define NAMES_MAX 300000U
#define NAMES_LEN 254 /* of a name without its last dot, and its end */

/**
 * struct names_entry - a name has an address
 * @name: offset of the name in the pool, in lower case, without its last dot
 * @addr: its address
 * @first: of the names of the address in its line the first: its proper one
 * @next_name: index of the next with the same hash of the name, plus one; 0 ends
 * @next_addr: see @next_name
 */
struct names_entry {
	uint32_t name;
	struct ipaddr addr;
	bool first;
	uint32_t next_name, next_addr;
};

/**
 * struct names - all of them
 * @list: @n entries, as they stand in the file; room for @room
 * @pool: the names, @used bytes of @size
 * @by_name: index of the first of a hash, plus one; 0 for none
 * @by_addr: see @by_name
 * @mask: one less than the number of hashes
 *
 * Lifetime: names_hosts() makes it, names_done() ends it; not changed between.
 */
struct names {
	struct names_entry *list;
	uint32_t n, room;
	char *pool;
	size_t used, size;
	uint32_t *by_name, *by_addr;
	uint32_t mask;
};

int names_hosts(struct names *t, const char *text, size_t len, const struct ipaddr *self);
void names_done(struct names *t);
const struct names_entry *names_by_name(const struct names *t, const char *name,
					const struct names_entry *after);
const struct names_entry *names_by_addr(const struct names *t, const struct ipaddr *addr);
bool names_valid(const char *name, size_t len);

#endif
