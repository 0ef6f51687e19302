// SPDX-License-Identifier: GPL-2.0-only
/*
 * Host interfaces: a port that the host's own stack is behind (vmware-abi
 * sections 2.9 and 6).
 */
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <net/net_namespace.h>
#include <net/rtnetlink.h>
#include "fwd.h"
#include "hub.h"
#include "netif.h"
#include "netif_priv.h"
#include "policy.h"

#define NETIF_MAC	0x005056c00000ULL

/* As a tap's. VMware's is 9194: what is longer its readers do not get, and it
 * is counted there.
 */
#define NETIF_MAX_MTU	(ETH_MAX_MTU - ETH_HLEN)

#define NETIF_FEATURES	(NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_HW_CSUM | \
			 NETIF_F_HIGHDMA | NETIF_F_GSO_SOFTWARE | \
			 NETIF_F_HW_VLAN_CTAG_TX | NETIF_F_HW_VLAN_STAG_TX)

/* The host's stack takes whatever a frame still needs. */
#define NETIF_RX	(NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_HW_CSUM | \
			 NETIF_F_SCTP_CRC | NETIF_F_GSO_MASK | \
			 NETIF_F_HW_VLAN_CTAG_TX | NETIF_F_HW_VLAN_STAG_TX)

static atomic_t next_number = ATOMIC_INIT(0);

static struct vmnet_netif *port_netif(const struct vmnet_port *port)
{
	return container_of(port, struct vmnet_netif, port);
}

static int netif_dev_init(struct net_device *dev)
{
	int err;

	dev->tstats = netdev_alloc_pcpu_stats(struct pcpu_sw_netstats);
	if (!dev->tstats)
		return -ENOMEM;
	err = vmnet_netif_rx_init(dev);
	if (err)
		free_percpu(dev->tstats);
	return err;
}

static void netif_dev_uninit(struct net_device *dev)
{
	vmnet_netif_rx_uninit(dev);
	free_percpu(dev->tstats);
}

static int netif_open(struct net_device *dev)
{
	vmnet_netif_rx_start(dev);
	netif_start_queue(dev);
	return 0;
}

static int netif_stop(struct net_device *dev)
{
	unsigned int lost;

	netif_stop_queue(dev);
	lost = vmnet_netif_rx_stop(dev);
	local_bh_disable();
	vmnet_stat_add(dev_netif(dev)->port.stats, VMNET_STAT_DROP_DOWN, lost);
	local_bh_enable();
	return 0;
}

/* The cable, as it were: pulled, nothing passes. Topology mutex held. */
static void update_carrier(struct vmnet_netif *nif)
{
	bool on = !nif->pulled && !nif->cut;
	struct net_device *dev;

	lockdep_assert_held(&vmnet_topology);
	rcu_read_lock();
	dev = rcu_dereference(nif->dev);
	if (dev && netif_carrier_ok(dev) != on) {
		if (on)
			netif_carrier_on(dev);
		else
			netif_carrier_off(dev);
		vmnet_watch_link(&nif->port);
	}
	rcu_read_unlock();
}

static int netif_change_carrier(struct net_device *dev, bool on)
{
	struct vmnet_netif *nif = dev_netif(dev);

	mutex_lock(&vmnet_topology);
	nif->pulled = !on;
	update_carrier(nif);
	mutex_unlock(&vmnet_topology);
	return 0;
}

static void netif_hub_link(struct vmnet_port *port, bool up)
{
	port_netif(port)->cut = !up;
	update_carrier(port_netif(port));
}

/* Context: bottom halves disabled. */
static netdev_tx_t netif_xmit(struct sk_buff *skb, struct net_device *dev)
{
	unsigned int len = skb->len;

	skb_tx_timestamp(skb);
	vmnet_skb_scrub(skb);
	if (unlikely(!netif_carrier_ok(dev) || !vmnet_skb_set_headers(skb))) {
		dev_core_stats_tx_dropped_inc(dev);
		kfree_skb(skb);
		return NETDEV_TX_OK;
	}
	vmnet_fwd(&dev_netif(dev)->port, skb);
	dev_sw_netstats_tx_add(dev, 1, len);
	return NETDEV_TX_OK;
}

