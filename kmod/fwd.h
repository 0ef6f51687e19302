/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMNET_FWD_H
#define _VMNET_FWD_H

#include <linux/skbuff.h>
#include "hub.h"
#include "port.h"

void vmnet_fwd(struct vmnet_port *from, struct sk_buff *skb);
void vmnet_fwd_sniff(struct vmnet_port *from, const struct sk_buff *skb);
bool vmnet_fwd_is_local(struct vmnet_port *from, const u8 *addr);
void vmnet_skb_scrub(struct sk_buff *skb);
bool vmnet_skb_set_headers(struct sk_buff *skb);

#endif /* _VMNET_FWD_H */
