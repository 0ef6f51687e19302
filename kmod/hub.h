/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMNET_HUB_H
#define _VMNET_HUB_H

#include <linux/list.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include "fdb.h"
#include "port.h"
#include "topology.h"

/**
 * struct vmnet_slot - one place of a hub
 * @hub: the hub it belongs to
 * @index: M of hubN.M
 * @port: who is plugged in, NULL when free
 * @base: frames that entered from here by earlier tenants
 * @watch: of the watcher (see struct vmnet_hub_watch)
 *
 * Made when first used, ends with its hub: its counter outlives tenants.
 */
struct vmnet_slot {
	struct vmnet_hub		*hub;
	unsigned int			index;
	struct vmnet_port __rcu		*port;
	u64				base;
	void				*watch;
};

/**
 * struct vmnet_hub - one virtual network
 * @number: N of hubN
 * @fdb: where its stations are
 * @ports: all ports, in the order they came
 * @learning: those that may have stations behind them (tap-like, uplinks):
 *	they get what no entry of the database is for
 * @promisc: those that see every frame
 * @nused: bits set in @used
 * @slots: struct vmnet_slot by index
 * @used: which slots are taken
 * @free: for the deferred free
 *
 * Lifetime: comes with the first slot, goes with the last one: then it leaves
 * the table at once, and its memory follows after a grace period. Frames reach
 * it through &vmnet_port.hub under RCU. The lists are changed under the
 * topology mutex and read under RCU.
 */
struct vmnet_hub {
	unsigned int		number;
	struct vmnet_fdb	fdb;
	struct list_head	ports;
	struct list_head	learning;
	struct list_head	promisc;
	unsigned int		nused;
	struct xarray		slots;
	DECLARE_BITMAP(used, VMNET_MAX_PORTS);
	struct rcu_work		free;
};

/**
 * struct vmnet_hub_watch - who wants to know what comes and goes
 * @port_add: a port is about to be plugged in for the first time; an error
 *	stops it. Topology mutex held.
 * @port_del: a port has been unplugged for good; its memory is still there.
 *	No lock held: it may have to wait for readers who sleep.
 * @slot_add: a slot gets its port; an error stops it. Topology mutex held.
 * @slot_del: a slot has lost its port and is not yet free for the next.
 *	No lock held.
 *
 * There is one watcher (proc.c), set before the first port and until after
 * the last.
 */
struct vmnet_hub_watch {
	int	(*port_add)(struct vmnet_port *port);
	void	(*port_del)(struct vmnet_port *port);
	int	(*slot_add)(struct vmnet_slot *slot);
	void	(*slot_del)(struct vmnet_slot *slot);
};

int vmnet_hub_init(const struct vmnet_hub_watch *watch);
void vmnet_hub_exit(void);

int vmnet_hub_attach(struct vmnet_port *port, unsigned int number);
void vmnet_hub_unplug(struct vmnet_port *port);
void vmnet_hub_forget(struct vmnet_port *port);
int vmnet_hub_move(struct vmnet_port *port, unsigned int number,
		   struct vmnet_slot **old);
void vmnet_slot_release(struct vmnet_slot *slot);
int vmnet_hub_replace(struct vmnet_port *old, struct vmnet_port *new);

int vmnet_hub_set_mac(struct vmnet_port *port, u64 mac, bool is_static);
void vmnet_hub_drop_mac(struct vmnet_port *port);
bool vmnet_hub_mac_used(u64 mac, const struct vmnet_port *except);
void vmnet_hub_set_learning(struct vmnet_port *port, bool on);
void vmnet_hub_set_promisc(struct vmnet_port *port, bool on);
u32 vmnet_hub_bridge_status(const struct vmnet_port *port);

u64 vmnet_slot_frames(const struct vmnet_slot *slot);

/* Context: the topology mutex is held. */
static inline struct vmnet_hub *vmnet_port_hub(const struct vmnet_port *port)
{
	return rcu_dereference_protected(port->hub,
					 lockdep_is_held(&vmnet_topology));
}

#endif /* _VMNET_HUB_H */
