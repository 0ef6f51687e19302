// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ports on netlink: get, dump, set, and what is told of them.
 *
 * Reading takes RCU alone. A dump goes by id, so it neither misses nor repeats
 * a port that stays while others come and go.
 */
#include <linux/cred.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/user_namespace.h>
#include "genl_policy.h"
#include "genl_priv.h"
#include "uport.h"

static_assert((int)VMNET_KIND_USER == (int)VMNET_PORT_USER);
static_assert((int)VMNET_KIND_NETIF == (int)VMNET_PORT_NETIF);
static_assert((int)VMNET_KIND_BRIDGE == (int)VMNET_PORT_BRIDGE);
static_assert((int)VMNET_PORT_DIALECT_TUN == (int)VMNET_DIALECT_TUN);

unsigned int vmnet_genl_generation = 1;

/* The counters that are kept per CPU, by their attribute. */
static const enum vmnet_stat stat_of[VMNET_A_PORT_STATS_MAX + 1] = {
	[VMNET_A_PORT_STATS_IN_FRAMES] = VMNET_STAT_IN,
	[VMNET_A_PORT_STATS_IN_BYTES] = VMNET_STAT_IN_BYTES,
	[VMNET_A_PORT_STATS_OUT_FRAMES] = VMNET_STAT_OUT,
	[VMNET_A_PORT_STATS_OUT_BYTES] = VMNET_STAT_OUT_BYTES,
	[VMNET_A_PORT_STATS_WRITTEN] = VMNET_STAT_WRITTEN,
	[VMNET_A_PORT_STATS_DROP_DOWN] = VMNET_STAT_DROP_DOWN,
	[VMNET_A_PORT_STATS_DROP_MISMATCH] = VMNET_STAT_DROP_MISMATCH,
	[VMNET_A_PORT_STATS_DROP_NOMEM] = VMNET_STAT_DROP_NOMEM,
	[VMNET_A_PORT_STATS_DROP_LOOP] = VMNET_STAT_DROP_LOOP,
	[VMNET_A_PORT_STATS_SEGMENTED] = VMNET_STAT_SEGMENTED,
	[VMNET_A_PORT_STATS_CHECKSUMMED] = VMNET_STAT_CSUM,
	[VMNET_A_PORT_STATS_DROP_LOCK] = VMNET_STAT_DROP_LOCK,
	[VMNET_A_PORT_STATS_DROP_VLAN] = VMNET_STAT_DROP_VLAN,
	[VMNET_A_PORT_STATS_DROP_ISOLATED] = VMNET_STAT_DROP_ISOLATED,
	[VMNET_A_PORT_STATS_DROP_LOSS] = VMNET_STAT_DROP_LOSS,
	[VMNET_A_PORT_STATS_DROP_WAITING] = VMNET_STAT_DROP_WAITING,
	[VMNET_A_PORT_STATS_DUPLICATED] = VMNET_STAT_DUPLICATED,
};

static bool put_count(struct sk_buff *msg, int attr, u64 value)
{
	return !nla_put_u64_64bit(msg, attr, value, VMNET_A_PORT_STATS_PAD);
}

static bool put_stats(struct sk_buff *msg, struct vmnet_port *port)
{
	struct nlattr *nest = nla_nest_start(msg, VMNET_A_PORT_STATS);
	struct vmnet_uport_counts c;
	unsigned int i;

	if (!nest)
		return false;
	for (i = VMNET_A_PORT_STATS_PAD + 1; i < ARRAY_SIZE(stat_of); i++) {
		/* What has no counter of its own is the queue's. */
		if (!stat_of[i] && i != VMNET_A_PORT_STATS_IN_FRAMES)
			continue;
		if (!put_count(msg, i, vmnet_stat_read(port->stats, stat_of[i])))
			return false;
	}
	if (port->ops->kind == VMNET_PORT_USER) {
		vmnet_uport_counts(vmnet_uport(port), &c);
		if (!put_count(msg, VMNET_A_PORT_STATS_QUEUED, c.queued) ||
		    !put_count(msg, VMNET_A_PORT_STATS_READ, c.read) ||
		    !put_count(msg, VMNET_A_PORT_STATS_DROP_OVERFLOW,
			       c.overflow) ||
		    !put_count(msg, VMNET_A_PORT_STATS_DROP_TOO_LARGE,
			       c.too_large))
			return false;
	}
	if (port->ops->kind == VMNET_PORT_BRIDGE &&
	    !put_count(msg, VMNET_A_PORT_STATS_DROP_TOO_LARGE,
		       vmnet_stat_read(port->stats,
				       VMNET_STAT_DROP_TOO_LONG)))
		return false;
	nla_nest_end(msg, nest);
	return true;
}

