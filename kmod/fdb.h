/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMNET_FDB_H
#define _VMNET_FDB_H

#include <linux/etherdevice.h>
#include <linux/list.h>
#include <linux/rhashtable.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

struct vmnet_port;

/* Learned addresses: of one local port, and of one uplink. */
#define VMNET_FDB_LOCAL_MAX	1024
#define VMNET_FDB_UPLINK_MAX	8192
/* Entries of an uplink that were not seen for so long are dropped. */
#define VMNET_FDB_AGEING	(300 * HZ)

/**
 * struct vmnet_fdb - where the stations of a hub are
 * @table: entries by address; several static owners may share one address
 * @lock: of the table and all lists
 * @uplink: entries of uplinks
 * @local: all others
 * @ageing: drops silent entries of uplinks; runs while there are any
 * @changed: called under @lock after a local address came or went
 *
 * Part of its hub and as old as it.
 */
struct vmnet_fdb {
	struct rhltable		table;
	/* All changes; lookups take only RCU. */
	spinlock_t		lock;
	struct list_head	uplink;
	struct list_head	local;
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
 * @uplink: entries age and have the larger limit
 */
struct vmnet_fdb_owner {
	struct vmnet_fdb	*fdb;
	struct list_head	entries;
	unsigned int		learned;
	bool			uplink;
};

/**
 * struct vmnet_fdb_entry - one address at one port
 * @node: in the table of the hub
 * @key: the address, as ether_addr_to_u64() gives it
 * @port: where it is; for a learned entry it changes when the station moves
 * @owner: the part of that port, under the lock
 * @is_static: set by the port's owner, learning never overrides it
 * @used: jiffies of the last frame from it (uplinks only)
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
	struct vmnet_port __rcu	*port;
	struct vmnet_fdb_owner	*owner;
	bool			is_static;
	unsigned long		used;
	struct list_head	by_port;
	struct list_head	by_fdb;
	struct rcu_head		rcu;
};

extern const struct rhashtable_params vmnet_fdb_params;

int vmnet_fdb_init(struct vmnet_fdb *fdb,
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
void vmnet_fdb_learn(struct vmnet_fdb *fdb, struct vmnet_port *port,
		     struct vmnet_fdb_owner *owner, u64 key);
u64 *vmnet_fdb_local(struct vmnet_fdb *fdb, unsigned int *count);

/* Context: RCU read lock. The chain of entries of one address, or NULL. */
static inline struct rhlist_head *vmnet_fdb_lookup(struct vmnet_fdb *fdb,
						   u64 key)
{
	return rhltable_lookup(&fdb->table, &key, vmnet_fdb_params);
}

#endif /* _VMNET_FDB_H */
