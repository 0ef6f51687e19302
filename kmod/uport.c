// SPDX-License-Identifier: GPL-2.0-only
/*
 * User ports: frames wait in a queue until a program reads them.
 */
#include <linux/if_tun.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/seq_file.h>
#include <linux/virtio_net.h>
#include "frame.h"
#include "hub.h"
#include "topology.h"
#include "trace.h"
#include "uport.h"
#include "user.h"

static unsigned int queue_memory;
module_param(queue_memory, uint, 0644);
MODULE_PARM_DESC(queue_memory,
		 "MB that all queues may pin (0: a sixteenth of the memory)");

/* VMware's name and values; without a file in sysfs, as theirs. */
static unsigned int vnet_max_qlen = VMNET_QUEUE_LEN;
module_param(vnet_max_qlen, uint, 0);
MODULE_PARM_DESC(vnet_max_qlen,
		 "frames that wait in a user port, 512 to 1024 (1024)");

static atomic_t next_number = ATOMIC_INIT(0);

/*
 * Bytes that all queues may pin without asking again. A queue asks for pieces,
 * and keeps one or two of them when it is empty, so that the frames of a steady
 * flow never meet here.
 */
static atomic64_t granted_bytes = ATOMIC64_INIT(0);

#define GRANT	(64 << 10)

static bool grant(struct vmnet_uport *u, unsigned int bytes)
{
	unsigned int mb = READ_ONCE(queue_memory);
	u64 max = mb ? (u64)mb << 20 : (u64)totalram_pages() << PAGE_SHIFT >> 4;

	bytes = round_up(bytes, GRANT);
	if (atomic64_add_return(bytes, &granted_bytes) > max) {
		atomic64_sub(bytes, &granted_bytes);
		return false;
	}
	u->granted += bytes;
	return true;
}

/* Context: the queue's lock, as for all that concerns its bytes. */
static bool uport_charge(struct vmnet_uport *u, unsigned int bytes)
{
	unsigned int sum = u->queue_bytes + bytes;

	if (sum > VMNET_QUEUE_BYTES ||
	    (sum > u->granted && !grant(u, sum - u->granted)))
		return false;
	u->queue_bytes = sum;
	return true;
}

static void uport_uncharge(struct vmnet_uport *u, unsigned int bytes)
{
	unsigned int spare;

	u->queue_bytes -= bytes;
	spare = u->granted - u->queue_bytes;
	if (unlikely(spare >= 2 * GRANT)) {
		spare = round_down(spare, GRANT) - GRANT;
		u->granted -= spare;
		atomic64_sub(spare, &granted_bytes);
	}
}

static bool uport_wants(struct vmnet_port *port, const struct vmnet_dst *dst)
{
	u32 flags = READ_ONCE(port->flags);

	if (!(flags & VMNET_FLAG_UP)) {
		vmnet_port_drop(port, VMNET_DROP_DOWN);
		return false;
	}
	/* A tap-like port filters nothing. */
	if (READ_ONCE(port->learning))
		return true;
	if (!vmnet_filter_pass(flags, READ_ONCE(port->mac), &port->mcast,
			       dst)) {
		vmnet_port_drop(port, VMNET_DROP_MISMATCH);
		return false;
	}
	return true;
}

static void uport_deliver(struct vmnet_port *port, struct sk_buff *skb)
{
	struct vmnet_uport *u = vmnet_uport(port);
	struct sk_buff_head *q = &u->sk.sk_receive_queue;
	struct socket_wq *wq;

	/* Nobody may wait for the reader: not a sender's buffer, not its pages. */
	skb_orphan(skb);
	if (unlikely(skb_orphan_frags_rx(skb, GFP_ATOMIC))) {
		vmnet_port_drop(port, VMNET_DROP_NOMEM);
		kfree_skb(skb);
		return;
	}
	skb->dev = NULL;

	spin_lock(&q->lock);
	if (unlikely(u->retired))
		goto drop;
	/* Whoever takes it down discards the queue after that, under the lock. */
	if (unlikely(!(READ_ONCE(port->flags) & VMNET_FLAG_UP))) {
		vmnet_port_drop(port, VMNET_DROP_DOWN);
		goto drop;
	}
	if (unlikely(skb_queue_len(q) >= u->queue_len))
		goto overflow;
	if (unlikely(skb->len > vmnet_uport_max_frame(u))) {
		u->too_large++;
		trace_vmnet_drop(port->id, VMNET_DROP_TOO_LARGE);
		goto drop;
	}
	if (unlikely(!uport_charge(u, vmnet_skb_cost(skb))))
		goto overflow;
	u->queued++;
	__skb_queue_tail(q, skb);
	if (u->notify)
		vmnet_notify_set(u->notify);
	spin_unlock(&q->lock);

	wq = rcu_dereference(u->sk.sk_wq);
	if (skwq_has_sleeper(wq))
		wake_up_interruptible_poll(&wq->wait, EPOLLIN | EPOLLRDNORM);
	return;
overflow:
	u->overflow++;
	trace_vmnet_drop(port->id, VMNET_DROP_OVERFLOW);
drop:
	spin_unlock(&q->lock);
	kfree_skb(skb);
}

