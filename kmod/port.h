/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMNET_PORT_H
#define _VMNET_PORT_H

#include <linux/etherdevice.h>
#include <linux/netdev_features.h>
#include <linux/poll.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/skbuff.h>
#include <linux/uidgid.h>
#include <linux/xarray.h>
#include "fdb.h"
#include "mcast.h"
#include "stats.h"

struct seq_file;
struct vmnet_hub;
struct vmnet_policy;
struct vmnet_port;
struct vmnet_slot;
struct vmnet_user;

enum vmnet_port_kind {
	VMNET_PORT_USER,
	VMNET_PORT_NETIF,
	VMNET_PORT_BRIDGE,
	VMNET_PORT_LISTENER,
	VMNET_PORT_KINDS
};

/* As /proc names them. */
extern const char *const vmnet_port_kinds[VMNET_PORT_KINDS];

/* Largest record that a port may give to read(). */
#define VMNET_RECORD_MAX	32

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

/* ether_addr_to_u64() of an address in a frame, in two loads. */
static inline u64 vmnet_addr_key(const u8 *addr)
{
	return (u64)get_unaligned_be32(addr) << 16 |
	       get_unaligned_be16(addr + 4);
}

/**
 * struct vmnet_port_ops - what makes the kinds of port differ
 * @kind: which one
 * @needs_rtnl: @retire and conversions to this kind run under RTNL
 * @wants: does the port take a frame for @dst? Counts what it refuses.
 *	Context: RCU read lock, bottom halves disabled.
 * @deliver: takes over a frame that @wants let pass; offloads the port lacks
 *	in &vmnet_port.features are resolved, skb->data is the Ethernet header.
 *	The data may be shared with other receivers. Context: as @wants.
 * @ifname: name of the interface behind the port, and its namespace (compared,
 *	never followed), for loop detection. Optional. Context: RTNL held.
 * @poll: what poll() says. Without it a file cannot be polled, and says so with
 *	EPOLLERR and EPOLLHUP. Context: RCU read lock.
 * @record: what read() gives of a port whose reads are no frames: puts the next
 *	record into @buf, which has VMNET_RECORD_MAX bytes; returns its size, or
 *	0 when there is none; @poll tells when there is. Optional. Context: as
 *	@poll.
 * @active: is the interface behind the port up? Optional. Context: RCU.
 * @devname: name of the interface behind the port, which may just be changing.
 *	Optional. Any context.
 * @show: the rest of the port's line in /proc, after the flags. RCU. Without
 *	it the port has no file there.
 * @hub_link: the link of the hub is up or down now, see vmnet_hub_update_link();
 *	may be told again what has not changed. Optional. Topology mutex held.
 * @stations_changed: a local address came to or left the hub, or a port
 *	became or ceased to be promiscuous; must not sleep. Optional.
 * @attached: the port has been plugged in by a conversion, or moved to
 *	another hub (its entries in the database but the MAC are gone then).
 *	RTNL held when @needs_rtnl, no other lock but the file's. Optional.
 * @retire: the port has left its hub for good; stop everything that could
 *	use it. RTNL held when @needs_rtnl, no other lock.
 * @forget: the port has left its hub; end what may wait for user space. No lock
 *	held. Optional.
 * @free: free the memory. After a grace period, may be softirq.
 */
struct vmnet_port_ops {
	enum vmnet_port_kind	kind;
	bool			needs_rtnl;
	bool		(*wants)(struct vmnet_port *port,
				 const struct vmnet_dst *dst);
	void		(*deliver)(struct vmnet_port *port,
				   struct sk_buff *skb);
	const char	*(*ifname)(const struct vmnet_port *port,
				   const struct net **net);
	__poll_t	(*poll)(struct vmnet_port *port);
	size_t		(*record)(struct vmnet_port *port, void *buf);
	bool		(*active)(const struct vmnet_port *port);
	const char	*(*devname)(const struct vmnet_port *port);
	void		(*show)(struct vmnet_port *port, struct seq_file *m);
	void		(*hub_link)(struct vmnet_port *port, bool up);
	void		(*stations_changed)(struct vmnet_port *port);
	void		(*attached)(struct vmnet_port *port);
	void		(*retire)(struct vmnet_port *port);
	void		(*forget)(struct vmnet_port *port);
	void		(*free)(struct vmnet_port *port);
};

