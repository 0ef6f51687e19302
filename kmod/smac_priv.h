/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of single-MAC translation share; of no concern to others.
 */
#ifndef _VMNET_SMAC_PRIV_H
#define _VMNET_SMAC_PRIV_H

#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include "smac.h"

/**
 * struct vmnet_smac_arp - ARP or RARP of IPv4 over Ethernet
 * @hrd: hardware type
 * @pro: protocol type
 * @hln: length of hardware addresses
 * @pln: length of protocol addresses
 * @op: operation
 * @sha: hardware address of the sender
 * @sip: its IPv4 address
 * @tha: hardware address of the target
 * @tip: its IPv4 address
 */
struct vmnet_smac_arp {
	__be16	hrd;
	__be16	pro;
	u8	hln;
	u8	pln;
	__be16	op;
	u8	sha[ETH_ALEN];
	__be32	sip;
	u8	tha[ETH_ALEN];
	__be32	tip;
} __packed;

/**
 * struct vmnet_smac_place - where the network header of a frame is
 * @off: from skb->data on
 * @proto: EtherType, 0 when it is behind tags we do not look behind
 * @vid: VLAN, 0 for none
 */
struct vmnet_smac_place {
	int	off;
	__be16	proto;
	u16	vid;
};

bool vmnet_smac_locate(const struct sk_buff *skb, int mac,
		       struct vmnet_smac_place *at);
const struct iphdr *vmnet_smac_ip4(const struct sk_buff *skb, int off,
				   struct iphdr *buf);
const struct ipv6hdr *vmnet_smac_ip6(const struct sk_buff *skb, int off,
				     struct ipv6hdr *buf);
const struct vmnet_smac_arp *vmnet_smac_get_arp(const struct sk_buff *skb,
						int off,
						struct vmnet_smac_arp *buf);
void vmnet_smac_key4(struct vmnet_smac_key *key, __be32 addr, u16 vid);
bool vmnet_smac_is_hosts(struct net_device *dev,
			 const struct vmnet_smac_key *key);

#endif /* _VMNET_SMAC_PRIV_H */