static bool put_queue(struct sk_buff *msg, struct vmnet_port *port)
{
	struct vmnet_uport *u = vmnet_uport(port);
	struct vmnet_uport_counts c;

	vmnet_uport_counts(u, &c);
	return !nla_put_u32(msg, VMNET_A_PORT_DIALECT, READ_ONCE(u->dialect)) &&
	       !nla_put_u32(msg, VMNET_A_PORT_QUEUE_LEN,
			    READ_ONCE(u->queue_len)) &&
	       !nla_put_u32(msg, VMNET_A_PORT_QUEUE_FRAMES, c.frames) &&
	       !nla_put_u32(msg, VMNET_A_PORT_QUEUE_BYTES, c.bytes);
}

/*
 * Where a port is plugged in, or NULL. It may just be leaving: its slot goes
 * from it before a grace period is over.
 */
static const struct vmnet_slot *slot_of(const struct vmnet_port *port)
{
	return rcu_access_pointer(port->hub) ? READ_ONCE(port->slot) : NULL;
}

/* Where a port is. */
static bool put_place(struct sk_buff *msg, struct vmnet_port *port)
{
	const struct vmnet_slot *slot = slot_of(port);

	if (nla_put_u32(msg, VMNET_A_PORT_ID, port->id))
		return false;
	return !slot ||
	       (!nla_put_u32(msg, VMNET_A_PORT_HUB, slot->hub->id) &&
		!nla_put_u32(msg, VMNET_A_PORT_SLOT, slot->index));
}

static bool put_state(struct sk_buff *msg, struct vmnet_port *port)
{
	u8 mac[ETH_ALEN];

	u64_to_ether_addr(READ_ONCE(port->mac), mac);
	return !nla_put_u32(msg, VMNET_A_PORT_KIND, port->ops->kind) &&
	       !nla_put_u32(msg, VMNET_A_PORT_NUMBER, port->number) &&
	       !nla_put(msg, VMNET_A_PORT_MAC, sizeof(mac), mac) &&
	       !nla_put_u8(msg, VMNET_A_PORT_MAC_STATIC,
			   READ_ONCE(port->mac_static)) &&
	       !nla_put_u32(msg, VMNET_A_PORT_FLAGS, READ_ONCE(port->flags)) &&
	       !nla_put_u8(msg, VMNET_A_PORT_LEARNING,
			   READ_ONCE(port->learning)) &&
	       !nla_put_u8(msg, VMNET_A_PORT_PROMISC,
			   READ_ONCE(port->promisc)) &&
	       !nla_put_u8(msg, VMNET_A_PORT_PROMISC_ALLOWED,
			   !READ_ONCE(port->no_promisc));
}

static bool put_opener(struct sk_buff *msg, const struct vmnet_opener *o)
{
	return !nla_put_u32(msg, VMNET_A_PORT_OPENER_PID, pid_vnr(o->pid)) &&
	       !nla_put_u32(msg, VMNET_A_PORT_OPENER_UID,
			    from_kuid_munged(current_user_ns(), o->uid)) &&
	       !nla_put_string(msg, VMNET_A_PORT_OPENER_COMM, o->comm);
}

/* A user port's link is that of its hub too. Context: RCU read lock. */
static bool put_link(struct sk_buff *msg, struct vmnet_port *port)
{
	const struct vmnet_hub *hub = rcu_dereference(port->hub);
	bool up;

	if (port->ops->active)
		up = port->ops->active(port);
	else
		up = READ_ONCE(port->flags) & VMNET_FLAG_UP &&
		     !(hub && READ_ONCE(hub->link_down));
	return !nla_put_u8(msg, VMNET_A_PORT_LINK, up);
}

