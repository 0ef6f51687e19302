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
#include "trace.h"

/*
 * Versions of different databases never meet: each starts 2^40 changes above
 * the one before. 0 is none.
 */
#define VERSIONS	BIT_ULL(40)

static atomic64_t last_version = ATOMIC64_INIT(0);

/*
 * What was cached holds no longer. After the change, and before anything is
 * freed: a lookup that sees the new version sees the change.
 */
static void new_version(struct vmnet_fdb *fdb)
{
	lockdep_assert_held(&fdb->lock);
	atomic64_inc_return(&fdb->version);
}

const struct vmnet_fdb_limits vmnet_fdb_defaults = {
	.ageing = 300,
	.port = 1024,
	.local = 16384,
	.uplink = 8192,
};

static void (*event_hook)(const struct vmnet_fdb_event *ev);

/**
 * vmnet_fdb_tell - say who wants to know of each station
 * @hook: called under the spinlock of the database, maybe in softirq
 *
 * Context: loading, before the first database.
 */
void vmnet_fdb_tell(void (*hook)(const struct vmnet_fdb_event *ev))
{
	event_hook = hook;
}

static void happened(const struct vmnet_fdb *fdb, enum vmnet_fdb_what what,
		     const struct vmnet_fdb_entry *e, u32 from)
{
	struct vmnet_fdb_event ev = {
		.what = what,
		.hub = fdb->number,
		.port = e->owner->id,
		.from = from,
		.key = e->key,
		.is_static = e->is_static,
	};

	trace_vmnet_fdb(what, ev.hub, ev.key, ev.port, from, ev.is_static);
	event_hook(&ev);
}

static unsigned long ageing_time(const struct vmnet_fdb *fdb)
{
	return READ_ONCE(fdb->limits.ageing) * (unsigned long)HZ;
}

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

static void contest(struct vmnet_fdb_entry *e)
{
	WRITE_ONCE(e->contested, jiffies | 1);
}

static void link_entry(struct vmnet_fdb *fdb, struct vmnet_fdb_entry *e)
{
	struct vmnet_fdb_owner *owner = e->owner;

	lockdep_assert_held(&fdb->lock);

	WRITE_ONCE(e->sticky, owner->sticky);
	e->id = ++fdb->last_id;
	list_add_tail(&e->by_port, &owner->entries);
	list_add_tail(&e->by_fdb, owner->uplink ? &fdb->uplink : &fdb->local);
	if (!e->is_static)
		owner->learned++;
	if (!e->is_static && !owner->uplink)
		fdb->nlocal++;
	if (!owner->uplink)
		fdb->changed(fdb);
	else if (!e->is_static)
		queue_delayed_work(system_wq, &fdb->ageing,
				   ageing_time(fdb) / 4);
}

static void unlink_entry(struct vmnet_fdb *fdb, struct vmnet_fdb_entry *e)
{
	lockdep_assert_held(&fdb->lock);

	list_del(&e->by_port);
	list_del(&e->by_fdb);
	if (!e->is_static)
		e->owner->learned--;
	if (!e->is_static && !e->owner->uplink)
		fdb->nlocal--;
	if (!e->owner->uplink)
		fdb->changed(fdb);
}

static void remove_entry(struct vmnet_fdb *fdb, struct vmnet_fdb_entry *e)
{
	unlink_entry(fdb, e);
	happened(fdb, VMNET_FDB_DEL, e, 0);
	rhltable_remove(&fdb->table, &e->node, vmnet_fdb_params);
	new_version(fdb);
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
		if (time_after(jiffies, READ_ONCE(e->used) + ageing_time(fdb)))
			remove_entry(fdb, e);
		else
			more = true;
	}
	if (more)
		queue_delayed_work(system_wq, &fdb->ageing,
				   ageing_time(fdb) / 4);
	spin_unlock_bh(&fdb->lock);
}

