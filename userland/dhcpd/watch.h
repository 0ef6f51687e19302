/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Clients of the control socket that are told what happens to leases. */
#ifndef VMNET_DHCPD_WATCH_H
#define VMNET_DHCPD_WATCH_H

#include <stdint.h>
#include "conn.h"
#include "event.h"

#define WATCH_MAX 4 /* others ask too */

/**
 * struct watch - who watches
 * @list: the clients, @n of them
 * @dropped: how many were told no more, since they did not read
 *
 * Lifetime: all zero at first; a client leaves by itself when its connection ends.
 */
struct watch {
	struct conn *list[WATCH_MAX];
	unsigned int n;
	uint64_t dropped;
};

int watch_add(struct watch *w, struct conn *c);
void watch_event(struct watch *w, const struct event *e);

#endif
