// SPDX-License-Identifier: GPL-2.0-only
/*
 * The uplink's data path: hooks on the NIC, and frames from the hub.
 *
 * What is for one station on the hub's side is taken from the NIC without a
 * clone, in both directions; groups are cloned once; what is between the host
 * and the wire is left alone.
 */
#include <linux/etherdevice.h>
#include <linux/if_bridge.h>
#include <linux/if_vlan.h>
#include <linux/netfilter_netdev.h>
#include <linux/rtnetlink.h>
#include <net/xfrm.h>
#include "bridge_priv.h"

/* Tells our marks from those of switch drivers. */
#define MARK_ID		0x766d6e74

/* Uplinks a frame may pass within one call: hubs that share NICs can make a
 * ring of them, and the egress hook runs before the stack's own guard.
 */
#define MAX_DEPTH	4

static DEFINE_PER_CPU(unsigned int, depth);

/**
 * vmnet_bridge_mark_alloc - a mark for frames
 *
 * Return: to be dropped with dst_release(), or NULL.
 */
struct metadata_dst *vmnet_bridge_mark_alloc(void)
{
	struct metadata_dst *mark;

	mark = metadata_dst_alloc(0, METADATA_HW_PORT_MUX, GFP_KERNEL);
	if (mark)
		mark->u.port_info.port_id = MARK_ID;
	return mark;
}

static void set_mark(struct sk_buff *skb, struct metadata_dst *mark)
{
	dst_hold(&mark->dst);
	skb_dst_set(skb, &mark->dst);
}

/* Was the frame sent up or out by an uplink, this one or another? */
static bool is_marked(const struct sk_buff *skb)
{
	struct metadata_dst *md = skb_metadata_dst(skb);

	return md && md->type == METADATA_HW_PORT_MUX &&
	       md->u.port_info.port_id == MARK_ID;
}

/* Was it sent up by an uplink of the device it comes from, this one or another?
 * Then it has passed that device's egress. What comes up by a device that is
 * stacked on it (a VLAN, a bridge, a macvlan) has not passed the one's there.
 */
static bool is_marked_on(const struct sk_buff *skb,
			 const struct net_device *dev)
{
	return is_marked(skb) &&
	       skb_metadata_dst(skb)->u.port_info.lower_dev == dev;
}

/* Is it to be encrypted below us? Then it is for the wire and nobody else. */
static bool is_secret(struct sk_buff *skb)
{
	return unlikely(skb_is_decrypted(skb) || xfrm_offload(skb));
}

/* Spanning tree, pause frames and their like end at the next bridge, unless
 * the hub was told otherwise. EAPOL shares the range and does not.
 */
static bool stays_on_link(struct vmnet_bridge *br, const struct ethhdr *eth)
{
	struct vmnet_hub *hub;

	if (likely(!is_link_local_ether_addr(eth->h_dest)) ||
	    eth->h_proto == htons(ETH_P_PAE))
		return false;
	hub = rcu_dereference(br->port.hub);
	return !hub || !(READ_ONCE(hub->group_fwd) & BIT(eth->h_dest[5]));
}

/*
 * Let a frame of the NIC enter the hub: changed, or for @to if that is known.
 * Taken over. Context: as the hooks.
 */
static __always_inline void enter(struct vmnet_bridge *br,
				  struct vmnet_port *to, struct sk_buff *skb,
				  const struct vmnet_smac_edit *edit)
{
	bool received = skb->data != skb_mac_header(skb);

	__skb_push(skb, skb->data - skb_mac_header(skb));
	vmnet_skb_scrub(skb);
	if (edit && vmnet_smac_apply(skb, edit)) {
		kfree_skb(skb);
		return;
	}
	/* Where no tag is in the way the stack has found them already. */
	if ((!received || eth_type_vlan(skb->protocol)) &&
	    !vmnet_skb_set_headers(skb)) {
		kfree_skb(skb);
		return;
	}
	if (likely(__this_cpu_inc_return(depth) <= MAX_DEPTH)) {
		if (to)
			vmnet_fwd_to(&br->port, to, skb);
		else
			vmnet_fwd(&br->port, skb);
	} else {
		net_warn_ratelimited("vmnet: bridge-%s: hubs and NICs make a ring, frame dropped\n",
				     br->name);
		vmnet_port_drop(&br->port, VMNET_DROP_LOOP);
		kfree_skb(skb);
	}
	__this_cpu_dec(depth);
}

