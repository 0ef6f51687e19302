// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a port is on its hub: its address, whether it has stations behind it,
 * whether it sees all frames, and the link that all of them share.
 */
#include <linux/hashtable.h>
#include "hub.h"

/* Under the topology mutex. */
static DEFINE_HASHTABLE(ports_by_mac, 10);

/**
 * vmnet_hub_set_mac - change the address of a port
 * @port: the port, plugged in or not yet
 * @mac: the address
 * @is_static: enter it into the database of the port's hub
 *
 * Return: 0, or an error of vmnet_fdb_add(), then nothing has changed.
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
	if (hub)
		vmnet_watch_changed(port);
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
	vmnet_watch_changed(port);
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
	hub->fdb.changed(&hub->fdb);
	vmnet_watch_changed(port);
}

/**
 * vmnet_hub_update_link - the setting, an uplink or its carrier has changed
 * @hub: the hub
 *
 * The link of a hub that follows its uplinks is up while one of them has a
 * carrier; that of all others is always up. Its ports are told. Frames pass
 * user ports as before: what a guest makes of its link is up to whoever runs
 * it. Context: topology mutex held.
 */
void vmnet_hub_update_link(struct vmnet_hub *hub)
{
	bool up = !hub->follows, was = !hub->link_down;
	struct vmnet_port *p;

	lockdep_assert_held(&vmnet_topology);
	list_for_each_entry(p, &hub->uplinks, by_uplink)
		up |= p->carrier;
	WRITE_ONCE(hub->link_down, !up);
	list_for_each_entry(p, &hub->ports, by_hub) {
		if (p->ops->hub_link)
			p->ops->hub_link(p, up);
		else if (up != was && READ_ONCE(p->flags) & VMNET_FLAG_UP)
			vmnet_watch_link(p);
	}
}
