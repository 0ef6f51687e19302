// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pending word: VMware's monitor sees in its own memory that frames wait,
 * without a system call (vmware-abi section 2.12).
 */
#include <linux/capability.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "notify.h"

/* A pinned page counts against the limit of locked memory. */
static int charge(struct mm_struct *mm)
{
	unsigned long limit = rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;

	if (atomic64_inc_return(&mm->pinned_vm) <= limit ||
	    capable(CAP_IPC_LOCK))
		return 0;
	atomic64_dec(&mm->pinned_vm);
	return -EAGAIN;
}

/* Pin the page of the word at @addr, as the sheet orders its errors. */
static int pin(u64 addr, struct page **page)
{
	u32 word;

	if (offset_in_page(addr) + sizeof(word) > PAGE_SIZE)
		return -EINVAL;
	if (copy_from_user(&word, u64_to_user_ptr(addr), sizeof(word)))
		return -EFAULT;
	if (pin_user_pages_fast(addr & PAGE_MASK, 1,
				FOLL_WRITE | FOLL_LONGTERM, page) != 1)
		return -EAGAIN;
	return 0;
}

/**
 * vmnet_notify_create - SIOCSETNOTIFY2: find and pin the word
 * @pending: its address in the caller's memory
 * @cluster: address of a second word, which need only be valid
 * @mask: the bits to set and clear
 *
 * Return: the word; -EINVAL when one crosses the end of a page, -EFAULT when it
 * cannot be read or @pending is not a multiple of four, -EAGAIN when it cannot
 * be pinned for writing or the limit of locked memory is reached, -ENOMEM.
 * Context: process; may wait for whoever provides the memory, so no lock held
 * that others need.
 */
struct vmnet_notify_word *vmnet_notify_create(u64 pending, u64 cluster,
					      u32 mask)
{
	struct vmnet_notify_word *word;
	struct page *other;
	int err;

	word = kzalloc(sizeof(*word), GFP_KERNEL_ACCOUNT);
	if (!word)
		return ERR_PTR(-ENOMEM);
	err = charge(current->mm);
	if (err)
		goto free;
	err = pin(pending, &word->page);
	if (err)
		goto uncharge;
	err = -EFAULT;
	if (!IS_ALIGNED(pending, sizeof(u32)))
		goto unpin;
	/* It is never used: being able to pin it is all that is asked for. */
	err = pin(cluster, &other);
	if (err)
		goto unpin;
	unpin_user_page(other);

	word->offset = offset_in_page(pending);
	word->mask = mask;
	word->mm = current->mm;
	mmgrab(word->mm);
	return word;
unpin:
	unpin_user_page(word->page);
uncharge:
	atomic64_dec(&current->mm->pinned_vm);
free:
	kfree(word);
	return ERR_PTR(err);
}

/**
 * vmnet_notify_free - let go of the word
 * @word: not used by anybody any more; NULL is fine
 *
 * The word stays as it is. Context: process; may wait for whoever provides the
 * memory, so no lock held that others need.
 */
void vmnet_notify_free(struct vmnet_notify_word *word)
{
	if (!word)
		return;
	unpin_user_pages_dirty_lock(&word->page, 1, true);
	atomic64_dec(&word->mm->pinned_vm);
	mmdrop(word->mm);
	kfree(word);
}

/**
 * vmnet_notify_set - a frame has been queued
 * @word: the word
 *
 * Any context, under the lock that orders it against vmnet_notify_clear().
 */
void vmnet_notify_set(const struct vmnet_notify_word *word)
{
	void *addr = kmap_local_page(word->page);

	atomic_or(word->mask, (atomic_t *)(addr + word->offset));
	flush_dcache_page(word->page);
	kunmap_local(addr);
}

/**
 * vmnet_notify_clear - no frame is left
 * @word: the word
 *
 * Context: as vmnet_notify_set().
 */
void vmnet_notify_clear(const struct vmnet_notify_word *word)
{
	void *addr = kmap_local_page(word->page);

	atomic_andnot(word->mask, (atomic_t *)(addr + word->offset));
	flush_dcache_page(word->page);
	kunmap_local(addr);
}
