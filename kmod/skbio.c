// SPDX-License-Identifier: GPL-2.0-only
/*
 * User memory to skb and back, with or without a virtio_net_hdr.
 */
#include <linux/etherdevice.h>
#include <linux/virtio_net.h>
#include <net/net_namespace.h>
#include "frame.h"
#include "fwd.h"
#include "skbio.h"

/* Room before the frame: a VLAN tag, or the headers of a tunnel. */
#define HEADROOM	(NET_SKB_PAD + NET_IP_ALIGN + 64)

/* Of a frame that does not fit one page this much is linear, if not told. */
#define LINEAR_HEAD	256

static bool needs_csum(const struct virtio_net_hdr *vh)
{
	return vh->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM;
}

/* How much of a frame of @len bytes goes into the linear part. */
static size_t linear_part(const struct virtio_net_hdr *vh, size_t len)
{
	size_t linear;

	if (len <= SKB_MAX_HEAD(HEADROOM))
		return len;
	linear = max_t(size_t, LINEAR_HEAD, __virtio16_to_cpu(true, vh->hdr_len));
	if (needs_csum(vh))
		linear = max_t(size_t, linear,
			       __virtio16_to_cpu(true, vh->csum_start) +
			       __virtio16_to_cpu(true, vh->csum_offset) + 2);
	return min3(linear, len, (size_t)SKB_MAX_HEAD(HEADROOM));
}

/* Whoever asks for more wants to keep a CPU busy. */
static bool too_many_pieces(const struct sk_buff *skb)
{
	unsigned int max = skb_shinfo(skb)->gso_type &
			   (SKB_GSO_TCPV4 | SKB_GSO_TCPV6) ?
			   VMNET_PIECES_TCP : VMNET_PIECES;

	return skb_is_gso(skb) && vmnet_skb_pieces(skb) > max;
}

/* Apply what the header asks for; the kernel checks it against the frame. */
static int apply_header(struct sk_buff *skb, const struct virtio_net_hdr *vh)
{
	int err;

	if (!vh->flags && vh->gso_type == VIRTIO_NET_HDR_GSO_NONE)
		return 0;
	/* The flow dissector wants to know a namespace; any will do. */
	skb->dev = init_net.loopback_dev;
	err = virtio_net_hdr_to_skb(skb, vh, true);
	skb->dev = NULL;
	return err || too_many_pieces(skb) ? -EINVAL : 0;
}

/*
 * Pages that frames are made in, piece by piece. A frame that waits pins its
 * page, so these are no larger than what is charged for it, vmnet_skb_cost();
 * those of current->task_frag are eight times as large.
 */
static DEFINE_PER_CPU(struct page_frag, frame_page);

/* Where the next @size bytes are, or NULL. Context: no preemption. */
static void *take_piece(struct page_frag *frag, size_t size)
{
	void *piece;

	if (unlikely(!frag->page))
		return NULL;
	if (page_ref_count(frag->page) == 1)
		frag->offset = 0;
	if (frag->offset + size > PAGE_SIZE)
		return NULL;
	get_page(frag->page);
	piece = page_address(frag->page) + frag->offset;
	frag->offset += size;
	return piece;
}

/* The piece has a reference on its page. Return: NULL without memory. */
static void *new_piece(size_t size, gfp_t gfp)
{
	struct page_frag *frag = get_cpu_ptr(&frame_page);
	void *piece = take_piece(frag, size);
	struct page *page, *old;

	put_cpu_ptr(&frame_page);
	if (likely(piece))
		return piece;
	page = alloc_page(gfp | __GFP_ACCOUNT);
	if (unlikely(!page))
		return NULL;
	/* Perhaps another CPU's by now: either page will do. */
	frag = get_cpu_ptr(&frame_page);
	old = frag->page;
	frag->page = page;
	piece = take_piece(frag, size);
	put_cpu_ptr(&frame_page);
	if (old)
		put_page(old);
	return piece;
}

/* No frame is made any more; those that were keep their pages. */
void vmnet_skbio_exit(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		if (per_cpu(frame_page, cpu).page)
			put_page(per_cpu(frame_page, cpu).page);
}

/*
 * A frame that fits into a page: nothing is zeroed, one allocation less, and the
 * skb itself comes from the CPU's cache of them.
 */
static struct sk_buff *from_iter_linear(struct iov_iter *from, size_t len,
					gfp_t gfp)
{
	size_t size = SKB_DATA_ALIGN(HEADROOM + len) +
		      SKB_DATA_ALIGN(sizeof(struct skb_shared_info));
	void *piece = new_piece(size, gfp);
	struct sk_buff *skb;

	if (unlikely(!piece))
		return ERR_PTR(-ENOBUFS);
	if (unlikely(copy_page_from_iter(virt_to_page(piece),
					 offset_in_page(piece) + HEADROOM, len,
					 from) != len)) {
		put_page(virt_to_page(piece));
		return ERR_PTR(-EFAULT);
	}
	local_bh_disable();
	skb = napi_build_skb(piece, size);
	local_bh_enable();
	if (unlikely(!skb)) {
		put_page(virt_to_page(piece));
		return ERR_PTR(-ENOBUFS);
	}
	skb_reserve(skb, HEADROOM);
	skb_put(skb, len);
	return skb;
}

