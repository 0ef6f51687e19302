// SPDX-License-Identifier: GPL-2.0-only
/*
 * Uplinks: ports that lead to a NIC, which keeps its address, its routes and
 * its firewall (vmware-abi sections 2.8 and 8).
 */
#include <linux/if_arp.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <net/net_namespace.h>
#include "bridge.h"
#include "bridge_priv.h"

#define BRIDGE_MAC	0x005056000000ULL

/* The stack and the NIC resolve what a frame still needs. */
#define BRIDGE_FEATURES	(NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_HW_CSUM | \
			 NETIF_F_SCTP_CRC | NETIF_F_GSO_MASK | \
			 NETIF_F_HW_VLAN_CTAG_TX | NETIF_F_HW_VLAN_STAG_TX)

static LIST_HEAD(bridges);
static atomic_t next_number = ATOMIC_INIT(0);

static bool usable(const struct net_device *dev)
{
	return dev->type == ARPHRD_ETHER && !(dev->flags & IFF_LOOPBACK) &&
	       dev->flags & IFF_UP;
}

/* The NIC's own address is a station of the hub: frames for it go up. */
static void set_nic_station(struct vmnet_bridge *br, u64 addr)
{
	struct vmnet_hub *hub;

	mutex_lock(&vmnet_topology);
	hub = vmnet_port_hub(&br->port);
	if (hub) {
		if (br->nic_addr && br->nic_addr != addr)
			vmnet_fdb_del(&hub->fdb, &br->port.owner,
				      br->nic_addr);
		if (addr && vmnet_fdb_add(&hub->fdb, &br->port,
					  &br->port.owner, addr))
			pr_warn("vmnet: bridge-%s: its address is not to be had\n",
				br->name);
	}
	br->nic_addr = addr;
	mutex_unlock(&vmnet_topology);
}

/*
 * Does the other end of the NIC accept frames of one address only? It is so for
 * good once it was, whatever comes up under the name.
 */
static int set_single_mac(struct vmnet_bridge *br, struct net_device *dev)
{
	struct vmnet_smac *smac;

	ASSERT_RTNL();
	if (rcu_access_pointer(br->smac) ||
	    !(br->flags & VMNET_PEER_SMAC || bridge_is_wireless(dev)))
		return 0;
	smac = vmnet_smac_alloc();
	if (!smac)
		return -ENOMEM;
	if (bridge_is_wireless(dev))
		pr_info("vmnet: bridge-%s: device is wireless, enabling SMAC\n",
			br->name);
	rcu_assign_pointer(br->smac, smac);
	return 0;
}

/*
 * Tell listeners and watchers what has changed for them. A NIC without a carrier
 * is a link all the same, as with VMware, unless the hub's link follows it.
 * Topology mutex held.
 */
static void tell(struct vmnet_bridge *br)
{
	struct vmnet_hub *hub = vmnet_port_hub(&br->port);
	bool carrier = br->port.carrier;
	bool up = br->attached && (carrier || !hub || !hub->follows);

	lockdep_assert_held(&vmnet_topology);
	if (up != br->up) {
		WRITE_ONCE(br->up, up);
		vmnet_event_send(&br->sender, VMNET_EVENT_UPLINK, br->ifindex,
				 up);
		vmnet_watch_link(&br->port);
	}
	if (carrier != br->carrier) {
		br->carrier = carrier;
		vmnet_event_send(&br->sender, VMNET_EVENT_CARRIER, br->ifindex,
				 carrier);
	}
}

static void bridge_hub_link(struct vmnet_port *port, bool up)
{
	tell(port_bridge(port));
}

/* The NIC has come, has gone (@dev is NULL), or its carrier has changed. */
static void update_link(struct vmnet_bridge *br, const struct net_device *dev)
{
	bool carrier = dev && netif_oper_up(dev);
	struct vmnet_hub *hub;

	ASSERT_RTNL();
	mutex_lock(&vmnet_topology);
	if (br->attached != !!dev || br->port.carrier != carrier) {
		br->attached = dev;
		br->port.carrier = carrier;
		if (dev)
			br->ifindex = dev->ifindex;
		hub = vmnet_port_hub(&br->port);
		if (hub)
			vmnet_hub_update_link(hub);
		else
			tell(br);
	}
	mutex_unlock(&vmnet_topology);
}

/* Another uplink of @dev. */
static struct vmnet_bridge *other_on(const struct vmnet_bridge *br,
				     const struct net_device *dev)
{
	struct vmnet_bridge *other;

	list_for_each_entry(other, &bridges, list)
		if (other != br && rtnl_dereference(other->dev) == dev)
			return other;
	return NULL;
}

