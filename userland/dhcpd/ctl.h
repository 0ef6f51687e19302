/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control socket, and all who want to know what happens to leases. */
#ifndef VMNET_DHCPD_CTL_H
#define VMNET_DHCPD_CTL_H

#include <stdint.h>
#include "event.h"
#include "hook.h"
#include "server.h"

/**
 * struct ctl_stats - what has been counted
 * @events: by enum lease_event
 * @hook: of the hook
 * @watchers: who watch now
 * @watchers_dropped: who were told no more, since they did not read
 */
struct ctl_stats {
	uint64_t events[LEASE_EVENTS];
	struct hook_stats hook;
	unsigned int watchers;
	uint64_t watchers_dropped;
};

int ctl_init(struct server *s, const char *path, struct hook *hook);
void ctl_tell(struct server *s);
const char *ctl_path(const struct server *s);
void ctl_get_stats(const struct server *s, struct ctl_stats *stats);
void ctl_done(struct server *s);

#endif
