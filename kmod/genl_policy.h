/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMNET_GENL_POLICY_H
#define _VMNET_GENL_POLICY_H

#include <linux/netlink.h>
#include <net/netlink.h>
#include "policy.h"
#include "port.h"

bool vmnet_genl_put_policy(struct sk_buff *msg, const struct vmnet_port *port);
struct vmnet_policy_conf *vmnet_genl_get_policy(struct vmnet_port *port,
						struct nlattr *const *attrs,
						struct netlink_ext_ack *extack);

#endif /* _VMNET_GENL_POLICY_H */
