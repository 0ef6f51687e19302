/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMNET_WATCH_H
#define _VMNET_WATCH_H

#include <linux/list.h>

struct vmnet_port;
struct vmnet_slot;

/**
 * struct vmnet_watch - who wants to know what comes, changes and goes
 * @port_add: a port is about to be plugged in for the first time; an error
 *	stops it. Topology mutex held.
 * @port_del: a port has been unplugged for good; its memory is still there.
 *	No lock held: it may have to wait for readers who sleep.
 * @slot_add: a slot gets its port; an error stops it. Topology mutex held.
 * @slot_del: a slot has lost its port and is not yet free for the next.
 *	No lock held.
 * @plugged: a port is on a hub now: a new one, or one that has moved there.
 *	Topology mutex held.
 * @leaving: a port is about to be unplugged for good. Topology mutex held.
 * @changed: address, flags or modes of a plugged port have changed. Topology
 *	mutex held.
 * @link: a port went up or down. Process context, maybe with locks held.
 * @list: all watchers
 *
 * All are optional. Watchers are added before the first port and stay until
 * after the last. One may refuse a port after another has taken it; then both
 * are told that it goes. That would not do for slots, whose end takes
 * sleeping, so one watcher alone (proc.c) may have @slot_add.
 */
struct vmnet_watch {
	int	(*port_add)(struct vmnet_port *port);
	void	(*port_del)(struct vmnet_port *port);
	int	(*slot_add)(struct vmnet_slot *slot);
	void	(*slot_del)(struct vmnet_slot *slot);
	void	(*plugged)(struct vmnet_port *port);
	void	(*leaving)(struct vmnet_port *port);
	void	(*changed)(struct vmnet_port *port);
	void	(*link)(struct vmnet_port *port);
	struct list_head list;
};

void vmnet_watch_add(struct vmnet_watch *watch);

int vmnet_watch_port_add(struct vmnet_port *port);
void vmnet_watch_port_del(struct vmnet_port *port);
int vmnet_watch_slot_add(struct vmnet_slot *slot);
void vmnet_watch_slot_del(struct vmnet_slot *slot);
void vmnet_watch_plugged(struct vmnet_port *port);
void vmnet_watch_leaving(struct vmnet_port *port);
void vmnet_watch_changed(struct vmnet_port *port);
void vmnet_watch_link(struct vmnet_port *port);

#endif /* _VMNET_WATCH_H */
