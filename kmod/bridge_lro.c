// SPDX-License-Identifier: GPL-2.0-only
/*
 * Large receive offload merges frames for good, so it is no good for frames
 * that go on to others. It is off while a NIC has an uplink, and comes back
 * with the last, if nobody else needs it off.
 */
#include <linux/inetdevice.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/addrconf.h>
#include "bridge_priv.h"

static bool wants_lro(const struct net_device *dev)
{
	return (dev->features | dev->wanted_features) & NETIF_F_LRO;
}

/*
 * Who else hands frames on: the stack that routes, a bridge or a device on
 * top, a program that sees each frame. They turned it off, or would have.
 */
static bool needed_off(struct net_device *dev)
{
	struct in_device *in = __in_dev_get_rtnl(dev);
	struct inet6_dev *in6 = __in6_dev_get(dev);

	return (in && IN_DEV_FORWARD(in)) ||
	       (in6 && READ_ONCE(in6->cnf.forwarding)) ||
	       rtnl_dereference(dev->rx_handler) ||
	       netdev_has_any_upper_dev(dev) || rtnl_dereference(dev->xdp_prog);
}

/**
 * vmnet_bridge_lro_off - before an uplink attaches, or when LRO came back
 * @br: the uplink
 * @dev: its NIC
 *
 * Context: RTNL held.
 */
void vmnet_bridge_lro_off(struct vmnet_bridge *br, struct net_device *dev)
{
	/* Under RTNL. */
	static bool busy;

	ASSERT_RTNL();
	if (wants_lro(dev))
		br->lro = true;
	/* A driver that fails to is told of as a change, which leads here. */
	if (busy)
		return;
	busy = true;
	dev_disable_lro(dev);
	busy = false;
}

/**
 * vmnet_bridge_lro_back - after an uplink has left its NIC
 * @br: the uplink
 * @dev: the NIC
 * @heir: another uplink of the NIC, or NULL
 *
 * What is below the NIC (a bond has ports) stays as it is. Context: RTNL held.
 */
void vmnet_bridge_lro_back(struct vmnet_bridge *br, struct net_device *dev,
			   struct vmnet_bridge *heir)
{
	ASSERT_RTNL();
	if (!br->lro)
		return;
	br->lro = false;
	if (heir) {
		heir->lro = true;
		return;
	}
	if (dev->reg_state != NETREG_REGISTERED || needed_off(dev))
		return;
	dev->wanted_features |= NETIF_F_LRO;
	netdev_update_features(dev);
}
