/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMNET_PORT_H
#define _VMNET_PORT_H

#include <linux/etherdevice.h>
#include <linux/netdev_features.h>
#include <linux/refcount.h>
#include <linux/skbuff.h>
#include "fdb.h"
#include "mcast.h"
#include "stats.h"

struct seq_file;
struct vmnet_hub;
struct vmnet_port;
struct vmnet_slot;

enum vmnet_port_kind {
	VMNET_PORT_USER,
	VMNET_PORT_NETIF,
	VMNET_PORT_BRIDGE,
	VMNET_PORT_KINDS
};

/**
 * struct vmnet_dst - the destination of a frame, worked out once
 * @key: the address, as ether_addr_to_u64() gives it
 * @group: broadcast or multicast
 * @broadcast: ff:ff:ff:ff:ff:ff
 */
struct vmnet_dst {
	u64	key;
	bool	group;
	bool	broadcast;
};

/**
 * struct vmnet_port_ops - what makes the kinds of port differ
 * @kind: which one
 * @needs_rtnl: @retire and conversions to this kind run under RTNL
 * @wants: does the port take a frame for @dst? Counts what it refuses.
 *	Context: RCU read lock, bottom halves disabled.
 * @deliver: takes over a frame that @wants let pass; offloads the port lacks
 *	in &vmnet_port.features are resolved, skb->data is the Ethernet header.
 *	The data may be shared with other receivers. Context: as @wants.
 * @ifname: name of the interface behind the port, for loop detection, or
 *	NULL. Context: RCU read lock or RTNL or the topology mutex.
 * @active: a bridge: is it attached to a running NIC? Any context.
 * @show: the rest of the port's line in /proc, after the flags. RCU.
 * @stations_changed: a local address came to or left the hub, or a port
 *	became or ceased to be promiscuous; must not sleep. Optional.
 * @attached: the port has been plugged in by a conversion, or moved to
 *	another hub (its entries in the database but the MAC are gone then).
 *	RTNL held, no other lock. Optional.
 * @retire: the port has left its hub for good; stop everything that could
 *	use it. RTNL held when @needs_rtnl, no other lock.
 * @free: free the memory. After a grace period, may be softirq.
 */
struct vmnet_port_ops {
	enum vmnet_port_kind	kind;
	bool			needs_rtnl;
	bool		(*wants)(struct vmnet_port *port,
				 const struct vmnet_dst *dst);
	void		(*deliver)(struct vmnet_port *port,
				   struct sk_buff *skb);
	const char	*(*ifname)(const struct vmnet_port *port);
	bool		(*active)(const struct vmnet_port *port);
	void		(*show)(struct vmnet_port *port, struct seq_file *m);
	void		(*stations_changed)(struct vmnet_port *port);
	void		(*attached)(struct vmnet_port *port);
	void		(*retire)(struct vmnet_port *port);
	void		(*free)(struct vmnet_port *port);
};

/**
 * struct vmnet_port - what is plugged into a slot of a hub
 * @ops: the kind
 * @hub: the hub, NULL before and after. Written under the topology mutex.
 * @features: NETIF_F_* a frame may still need when it is delivered here;
 *	0 asks for plain, linear-length, fully checksummed frames with their
 *	VLAN tags inline
 * @flags: VMNET_FLAG_*
 * @learning: source addresses of its frames enter the database
 * @promisc: sees every frame of its hub (it is on the hub's list of such)
 * @sniff_host: was opened with CAP_NET_RAW: may see what is the host's alone
 * @gone: what the port stood for has ended before its file: a host interface
 *	whose namespace has gone. Calls on the file answer ENODEV.
 * @mac: own address, as ether_addr_to_u64() gives it
 * @mac_static: @mac is in the database of the hub
 * @mcast: filter of group addresses
 * @stats: counters
 * @owner: entries in the database
 * @slot: where it is plugged in. Changed under the topology mutex; readers
 *	under RCU may look, a slot lives as long as its hub.
 * @in_base: VMNET_STAT_IN when it was plugged into @slot
 * @number: N of userifN, netifN, bridgeN
 * @by_hub: in the hub's list of all ports
 * @by_learning: in the hub's list of learning ports
 * @by_promisc: in the hub's list of promiscuous ports
 * @by_mac: in the global table of addresses
 * @watch: of the watcher (see struct vmnet_hub_watch)
 * @ref: one of whoever made it (file or conversion), one of each sleeper
 * @rcu: for the deferred free
 *
 * Lifetime: made by its kind with one reference, which the open file takes
 * over. A port is plugged into at most one hub; unplugging removes it from
 * all lists and from the database, so a grace period later no frame can reach
 * it. The file's last close or a conversion unplugs it, retires it and drops
 * the reference; the memory goes one grace period after the last reference.
 */
struct vmnet_port {
	const struct vmnet_port_ops	*ops;
	struct vmnet_hub __rcu		*hub;
	netdev_features_t		features;
	u32				flags;
	bool				learning;
	bool				promisc;
	bool				sniff_host;
	bool				mac_static;
	bool				gone;
	u64				mac;
	struct vmnet_mcast		mcast;
	struct vmnet_stats __percpu	*stats;
	struct vmnet_fdb_owner		owner;

	struct vmnet_slot		*slot;
	u64				in_base;
	u32				number;
	struct list_head		by_hub;
	struct list_head		by_learning;
	struct list_head		by_promisc;
	struct hlist_node		by_mac;
	void				*watch;
	refcount_t			ref;
	struct rcu_head			rcu;
};

int vmnet_port_init(struct vmnet_port *port, const struct vmnet_port_ops *ops,
		    bool uplink);
void vmnet_port_fini(struct vmnet_port *port);
void vmnet_port_put(struct vmnet_port *port);

static inline void vmnet_port_get(struct vmnet_port *port)
{
	refcount_inc(&port->ref);
}

void vmnet_port_set_flags(struct vmnet_port *port, u32 flags);
u64 vmnet_port_random_mac(void);

/* Does an address filter with these VMNET_FLAG_* let @dst pass? (ABI 9) */
static inline bool vmnet_filter_pass(u32 flags, u64 mac,
				     const struct vmnet_mcast *mcast,
				     const struct vmnet_dst *dst)
{
	if (flags & VMNET_FLAG_PROMISC || dst->key == mac)
		return true;
	if (!dst->group)
		return false;
	if (dst->broadcast && flags & VMNET_FLAG_BROADCAST)
		return true;
	if (flags & VMNET_FLAG_ALLMULTI)
		return true;
	return flags & VMNET_FLAG_MULTICAST && vmnet_mcast_match(mcast, dst->key);
}

#endif /* _VMNET_PORT_H */