/**
 * vmnet_fdb_init - make an empty database
 * @fdb: the database, part of its hub
 * @number: of the hub
 * @changed: see struct vmnet_fdb
 *
 * Return: 0 or -ENOMEM. Context: process.
 */
int vmnet_fdb_init(struct vmnet_fdb *fdb, u32 number,
		   void (*changed)(struct vmnet_fdb *fdb))
{
	spin_lock_init(&fdb->lock);
	atomic64_set(&fdb->version, atomic64_add_return(VERSIONS, &last_version));
	INIT_LIST_HEAD(&fdb->uplink);
	INIT_LIST_HEAD(&fdb->local);
	INIT_DELAYED_WORK(&fdb->ageing, fdb_age);
	fdb->number = number;
	fdb->limits = vmnet_fdb_defaults;
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
 * vmnet_fdb_set_sticky - let a port keep its addresses for itself, or not
 * @fdb: the database it takes part in, NULL for none
 * @owner: the port's part
 * @on: which
 *
 * Context: process, topology mutex held.
 */
void vmnet_fdb_set_sticky(struct vmnet_fdb *fdb, struct vmnet_fdb_owner *owner,
			  bool on)
{
	struct vmnet_fdb_entry *e;

	if (!fdb) {
		owner->sticky = on;
		return;
	}
	spin_lock_bh(&fdb->lock);
	owner->sticky = on;
	list_for_each_entry(e, &owner->entries, by_port)
		WRITE_ONCE(e->sticky, on);
	new_version(fdb);
	spin_unlock_bh(&fdb->lock);
}

/**
 * vmnet_fdb_add - add a static entry
 * @fdb: the database
 * @port: who owns the address
 * @owner: the port's part
 * @key: the address; what was learned of it is forgotten
 *
 * Return: 0, also when the port owns it already; -EBUSY when it is another
 * port's for good, -ENOMEM. Context: process, topology mutex held.
 */
int vmnet_fdb_add(struct vmnet_fdb *fdb, struct vmnet_port *port,
		  struct vmnet_fdb_owner *owner, u64 key)
{
	struct rhlist_head *chain, *pos;
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
		rhl_for_each_entry_rcu(old, pos, chain, node)
			if (old->sticky && old->owner != owner)
				err = -EBUSY;
		if (err) {
			kfree(e);
			goto out;
		}
		old = container_of(chain, struct vmnet_fdb_entry, node);
		if (old->owner->uplink || vmnet_fdb_is_contested(old))
			contest(e);
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
	new_version(fdb);
	happened(fdb, VMNET_FDB_NEW, e, 0);
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

/* Room for one more learned entry: the port's oldest one goes. Return: false
 * when it has none, and the hub is full; then its station is flooded to.
 */
static bool make_room(struct vmnet_fdb *fdb, struct vmnet_fdb_owner *owner)
{
	unsigned int max = READ_ONCE(*(owner->uplink ? &fdb->limits.uplink
						     : &fdb->limits.port));
	struct vmnet_fdb_entry *e;

	if (owner->learned < max &&
	    (owner->uplink || fdb->nlocal < READ_ONCE(fdb->limits.local)))
		return true;
	list_for_each_entry(e, &owner->entries, by_port)
		if (!e->is_static) {
			remove_entry(fdb, e);
			return true;
		}
	return false;
}

static void learn_new(struct vmnet_fdb *fdb, struct vmnet_port *port,
		      struct vmnet_fdb_owner *owner, u64 key)
{
	struct vmnet_fdb_entry *e;

	if (!make_room(fdb, owner))
		return;
	e = kzalloc(sizeof(*e), GFP_ATOMIC | __GFP_NOWARN);
	if (!e)
		return;
	e->key = key;
	e->owner = owner;
	e->used = jiffies;
	RCU_INIT_POINTER(e->port, port);
	if (rhltable_insert(&fdb->table, &e->node, vmnet_fdb_params)) {
		kfree(e);
		return;
	}
	link_entry(fdb, e);
	happened(fdb, VMNET_FDB_NEW, e, 0);
}

/* Context: RCU read lock and bottom halves disabled. */
static void learn_slow(struct vmnet_fdb *fdb, struct vmnet_port *port,
		       struct vmnet_fdb_owner *owner, u64 key)
{
	struct rhlist_head *chain;
	struct vmnet_fdb_entry *e;
	u32 from;

	spin_lock(&fdb->lock);
	if (owner->fdb != fdb)
		goto out;
	chain = vmnet_fdb_lookup(fdb, key);
	if (!chain) {
		learn_new(fdb, port, owner, key);
		goto out;
	}
	e = container_of(chain, struct vmnet_fdb_entry, node);
	if (e->is_static || e->sticky || e->owner == owner)
		goto out;
	/* The station has moved. */
	if (!make_room(fdb, owner))
		goto out;
	unlink_entry(fdb, e);
	if (e->owner->uplink != owner->uplink)
		contest(e);
	from = e->owner->id;
	e->owner = owner;
	WRITE_ONCE(e->used, jiffies);
	rcu_assign_pointer(e->port, port);
	link_entry(fdb, e);
	new_version(fdb);
	happened(fdb, VMNET_FDB_MOVE, e, from);
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
 * Return: true when the next frame from there would change nothing, until the
 * database gets a new version, and behind an uplink for a second. Context: RCU
 * read lock and bottom halves disabled.
 */
bool vmnet_fdb_learn(struct vmnet_fdb *fdb, struct vmnet_port *port,
		     struct vmnet_fdb_owner *owner, u64 key)
{
	struct rhlist_head *chain;
	struct vmnet_fdb_entry *e;

	if (is_group_or_zero(key))
		return true;
	chain = vmnet_fdb_lookup(fdb, key);
	if (chain) {
		e = container_of(chain, struct vmnet_fdb_entry, node);
		/* Whose it is, is sure. */
		if (READ_ONCE(e->sticky) &&
		    rcu_access_pointer(e->port) != port)
			return true;
		if (READ_ONCE(e->is_static)) {
			/* It stays, and is in doubt. */
			if (owner->uplink &&
			    rcu_access_pointer(e->port) != port &&
			    time_after(jiffies, READ_ONCE(e->contested) + HZ))
				contest(e);
			return true;
		}
		if (rcu_access_pointer(e->port) == port) {
			/* Written once a second, to keep the line shared. */
			if (owner->uplink &&
			    time_after(jiffies, READ_ONCE(e->used) + HZ))
				WRITE_ONCE(e->used, jiffies);
			return true;
		}
	}
	learn_slow(fdb, port, owner, key);
	return false;
}

/**
 * vmnet_fdb_age_soon - the time of ageing has changed
 * @fdb: the database
 *
 * Any context.
 */
void vmnet_fdb_age_soon(struct vmnet_fdb *fdb)
{
	mod_delayed_work(system_wq, &fdb->ageing, ageing_time(fdb) / 4);
}

/**
 * vmnet_fdb_walk - look at the entries of a port
 * @fdb: the database
 * @owner: the port's part
 * @after: only entries with a larger id
 * @visit: called for each under the lock of the database; false ends the walk
 * @arg: for @visit
 *
 * Context: RCU read lock.
 */
void vmnet_fdb_walk(struct vmnet_fdb *fdb, struct vmnet_fdb_owner *owner,
		    u64 after,
		    bool (*visit)(const struct vmnet_fdb_entry *e, void *arg),
		    void *arg)
{
	struct vmnet_fdb_entry *e;

	spin_lock_bh(&fdb->lock);
	if (owner->fdb == fdb)
		list_for_each_entry(e, &owner->entries, by_port)
			if (e->id > after && !visit(e, arg))
				break;
	spin_unlock_bh(&fdb->lock);
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
