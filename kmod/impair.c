// SPDX-License-Identifier: GPL-2.0-only
/*
 * A bad line: rate limit, delay, jitter, loss and duplication of a port's
 * frames, one direction each.
 *
 * The kernel's queueing disciplines (tbf, netem) could do it for a network
 * interface, but a port has none: a discipline hangs on a transmit queue of a
 * net_device and hands frames to its driver. An interface per port would cost
 * what this module is there to avoid, and would shape nothing on the way into
 * the hub.
 *
 * When a frame comes, the moment it leaves is worked out at once: loss and
 * duplication first, then the rate (a token bucket, kept as the time at which
 * it is full again), then delay and jitter. Frames that must wait do so in a
 * tree sorted by that moment, with all their offloads; a timer in softirq
 * releases them. Those that need not wait pass at once when nobody waits before
 * them.
 *
 * A frame that is not segmented yet is lost or doubled as one; for the rate it
 * counts with the bytes of all its segments.
 */
#include <linux/hrtimer.h>
#include <linux/if_vlan.h>
#include <linux/random.h>
#include <linux/rbtree.h>
#include <linux/slab.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include "frame.h"
#include "impair.h"

/* Frames that are released in one go. */
#define BUDGET		64
/* No frame counts for more. */
#define MAX_BYTES	1000000U

/**
 * struct vmnet_impair - frames of a port that wait, in one direction
 * @lock: of all below; frames are released without it
 * @conf: how bad the line is
 * @port: whose
 * @release: where frames go on after they have waited. Context: RCU read lock,
 *	bottom halves disabled.
 * @waiting: by the moment they leave; of one moment, in the order they came
 * @n: how many
 * @full_at: when the token bucket is full again, ns
 * @last: when the last frame leaves, ns
 * @busy: frames are being released: whoever comes now waits behind them
 * @dead: no frame waits here any more
 * @timer: runs when the first frame may leave
 * @rcu: for the deferred free
 *
 * Lifetime: made and ended by the port's policy, which may be replaced under
 * it. vmnet_impair_end() discards what waits and waits for the timer; frames in
 * flight that come later are dropped, and the memory goes a grace period later.
 * No frame that waits refers to a network device or a socket.
 */
struct vmnet_impair {
	/* Taken with bottom halves disabled. */
	spinlock_t			lock;
	struct vmnet_impair_conf	conf;
	struct vmnet_port		*port;
	vmnet_impair_release_t		*release;
	struct rb_root_cached		waiting;
	struct vmnet_impair_waiting	n;
	s64				full_at;
	s64				last;
	bool				busy;
	bool				dead;
	struct hrtimer			timer;
	struct rcu_head			rcu;
};

/* In skb->cb while the frame waits. */
struct waiting {
	s64	at;
};

static struct waiting *skb_waiting(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct waiting) > sizeof(skb->cb));
	return (struct waiting *)skb->cb;
}

static void drop(struct vmnet_impair *imp, struct sk_buff *skb,
		 enum vmnet_drop why)
{
	vmnet_port_drop(imp->port, why);
	kfree_skb(skb);
}

static bool earlier(struct rb_node *a, const struct rb_node *b)
{
	return skb_waiting(rb_to_skb(a))->at <
	       skb_waiting(rb_to_skb((struct rb_node *)b))->at;
}

static struct sk_buff *first(struct vmnet_impair *imp)
{
	struct rb_node *node = rb_first_cached(&imp->waiting);

	return node ? rb_to_skb(node) : NULL;
}

static void take_out(struct vmnet_impair *imp, struct sk_buff *skb)
{
	rb_erase_cached(&skb->rbnode, &imp->waiting);
	imp->n.frames--;
	imp->n.bytes -= vmnet_skb_cost(skb);
	/* The node lies over these. */
	skb->next = NULL;
	skb->prev = NULL;
	skb->dev = NULL;
}

static void discard_all(struct vmnet_impair *imp)
{
	struct sk_buff *skb;

	lockdep_assert_held(&imp->lock);
	while ((skb = first(imp))) {
		take_out(imp, skb);
		drop(imp, skb, VMNET_DROP_WAITING);
	}
}

/* Run when the first frame may leave. */
static void arm(struct vmnet_impair *imp)
{
	struct sk_buff *skb = first(imp);

	lockdep_assert_held(&imp->lock);
	if (skb && !imp->busy)
		hrtimer_start(&imp->timer, ns_to_ktime(skb_waiting(skb)->at),
			      HRTIMER_MODE_ABS_SOFT);
}

