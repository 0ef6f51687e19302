/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMNET_FDB_H
#define _VMNET_FDB_H

#include <linux/etherdevice.h>
#include <linux/list.h>
#include <linux/rhashtable.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

struct vmnet_port;

/**
 * struct vmnet_fdb_limits - what may be set for a database
 * @ageing: seconds until a silent station of an uplink is dropped
 * @port: most learned addresses of one local port
 * @local: and of all local ports
 * @uplink: and of one uplink
 */
struct vmnet_fdb_limits {
	u32	ageing;
	u32	port;
	u32	local;
	u32	uplink;
};

/* An address heard on both sides of an uplink is in doubt for so long. */
#define VMNET_FDB_CONTEST	(60 * HZ)

/**
 * struct vmnet_fdb - where the stations of a hub are
 * @table: entries by address; several static owners may share one address
 * @lock: of the table and all lists
 * @uplink: entries of uplinks
 * @local: all others
 * @nlocal: learned entries of local ports; under the lock
 * @limits: read without a lock
 * @last_id: number of the youngest entry; under the lock
 * @number: of the hub, for those who are told
 * @ageing: drops silent entries of uplinks; runs while there are any
 * @changed: called under @lock after a local address came or went
 * @version: a new one after each change that could make an answer wrong; no
 *	two databases ever have the same. Written under @lock.
 *
 * Part of its hub and as old as it.
 */
struct vmnet_fdb {
	struct rhltable		table;
	atomic64_t		version;
	/* All changes; lookups take only RCU. */
	spinlock_t		lock;
	struct list_head	uplink;
	struct list_head	local;
	unsigned int		nlocal;
	struct vmnet_fdb_limits	limits;
	u64			last_id;
	u32			number;
	struct delayed_work	ageing;
	void			(*changed)(struct vmnet_fdb *fdb);
};

/**
 * struct vmnet_fdb_owner - the database's view of one port
 * @fdb: the database the port takes part in, NULL when unplugged. Changed
 *	under the lock of the database that is joined or left, so that a frame
 *	in flight cannot teach a database about a port that has gone.
 * @entries: the port's entries, oldest learned first; under the lock
 * @learned: how many of them were learned
 * @id: of the port, for those who are told
 * @uplink: entries age and have the larger limit
 * @sticky: what is an address of this port stays one: no other port learns it,
 *	and no other can own it; under the lock
 */
struct vmnet_fdb_owner {
	struct vmnet_fdb	*fdb;
	struct list_head	entries;
	unsigned int		learned;
	u32			id;
	bool			uplink;
	bool			sticky;
};

/**
 * struct vmnet_fdb_entry - one address at one port
 * @node: in the table of the hub
 * @key: the address, as ether_addr_to_u64() gives it
 * @id: grows along the owner's list
 * @port: where it is; for a learned entry it changes when the station moves
 * @owner: the part of that port, under the lock
 * @is_static: set by the port's owner, learning never overrides it
 * @sticky: its owner is
 * @used: jiffies of the last frame from it (uplinks only)
 * @contested: jiffies when it was last heard on the other side of an uplink,
 *	never 0; 0 for never
 * @by_port: in the owner's list, under the lock
 * @by_fdb: in the list of local or of uplink entries, under the lock
 * @rcu: for the deferred free
 *
 * Held by the table alone; ends by kfree_rcu() when it is removed. The port
 * it names outlives it, since a port leaves the database before its last
 * grace period.
 */
struct vmnet_fdb_entry {
	struct rhlist_head	node;
	u64			key;
	u64			id;
	struct vmnet_port __rcu	*port;
	struct vmnet_fdb_owner	*owner;
	bool			is_static;
	bool			sticky;
	unsigned long		used;
	unsigned long		contested;
	struct list_head	by_port;
	struct list_head	by_fdb;
	struct rcu_head		rcu;
};

/**
 * struct vmnet_fdb_cache - the last answers that one port got on one CPU
 * @src: an address that needs no learning
 * @src_version: of the database when that was found out
 * @src_at: jiffies of that; an uplink's stations are looked at once a second
 * @dst: an address
 * @dst_version: of the database when @chain was looked up
 * @chain: entries of @dst
 *
 * Used with bottom halves disabled, so nobody else is in the middle of it.
 * @chain is only followed when the version is the database's own: then nothing
 * has been removed since, and what is removed from now on stays in memory for
 * as long as the reader's RCU section, which began before.
 */
struct vmnet_fdb_cache {
	u64			src;
	s64			src_version;
	unsigned long		src_at;
	u64			dst;
	s64			dst_version;
	struct rhlist_head	*chain;
};

/**
 * struct vmnet_fdb_event - what has happened to a station
 * @what: VMNET_FDB_NEW, _MOVE or _DEL
 * @hub: number of the hub
 * @port: id of the port it is or was behind
 * @from: of a move, the port before
 * @key: its address
 * @is_static: see struct vmnet_fdb_entry
 */
