// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many frames a call: VMNET_IOC_SEND and VMNET_IOC_RECV. The contract is
 * struct vmnet_batch in linux/vmnet.h.
 */
#include <linux/uaccess.h>
#include <linux/vmnet.h>
#include "batch.h"
#include "fileio.h"
#include "ioctl.h"
#include "skbio.h"

/* Elements that are fetched and stored at once. */
#define CHUNK	16

static int get_batch(struct vmnet_batch *b, void __user *arg)
{
	int err = vmnet_get_struct(b, sizeof(*b), arg);

	if (err)
		return err;
	if (!b->count || b->count > VMNET_MAX_BATCH || b->pad ||
	    b->flags & ~VMNET_BATCH_DONTWAIT)
		return -EINVAL;
	return 0;
}

static int get_chunk(struct vmnet_buf *buf, const struct vmnet_batch *b,
		     unsigned int first, unsigned int n)
{
	const struct vmnet_buf __user *from = u64_to_user_ptr(b->bufs);

	return copy_from_user(buf, from + first, n * sizeof(*buf)) ? -EFAULT
								   : 0;
}

static int buf_iter(struct iov_iter *iter, unsigned int direction,
		    const struct vmnet_buf *buf)
{
	void __user *addr = u64_to_user_ptr(buf->addr);

	if (buf->flags)
		return -EINVAL;
	if (!access_ok(addr, buf->len))
		return -EFAULT;
	iov_iter_ubuf(iter, direction, addr, buf->len);
	return 0;
}

/* Frames of one chunk, to the end of @list; how many, and the first error. */
static unsigned int make_chunk(struct vmnet_file *f, const struct vmnet_view *v,
			       const struct vmnet_buf *buf, unsigned int n,
			       struct sk_buff_head *list, int *err)
{
	struct iov_iter iter;
	struct sk_buff *skb;
	unsigned int i;

	for (i = 0; i < n; i++) {
		*err = buf_iter(&iter, ITER_SOURCE, &buf[i]);
		if (*err)
			break;
		skb = vmnet_file_make(f, v, &iter, buf[i].len, GFP_KERNEL);
		if (IS_ERR(skb)) {
			*err = PTR_ERR(skb);
			break;
		}
		if (skb)
			__skb_queue_tail(list, skb);
	}
	return i;
}

/**
 * vmnet_batch_send - VMNET_IOC_SEND
 * @f: the file
 * @arg: struct vmnet_batch
 *
 * Return: frames that were written; when the first one was not, the error of
 * vmnet_file_make(), -EFAULT, -EINVAL, -E2BIG. Context: process, no lock held.
 */
long vmnet_batch_send(struct vmnet_file *f, void __user *arg)
{
	struct vmnet_buf buf[CHUNK];
	struct sk_buff_head list;
	struct vmnet_batch b;
	struct vmnet_view v;
	unsigned int done = 0, n, made;
	int err;

	err = get_batch(&b, arg);
	if (err)
		return err;
	vmnet_view(f, &v);
	__skb_queue_head_init(&list);
	do {
		n = min_t(unsigned int, CHUNK, b.count - done);
		err = get_chunk(buf, &b, done, n);
		if (err)
			break;
		made = make_chunk(f, &v, buf, n, &list, &err);
		done += made;
	} while (made == n && done < b.count);
	vmnet_file_forward_list(f, &list);
	return done ? done : err;
}

/* One frame into @buf, which then says how much of it is used. */
static int recv_one(struct vmnet_file *f, struct vmnet_buf *buf, bool nonblock)
{
	struct iov_iter iter;
	struct vmnet_view v;
	struct sk_buff *skb;
	ssize_t len;
	int err;

	err = buf_iter(&iter, ITER_DEST, buf);
	if (err)
		return err;
	skb = vmnet_file_take(f, &v, buf->len, nonblock);
	if (IS_ERR(skb))
		return PTR_ERR(skb);
	len = vmnet_skb_to_iter(skb, &iter, v.hdr_sz);
	if (len >= 0 && skb->len > len - v.hdr_sz)
		buf->flags = VMNET_BUF_CUT;
	vmnet_skb_done(skb);
	if (len < 0)
		return len;
	buf->len = len;
	return 0;
}

/**
 * vmnet_batch_recv - VMNET_IOC_RECV
 * @f: the file
 * @arg: struct vmnet_batch
 * @nonblock: the file has O_NONBLOCK
 *
 * Return: frames that were read; when there was none, the error of
 * vmnet_file_take(), -EFAULT, -EINVAL, -E2BIG. Context: process, no lock held.
 */
long vmnet_batch_recv(struct vmnet_file *f, void __user *arg, bool nonblock)
{
	struct vmnet_buf buf[CHUNK], __user *to;
	struct vmnet_batch b;
	unsigned int done = 0, n, i;
	int err;

	err = get_batch(&b, arg);
	if (err)
		return err;
	nonblock |= b.flags & VMNET_BATCH_DONTWAIT;
	to = u64_to_user_ptr(b.bufs);
	do {
		n = min_t(unsigned int, CHUNK, b.count - done);
		err = get_chunk(buf, &b, done, n);
		for (i = 0; !err && i < n; i += !err)
			err = recv_one(f, &buf[i], nonblock || done + i);
		if (i && copy_to_user(to + done, buf, i * sizeof(*buf)))
			return done ? done : -EFAULT;
		done += i;
	} while (!err && done < b.count);
	return done ? done : err;
}
