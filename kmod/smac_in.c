// SPDX-License-Identifier: GPL-2.0-only
/*
 * Single-MAC translation: which frames of the NIC are a guest's, by their IP
 * address.
 */
#include <linux/if_arp.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include "smac_priv.h"

/* The guest that has an address and gets what is for it, or 0. */
static u64 guest_of(struct vmnet_smac *t, struct net_device *dev,
		    const struct vmnet_smac_key *key, u32 age)
{
	u64 mac = vmnet_smac_find(t, key, age);

	/* Also when the host has got the address since. */
	return mac && !vmnet_smac_is_hosts(dev, key) ? mac : 0;
}

static u64 guest_of4(struct vmnet_smac *t, struct net_device *dev,
		     __be32 addr, u16 vid, u32 age)
{
	struct vmnet_smac_key key;

	vmnet_smac_key4(&key, addr, vid);
	return guest_of(t, dev, &key, age);
}

static enum vmnet_smac_verdict take(struct vmnet_smac_edit *edit, u64 mac)
{
	edit->dst = mac;
	return mac ? VMNET_SMAC_TAKE : VMNET_SMAC_PASS;
}

static enum vmnet_smac_verdict copy_to(struct vmnet_smac_edit *edit,
				       const u8 *mac)
{
	edit->dst = ether_addr_to_u64(mac);
	return VMNET_SMAC_COPY;
}

static enum vmnet_smac_verdict in_ip4(struct vmnet_smac *t,
				      struct net_device *dev,
				      const struct sk_buff *skb,
				      const struct vmnet_smac_place *at, bool group,
				      u32 age, struct vmnet_smac_edit *edit)
{
	const struct iphdr *ip;
	struct iphdr buf;
	u8 mac[ETH_ALEN];

	ip = vmnet_smac_ip4(skb, at->off, &buf);
	if (!ip)
		return VMNET_SMAC_PASS;
	if (group)
		return VMNET_SMAC_COPY;
	/* Access points may send to each station what was for a group. */
	if (ipv4_is_lbcast(ip->daddr)) {
		eth_broadcast_addr(mac);
		return copy_to(edit, mac);
	}
	if (ipv4_is_multicast(ip->daddr)) {
		ip_eth_mc_map(ip->daddr, mac);
		return copy_to(edit, mac);
	}
	return take(edit, guest_of4(t, dev, ip->daddr, at->vid, age));
}

static enum vmnet_smac_verdict in_ip6(struct vmnet_smac *t,
				      struct net_device *dev,
				      const struct sk_buff *skb,
				      const struct vmnet_smac_place *at, bool group,
				      u32 age, struct vmnet_smac_edit *edit)
{
	struct vmnet_smac_key key = { .vid = at->vid };
	const struct ipv6hdr *ip;
	struct ipv6hdr buf;
	u8 mac[ETH_ALEN];

	ip = vmnet_smac_ip6(skb, at->off, &buf);
	if (!ip)
		return VMNET_SMAC_PASS;
	if (group)
		return VMNET_SMAC_COPY;
	if (ipv6_addr_is_multicast(&ip->daddr)) {
		ipv6_eth_mc_map(&ip->daddr, mac);
		return copy_to(edit, mac);
	}
	if (ipv6_addr_v4mapped(&ip->daddr))
		return VMNET_SMAC_PASS;
	key.addr = ip->daddr;
	return take(edit, guest_of(t, dev, &key, age));
}

static enum vmnet_smac_verdict in_arp(struct vmnet_smac *t,
				      struct net_device *dev,
				      const struct sk_buff *skb, int mac,
				      const struct vmnet_smac_place *at, bool group,
				      bool echo, u32 age,
				      struct vmnet_smac_edit *edit)
{
	const struct vmnet_smac_arp *arp;
	struct vmnet_smac_arp buf;
	u8 all[ETH_ALEN];
	__be32 sip, tip;
	u64 guest;

