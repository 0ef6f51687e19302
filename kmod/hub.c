// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hubs: who is plugged in where.
 */
#include <linux/hashtable.h>
#include <linux/jhash.h>
#include <linux/slab.h>
#include "hub.h"
#include "trace.h"

/* Who is plugged in where; see topology.h. */
DEFINE_MUTEX(vmnet_topology);

/* All below is under the topology mutex. */
static DEFINE_HASHTABLE(hubs, 8);
static unsigned int next_pvn;

static struct workqueue_struct *hub_wq;

/* The names of a port that is not on a hub, and will not be again. */
static void drop_names(struct vmnet_port *port)
{
	vmnet_port_drop_id(port);
	vmnet_hub_drop_mac(port);
}

/* A new port, which is about to be plugged in. */
static int introduce(struct vmnet_port *port)
{
	int err = vmnet_port_take_id(port);

	return err ? err : vmnet_watch_port_add(port);
}

/* Runs under the spinlock of the database. */
static void stations_changed(struct vmnet_fdb *fdb)
{
	struct vmnet_hub *hub = container_of(fdb, struct vmnet_hub, fdb);
	struct vmnet_port *port;

	rcu_read_lock();
	list_for_each_entry_rcu(port, &hub->uplinks, by_uplink)
		port->ops->stations_changed(port);
	rcu_read_unlock();
}

static void hub_free(struct work_struct *work)
{
	struct vmnet_hub *hub = container_of(to_rcu_work(work),
					     struct vmnet_hub, free);
	struct vmnet_slot *slot;
	unsigned long i;

	vmnet_flood_end(&hub->flood);
	vmnet_fdb_destroy(&hub->fdb);
	xa_for_each(&hub->slots, i, slot)
		kfree(slot);
	xa_destroy(&hub->slots);
	vmnet_event_scope_put(hub->events);
	kfree(hub);
}

static struct vmnet_hub *hub_get(const struct vmnet_hub_key *key)
{
	u32 hash = jhash(key, sizeof(*key), 0);
	struct vmnet_hub *hub;

	lockdep_assert_held(&vmnet_topology);
	hash_for_each_possible(hubs, hub, by_key, hash)
		if (!memcmp(&hub->key, key, sizeof(*key)))
			return hub;
	hub = kzalloc(sizeof(*hub), GFP_KERNEL_ACCOUNT);
	if (!hub)
		return NULL;
	hub->events = vmnet_event_scope_alloc();
	if (!hub->events)
		goto free;
	hub->key = *key;
	hub->number = key->type == VMNET_BIND_PVN ? next_pvn++ : key->number;
	hub->id = hub->number;
	if (key->type == VMNET_BIND_PVN)
		hub->id += VMNET_MINORS;
	if (vmnet_fdb_init(&hub->fdb, hub->id, stations_changed))
		goto events;
	INIT_LIST_HEAD(&hub->ports);
	INIT_LIST_HEAD(&hub->learning);
	INIT_LIST_HEAD(&hub->uplinks);
	INIT_LIST_HEAD(&hub->promisc);
	xa_init(&hub->slots);
	vmnet_flood_init(&hub->flood);
	INIT_RCU_WORK(&hub->free, hub_free);
	hash_add(hubs, &hub->by_key, hash);
	return hub;
events:
	vmnet_event_scope_put(hub->events);
free:
	kfree(hub);
	return NULL;
}

/* A hub ends with its last slot, unless something is set for it. */
static void hub_put(struct vmnet_hub *hub)
{
	lockdep_assert_held(&vmnet_topology);
	if (hub->nused || hub->kept)
		return;
	hash_del(&hub->by_key);
	queue_rcu_work(hub_wq, &hub->free);
}

/* The lowest free slot of @hub, or an error; then the hub may have to go. */
static struct vmnet_slot *slot_take(struct vmnet_hub *hub)
{
	unsigned int index = find_first_zero_bit(hub->used, VMNET_MAX_PORTS);
	struct vmnet_slot *slot;
	int err;