/* The database follows the interface's address. Topology mutex held. */
static int set_station(struct vmnet_netif *nif, u64 addr)
{
	struct vmnet_hub *hub = vmnet_port_hub(&nif->port);
	int err;

	lockdep_assert_held(&vmnet_topology);
	if (hub) {
		err = vmnet_fdb_add(&hub->fdb, &nif->port, &nif->port.owner,
				    addr);
		if (err)
			return err;
		if (nif->addr != addr)
			vmnet_fdb_del(&hub->fdb, &nif->port.owner, nif->addr);
	}
	nif->addr = addr;
	return 0;
}

static int netif_set_mac(struct net_device *dev, void *arg)
{
	struct vmnet_netif *nif = dev_netif(dev);
	const struct sockaddr *sa = arg;
	u64 addr = ether_addr_to_u64(sa->sa_data);
	int err;

	if (!is_valid_ether_addr(sa->sa_data))
		return -EADDRNOTAVAIL;
	mutex_lock(&vmnet_topology);
	err = vmnet_policy_may_own(&nif->port, addr) ?
	      set_station(nif, addr) : -EPERM;
	if (!err)
		vmnet_hub_set_mac(&nif->port, addr, false);
	mutex_unlock(&vmnet_topology);
	if (!err)
		eth_hw_addr_set(dev, sa->sa_data);
	return err;
}

/*
 * Promiscuous, or a port of a bridge: there may be stations behind the host.
 * The flag can change under a spinlock, so a work item follows it.
 */
static void mode_work(struct work_struct *work)
{
	struct vmnet_netif *nif = container_of(work, struct vmnet_netif, mode);
	bool promisc = false, enslaved = false;
	struct net_device *dev;

	mutex_lock(&vmnet_topology);
	rcu_read_lock();
	dev = rcu_dereference(nif->dev);
	if (dev) {
		promisc = dev->flags & IFF_PROMISC;
		enslaved = netdev_master_upper_dev_get_rcu(dev);
	}
	rcu_read_unlock();
	vmnet_hub_set_promisc(&nif->port, promisc);
	vmnet_hub_set_learning(&nif->port, promisc || enslaved);
	mutex_unlock(&vmnet_topology);
}

static void netif_change_rx_flags(struct net_device *dev, int change)
{
	if (change & IFF_PROMISC)
		schedule_work(&dev_netif(dev)->mode);
}

/* Groups are filtered by flag alone, there is no list to keep. */
static void netif_set_rx_mode(struct net_device *dev)
{
}

static const struct net_device_ops netif_ops = {
	.ndo_init = netif_dev_init,
	.ndo_uninit = netif_dev_uninit,
	.ndo_open = netif_open,
	.ndo_stop = netif_stop,
	.ndo_start_xmit = netif_xmit,
	.ndo_set_mac_address = netif_set_mac,
	.ndo_validate_addr = eth_validate_addr,
	.ndo_change_rx_flags = netif_change_rx_flags,
	.ndo_set_rx_mode = netif_set_rx_mode,
	.ndo_change_carrier = netif_change_carrier,
	.ndo_get_stats64 = dev_get_tstats64,
};

/*
 * Never registered: interfaces are made by files. They have a kind all the
 * same, so that a namespace that ends takes its interface with it instead of
 * handing it to the initial one.
 */
static struct rtnl_link_ops netif_link_ops = {
	.kind = "vmnet",
};

static void netif_setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->netdev_ops = &netif_ops;
	dev->ethtool_ops = &vmnet_netif_ethtool_ops;
	dev->rtnl_link_ops = &netif_link_ops;
	dev->needs_free_netdev = true;
	dev->min_mtu = ETH_MIN_MTU;
	dev->max_mtu = NETIF_MAX_MTU;
	dev->features = NETIF_FEATURES;
	dev->hw_features = NETIF_FEATURES;
	dev->vlan_features = NETIF_FEATURES;
	dev->priv_flags |= IFF_LIVE_ADDR_CHANGE | IFF_NO_QUEUE;
	/* A frame changes hands: it is scrubbed and queued elsewhere. */
	dev->priv_flags &= ~IFF_TX_SKB_SHARING;
	compat_set_lltx(dev);
}

