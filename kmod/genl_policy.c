// SPDX-License-Identifier: GPL-2.0-only
/*
 * The policy of a port on netlink. A nest replaces all that was set of its
 * kind; what a message does not name stays.
 */
#include <linux/slab.h>
#include "genl_gen.h"
#include "genl_policy.h"
#include "hub.h"
#include "policy.h"

#define VLAN_BYTES	(VLAN_N_VID / 8)

static const int impair_attr[VMNET_DIRS] = {
	[VMNET_DIR_IN] = VMNET_A_PORT_IMPAIR_IN,
	[VMNET_DIR_OUT] = VMNET_A_PORT_IMPAIR_OUT,
};

static bool put_allowed(struct sk_buff *msg, const struct vmnet_vlan *vlan)
{
	struct nlattr *a = nla_reserve(msg, VMNET_A_PORT_VLAN_ALLOWED,
				       VLAN_BYTES);
	unsigned int vid;
	u8 *map;

	if (!a)
		return false;
	map = nla_data(a);
	memset(map, 0, VLAN_BYTES);
	for_each_set_bit(vid, vlan->allowed, VLAN_N_VID)
		map[vid / 8] |= 1 << (vid % 8);
	return true;
}

static bool put_vlan(struct sk_buff *msg, const struct vmnet_vlan *vlan)
{
	struct nlattr *nest;

	if (vlan->mode == VMNET_VLAN_MODE_OFF)
		return true;
	nest = nla_nest_start(msg, VMNET_A_PORT_VLAN);
	if (!nest || nla_put_u32(msg, VMNET_A_PORT_VLAN_MODE, vlan->mode) ||
	    (vlan->vid &&
	     nla_put_u32(msg, VMNET_A_PORT_VLAN_VID, vlan->vid)) ||
	    (vlan->mode == VMNET_VLAN_MODE_TRUNK && !put_allowed(msg, vlan)))
		return false;
	nla_nest_end(msg, nest);
	return true;
}

static bool put_mac(struct sk_buff *msg, int attr, u64 mac)
{
	u8 addr[ETH_ALEN];

	u64_to_ether_addr(mac, addr);
	return !nla_put(msg, attr, ETH_ALEN, addr);
}

static bool put_lock(struct sk_buff *msg, const struct vmnet_port *port,
		     const struct vmnet_lock *lock)
{
	u64 heard = atomic64_read(&port->heard);
	struct nlattr *nest;
	unsigned int i;

	if (!lock->on)
		return true;
	nest = nla_nest_start(msg, VMNET_A_PORT_LOCK);
	if (!nest || nla_put_u8(msg, VMNET_A_PORT_LOCK_ON, 1))
		return false;
	for (i = 0; i < lock->n; i++)
		if (!put_mac(msg, VMNET_A_PORT_LOCK_MAC, lock->mac[i]))
			return false;
	if (!lock->n && heard &&
	    !put_mac(msg, VMNET_A_PORT_LOCK_HEARD, heard))
		return false;
	nla_nest_end(msg, nest);
	return true;
}

static bool put_impair(struct sk_buff *msg, int attr, struct vmnet_impair *imp)
{
	struct vmnet_impair_waiting waiting;
	struct vmnet_impair_conf c;
	struct nlattr *nest;

	if (!imp)
		return true;
	vmnet_impair_get(imp, &c, &waiting);
	nest = nla_nest_start(msg, attr);
	if (!nest ||
	    nla_put_u64_64bit(msg, VMNET_A_PORT_IMPAIR_RATE, c.rate,
			      VMNET_A_PORT_IMPAIR_PAD) ||
	    nla_put_u32(msg, VMNET_A_PORT_IMPAIR_BURST, c.burst) ||
	    nla_put_u32(msg, VMNET_A_PORT_IMPAIR_DELAY, c.delay) ||
	    nla_put_u32(msg, VMNET_A_PORT_IMPAIR_JITTER, c.jitter) ||
	    nla_put_u8(msg, VMNET_A_PORT_IMPAIR_REORDER, c.reorder) ||
	    nla_put_u32(msg, VMNET_A_PORT_IMPAIR_LOSS, c.loss) ||
	    nla_put_u32(msg, VMNET_A_PORT_IMPAIR_DUPLICATE, c.duplicate) ||
	    nla_put_u32(msg, VMNET_A_PORT_IMPAIR_LIMIT_FRAMES, c.frames) ||
	    nla_put_u32(msg, VMNET_A_PORT_IMPAIR_LIMIT_BYTES, c.bytes) ||
	    nla_put_u32(msg, VMNET_A_PORT_IMPAIR_WAITING_FRAMES,
			waiting.frames) ||
	    nla_put_u32(msg, VMNET_A_PORT_IMPAIR_WAITING_BYTES, waiting.bytes))
		return false;
	nla_nest_end(msg, nest);
	return true;
}