/* VMware's never says it can be written to (vmware-abi 3.4). */
static __poll_t uport_poll(struct vmnet_port *port)
{
	struct vmnet_uport *u = vmnet_uport(port);
	bool empty = vmnet_uport_empty(u);

	if (READ_ONCE(u->dialect) == VMNET_DIALECT_TUN)
		return EPOLLOUT | EPOLLWRNORM |
		       (empty ? 0 : EPOLLIN | EPOLLRDNORM);
	return empty ? 0 : EPOLLIN;
}

/* vmware-abi 4.2; the counters are 32 bit there. */
static void uport_show(struct vmnet_port *port, struct seq_file *m)
{
	struct vmnet_uport_counts c;

	vmnet_uport_counts(vmnet_uport(port), &c);
	seq_printf(m, "read %u written %u queued %u ", (u32)c.read,
		   (u32)vmnet_stat_read(port->stats, VMNET_STAT_WRITTEN),
		   (u32)c.queued);
	seq_printf(m, "dropped.down %u dropped.mismatch %u ",
		   (u32)vmnet_stat_read(port->stats, VMNET_STAT_DROP_DOWN),
		   (u32)vmnet_stat_read(port->stats, VMNET_STAT_DROP_MISMATCH));
	seq_printf(m, "dropped.overflow %u dropped.largePacket %u\n",
		   (u32)c.overflow, (u32)c.too_large);
}

static void uport_retire(struct vmnet_port *port)
{
	struct vmnet_uport *u = vmnet_uport(port);
	struct sk_buff_head *q = &u->sk.sk_receive_queue;
	struct socket_wq *wq;

	spin_lock_bh(&q->lock);
	u->retired = true;
	spin_unlock_bh(&q->lock);
	vmnet_uport_purge(u);
	/* Nothing is queued any more, and nothing is taken out. */
	atomic64_sub(u->granted, &granted_bytes);
	u->granted = 0;
	vmnet_event_leave(&u->sender);

	/* After a conversion sleepers look which port the file has now. */
	rcu_read_lock();
	wq = rcu_dereference(u->sk.sk_wq);
	wake_up_interruptible_all(&wq->wait);
	rcu_read_unlock();
}

/* The page's lock may be held on behalf of whoever provides the memory. */
static void uport_forget(struct vmnet_port *port)
{
	vmnet_notify_free(vmnet_uport_set_notify(vmnet_uport(port), NULL));
}

static void uport_free(struct vmnet_port *port)
{
	struct vmnet_uport *u = vmnet_uport(port);

	vmnet_port_fini(port);
	sk_free(&u->sk);
}

static const struct vmnet_port_ops uport_ops = {
	.kind = VMNET_PORT_USER,
	.wants = uport_wants,
	.deliver = uport_deliver,
	.poll = uport_poll,
	.show = uport_show,
	.retire = uport_retire,
	.forget = uport_forget,
	.free = uport_free,
};

/*
 * No owner: sockets end in an RCU callback, and a reference on the module would
 * keep it busy for a grace period after the last close. Open files hold the
 * module, and unloading waits for the callbacks.
 */
static struct proto uport_proto = {
	.name = "vmnet",
	.obj_size = sizeof(struct vmnet_uport),
};

/**
 * vmnet_uport_create - make a user port, as open() does
 * @wq: where its readers wait; outlives the port by a grace period
 * @uid: whom it is charged to
 * @exempt: may go beyond the user's limit
 *
 * RUNNING, not UP, no filters, a random address in no database yet
 * (vmware-abi section 1).
 *
 * Return: the port, unplugged, or an error of vmnet_user_charge().
 * Context: topology mutex held.
 */
struct vmnet_port *vmnet_uport_create(struct socket_wq *wq, kuid_t uid,
				      bool exempt)
{
	struct vmnet_user *user;
	struct vmnet_uport *u;
	struct vmnet_port *port;
	u64 mac;
	int err;

	lockdep_assert_held(&vmnet_topology);
	user = vmnet_user_charge(uid, exempt);
	if (IS_ERR(user))
		return ERR_CAST(user);
	/* "Kernel" socket: it must not hold a network namespace. */
	u = (struct vmnet_uport *)sk_alloc(&init_net, AF_PACKET,
					   GFP_KERNEL_ACCOUNT, &uport_proto, 1);
	if (!u) {
		vmnet_user_uncharge(user);
		return ERR_PTR(-ENOMEM);
	}
	port = &u->port;
	err = vmnet_port_init(port, &uport_ops, false);
	if (err) {
		vmnet_user_uncharge(user);
		sk_free(&u->sk);
		return ERR_PTR(err);
	}
	sock_init_data(NULL, &u->sk);
	RCU_INIT_POINTER(u->sk.sk_wq, wq);
	port->user = user;
	u->queue_len = vnet_max_qlen;
	u->vnet_hdr_sz = sizeof(struct virtio_net_hdr);
	u->sndbuf = INT_MAX;
	port->number = atomic_fetch_inc(&next_number);
	do {
		mac = vmnet_port_random_mac();
	} while (vmnet_hub_mac_used(mac, NULL));
	vmnet_hub_set_mac(port, mac, true);
	return port;
}

