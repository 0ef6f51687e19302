// SPDX-License-Identifier: GPL-2.0-only
/*
 * Single-MAC translation: finding headers in frames, and what is the host's.
 */
#include <linux/if_arp.h>
#include <linux/inetdevice.h>
#include <net/addrconf.h>
#include <net/if_inet6.h>
#include <net/ipv6.h>
#include "smac_priv.h"

/**
 * vmnet_smac_locate - find the network header of a frame
 * @skb: the frame
 * @mac: where its Ethernet header is, from skb->data on
 * @at: where it is, behind at most one 802.1Q tag
 *
 * Return: false when the frame ends within the tag.
 */
bool vmnet_smac_locate(const struct sk_buff *skb, int mac,
		       struct vmnet_smac_place *at)
{
	const struct ethhdr *eth = (const void *)(skb->data + mac);
	const struct vlan_hdr *vh;
	struct vlan_hdr buf;

	at->off = mac + ETH_HLEN;
	at->proto = eth->h_proto;
	at->vid = 0;
	if (skb_vlan_tag_present(skb)) {
		at->vid = skb_vlan_tag_get_id(skb);
		if (skb->vlan_proto != htons(ETH_P_8021Q))
			at->proto = 0;
		return true;
	}
	if (likely(at->proto != htons(ETH_P_8021Q)))
		return true;
	vh = skb_header_pointer(skb, at->off, sizeof(buf), &buf);
	if (!vh)
		return false;
	at->vid = ntohs(vh->h_vlan_TCI) & VLAN_VID_MASK;
	at->proto = vh->h_vlan_encapsulated_proto;
	at->off += VLAN_HLEN;
	return true;
}

/**
 * vmnet_smac_key4 - a key of the table
 * @key: to be filled in
 * @addr: the IPv4 address
 * @vid: the VLAN
 */
void vmnet_smac_key4(struct vmnet_smac_key *key, __be32 addr, u16 vid)
{
	ipv6_addr_set_v4mapped(addr, &key->addr);
	key->vid = vid;
}

static int has_addr6(struct net_device *dev, struct netdev_nested_priv *priv)
{
	const struct inet6_dev *idev = __in6_dev_get(dev);
	const struct inet6_ifaddr *ifp;

	if (!idev)
		return 0;
	list_for_each_entry_rcu(ifp, &idev->addr_list, if_list)
		if (ipv6_addr_equal(&ifp->addr, priv->data) &&
		    !(ifp->flags & IFA_F_DADFAILED))
			return 1;
	return 0;
}

/**
 * vmnet_smac_is_hosts - is it the host's own address?
 * @dev: the NIC
 * @key: the address
 *
 * Of IPv4, any address of the NIC's namespace is, for the host answers for all
 * of them on every NIC; of IPv6, those of the NIC and of what is stacked on it.
 * No symbol of the ipv6 module is used. Context: RCU read lock.
 */
bool vmnet_smac_is_hosts(struct net_device *dev,
			 const struct vmnet_smac_key *key)
{
	struct netdev_nested_priv priv = { .data = (void *)&key->addr };

	if (ipv6_addr_v4mapped(&key->addr))
		return __ip_dev_find(dev_net(dev), key->addr.s6_addr32[3],
				     false);
	return has_addr6(dev, &priv) ||
	       netdev_walk_all_upper_dev_rcu(dev, has_addr6, &priv);
}

/**
 * vmnet_smac_ip4 - the IPv4 header of a frame
 * @skb: the frame
 * @off: where it is
 * @buf: room for it
 *
 * Return: the header, to be read only, or NULL when it makes no sense.
 */
const struct iphdr *vmnet_smac_ip4(const struct sk_buff *skb, int off,
				   struct iphdr *buf)
{
	const struct iphdr *ip;

	ip = skb_header_pointer(skb, off, sizeof(*buf), buf);
	if (!ip || ip->version != 4 || ip->ihl < 5 ||
	    off + ip->ihl * 4 > (int)skb->len)
		return NULL;
	return ip;
}

/**
 * vmnet_smac_ip6 - the IPv6 header of a frame
 * @skb: the frame
 * @off: where it is
 * @buf: room for it
 *
 * Return: the header, to be read only, or NULL when it makes no sense.
 */
const struct ipv6hdr *vmnet_smac_ip6(const struct sk_buff *skb, int off,
				     struct ipv6hdr *buf)
{
	const struct ipv6hdr *ip;

	ip = skb_header_pointer(skb, off, sizeof(*buf), buf);
	return ip && ip->version == 6 ? ip : NULL;
}

/**
 * vmnet_smac_get_arp - the ARP or RARP packet of a frame
 * @skb: the frame
 * @off: where it is
 * @buf: room for it
 *
 * Return: the packet, to be read only, or NULL when it is not of IPv4 over
 * Ethernet, or of an operation we do not know.
 */
const struct vmnet_smac_arp *vmnet_smac_get_arp(const struct sk_buff *skb,
						int off,
						struct vmnet_smac_arp *buf)
{
	const struct vmnet_smac_arp *arp;

	arp = skb_header_pointer(skb, off, sizeof(*buf), buf);
	if (!arp || (arp->hrd != htons(ARPHRD_ETHER) &&
		     arp->hrd != htons(ARPHRD_IEEE802)) ||
	    arp->pro != htons(ETH_P_IP) || arp->hln != ETH_ALEN ||
	    arp->pln != sizeof(arp->sip))
		return NULL;
	switch (ntohs(arp->op)) {
	case ARPOP_REQUEST:
	case ARPOP_REPLY:
	case ARPOP_RREQUEST:
	case ARPOP_RREPLY:
	case ARPOP_InREQUEST:
	case ARPOP_InREPLY:
		return arp;
	}
	return NULL;
}
