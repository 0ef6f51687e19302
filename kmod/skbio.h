/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMNET_SKBIO_H
#define _VMNET_SKBIO_H

#include <linux/skbuff.h>
#include <linux/uio.h>

struct sk_buff *vmnet_skb_from_iter(struct iov_iter *from, size_t len,
				    unsigned int hdr_sz, gfp_t gfp);
ssize_t vmnet_skb_to_iter(struct sk_buff *skb, struct iov_iter *to,
			  unsigned int hdr_sz);
void vmnet_skb_done(struct sk_buff *skb);
void vmnet_skbio_exit(void);

#endif /* _VMNET_SKBIO_H */