static bool put_ifname(struct sk_buff *msg, struct vmnet_port *port)
{
	char name[IFNAMSIZ];

	if (!port->ops->devname)
		return true;
	/* A copy, since it may just be changing. */
	strscpy(name, port->ops->devname(port), sizeof(name));
	return !nla_put_string(msg, VMNET_A_PORT_IFNAME, name);
}

/* Append the attributes of @port. Context: RCU read lock. */
static bool put_port(struct sk_buff *msg, struct vmnet_port *port, bool opener)
{
	return put_place(msg, port) && put_state(msg, port) &&
	       put_link(msg, port) && put_ifname(msg, port) &&
	       (port->ops->kind != VMNET_PORT_USER || put_queue(msg, port)) &&
	       (!opener || put_opener(msg, &port->opener)) &&
	       put_stats(msg, port) && vmnet_genl_put_policy(msg, port);
}

/* May the one who asks see who opened a port? */
static bool sees_openers(struct sk_buff *skb)
{
	return netlink_capable(skb, CAP_NET_ADMIN);
}

static struct vmnet_port *find_by_place(struct nlattr **attrs)
{
	u32 number, slot;
	struct vmnet_port *port;
	unsigned long i;

	number = nla_get_u32(attrs[VMNET_A_PORT_HUB]);
	slot = nla_get_u32(attrs[VMNET_A_PORT_SLOT]);
	xa_for_each(&vmnet_ports, i, port) {
		const struct vmnet_slot *s = slot_of(port);

		if (s && s->hub->id == number && s->index == slot)
			return port;
	}
	return NULL;
}

/* The port a request names. Context: RCU read lock. */
static struct vmnet_port *find_port(struct genl_info *info)
{
	struct nlattr **attrs = info->attrs;
	struct vmnet_port *port;

	if (attrs[VMNET_A_PORT_ID]) {
		port = xa_load(&vmnet_ports,
			       nla_get_u32(attrs[VMNET_A_PORT_ID]));
	} else if (attrs[VMNET_A_PORT_HUB] && attrs[VMNET_A_PORT_SLOT]) {
		port = find_by_place(attrs);
	} else {
		NL_SET_ERR_MSG(info->extack,
			       "A port is named by its id, or by hub and slot");
		return ERR_PTR(-EINVAL);
	}
	if (port)
		return port;
	NL_SET_ERR_MSG(info->extack, "There is no such port");
	return ERR_PTR(-ENOENT);
}

int vmnet_nl_port_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vmnet_port *port;
	struct sk_buff *msg;
	void *hdr;
	int err;

	msg = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	hdr = genlmsg_put_reply(msg, info, &vmnet_nl_family, 0,
				VMNET_CMD_PORT_GET);
	rcu_read_lock();
	port = find_port(info);
	err = PTR_ERR_OR_ZERO(port);
	if (!err && !put_port(msg, port, sees_openers(skb)))
		err = -EMSGSIZE;
	rcu_read_unlock();
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

/* One message of a dump; false when @skb is full. */
static bool dump_port(struct sk_buff *skb, struct netlink_callback *cb,
		      struct vmnet_port *port, bool opener)
{
	void *hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
				cb->nlh->nlmsg_seq, &vmnet_nl_family,
				NLM_F_MULTI, VMNET_CMD_PORT_GET);

	if (!hdr)
		return false;
	genl_dump_check_consistent(cb, hdr);
	if (!put_port(skb, port, opener)) {
		genlmsg_cancel(skb, hdr);
		return false;
	}
	genlmsg_end(skb, hdr);
	return true;
}

/* cb->args[0] is the id to go on with. */
int vmnet_nl_port_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct nlattr **attrs = compat_dump_attrs(cb);
	bool opener = sees_openers(cb->skb);
	struct vmnet_port *port;
	unsigned long id;

	if (attrs[VMNET_A_PORT_ID] || attrs[VMNET_A_PORT_SLOT]) {
		NL_SET_ERR_MSG(cb->extack, "A dump is of all ports or of a hub's");
		return -EINVAL;
	}
	cb->seq = READ_ONCE(vmnet_genl_generation);
	rcu_read_lock();
	xa_for_each_start(&vmnet_ports, id, port, cb->args[0]) {
		struct vmnet_hub *hub = rcu_dereference(port->hub);

		if (attrs[VMNET_A_PORT_HUB] &&
		    (!hub || hub->id != nla_get_u32(attrs[VMNET_A_PORT_HUB])))
			continue;
		if (!dump_port(skb, cb, port, opener))
			break;
	}
	rcu_read_unlock();
	/* Past the end there is no port, and the last id is far from ULONG_MAX. */
	cb->args[0] = port ? id : ULONG_MAX;
	return skb->len;
}