/**
 * vmnet_genl_put_policy - tell the policy of a port
 * @msg: where to append it; a nest that was begun is for the caller to cancel
 * @port: the port
 *
 * What is off is left out, but for isolation. Return: false when there is no
 * room. Context: RCU read lock.
 */
bool vmnet_genl_put_policy(struct sk_buff *msg, const struct vmnet_port *port)
{
	const struct vmnet_policy *policy = rcu_dereference(port->policy);
	int d;

	if (nla_put_u8(msg, VMNET_A_PORT_ISOLATED, policy && policy->isolated))
		return false;
	if (!policy)
		return true;
	if (!put_vlan(msg, &policy->vlan) ||
	    !put_lock(msg, port, &policy->lock))
		return false;
	for (d = 0; d < VMNET_DIRS; d++)
		if (!put_impair(msg, impair_attr[d], policy->impair[d]))
			return false;
	return true;
}

static int fail(struct netlink_ext_ack *extack, const struct nlattr *attr,
		const char *why)
{
	NL_SET_BAD_ATTR(extack, attr);
	if (extack)
		extack->_msg = why;
	return -EINVAL;
}

static int get_allowed(struct vmnet_vlan *vlan, const struct nlattr *attr,
		       struct netlink_ext_ack *extack)
{
	const u8 *map = nla_data(attr);
	unsigned int vid;

	for (vid = 0; vid < VLAN_N_VID; vid++)
		if (map[vid / 8] & 1 << (vid % 8))
			__set_bit(vid, vlan->allowed);
	if (test_bit(0, vlan->allowed) || test_bit(VLAN_N_VID - 1, vlan->allowed))
		return fail(extack, attr, "VLANs are numbered from 1 to 4094");
	return 0;
}

static int get_vlan(struct vmnet_vlan *vlan, const struct nlattr *attr,
		    struct netlink_ext_ack *extack)
{
	struct nlattr *tb[VMNET_A_PORT_VLAN_MAX + 1], *vid, *allowed;
	int err;

	err = nla_parse_nested(tb, VMNET_A_PORT_VLAN_MAX, attr,
			       vmnet_port_vlan_nl_policy, extack);
	if (err)
		return err;
	vid = tb[VMNET_A_PORT_VLAN_VID];
	allowed = tb[VMNET_A_PORT_VLAN_ALLOWED];
	memset(vlan, 0, sizeof(*vlan));
	if (!tb[VMNET_A_PORT_VLAN_MODE])
		return fail(extack, attr, "the mode is missing");
	vlan->mode = nla_get_u32(tb[VMNET_A_PORT_VLAN_MODE]);
	if (vid)
		vlan->vid = nla_get_u32(vid);
	if (allowed)
		err = get_allowed(vlan, allowed, extack);
	if (err)
		return err;
	if (vlan->mode == VMNET_VLAN_MODE_OFF && vid)
		return fail(extack, vid, "no VLAN without a mode");
	if (vlan->mode == VMNET_VLAN_MODE_ACCESS && !vid)
		return fail(extack, attr, "an access port has a VLAN");
	if (vlan->mode != VMNET_VLAN_MODE_TRUNK && allowed)
		return fail(extack, allowed, "only a trunk has a list of VLANs");
	if (vlan->mode == VMNET_VLAN_MODE_TRUNK && !vid && !allowed)
		return fail(extack, attr, "a trunk has at least one VLAN");
	return 0;
}

