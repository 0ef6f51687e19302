/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMNET_NOTIFY_H
#define _VMNET_NOTIFY_H

#include <linux/types.h>

struct mm_struct;
struct page;

/**
 * struct vmnet_notify_word - a word of user memory that tells of frames
 * @page: the page it is in, pinned
 * @offset: where in the page; a multiple of four
 * @mask: the bits that are set and cleared
 * @mm: who was charged for the page
 *
 * Lifetime: from SIOCSETNOTIFY2 to SIOCUNSETNOTIFY or the end of the port. The
 * pin keeps the page, whatever becomes of the mapping and of the process, and
 * whoever holds the pointer to this sees to it that nobody uses it after
 * vmnet_notify_free().
 */
struct vmnet_notify_word {
	struct page		*page;
	unsigned int		offset;
	u32			mask;
	struct mm_struct	*mm;
};

struct vmnet_notify_word *vmnet_notify_create(u64 pending, u64 cluster,
					      u32 mask);
void vmnet_notify_free(struct vmnet_notify_word *word);
void vmnet_notify_set(const struct vmnet_notify_word *word);
void vmnet_notify_clear(const struct vmnet_notify_word *word);

#endif /* _VMNET_NOTIFY_H */
