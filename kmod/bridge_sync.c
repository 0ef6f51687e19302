// SPDX-License-Identifier: GPL-2.0-only
/*
 * Telling the NIC which addresses are behind it, so that it need not be
 * promiscuous. A NIC that cannot filter is made so by the core itself.
 */
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/wait_bit.h>
#include "bridge_priv.h"

/* With more addresses than that a NIC is made promiscuous. */
#define SYNC_MAX	256
/* And with more VLANs than that, so that guests leave the host its own. */
#define VLANS_MAX	64
/* Guests choose their addresses, so they choose how often we come. */
#define SYNC_PAUSE	(HZ / 10)

static struct workqueue_struct *sync_wq;

/* Works that are queued or wait for their time; each holds its port. */
static atomic_t pending = ATOMIC_INIT(0);

static void pending_done(void)
{
	if (atomic_dec_and_test(&pending))
		wake_up_var(&pending);
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

static int compare(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

/* Sort, and leave out doubles and what is no station. Return: how many. */
static unsigned int tidy(u64 *keys, unsigned int n)
{
	unsigned int i, kept = 0;

	sort(keys, n, sizeof(*keys), compare, NULL);
	for (i = 0; i < n; i++)
		if (is_station(keys[i]) && (!kept || keys[kept - 1] != keys[i]))
			keys[kept++] = keys[i];
	return kept;
}

/* Replace the addresses the NIC was told. Takes @keys over, sorted. */
static void apply(struct vmnet_bridge *br, struct net_device *dev, u64 *keys,
		  unsigned int n)
{
	unsigned int i = 0, j = 0;

	while (i < br->nsynced || j < n) {
		if (j == n || (i < br->nsynced && br->synced[i] < keys[j]))
			change(dev, br->synced[i++], dev_uc_del);
		else if (i == br->nsynced || keys[j] < br->synced[i])
			change(dev, keys[j++], dev_uc_add);
		else
			i++, j++;
	}
	kvfree(br->synced);
	br->synced = keys;
	br->nsynced = n;
}

static void unsync_vlans(struct vmnet_bridge *br, struct net_device *dev)
{
	unsigned int vid;

	for_each_set_bit(vid, br->vids_synced, VLAN_N_VID)
		vlan_vid_del(dev, htons(ETH_P_8021Q), vid);
	bitmap_zero(br->vids_synced, VLAN_N_VID);
}

/* Let the NIC pass the VLANs of our stations. Return: does it? */
static bool sync_vlans(struct vmnet_bridge *br, struct net_device *dev)
{
	unsigned int vid;

	if (READ_ONCE(br->stagged) &&
	    dev->features & NETIF_F_HW_VLAN_STAG_FILTER)
		return false;
	if (!(dev->features & NETIF_F_HW_VLAN_CTAG_FILTER))
		return true;
	if (bitmap_weight(br->vids, VLAN_N_VID) > VLANS_MAX) {
		unsync_vlans(br, dev);
		return false;
	}
	for_each_set_bit(vid, br->vids, VLAN_N_VID) {
		if (test_bit(vid, br->vids_synced))
			continue;
		if (vlan_vid_add(dev, htons(ETH_P_8021Q), vid))
			return false;
		__set_bit(vid, br->vids_synced);
	}
	return true;
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
	/* Nobody sends to a guest's address there. */
	if (rcu_access_pointer(br->smac))
		n = 0;
	if (keys)
		n = tidy(keys, n);
	if (n > SYNC_MAX && !bridge_is_wireless(dev)) {
		promisc = true;
		n = 0;
	}
	if (!sync_vlans(br, dev))
		promisc = true;
	/* Without memory for the list it is better to keep the old one. */
	if (keys || !hub)
		apply(br, dev, keys, n);
	set_promisc(br, dev, promisc && !bridge_is_wireless(dev));
}

/* Holds a reference on the port. */
void vmnet_bridge_sync_work(struct work_struct *work)
{
	struct vmnet_bridge *br = container_of(to_delayed_work(work),
					       struct vmnet_bridge, sync);
	struct net_device *dev;

	WRITE_ONCE(br->sync_at, jiffies);
	rtnl_lock();
	dev = rtnl_dereference(br->dev);
	if (dev)
		sync(br, dev);
	rtnl_unlock();
	vmnet_port_put(&br->port);
	pending_done();
}

/**
 * vmnet_bridge_sync_soon - the stations of the hub have changed
 * @port: the uplink
 *
 * Any context that RCU allows; the work is done elsewhere.
 */
void vmnet_bridge_sync_soon(struct vmnet_port *port)
{
	struct vmnet_bridge *br = port_bridge(port);
	unsigned long delay = 0;

	if (!refcount_inc_not_zero(&port->ref))
		return;
	if (time_before(jiffies, READ_ONCE(br->sync_at) + SYNC_PAUSE))
		delay = SYNC_PAUSE;
	atomic_inc(&pending);
	if (!queue_delayed_work(sync_wq, &br->sync, delay)) {
		vmnet_port_put(port);
		pending_done();
	}
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
	unsync_vlans(br, dev);
	bitmap_zero(br->vids, VLAN_N_VID);
	WRITE_ONCE(br->stagged, false);
	set_promisc(br, dev, false);
}

int vmnet_bridge_sync_init(void)
{
	sync_wq = alloc_workqueue("vmnet_sync", WQ_UNBOUND, 0);
	return sync_wq ? 0 : -ENOMEM;
}

/* Waits for work that still holds ports, also for what waits for its time. */
void vmnet_bridge_sync_exit(void)
{
	/* Frames in flight may queue it last. */
	synchronize_rcu();
	wait_var_event(&pending, !atomic_read(&pending));
	destroy_workqueue(sync_wq);
}