static int get_lock(struct vmnet_lock *lock, const struct vmnet_port *port,
		    const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	struct nlattr *tb[VMNET_A_PORT_LOCK_MAX + 1], *a;
	int err, rem;

	err = nla_parse_nested(tb, VMNET_A_PORT_LOCK_MAX, attr,
			       vmnet_port_lock_nl_policy, extack);
	if (err)
		return err;
	memset(lock, 0, sizeof(*lock));
	if (!tb[VMNET_A_PORT_LOCK_ON])
		return fail(extack, attr, "on or off is missing");
	lock->on = nla_get_u8(tb[VMNET_A_PORT_LOCK_ON]);
	nla_for_each_nested(a, attr, rem) {
		if (nla_type(a) != VMNET_A_PORT_LOCK_MAC)
			continue;
		if (!lock->on)
			return fail(extack, a, "no address without a lock");
		if (lock->n == VMNET_LOCK_MAX)
			return fail(extack, a, "at most 16 addresses");
		if (!is_valid_ether_addr(nla_data(a)))
			return fail(extack, a, "not the address of a station");
		lock->mac[lock->n++] = ether_addr_to_u64(nla_data(a));
	}
	if (lock->on && port->ops->kind == VMNET_PORT_BRIDGE)
		return fail(extack, attr, "an uplink has no address of its own");
	return 0;
}

/* A number of a nest, or what it is without. */
static u32 number(const struct nlattr *attr, u32 other)
{
	return attr ? nla_get_u32(attr) : other;
}

/* Ranges that an attribute's policy has no room for on older kernels too. */
static int check_impair(const struct vmnet_impair_conf *c,
			struct nlattr *const *tb,
			struct netlink_ext_ack *extack)
{
	if (c->rate && (c->rate < VMNET_IMPAIR_MIN_RATE ||
			c->rate > VMNET_IMPAIR_MAX_RATE))
		return fail(extack, tb[VMNET_A_PORT_IMPAIR_RATE],
			    "the rate is from 1000 to 10^12 bits a second");
	if (c->burst > VMNET_IMPAIR_MAX_BURST)
		return fail(extack, tb[VMNET_A_PORT_IMPAIR_BURST],
			    "the burst is above 64 MB");
	if (c->burst && !c->rate)
		return fail(extack, tb[VMNET_A_PORT_IMPAIR_BURST],
			    "no burst without a rate");
	if (c->delay > VMNET_IMPAIR_MAX_DELAY)
		return fail(extack, tb[VMNET_A_PORT_IMPAIR_DELAY],
			    "the delay is above a minute");
	if (c->jitter > c->delay)
		return fail(extack, tb[VMNET_A_PORT_IMPAIR_JITTER],
			    "the jitter is above the delay");
	if (c->reorder && !c->jitter)
		return fail(extack, tb[VMNET_A_PORT_IMPAIR_REORDER],
			    "only jitter can change the order");
	if (c->loss > VMNET_IMPAIR_ONE)
		return fail(extack, tb[VMNET_A_PORT_IMPAIR_LOSS],
			    "the loss is above one in one");
	if (c->duplicate > VMNET_IMPAIR_ONE)
		return fail(extack, tb[VMNET_A_PORT_IMPAIR_DUPLICATE],
			    "the duplication is above one in one");
	if (c->bytes < VMNET_IMPAIR_MIN_BYTES ||
	    c->bytes > VMNET_IMPAIR_MAX_BYTES)
		return fail(extack, tb[VMNET_A_PORT_IMPAIR_LIMIT_BYTES],
			    "the limit is from 64 KB to 64 MB");
	return 0;
}

