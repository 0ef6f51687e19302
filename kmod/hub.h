/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMNET_HUB_H
#define _VMNET_HUB_H

#include <linux/list.h>
#include <linux/vmnet.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include "event.h"
#include "fdb.h"
#include "flood.h"
#include "port.h"
#include "topology.h"
#include "watch.h"

/**
 * struct vmnet_hub_key - which hub
 * @type: VMNET_BIND_VNET or VMNET_BIND_PVN
 * @number: of a vnet, else 0
 * @pvn: name of a private network ("LAN segment"), else 0
 *
 * Compared as memory: no holes.
 */
struct vmnet_hub_key {
	u32	type;
	u32	number;
	u8	pvn[VMNET_PVN_NAME];
};

/**
 * struct vmnet_slot - one place of a hub
 * @hub: the hub it belongs to
 * @index: M of hubN.M, pvnK.M
 * @port: who is plugged in, NULL when free
 * @base: frames that entered from here by earlier tenants
 * @watch: of the watcher (see struct vmnet_watch)
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
 * @by_key: in the table of hubs
 * @key: which one it is
 * @number: N of hubN, K of pvnK; a K is never used again
 * @id: its number on netlink: N, or 256 + K
 * @fdb: where its stations are
 * @ports: all ports, in the order they came
 * @learning: those that may have stations behind them (tap-like, uplinks):
 *	they get what no entry of the database is for
 * @uplinks: those that want to know which stations there are
 * @promisc: those that see every frame
 * @nused: bits set in @used
 * @follows: its link is that of its uplinks, a setting; else it is up
 * @link_down: what has come of that; any context may look
 * @group_fwd: bit X: frames to 01:80:c2:00:00:0X may pass uplinks; read
 *	without a lock
 * @kept: something is set for it, so it outlives its ports
 * @slots: struct vmnet_slot by index
 * @used: which slots are taken
 * @events: who tells whom about links
 * @flood: frames for many ports that wait
 * @free: for the deferred free
 *
 * Lifetime: comes with the first slot or setting, goes with the last: then it leaves
 * the table at once, and its memory follows after a grace period. Frames reach
 * it through &vmnet_port.hub under RCU. The lists are changed under the
 * topology mutex and read under RCU.
 */
struct vmnet_hub {
	struct hlist_node	by_key;
	struct vmnet_hub_key	key;
	unsigned int		number;
	u32			id;
	struct vmnet_fdb	fdb;
	struct list_head	ports;
	struct list_head	learning;
	struct list_head	uplinks;
	struct list_head	promisc;
	unsigned int		nused;
	bool			follows;
	bool			link_down;
	u16			group_fwd;
	bool			kept;
	struct xarray		slots;
	DECLARE_BITMAP(used, VMNET_MAX_PORTS);
	struct vmnet_event_scope *events;
	struct vmnet_flood	flood;
	struct rcu_work		free;
};

int vmnet_hub_init(void);
void vmnet_hub_exit(void);

int vmnet_hub_attach(struct vmnet_port *port, const struct vmnet_hub_key *key);
void vmnet_hub_unplug(struct vmnet_port *port);
void vmnet_hub_forget(struct vmnet_port *port);
int vmnet_hub_move_begin(struct vmnet_port *port,
			 const struct vmnet_hub_key *key,
			 struct vmnet_slot **slot);
int vmnet_hub_move_end(struct vmnet_port *port, struct vmnet_slot *slot,
		       struct vmnet_slot **old);
bool vmnet_hub_would_loop(const struct vmnet_port *port);
void vmnet_slot_release(struct vmnet_slot *slot);
int vmnet_hub_replace(struct vmnet_port *old, struct vmnet_port *new);

int vmnet_hub_set_mac(struct vmnet_port *port, u64 mac, bool is_static);
void vmnet_hub_drop_mac(struct vmnet_port *port);
bool vmnet_hub_mac_used(u64 mac, const struct vmnet_port *except);
void vmnet_hub_set_learning(struct vmnet_port *port, bool on);
void vmnet_hub_set_promisc(struct vmnet_port *port, bool on);
void vmnet_hub_update_link(struct vmnet_hub *hub);

struct vmnet_hub *vmnet_hub_next(u32 id);
struct vmnet_hub *vmnet_hub_find(u32 id);
struct vmnet_hub *vmnet_hub_begin_set(u32 id);
void vmnet_hub_end_set(struct vmnet_hub *hub, bool keep);

/* What stands before the number of a hub in /proc. */
static inline const char *vmnet_hub_prefix(const struct vmnet_hub *hub)
{
	return hub->key.type == VMNET_BIND_PVN ? "pvn" : "hub";
}

/* Context: the topology mutex is held. */
static inline struct vmnet_hub *vmnet_port_hub(const struct vmnet_port *port)
{
	return rcu_dereference_protected(port->hub,
					 lockdep_is_held(&vmnet_topology));
}

#endif /* _VMNET_HUB_H */