/**
 * vmnet_uport_dequeue - take the frame that waits longest
 * @u: the port
 * @room: longest frame the caller can take
 *
 * When there is none the pending word is cleared, under the same lock.
 * Return: the frame; NULL when there is none; -EMSGSIZE when it is longer than
 * @room, and then it stays. Context: process or softirq.
 */
struct sk_buff *vmnet_uport_dequeue(struct vmnet_uport *u, size_t room)
{
	struct sk_buff_head *q = &u->sk.sk_receive_queue;
	struct sk_buff *skb;

	spin_lock_bh(&q->lock);
	skb = skb_peek(q);
	if (skb && skb->len > room) {
		skb = ERR_PTR(-EMSGSIZE);
	} else if (skb) {
		__skb_unlink(skb, q);
		uport_uncharge(u, vmnet_skb_cost(skb));
		u->read++;
	} else if (u->notify) {
		vmnet_notify_clear(u->notify);
	}
	spin_unlock_bh(&q->lock);
	return skb;
}

/**
 * vmnet_uport_purge - discard all frames that wait
 * @u: the port
 */
void vmnet_uport_purge(struct vmnet_uport *u)
{
	struct sk_buff_head *q = &u->sk.sk_receive_queue;
	struct sk_buff_head gone;

	__skb_queue_head_init(&gone);
	spin_lock_bh(&q->lock);
	skb_queue_splice_init(q, &gone);
	uport_uncharge(u, u->queue_bytes);
	spin_unlock_bh(&q->lock);
	__skb_queue_purge(&gone);
}

/**
 * vmnet_uport_set_flags - SIOCSPORTFLAGS on a user port
 * @u: the port, of VMware's dialect
 * @flags: VMNET_FLAG_*; without UP the queue is discarded, and the pending word
 *	cleared; PROMISC is ignored when the port may not have it
 *
 * Context: topology mutex held.
 */
void vmnet_uport_set_flags(struct vmnet_uport *u, u32 flags)
{
	struct sk_buff_head *q = &u->sk.sk_receive_queue;
	u32 both = VMNET_FLAG_UP | VMNET_FLAG_PROMISC;

	if (u->port.no_promisc)
		flags &= ~VMNET_FLAG_PROMISC;
	vmnet_port_set_flags(&u->port, flags);
	vmnet_hub_set_promisc(&u->port, (flags & both) == both);
	if (flags & VMNET_FLAG_UP)
		return;
	vmnet_uport_purge(u);
	spin_lock_bh(&q->lock);
	if (u->notify)
		vmnet_notify_clear(u->notify);
	spin_unlock_bh(&q->lock);
}

/**
 * vmnet_uport_set_notify - SIOCSETNOTIFY2, SIOCUNSETNOTIFY
 * @u: the port
 * @word: the word that is to tell of frames from now on, or NULL
 *
 * Frames that wait already are not told of. Return: the word until now, or
 * NULL; nobody uses it any more.
 */
struct vmnet_notify_word *vmnet_uport_set_notify(struct vmnet_uport *u,
						 struct vmnet_notify_word *word)
{
	struct sk_buff_head *q = &u->sk.sk_receive_queue;

	spin_lock_bh(&q->lock);
	swap(u->notify, word);
	spin_unlock_bh(&q->lock);
	return word;
}

/**
 * vmnet_uport_inject - SIOCINJECTLINKSTATE: tell those who listen on the hub
 * @u: the port, plugged in. The hub of its first event stays the one it tells.
 * @up: the state, which is the number of the adapter too
 *
 * Context: topology mutex held.
 */
void vmnet_uport_inject(struct vmnet_uport *u, bool up)
{
	if (!u->sender.scope)
		vmnet_event_join(&u->sender, vmnet_port_hub(&u->port)->events);
	vmnet_event_send(&u->sender, VMNET_EVENT_UPLINK, up, up);
	pr_info_ratelimited("vmnet: userif%u: link state %s\n",
			    u->port.number, up ? "up" : "down");
}