static int get_impair(struct vmnet_impair_conf *c, const struct nlattr *attr,
		      struct netlink_ext_ack *extack)
{
	struct nlattr *tb[VMNET_A_PORT_IMPAIR_MAX + 1];
	int err;

	err = nla_parse_nested(tb, VMNET_A_PORT_IMPAIR_MAX, attr,
			       vmnet_port_impair_nl_policy, extack);
	if (err)
		return err;
	memset(c, 0, sizeof(*c));
	if (tb[VMNET_A_PORT_IMPAIR_RATE])
		c->rate = nla_get_u64(tb[VMNET_A_PORT_IMPAIR_RATE]);
	c->burst = number(tb[VMNET_A_PORT_IMPAIR_BURST], 0);
	c->delay = number(tb[VMNET_A_PORT_IMPAIR_DELAY], 0);
	c->jitter = number(tb[VMNET_A_PORT_IMPAIR_JITTER], 0);
	if (tb[VMNET_A_PORT_IMPAIR_REORDER])
		c->reorder = nla_get_u8(tb[VMNET_A_PORT_IMPAIR_REORDER]);
	c->loss = number(tb[VMNET_A_PORT_IMPAIR_LOSS], 0);
	c->duplicate = number(tb[VMNET_A_PORT_IMPAIR_DUPLICATE], 0);
	c->frames = number(tb[VMNET_A_PORT_IMPAIR_LIMIT_FRAMES],
			   VMNET_IMPAIR_FRAMES);
	c->bytes = number(tb[VMNET_A_PORT_IMPAIR_LIMIT_BYTES],
			  VMNET_IMPAIR_BYTES);
	return check_impair(c, tb, extack);
}

static int get_policy(struct vmnet_policy_conf *conf,
		      const struct vmnet_port *port,
		      struct nlattr *const *attrs,
		      struct netlink_ext_ack *extack)
{
	int d, err = 0;

	if (attrs[VMNET_A_PORT_ISOLATED])
		conf->isolated = nla_get_u8(attrs[VMNET_A_PORT_ISOLATED]);
	if (attrs[VMNET_A_PORT_VLAN])
		err = get_vlan(&conf->vlan, attrs[VMNET_A_PORT_VLAN], extack);
	if (!err && attrs[VMNET_A_PORT_LOCK])
		err = get_lock(&conf->lock, port, attrs[VMNET_A_PORT_LOCK],
			       extack);
	for (d = 0; !err && d < VMNET_DIRS; d++)
		if (attrs[impair_attr[d]])
			err = get_impair(&conf->impair[d],
					 attrs[impair_attr[d]], extack);
	return err;
}

/**
 * vmnet_genl_get_policy - what the policy of a port is to be
 * @port: a plugged port
 * @attrs: by VMNET_A_PORT_*; those of the policy count
 * @extack: where to say what is wrong
 *
 * Return: for vmnet_policy_set() and then kfree(); NULL when nothing of it is
 * asked for; -EINVAL and other errors of nla_parse(), -ENOMEM.
 * Context: process, topology mutex held.
 */
struct vmnet_policy_conf *vmnet_genl_get_policy(struct vmnet_port *port,
						struct nlattr *const *attrs,
						struct netlink_ext_ack *extack)
{
	struct vmnet_policy_conf *conf;
	int err;

	lockdep_assert_held(&vmnet_topology);
	if (!attrs[VMNET_A_PORT_ISOLATED] && !attrs[VMNET_A_PORT_VLAN] &&
	    !attrs[VMNET_A_PORT_LOCK] && !attrs[VMNET_A_PORT_IMPAIR_IN] &&
	    !attrs[VMNET_A_PORT_IMPAIR_OUT])
		return NULL;
	conf = kmalloc(sizeof(*conf), GFP_KERNEL_ACCOUNT);
	if (!conf)
		return ERR_PTR(-ENOMEM);
	vmnet_policy_get(port, conf);
	err = get_policy(conf, port, attrs, extack);
	if (err) {
		kfree(conf);
		return ERR_PTR(err);
	}
	return conf;
}
