// SPDX-License-Identifier: GPL-2.0-only
/*
 * The data path: one frame enters a hub and is delivered.
 *
 * A frame keeps its offloads (segmentation, partial checksum, VLAN tag out of
 * band) until it meets a port that cannot take them; they are resolved for that
 * port alone, before its queue. A lone receiver gets the frame itself, of
 * several the last one does, so n receivers cost n - 1 clones.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <net/net_namespace.h>
#include "frame.h"
#include "fwd.h"
#include "policy.h"

#define VLAN_FEATURES (NETIF_F_HW_VLAN_CTAG_TX | NETIF_F_HW_VLAN_STAG_TX)

static void count_nomem(struct vmnet_port *port)
{
	vmnet_port_drop(port, VMNET_DROP_NOMEM);
}

/* Two kinds of checksum can be pending; a port may know one of them. */
static bool takes_csum(struct sk_buff *skb, netdev_features_t features)
{
	return features & (skb_csum_is_sctp(skb) ? NETIF_F_SCTP_CRC
						 : NETIF_F_HW_CSUM);
}

/* Hand over one frame; a checksum the port cannot complete is completed. */
static __always_inline void deliver(struct vmnet_port *to, struct sk_buff *skb,
				    netdev_features_t features)
{
	if (skb->ip_summed == CHECKSUM_PARTIAL && !takes_csum(skb, features)) {
		if (skb_csum_hwoffload_help(skb, features)) {
			count_nomem(to);
			kfree_skb(skb);
			return;
		}
		vmnet_stat_add(to->stats, VMNET_STAT_CSUM, 1);
	}
	vmnet_stat_frame(to->stats, VMNET_STAT_OUT, skb->len);
	to->ops->deliver(to, skb);
}

static void deliver_segments(struct vmnet_port *to, struct sk_buff *skb,
			     netdev_features_t features)
{
	struct net_device *dev = skb->dev;
	struct sk_buff *segs, *seg, *next;

	features &= ~NETIF_F_GSO_MASK;
	if (!(features & NETIF_F_HW_CSUM))
		features &= ~NETIF_F_SG;
	/* IPv6 fragments are numbered per namespace; any will do. */
	if (!dev)
		skb->dev = init_net.loopback_dev;
	segs = __skb_gso_segment(skb, features, false);
	if (IS_ERR_OR_NULL(segs)) {
		count_nomem(to);
		kfree_skb(skb);
		return;
	}
	consume_skb(skb);
	vmnet_stat_add(to->stats, VMNET_STAT_SEGMENTED, 1);
	skb_list_walk_safe(segs, seg, next) {
		skb_mark_not_on_list(seg);
		seg->dev = dev;
		deliver(to, seg, features);
	}
}

/**
 * vmnet_fwd_out - a frame leaves the hub by a port
 * @to: the port; its policy has let the frame pass
 * @skb: the frame. Taken over.
 *
 * What the port lacks is resolved, then the frame is handed over.
 * Context: RCU read lock, bottom halves disabled.
 */
void vmnet_fwd_out(struct vmnet_port *to, struct sk_buff *skb)
{
	netdev_features_t features = READ_ONCE(to->features);

	if (skb_vlan_tag_present(skb) && !(features & VLAN_FEATURES)) {
		skb = __vlan_hwaccel_push_inside(skb);
		if (!skb) {
			count_nomem(to);
			return;
		}
		skb_reset_mac_len(skb);
	}
	if (skb_is_gso(skb) && !skb_gso_ok(skb, features))
		deliver_segments(to, skb, features);
	else
		deliver(to, skb, features);
}

static void egress(struct vmnet_port *to, struct sk_buff *skb)
{
	const struct vmnet_policy *policy = rcu_dereference(to->policy);

	if (unlikely(policy))
		skb = vmnet_policy_out(policy, to, skb);
	if (likely(skb))
		vmnet_fwd_out(to, skb);
}

