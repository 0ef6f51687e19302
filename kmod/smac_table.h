/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMNET_SMAC_TABLE_H
#define _VMNET_SMAC_TABLE_H

#include <linux/in6.h>
#include <linux/types.h>

/* A guest has an IPv4 address and a few of IPv6; a thousand guests fit. */
#define VMNET_SMAC_ENTRIES	8192
/* One guest cannot push the others out. */
#define VMNET_SMAC_PER_GUEST	256

struct vmnet_smac;

/**
 * struct vmnet_smac_key - an address of a guest
 * @addr: IPv6, or IPv4 as ::ffff:a.b.c.d
 * @vid: the VLAN it is used in, 0 for none
 *
 * Hashed as words: no holes.
 */
struct vmnet_smac_key {
	struct in6_addr	addr;
	u32		vid;
};

struct vmnet_smac *vmnet_smac_alloc(void);
void vmnet_smac_flush(struct vmnet_smac *t);
void vmnet_smac_free(struct vmnet_smac *t);
bool vmnet_smac_refresh(struct vmnet_smac *t, const struct vmnet_smac_key *key,
			u64 mac);
void vmnet_smac_add(struct vmnet_smac *t, const struct vmnet_smac_key *key,
		    u64 mac, u32 age);
u64 vmnet_smac_find(struct vmnet_smac *t, const struct vmnet_smac_key *key,
		    u32 age);

#endif /* _VMNET_SMAC_TABLE_H */
