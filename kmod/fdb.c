// SPDX-License-Identifier: GPL-2.0-only
/*
 * The forwarding database of a hub: which port a station is behind.
 *
 * Static entries belong to ports that told their address (VMware's dialect,
 * host interfaces); several ports may own one address, and all of them get its
 * frames. Learned entries come from source addresses. One of a local port ends
 * with the port, with a move, or when the port's quota needs the room, never
 * by time: a silent guest must stay reachable through a NIC that filters. One
 * of an uplink ages.
 */
#include <linux/slab.h>
#include "fdb.h"

const struct rhashtable_params vmnet_fdb_params = {
	.key_len = sizeof_field(struct vmnet_fdb_entry, key),
	.key_offset = offsetof(struct vmnet_fdb_entry, key),
	.head_offset = offsetof(struct vmnet_fdb_entry, node),
	.automatic_shrinking = true,
};

static bool is_group_or_zero(u64 key)
{
	return !key || key & BIT_ULL(40);
}

/* The entry of @owner for @key, or NULL. */
static struct vmnet_fdb_entry *find_own(struct vmnet_fdb_owner *owner, u64 key)
{
	struct vmnet_fdb_entry *e;

	list_for_each_entry(e, &owner->entries, by_port)
		if (e->is_static && e->key == key)
			return e;
	return NULL;
}

static void link_entry(struct vmnet_fdb *fdb, struct vmnet_fdb_entry *e)
{
	struct vmnet_fdb_owner *owner = e->owner;

	lockdep_assert_held(&fdb->lock);

	list_add_tail(&e->by_port, &owner->entries);
	list_add_tail(&e->by_fdb, owner->uplink ? &fdb->uplink : &fdb->local);
	if (!e->is_static)
		owner->learned++;
	if (!owner->uplink)
		fdb->changed(fdb);
	else if (!e->is_static)
		mod_delayed_work(system_wq, &fdb->ageing,
				 VMNET_FDB_AGEING / 4);
}

static void unlink_entry(struct vmnet_fdb *fdb, struct vmnet_fdb_entry *e)
{
	lockdep_assert_held(&fdb->lock);

	list_del(&e->by_port);
	list_del(&e->by_fdb);
	if (!e->is_static)
		e->owner->learned--;
	if (!e->owner->uplink)
		fdb->changed(fdb);
}

static void remove_entry(struct vmnet_fdb *fdb, struct vmnet_fdb_entry *e)
{
	unlink_entry(fdb, e);
	rhltable_remove(&fdb->table, &e->node, vmnet_fdb_params);
	kfree_rcu(e, rcu);
}

static void fdb_age(struct work_struct *work)
{
	struct vmnet_fdb *fdb = container_of(to_delayed_work(work),
					     struct vmnet_fdb, ageing);
	struct vmnet_fdb_entry *e, *tmp;
	bool more = false;

	spin_lock_bh(&fdb->lock);
	list_for_each_entry_safe(e, tmp, &fdb->uplink, by_fdb) {
		if (e->is_static)
			continue;
		if (time_after(jiffies, READ_ONCE(e->used) + VMNET_FDB_AGEING))
			remove_entry(fdb, e);
		else
			more = true;
	}
	if (more)
		queue_delayed_work(system_wq, &fdb->ageing,
				   VMNET_FDB_AGEING / 4);
	spin_unlock_bh(&fdb->lock);
}

/**
 * vmnet_fdb_init - make an empty database
 * @fdb: the database, part of its hub
 * @changed: see struct vmnet_fdb
 *
 * Return: 0 or -ENOMEM. Context: process.
 */
int vmnet_fdb_init(struct vmnet_fdb *fdb,
		   void (*changed)(struct vmnet_fdb *fdb))
{
	spin_lock_init(&fdb->lock);
	INIT_LIST_HEAD(&fdb->uplink);
	INIT_LIST_HEAD(&fdb->local);
	INIT_DELAYED_WORK(&fdb->ageing, fdb_age);
	fdb->changed = changed;
	return rhltable_init(&fdb->table, &vmnet_fdb_params);
}

/**
 * vmnet_fdb_destroy - end a database that all ports have left
 * @fdb: the database
 *
 * Context: process, may sleep; no reader is left.
 */