static void attach(struct vmnet_bridge *br, struct net_device *dev)
{
	int err;

	ASSERT_RTNL();
	/* Compared, never followed. */
	br->to_host->u.port_info.lower_dev = dev;
	err = set_single_mac(br, dev);
	if (!err)
		err = vmnet_bridge_hook(br, dev);
	if (err) {
		pr_warn("vmnet: bridge-%s: no attachment (%d)\n", br->name,
			err);
		return;
	}
	netdev_hold(dev, &br->tracker, GFP_KERNEL);
	vmnet_bridge_lro_off(br, dev);
	dev_set_allmulti(dev, 1);
	rcu_assign_pointer(br->dev, dev);
	set_nic_station(br, ether_addr_to_u64(dev->dev_addr));
	vmnet_bridge_sync_soon(&br->port);
	update_link(br, dev);
	pr_info("vmnet: bridge-%s: attached\n", br->name);
}

static void detach(struct vmnet_bridge *br, struct net_device *dev)
{
	struct vmnet_hub *hub;

	ASSERT_RTNL();
	RCU_INIT_POINTER(br->dev, NULL);
	vmnet_bridge_unhook(br, dev);
	vmnet_bridge_unsync(br, dev);
	vmnet_smac_flush(rtnl_dereference(br->smac));
	dev_set_allmulti(dev, -1);
	set_nic_station(br, 0);
	mutex_lock(&vmnet_topology);
	hub = vmnet_port_hub(&br->port);
	if (hub)
		vmnet_fdb_forget_learned(&hub->fdb, &br->port.owner);
	mutex_unlock(&vmnet_topology);
	update_link(br, NULL);
	vmnet_bridge_lro_back(br, dev, other_on(br, dev));
	netdev_put(dev, &br->tracker);
	pr_info("vmnet: bridge-%s: detached\n", br->name);
}

/* Attach to the interface of our name, if it is there, usable and not the one
 * that is just going.
 */
static void look_for_nic(struct vmnet_bridge *br,
			 const struct net_device *going)
{
	struct net_device *dev;

	ASSERT_RTNL();
	if (!br->net || rtnl_dereference(br->dev))
		return;
	dev = __dev_get_by_name(br->net, br->name);
	if (!dev || dev == going || !usable(dev))
		return;
	/* A host interface may have got the name since. */
	if (vmnet_hub_would_loop(&br->port)) {
		pr_warn("vmnet: bridge-%s: leads to its own hub, not attached\n",
			br->name);
		return;
	}
	attach(br, dev);
}

static bool bridge_wants(struct vmnet_port *port, const struct vmnet_dst *dst)
{
	if (rcu_access_pointer(port_bridge(port)->dev))
		return true;
	vmnet_port_drop(port, VMNET_DROP_DOWN);
	return false;
}

/* The NIC's own name: what it was asked for by may be another of its names. */
static const char *bridge_ifname(const struct vmnet_port *port,
				 const struct net **net)
{
	const struct vmnet_bridge *br = port_bridge(port);
	const struct net_device *dev = rtnl_dereference(br->dev);

	ASSERT_RTNL();
	*net = br->net;
	if (!dev && br->net)
		dev = __dev_get_by_name(br->net, br->name);
	return dev ? dev->name : br->name;
}

static bool bridge_active(const struct vmnet_port *port)
{
	return READ_ONCE(port_bridge(port)->up);
}

static const char *bridge_devname(const struct vmnet_port *port)
{
	return port_bridge(port)->name;
}

static void bridge_show(struct vmnet_port *port, struct seq_file *m)
{
	seq_printf(m, "dev %s ", port_bridge(port)->name);
	seq_putc(m, '\n');
}

static void bridge_attached(struct vmnet_port *port)
{
	struct vmnet_bridge *br = port_bridge(port);
	struct net_device *dev = rtnl_dereference(br->dev);

	if (dev) {
		/* Moved to another hub: other stations, our own anew. */
		set_nic_station(br, ether_addr_to_u64(dev->dev_addr));
		vmnet_bridge_sync_soon(port);
		return;
	}
	/* Moved while there was no NIC: it is on the list already. */
	if (list_empty(&br->list)) {
		list_add_tail(&br->list, &bridges);
		mutex_lock(&vmnet_topology);
		vmnet_event_join(&br->sender, vmnet_port_hub(port)->events);
		mutex_unlock(&vmnet_topology);
	}
	look_for_nic(br, NULL);
}

static void bridge_retire(struct vmnet_port *port)
{
	struct vmnet_bridge *br = port_bridge(port);
	struct net_device *dev = rtnl_dereference(br->dev);

	list_del_init(&br->list);
	if (dev)
		detach(br, dev);
	mutex_lock(&vmnet_topology);
	vmnet_event_leave(&br->sender);
	mutex_unlock(&vmnet_topology);
}

static void bridge_free(struct vmnet_port *port)
{
	struct vmnet_bridge *br = port_bridge(port);

	dst_release(&br->to_wire->dst);
	dst_release(&br->to_host->dst);
	vmnet_smac_free(rcu_dereference_protected(br->smac, true));
	vmnet_port_fini(port);
	kfree(br);
}

