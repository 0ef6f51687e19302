/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMNET_MCAST_H
#define _VMNET_MCAST_H

#include <linux/if_ether.h>
#include <linux/rcupdate.h>
#include <linux/types.h>
#include <linux/vmnet.h>

/* The exact list of a filter; replaced whole, freed by RCU. */
struct vmnet_mcast_list {
	struct rcu_head	rcu;
	unsigned int	n;
	u64		key[VMNET_MAX_MCAST];
};

/**
 * struct vmnet_mcast - which group addresses a port wants
 * @hash: the 64 bit hash filter; bit h is bit (h & 7) of byte (h >> 3)
 * @exact: when set only these addresses pass
 *
 * Part of its port. Writers hold the topology mutex.
 */
struct vmnet_mcast {
	u64				hash;
	struct vmnet_mcast_list __rcu	*exact;
};

unsigned int vmnet_mcast_hash(u64 key);
bool vmnet_mcast_match(const struct vmnet_mcast *m, u64 key);
void vmnet_mcast_set_hash(struct vmnet_mcast *m, const u8 ladrf[8]);
int vmnet_mcast_set(struct vmnet_mcast *m, const struct vmnet_mcast_filter *f);
void vmnet_mcast_get_hash(const struct vmnet_mcast *m, u8 ladrf[8]);
void vmnet_mcast_free(struct vmnet_mcast *m);

#endif /* _VMNET_MCAST_H */
