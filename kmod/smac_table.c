// SPDX-License-Identifier: GPL-2.0-only
/*
 * Single-MAC translation: which guest has which IP address.
 *
 * Guests fill the table with whatever they send, so its size is fixed, and so
 * is each guest's share of it; the hash has a secret. Lookups take RCU alone.
 */
#include <linux/jhash.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <net/ipv6.h>
#include "smac_table.h"

#define ADDR_BITS	12
#define MAC_BITS	10

/**
 * struct entry - one address of one guest
 * @by_addr: in its bucket, RCU
 * @by_mac: in the bucket of its guest, under the lock
 * @by_age: in the list of all, the least recently refreshed first; under the
 *	lock
 * @key: the address
 * @mac: whose it is, as ether_addr_to_u64() gives it
 * @used: second of the last frame from there
 * @rcu: for the deferred free
 *
 * Held by the table alone; ends by kfree_rcu() when it is removed. Only @used
 * ever changes: an address that moves gets a new entry.
 */
struct entry {
	struct hlist_node	by_addr;
	struct hlist_node	by_mac;
	struct list_head	by_age;
	struct vmnet_smac_key	key;
	u64			mac;
	u32			used;
	struct rcu_head		rcu;
};

/**
 * struct vmnet_smac - the table of one uplink
 * @lock: of everything but lookups
 * @count: entries
 * @seed: of the hash
 * @by_age: all entries
 * @by_addr: buckets
 * @by_mac: buckets
 *
 * Made when its uplink first needs it and as old as that from then on; it is
 * emptied when the uplink leaves its NIC.
 */
struct vmnet_smac {
	/* All changes; lookups take only RCU. */
	spinlock_t		lock;
	unsigned int		count;
	u32			seed;
	struct list_head	by_age;
	struct hlist_head	by_addr[1 << ADDR_BITS];
	struct hlist_head	by_mac[1 << MAC_BITS];
};

/* Wraps after 136 years. */
static u32 now(void)
{
	return (u32)ktime_get_seconds();
}

static struct hlist_head *addr_bucket(struct vmnet_smac *t,
				      const struct vmnet_smac_key *key)
{
	u32 hash = jhash2((const u32 *)key, sizeof(*key) / sizeof(u32),
			  t->seed);

	return &t->by_addr[hash >> (32 - ADDR_BITS)];
}

static struct hlist_head *mac_bucket(struct vmnet_smac *t, u64 mac)
{
	u32 hash = jhash_2words((u32)mac, mac >> 32, t->seed);

	return &t->by_mac[hash >> (32 - MAC_BITS)];
}

/* Context: RCU read lock, or the lock. */
static struct entry *find(struct vmnet_smac *t,
			  const struct vmnet_smac_key *key)
{
	struct entry *e;

	hlist_for_each_entry_rcu(e, addr_bucket(t, key), by_addr,
				 lockdep_is_held(&t->lock))
		if (e->key.vid == key->vid &&
		    ipv6_addr_equal(&e->key.addr, &key->addr))
			return e;
	return NULL;
}

static void remove(struct vmnet_smac *t, struct entry *e)
{
	lockdep_assert_held(&t->lock);
	hlist_del_rcu(&e->by_addr);
	hlist_del(&e->by_mac);
	list_del(&e->by_age);
	t->count--;
	kfree_rcu(e, rcu);
}

static bool is_old(const struct entry *e, u32 age)
{
	return now() - READ_ONCE(e->used) > age;
}

/* The entry that goes when a guest wants more than its share, else NULL. */
static struct entry *beyond_share(struct vmnet_smac *t, u64 mac)
{
	struct entry *e, *oldest = NULL;
	unsigned int n = 0;

	lockdep_assert_held(&t->lock);
	/* What was added or refreshed last is first in its bucket. */
	hlist_for_each_entry(e, mac_bucket(t, mac), by_mac)
		if (e->mac == mac) {
			oldest = e;
			n++;
		}
	return n >= VMNET_SMAC_PER_GUEST ? oldest : NULL;
}

