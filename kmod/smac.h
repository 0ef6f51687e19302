/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMNET_SMAC_H
#define _VMNET_SMAC_H

#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include "smac_table.h"

/**
 * enum vmnet_smac_verdict - whom a frame of the NIC is for
 * @VMNET_SMAC_PASS: not for the hub
 * @VMNET_SMAC_TAKE: for a guest alone
 * @VMNET_SMAC_COPY: for the hub, and for whom it was going to
 */
enum vmnet_smac_verdict {
	VMNET_SMAC_PASS,
	VMNET_SMAC_TAKE,
	VMNET_SMAC_COPY
};

/**
 * struct vmnet_smac_edit - what changes in a frame on its way into the hub
 * @dst: new destination, 0 to leave it
 * @target: new target of an ARP reply, 0 to leave it
 * @arp: where the ARP packet begins, from the Ethernet header on
 */
struct vmnet_smac_edit {
	u64		dst;
	u64		target;
	unsigned int	arp;
};

int vmnet_smac_out(struct vmnet_smac *t, struct net_device *dev,
		   struct sk_buff *skb, u32 age);
enum vmnet_smac_verdict vmnet_smac_in(struct vmnet_smac *t,
				      struct net_device *dev,
				      const struct sk_buff *skb, bool echo,
				      u32 age, struct vmnet_smac_edit *edit);
int vmnet_smac_apply(struct sk_buff *skb, const struct vmnet_smac_edit *edit);

#endif /* _VMNET_SMAC_H */
