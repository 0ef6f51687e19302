/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A command that is run for each thing that happens to a lease: one at a time, in
 * order, by a process of its own, since the server itself may start none.
 */
#ifndef VMNET_DHCPD_HOOK_H
#define VMNET_DHCPD_HOOK_H

#include <stdint.h>
#include "event.h"
#include "loop.h"

#define HOOK_QUEUE 1024 /* events that wait; of more, the oldest are dropped */
#define HOOK_TIME 30 /* seconds that a run may take */

/**
 * struct hook_stats - what has been counted
 * @runs: runs that have ended
 * @failed: of these, with another status than 0, or killed
 * @dropped: events that were dropped
 */
struct hook_stats {
	uint64_t runs, failed, dropped;
};

struct hook;

struct hook *hook_start(const char *command, const char *network, const char *user, int *error);
int hook_watch(struct hook *h, struct loop *loop);
void hook_event(struct hook *h, const struct event *e);
void hook_get_stats(const struct hook *h, struct hook_stats *stats);
void hook_done(struct hook *h);

#endif
