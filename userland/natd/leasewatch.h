/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The DHCP server's file of leases: followed as it grows, and when another one is
 * put in its place.
 */
#ifndef VMNET_NATD_LEASEWATCH_H
#define VMNET_NATD_LEASEWATCH_H

#include <sys/types.h>

#include "filewatch.h"
#include "leases.h"
#include "nat.h"

#define LEASEWATCH_STEP (256U << 10) /* bytes that are read at once */
#define LEASEWATCH_MAX (32U << 20) /* of a file, its newest bytes */

/**
 * struct leasewatch - the file
 * @leases: the guests' names in it
 * @more: reads what is left
 * @dev: with @ino: which file is being read
 * @at: so far, behind a whole block
 * @whole: it is read from the beginning: what is not in it any more goes then
 * @error: why it cannot be read, logged once; 0
 *
 * Lifetime: leasewatch_init() to leasewatch_done(), embedded in its user.
 */
struct leasewatch {
	const struct nat *nat;
	struct filewatch file;
	struct leases leases;
	struct loop_timer more;
	dev_t dev;
	ino_t ino;
	off_t at;
	bool whole;
	int error;
};

int leasewatch_init(struct leasewatch *w, struct nat *n, const char *path);
void leasewatch_look(struct leasewatch *w);
void leasewatch_again(struct leasewatch *w);
void leasewatch_done(struct leasewatch *w);

#endif
