/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dhcpd.leases: the text of leasetext.h, appended to, and written anew from time
 * to time while that goes on.
 */
#ifndef VMNET_DHCPD_LEASEFILE_H
#define VMNET_DHCPD_LEASEFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lease.h"

#define LEASEFILE_MAX (256U << 20)
#define LEASEFILE_SLICE 128 /* leases written anew in one turn */
#define LEASEFILE_BOOT 40 /* name of a boot, terminated */

typedef void (*leasefile_fn)(const struct lease *l, enum lease_event what, void *arg);

struct lease_change;

/**
 * struct leasefile - the open file
 * @path: its name
 * @db: what is written
 * @fd: open for appending
 * @size: bytes in it that count
 * @blocks: leases in it, of one address maybe several
 * @buf: what is to be written at the end of the turn: @used bytes, room for @room
 * @fresh: the file being written anew, its descriptor -1 when none is; @next: index of
 *	the lease that comes next
 * @wanted: it is to be written anew, whatever its size
 * @broken: what is on the disk is not known: nothing counts before it is written anew
 * @error: why the last commit failed, negative errno; 0: it did not
 * @failed: when that was, monotonic ns
 * @told: when that was last logged; 0: it need not be said that it is over
 * @retry: not written anew before, monotonic ns
 * @offset: wall clock less monotonic clock, seconds; see leasefile_clock()
 * @boot: which boot the monotonic clock belongs to, "" when that is not known
 * @changes: to be told to @changed after the next commit: @nchanges, room for
 *	@changes_room
 * @changed: who wants to know; set it after leasefile_open(); NULL: nobody
 * @changed_arg: for @changed
 *
 * Lifetime: leasefile_open() to leasefile_close().
 */
struct leasefile {
	char path[256];
	struct lease_db *db;
	int fd;
	size_t size, blocks;
	char *buf;
	size_t used, room;
	struct {
		int fd;
		size_t size, blocks, next;
	} fresh;
	bool wanted, broken;
	int error;
	uint64_t failed, told, retry;
	int64_t offset;
	char boot[LEASEFILE_BOOT];
	struct lease_change *changes;
	size_t nchanges, changes_room;
	leasefile_fn changed;
	void *changed_arg;
};

/* leasefile.c */
int leasefile_add(struct leasefile *f, struct lease *l, enum lease_event what);
void leasefile_note(struct leasefile *f, struct lease *l, enum lease_event what);
int leasefile_commit(struct leasefile *f);
void leasefile_close(struct leasefile *f);

/* leasefile_open.c */
int leasefile_open(struct leasefile *f, const char *path, struct lease_db *db);

/* leasefile_rewrite.c */
bool leasefile_step(struct leasefile *f, uint64_t now);
int leasefile_rewrite(struct leasefile *f);

/* leasefile_clock.c */
time_t leasefile_wall(const struct leasefile *f, uint64_t mono);
void leasefile_clock(struct leasefile *f);
void leasefile_clock_set(struct leasefile *f, int64_t offset);

#endif