/**
 * struct vmnet_opener - who opened the file a port belongs to
 * @pid: the process, a reference
 * @uid: the user
 * @comm: its command at that time
 */
struct vmnet_opener {
	struct pid	*pid;
	kuid_t		uid;
	char		comm[TASK_COMM_LEN];
};

/**
 * struct vmnet_port - what is plugged into a slot of a hub
 * @ops: the kind
 * @hub: the hub, NULL before and after. Written under the topology mutex.
 * @policy: what is enforced at the port, NULL for nothing; see struct
 *	vmnet_policy. Written under the topology mutex.
 * @features: NETIF_F_* a frame may still need when it is delivered here;
 *	0 asks for plain, linear-length, fully checksummed frames with their
 *	VLAN tags inline
 * @flags: VMNET_FLAG_*
 * @learning: source addresses of its frames enter the database
 * @promisc: sees every frame of its hub (it is on the hub's list of such)
 * @no_promisc: the program behind it may not have that
 * @sniff_host: was opened with CAP_NET_RAW: may see what is the host's alone
 * @carrier: of an uplink: it leads to a NIC that has a link. Topology mutex.
 * @gone: what the port stood for has ended before its file: a host interface
 *	whose namespace has gone. Calls on the file answer ENODEV.
 * @mac: own address, as ether_addr_to_u64() gives it
 * @mac_static: @mac is in the database of the hub
 * @heard: the one address of a locked, tap-like port, 0 until it is heard
 * @mcast: filter of group addresses
 * @stats: counters
 * @cache: last answers of the database
 * @owner: entries in the database
 * @user: whom the port is charged to, over all conversions of its file
 * @slot: where it is plugged in. Changed under the topology mutex; readers
 *	under RCU may look, a slot lives as long as its hub.
 * @in_base: VMNET_STAT_IN when it was plugged into @slot
 * @number: N of userifN, netifN, bridgeN, userListenerN
 * @id: its name on netlink, never 0 once it is plugged in
 * @opener: who opened the file
 * @by_hub: in the hub's list of all ports
 * @by_learning: in the hub's list of learning ports
 * @by_uplink: in the hub's list of uplinks
 * @by_promisc: in the hub's list of promiscuous ports
 * @by_mac: in the global table of addresses
 * @watch: of the watcher (see struct vmnet_watch)
 * @ref: one of whoever made it (file or conversion), one of each frame that waits
 *	for its turn to be flooded
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
	struct vmnet_policy __rcu	*policy;
	netdev_features_t		features;
	u32				flags;
	bool				learning;
	bool				promisc;
	bool				no_promisc;
	bool				sniff_host;
	bool				mac_static;
	bool				carrier;
	bool				gone;
	u64				mac;
	atomic64_t			heard;
	struct vmnet_mcast		mcast;
	struct vmnet_stats __percpu	*stats;
	struct vmnet_fdb_cache __percpu	*cache;
	struct vmnet_fdb_owner		owner;
	struct vmnet_user		*user;

	struct vmnet_slot		*slot;
	u64				in_base;
	u32				number;
	u32				id;
	struct vmnet_opener		opener;
	struct list_head		by_hub;
	struct list_head		by_learning;
	struct list_head		by_uplink;
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

/* False when the last reference has gone. Context: RCU read lock. */
static inline bool vmnet_port_get(struct vmnet_port *port)
{
	return refcount_inc_not_zero(&port->ref);
}

/* Ports by id. Changed under the topology mutex, read under RCU. */
extern struct xarray vmnet_ports;

int vmnet_port_take_id(struct vmnet_port *port);
void vmnet_port_show_id(struct vmnet_port *port);
void vmnet_port_drop_id(struct vmnet_port *port);
void vmnet_port_set_opener(struct vmnet_port *port);
void vmnet_port_copy_opener(struct vmnet_port *port,
			    const struct vmnet_port *from);
void vmnet_port_drop(struct vmnet_port *port, enum vmnet_drop why);
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