	if (index >= VMNET_MAX_PORTS)
		return ERR_PTR(-EBUSY);
	slot = xa_load(&hub->slots, index);
	if (!slot) {
		slot = kzalloc(sizeof(*slot), GFP_KERNEL_ACCOUNT);
		if (!slot)
			return ERR_PTR(-ENOMEM);
		slot->hub = hub;
		slot->index = index;
		err = xa_err(xa_store(&hub->slots, index, slot,
				      GFP_KERNEL_ACCOUNT));
		if (err) {
			kfree(slot);
			return ERR_PTR(err);
		}
	}
	err = vmnet_watch_slot_add(slot);
	if (err)
		return ERR_PTR(err);
	__set_bit(index, hub->used);
	hub->nused++;
	return slot;
}

/**
 * vmnet_slot_release - give a slot back after its port has left
 * @slot: the slot
 *
 * Context: process, no lock held: waits for readers of its /proc file.
 */
void vmnet_slot_release(struct vmnet_slot *slot)
{
	struct vmnet_hub *hub = slot->hub;

	vmnet_watch_slot_del(slot);
	mutex_lock(&vmnet_topology);
	__clear_bit(slot->index, hub->used);
	hub->nused--;
	hub_put(hub);
	mutex_unlock(&vmnet_topology);
}

/* Is there another port on @hub with the same interface behind it? */
static bool would_loop(struct vmnet_hub *hub, const struct vmnet_port *port,
		       const struct vmnet_port *except)
{
	const struct net *net, *other_net;
	const char *name = port->ops->ifname ? port->ops->ifname(port, &net)
					     : NULL;
	struct vmnet_port *p;

	if (!name)
		return false;
	list_for_each_entry(p, &hub->ports, by_hub) {
		const char *other;

		if (p == port || p == except || !p->ops->ifname)
			continue;
		other = p->ops->ifname(p, &other_net);
		if (other && net == other_net && !strcmp(name, other))
			return true;
	}
	return false;
}

/**
 * vmnet_hub_would_loop - is the interface behind a port on its hub already?
 * @port: a port, plugged in or not
 *
 * Names change, so it is asked again when an uplink finds its interface.
 * Context: RTNL held.
 */
bool vmnet_hub_would_loop(const struct vmnet_port *port)
{
	struct vmnet_hub *hub;
	bool loop;

	mutex_lock(&vmnet_topology);
	hub = vmnet_port_hub(port);
	loop = hub && would_loop(hub, port, NULL);
	mutex_unlock(&vmnet_topology);
	return loop;
}

/* Make @port part of @hub; only the database can fail. */
static int plug(struct vmnet_hub *hub, struct vmnet_slot *slot,
		struct vmnet_port *port)
{
	int err;

	vmnet_fdb_join(&hub->fdb, &port->owner);
	if (port->mac_static) {
		err = vmnet_fdb_add(&hub->fdb, port, &port->owner, port->mac);
		if (err) {
			vmnet_fdb_leave(&hub->fdb, &port->owner);
			return err;
		}
	}
	WRITE_ONCE(port->slot, slot);
	port->in_base = vmnet_stat_read(port->stats, VMNET_STAT_IN);
	rcu_assign_pointer(slot->port, port);
	rcu_assign_pointer(port->hub, hub);
	list_add_tail_rcu(&port->by_hub, &hub->ports);
	if (port->learning)
		list_add_tail_rcu(&port->by_learning, &hub->learning);
	if (port->promisc)
		list_add_tail_rcu(&port->by_promisc, &hub->promisc);
	if (port->ops->stations_changed) {
		list_add_tail_rcu(&port->by_uplink, &hub->uplinks);
		vmnet_hub_update_link(hub);
	} else if (port->ops->hub_link) {
		port->ops->hub_link(port, !hub->link_down);
	}
	trace_vmnet_port_add(port->id, hub->number, slot->index,
			     port->ops->kind);
	vmnet_port_show_id(port);
	vmnet_watch_plugged(port);
	return 0;
}

/* The opposite; the slot stays taken. */
static void unplug(struct vmnet_port *port)
{
	struct vmnet_hub *hub = vmnet_port_hub(port);
	struct vmnet_slot *slot = port->slot;

	trace_vmnet_port_del(port->id, hub->number, slot->index,
			     port->ops->kind);
	if (port->promisc)
		list_del_rcu(&port->by_promisc);
	if (port->learning)
		list_del_rcu(&port->by_learning);
	if (port->ops->stations_changed)
		list_del_rcu(&port->by_uplink);
	list_del_rcu(&port->by_hub);
	RCU_INIT_POINTER(port->hub, NULL);
	if (port->ops->stations_changed)
		vmnet_hub_update_link(hub);
	vmnet_fdb_leave(&hub->fdb, &port->owner);
	slot->base += vmnet_stat_read(port->stats, VMNET_STAT_IN) -
		      port->in_base;
	if (rcu_access_pointer(slot->port) == port)
		RCU_INIT_POINTER(slot->port, NULL);
	if (port->promisc)
		stations_changed(&hub->fdb);
}