struct vmnet_fdb_event {
	enum vmnet_fdb_what {
		VMNET_FDB_NEW,
		VMNET_FDB_MOVE,
		VMNET_FDB_DEL
	}	what;
	u32	hub;
	u32	port;
	u32	from;
	u64	key;
	bool	is_static;
};

static inline int vmnet_fdb_differs(struct rhashtable_compare_arg *arg,
				    const void *obj)
{
	return *(const u64 *)arg->key !=
	       ((const struct vmnet_fdb_entry *)obj)->key;
}

/* Known to the compiler wherever there is a lookup: half of its cost. */
static const struct rhashtable_params vmnet_fdb_params = {
	.key_len = sizeof_field(struct vmnet_fdb_entry, key),
	.key_offset = offsetof(struct vmnet_fdb_entry, key),
	.head_offset = offsetof(struct vmnet_fdb_entry, node),
	.obj_cmpfn = vmnet_fdb_differs,
	.automatic_shrinking = true,
};

extern const struct vmnet_fdb_limits vmnet_fdb_defaults;

void vmnet_fdb_tell(void (*hook)(const struct vmnet_fdb_event *ev));
int vmnet_fdb_init(struct vmnet_fdb *fdb, u32 number,
		   void (*changed)(struct vmnet_fdb *fdb));
void vmnet_fdb_destroy(struct vmnet_fdb *fdb);
void vmnet_fdb_owner_init(struct vmnet_fdb_owner *owner, bool uplink);

int vmnet_fdb_add(struct vmnet_fdb *fdb, struct vmnet_port *port,
		  struct vmnet_fdb_owner *owner, u64 key);
void vmnet_fdb_del(struct vmnet_fdb *fdb, struct vmnet_fdb_owner *owner,
		   u64 key);
void vmnet_fdb_join(struct vmnet_fdb *fdb, struct vmnet_fdb_owner *owner);
void vmnet_fdb_leave(struct vmnet_fdb *fdb, struct vmnet_fdb_owner *owner);
void vmnet_fdb_forget_learned(struct vmnet_fdb *fdb,
			      struct vmnet_fdb_owner *owner);
void vmnet_fdb_set_sticky(struct vmnet_fdb *fdb, struct vmnet_fdb_owner *owner,
			  bool on);
bool vmnet_fdb_learn(struct vmnet_fdb *fdb, struct vmnet_port *port,
		     struct vmnet_fdb_owner *owner, u64 key);
void vmnet_fdb_age_soon(struct vmnet_fdb *fdb);
void vmnet_fdb_walk(struct vmnet_fdb *fdb, struct vmnet_fdb_owner *owner,
		    u64 after,
		    bool (*visit)(const struct vmnet_fdb_entry *e, void *arg),
		    void *arg);
u64 *vmnet_fdb_local(struct vmnet_fdb *fdb, unsigned int *count);

/* Was the address heard on both sides of an uplink, not long ago? */
static inline bool vmnet_fdb_is_contested(const struct vmnet_fdb_entry *e)
{
	unsigned long at = READ_ONCE(e->contested);

	return unlikely(at) && time_before(jiffies, at + VMNET_FDB_CONTEST);
}

/* Context: RCU read lock. The chain of entries of one address, or NULL. */
static inline struct rhlist_head *vmnet_fdb_lookup(struct vmnet_fdb *fdb,
						   u64 key)
{
	return rhltable_lookup(&fdb->table, &key, vmnet_fdb_params);
}

/*
 * The same for a port that asks often. Context: RCU read lock, bottom halves
 * disabled.
 */
static inline struct rhlist_head *
vmnet_fdb_lookup_cached(struct vmnet_fdb *fdb, struct vmnet_fdb_cache *cache,
			u64 key)
{
	/* What is looked up is at least as new as the version. */
	s64 version = atomic64_read_acquire(&fdb->version);

	if (likely(cache->dst == key && cache->dst_version == version))
		return cache->chain;
	cache->chain = vmnet_fdb_lookup(fdb, key);
	cache->dst = key;
	/* Who is unknown can become known without a new version. */
	cache->dst_version = cache->chain ? version : 0;
	return cache->chain;
}

/* vmnet_fdb_learn(), likewise. */
static inline void
vmnet_fdb_learn_cached(struct vmnet_fdb *fdb, struct vmnet_fdb_cache *cache,
		       struct vmnet_port *port, struct vmnet_fdb_owner *owner,
		       u64 key)
{
	s64 version = atomic64_read_acquire(&fdb->version);

	if (likely(cache->src == key && cache->src_version == version &&
		   (!owner->uplink || time_before(jiffies, cache->src_at + HZ))))
		return;
	cache->src = key;
	cache->src_at = jiffies;
	cache->src_version = vmnet_fdb_learn(fdb, port, owner, key) ? version
								    : 0;
}

#endif /* _VMNET_FDB_H */