static void enter_clone(struct vmnet_bridge *br, struct sk_buff *skb,
			const struct vmnet_smac_edit *edit)
{
	struct sk_buff *clone = skb_clone(skb, GFP_ATOMIC);

	if (clone)
		enter(br, NULL, clone, edit);
}

/* Take the frame itself. */
static __always_inline unsigned int steal(struct vmnet_bridge *br,
					  struct vmnet_port *to,
					  struct sk_buff *skb,
					  const struct vmnet_smac_edit *edit)
{
	skb = skb_share_check(skb, GFP_ATOMIC);
	if (likely(skb))
		enter(br, to, skb, edit);
	return NF_STOLEN;
}

/* Does anybody on the hub look at what is not for him? */
static bool has_watchers(struct vmnet_bridge *br)
{
	struct vmnet_hub *hub = rcu_dereference(br->port.hub);

	return hub && !list_empty(&hub->promisc);
}

/* May a station that nobody has heard of be behind a port of the hub? */
static bool takes_unknown(struct vmnet_bridge *br)
{
	struct vmnet_hub *hub = rcu_dereference(br->port.hub);
	struct vmnet_port *p;

	if (!hub)
		return false;
	list_for_each_entry_rcu(p, &hub->learning, by_learning)
		if (p != &br->port)
			return true;
	return !list_empty(&hub->promisc);
}

/* Show a frame of the host's own to those who may see it. */
static void sniff(struct vmnet_bridge *br, struct sk_buff *skb)
{
	struct sk_buff *clone;

	if (likely(!has_watchers(br)))
		return;
	clone = skb_clone(skb, GFP_ATOMIC);
	if (!clone)
		return;
	skb_push(clone, clone->data - skb_mac_header(clone));
	vmnet_skb_scrub(clone);
	if (vmnet_skb_set_headers(clone))
		vmnet_fwd_sniff(&br->port, clone);
	consume_skb(clone);
}

/* How long an IP address is believed to be a guest's, in seconds: longer than a
 * station of the hub's database, for a guest may be silent, and what others
 * know of it by ARP lives as long as they use it.
 */
static u32 smac_age(const struct vmnet_bridge *br)
{
	const struct vmnet_hub *hub = rcu_dereference(br->port.hub);

	return hub ? 12 * READ_ONCE(hub->fdb.limits.ageing) : 0;
}

/* A frame to the NIC's one address, or to a group. */
static unsigned int ingress_smac(struct vmnet_bridge *br,
				 struct vmnet_smac *smac, struct sk_buff *skb,
				 struct net_device *dev)
{
	const struct ethhdr *eth = eth_hdr(skb);
	struct vmnet_smac_edit edit;
	struct vmnet_port *to;
	u8 guest[ETH_ALEN];

	if (stays_on_link(br, eth))
		return NF_ACCEPT;
	/* Another hub's guest has the NIC's address too, and is no echo. */
	switch (vmnet_smac_in(smac, dev, skb, !is_marked(skb), smac_age(br),
			      &edit)) {
	case VMNET_SMAC_TAKE:
		u64_to_ether_addr(edit.dst, guest);
		if (vmnet_fwd_place(&br->port, guest, &to) == VMNET_PLACE_LOCAL)
			return steal(br, NULL, skb, &edit);
		/* It has left this hub, and may be on another of the NIC. */
		fallthrough;
	case VMNET_SMAC_COPY:
		enter_clone(br, skb, &edit);
		break;
	case VMNET_SMAC_PASS:
		if (is_multicast_ether_addr(eth->h_dest))
			break;
		vmnet_fwd_learn(&br->port, eth->h_source);
		sniff(br, skb);
		break;
	}
	return NF_ACCEPT;
}

