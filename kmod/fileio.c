// SPDX-License-Identifier: GPL-2.0-only
/*
 * One frame into or out of an open file, whoever asks: read() and write(),
 * batches, and the socket view.
 *
 * The port of a file can change at any time (struct vmnet_file), so each step
 * looks at it anew. A frame that is in the middle when its port is converted is
 * lost, as if it had come a moment earlier.
 */
#include <linux/wait.h>
#include "fileio.h"
#include "fwd.h"
#include "skbio.h"

/* Context: RCU read lock. */
static __always_inline void look(struct vmnet_port *port, struct vmnet_view *v)
{
	struct vmnet_uport *u;

	v->is_user = port->ops->kind == VMNET_PORT_USER;
	v->is_gone = READ_ONCE(port->gone);
	v->up = READ_ONCE(port->flags) & VMNET_FLAG_UP;
	if (likely(v->is_user)) {
		u = vmnet_uport(port);
		v->dialect = READ_ONCE(u->dialect);
		v->hdr_sz = READ_ONCE(u->hdr_sz);
		v->max_frame = vmnet_uport_max_frame(u);
	} else {
		v->dialect = VMNET_DIALECT_NONE;
		v->hdr_sz = 0;
		v->max_frame = 0;
	}
}

/**
 * vmnet_view - look at the port of a file
 * @f: the file
 * @v: filled in
 *
 * Any context.
 */
void vmnet_view(struct vmnet_file *f, struct vmnet_view *v)
{
	rcu_read_lock();
	look(rcu_dereference(f->port), v);
	rcu_read_unlock();
}

/* The error of a call that only user ports know. */
static int not_user(const struct vmnet_view *v)
{
	return v->is_gone ? -ENODEV : -EPERM;
}

static void count(struct vmnet_file *f, enum vmnet_stat what)
{
	local_bh_disable();
	vmnet_stat_add(rcu_dereference_bh(f->port)->stats, what, 1);
	local_bh_enable();
}

/**
 * vmnet_file_make - make a frame of what user space writes
 * @f: the file
 * @v: its port
 * @from: where it is; advanced by @len, not on error
 * @len: bytes of header and frame
 * @gfp: see vmnet_skb_from_iter()
 *
 * Return: the frame, for vmnet_file_forward(); NULL when the port is down, and
 * the frame counts as sent; -EPERM, -ENODEV, -EINVAL for a wrong length, or an
 * error of vmnet_skb_from_iter(). Context: process, may sleep.
 */
struct sk_buff *vmnet_file_make(struct vmnet_file *f,
				const struct vmnet_view *v,
				struct iov_iter *from, size_t len, gfp_t gfp)
{
	if (unlikely(!v->is_user))
		return ERR_PTR(not_user(v));
	if (len < v->hdr_sz + VMNET_MIN_FRAME || len > v->hdr_sz + v->max_frame)
		return ERR_PTR(-EINVAL);
	if (unlikely(!v->up)) {
		count(f, VMNET_STAT_DROP_DOWN);
		iov_iter_advance(from, len);
		return NULL;
	}
	return vmnet_skb_from_iter(from, len, v->hdr_sz, gfp);
}

/* Context: bottom halves disabled. */
static void forward(struct vmnet_file *f, struct sk_buff *skb)
{
	struct vmnet_port *port = rcu_dereference_bh(f->port);

	if (unlikely(port->ops->kind != VMNET_PORT_USER)) {
		kfree_skb(skb);
		return;
	}
	vmnet_stat_add(port->stats, VMNET_STAT_WRITTEN, 1);
	vmnet_fwd(port, skb);
}

/**
 * vmnet_file_forward - let a frame into the hub
 * @f: the file
 * @skb: from vmnet_file_make(); taken over
 *
 * Context: process.
 */
void vmnet_file_forward(struct vmnet_file *f, struct sk_buff *skb)
{
	local_bh_disable();
	forward(f, skb);
	local_bh_enable();
}

/**
 * vmnet_file_forward_list - let many frames into the hub
 * @f: the file
 * @list: of them, in order; empty on return
 *
 * Context: process.
 */
void vmnet_file_forward_list(struct vmnet_file *f, struct sk_buff_head *list)
{
	struct sk_buff *skb;

	local_bh_disable();
	while ((skb = __skb_dequeue(list))) {
		forward(f, skb);
		/* One of them may be a flood of segments. */
		if (unlikely(need_resched())) {
			local_bh_enable();
			cond_resched();
			local_bh_disable();
		}
	}
	local_bh_enable();
}

/**
 * vmnet_file_readable - is there something to be read?
 * @f: the file
 *
 * Also true when the port has become one that cannot be read. Any context.
 */
bool vmnet_file_readable(struct vmnet_file *f)
{
	struct vmnet_port *port;
	bool wake;

	rcu_read_lock();
	port = rcu_dereference(f->port);
	wake = port->ops->kind != VMNET_PORT_USER ||
	       !vmnet_uport_empty(vmnet_uport(port));
	rcu_read_unlock();
	return wake;
}

/* NULL when nothing waits. Sets @v to the port as it then was. */
static struct sk_buff *try_take(struct vmnet_file *f, struct vmnet_view *v,
				size_t room)
{
	struct sk_buff *skb;
	struct vmnet_port *port;

	rcu_read_lock();
	port = rcu_dereference(f->port);
	look(port, v);
	/* TUN cuts what does not fit, VMware's keeps it. */
	if (v->dialect == VMNET_DIALECT_TUN)
		room = SIZE_MAX;
	if (unlikely(!v->is_user))
		skb = ERR_PTR(not_user(v));
	else if (unlikely(room < v->hdr_sz))
		skb = ERR_PTR(-EINVAL);
	else
		skb = vmnet_uport_dequeue(vmnet_uport(port), room - v->hdr_sz);
	rcu_read_unlock();
	return skb;
}

/**
 * vmnet_file_take - take the frame that waits longest
 * @f: the file
 * @v: set to the port the frame was taken from
 * @room: bytes the caller has for header and frame
 * @nonblock: do not wait for one
 *
 * Return: the frame, for vmnet_skb_to_iter() with the header size of @v;
 * -EAGAIN; -EMSGSIZE when it does not fit and stays (VMware's dialect);
 * -EINVAL, -EPERM, -ENODEV; -EINTR or -ERESTARTSYS, as the dialect has it.
 * Context: process, may sleep.
 */
struct sk_buff *vmnet_file_take(struct vmnet_file *f, struct vmnet_view *v,
				size_t room, bool nonblock)
{
	struct sk_buff *skb;

	for (;;) {
		skb = try_take(f, v, room);
		if (likely(skb))
			return skb;
		if (nonblock)
			return ERR_PTR(-EAGAIN);
		if (wait_event_interruptible(f->wq.wait,
					     vmnet_file_readable(f)))
			return ERR_PTR(v->dialect == VMNET_DIALECT_TUN ?
				       -ERESTARTSYS : -EINTR);
	}
}
