/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMNET_NATD_FWD_H
#define VMNET_NATD_FWD_H

#include "nat.h"

struct udp_map;

/**
 * struct forward - a port of the host that leads to a guest
 * @next: in the list of all
 * @conf: what leads where
 * @live: was added by a request and is not in nat.conf
 * @error: negative errno that keeps it from listening, 0 when it listens
 * @lfd: listens for TCP; fd -1 when there is none
 * @rest: set while it does not accept
 * @map: the socket of UDP, NULL when there is none
 * @taken: connections that it has led to the guest
 *
 * Lifetime: fwd_add() to fwd_remove() or fwd_done(). Connections that it has
 * led to a guest do not point at it.
 */
struct forward {
	struct forward *next;
	struct nat *nat;
	struct nat_forward conf;
	bool live;
	int error;
	struct loop_fd lfd;
	struct loop_timer rest;
	struct udp_map *map;
	uint64_t taken;
};

/**
 * struct fwd - all forwards
 * @list: in the order they came in
 * @n: how many
 * @retry: tries those that do not listen again
 *
 * Lifetime: fwd_init() to fwd_done().
 */
struct fwd {
	struct nat *nat;
	struct forward *list;
	unsigned int n;
	struct loop_timer retry;
};

int fwd_add(struct nat *n, const struct nat_forward *conf, bool live);
void fwd_remove(struct nat *n, struct forward *f);
struct forward *fwd_find(const struct nat *n, const struct nat_forward *conf);
struct forward *fwd_overlapping(const struct nat *n, const struct nat_forward *conf);
void fwd_retry(struct nat *n);
const char *fwd_reason(const struct forward *f, char *buf, size_t size);

#endif