static struct sk_buff *from_iter_paged(struct iov_iter *from, size_t len,
				       size_t linear, gfp_t gfp)
{
	struct sk_buff *skb;
	int err;

	skb = alloc_skb_with_frags(HEADROOM + linear, len - linear,
				   PAGE_ALLOC_COSTLY_ORDER, &err, gfp);
	if (!skb)
		return ERR_PTR(-ENOBUFS);
	skb_reserve(skb, HEADROOM);
	skb_put(skb, linear);
	skb->data_len = len - linear;
	skb->len += len - linear;
	if (skb_copy_datagram_from_iter(skb, 0, from, len)) {
		kfree_skb(skb);
		return ERR_PTR(-EFAULT);
	}
	return skb;
}

/**
 * vmnet_skb_from_iter - make a frame of what user space writes
 * @from: where it is; advanced by @len unless there is an error
 * @len: bytes of header and frame; the frame has at least 14
 * @hdr_sz: bytes of virtio_net_hdr before the frame, 0 for none. Little endian.
 * @gfp: GFP_KERNEL, or GFP_NOWAIT for a caller that must not wait for memory
 *
 * Return: the frame, its headers set, ready for vmnet_fwd(); -EFAULT, -EINVAL
 * for a header that does not fit the frame, -ENOBUFS.
 * Context: process, may sleep.
 */
struct sk_buff *vmnet_skb_from_iter(struct iov_iter *from, size_t len,
				    unsigned int hdr_sz, gfp_t gfp)
{
	struct virtio_net_hdr vh = {};
	struct sk_buff *skb;
	size_t linear;
	int err;

	if (hdr_sz) {
		if (!copy_from_iter_full(&vh, sizeof(vh), from))
			return ERR_PTR(-EFAULT);
		iov_iter_advance(from, hdr_sz - sizeof(vh));
		len -= hdr_sz;
		if (__virtio16_to_cpu(true, vh.hdr_len) > len)
			return ERR_PTR(-EINVAL);
	}
	linear = linear_part(&vh, len);
	skb = len == linear ? from_iter_linear(from, len, gfp)
			    : from_iter_paged(from, len, linear, gfp);
	if (IS_ERR(skb))
		return skb;
	err = -EINVAL;
	if (!vmnet_skb_set_headers(skb))
		goto free;
	err = apply_header(skb, &vh);
	if (err)
		goto free;
	return skb;
free:
	kfree_skb(skb);
	return ERR_PTR(err);
}

/*
 * The linear part is of one piece, whatever it lies in, and its length is the
 * frame's own: nothing that a check of the object could add.
 */
static bool linear_to_iter(struct sk_buff *skb, struct iov_iter *to, size_t len)
{
	return _copy_to_iter(skb->data, len, to) == len;
}

/**
 * vmnet_skb_to_iter - give a frame to user space
 * @skb: the frame; not freed
 * @to: where to; a frame that does not fit is cut
 * @hdr_sz: bytes of virtio_net_hdr before the frame, 0 for none; what is
 *	beyond the first ten is zero
 *
 * Return: bytes of header and frame that were copied, -EFAULT, -EINVAL when
 * not even the header fits. Context: process, may sleep.
 */
ssize_t vmnet_skb_to_iter(struct sk_buff *skb, struct iov_iter *to,
			  unsigned int hdr_sz)
{
	struct {
		struct virtio_net_hdr	hdr;
		u8			pad[12];
	} vh = {};
	size_t len;

	if (hdr_sz) {
		if (iov_iter_count(to) < hdr_sz)
			return -EINVAL;
		/* Ports with a header take only what it can tell. */
		if (WARN_ON_ONCE(virtio_net_hdr_from_skb(skb, &vh.hdr, true,
							 true, 0)))
			return -EINVAL;
		if (copy_to_iter(&vh, hdr_sz, to) != hdr_sz)
			return -EFAULT;
	}
	len = min_t(size_t, skb->len, iov_iter_count(to));
	if (!skb_is_nonlinear(skb)) {
		if (unlikely(!linear_to_iter(skb, to, len)))
			return -EFAULT;
	} else if (skb_copy_datagram_iter(skb, 0, to, len)) {
		return -EFAULT;
	}
	return hdr_sz + len;
}

/**
 * vmnet_skb_done - free a frame that was given to user space
 * @skb: the frame
 *
 * It goes to the CPU's cache, where the next one written comes from.
 * Context: process.
 */
void vmnet_skb_done(struct sk_buff *skb)
{
	local_bh_disable();
	napi_consume_skb(skb, 1);
	local_bh_enable();
}
