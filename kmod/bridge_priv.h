/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the uplink share; of no concern to others.
 */
#ifndef _VMNET_BRIDGE_PRIV_H
#define _VMNET_BRIDGE_PRIV_H

#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/workqueue.h>
#include <net/dst_metadata.h>
#include "fwd.h"
#include "hub.h"
#include "port.h"
#include "smac.h"

/**
 * struct vmnet_bridge - an uplink to a NIC
 * @port: the common part
 * @net: the namespace it was made in, NULL when that has ended; under RTNL.
 *	Compared, never followed.
 * @name: the interface it is for, 15 characters
 * @flags: VMNET_PEER_*
 * @dev: the NIC while attached: found, up, Ethernet. Written under RTNL.
 * @tracker: of the reference on @dev
 * @hooks: netdev ingress and egress
 * @to_wire: marks frames of this uplink on their way to the wire
 * @to_host: marks frames of this uplink on their way to the host
 * @sender: tells listeners of the NIC and its carrier; joins the hub the port
 *	was on first; topology mutex
 * @attached: there is @dev; topology mutex, as the rest of what is told
 * @up: the last told of VMNET_EVENT_UPLINK
 * @carrier: the last told of VMNET_EVENT_CARRIER
 * @ifindex: of the NIC, also when it has just gone
 * @lro: it had LRO, which we turned off; under RTNL
 * @nic_addr: the NIC's address, a station of the hub; topology mutex
 * @smac: single-MAC translation: its table; NULL as long as it was never needed.
 *	Written under RTNL, read under RCU; as old as the port from then on.
 * @vids: VLANs that stations of the hub have sent frames of; set by any frame
 * @vids_synced: those of them the NIC was told, when it filters; under RTNL
 * @stagged: such a frame had a provider's tag (802.1ad), of which the NIC is
 *	not told
 * @promisc: we hold the NIC promiscuous; under RTNL
 * @synced: guests' addresses the NIC was told, sorted; under RTNL
 * @nsynced: how many
 * @sync: brings them up to date
 * @sync_at: jiffies when it last did
 * @list: all uplinks, under RTNL
 *
 * Lifetime: that of its port. The attachment ends before it, when the NIC goes
 * down or away, and begins again when an interface of the name comes up. It is
 * to a device, not to a name: a NIC that is renamed meanwhile is kept.
 *
 * A mark is a metadata_dst: it stays on a frame over backlog and qdisc, nobody
 * routes by it, and whatever takes the frame in (a veth's peer, the stack)
 * drops it. So our own hooks know our own frames, without a history and without
 * guessing by address.
 */
struct vmnet_bridge {
	struct vmnet_port		port;
	struct net			*net;
	char				name[IFNAMSIZ];
	u32				flags;
	struct net_device __rcu		*dev;
	netdevice_tracker		tracker;
	struct nf_hook_ops		hooks[2];
	struct metadata_dst		*to_wire;
	struct metadata_dst		*to_host;
	struct vmnet_event_sender	sender;
	bool				attached;
	bool				up;
	bool				carrier;
	int				ifindex;
	bool				lro;
	u64				nic_addr;
	struct vmnet_smac __rcu		*smac;
	DECLARE_BITMAP(vids, VLAN_N_VID);
	DECLARE_BITMAP(vids_synced, VLAN_N_VID);
	bool				stagged;
	bool				promisc;
	u64				*synced;
	unsigned int			nsynced;
	struct delayed_work		sync;
	unsigned long			sync_at;
	struct list_head		list;
};

static inline struct vmnet_bridge *port_bridge(const struct vmnet_port *port)
{
	return container_of(port, struct vmnet_bridge, port);
}

/* Wireless: tell by the pointer, no symbol of cfg80211 is needed. */
static inline bool bridge_is_wireless(const struct net_device *dev)
{
	return dev->ieee80211_ptr;
}

struct metadata_dst *vmnet_bridge_mark_alloc(void);
void vmnet_bridge_deliver(struct vmnet_port *port, struct sk_buff *skb);
int vmnet_bridge_hook(struct vmnet_bridge *br, struct net_device *dev);
void vmnet_bridge_unhook(struct vmnet_bridge *br, struct net_device *dev);

void vmnet_bridge_lro_off(struct vmnet_bridge *br, struct net_device *dev);
void vmnet_bridge_lro_back(struct vmnet_bridge *br, struct net_device *dev,
			   struct vmnet_bridge *heir);

void vmnet_bridge_sync_work(struct work_struct *work);
void vmnet_bridge_sync_soon(struct vmnet_port *port);
void vmnet_bridge_unsync(struct vmnet_bridge *br, struct net_device *dev);
int vmnet_bridge_sync_init(void);
void vmnet_bridge_sync_exit(void);

#endif /* _VMNET_BRIDGE_PRIV_H */