/* A frame of the host, likewise: guests are known to it by that address. */
static unsigned int egress_smac(struct vmnet_bridge *br,
				struct vmnet_smac *smac, struct sk_buff *skb,
				struct net_device *dev)
{
	struct vmnet_smac_edit edit;

	if (stays_on_link(br, eth_hdr(skb)))
		return NF_ACCEPT;
	switch (vmnet_smac_in(smac, dev, skb, false, smac_age(br), &edit)) {
	case VMNET_SMAC_TAKE:
		if (dev_nit_active(dev))
			dev_queue_xmit_nit(skb, dev);
		return steal(br, NULL, skb, &edit);
	case VMNET_SMAC_COPY:
		enter_clone(br, skb, &edit);
		break;
	case VMNET_SMAC_PASS:
		break;
	}
	return NF_ACCEPT;
}

/* A frame the NIC received. Context: bottom halves disabled, RCU. */
static unsigned int ingress(void *priv, struct sk_buff *skb,
			    const struct nf_hook_state *state)
{
	const struct ethhdr *eth = eth_hdr(skb);
	struct vmnet_bridge *br = priv;
	struct vmnet_smac *smac = rcu_dereference(br->smac);
	struct vmnet_port *to;
	bool to_nic;

	if (skb_dst(skb) == &br->to_host->dst)
		return NF_ACCEPT;
	/* The host's own, looped back: it has no Ethernet header. */
	if (unlikely(skb->pkt_type == PACKET_LOOPBACK))
		return NF_ACCEPT;
	to_nic = ether_addr_equal(eth->h_dest, state->in->dev_addr);
	/* What another uplink gave to the host was seen on its way out, unless
	 * it was for the NIC, whose address our guests have too.
	 */
	if (is_marked_on(skb, state->in) && !(smac && to_nic))
		return NF_ACCEPT;
	if (smac && (to_nic || is_multicast_ether_addr(eth->h_dest)))
		return ingress_smac(br, smac, skb, state->in);
	if (is_multicast_ether_addr(eth->h_dest)) {
		if (!stays_on_link(br, eth))
			enter_clone(br, skb, NULL);
		return NF_ACCEPT;
	}
	if (to_nic) {
		/* No guest may keep an address that is heard on the wire. */
		vmnet_fwd_learn(&br->port, eth->h_source);
		sniff(br, skb);
		return NF_ACCEPT;
	}
	switch (vmnet_fwd_place(&br->port, eth->h_dest, &to)) {
	case VMNET_PLACE_LOCAL:
		return steal(br, to, skb, NULL);
	case VMNET_PLACE_CONTESTED:
		enter_clone(br, skb, NULL);
		break;
	case VMNET_PLACE_ELSEWHERE:
		if (!smac && takes_unknown(br))
			enter_clone(br, skb, NULL);
		break;
	}
	return NF_ACCEPT;
}

