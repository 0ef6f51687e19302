// SPDX-License-Identifier: GPL-2.0-only
/*
 * Telling the NIC which addresses are behind it, so that it need not be
 * promiscuous. A NIC that cannot filter is made so by the core itself.
 */
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include "bridge_priv.h"

static struct workqueue_struct *sync_wq;

static bool contains(const u64 *keys, unsigned int n, u64 key)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (keys[i] == key)
			return true;
	return false;
}

static bool is_station(u64 key)
{
	u8 addr[ETH_ALEN];

	u64_to_ether_addr(key, addr);
	return is_valid_ether_addr(addr);
}

static void change(struct net_device *dev, u64 key,
		   int (*fn)(struct net_device *dev, const unsigned char *addr))
{
	u8 addr[ETH_ALEN];

	u64_to_ether_addr(key, addr);
	if (fn(dev, addr))
		netdev_dbg(dev, "vmnet: cannot sync %pM\n", addr);
}

/* Replace the addresses the NIC was told. Takes @keys over. */
static void apply(struct vmnet_bridge *br, struct net_device *dev, u64 *keys,
		  unsigned int n)
{
	unsigned int i, kept = 0;

	for (i = 0; i < br->nsynced; i++)
		if (!contains(keys, n, br->synced[i]))
			change(dev, br->synced[i], dev_uc_del);
	for (i = 0; i < n; i++) {
		if (!is_station(keys[i]) || contains(keys, kept, keys[i]))
			continue;
		if (!contains(br->synced, br->nsynced, keys[i]))
			change(dev, keys[i], dev_uc_add);
		keys[kept++] = keys[i];
	}
	kvfree(br->synced);
	br->synced = keys;
	br->nsynced = kept;
}

static void set_promisc(struct vmnet_bridge *br, struct net_device *dev,
			bool on)
{
	if (br->promisc == on)
		return;
	if (dev_set_promiscuity(dev, on ? 1 : -1))
		return;
	br->promisc = on;
	netdev_info(dev, "vmnet: promiscuous mode %s\n", on ? "on" : "off");
}

static void sync(struct vmnet_bridge *br, struct net_device *dev)
{
	struct vmnet_hub *hub;
	bool promisc = false;
	unsigned int n = 0;
	u64 *keys = NULL;

	mutex_lock(&vmnet_topology);
	hub = vmnet_port_hub(&br->port);
	if (hub) {
		keys = vmnet_fdb_local(&hub->fdb, &n);
		promisc = !list_empty(&hub->promisc);
	}
	mutex_unlock(&vmnet_topology);
	/* Without memory for the list it is better to keep the old one. */
	if (keys || !hub)
		apply(br, dev, keys, n);
	set_promisc(br, dev, promisc && !bridge_is_wireless(dev));
}

/* Holds a reference on the port. */
void vmnet_bridge_sync_work(struct work_struct *work)
{
	struct vmnet_bridge *br = container_of(work, struct vmnet_bridge, sync);
	struct net_device *dev;

	rtnl_lock();
	dev = rtnl_dereference(br->dev);
	if (dev)
		sync(br, dev);
	rtnl_unlock();
	vmnet_port_put(&br->port);
}

/**
 * vmnet_bridge_sync_soon - the stations of the hub have changed
 * @port: the uplink
 *
 * Any context that RCU allows; the work is done elsewhere.
 */
void vmnet_bridge_sync_soon(struct vmnet_port *port)
{
	if (!refcount_inc_not_zero(&port->ref))
		return;
	if (!queue_work(sync_wq, &port_bridge(port)->sync))
		vmnet_port_put(port);
}

/**
 * vmnet_bridge_unsync - undo what the NIC was told
 * @br: the uplink
 * @dev: the NIC it leaves
 *
 * Context: RTNL held.
 */
void vmnet_bridge_unsync(struct vmnet_bridge *br, struct net_device *dev)
{
	ASSERT_RTNL();
	apply(br, dev, NULL, 0);
	set_promisc(br, dev, false);
}

int vmnet_bridge_sync_init(void)
{
	sync_wq = alloc_workqueue("vmnet_sync", WQ_UNBOUND, 0);
	return sync_wq ? 0 : -ENOMEM;
}

/* Waits for work that still holds ports. */
void vmnet_bridge_sync_exit(void)
{
	destroy_workqueue(sync_wq);
}