/* Everything of a request that could be refused, before anything is done. */
static int check_set(struct genl_info *info, struct vmnet_port *port)
{
	struct nlattr *bad = info->attrs[VMNET_A_PORT_LEARNING] ?:
			     info->attrs[VMNET_A_PORT_QUEUE_LEN] ?:
			     info->attrs[VMNET_A_PORT_MAC];
	struct nlattr *attr;

	if (bad && port->ops->kind != VMNET_PORT_USER) {
		NL_SET_ERR_MSG_ATTR(info->extack, bad,
				    "Only ports of programs have this setting");
		return -EOPNOTSUPP;
	}
	attr = info->attrs[VMNET_A_PORT_FLAGS_MASK];
	if (attr && !info->attrs[VMNET_A_PORT_FLAGS]) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr, "A mask without flags");
		return -EINVAL;
	}
	attr = attr ?: info->attrs[VMNET_A_PORT_FLAGS];
	if (attr && nla_get_u32(attr) & ~(VMNET_FLAGS_SETTABLE |
					  VMNET_FLAG_RUNNING)) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr, "Unknown flags");
		return -EINVAL;
	}
	attr = info->attrs[VMNET_A_PORT_MAC];
	if (attr && !is_valid_ether_addr(nla_data(attr))) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr,
				    "Not the address of one station");
		return -EADDRNOTAVAIL;
	}
	if (attr && vmnet_hub_mac_used(ether_addr_to_u64(nla_data(attr)), port)) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr,
				    "Another port has this address");
		return -EBUSY;
	}
	return 0;
}

static void set_flags(struct vmnet_port *port, u32 flags, u32 mask)
{
	flags = (port->flags & ~mask) | (flags & mask);
	if (port->ops->kind == VMNET_PORT_USER)
		vmnet_uport_set_flags(vmnet_uport(port), flags);
	else
		vmnet_port_set_flags(port, flags);
}

/*
 * What can fail though check_set() let it pass: the address is another port's
 * for good, or there is no memory. Then all is as it was.
 */
static int set_policy_and_station(struct nlattr **attrs,
				  struct vmnet_port *port,
				  const struct vmnet_policy_conf *conf)
{
	bool was_static = port->mac_static, was_learning = port->learning;
	u64 was = port->mac;
	int err = 0;

	if (attrs[VMNET_A_PORT_MAC])
		err = vmnet_hub_set_mac(port,
					ether_addr_to_u64(nla_data(attrs[VMNET_A_PORT_MAC])),
					port->mac_static);
	if (err)
		return err;
	if (attrs[VMNET_A_PORT_LEARNING])
		err = vmnet_uport_set_learning(vmnet_uport(port),
					       nla_get_u8(attrs[VMNET_A_PORT_LEARNING]));
	if (!err && conf)
		err = vmnet_policy_set(port, conf);
	if (!err)
		return 0;
	if (attrs[VMNET_A_PORT_LEARNING])
		vmnet_hub_set_learning(port, was_learning);
	if (attrs[VMNET_A_PORT_MAC] || attrs[VMNET_A_PORT_LEARNING])
		vmnet_hub_set_mac(port, was, was_static);
	return err;
}