/* Room for one more of @mac's. */
static void make_room(struct vmnet_smac *t, u64 mac, u32 age)
{
	struct entry *e = beyond_share(t, mac);
	int n;

	lockdep_assert_held(&t->lock);
	if (e)
		remove(t, e);
	/* Each that comes takes two away that are too old. */
	for (n = 0; n < 2; n++) {
		e = list_first_entry_or_null(&t->by_age, struct entry, by_age);
		if (e && (t->count >= VMNET_SMAC_ENTRIES || is_old(e, age)))
			remove(t, e);
	}
}

/**
 * vmnet_smac_alloc - an empty table
 *
 * Return: the table, or NULL. Context: process.
 */
struct vmnet_smac *vmnet_smac_alloc(void)
{
	struct vmnet_smac *t = kvzalloc(sizeof(*t), GFP_KERNEL_ACCOUNT);

	if (!t)
		return NULL;
	spin_lock_init(&t->lock);
	INIT_LIST_HEAD(&t->by_age);
	t->seed = get_random_u32();
	return t;
}

/**
 * vmnet_smac_flush - forget everything
 * @t: the table, or NULL
 *
 * Any context but hard interrupts.
 */
void vmnet_smac_flush(struct vmnet_smac *t)
{
	struct entry *e, *tmp;

	if (!t)
		return;
	spin_lock_bh(&t->lock);
	list_for_each_entry_safe(e, tmp, &t->by_age, by_age)
		remove(t, e);
	spin_unlock_bh(&t->lock);
}

/**
 * vmnet_smac_free - end a table that no reader can reach
 * @t: the table, or NULL
 */
void vmnet_smac_free(struct vmnet_smac *t)
{
	vmnet_smac_flush(t);
	kvfree(t);
}

/**
 * vmnet_smac_refresh - an address was heard from a guest
 * @t: the table
 * @key: the address
 * @mac: the guest
 *
 * Return: false when the table does not say so; it is to be added then.
 * Context: RCU read lock, bottom halves disabled.
 */
bool vmnet_smac_refresh(struct vmnet_smac *t, const struct vmnet_smac_key *key,
			u64 mac)
{
	struct entry *e = find(t, key);

	if (!e || e->mac != mac)
		return false;
	/* Once a second, so that a busy guest costs no lock. */
	if (likely(READ_ONCE(e->used) == now()))
		return true;
	spin_lock(&t->lock);
	/* It may have been removed meanwhile. */
	e = find(t, key);
	if (e && e->mac == mac) {
		WRITE_ONCE(e->used, now());
		list_move_tail(&e->by_age, &t->by_age);
		hlist_del(&e->by_mac);
		hlist_add_head(&e->by_mac, mac_bucket(t, mac));
	}
	spin_unlock(&t->lock);
	return e && e->mac == mac;
}

/**
 * vmnet_smac_add - note whose an address is
 * @t: the table
 * @key: the address
 * @mac: the guest that was heard last with it
 * @age: seconds after which an entry may go
 *
 * When the table is full, the address that was not heard for the longest time
 * goes; when the guest has its share, its own such address does.
 * Context: RCU read lock, bottom halves disabled.
 */
void vmnet_smac_add(struct vmnet_smac *t, const struct vmnet_smac_key *key,
		    u64 mac, u32 age)
{
	struct entry *e, *old;

	e = kmalloc(sizeof(*e), GFP_ATOMIC | __GFP_NOWARN);
	if (!e)
		return;
	e->key = *key;
	e->mac = mac;
	e->used = now();
	spin_lock(&t->lock);
	old = find(t, key);
	if (old)
		remove(t, old);
	make_room(t, mac, age);
	hlist_add_head_rcu(&e->by_addr, addr_bucket(t, key));
	hlist_add_head(&e->by_mac, mac_bucket(t, mac));
	list_add_tail(&e->by_age, &t->by_age);
	t->count++;
	spin_unlock(&t->lock);
}

/**
 * vmnet_smac_find - whose address is it?
 * @t: the table
 * @key: the address
 * @age: seconds after which an entry does not count
 *
 * Return: the guest, as ether_addr_to_u64() gives it, or 0.
 * Context: RCU read lock.
 */
u64 vmnet_smac_find(struct vmnet_smac *t, const struct vmnet_smac_key *key,
		    u32 age)
{
	struct entry *e = find(t, key);

	return e && !is_old(e, age) ? e->mac : 0;
}
