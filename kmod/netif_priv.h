/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the host interface share.
 */
#ifndef _VMNET_NETIF_PRIV_H
#define _VMNET_NETIF_PRIV_H

#include <linux/netdevice.h>
#include <linux/workqueue.h>
#include "port.h"

struct netif_rxq;

/* Frames that may wait for the stack, per CPU: at first, and at most. */
#define NETIF_RXQ_LEN		1024
#define NETIF_RXQ_LEN_MAX	8192

/**
 * struct vmnet_netif - a host interface
 * @port: the common part
 * @dev: the interface, NULL once it has been unregistered. Written under RTNL.
 * @name: its name, kept for /proc and for loop detection
 * @addr: its address in the database of the hub; under the topology mutex
 * @pulled: the carrier has been taken from it by hand; under the topology mutex
 * @cut: the link of its hub is down; likewise
 * @mode: brings port and database in step with the interface's flags
 *
 * Lifetime: that of its port. The interface goes when the port is retired, or
 * with its namespace if that ends first; then the port lives on, gone, until
 * its file is closed.
 */
struct vmnet_netif {
	struct vmnet_port		port;
	struct net_device __rcu		*dev;
	char				name[IFNAMSIZ];
	u64				addr;
	bool				pulled;
	bool				cut;
	struct work_struct		mode;
};

/**
 * struct netif_priv - the interface's private part
 * @nif: the port behind it; outlives the registration
 * @rxq: receive queues; from ndo_init to ndo_uninit
 * @rxq_len: frames that may wait in each. Written under RTNL.
 */
struct netif_priv {
	struct vmnet_netif		*nif;
	struct netif_rxq __percpu	*rxq;
	unsigned int			rxq_len;
};

static inline struct vmnet_netif *dev_netif(const struct net_device *dev)
{
	return ((struct netif_priv *)netdev_priv(dev))->nif;
}

int vmnet_netif_rx_init(struct net_device *dev);
void vmnet_netif_rx_uninit(struct net_device *dev);
void vmnet_netif_rx_start(struct net_device *dev);
unsigned int vmnet_netif_rx_stop(struct net_device *dev);
int vmnet_netif_rx(struct net_device *dev, struct sk_buff *skb);

extern const struct ethtool_ops vmnet_netif_ethtool_ops;

#endif /* _VMNET_NETIF_PRIV_H */
