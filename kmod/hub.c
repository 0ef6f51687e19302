// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hubs: who is plugged in where.
 */
#include <linux/hashtable.h>
#include <linux/slab.h>
#include "hub.h"

/* Who is plugged in where; see topology.h. */
DEFINE_MUTEX(vmnet_topology);

/* All below is under the topology mutex. */
static struct vmnet_hub *hubs[VMNET_MINORS];
static DEFINE_HASHTABLE(ports_by_mac, 10);

static const struct vmnet_hub_watch *watch;
static struct workqueue_struct *hub_wq;

/* Runs under the spinlock of the database. */
static void stations_changed(struct vmnet_fdb *fdb)
{
	struct vmnet_hub *hub = container_of(fdb, struct vmnet_hub, fdb);
	struct vmnet_port *port;

	rcu_read_lock();
	list_for_each_entry_rcu(port, &hub->learning, by_learning)
		if (port->ops->stations_changed)
			port->ops->stations_changed(port);
	rcu_read_unlock();
}

static void hub_free(struct work_struct *work)
{
	struct vmnet_hub *hub = container_of(to_rcu_work(work),
					     struct vmnet_hub, free);
	struct vmnet_slot *slot;
	unsigned long i;

	vmnet_fdb_destroy(&hub->fdb);
	xa_for_each(&hub->slots, i, slot)
		kfree(slot);
	xa_destroy(&hub->slots);
	kfree(hub);
}

static struct vmnet_hub *hub_get(unsigned int number)
{
	struct vmnet_hub *hub = hubs[number];

	lockdep_assert_held(&vmnet_topology);
	if (hub)
		return hub;
	hub = kzalloc(sizeof(*hub), GFP_KERNEL_ACCOUNT);
	if (!hub)
		return NULL;
	if (vmnet_fdb_init(&hub->fdb, stations_changed)) {
		kfree(hub);
		return NULL;
	}
	hub->number = number;
	INIT_LIST_HEAD(&hub->ports);
	INIT_LIST_HEAD(&hub->learning);
	INIT_LIST_HEAD(&hub->promisc);
	xa_init(&hub->slots);
	INIT_RCU_WORK(&hub->free, hub_free);
	hubs[number] = hub;
	return hub;
}

/* A hub ends with its last slot. */
static void hub_put(struct vmnet_hub *hub)
{
	lockdep_assert_held(&vmnet_topology);
	if (hub->nused)
		return;
	hubs[hub->number] = NULL;
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
	err = watch->slot_add(slot);
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

	watch->slot_del(slot);
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
	const char *name = port->ops->ifname ? port->ops->ifname(port) : NULL;
	struct vmnet_port *p;

	if (!name)
		return false;
	list_for_each_entry(p, &hub->ports, by_hub) {
		const char *other;

		if (p == port || p == except || !p->ops->ifname)
			continue;
		other = p->ops->ifname(p);
		if (other && !strcmp(name, other))
			return true;
	}
	return false;
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
	return 0;
}