	arp = vmnet_smac_get_arp(skb, at->off, &buf);
	if (!arp)
		return VMNET_SMAC_PASS;
	sip = get_unaligned(&arp->sip);
	tip = get_unaligned(&arp->tip);
	guest = guest_of4(t, dev, tip, at->vid, age);
	switch (ntohs(arp->op)) {
	case ARPOP_REQUEST:
	case ARPOP_RREQUEST:
	case ARPOP_InREQUEST:
		/* Our own question, repeated by the access point: a guest that
		 * probes for an address must not take it for another's.
		 */
		if (echo && ether_addr_equal_unaligned(arp->sha, dev->dev_addr) &&
		    (!sip || guest_of4(t, dev, sip, at->vid, age)))
			return VMNET_SMAC_PASS;
		return group ? VMNET_SMAC_COPY : take(edit, guest);
	default:
		edit->arp = at->off - mac;
		edit->target = guest;
		if (group)
			return VMNET_SMAC_COPY;
		/* An answer to a probe says only that the address is taken. */
		if (!tip) {
			eth_broadcast_addr(all);
			return copy_to(edit, all);
		}
		return take(edit, guest);
	}
}

/**
 * vmnet_smac_in - whom is a frame of the NIC for?
 * @t: the table
 * @dev: the NIC
 * @skb: the frame, with its MAC header set; for a group or for the NIC's address
 * @echo: it came from the wire, so one of ours has been sent back to us
 * @age: see vmnet_smac_find()
 * @edit: what is to change in it when it enters the hub
 *
 * Context: RCU read lock.
 */
enum vmnet_smac_verdict vmnet_smac_in(struct vmnet_smac *t,
				      struct net_device *dev,
				      const struct sk_buff *skb, bool echo,
				      u32 age, struct vmnet_smac_edit *edit)
{
	const struct ethhdr *eth = eth_hdr(skb);
	int mac = skb_mac_header(skb) - skb->data;
	bool group = is_multicast_ether_addr(eth->h_dest);
	struct vmnet_smac_place at;

	*edit = (struct vmnet_smac_edit) { 0 };
	if (echo && ether_addr_equal(eth->h_source, dev->dev_addr))
		return VMNET_SMAC_PASS;
	if (!vmnet_smac_locate(skb, mac, &at))
		return VMNET_SMAC_PASS;
	switch (at.proto) {
	case htons(ETH_P_IP):
		return in_ip4(t, dev, skb, &at, group, age, edit);
	case htons(ETH_P_IPV6):
		return in_ip6(t, dev, skb, &at, group, age, edit);
	case htons(ETH_P_ARP):
	case htons(ETH_P_RARP):
		return in_arp(t, dev, skb, mac, &at, group, echo, age, edit);
	case htons(ETH_P_PAE):
	case htons(ETH_P_PREAUTH):
		return VMNET_SMAC_PASS;
	}
	return group ? VMNET_SMAC_COPY : VMNET_SMAC_PASS;
}

/**
 * vmnet_smac_apply - change a frame that enters the hub
 * @skb: the frame, not shared; skb->data is its Ethernet header
 * @edit: of vmnet_smac_in()
 *
 * Return: 0 or -ENOMEM.
 */
int vmnet_smac_apply(struct sk_buff *skb, const struct vmnet_smac_edit *edit)
{
	unsigned int len = ETH_HLEN;
	struct vmnet_smac_arp *arp;

	if (!edit->dst && !edit->target)
		return 0;
	if (edit->target)
		len = edit->arp + sizeof(*arp);
	if (skb_ensure_writable(skb, len))
		return -ENOMEM;
	if (edit->dst)
		u64_to_ether_addr(edit->dst,
				  ((struct ethhdr *)skb->data)->h_dest);
	if (edit->target) {
		arp = (struct vmnet_smac_arp *)(skb->data + edit->arp);
		u64_to_ether_addr(edit->target, arp->tha);
	}
	return 0;
}