void vmnet_fdb_destroy(struct vmnet_fdb *fdb)
{
	cancel_delayed_work_sync(&fdb->ageing);
	WARN_ON(!list_empty(&fdb->local) || !list_empty(&fdb->uplink));
	rhltable_destroy(&fdb->table);
}

/**
 * vmnet_fdb_owner_init - prepare a port's part
 * @owner: the part
 * @uplink: the port leads to a NIC
 */
void vmnet_fdb_owner_init(struct vmnet_fdb_owner *owner, bool uplink)
{
	INIT_LIST_HEAD(&owner->entries);
	owner->uplink = uplink;
}

/**
 * vmnet_fdb_join - let a port take part
 * @fdb: the database
 * @owner: the port's part; takes part nowhere else
 *
 * Context: process, topology mutex held.
 */
void vmnet_fdb_join(struct vmnet_fdb *fdb, struct vmnet_fdb_owner *owner)
{
	spin_lock_bh(&fdb->lock);
	owner->fdb = fdb;
	spin_unlock_bh(&fdb->lock);
}

/**
 * vmnet_fdb_leave - remove a port and all its entries
 * @fdb: the database
 * @owner: the port's part
 *
 * Frames in flight cannot bring it back. Context: process, topology mutex held.
 */
void vmnet_fdb_leave(struct vmnet_fdb *fdb, struct vmnet_fdb_owner *owner)
{
	struct vmnet_fdb_entry *e, *tmp;

	spin_lock_bh(&fdb->lock);
	owner->fdb = NULL;
	list_for_each_entry_safe(e, tmp, &owner->entries, by_port)
		remove_entry(fdb, e);
	spin_unlock_bh(&fdb->lock);
}

/**
 * vmnet_fdb_forget_learned - remove what was learned on a port
 * @fdb: the database
 * @owner: the port's part
 *
 * Context: process or softirq.
 */
void vmnet_fdb_forget_learned(struct vmnet_fdb *fdb,
			      struct vmnet_fdb_owner *owner)
{
	struct vmnet_fdb_entry *e, *tmp;

	spin_lock_bh(&fdb->lock);
	if (owner->fdb == fdb)
		list_for_each_entry_safe(e, tmp, &owner->entries, by_port)
			if (!e->is_static)
				remove_entry(fdb, e);
	spin_unlock_bh(&fdb->lock);
}

/**
 * vmnet_fdb_add - add a static entry
 * @fdb: the database
 * @port: who owns the address
 * @owner: the port's part
 * @key: the address; what was learned of it is forgotten
 *
 * Return: 0, also when the port owns it already, or -ENOMEM.
 * Context: process, topology mutex held.
 */
int vmnet_fdb_add(struct vmnet_fdb *fdb, struct vmnet_port *port,
		  struct vmnet_fdb_owner *owner, u64 key)
{
	struct rhlist_head *chain;
	struct vmnet_fdb_entry *e, *old;
	int err = 0;

	e = kzalloc(sizeof(*e), GFP_KERNEL_ACCOUNT);
	if (!e)
		return -ENOMEM;
	e->key = key;
	e->owner = owner;
	e->is_static = true;
	RCU_INIT_POINTER(e->port, port);

	spin_lock_bh(&fdb->lock);
	rcu_read_lock();
	if (find_own(owner, key)) {
		kfree(e);
		goto out;
	}
	chain = vmnet_fdb_lookup(fdb, key);
	if (chain) {
		old = container_of(chain, struct vmnet_fdb_entry, node);
		if (!old->is_static)
			remove_entry(fdb, old);
	}
	err = rhltable_insert(&fdb->table, &e->node, vmnet_fdb_params);
	if (err) {
		kfree(e);
		err = -ENOMEM;
		goto out;
	}
	link_entry(fdb, e);
out:
	rcu_read_unlock();
	spin_unlock_bh(&fdb->lock);
	return err;
}

/**
 * vmnet_fdb_del - remove a static entry
 * @fdb: the database
 * @owner: the port's part
 * @key: the address; nothing happens when the port does not own it
 *
 * Context: process, topology mutex held.
 */
void vmnet_fdb_del(struct vmnet_fdb *fdb, struct vmnet_fdb_owner *owner,
		   u64 key)
{
	struct vmnet_fdb_entry *e;

	spin_lock_bh(&fdb->lock);
	e = find_own(owner, key);
	if (e)
		remove_entry(fdb, e);
	spin_unlock_bh(&fdb->lock);
}

