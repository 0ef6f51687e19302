/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The code is written for the newest kernel; what older ones lack is made up
 * for here and nowhere else. Kbuild includes this file before every source.
 */
#ifndef _VMNET_COMPAT_H
#define _VMNET_COMPAT_H

#include <linux/version.h>
#include <linux/types.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
#include <linux/device/class.h>
#include <linux/export.h>

#undef class_create
#define class_create(name)						\
({									\
	static struct lock_class_key class_key;				\
	__class_create(THIS_MODULE, name, &class_key);			\
})
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
#include <asm/unaligned.h>
#else
#include <linux/unaligned.h>
#endif

/* skb_gso_segment() and friends have had a header of their own since 6.6. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#include <linux/netdevice.h>
#else
#include <net/gso.h>
#endif

/* A frame that TLS will encrypt on its way has been told by a function since 6.10. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
#include <linux/skbuff.h>
static inline bool skb_is_decrypted(const struct sk_buff *skb)
{
#ifdef CONFIG_TLS_DEVICE
	return skb->decrypted;
#else
	return false;
#endif
}
#endif

/* Drivers lock transmission themselves: a feature bit until 6.12. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
#define compat_set_lltx(dev)	((void)((dev)->features |= NETIF_F_LLTX))
#else
#define compat_set_lltx(dev)	((void)((dev)->lltx = true))
#endif

/* A class takes its devices as constant since 6.2. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define COMPAT_CLASS_CONST
#else
#define COMPAT_CLASS_CONST	const
#endif

/* UDP segmentation in virtio_net_hdr came with 6.2. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define COMPAT_TUN_F_USO	0
#else
#define COMPAT_TUN_F_USO	(TUN_F_USO4 | TUN_F_USO6)
#endif

/* A timer gets its function when it is set up since 6.13. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
#include <linux/hrtimer.h>

static inline void hrtimer_setup(struct hrtimer *timer,
				 enum hrtimer_restart (*fn)(struct hrtimer *),
				 clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = fn;
}
#endif

/* A dump's attributes are in its genl_info since 6.7. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
#define compat_dump_attrs(cb)	(genl_dumpit_info(cb)->attrs)
#else
#define compat_dump_attrs(cb)	(genl_info_dump(cb)->attrs)
#endif

#endif /* _VMNET_COMPAT_H */