/**
 * vmnet_hub_attach - plug a new port into a hub
 * @port: a port that was never plugged in
 * @key: of the hub; it is made when there is none
 *
 * Takes the lowest free slot. On error the caller calls vmnet_hub_forget().
 * Return: 0, -EBUSY when the hub is full, -EDEADLK when the interface behind
 * the port is on the hub already, -ENOMEM. Context: topology mutex held.
 */
int vmnet_hub_attach(struct vmnet_port *port, const struct vmnet_hub_key *key)
{
	struct vmnet_hub *hub;
	struct vmnet_slot *slot;
	int err;

	lockdep_assert_held(&vmnet_topology);
	err = introduce(port);
	if (err)
		goto no_names;
	hub = hub_get(key);
	if (!hub) {
		err = -ENOMEM;
		goto no_names;
	}
	if (would_loop(hub, port, NULL)) {
		err = -EDEADLK;
		goto put;
	}
	slot = slot_take(hub);
	if (IS_ERR(slot)) {
		err = PTR_ERR(slot);
		goto put;
	}
	err = plug(hub, slot, port);
	if (!err)
		return 0;
	WRITE_ONCE(port->slot, slot);	/* vmnet_hub_forget() releases it */
	goto no_names;
put:
	hub_put(hub);
no_names:
	drop_names(port);
	return err;
}

/**
 * vmnet_hub_unplug - take a port off its hub for good
 * @port: the port; no new frame reaches it, those in flight may for a grace
 *	period
 *
 * vmnet_hub_forget() must follow. Context: topology mutex held.
 */
void vmnet_hub_unplug(struct vmnet_port *port)
{
	lockdep_assert_held(&vmnet_topology);
	vmnet_watch_leaving(port);
	unplug(port);
	drop_names(port);
}

/**
 * vmnet_hub_forget - remove the traces of an unplugged port
 * @port: unplugged, replaced, or refused by vmnet_hub_attach()
 *
 * Context: process, no lock held.
 */
void vmnet_hub_forget(struct vmnet_port *port)
{
	vmnet_watch_port_del(port);
	if (port->ops->forget)
		port->ops->forget(port);
	if (!port->slot)
		return;
	vmnet_slot_release(port->slot);
	port->slot = NULL;
}

/**
 * vmnet_hub_move_begin - SIOCSBIND: take a port off its hub
 * @port: a plugged port
 * @key: of the hub to move to, which may be its own
 * @slot: set to its new place
 *
 * The new slot is taken before the old one is free, as VMware's does. On
 * success the port is on no hub; after a grace period, so that readers of the
 * old hub's lists never stray into those of the new one,
 * vmnet_hub_move_end() must follow.
 *
 * Return: 0, -EDEADLK, or another error of vmnet_hub_attach(); then nothing has
 * changed. Context: topology mutex held; nobody else changes the port's place
 * until the end.
 */
int vmnet_hub_move_begin(struct vmnet_port *port,
			 const struct vmnet_hub_key *key,
			 struct vmnet_slot **slot)
{
	struct vmnet_hub *to;
	int err;

	lockdep_assert_held(&vmnet_topology);
	to = hub_get(key);
	if (!to)
		return -ENOMEM;
	err = -EDEADLK;
	if (would_loop(to, port, NULL))
		goto put;
	*slot = slot_take(to);
	err = PTR_ERR_OR_ZERO(*slot);
	if (err)
		goto put;
	unplug(port);
	return 0;
put:
	hub_put(to);
	return err;
}

/**
 * vmnet_hub_move_end - SIOCSBIND: plug the port in again
 * @port: the port
 * @slot: from vmnet_hub_move_begin()
 * @old: set to the slot it has left, for vmnet_slot_release()
 *
 * Return: 0; -ENOMEM, or -EBUSY when another port there has its address for good:
 * then it is where it was. Context: topology mutex held.
 */
int vmnet_hub_move_end(struct vmnet_port *port, struct vmnet_slot *slot,
		       struct vmnet_slot **old)
{
	bool was = port->mac_static;
	int err;

