/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMNET_FLOOD_H
#define _VMNET_FLOOD_H

#include <linux/skbuff.h>
#include <linux/workqueue.h>

struct vmnet_flood;
struct vmnet_port;

/* Up to so many ports a softirq serves itself. */
#define VMNET_FLOOD_DIRECT	16
/* Frames that may wait on a hub. */
#define VMNET_FLOOD_MAX		1024

typedef void vmnet_flood_release_t(struct vmnet_flood *flood,
				   struct vmnet_port *from,
				   struct sk_buff *skb);

/**
 * struct vmnet_flood - frames for many ports, that came in softirq
 * @queue: they wait here in the order they came, each with a reference on the
 *	port it came from
 * @work: lets them go on
 * @release: where to. Context: RCU read lock, bottom halves disabled.
 *
 * Part of its hub. vmnet_flood_end() discards what waits, when no frame reaches
 * the hub any more.
 */
struct vmnet_flood {
	struct sk_buff_head	queue;
	struct work_struct	work;
	vmnet_flood_release_t	*release;
};

void vmnet_flood_init(struct vmnet_flood *flood);
void vmnet_flood_end(struct vmnet_flood *flood);
void vmnet_flood_defer(struct vmnet_flood *flood, struct vmnet_port *from,
		       struct sk_buff *skb, vmnet_flood_release_t *release);

#endif /* _VMNET_FLOOD_H */