static void egress_clone(struct vmnet_port *to, struct sk_buff *skb)
{
	struct sk_buff *clone = skb_clone(skb, GFP_ATOMIC);

	if (clone)
		egress(to, clone);
	else
		count_nomem(to);
}

/**
 * struct outlet - receivers of one frame, found one after the other
 * @skb: the frame
 * @last: the receiver found last, which has not got it yet
 * @isolated: it comes from an isolated port
 * @costly: it may be cut into more than VMNET_PIECES, and each receiver may need
 *	its own, at the sender's expense: one is enough
 */
struct outlet {
	struct sk_buff		*skb;
	struct vmnet_port	*last;
	bool			isolated;
	bool			costly;
};

static void outlet_add(struct outlet *o, struct vmnet_port *to)
{
	if (unlikely(o->isolated) && vmnet_policy_refuses(to))
		return;
	if (o->last) {
		if (unlikely(o->costly) &&
		    !skb_gso_ok(o->skb, READ_ONCE(to->features))) {
			count_nomem(to);
			return;
		}
		egress_clone(o->last, o->skb);
	}
	o->last = to;
}

static void outlet_end(struct outlet *o)
{
	if (o->last)
		egress(o->last, o->skb);
	else
		consume_skb(o->skb);
}

/* Is @port among the owners of an address? */
static bool owns(struct rhlist_head *chain, const struct vmnet_port *port)
{
	struct vmnet_fdb_entry *e;
	struct rhlist_head *pos;

	rhl_for_each_entry_rcu(e, pos, chain, node)
		if (rcu_access_pointer(e->port) == port)
			return true;
	return false;
}

static void flood(struct vmnet_hub *hub, struct vmnet_port *from,
		  const struct vmnet_dst *dst, struct outlet *o)
{
	struct vmnet_port *p;

	list_for_each_entry_rcu(p, &hub->ports, by_hub)
		if (p != from && p->ops->wants(p, dst))
			outlet_add(o, p);
}

/* Nobody is known to have the address. */
static void flood_unknown(struct vmnet_hub *hub, struct vmnet_port *from,
			  const struct vmnet_dst *dst, struct outlet *o)
{
	struct vmnet_port *p;

	list_for_each_entry_rcu(p, &hub->learning, by_learning)
		if (p != from && p->ops->wants(p, dst))
			outlet_add(o, p);
	list_for_each_entry_rcu(p, &hub->promisc, by_promisc)
		if (p != from && !READ_ONCE(p->learning) &&
		    p->ops->wants(p, dst))
			outlet_add(o, p);
}

static void unicast(struct vmnet_hub *hub, struct vmnet_port *from,
		    const struct vmnet_dst *dst, struct outlet *o)
{
	struct rhlist_head *chain = vmnet_fdb_lookup_cached(&hub->fdb,
							    this_cpu_ptr(from->cache),
							    dst->key);
	struct vmnet_fdb_entry *e;
	struct rhlist_head *pos;
	struct vmnet_port *p;
	bool doubt = false;

	if (!chain) {
		flood_unknown(hub, from, dst, o);
		return;
	}
	rhl_for_each_entry_rcu(e, pos, chain, node) {
		p = rcu_dereference(e->port);
		if (p != from && p->ops->wants(p, dst))
			outlet_add(o, p);
		doubt |= vmnet_fdb_is_contested(e);
	}
	/* Nobody is cut off from a station by somebody with its address. */
	if (unlikely(doubt))
		list_for_each_entry_rcu(p, &hub->uplinks, by_uplink)
			if (p != from && !owns(chain, p) &&
			    p->ops->wants(p, dst))
				outlet_add(o, p);
	list_for_each_entry_rcu(p, &hub->promisc, by_promisc)
		if (p != from && !owns(chain, p) && p->ops->wants(p, dst))
			outlet_add(o, p);
}