/* Room for one more learned entry: the oldest one goes. */
static void make_room(struct vmnet_fdb *fdb, struct vmnet_fdb_owner *owner)
{
	unsigned int max = owner->uplink ? VMNET_FDB_UPLINK_MAX
					 : VMNET_FDB_LOCAL_MAX;
	struct vmnet_fdb_entry *e;

	if (owner->learned < max)
		return;
	list_for_each_entry(e, &owner->entries, by_port)
		if (!e->is_static) {
			remove_entry(fdb, e);
			return;
		}
}

static void learn_new(struct vmnet_fdb *fdb, struct vmnet_port *port,
		      struct vmnet_fdb_owner *owner, u64 key)
{
	struct vmnet_fdb_entry *e;

	make_room(fdb, owner);
	e = kzalloc(sizeof(*e), GFP_ATOMIC | __GFP_NOWARN);
	if (!e)
		return;
	e->key = key;
	e->owner = owner;
	e->used = jiffies;
	RCU_INIT_POINTER(e->port, port);
	if (rhltable_insert(&fdb->table, &e->node, vmnet_fdb_params))
		kfree(e);
	else
		link_entry(fdb, e);
}

/* Context: RCU read lock and bottom halves disabled. */
static void learn_slow(struct vmnet_fdb *fdb, struct vmnet_port *port,
		       struct vmnet_fdb_owner *owner, u64 key)
{
	struct rhlist_head *chain;
	struct vmnet_fdb_entry *e;

	spin_lock(&fdb->lock);
	if (owner->fdb != fdb)
		goto out;
	chain = vmnet_fdb_lookup(fdb, key);
	if (!chain) {
		learn_new(fdb, port, owner, key);
		goto out;
	}
	e = container_of(chain, struct vmnet_fdb_entry, node);
	if (e->is_static || e->owner == owner)
		goto out;
	/* The station has moved. */
	unlink_entry(fdb, e);
	make_room(fdb, owner);
	e->owner = owner;
	WRITE_ONCE(e->used, jiffies);
	rcu_assign_pointer(e->port, port);
	link_entry(fdb, e);
out:
	spin_unlock(&fdb->lock);
}

/**
 * vmnet_fdb_learn - note where a source address was seen
 * @fdb: the database
 * @port: the port the frame came from
 * @owner: the port's part
 * @key: source address
 *
 * Context: RCU read lock and bottom halves disabled.
 */
void vmnet_fdb_learn(struct vmnet_fdb *fdb, struct vmnet_port *port,
		     struct vmnet_fdb_owner *owner, u64 key)
{
	struct rhlist_head *chain;
	struct vmnet_fdb_entry *e;

	if (is_group_or_zero(key))
		return;
	chain = vmnet_fdb_lookup(fdb, key);
	if (chain) {
		e = container_of(chain, struct vmnet_fdb_entry, node);
		if (READ_ONCE(e->is_static))
			return;
		if (rcu_access_pointer(e->port) == port) {
			/* Written once a second, to keep the line shared. */
			if (owner->uplink &&
			    time_after(jiffies, READ_ONCE(e->used) + HZ))
				WRITE_ONCE(e->used, jiffies);
			return;
		}
	}
	learn_slow(fdb, port, owner, key);
}

/**
 * vmnet_fdb_local - the addresses of all stations that are not behind uplinks
 * @fdb: the database
 * @count: how many there are
 *
 * Return: an array to be freed with kvfree(), or NULL when there is no memory.
 * Context: process, may sleep.
 */
u64 *vmnet_fdb_local(struct vmnet_fdb *fdb, unsigned int *count)
{
	struct vmnet_fdb_entry *e;
	unsigned int room = 64, n;
	u64 *keys;

	for (;;) {
		keys = kvmalloc_array(room, sizeof(*keys), GFP_KERNEL);
		if (!keys)
			return NULL;
		n = 0;
		spin_lock_bh(&fdb->lock);
		list_for_each_entry(e, &fdb->local, by_fdb) {
			if (n < room)
				keys[n] = e->key;
			n++;
		}
		spin_unlock_bh(&fdb->lock);
		if (n <= room)
			break;
		kvfree(keys);
		room = n + 64;
	}
	*count = n;
	return keys;
}
