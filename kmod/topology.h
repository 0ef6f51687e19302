/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMNET_TOPOLOGY_H
#define _VMNET_TOPOLOGY_H

#include <linux/mutex.h>

/*
 * Serialises every change of who is plugged in where, and of what a port is:
 * hubs, slots, lists of ports, addresses, filters, flags, dialects.
 *
 * Lock order: the lock of a file, RTNL, then this, then the spinlock of a
 * forwarding database. Frames never take it, and neither does anything that shows /proc.
 */
extern struct mutex vmnet_topology;

#endif /* _VMNET_TOPOLOGY_H */
