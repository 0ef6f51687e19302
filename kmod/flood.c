// SPDX-License-Identifier: GPL-2.0-only
/*
 * A broadcast for a thousand ports is a thousand deliveries. Whoever writes one
 * pays for it; but one that comes in softirq, from the wire or a timer, would
 * be paid by whom it happens to interrupt, and a storm of them would hold the
 * CPU. So they wait for a work item, in order, and not without a bound.
 */
#include "flood.h"
#include "port.h"

/* In skb->cb while the frame waits. */
static struct vmnet_port **skb_from(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct vmnet_port *) > sizeof(skb->cb));
	return (struct vmnet_port **)skb->cb;
}

static void flood_work(struct work_struct *work)
{
	struct vmnet_flood *flood = container_of(work, struct vmnet_flood,
						 work);
	struct vmnet_port *from;
	struct sk_buff *skb;

	while ((skb = skb_dequeue(&flood->queue))) {
		from = *skb_from(skb);
		local_bh_disable();
		rcu_read_lock();
		flood->release(flood, from, skb);
		rcu_read_unlock();
		local_bh_enable();
		vmnet_port_put(from);
		cond_resched();
	}
}

/**
 * vmnet_flood_init - prepare a hub's part
 * @flood: the part
 */
void vmnet_flood_init(struct vmnet_flood *flood)
{
	skb_queue_head_init(&flood->queue);
	INIT_WORK(&flood->work, flood_work);
}

/**
 * vmnet_flood_end - discard what waits
 * @flood: of a hub that no frame reaches any more
 *
 * Context: process, may sleep.
 */
void vmnet_flood_end(struct vmnet_flood *flood)
{
	struct sk_buff *skb;

	cancel_work_sync(&flood->work);
	while ((skb = skb_dequeue(&flood->queue))) {
		vmnet_port_put(*skb_from(skb));
		kfree_skb(skb);
	}
}

/**
 * vmnet_flood_defer - let a frame wait for the work item
 * @flood: of the hub
 * @from: the port it came from
 * @skb: the frame. Taken over; when too many wait it is dropped, and counted at
 *	@from.
 * @release: see struct vmnet_flood; always the same
 *
 * Context: RCU read lock, bottom halves disabled.
 */
void vmnet_flood_defer(struct vmnet_flood *flood, struct vmnet_port *from,
		       struct sk_buff *skb, vmnet_flood_release_t *release)
{
	/* A port that ends at this moment has no frames any more. */
	if (skb_queue_len_lockless(&flood->queue) >= VMNET_FLOOD_MAX ||
	    !vmnet_port_get(from)) {
		vmnet_port_drop(from, VMNET_DROP_WAITING);
		kfree_skb(skb);
		return;
	}
	/* Nobody may wait with us: not a sender's buffer, not its pages. */
	skb_orphan(skb);
	if (unlikely(skb_orphan_frags_rx(skb, GFP_ATOMIC))) {
		vmnet_port_drop(from, VMNET_DROP_NOMEM);
		vmnet_port_put(from);
		kfree_skb(skb);
		return;
	}
	skb->dev = NULL;
	*skb_from(skb) = from;
	WRITE_ONCE(flood->release, release);
	skb_queue_tail(&flood->queue, skb);
	schedule_work(&flood->work);
}