/* A frame the NIC is about to send. Context: bottom halves disabled, RCU. */
static unsigned int egress(void *priv, struct sk_buff *skb,
			   const struct nf_hook_state *state)
{
	const struct ethhdr *eth = eth_hdr(skb);
	struct vmnet_bridge *br = priv;
	struct vmnet_smac *smac = rcu_dereference(br->smac);
	struct vmnet_port *to;

	if (skb_dst(skb) == &br->to_wire->dst || is_secret(skb))
		return NF_ACCEPT;
	if (smac && (is_multicast_ether_addr(eth->h_dest) ||
		     ether_addr_equal(eth->h_dest, state->out->dev_addr)))
		return egress_smac(br, smac, skb, state->out);
	if (is_multicast_ether_addr(eth->h_dest)) {
		if (!stays_on_link(br, eth))
			enter_clone(br, skb, NULL);
		return NF_ACCEPT;
	}
	switch (vmnet_fwd_place(&br->port, eth->h_dest, &to)) {
	case VMNET_PLACE_LOCAL:
		/* Whoever captures on the NIC expects to see it. */
		if (dev_nit_active(state->out))
			dev_queue_xmit_nit(skb, state->out);
		return steal(br, to, skb, NULL);
	case VMNET_PLACE_CONTESTED:
		/* A guest must not cut the host off from a station. */
		enter_clone(br, skb, NULL);
		break;
	case VMNET_PLACE_ELSEWHERE:
		sniff(br, skb);
		break;
	}
	return NF_ACCEPT;
}

/* The outer tag of a frame, wherever it is. Return: is there one? */
static __always_inline bool outer_vlan(const struct sk_buff *skb,
				       __be16 *proto, u16 *vid)
{
	struct vlan_hdr buf, *vh;

	if (skb_vlan_tag_present(skb)) {
		*proto = skb->vlan_proto;
		*vid = skb_vlan_tag_get_id(skb);
		return true;
	}
	*proto = skb->protocol;
	if (likely(!eth_type_vlan(*proto)))
		return false;
	vh = skb_header_pointer(skb, ETH_HLEN, sizeof(buf), &buf);
	if (!vh)
		return false;
	*vid = ntohs(vh->h_vlan_TCI) & VLAN_VID_MASK;
	return true;
}

/* A NIC that filters VLANs must know those of our stations. */
static void note_vlan(struct vmnet_bridge *br, __be16 proto, u16 vid)
{
	if (proto == htons(ETH_P_8021AD)) {
		if (READ_ONCE(br->stagged))
			return;
		WRITE_ONCE(br->stagged, true);
	} else if (test_bit(vid, br->vids) ||
		   test_and_set_bit(vid, br->vids)) {
		return;
	}
	vmnet_bridge_sync_soon(&br->port);
}

static void send_up(struct vmnet_bridge *br, struct net_device *dev,
		    struct sk_buff *skb)
{
	skb->protocol = eth_type_trans(skb, dev);
	set_mark(skb, br->to_host);
	netif_rx(skb);
}

/* A frame that is still to be cut is judged by its segments. */
static bool can_send(const struct net_device *dev, const struct sk_buff *skb)
{
	if (skb_is_gso(skb) &&
	    !skb_gso_validate_mac_len(skb, READ_ONCE(dev->mtu) +
				      dev->hard_header_len + VLAN_HLEN))
		return false;
	return is_skb_forwardable(dev, skb);
}

/* The stack judges a frame's length by one tag, which is out of band where it
 * made the frame itself: so the outer one of two must be. May lose the frame.
 */
static struct sk_buff *take_tag_out(struct sk_buff *skb)
{
	skb_pull(skb, ETH_HLEN);
	skb = skb_vlan_untag(skb);
	if (skb)
		skb_push(skb, ETH_HLEN);
	return skb;
}

static void send_out(struct vmnet_bridge *br, struct net_device *dev,
		     struct sk_buff *skb)
{
	if (unlikely(eth_type_vlan(skb->protocol)) &&
	    !skb_vlan_tag_present(skb)) {
		skb = take_tag_out(skb);
		if (!skb) {
			vmnet_port_drop(&br->port, VMNET_DROP_NOMEM);
			return;
		}
	}
	if (unlikely(!can_send(dev, skb))) {
		vmnet_stat_add(br->port.stats, VMNET_STAT_DROP_TOO_LONG, 1);
		kfree_skb(skb);
		return;
	}
	skb->dev = dev;
	set_mark(skb, br->to_wire);
	dev_queue_xmit(skb);
}

