/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	include/spec/vmnet.yaml */
/* YNL-GEN kernel header */

#ifndef _LINUX_VMNET_GEN_H
#define _LINUX_VMNET_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <uapi/linux/vmnet_netlink.h>

/* Common nested types */
extern const struct nla_policy vmnet_port_impair_nl_policy[VMNET_A_PORT_IMPAIR_WAITING_BYTES + 1];
extern const struct nla_policy vmnet_port_lock_nl_policy[VMNET_A_PORT_LOCK_HEARD + 1];
extern const struct nla_policy vmnet_port_vlan_nl_policy[VMNET_A_PORT_VLAN_ALLOWED + 1];

extern const struct nla_policy vmnet_port_get_nl_policy[VMNET_A_PORT_SLOT + 1];

extern const struct nla_policy vmnet_port_set_nl_policy[VMNET_A_PORT_IMPAIR_OUT + 1];

extern const struct nla_policy vmnet_hub_get_nl_policy[VMNET_A_HUB_NUMBER + 1];

extern const struct nla_policy vmnet_hub_set_nl_policy[VMNET_A_HUB_GROUP_FWD + 1];

extern const struct nla_policy vmnet_fdb_get_nl_policy[VMNET_A_FDB_MAC + 1];

/* Ops table for vmnet */
extern const struct genl_ops vmnet_nl_ops[5];

int vmnet_nl_port_get_doit(struct sk_buff *skb, struct genl_info *info);
int vmnet_nl_port_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int vmnet_nl_port_set_doit(struct sk_buff *skb, struct genl_info *info);
int vmnet_nl_hub_get_doit(struct sk_buff *skb, struct genl_info *info);
int vmnet_nl_hub_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int vmnet_nl_hub_set_doit(struct sk_buff *skb, struct genl_info *info);
int vmnet_nl_fdb_get_doit(struct sk_buff *skb, struct genl_info *info);
int vmnet_nl_fdb_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);

enum {
	VMNET_NLGRP_PORT,
	VMNET_NLGRP_LINK,
	VMNET_NLGRP_FDB,
};

#endif /* _LINUX_VMNET_GEN_H */
