// SPDX-License-Identifier: GPL-2.0-only
/*
 * 802.1Q access and trunk ports.
 *
 * Inside a hub a frame's VLAN is its outer 802.1Q tag, in the data or beside it
 * (skb->vlan_tci), as it came; a frame without one belongs to no VLAN. So ports
 * without a policy see the tags and everything else as ever, and a NIC behind
 * an uplink is a trunk without further ado. Ports with a VLAN policy and
 * untagged frames inside a hub have nothing to do with each other.
 *
 * The forwarding database is the hub's, not the VLAN's (shared learning, as in
 * IEEE 802.1Q with one filtering identifier): a station that uses one address
 * in two VLANs behind two ports is found behind the one that sent last.
 *
 * 802.1ad tags are payload here. What would look tagged once its own tag has
 * gone is dropped: a guest that sends two tags shall not choose its VLAN by the
 * second one.
 */
#include "vlan.h"

/*
 * The outer 802.1Q tag: its TCI; -ENOENT when there is none, -EINVAL when the
 * frame ends within it.
 */
static int outer_tag(struct sk_buff *skb)
{
	const struct vlan_hdr *vh;

	if (skb_vlan_tag_present(skb))
		return skb->vlan_proto == htons(ETH_P_8021Q) ?
		       skb_vlan_tag_get(skb) : -ENOENT;
	if (skb->protocol != htons(ETH_P_8021Q))
		return -ENOENT;
	if (!pskb_may_pull(skb, VLAN_ETH_HLEN))
		return -EINVAL;
	vh = (const struct vlan_hdr *)(skb->data + ETH_HLEN);
	return ntohs(vh->h_vlan_TCI);
}

static struct sk_buff *drop(struct vmnet_port *port, struct sk_buff *skb,
			    enum vmnet_drop why)
{
	vmnet_port_drop(port, why);
	kfree_skb(skb);
	return NULL;
}

static bool keeps_tag(const struct vmnet_vlan *vlan, u16 vid)
{
	return vlan->mode == VMNET_VLAN_MODE_TRUNK && test_bit(vid, vlan->allowed);
}

/* Remove the outer tag of a frame. */
static struct sk_buff *strip(struct vmnet_port *port, struct sk_buff *skb)
{
	if (skb_vlan_pop(skb))
		return drop(port, skb, VMNET_DROP_NOMEM);
	if (outer_tag(skb) != -ENOENT)
		return drop(port, skb, VMNET_DROP_VLAN);
	return skb;
}

/**
 * vmnet_vlan_in - a frame comes from a port with VLANs
 * @vlan: its VLANs; the mode is not VMNET_VLAN_MODE_OFF
 * @port: the port
 * @skb: the frame, its headers set. Taken over.
 *
 * A frame without a tag, or with one that has a priority only, gets the tag of
 * the port's own VLAN. Return: the frame, or NULL when it was dropped; that is
 * counted. Context: bottom halves disabled.
 */
struct sk_buff *vmnet_vlan_in(const struct vmnet_vlan *vlan,
			      struct vmnet_port *port, struct sk_buff *skb)
{
	int tci = outer_tag(skb);
	u16 vid = tci < 0 ? 0 : tci & VLAN_VID_MASK;
	u16 prio = tci < 0 ? 0 : tci & VLAN_PRIO_MASK;

	if (tci == -EINVAL)
		return drop(port, skb, VMNET_DROP_VLAN);
	if (vid)
		return keeps_tag(vlan, vid) ?
		       skb : drop(port, skb, VMNET_DROP_VLAN);
	if (!vlan->vid)
		return drop(port, skb, VMNET_DROP_VLAN);
	if (tci >= 0) {
		skb = strip(port, skb);
		if (!skb)
			return NULL;
	}
	/* A tag beside the data is an 802.1ad one: it goes into the data. */
	if (skb_vlan_push(skb, htons(ETH_P_8021Q), prio | vlan->vid))
		return drop(port, skb, VMNET_DROP_NOMEM);
	return skb;
}

/**
 * vmnet_vlan_out - a frame of the hub is for a port with VLANs
 * @vlan: its VLANs; the mode is not VMNET_VLAN_MODE_OFF
 * @port: the port
 * @skb: the frame, not shared, its data may be. Taken over.
 *
 * Return: the frame, without a tag if it is of the port's own VLAN, or NULL
 * when it was dropped; that is counted. Context: bottom halves disabled.
 */
struct sk_buff *vmnet_vlan_out(const struct vmnet_vlan *vlan,
			       struct vmnet_port *port, struct sk_buff *skb)
{
	int tci = outer_tag(skb);
	u16 vid = tci < 0 ? 0 : tci & VLAN_VID_MASK;

	if (vid && vid == vlan->vid)
		return strip(port, skb);
	if (vid && keeps_tag(vlan, vid))
		return skb;
	return drop(port, skb, VMNET_DROP_VLAN);
}
