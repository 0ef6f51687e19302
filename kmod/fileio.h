/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMNET_FILEIO_H
#define _VMNET_FILEIO_H

#include <linux/skbuff.h>
#include <linux/uio.h>
#include "file.h"
#include "uport.h"

/**
 * struct vmnet_view - what a reader or writer needs to know of its port
 * @is_user: a port that programs read and write
 * @is_gone: see &vmnet_port.gone
 * @up: frames it writes enter the hub
 * @dialect: what the opener speaks
 * @hdr_sz: bytes of virtio_net_hdr before each frame
 * @max_frame: largest frame without that
 *
 * Taken at one moment; conversions and state calls change the port, never it.
 */
struct vmnet_view {
	bool			is_user;
	bool			is_gone;
	bool			up;
	enum vmnet_dialect	dialect;
	unsigned int		hdr_sz;
	unsigned int		max_frame;
};

void vmnet_view(struct vmnet_file *f, struct vmnet_view *v);
struct sk_buff *vmnet_file_make(struct vmnet_file *f,
				const struct vmnet_view *v,
				struct iov_iter *from, size_t len, gfp_t gfp);
void vmnet_file_forward(struct vmnet_file *f, struct sk_buff *skb);
void vmnet_file_forward_list(struct vmnet_file *f, struct sk_buff_head *list);
struct sk_buff *vmnet_file_take(struct vmnet_file *f, struct vmnet_view *v,
				size_t room, bool nonblock);
bool vmnet_file_readable(struct vmnet_file *f);

/* Does one call carry one frame, whatever the number of elements? */
static inline bool vmnet_frame_per_call(const struct vmnet_view *v)
{
	return v->dialect == VMNET_DIALECT_TUN || v->hdr_sz;
}

#endif /* _VMNET_FILEIO_H */