	lockdep_assert_held(&vmnet_topology);
	*old = port->slot;
	err = plug(slot->hub, slot, port);
	if (!err)
		return 0;
	if (plug((*old)->hub, *old, port)) {
		/* Not even memory for one entry: stay, without the entry. */
		port->mac_static = false;
		plug((*old)->hub, *old, port);
		port->mac_static = was;
	}
	*old = slot;
	return err;
}

/**
 * vmnet_hub_replace - put a new port in the slot of another
 * @old: a plugged port; on success it is unplugged and has no slot
 * @new: a port that was never plugged in
 *
 * Return: 0, -EDEADLK, -ENOMEM; on error nothing has changed and the caller
 * calls vmnet_hub_forget(@new), on success vmnet_hub_forget(@old).
 * Context: topology mutex held, RTNL too when either port needs it.
 */
int vmnet_hub_replace(struct vmnet_port *old, struct vmnet_port *new)
{
	struct vmnet_hub *hub = vmnet_port_hub(old);
	struct vmnet_slot *slot = old->slot;
	int err;

	lockdep_assert_held(&vmnet_topology);
	err = introduce(new);
	if (!err && would_loop(hub, new, old))
		err = -EDEADLK;
	if (!err)
		err = plug(hub, slot, new);
	if (err) {
		drop_names(new);
		return err;
	}
	vmnet_watch_leaving(old);
	unplug(old);
	drop_names(old);
	WRITE_ONCE(old->slot, NULL);
	return 0;
}

/**
 * vmnet_hub_next - go through the hubs
 * @id: where to begin
 *
 * Return: the hub with the lowest id that is not below @id, or NULL.
 * Context: topology mutex held.
 */
struct vmnet_hub *vmnet_hub_next(u32 id)
{
	struct vmnet_hub *hub, *next = NULL;
	unsigned int i;

	lockdep_assert_held(&vmnet_topology);
	hash_for_each(hubs, i, hub, by_key)
		if (hub->id >= id && (!next || hub->id < next->id))
			next = hub;
	return next;
}

/**
 * vmnet_hub_find - the hub of an id
 * @id: which
 *
 * Return: the hub, or NULL. Context: topology mutex held.
 */
struct vmnet_hub *vmnet_hub_find(u32 id)
{
	struct vmnet_hub *hub = vmnet_hub_next(id);

	return hub && hub->id == id ? hub : NULL;
}

/**
 * vmnet_hub_begin_set - the hub of an id, to set something for it
 * @id: which; that of a vnet is made when there is none
 *
 * vmnet_hub_end_set() must follow. Return: the hub, -ENOENT, -ENOMEM.
 * Context: topology mutex held.
 */
struct vmnet_hub *vmnet_hub_begin_set(u32 id)
{
	struct vmnet_hub_key key = { .type = VMNET_BIND_VNET, .number = id };
	struct vmnet_hub *hub;

	if (id < VMNET_MINORS) {
		hub = hub_get(&key);
		return hub ? hub : ERR_PTR(-ENOMEM);
	}
	hub = vmnet_hub_find(id);
	return hub ? hub : ERR_PTR(-ENOENT);
}

/**
 * vmnet_hub_end_set - after settings have been changed
 * @hub: from vmnet_hub_begin_set()
 * @keep: they differ from the defaults, so they must outlive the ports
 *
 * Context: topology mutex held.
 */
void vmnet_hub_end_set(struct vmnet_hub *hub, bool keep)
{
	hub->kept = keep;
	hub_put(hub);
}

/**
 * vmnet_hub_init - before the first port
 *
 * Return: 0 or -ENOMEM.
 */
int vmnet_hub_init(void)
{
	hub_wq = alloc_workqueue("vmnet", WQ_UNBOUND, 0);
	if (!hub_wq)
		return -ENOMEM;
	return 0;
}

/* After the last port: waits for the memory of ports and hubs. */
void vmnet_hub_exit(void)
{
	struct vmnet_hub *hub;

	mutex_lock(&vmnet_topology);
	while ((hub = vmnet_hub_next(0)))
		vmnet_hub_end_set(hub, false);
	mutex_unlock(&vmnet_topology);
	rcu_barrier();
	destroy_workqueue(hub_wq);
	/* Databases free their entries by RCU too. */
	rcu_barrier();
}