static const struct vmnet_port_ops bridge_port_ops = {
	.kind = VMNET_PORT_BRIDGE,
	.needs_rtnl = true,
	.wants = bridge_wants,
	.deliver = vmnet_bridge_deliver,
	.ifname = bridge_ifname,
	.active = bridge_active,
	.devname = bridge_devname,
	.show = bridge_show,
	.hub_link = bridge_hub_link,
	.stations_changed = vmnet_bridge_sync_soon,
	.attached = bridge_attached,
	.retire = bridge_retire,
	.free = bridge_free,
};

/**
 * vmnet_bridge_create - SIOCSPEER3: make an uplink
 * @net: namespace of the NIC
 * @name: its name, not empty; it need not exist
 * @flags: VMNET_PEER_*
 *
 * It attaches when it has been plugged in, and whenever the interface comes up.
 * Return: the port, unplugged, or -ENOMEM. Context: RTNL held.
 */
struct vmnet_port *vmnet_bridge_create(struct net *net, const char *name,
				       u32 flags)
{
	struct vmnet_bridge *br;
	struct vmnet_port *port;

	ASSERT_RTNL();
	br = kzalloc(sizeof(*br), GFP_KERNEL_ACCOUNT);
	if (!br)
		return ERR_PTR(-ENOMEM);
	br->to_wire = vmnet_bridge_mark_alloc();
	br->to_host = vmnet_bridge_mark_alloc();
	port = &br->port;
	if (!br->to_wire || !br->to_host ||
	    vmnet_port_init(port, &bridge_port_ops, true)) {
		if (br->to_wire)
			dst_release(&br->to_wire->dst);
		if (br->to_host)
			dst_release(&br->to_host->dst);
		kfree(br);
		return ERR_PTR(-ENOMEM);
	}
	br->net = net;
	br->flags = flags;
	strscpy(br->name, name, sizeof(br->name));
	INIT_DELAYED_WORK(&br->sync, vmnet_bridge_sync_work);
	br->sync_at = jiffies - HZ;
	INIT_LIST_HEAD(&br->list);
	port->number = atomic_fetch_inc(&next_number);
	port->features = BRIDGE_FEATURES;
	port->learning = true;
	mutex_lock(&vmnet_topology);
	vmnet_hub_set_mac(port, BRIDGE_MAC, false);
	mutex_unlock(&vmnet_topology);
	return port;
}

/* What happens to the NIC of an uplink. */
static void nic_event(struct vmnet_bridge *br, unsigned long event,
		      struct net_device *dev)
{
	switch (event) {
	case NETDEV_GOING_DOWN:
	case NETDEV_UNREGISTER:
	case NETDEV_PRE_TYPE_CHANGE:
		detach(br, dev);
		/* It may have been renamed, and another may have our name. */
		look_for_nic(br, dev);
		break;
	case NETDEV_CHANGE:
		update_link(br, dev);
		break;
	case NETDEV_CHANGEADDR:
		set_nic_station(br, ether_addr_to_u64(dev->dev_addr));
		break;
	case NETDEV_FEAT_CHANGE:
		if (dev->features & NETIF_F_LRO)
			vmnet_bridge_lro_off(br, dev);
		break;
	}
}

/* What happens to interfaces. Context: RTNL held. */
static int bridge_event(struct notifier_block *nb, unsigned long event,
			void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct vmnet_bridge *br;

	list_for_each_entry(br, &bridges, list) {
		if (rtnl_dereference(br->dev) == dev)
			nic_event(br, event, dev);
		else if (event == NETDEV_UP || event == NETDEV_CHANGENAME ||
			 event == NETDEV_POST_TYPE_CHANGE)
			look_for_nic(br, NULL);
	}
	return NOTIFY_DONE;
}

static struct notifier_block bridge_notifier = {
	.notifier_call = bridge_event,
};

/* A namespace ends: nothing will come up there again. */
static void __net_exit bridge_net_exit(struct net *net)
{
	struct vmnet_bridge *br;

	rtnl_lock();
	list_for_each_entry(br, &bridges, list)
		if (br->net == net)
			br->net = NULL;
	rtnl_unlock();
}

static struct pernet_operations bridge_net_ops = {
	.exit = bridge_net_exit,
};

int vmnet_bridge_init(void)
{
	int err;

	err = vmnet_bridge_sync_init();
	if (err)
		return err;
	err = register_pernet_subsys(&bridge_net_ops);
	if (err)
		goto sync;
	err = register_netdevice_notifier(&bridge_notifier);
	if (err)
		goto net;
	return 0;
net:
	unregister_pernet_subsys(&bridge_net_ops);
sync:
	vmnet_bridge_sync_exit();
	return err;
}

void vmnet_bridge_exit(void)
{
	unregister_netdevice_notifier(&bridge_notifier);
	unregister_pernet_subsys(&bridge_net_ops);
	vmnet_bridge_sync_exit();
}
