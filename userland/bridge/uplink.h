/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMNET_UPLINK_H
#define VMNET_UPLINK_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include "options.h"

/**
 * struct uplink - the network's way to a NIC
 * @fd: the port, -1 when there is none
 * @name: the NIC it is bound to
 * @index: its ifindex; 0 while it is not there
 *
 * Lives from uplink_join() to uplink_leave(). The kernel attaches it to the
 * interface of that name whenever one is up, and follows that one when it is
 * renamed.
 */
struct uplink {
	int fd;
	char name[IF_NAMESIZE];
	int index;
};

int uplink_probe(struct options *o, char *why, size_t size);
int uplink_join(struct uplink *u, struct options *o, const char *name, int index, char *why,
		size_t size);
int uplink_link_follows(const struct options *o, bool on, char *why, size_t size);
void uplink_leave(struct uplink *u, const struct options *o);
void uplink_renamed(struct uplink *u, const struct nl_link *was, const struct nl_link *is);
bool uplink_stays(struct uplink *u, const struct choose_world *w, const char *name, int index);

#endif
