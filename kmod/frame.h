/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a frame costs those who keep it, or have to cut it.
 */
#ifndef _VMNET_FRAME_H
#define _VMNET_FRAME_H

#include <linux/math.h>
#include <linux/mm.h>
#include <linux/skbuff.h>

/*
 * The most pieces a frame may be cut into: what Linux's UDP makes at all, and
 * its TCP with the smallest segments it uses (48 bytes).
 */
#define VMNET_PIECES		160
#define VMNET_PIECES_TCP	1400

/**
 * vmnet_skb_cost - what a frame that waits may pin
 * @skb: the frame
 *
 * A small one lies in a piece of a page, of which it may be the last to go.
 * Return: bytes.
 */
static inline unsigned int vmnet_skb_cost(const struct sk_buff *skb)
{
	return skb->head_frag ? max_t(unsigned int, skb->truesize, PAGE_SIZE)
			      : skb->truesize;
}

/**
 * vmnet_skb_pieces - how many frames it may be cut into
 * @skb: a frame with skb_is_gso()
 */
static inline unsigned int vmnet_skb_pieces(const struct sk_buff *skb)
{
	return DIV_ROUND_UP(skb->len, skb_shinfo(skb)->gso_size);
}

#endif /* _VMNET_FRAME_H */
