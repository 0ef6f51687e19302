/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMNET_FWD_H
#define _VMNET_FWD_H

#include <linux/skbuff.h>
#include "hub.h"
#include "port.h"

/* Where a station is, seen from an uplink; see vmnet_fwd_place(). */
enum vmnet_place {
	VMNET_PLACE_ELSEWHERE,
	VMNET_PLACE_LOCAL,
	VMNET_PLACE_CONTESTED
};

void vmnet_fwd(struct vmnet_port *from, struct sk_buff *skb);
void vmnet_fwd_in(struct vmnet_port *from, struct sk_buff *skb);
void vmnet_fwd_out(struct vmnet_port *to, struct sk_buff *skb);
void vmnet_fwd_sniff(struct vmnet_port *from, const struct sk_buff *skb);
void vmnet_fwd_learn(struct vmnet_port *from, const u8 *addr);
enum vmnet_place vmnet_fwd_place(struct vmnet_port *from, const u8 *addr);
void vmnet_skb_scrub(struct sk_buff *skb);
bool vmnet_skb_set_headers(struct sk_buff *skb);

#endif /* _VMNET_FWD_H */
