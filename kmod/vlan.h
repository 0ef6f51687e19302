/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMNET_VLAN_H
#define _VMNET_VLAN_H

#include <linux/bitmap.h>
#include <linux/if_vlan.h>
#include <linux/vmnet_netlink.h>
#include "port.h"

/**
 * struct vmnet_vlan - the VLANs a port takes part in
 * @mode: VMNET_VLAN_MODE_OFF: tags are none of the port's business
 * @vid: of an access port, its VLAN; of a trunk, the one whose frames are
 *	without a tag on the port's side, 0 for none
 * @allowed: VLANs of a trunk that keep their tag; @vid need not be among them
 */
struct vmnet_vlan {
	enum vmnet_vlan_mode	mode;
	u16			vid;
	DECLARE_BITMAP(allowed, VLAN_N_VID);
};

struct sk_buff *vmnet_vlan_in(const struct vmnet_vlan *vlan,
			      struct vmnet_port *port, struct sk_buff *skb);
struct sk_buff *vmnet_vlan_out(const struct vmnet_vlan *vlan,
			       struct vmnet_port *port, struct sk_buff *skb);

#endif /* _VMNET_VLAN_H */
