// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hubs on netlink. What is set for one keeps it in being without ports.
 */
#include "genl_priv.h"

/* Topology mutex held. */
static bool put_hub(struct sk_buff *msg, struct vmnet_hub *hub)
{
	const struct vmnet_fdb_limits *l = &hub->fdb.limits;

	return !nla_put_u32(msg, VMNET_A_HUB_NUMBER, hub->id) &&
	       (hub->key.type != VMNET_BIND_PVN ||
		!nla_put(msg, VMNET_A_HUB_PVN, sizeof(hub->key.pvn),
			 hub->key.pvn)) &&
	       !nla_put_u32(msg, VMNET_A_HUB_PORTS, hub->nused) &&
	       !nla_put_u32(msg, VMNET_A_HUB_STATIONS,
			    atomic_read(&hub->fdb.table.ht.nelems)) &&
	       !nla_put_u32(msg, VMNET_A_HUB_AGEING, l->ageing) &&
	       !nla_put_u32(msg, VMNET_A_HUB_PORT_LIMIT, l->port) &&
	       !nla_put_u32(msg, VMNET_A_HUB_LOCAL_LIMIT, l->local) &&
	       !nla_put_u32(msg, VMNET_A_HUB_UPLINK_LIMIT, l->uplink) &&
	       !nla_put_u8(msg, VMNET_A_HUB_LINK_FOLLOWS, hub->follows) &&
	       !nla_put_u8(msg, VMNET_A_HUB_LINK, !hub->link_down) &&
	       !nla_put_u16(msg, VMNET_A_HUB_GROUP_FWD, hub->group_fwd);
}

static int need_number(struct genl_info *info)
{
	if (info->attrs[VMNET_A_HUB_NUMBER])
		return 0;
	NL_SET_ERR_MSG(info->extack, "A hub is named by its number");
	return -EINVAL;
}

int vmnet_nl_hub_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vmnet_hub *hub;
	struct sk_buff *msg;
	void *hdr;
	int err;

	err = need_number(info);
	if (err)
		return err;
	msg = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	hdr = genlmsg_put_reply(msg, info, &vmnet_nl_family, 0,
				VMNET_CMD_HUB_GET);
	mutex_lock(&vmnet_topology);
	hub = vmnet_hub_find(nla_get_u32(info->attrs[VMNET_A_HUB_NUMBER]));
	if (!hub) {
		NL_SET_ERR_MSG(info->extack, "There is no such hub");
		err = -ENOENT;
	} else if (!put_hub(msg, hub)) {
		err = -EMSGSIZE;
	}
	mutex_unlock(&vmnet_topology);
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

/* cb->args[0] is the number to go on with. */
int vmnet_nl_hub_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct vmnet_hub *hub;
	void *hdr;

	mutex_lock(&vmnet_topology);
	cb->seq = vmnet_genl_generation;
	while ((hub = vmnet_hub_next(cb->args[0]))) {
		hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
				  cb->nlh->nlmsg_seq, &vmnet_nl_family,
				  NLM_F_MULTI, VMNET_CMD_HUB_GET);
		if (!hdr)
			break;
		genl_dump_check_consistent(cb, hdr);
		if (!put_hub(skb, hub)) {
			genlmsg_cancel(skb, hdr);
			break;
		}
		genlmsg_end(skb, hdr);
		cb->args[0] = hub->id + 1;
	}
	mutex_unlock(&vmnet_topology);
	return skb->len;
}

static void take(struct genl_info *info, int attr, u32 *value)
{
	if (info->attrs[attr])
		WRITE_ONCE(*value, nla_get_u32(info->attrs[attr]));
}

int vmnet_nl_hub_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vmnet_fdb_limits *l;
	struct vmnet_hub *hub;
	bool keep;
	int err;

	err = need_number(info);
	if (err)
		return err;
	mutex_lock(&vmnet_topology);
	hub = vmnet_hub_begin_set(nla_get_u32(info->attrs[VMNET_A_HUB_NUMBER]));
	if (IS_ERR(hub)) {
		mutex_unlock(&vmnet_topology);
		NL_SET_ERR_MSG(info->extack, "There is no such hub");
		return PTR_ERR(hub);
	}
	l = &hub->fdb.limits;
	take(info, VMNET_A_HUB_AGEING, &l->ageing);
	take(info, VMNET_A_HUB_PORT_LIMIT, &l->port);
	take(info, VMNET_A_HUB_LOCAL_LIMIT, &l->local);
	take(info, VMNET_A_HUB_UPLINK_LIMIT, &l->uplink);
	if (info->attrs[VMNET_A_HUB_GROUP_FWD])
		WRITE_ONCE(hub->group_fwd,
			   nla_get_u16(info->attrs[VMNET_A_HUB_GROUP_FWD]));
	/* Those who wait for the old time to pass look again. */
	if (info->attrs[VMNET_A_HUB_AGEING])
		vmnet_fdb_age_soon(&hub->fdb);
	if (info->attrs[VMNET_A_HUB_LINK_FOLLOWS]) {
		hub->follows = nla_get_u8(info->attrs[VMNET_A_HUB_LINK_FOLLOWS]);
		vmnet_hub_update_link(hub);
	}
	keep = hub->follows || hub->group_fwd ||
	       memcmp(l, &vmnet_fdb_defaults, sizeof(*l));
	vmnet_hub_end_set(hub, keep);
	mutex_unlock(&vmnet_topology);
	return 0;
}