/* The rest cannot fail. */
static void set_others(struct nlattr **attrs, struct vmnet_port *port)
{
	if (attrs[VMNET_A_PORT_QUEUE_LEN])
		WRITE_ONCE(vmnet_uport(port)->queue_len,
			   nla_get_u32(attrs[VMNET_A_PORT_QUEUE_LEN]));
	if (attrs[VMNET_A_PORT_PROMISC_ALLOWED]) {
		WRITE_ONCE(port->no_promisc,
			   !nla_get_u8(attrs[VMNET_A_PORT_PROMISC_ALLOWED]));
		/* Those it has are looked at again. */
		set_flags(port, 0, 0);
	}
	if (attrs[VMNET_A_PORT_PROMISC_ALLOWED] || attrs[VMNET_A_PORT_QUEUE_LEN])
		vmnet_watch_changed(port);
	if (attrs[VMNET_A_PORT_FLAGS])
		set_flags(port, nla_get_u32(attrs[VMNET_A_PORT_FLAGS]),
			  attrs[VMNET_A_PORT_FLAGS_MASK] ?
			  nla_get_u32(attrs[VMNET_A_PORT_FLAGS_MASK]) :
			  VMNET_FLAGS_SETTABLE);
}

int vmnet_nl_port_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vmnet_policy_conf *conf = NULL;
	struct vmnet_port *port;
	int err;

	mutex_lock(&vmnet_topology);
	/* The mutex keeps the port where it is. */
	rcu_read_lock();
	port = find_port(info);
	rcu_read_unlock();
	err = PTR_ERR_OR_ZERO(port);
	if (!err)
		err = check_set(info, port);
	if (!err) {
		conf = vmnet_genl_get_policy(port, info->attrs, info->extack);
		err = PTR_ERR_OR_ZERO(conf);
	}
	if (!err) {
		err = set_policy_and_station(info->attrs, port, conf);
		kfree(conf);
		if (err == -EBUSY)
			NL_SET_ERR_MSG(info->extack,
				       "The address is another port's for good");
		else if (err)
			NL_SET_ERR_MSG(info->extack, "Not enough memory");
	}
	if (!err)
		set_others(info->attrs, port);
	mutex_unlock(&vmnet_topology);
	return err;
}

/* Appends what a message tells of a port. */
typedef bool fill_fn(struct sk_buff *msg, struct vmnet_port *port);

static bool fill_port(struct sk_buff *msg, struct vmnet_port *port)
{
	return put_port(msg, port, false);
}

static bool fill_link(struct sk_buff *msg, struct vmnet_port *port)
{
	return put_place(msg, port) && put_link(msg, port);
}

/* Tell a group, if anybody listens, of @port. */
static void announce(struct vmnet_port *port, u8 cmd, unsigned int group,
		     fill_fn *fill, gfp_t gfp)
{
	struct sk_buff *msg;
	bool fits;
	void *hdr;

	if (!vmnet_genl_wanted(group))
		return;
	msg = genlmsg_new(NLMSG_GOODSIZE, gfp);
	if (!msg)
		return;
	hdr = genlmsg_put(msg, 0, 0, &vmnet_nl_family, 0, cmd);
	rcu_read_lock();
	fits = hdr && fill(msg, port);
	rcu_read_unlock();
	if (WARN_ON_ONCE(!fits)) {
		nlmsg_free(msg);
		return;
	}
	genlmsg_end(msg, hdr);
	genlmsg_multicast(&vmnet_nl_family, msg, 0, group, gfp);
}

/* Topology mutex held. */
static void tell(struct vmnet_port *port, u8 cmd)
{
	announce(port, cmd, VMNET_NLGRP_PORT, fill_port, GFP_KERNEL);
}

static void topology_changed(void)
{
	WRITE_ONCE(vmnet_genl_generation, vmnet_genl_generation + 1);
}

static void port_plugged(struct vmnet_port *port)
{
	topology_changed();
	tell(port, VMNET_CMD_PORT_NEW_NTF);
}

static void port_leaving(struct vmnet_port *port)
{
	topology_changed();
	tell(port, VMNET_CMD_PORT_DEL_NTF);
}

static void port_changed(struct vmnet_port *port)
{
	tell(port, VMNET_CMD_PORT_CHANGE_NTF);
}

/* May be called with a spinlock held, and in any context but interrupts. */
static void port_link(struct vmnet_port *port)
{
	announce(port, VMNET_CMD_LINK_NTF, VMNET_NLGRP_LINK, fill_link,
		 GFP_ATOMIC);
}

static struct vmnet_watch watch = {
	.plugged = port_plugged,
	.leaving = port_leaving,
	.changed = port_changed,
	.link = port_link,
};

void vmnet_genl_ports_init(void)
{
	vmnet_watch_add(&watch);
}