static void set_dst(struct vmnet_dst *dst, const struct ethhdr *eth)
{
	dst->key = vmnet_addr_key(eth->h_dest);
	dst->group = is_multicast_ether_addr(eth->h_dest);
	dst->broadcast = is_broadcast_ether_addr(eth->h_dest);
}

/* Give a frame to all who are to have it. */
static void spread(struct vmnet_hub *hub, struct vmnet_port *from,
		   const struct vmnet_dst *dst, struct sk_buff *skb)
{
	struct outlet o = {
		.skb = skb,
		.isolated = vmnet_policy_isolates(from),
		.costly = skb_is_gso(skb) &&
			  vmnet_skb_pieces(skb) > VMNET_PIECES
	};

	if (dst->group)
		flood(hub, from, dst, &o);
	else
		unicast(hub, from, dst, &o);
	outlet_end(&o);
}

/* A frame has waited for the work item of its hub. */
static void spread_late(struct vmnet_flood *flood, struct vmnet_port *from,
			struct sk_buff *skb)
{
	struct vmnet_hub *hub = rcu_dereference(from->hub);
	struct vmnet_dst dst;

	/* Its port has left the hub meanwhile. */
	if (!hub || &hub->flood != flood) {
		kfree_skb(skb);
		return;
	}
	set_dst(&dst, (const struct ethhdr *)skb->data);
	spread(hub, from, &dst, skb);
}

/* Would it cost too much just now? */
static bool too_many(struct vmnet_hub *hub, const struct vmnet_dst *dst)
{
	return in_serving_softirq() &&
	       READ_ONCE(hub->nused) > VMNET_FLOOD_DIRECT &&
	       (dst->group || !vmnet_fdb_lookup(&hub->fdb, dst->key));
}

/* Count a frame that enters, and note where it comes from. */
static void come_in(struct vmnet_hub *hub, struct vmnet_port *from,
		    const struct sk_buff *skb, const struct ethhdr *eth)
{
	vmnet_stat_frame(from->stats, VMNET_STAT_IN, skb->len);
	if (READ_ONCE(from->learning))
		vmnet_fdb_learn_cached(&hub->fdb, this_cpu_ptr(from->cache),
				       from, &from->owner,
				       vmnet_addr_key(eth->h_source));
}

/**
 * vmnet_fwd_in - a frame enters the hub
 * @from: the port it comes from; its policy has let the frame pass
 * @skb: the frame, as for vmnet_fwd(). Taken over.
 *
 * Context: RCU read lock, bottom halves disabled.
 */
void vmnet_fwd_in(struct vmnet_port *from, struct sk_buff *skb)
{
	const struct ethhdr *eth = (const struct ethhdr *)skb->data;
	struct vmnet_hub *hub = rcu_dereference(from->hub);
	struct vmnet_dst dst;

	if (!hub) {
		kfree_skb(skb);
		return;
	}
	come_in(hub, from, skb, eth);
	set_dst(&dst, eth);
	if (unlikely(too_many(hub, &dst)))
		vmnet_flood_defer(&hub->flood, from, skb, spread_late);
	else
		spread(hub, from, &dst, skb);
}

/**
 * vmnet_fwd - a frame comes from a port
 * @from: the port
 * @skb: the frame, not shared; skb->data is its Ethernet header, which is in
 *	the linear part, and the headers are set (vmnet_skb_set_headers()).
 *	Taken over.
 *
 * Context: bottom halves disabled. May be called from within a delivery.
 */
void vmnet_fwd(struct vmnet_port *from, struct sk_buff *skb)
{
	const struct vmnet_policy *policy;

	rcu_read_lock();
	policy = rcu_dereference(from->policy);
	if (unlikely(policy))
		skb = vmnet_policy_in(policy, from, skb);
	if (likely(skb))
		vmnet_fwd_in(from, skb);
	rcu_read_unlock();
}