/* Give a frame the NIC's address, if it has to. Return: false when it cannot
 * get out.
 */
static bool leave(struct vmnet_bridge *br, struct net_device *dev,
		  struct sk_buff *skb)
{
	struct vmnet_smac *smac = rcu_dereference(br->smac);
	int err = smac ? vmnet_smac_out(smac, dev, skb, smac_age(br)) : 0;

	if (likely(!err))
		return true;
	vmnet_port_drop(&br->port, err == -ENOMEM ? VMNET_DROP_NOMEM
						  : VMNET_DROP_MISMATCH);
	return false;
}

/**
 * vmnet_bridge_deliver - a frame of the hub for the host, the wire or both
 * @port: the uplink
 * @skb: the frame
 *
 * Longer than the NIC can send: dropped. Context: see struct vmnet_port_ops.
 */
void vmnet_bridge_deliver(struct vmnet_port *port, struct sk_buff *skb)
{
	struct vmnet_bridge *br = port_bridge(port);
	struct net_device *dev = rcu_dereference(br->dev);
	const struct ethhdr *eth = (const struct ethhdr *)skb->data;
	struct sk_buff *clone;
	bool tagged;
	__be16 proto;
	u16 vid;

	if (!dev || stays_on_link(br, eth) || !leave(br, dev, skb)) {
		kfree_skb(skb);
		return;
	}
	/* Its head may be a new one. */
	eth = (const struct ethhdr *)skb->data;
	if (ether_addr_equal(eth->h_dest, dev->dev_addr)) {
		send_up(br, dev, skb);
		return;
	}
	tagged = outer_vlan(skb, &proto, &vid);
	/* The host may have stations of its own behind the NIC: a macvlan, a
	 * bridge, either on a VLAN. They look for themselves what is for them.
	 */
	if (is_multicast_ether_addr(eth->h_dest) ||
	    rcu_access_pointer(dev->rx_handler) ||
	    (tagged && __vlan_find_dev_deep_rcu(dev, proto, vid))) {
		clone = skb_clone(skb, GFP_ATOMIC);
		if (clone)
			send_up(br, dev, clone);
	}
	if (tagged)
		note_vlan(br, proto, vid);
	send_out(br, dev, skb);
}

/**
 * vmnet_bridge_hook - begin to see a NIC's frames
 * @br: the uplink
 * @dev: the NIC
 *
 * Behind all filter chains, so that an administrator's rules protect guests
 * too. Return: 0 or an error. Context: RTNL held.
 */
int vmnet_bridge_hook(struct vmnet_bridge *br, struct net_device *dev)
{
	static const struct {
		nf_hookfn	*fn;
		unsigned int	num;
	} points[2] = {
		{ ingress, NF_NETDEV_INGRESS },
		{ egress, NF_NETDEV_EGRESS },
	};
	int i, err;

	ASSERT_RTNL();
	for (i = 0; i < 2; i++) {
		br->hooks[i] = (struct nf_hook_ops) {
			.hook = points[i].fn,
			.dev = dev,
			.priv = br,
			.pf = NFPROTO_NETDEV,
			.hooknum = points[i].num,
			.priority = INT_MAX - 1,
		};
		err = nf_register_net_hook(dev_net(dev), &br->hooks[i]);
		if (err)
			goto undo;
	}
	return 0;
undo:
	if (i)
		nf_unregister_net_hook(dev_net(dev), &br->hooks[0]);
	return err;
}

/**
 * vmnet_bridge_unhook - stop seeing a NIC's frames
 * @br: the uplink; frames in flight may use it for a grace period
 * @dev: the NIC
 *
 * Context: RTNL held.
 */
void vmnet_bridge_unhook(struct vmnet_bridge *br, struct net_device *dev)
{
	int i;

	ASSERT_RTNL();
	for (i = 0; i < 2; i++)
		nf_unregister_net_hook(dev_net(dev), &br->hooks[i]);
}
