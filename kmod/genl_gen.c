// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)
/* Do not edit directly, auto-generated from: */
/*	include/spec/vmnet.yaml */
/* YNL-GEN kernel source */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "genl_gen.h"

#include <uapi/linux/vmnet_netlink.h>

/* Common nested types */
const struct nla_policy vmnet_port_impair_nl_policy[VMNET_A_PORT_IMPAIR_WAITING_BYTES + 1] = {
	[VMNET_A_PORT_IMPAIR_RATE] = { .type = NLA_U64, },
	[VMNET_A_PORT_IMPAIR_BURST] = { .type = NLA_U32, },
	[VMNET_A_PORT_IMPAIR_DELAY] = { .type = NLA_U32, },
	[VMNET_A_PORT_IMPAIR_JITTER] = { .type = NLA_U32, },
	[VMNET_A_PORT_IMPAIR_REORDER] = NLA_POLICY_MAX(NLA_U8, 1),
	[VMNET_A_PORT_IMPAIR_LOSS] = { .type = NLA_U32, },
	[VMNET_A_PORT_IMPAIR_DUPLICATE] = { .type = NLA_U32, },
	[VMNET_A_PORT_IMPAIR_LIMIT_FRAMES] = NLA_POLICY_RANGE(NLA_U32, 1, 16384),
	[VMNET_A_PORT_IMPAIR_LIMIT_BYTES] = { .type = NLA_U32, },
	[VMNET_A_PORT_IMPAIR_WAITING_FRAMES] = { .type = NLA_U32, },
	[VMNET_A_PORT_IMPAIR_WAITING_BYTES] = { .type = NLA_U32, },
};

const struct nla_policy vmnet_port_lock_nl_policy[VMNET_A_PORT_LOCK_HEARD + 1] = {
	[VMNET_A_PORT_LOCK_ON] = NLA_POLICY_MAX(NLA_U8, 1),
	[VMNET_A_PORT_LOCK_MAC] = NLA_POLICY_EXACT_LEN(6),
	[VMNET_A_PORT_LOCK_HEARD] = NLA_POLICY_EXACT_LEN(6),
};

const struct nla_policy vmnet_port_vlan_nl_policy[VMNET_A_PORT_VLAN_ALLOWED + 1] = {
	[VMNET_A_PORT_VLAN_MODE] = NLA_POLICY_MAX(NLA_U32, 2),
	[VMNET_A_PORT_VLAN_VID] = NLA_POLICY_RANGE(NLA_U32, 1, 4094),
	[VMNET_A_PORT_VLAN_ALLOWED] = NLA_POLICY_EXACT_LEN(512),
};

/* VMNET_CMD_PORT_GET - do */
const struct nla_policy vmnet_port_get_nl_policy[VMNET_A_PORT_SLOT + 1] = {
	[VMNET_A_PORT_ID] = { .type = NLA_U32, },
	[VMNET_A_PORT_HUB] = { .type = NLA_U32, },
	[VMNET_A_PORT_SLOT] = { .type = NLA_U32, },
};

/* VMNET_CMD_PORT_SET - do */
const struct nla_policy vmnet_port_set_nl_policy[VMNET_A_PORT_IMPAIR_OUT + 1] = {
	[VMNET_A_PORT_ID] = { .type = NLA_U32, },
	[VMNET_A_PORT_MAC] = NLA_POLICY_EXACT_LEN(6),
	[VMNET_A_PORT_FLAGS] = { .type = NLA_U32, },
	[VMNET_A_PORT_FLAGS_MASK] = { .type = NLA_U32, },
	[VMNET_A_PORT_LEARNING] = NLA_POLICY_MAX(NLA_U8, 1),
	[VMNET_A_PORT_PROMISC_ALLOWED] = NLA_POLICY_MAX(NLA_U8, 1),
	[VMNET_A_PORT_QUEUE_LEN] = NLA_POLICY_RANGE(NLA_U32, 1, 1024),
	[VMNET_A_PORT_ISOLATED] = NLA_POLICY_MAX(NLA_U8, 1),
	[VMNET_A_PORT_VLAN] = NLA_POLICY_NESTED(vmnet_port_vlan_nl_policy),
	[VMNET_A_PORT_LOCK] = NLA_POLICY_NESTED(vmnet_port_lock_nl_policy),
	[VMNET_A_PORT_IMPAIR_IN] = NLA_POLICY_NESTED(vmnet_port_impair_nl_policy),
	[VMNET_A_PORT_IMPAIR_OUT] = NLA_POLICY_NESTED(vmnet_port_impair_nl_policy),
};