static enum hrtimer_restart expire(struct hrtimer *timer)
{
	struct vmnet_impair *imp = container_of(timer, struct vmnet_impair,
						timer);
	s64 now = ktime_get_ns();
	int budget = BUDGET;
	struct sk_buff *skb;

	rcu_read_lock();
	spin_lock(&imp->lock);
	imp->busy = true;
	while (budget-- && (skb = first(imp)) && skb_waiting(skb)->at <= now) {
		take_out(imp, skb);
		spin_unlock(&imp->lock);
		imp->release(imp->port, skb);
		spin_lock(&imp->lock);
	}
	imp->busy = false;
	arm(imp);
	spin_unlock(&imp->lock);
	rcu_read_unlock();
	return HRTIMER_NORESTART;
}

/* Bytes of the headers before the payload of each segment. */
static unsigned int segment_headers(const struct sk_buff *skb)
{
	unsigned int len = skb->encapsulation ?
			   skb_inner_transport_offset(skb) :
			   skb_transport_offset(skb);
	const struct tcphdr *th;
	struct tcphdr copy;

	if (!(skb_shinfo(skb)->gso_type & (SKB_GSO_TCPV4 | SKB_GSO_TCPV6)))
		return len + sizeof(struct udphdr);
	th = skb_header_pointer(skb, len, sizeof(copy), &copy);
	return th ? len + __tcp_hdrlen(th) : skb->len;
}

/*
 * Bytes of a frame once it is segmented and has its tag, without FCS. Segments
 * may be as small as a guest likes; time must not overflow.
 */
static unsigned int wire_bytes(const struct sk_buff *skb)
{
	unsigned int bytes = skb->len, segs = 1, hdr;
	unsigned int size = skb_shinfo(skb)->gso_size;

	if (skb_is_gso(skb)) {
		hdr = segment_headers(skb);
		if (hdr < skb->len) {
			segs = DIV_ROUND_UP(skb->len - hdr, size);
			bytes += (segs - 1) * hdr;
		}
	}
	if (skb_vlan_tag_present(skb))
		bytes += segs * VLAN_HLEN;
	return min(bytes, MAX_BYTES);
}

static s64 transmission_ns(u64 rate, unsigned int bytes)
{
	return div64_u64(8ULL * NSEC_PER_SEC * bytes, rate);
}

/* When may a frame leave that comes now? */
static s64 departure(struct vmnet_impair *imp, struct sk_buff *skb, s64 now)
{
	const struct vmnet_impair_conf *c = &imp->conf;
	s64 at = now;

	if (c->rate) {
		imp->full_at = max(imp->full_at, now);
		at = max(now, imp->full_at - transmission_ns(c->rate, c->burst));
		imp->full_at += transmission_ns(c->rate, wire_bytes(skb));
	}
	at += (s64)c->delay * NSEC_PER_USEC;
	if (c->jitter) {
		u64 range = 2ULL * c->jitter + 1;
		u64 us = (get_random_u32() * range) >> 32;

		at += ((s64)us - c->jitter) * NSEC_PER_USEC;
	}
	if (!c->reorder)
		at = max(at, imp->last);
	imp->last = at;
	return at;
}

/* Let a frame wait, or return it when it may go on at once. */
static struct sk_buff *enqueue(struct vmnet_impair *imp, struct sk_buff *skb)
{
	const struct vmnet_impair_conf *c = &imp->conf;
	s64 at, now = ktime_get_ns();

	lockdep_assert_held(&imp->lock);
	if (unlikely(imp->dead) || imp->n.frames >= c->frames ||
	    imp->n.bytes + vmnet_skb_cost(skb) > c->bytes) {
		drop(imp, skb, VMNET_DROP_WAITING);
		return NULL;
	}
	at = departure(imp, skb, now);
	if (at <= now && !imp->n.frames && !imp->busy)
		return skb;
	/* Nobody may wait with us: not a sender's buffer, not its pages. */
	skb_orphan(skb);
	if (unlikely(skb_orphan_frags_rx(skb, GFP_ATOMIC))) {
		drop(imp, skb, VMNET_DROP_NOMEM);
		return NULL;
	}
	skb_waiting(skb)->at = at;
	rb_add_cached(&skb->rbnode, &imp->waiting, earlier);
	imp->n.frames++;
	imp->n.bytes += vmnet_skb_cost(skb);
	if (first(imp) == skb)
		arm(imp);
	return NULL;
}

