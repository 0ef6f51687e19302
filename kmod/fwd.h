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
void vmnet_fwd_to(struct vmnet_port *from, struct vmnet_port *to,
		  struct sk_buff *skb);
void vmnet_fwd_sniff(struct vmnet_port *from, const struct sk_buff *skb);
void vmnet_fwd_learn(struct vmnet_port *from, const u8 *addr);
bool vmnet_skb_set_headers(struct sk_buff *skb);

/**
 * vmnet_fwd_place - on which side of the uplink is a station?
 * @from: the uplink
 * @addr: a unicast address
 * @lone: set to the only port that has it, or to NULL; when that is local it
 *	may be given to vmnet_fwd_to()
 *
 * Return: VMNET_PLACE_LOCAL when another port of the hub, and no uplink, has
 * the address; _CONTESTED when it was heard on the wire too, a short time ago.
 * Context: RCU read lock, bottom halves disabled.
 */
static inline enum vmnet_place
vmnet_fwd_place(struct vmnet_port *from, const u8 *addr,
		struct vmnet_port **lone)
{
	enum vmnet_place place = VMNET_PLACE_ELSEWHERE;
	struct rhlist_head *chain = NULL, *pos;
	struct vmnet_fdb_entry *e;
	struct vmnet_hub *hub;

	*lone = NULL;
	hub = rcu_dereference(from->hub);
	/* What is stolen is looked up again at once, in the same cache. */
	if (hub)
		chain = vmnet_fdb_lookup_cached(&hub->fdb,
						this_cpu_ptr(from->cache),
						vmnet_addr_key(addr));
	rhl_for_each_entry_rcu(e, pos, chain, node) {
		struct vmnet_port *p = rcu_dereference(e->port);

		if (p == from || p->owner.uplink)
			continue;
		if (vmnet_fdb_is_contested(e)) {
			place = VMNET_PLACE_CONTESTED;
			break;
		}
		place = VMNET_PLACE_LOCAL;
		if (pos == chain && !rcu_access_pointer(pos->next))
			*lone = p;
	}
	return place;
}

/**
 * vmnet_skb_scrub - remove what a frame must not carry into a hub
 * @skb: a frame from the host's stack or a NIC, not shared
 *
 * Socket, route, connection tracking, mark, time stamps, extensions. A checksum
 * over the whole frame is dropped too: it ends where the headers move.
 */
static inline void vmnet_skb_scrub(struct sk_buff *skb)
{
	skb_orphan(skb);
	skb_scrub_packet(skb, true);
	skb->priority = 0;
	skb_set_queue_mapping(skb, 0);
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->ip_summed = CHECKSUM_NONE;
}

#endif /* _VMNET_FWD_H */