/* VMNET_CMD_HUB_GET - do */
const struct nla_policy vmnet_hub_get_nl_policy[VMNET_A_HUB_NUMBER + 1] = {
	[VMNET_A_HUB_NUMBER] = { .type = NLA_U32, },
};

/* VMNET_CMD_HUB_SET - do */
const struct nla_policy vmnet_hub_set_nl_policy[VMNET_A_HUB_GROUP_FWD + 1] = {
	[VMNET_A_HUB_NUMBER] = { .type = NLA_U32, },
	[VMNET_A_HUB_AGEING] = NLA_POLICY_RANGE(NLA_U32, 1, 32767),
	[VMNET_A_HUB_PORT_LIMIT] = NLA_POLICY_RANGE(NLA_U32, 1, 32767),
	[VMNET_A_HUB_LOCAL_LIMIT] = NLA_POLICY_RANGE(NLA_U32, 1, 32767),
	[VMNET_A_HUB_UPLINK_LIMIT] = NLA_POLICY_RANGE(NLA_U32, 1, 32767),
	[VMNET_A_HUB_LINK_FOLLOWS] = NLA_POLICY_MAX(NLA_U8, 1),
	[VMNET_A_HUB_GROUP_FWD] = { .type = NLA_U16, },
};

/* VMNET_CMD_FDB_GET - do */
const struct nla_policy vmnet_fdb_get_nl_policy[VMNET_A_FDB_MAC + 1] = {
	[VMNET_A_FDB_HUB] = { .type = NLA_U32, },
	[VMNET_A_FDB_MAC] = NLA_POLICY_EXACT_LEN(6),
};

/* Ops table for vmnet */
const struct genl_ops vmnet_nl_ops[5] = {
	{
		.cmd		= VMNET_CMD_PORT_GET,
		.doit		= vmnet_nl_port_get_doit,
		.dumpit		= vmnet_nl_port_get_dumpit,
		.policy		= vmnet_port_get_nl_policy,
		.maxattr	= VMNET_A_PORT_SLOT,
	},
	{
		.cmd		= VMNET_CMD_PORT_SET,
		.doit		= vmnet_nl_port_set_doit,
		.policy		= vmnet_port_set_nl_policy,
		.maxattr	= VMNET_A_PORT_IMPAIR_OUT,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= VMNET_CMD_HUB_GET,
		.doit		= vmnet_nl_hub_get_doit,
		.dumpit		= vmnet_nl_hub_get_dumpit,
		.policy		= vmnet_hub_get_nl_policy,
		.maxattr	= VMNET_A_HUB_NUMBER,
	},
	{
		.cmd		= VMNET_CMD_HUB_SET,
		.doit		= vmnet_nl_hub_set_doit,
		.policy		= vmnet_hub_set_nl_policy,
		.maxattr	= VMNET_A_HUB_GROUP_FWD,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= VMNET_CMD_FDB_GET,
		.doit		= vmnet_nl_fdb_get_doit,
		.dumpit		= vmnet_nl_fdb_get_dumpit,
		.policy		= vmnet_fdb_get_nl_policy,
		.maxattr	= VMNET_A_FDB_MAC,
	},
};

static const struct genl_multicast_group vmnet_nl_mcgrps[] = {
	[VMNET_NLGRP_PORT] = { "port", },
	[VMNET_NLGRP_LINK] = { "link", },
	[VMNET_NLGRP_FDB] = { "fdb", },
};
