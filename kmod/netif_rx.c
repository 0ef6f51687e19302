// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the hub to the host's stack: a queue and a NAPI context per CPU.
 *
 * A frame is queued on the CPU that brought it and polled there, so that
 * writers on different CPUs do not wait for each other. A writer's poll runs
 * when it turns bottom halves on again, and then a frame is most often alone:
 * it goes up directly, for merging costs and cannot gain. Frames that came
 * together are merged (GRO) when nobody has done so before; so are those that
 * come one after the other, when the interface's gro_flush_timeout lets them
 * wait for each other.
 */
#include <linux/etherdevice.h>
#include <linux/netdevice.h>
#include <linux/percpu.h>
#include "netif_priv.h"

/**
 * struct netif_rxq - frames on their way to the stack, of one CPU
 * @napi: its context; enabled while the interface is up
 * @lock: of @fresh, @busy and @stopped
 * @fresh: frames that wait
 * @busy: a poll will come, or is under way
 * @stopped: the interface is down, nothing is queued
 * @todo: frames the poll has taken; its own while @napi is enabled
 *
 * Lifetime: from ndo_init to ndo_uninit. Whoever delivers found the interface
 * in &vmnet_netif.dev under RCU; ndo_uninit comes after that has been cleared,
 * and waits for a grace period.
 */
struct netif_rxq {
	struct napi_struct	napi;
	spinlock_t		lock;	/* not of @todo */
	struct sk_buff_head	fresh;
	bool			busy;
	bool			stopped;
	struct sk_buff_head	todo;
};

/*
 * A frame whose checksum nobody has looked at comes from a sender without
 * offloads. Others were sent as large as can be, or a NIC's GRO has seen them;
 * a flow is of one sort or the other, so neither overtakes itself. Merging
 * writes to the frame, so it must be nobody else's.
 */
static bool can_gain(const struct sk_buff *skb)
{
	return skb->ip_summed == CHECKSUM_NONE && !skb_is_gso(skb);
}

static struct sk_buff *next_frame(struct netif_rxq *q)
{
	if (skb_queue_empty(&q->todo)) {
		if (skb_queue_empty_lockless(&q->fresh))
			return NULL;
		spin_lock(&q->lock);
		skb_queue_splice_tail_init(&q->fresh, &q->todo);
		spin_unlock(&q->lock);
	}
	return __skb_dequeue(&q->todo);
}

/* Nothing was left to do: rest, unless something has come meanwhile. */
static void rest(struct netif_rxq *q)
{
	bool again;

	spin_lock(&q->lock);
	again = !skb_queue_empty(&q->fresh);
	q->busy = again;
	spin_unlock(&q->lock);
	if (again)
		napi_schedule(&q->napi);
}

/* The first frame of a poll: neither one after it nor one before it waits. */
static bool is_alone(const struct netif_rxq *q)
{
	return skb_queue_empty(&q->todo) && !q->napi.gro_bitmask &&
	       !READ_ONCE(q->napi.dev->gro_flush_timeout);
}

static int rx_poll(struct napi_struct *napi, int budget)
{
	struct netif_rxq *q = container_of(napi, struct netif_rxq, napi);
	struct pcpu_sw_netstats *stats;
	unsigned int bytes = 0;
	struct sk_buff *skb;
	LIST_HEAD(plain);
	int done = 0;

	while (done < budget && (skb = next_frame(q))) {
		bytes += ETH_HLEN + skb->len;
		done++;
		if (done == 1 && is_alone(q))
			netif_receive_skb(skb);
		else if (can_gain(skb) && !skb_unclone(skb, GFP_ATOMIC))
			napi_gro_receive(napi, skb);
		else
			list_add_tail(&skb->list, &plain);
	}
	netif_receive_skb_list(&plain);

	stats = this_cpu_ptr(napi->dev->tstats);
	u64_stats_update_begin(&stats->syncp);
	u64_stats_add(&stats->rx_packets, done);
	u64_stats_add(&stats->rx_bytes, bytes);
	u64_stats_update_end(&stats->syncp);

	if (done < budget && napi_complete_done(napi, done))
		rest(q);
	return done;
}

