// SPDX-License-Identifier: GPL-2.0-only
/*
 * What ethtool can see of a host interface, and set.
 */
#include <linux/ethtool.h>
#include <linux/netdevice.h>
#include "netif_priv.h"

/* The counters of the port, as ethtool -S names them. */
static const struct {
	char		name[ETH_GSTRING_LEN];
	enum vmnet_stat	stat;
} counters[] = {
	{ "hub_tx_frames", VMNET_STAT_IN },
	{ "hub_tx_bytes", VMNET_STAT_IN_BYTES },
	{ "hub_rx_frames", VMNET_STAT_OUT },
	{ "hub_rx_bytes", VMNET_STAT_OUT_BYTES },
	{ "segmented", VMNET_STAT_SEGMENTED },
	{ "checksummed", VMNET_STAT_CSUM },
	{ "drop_down", VMNET_STAT_DROP_DOWN },
	{ "drop_mismatch", VMNET_STAT_DROP_MISMATCH },
	{ "drop_nomem", VMNET_STAT_DROP_NOMEM },
	{ "drop_overflow", VMNET_STAT_DROP_OVERFLOW },
};

static void netif_get_drvinfo(struct net_device *dev,
			      struct ethtool_drvinfo *info)
{
	strscpy(info->driver, "vmnet", sizeof(info->driver));
}

static int netif_get_sset_count(struct net_device *dev, int set)
{
	return set == ETH_SS_STATS ? ARRAY_SIZE(counters) : -EOPNOTSUPP;
}

static void netif_get_strings(struct net_device *dev, u32 set, u8 *data)
{
	unsigned int i;

	if (set != ETH_SS_STATS)
		return;
	for (i = 0; i < ARRAY_SIZE(counters); i++)
		memcpy(data + i * ETH_GSTRING_LEN, counters[i].name,
		       ETH_GSTRING_LEN);
}

static void netif_get_stats(struct net_device *dev, struct ethtool_stats *stats,
			    u64 *data)
{
	struct vmnet_port *port = &dev_netif(dev)->port;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(counters); i++)
		data[i] = vmnet_stat_read(port->stats, counters[i].stat);
}

/* There is no wire; what is said here goes into path costs and rates. */
static int netif_get_link_ksettings(struct net_device *dev,
				    struct ethtool_link_ksettings *cmd)
{
	ethtool_link_ksettings_zero_link_mode(cmd, supported);
	ethtool_link_ksettings_zero_link_mode(cmd, advertising);
	cmd->base.speed = SPEED_10000;
	cmd->base.duplex = DUPLEX_FULL;
	cmd->base.port = PORT_OTHER;
	cmd->base.autoneg = AUTONEG_DISABLE;
	return 0;
}

static void netif_get_ringparam(struct net_device *dev,
				struct ethtool_ringparam *ring,
				struct kernel_ethtool_ringparam *kernel_ring,
				struct netlink_ext_ack *extack)
{
	struct netif_priv *priv = netdev_priv(dev);

	ring->rx_max_pending = NETIF_RXQ_LEN_MAX;
	ring->rx_pending = priv->rxq_len;
}

/* The core has compared with the maximum. */
static int netif_set_ringparam(struct net_device *dev,
			       struct ethtool_ringparam *ring,
			       struct kernel_ethtool_ringparam *kernel_ring,
			       struct netlink_ext_ack *extack)
{
	struct netif_priv *priv = netdev_priv(dev);

	if (!ring->rx_pending)
		return -EINVAL;
	WRITE_ONCE(priv->rxq_len, ring->rx_pending);
	return 0;
}

const struct ethtool_ops vmnet_netif_ethtool_ops = {
	.get_drvinfo = netif_get_drvinfo,
	.get_link = ethtool_op_get_link,
	.get_link_ksettings = netif_get_link_ksettings,
	.get_ts_info = ethtool_op_get_ts_info,
	.get_sset_count = netif_get_sset_count,
	.get_strings = netif_get_strings,
	.get_ethtool_stats = netif_get_stats,
	.get_ringparam = netif_get_ringparam,
	.set_ringparam = netif_set_ringparam,
};