/* The opposite; the slot stays taken. */
static void unplug(struct vmnet_port *port)
{
	struct vmnet_hub *hub = vmnet_port_hub(port);
	struct vmnet_slot *slot = port->slot;

	if (port->promisc)
		list_del_rcu(&port->by_promisc);
	if (port->learning)
		list_del_rcu(&port->by_learning);
	list_del_rcu(&port->by_hub);
	RCU_INIT_POINTER(port->hub, NULL);
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
 * @number: of the hub; it is made when there is none
 *
 * Takes the lowest free slot. On error the caller calls vmnet_hub_forget().
 * Return: 0, -EBUSY when the hub is full, -EDEADLK when the interface behind
 * the port is on the hub already, -ENOMEM. Context: topology mutex held.
 */
int vmnet_hub_attach(struct vmnet_port *port, unsigned int number)
{
	struct vmnet_hub *hub;
	struct vmnet_slot *slot;
	int err;

	lockdep_assert_held(&vmnet_topology);
	err = watch->port_add(port);
	if (err)
		goto no_mac;
	hub = hub_get(number);
	if (!hub) {
		err = -ENOMEM;
		goto no_mac;
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
	goto no_mac;
put:
	hub_put(hub);
no_mac:
	vmnet_hub_drop_mac(port);
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
	unplug(port);
	vmnet_hub_drop_mac(port);
}

/**
 * vmnet_hub_forget - remove the traces of an unplugged port
 * @port: unplugged, replaced, or refused by vmnet_hub_attach()
 *
 * Context: process, no lock held.
 */
void vmnet_hub_forget(struct vmnet_port *port)
{
	watch->port_del(port);
	if (!port->slot)
		return;
	vmnet_slot_release(port->slot);
	port->slot = NULL;
}

/**
 * vmnet_hub_move - SIOCSBIND
 * @port: a plugged port
 * @number: of the hub to move to, which may be its own
 * @old: set to the slot it left, for vmnet_slot_release(); NULL on error
 *
 * The new slot is taken before the old one is free, as VMware's does. The port
 * is off the network for a grace period, so that readers of the old hub's
 * lists never stray into those of the new one.
 *
 * Return: 0, -EDEADLK, or another error of vmnet_hub_attach(); then the port is
 * where it was. Context: topology mutex held.
 */
int vmnet_hub_move(struct vmnet_port *port, unsigned int number,
		   struct vmnet_slot **old)
{
	struct vmnet_hub *from = vmnet_port_hub(port);
	struct vmnet_slot *slot;
	struct vmnet_hub *to;
	int err;

	lockdep_assert_held(&vmnet_topology);
	*old = NULL;
	to = hub_get(number);
	if (!to)
		return -ENOMEM;
	err = -EDEADLK;
	if (would_loop(to, port, NULL))
		goto put;
	slot = slot_take(to);
	err = PTR_ERR_OR_ZERO(slot);
	if (err)
		goto put;

	*old = port->slot;
	unplug(port);
	synchronize_rcu();
	err = plug(to, slot, port);
	if (err) {
		/* No memory for one entry: stay, without the entry. */
		bool was = port->mac_static;

		port->mac_static = false;
		plug(from, *old, port);
		port->mac_static = was;
		*old = slot;
	}
	return err;
put:
	hub_put(to);
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
	err = watch->port_add(new);
	if (!err && would_loop(hub, new, old))
		err = -EDEADLK;
	if (!err)
		err = plug(hub, slot, new);
	if (err) {
		vmnet_hub_drop_mac(new);
		return err;
	}
	unplug(old);
	vmnet_hub_drop_mac(old);
	WRITE_ONCE(old->slot, NULL);
	return 0;
}

/**
 * vmnet_hub_set_mac - change the address of a port
 * @port: the port, plugged in or not yet
 * @mac: the address
 * @is_static: enter it into the database of the port's hub
 *
 * Return: 0 or -ENOMEM, then nothing has changed.
 * Context: topology mutex held.
 */
int vmnet_hub_set_mac(struct vmnet_port *port, u64 mac, bool is_static)
{
	struct vmnet_hub *hub = vmnet_port_hub(port);
	int err;

	lockdep_assert_held(&vmnet_topology);
	if (hub && is_static) {
		err = vmnet_fdb_add(&hub->fdb, port, &port->owner, mac);
		if (err)
			return err;
	}
	if (hub && port->mac_static && !(is_static && mac == port->mac))
		vmnet_fdb_del(&hub->fdb, &port->owner, port->mac);
	WRITE_ONCE(port->mac, mac);
	port->mac_static = is_static;
	hash_del(&port->by_mac);
	hash_add(ports_by_mac, &port->by_mac, mac);
	return 0;
}

/**
 * vmnet_hub_drop_mac - give up the address of a port
 * @port: a port that is not plugged in and will not be again
 *
 * The hub's own calls do it; for a port that never got so far.
 * Context: topology mutex held.
 */
void vmnet_hub_drop_mac(struct vmnet_port *port)
{
	lockdep_assert_held(&vmnet_topology);
	hash_del(&port->by_mac);
}

/**
 * vmnet_hub_mac_used - does a port have this address?
 * @mac: the address
 * @except: this port does not count; may be NULL
 *
 * Context: topology mutex held.
 */
bool vmnet_hub_mac_used(u64 mac, const struct vmnet_port *except)
{
	struct vmnet_port *p;

	lockdep_assert_held(&vmnet_topology);
	hash_for_each_possible(ports_by_mac, p, by_mac, mac)
		if (p->mac == mac && p != except)
			return true;
	return false;
}

/**
 * vmnet_hub_set_learning - let a port have stations behind it, or not
 * @port: the port, plugged in or not yet
 * @on: learn its source addresses, and give it what no entry is for
 *
 * Context: topology mutex held.
 */
void vmnet_hub_set_learning(struct vmnet_port *port, bool on)
{
	struct vmnet_hub *hub = vmnet_port_hub(port);

	lockdep_assert_held(&vmnet_topology);
	if (port->learning == on)
		return;
	WRITE_ONCE(port->learning, on);
	if (!hub)
		return;
	if (on) {
		list_add_tail_rcu(&port->by_learning, &hub->learning);
	} else {
		list_del_rcu(&port->by_learning);
		vmnet_fdb_forget_learned(&hub->fdb, &port->owner);
	}
}

/**
 * vmnet_hub_set_promisc - let a port see its whole hub, or not
 * @port: the port, plugged in or not yet
 * @on: which
 *
 * Context: topology mutex held.
 */
void vmnet_hub_set_promisc(struct vmnet_port *port, bool on)
{
	struct vmnet_hub *hub = vmnet_port_hub(port);

	lockdep_assert_held(&vmnet_topology);
	if (port->promisc == on)
		return;
	WRITE_ONCE(port->promisc, on);
	if (!hub)
		return;
	if (on)
		list_add_tail_rcu(&port->by_promisc, &hub->promisc);
	else
		list_del_rcu(&port->by_promisc);
	stations_changed(&hub->fdb);
}

/**
 * vmnet_hub_bridge_status - SIOCGBRSTATUS
 * @port: who asks; it does not count itself
 *
 * Return: VMNET_BRIDGE_*, see vmware-abi 2.11. Context: topology mutex held.
 */
u32 vmnet_hub_bridge_status(const struct vmnet_port *port)
{
	struct vmnet_hub *hub = vmnet_port_hub(port);
	u32 status = VMNET_BRIDGE_NONE;
	struct vmnet_slot *slot;
	unsigned long i;

	lockdep_assert_held(&vmnet_topology);
	if (!hub)
		return VMNET_BRIDGE_NONE;
	xa_for_each(&hub->slots, i, slot) {
		const struct vmnet_port *p =
			rcu_dereference_protected(slot->port,
						  lockdep_is_held(&vmnet_topology));

		if (!p || p == port || p->ops->kind != VMNET_PORT_BRIDGE)
			continue;
		if (p->ops->active(p))
			status = max_t(u32, status, VMNET_BRIDGE_ACTIVE);
		else if (status >= VMNET_BRIDGE_ACTIVE)
			status = VMNET_BRIDGE_MIXED;
		else
			status = VMNET_BRIDGE_INACTIVE;
	}
	return status;
}

/**
 * vmnet_slot_frames - frames that entered the hub from a slot
 * @slot: the slot; the count goes on over all tenants
 *
 * Context: RCU read lock.
 */
u64 vmnet_slot_frames(const struct vmnet_slot *slot)
{
	struct vmnet_port *port = rcu_dereference(slot->port);

	if (!port)
		return READ_ONCE(slot->base);
	return READ_ONCE(slot->base) - READ_ONCE(port->in_base) +
	       vmnet_stat_read(port->stats, VMNET_STAT_IN);
}

/**
 * vmnet_hub_init - before the first port
 * @w: who wants to know what comes and goes
 *
 * Return: 0 or -ENOMEM.
 */
int vmnet_hub_init(const struct vmnet_hub_watch *w)
{
	hub_wq = alloc_workqueue("vmnet", WQ_UNBOUND, 0);
	if (!hub_wq)
		return -ENOMEM;
	watch = w;
	return 0;
}

/* After the last port: waits for the memory of ports and hubs. */
void vmnet_hub_exit(void)
{
	rcu_barrier();
	destroy_workqueue(hub_wq);
	/* Databases free their entries by RCU too. */
	rcu_barrier();
}