/**
 * vmnet_netif_rx - give a frame to the host's stack
 * @dev: the interface
 * @skb: the frame, eth_type_trans() done. Taken over.
 *
 * Return: 0; -ENOBUFS when the queue is full, -ENETDOWN when the interface is
 * down; then the frame has been freed.
 * Context: RCU read lock, bottom halves disabled.
 */
int vmnet_netif_rx(struct net_device *dev, struct sk_buff *skb)
{
	struct netif_priv *priv = netdev_priv(dev);
	struct netif_rxq *q = this_cpu_ptr(priv->rxq);
	bool wake;
	int err;

	spin_lock(&q->lock);
	if (unlikely(q->stopped)) {
		err = -ENETDOWN;
		goto drop;
	}
	if (unlikely(skb_queue_len(&q->fresh) >= READ_ONCE(priv->rxq_len))) {
		err = -ENOBUFS;
		goto drop;
	}
	__skb_queue_tail(&q->fresh, skb);
	wake = !q->busy;
	q->busy = true;
	spin_unlock(&q->lock);
	if (wake)
		napi_schedule(&q->napi);
	return 0;
drop:
	spin_unlock(&q->lock);
	kfree_skb(skb);
	return err;
}

/**
 * vmnet_netif_rx_start - the interface comes up
 * @dev: the interface
 *
 * Context: RTNL held.
 */
void vmnet_netif_rx_start(struct net_device *dev)
{
	struct netif_priv *priv = netdev_priv(dev);
	int cpu;

	for_each_possible_cpu(cpu) {
		struct netif_rxq *q = per_cpu_ptr(priv->rxq, cpu);

		napi_enable(&q->napi);
		spin_lock_bh(&q->lock);
		q->busy = false;
		q->stopped = false;
		spin_unlock_bh(&q->lock);
	}
}

/**
 * vmnet_netif_rx_stop - the interface goes down
 * @dev: the interface
 *
 * Return: how many frames waited, and are discarded.
 * Context: RTNL held; sleeps until no poll is under way.
 */
unsigned int vmnet_netif_rx_stop(struct net_device *dev)
{
	struct netif_priv *priv = netdev_priv(dev);
	unsigned int n = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		struct netif_rxq *q = per_cpu_ptr(priv->rxq, cpu);

		spin_lock_bh(&q->lock);
		q->stopped = true;
		spin_unlock_bh(&q->lock);
		napi_disable(&q->napi);
		n += skb_queue_len(&q->fresh) + skb_queue_len(&q->todo);
		__skb_queue_purge(&q->fresh);
		__skb_queue_purge(&q->todo);
	}
	return n;
}

/**
 * vmnet_netif_rx_init - make the receive queues
 * @dev: the interface, about to be registered, down
 *
 * Return: 0 or -ENOMEM. Context: RTNL held.
 */
int vmnet_netif_rx_init(struct net_device *dev)
{
	struct netif_priv *priv = netdev_priv(dev);
	int cpu;

	priv->rxq = alloc_percpu_gfp(struct netif_rxq, GFP_KERNEL_ACCOUNT);
	if (!priv->rxq)
		return -ENOMEM;
	priv->rxq_len = NETIF_RXQ_LEN;
	for_each_possible_cpu(cpu) {
		struct netif_rxq *q = per_cpu_ptr(priv->rxq, cpu);

		spin_lock_init(&q->lock);
		__skb_queue_head_init(&q->fresh);
		__skb_queue_head_init(&q->todo);
		q->stopped = true;
		/* Sockets cannot wait on a queue that has no hardware. */
		set_bit(NAPI_STATE_NO_BUSY_POLL, &q->napi.state);
		netif_napi_add(dev, &q->napi, rx_poll);
	}
	return 0;
}

/**
 * vmnet_netif_rx_uninit - end the receive queues
 * @dev: the interface, down; nobody finds it any more
 *
 * Context: RTNL held; waits for a grace period.
 */
void vmnet_netif_rx_uninit(struct net_device *dev)
{
	struct netif_priv *priv = netdev_priv(dev);
	int cpu;

	for_each_possible_cpu(cpu)
		__netif_napi_del(&per_cpu_ptr(priv->rxq, cpu)->napi);
	synchronize_net();
	free_percpu(priv->rxq);
}
