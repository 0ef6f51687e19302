// SPDX-License-Identifier: GPL-2.0-only
/*
 * The multicast filter of a port: a LANCE style 64 bit hash, or a list of
 * exact addresses (vmware-abi sections 2.5, 2.6 and 9).
 */
#include <linux/crc32poly.h>
#include <linux/etherdevice.h>
#include <linux/slab.h>
#include "mcast.h"
#include "topology.h"

/**
 * vmnet_mcast_hash - hash of a group address, 0..63
 * @key: the address, as ether_addr_to_u64() gives it
 *
 * The upper six bits of the Ethernet CRC (reflected, no final inversion).
 * Computed here and not by crc32_le(), which is a module of its own in some
 * kernels: vmnet.ko must load by insmod alone.
 */
unsigned int vmnet_mcast_hash(u64 key)
{
	u32 crc = ~0;
	int byte, bit;

	for (byte = 5; byte >= 0; byte--) {
		crc ^= (u8)(key >> (8 * byte));
		for (bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (crc & 1 ? CRC32_POLY_LE : 0);
	}
	return crc >> 26;
}

/**
 * vmnet_mcast_match - does the filter let a group address pass?
 * @m: the filter
 * @key: the address
 *
 * Context: RCU read lock.
 */
bool vmnet_mcast_match(const struct vmnet_mcast *m, u64 key)
{
	const struct vmnet_mcast_list *exact = rcu_dereference(m->exact);
	unsigned int i;

	if (!exact)
		return READ_ONCE(m->hash) & BIT_ULL(vmnet_mcast_hash(key));
	for (i = 0; i < exact->n; i++)
		if (exact->key[i] == key)
			return true;
	return false;
}

static void set_exact(struct vmnet_mcast *m, struct vmnet_mcast_list *list)
{
	struct vmnet_mcast_list *old;

	old = rcu_replace_pointer(m->exact, list,
				  lockdep_is_held(&vmnet_topology));
	if (old)
		kfree_rcu(old, rcu);
}

/**
 * vmnet_mcast_set_hash - SIOCSLADRF
 * @m: the filter
 * @ladrf: the new hash filter; the exact list becomes empty
 *
 * Context: topology mutex held.
 */
void vmnet_mcast_set_hash(struct vmnet_mcast *m, const u8 ladrf[8])
{
	WRITE_ONCE(m->hash, get_unaligned_le64(ladrf));
	set_exact(m, NULL);
}

/**
 * vmnet_mcast_set - SIOCSMCASTFILTER
 * @m: the filter
 * @f: the request
 *
 * Return: 0, -EFAULT when there are too many addresses (that is what VMware's
 * says, vmware-abi 2.6), -ENOMEM. Context: topology mutex held.
 */
int vmnet_mcast_set(struct vmnet_mcast *m, const struct vmnet_mcast_filter *f)
{
	struct vmnet_mcast_list *list = NULL;
	unsigned int i;

	if (f->n > VMNET_MAX_MCAST)
		return -EFAULT;
	if (f->n) {
		list = kzalloc(sizeof(*list), GFP_KERNEL_ACCOUNT);
		if (!list)
			return -ENOMEM;
		list->n = f->n;
		for (i = 0; i < f->n; i++)
			list->key[i] = ether_addr_to_u64(f->addr[i]);
	}
	WRITE_ONCE(m->hash, get_unaligned_le64(f->ladrf));
	set_exact(m, list);
	return 0;
}

/**
 * vmnet_mcast_get_hash - the hash filter as user space wrote it
 * @m: the filter
 * @ladrf: where to put it
 */
void vmnet_mcast_get_hash(const struct vmnet_mcast *m, u8 ladrf[8])
{
	put_unaligned_le64(READ_ONCE(m->hash), ladrf);
}

/**
 * vmnet_mcast_free - end a filter that nobody reads any more
 * @m: the filter
 */
void vmnet_mcast_free(struct vmnet_mcast *m)
{
	kfree(rcu_dereference_protected(m->exact, true));
}