/**
 * vmnet_fwd_to - a frame comes from a port, and it is known for whom
 * @from: the port
 * @to: the only one that has its unicast destination, not in doubt
 * @skb: as for vmnet_fwd(). Taken over.
 *
 * Context: RCU read lock, in which @to was found; bottom halves disabled.
 */
void vmnet_fwd_to(struct vmnet_port *from, struct vmnet_port *to,
		  struct sk_buff *skb)
{
	const struct ethhdr *eth = (const struct ethhdr *)skb->data;
	struct vmnet_hub *hub = rcu_dereference(from->hub);
	struct vmnet_dst dst = { .key = vmnet_addr_key(eth->h_dest) };

	/* There is more to do. */
	if (unlikely(!hub || rcu_access_pointer(from->policy) ||
		     !list_empty(&hub->promisc))) {
		vmnet_fwd(from, skb);
		return;
	}
	come_in(hub, from, skb, eth);
	if (likely(to->ops->wants(to, &dst)))
		egress(to, skb);
	else
		kfree_skb(skb);
}

/**
 * vmnet_fwd_sniff - show a frame that is the host's alone
 * @from: the uplink it was seen on
 * @skb: the frame; not changed and not taken. skb->data is its Ethernet header.
 *
 * It goes to promiscuous ports whose opener had CAP_NET_RAW, as a packet
 * socket on the NIC would see it. Context: bottom halves disabled.
 */
void vmnet_fwd_sniff(struct vmnet_port *from, const struct sk_buff *skb)
{
	struct vmnet_hub *hub;
	struct vmnet_port *p;
	struct vmnet_dst dst;
	bool isolated;

	set_dst(&dst, (const struct ethhdr *)skb->data);
	rcu_read_lock();
	hub = rcu_dereference(from->hub);
	isolated = vmnet_policy_isolates(from);
	if (hub)
		list_for_each_entry_rcu(p, &hub->promisc, by_promisc)
			if (p != from && p->sniff_host &&
			    p->ops->wants(p, &dst) &&
			    !(isolated && vmnet_policy_refuses(p)))
				egress_clone(p, (struct sk_buff *)skb);
	rcu_read_unlock();
}

/**
 * vmnet_fwd_learn - an address was heard on a port, in a frame not for the hub
 * @from: the port
 * @addr: source address
 *
 * Context: bottom halves disabled.
 */
void vmnet_fwd_learn(struct vmnet_port *from, const u8 *addr)
{
	struct vmnet_hub *hub;

	rcu_read_lock();
	hub = rcu_dereference(from->hub);
	if (hub)
		vmnet_fdb_learn_cached(&hub->fdb, this_cpu_ptr(from->cache),
				       from, &from->owner,
				       vmnet_addr_key(addr));
	rcu_read_unlock();
}

/**
 * vmnet_skb_set_headers - find the headers of a frame
 * @skb: skb->data is the Ethernet header
 *
 * Sets protocol, MAC and network header (behind inline VLAN tags), as
 * segmentation and checksums need them.
 *
 * Return: false when the frame is too short.
 */
bool vmnet_skb_set_headers(struct sk_buff *skb)
{
	unsigned int depth = ETH_HLEN;
	const struct ethhdr *eth;
	const struct vlan_hdr *vh;
	__be16 proto;

	if (!pskb_may_pull(skb, ETH_HLEN))
		return false;
	skb_reset_mac_header(skb);
	eth = eth_hdr(skb);
	proto = eth->h_proto;
	skb->protocol = eth_proto_is_802_3(proto) ? proto : htons(ETH_P_802_2);
	while (eth_type_vlan(proto)) {
		if (!pskb_may_pull(skb, depth + VLAN_HLEN))
			break;
		vh = (const struct vlan_hdr *)(skb->data + depth);
		proto = vh->h_vlan_encapsulated_proto;
		depth += VLAN_HLEN;
	}
	skb_set_network_header(skb, depth);
	skb_reset_mac_len(skb);
	return true;
}