/**
 * vmnet_uport_make_tap - the first TUN call turns a fresh port into a tap
 * @u: the port
 *
 * Up, learning, without an address of its own in the database and without an
 * address filter. Return: 0, or -EINVAL when the port speaks VMware's dialect.
 * Context: topology mutex held.
 */
int vmnet_uport_make_tap(struct vmnet_uport *u)
{
	lockdep_assert_held(&vmnet_topology);
	if (u->dialect == VMNET_DIALECT_TUN)
		return 0;
	if (u->dialect == VMNET_DIALECT_VMWARE)
		return -EINVAL;
	WRITE_ONCE(u->dialect, VMNET_DIALECT_TUN);
	vmnet_hub_set_mac(&u->port, u->port.mac, false);
	vmnet_hub_set_learning(&u->port, true);
	vmnet_port_set_flags(&u->port, VMNET_FLAG_UP | VMNET_FLAG_BROADCAST |
			     VMNET_FLAG_MULTICAST);
	return 0;
}

/**
 * vmnet_uport_set_learning - let a program have stations behind its port, or not
 * @u: the port
 * @on: without it the port gets what its address and flags ask for
 *
 * Return: 0, or -ENOMEM: the address cannot be entered into the database.
 * Context: topology mutex held.
 */
int vmnet_uport_set_learning(struct vmnet_uport *u, bool on)
{
	int err;

	err = vmnet_hub_set_mac(&u->port, u->port.mac, !on);
	if (!err)
		vmnet_hub_set_learning(&u->port, on);
	return err;
}

/**
 * vmnet_uport_set_header - choose header and offloads of a port
 * @u: the port
 * @hdr_sz: bytes of virtio_net_hdr before each frame, 0 for none
 * @offload: TUN_F_* bits; without a header none are in force
 *
 * What waits in the queue may need offloads that are no longer taken, so it is
 * discarded when one is lost, by vmnet_uport_settle(). Context: topology mutex
 * held.
 */
void vmnet_uport_set_header(struct vmnet_uport *u, unsigned int hdr_sz,
			    unsigned int offload)
{
	netdev_features_t features = 0, old = u->port.features;

	lockdep_assert_held(&vmnet_topology);
	u->offload = offload;
	if (hdr_sz && offload & TUN_F_CSUM) {
		/* Of a guest nothing is taken on trust: the data is checked. */
		features = NETIF_F_HW_CSUM | NETIF_F_SG | NETIF_F_FRAGLIST |
			   NETIF_F_GSO_ROBUST | NETIF_F_TSO_MANGLEID;
		if (offload & TUN_F_TSO4)
			features |= NETIF_F_TSO;
		if (offload & TUN_F_TSO6)
			features |= NETIF_F_TSO6;
		if (offload & TUN_F_TSO_ECN)
			features |= NETIF_F_TSO_ECN;
		if (offload & COMPAT_TUN_F_USO)
			features |= NETIF_F_GSO_UDP_L4;
	}
	WRITE_ONCE(u->port.features, features);
	WRITE_ONCE(u->hdr_sz, hdr_sz);
	if (old & ~features)
		u->unsettled = true;
}

/**
 * vmnet_uport_settle - end what vmnet_uport_set_header() has begun
 * @u: the port
 *
 * Context: process; the file's lock held, and no other.
 */
void vmnet_uport_settle(struct vmnet_uport *u)
{
	if (!u->unsettled)
		return;
	u->unsettled = false;
	/* Deliveries that saw the old features end first. */
	synchronize_rcu();
	vmnet_uport_purge(u);
}

/**
 * vmnet_uport_counts - read the counters of the queue
 * @u: the port
 * @c: where to put them
 */
void vmnet_uport_counts(struct vmnet_uport *u, struct vmnet_uport_counts *c)
{
	struct sk_buff_head *q = &u->sk.sk_receive_queue;

	spin_lock_bh(&q->lock);
	c->queued = u->queued;
	c->read = u->read;
	c->overflow = u->overflow;
	c->too_large = u->too_large;
	c->frames = skb_queue_len(q);
	c->bytes = u->queue_bytes;
	spin_unlock_bh(&q->lock);
}

/* Before the first port. */
void vmnet_uport_init(void)
{
	if (vnet_max_qlen >= VMNET_QUEUE_LEN_MIN &&
	    vnet_max_qlen <= VMNET_QUEUE_LEN)
		return;
	pr_warn("vmnet: vnet_max_qlen=%u is not from %u to %u, %u it is\n",
		vnet_max_qlen, VMNET_QUEUE_LEN_MIN, VMNET_QUEUE_LEN,
		VMNET_QUEUE_LEN);
	vnet_max_qlen = VMNET_QUEUE_LEN;
}

/* All queues are gone: after vmnet_hub_exit(). */
void vmnet_uport_exit(void)
{
	WARN_ON(atomic64_read(&granted_bytes));
}