static bool chance(u32 millionths)
{
	return millionths &&
	       ((u64)get_random_u32() * VMNET_IMPAIR_ONE) >> 32 < millionths;
}

/**
 * vmnet_impair_pass - a frame comes along the line
 * @imp: the line
 * @skb: the frame, not shared. Taken over.
 *
 * Return: the frame when it goes on at once, NULL when it waits or was lost;
 * that is counted. A copy may be released before this returns.
 * Context: RCU read lock, bottom halves disabled.
 */
struct sk_buff *vmnet_impair_pass(struct vmnet_impair *imp, struct sk_buff *skb)
{
	struct sk_buff *copy = NULL;

	spin_lock(&imp->lock);
	if (chance(imp->conf.loss)) {
		drop(imp, skb, VMNET_DROP_LOSS);
		spin_unlock(&imp->lock);
		return NULL;
	}
	if (chance(imp->conf.duplicate)) {
		copy = skb_clone(skb, GFP_ATOMIC);
		if (copy) {
			vmnet_stat_add(imp->port->stats,
				       VMNET_STAT_DUPLICATED, 1);
			copy = enqueue(imp, copy);
		} else {
			vmnet_port_drop(imp->port, VMNET_DROP_NOMEM);
		}
	}
	skb = enqueue(imp, skb);
	spin_unlock(&imp->lock);
	if (copy)
		imp->release(imp->port, copy);
	return skb;
}

/**
 * vmnet_impair_create - a line
 * @port: whose
 * @release: see struct vmnet_impair
 *
 * vmnet_impair_set() must follow. Return: the line, or NULL when there is no
 * memory. Context: process, may sleep.
 */
struct vmnet_impair *vmnet_impair_create(struct vmnet_port *port,
					 vmnet_impair_release_t *release)
{
	struct vmnet_impair *imp = kzalloc(sizeof(*imp), GFP_KERNEL_ACCOUNT);

	if (!imp)
		return NULL;
	spin_lock_init(&imp->lock);
	imp->port = port;
	imp->release = release;
	imp->waiting = RB_ROOT_CACHED;
	hrtimer_setup(&imp->timer, expire, CLOCK_MONOTONIC,
		      HRTIMER_MODE_ABS_SOFT);
	return imp;
}

/**
 * vmnet_impair_set - change how bad a line is
 * @imp: the line
 * @conf: valid values
 *
 * What waits was timed by the old values: it leaves at once, in order.
 * Context: process, topology mutex held.
 */
void vmnet_impair_set(struct vmnet_impair *imp,
		      const struct vmnet_impair_conf *conf)
{
	s64 now = ktime_get_ns();
	struct rb_node *node;

	spin_lock_bh(&imp->lock);
	imp->conf = *conf;
	imp->full_at = now;
	imp->last = now;
	for (node = rb_first_cached(&imp->waiting); node; node = rb_next(node))
		skb_waiting(rb_to_skb(node))->at = now;
	arm(imp);
	spin_unlock_bh(&imp->lock);
}

/**
 * vmnet_impair_get - how bad is a line, and what waits?
 * @imp: the line
 * @conf: where to put the first
 * @waiting: where to put the second
 *
 * Context: process, topology mutex held or RCU read lock.
 */
void vmnet_impair_get(struct vmnet_impair *imp, struct vmnet_impair_conf *conf,
		      struct vmnet_impair_waiting *waiting)
{
	spin_lock_bh(&imp->lock);
	*conf = imp->conf;
	*waiting = imp->n;
	spin_unlock_bh(&imp->lock);
}

/**
 * vmnet_impair_purge - discard what waits: the port leaves its hub
 * @imp: the line
 *
 * When it returns no frame of before is on its way. Context: process; no frame
 * can come along meanwhile.
 */
void vmnet_impair_purge(struct vmnet_impair *imp)
{
	spin_lock_bh(&imp->lock);
	discard_all(imp);
	spin_unlock_bh(&imp->lock);
	hrtimer_cancel(&imp->timer);
}

/**
 * vmnet_impair_end - end a line
 * @imp: the line, of which frames in flight may still know
 *
 * What waits is discarded, as a queueing discipline's is.
 * Context: process, may sleep.
 */
void vmnet_impair_end(struct vmnet_impair *imp)
{
	spin_lock_bh(&imp->lock);
	imp->dead = true;
	discard_all(imp);
	spin_unlock_bh(&imp->lock);
	hrtimer_cancel(&imp->timer);
	kfree_rcu(imp, rcu);
}