/* The interface's own flags and address decide (vmware-abi 6). */
static bool netif_wants(struct vmnet_port *port, const struct vmnet_dst *dst)
{
	struct vmnet_netif *nif = port_netif(port);
	struct net_device *dev = rcu_dereference(nif->dev);
	unsigned int flags = dev ? READ_ONCE(dev->flags) : 0;

	if (!(flags & IFF_UP) || !netif_carrier_ok(dev)) {
		vmnet_port_drop(port, VMNET_DROP_DOWN);
		return false;
	}
	if (flags & IFF_PROMISC || READ_ONCE(port->learning) ||
	    dst->key == READ_ONCE(nif->addr))
		return true;
	if (dst->broadcast && flags & IFF_BROADCAST)
		return true;
	if (dst->group && flags & (IFF_MULTICAST | IFF_ALLMULTI))
		return true;
	vmnet_port_drop(port, VMNET_DROP_MISMATCH);
	return false;
}

static void netif_deliver(struct vmnet_port *port, struct sk_buff *skb)
{
	struct net_device *dev = rcu_dereference(port_netif(port)->dev);
	int err;

	if (!dev) {
		kfree_skb(skb);
		return;
	}
	skb->protocol = eth_type_trans(skb, dev);
	err = vmnet_netif_rx(dev, skb);
	if (likely(!err))
		return;
	if (err == -ENETDOWN) {
		vmnet_stat_add(port->stats, VMNET_STAT_DROP_DOWN, 1);
		return;
	}
	dev_core_stats_rx_dropped_inc(dev);
	vmnet_stat_add(port->stats, VMNET_STAT_DROP_OVERFLOW, 1);
}

static const char *netif_ifname(const struct vmnet_port *port,
				const struct net **net)
{
	struct net_device *dev = rtnl_dereference(port_netif(port)->dev);

	*net = dev ? dev_net(dev) : NULL;
	return dev ? dev->name : port_netif(port)->name;
}

static bool netif_active(const struct vmnet_port *port)
{
	struct net_device *dev = rcu_dereference(port_netif(port)->dev);

	return dev && READ_ONCE(dev->flags) & IFF_UP && netif_carrier_ok(dev);
}

static const char *netif_devname(const struct vmnet_port *port)
{
	return port_netif(port)->name;
}

static void netif_show(struct vmnet_port *port, struct seq_file *m)
{
	seq_printf(m, "dev %s ", port_netif(port)->name);
	seq_putc(m, '\n');
}

static void netif_attached(struct vmnet_port *port)
{
	struct vmnet_netif *nif = port_netif(port);

	mutex_lock(&vmnet_topology);
	if (set_station(nif, nif->addr))
		pr_warn("vmnet: %s: its address is not to be had\n", nif->name);
	mutex_unlock(&vmnet_topology);
}

static void netif_retire(struct vmnet_port *port)
{
	struct vmnet_netif *nif = port_netif(port);
	struct net_device *dev = rtnl_dereference(nif->dev);

	if (dev)
		unregister_netdevice(dev);
	cancel_work_sync(&nif->mode);
}

static void netif_free(struct vmnet_port *port)
{
	vmnet_port_fini(port);
	kfree(port_netif(port));
}

static const struct vmnet_port_ops netif_port_ops = {
	.kind = VMNET_PORT_NETIF,
	.needs_rtnl = true,
	.wants = netif_wants,
	.deliver = netif_deliver,
	.ifname = netif_ifname,
	.active = netif_active,
	.devname = netif_devname,
	.show = netif_show,
	.hub_link = netif_hub_link,
	.attached = netif_attached,
	.retire = netif_retire,
	.free = netif_free,
};

/* Take 00:50:56:C0:00:nn, unless another port has it. */
static int take_mac(struct vmnet_netif *nif, unsigned int minor)
{
	u64 mac = NETIF_MAC | minor;
	int err = -EBUSY;

	mutex_lock(&vmnet_topology);
	if (!vmnet_hub_mac_used(mac, NULL)) {
		nif->addr = mac;
		err = vmnet_hub_set_mac(&nif->port, mac, false);
	}
	mutex_unlock(&vmnet_topology);
	return err;
}

static int make_interface(struct vmnet_netif *nif, struct net *net,
			  const char *name)
{
	struct net_device *dev;
	u8 mac[ETH_ALEN];

	dev = alloc_netdev(sizeof(struct netif_priv), name, NET_NAME_USER,
			   netif_setup);
	if (!dev)
		return -ENOMEM;
	((struct netif_priv *)netdev_priv(dev))->nif = nif;
	dev_net_set(dev, net);
	u64_to_ether_addr(nif->addr, mac);
	eth_hw_addr_set(dev, mac);
	if (register_netdevice(dev)) {
		free_netdev(dev);
		return -ENODEV;
	}
	strscpy(nif->name, dev->name, sizeof(nif->name));
	rcu_assign_pointer(nif->dev, dev);
	return 0;
}

/**
 * vmnet_netif_create - SIOCNETIF: make a host interface
 * @net: namespace to make it in
 * @name: up to 8 characters; a %d is expanded
 * @minor: last byte of its address
 *
 * Return: the port, unplugged; -EBUSY when another port has the address,
 * -ENODEV when the interface cannot be registered, -ENOMEM.
 * Context: RTNL held.
 */
struct vmnet_port *vmnet_netif_create(struct net *net, const char *name,
				      unsigned int minor)
{
	struct vmnet_netif *nif;
	int err;

	ASSERT_RTNL();
	nif = kzalloc(sizeof(*nif), GFP_KERNEL_ACCOUNT);
	if (!nif)
		return ERR_PTR(-ENOMEM);
	err = vmnet_port_init(&nif->port, &netif_port_ops, false);
	if (err) {
		kfree(nif);
		return ERR_PTR(err);
	}
	INIT_WORK(&nif->mode, mode_work);
	nif->port.number = atomic_fetch_inc(&next_number);
	nif->port.features = NETIF_RX;
	err = take_mac(nif, minor);
	if (!err)
		err = make_interface(nif, net, name);
	if (!err)
		return &nif->port;
	cancel_work_sync(&nif->mode);
	mutex_lock(&vmnet_topology);
	vmnet_hub_drop_mac(&nif->port);
	mutex_unlock(&vmnet_topology);
	vmnet_port_put(&nif->port);
	return ERR_PTR(err);
}

static int netif_event(struct notifier_block *nb, unsigned long event,
		       void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct vmnet_netif *nif;

	if (dev->netdev_ops != &netif_ops)
		return NOTIFY_DONE;
	nif = dev_netif(dev);
	switch (event) {
	case NETDEV_CHANGENAME:
		strscpy(nif->name, dev->name, sizeof(nif->name));
		break;
	case NETDEV_UP:
	case NETDEV_DOWN:
		vmnet_watch_link(&nif->port);
		break;
	case NETDEV_CHANGEUPPER:
		schedule_work(&nif->mode);
		break;
	case NETDEV_UNREGISTER:
		/* Not when it moves to another namespace. */
		if (dev->reg_state != NETREG_UNREGISTERING)
			break;
		RCU_INIT_POINTER(nif->dev, NULL);
		WRITE_ONCE(nif->port.gone, true);
		schedule_work(&nif->mode);
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block netif_notifier = {
	.notifier_call = netif_event,
};

int vmnet_netif_init(void)
{
	return register_netdevice_notifier(&netif_notifier);
}

void vmnet_netif_exit(void)
{
	unregister_netdevice_notifier(&netif_notifier);
}
