// SPDX-License-Identifier: GPL-2.0-only
/*
 * Policy of a port: which addresses it may use, whom it may talk to, in which
 * VLANs, and over how bad a line. Set by an administrator, never by the program
 * behind the port.
 *
 * The lock on addresses looks at the source address of the Ethernet header. The
 * sender addresses within ARP and neighbour discovery are not looked at: a
 * locked guest may still claim another's IP address, but not get its frames by
 * way of the hub.
 */
#include <linux/slab.h>
#include "fwd.h"
#include "hub.h"
#include "policy.h"
#include "watch.h"

static struct vmnet_policy *policy_of(const struct vmnet_port *port)
{
	return rcu_dereference_protected(port->policy,
					 lockdep_is_held(&vmnet_topology));
}

static bool is_listed(const struct vmnet_lock *lock, u64 mac)
{
	unsigned int i;

	for (i = 0; i < lock->n; i++)
		if (lock->mac[i] == mac)
			return true;
	return false;
}

/* Does the port tell its address, or is it heard? */
static bool is_tap(const struct vmnet_port *port)
{
	return port->ops->kind == VMNET_PORT_USER && READ_ONCE(port->learning);
}

/* May a frame from the port have this source address? */
static bool may_use(const struct vmnet_lock *lock, struct vmnet_port *port,
		    const u8 *addr)
{
	u64 mac = ether_addr_to_u64(addr);
	s64 heard;

	if (lock->n)
		return is_listed(lock, mac);
	if (!is_tap(port))
		return mac == READ_ONCE(port->mac);
	heard = atomic64_read(&port->heard);
	if (likely(heard))
		return mac == heard;
	if (!is_valid_ether_addr(addr))
		return false;
	heard = atomic64_cmpxchg(&port->heard, 0, mac);
	return !heard || heard == mac;
}

/**
 * vmnet_policy_in - a frame comes from a port with a policy
 * @policy: the policy
 * @from: the port
 * @skb: the frame, as for vmnet_fwd(). Taken over.
 *
 * Return: the frame when it enters the hub now, else NULL.
 * Context: RCU read lock, bottom halves disabled.
 */
struct sk_buff *vmnet_policy_in(const struct vmnet_policy *policy,
				struct vmnet_port *from, struct sk_buff *skb)
{
	const struct ethhdr *eth = (const struct ethhdr *)skb->data;

	/* Nothing begins to wait on its way into no hub. */
	if (unlikely(!rcu_access_pointer(from->hub))) {
		kfree_skb(skb);
		return NULL;
	}
	if (policy->lock.on && !may_use(&policy->lock, from, eth->h_source)) {
		vmnet_port_drop(from, VMNET_DROP_LOCK);
		kfree_skb(skb);
		return NULL;
	}
	if (policy->vlan.mode != VMNET_VLAN_MODE_OFF)
		skb = vmnet_vlan_in(&policy->vlan, from, skb);
	if (skb && policy->impair[VMNET_DIR_IN])
		skb = vmnet_impair_pass(policy->impair[VMNET_DIR_IN], skb);
	return skb;
}

/**
 * vmnet_policy_out - a frame of the hub is for a port with a policy
 * @policy: the policy
 * @to: the port
 * @skb: the frame, not shared, its data may be. Taken over.
 *
 * Return: the frame when it is to be delivered now, else NULL.
 * Context: RCU read lock, bottom halves disabled.
 */
struct sk_buff *vmnet_policy_out(const struct vmnet_policy *policy,
				 struct vmnet_port *to, struct sk_buff *skb)
{
	if (policy->vlan.mode != VMNET_VLAN_MODE_OFF)
		skb = vmnet_vlan_out(&policy->vlan, to, skb);
	if (skb && policy->impair[VMNET_DIR_OUT])
		skb = vmnet_impair_pass(policy->impair[VMNET_DIR_OUT], skb);
	return skb;
}

/**
 * vmnet_policy_refuses - is this one isolated too?
 * @to: a receiver of a frame from an isolated port
 *
 * Return: true, and it is counted, when it must not get the frame.
 * Context: RCU read lock, bottom halves disabled.
 */
bool vmnet_policy_refuses(struct vmnet_port *to)
{
	if (!vmnet_policy_isolates(to))
		return false;
	vmnet_port_drop(to, VMNET_DROP_ISOLATED);
	return true;
}

/**
 * vmnet_policy_may_own - may the port be given this address?
 * @port: the port
 * @mac: the address, as ether_addr_to_u64() gives it
 *
 * A locked port keeps its own unless the list has the new one.
 * Context: topology mutex held.
 */
bool vmnet_policy_may_own(const struct vmnet_port *port, u64 mac)
{
	const struct vmnet_policy *policy = policy_of(port);

	lockdep_assert_held(&vmnet_topology);
	if (!policy || !policy->lock.on)
		return true;
	return policy->lock.n ? is_listed(&policy->lock, mac)
			      : mac == port->mac;
}

/**
 * vmnet_policy_get - what is in force at a port
 * @port: the port
 * @conf: where to put it
 *
 * Context: topology mutex held.
 */
void vmnet_policy_get(const struct vmnet_port *port,
		      struct vmnet_policy_conf *conf)
{
	const struct vmnet_policy *policy = policy_of(port);
	struct vmnet_impair_waiting waiting;
	int d;

	lockdep_assert_held(&vmnet_topology);
	memset(conf, 0, sizeof(*conf));
	for (d = 0; d < VMNET_DIRS; d++) {
		conf->impair[d].frames = VMNET_IMPAIR_FRAMES;
		conf->impair[d].bytes = VMNET_IMPAIR_BYTES;
		if (policy && policy->impair[d])
			vmnet_impair_get(policy->impair[d], &conf->impair[d],
					 &waiting);
	}
	if (!policy)
		return;
	conf->isolated = policy->isolated;
	conf->vlan = policy->vlan;
	conf->lock = policy->lock;
}

static bool is_perfect(const struct vmnet_policy_conf *conf)
{
	return !conf->isolated && conf->vlan.mode == VMNET_VLAN_MODE_OFF &&
	       !conf->lock.on &&
	       !vmnet_impair_is_on(&conf->impair[VMNET_DIR_IN]) &&
	       !vmnet_impair_is_on(&conf->impair[VMNET_DIR_OUT]);
}

/* The database follows the lock: what is heard on a locked port stays there. */
static void set_lock(struct vmnet_port *port, bool on)
{
	struct vmnet_hub *hub = vmnet_port_hub(port);

	/* It may have spoken with addresses that are not its own. */
	if (on && hub)
		vmnet_fdb_forget_learned(&hub->fdb, &port->owner);
	vmnet_fdb_set_sticky(hub ? &hub->fdb : NULL, &port->owner, on);
}

static vmnet_impair_release_t *const releases[VMNET_DIRS] = {
	[VMNET_DIR_IN] = vmnet_fwd_in,
	[VMNET_DIR_OUT] = vmnet_fwd_out,
};

static struct vmnet_policy *make_policy(struct vmnet_port *port,
					const struct vmnet_policy *old,
					const struct vmnet_policy_conf *conf)
{
	struct vmnet_policy *new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	int d;

	if (!new)
		return NULL;
	new->isolated = conf->isolated;
	new->vlan = conf->vlan;
	new->lock = conf->lock;
	for (d = 0; d < VMNET_DIRS; d++) {
		if (!vmnet_impair_is_on(&conf->impair[d]))
			continue;
		new->impair[d] = old ? old->impair[d] : NULL;
		if (new->impair[d])
			continue;
		new->impair[d] = vmnet_impair_create(port, releases[d]);
		if (!new->impair[d])
			goto undo;
	}
	return new;
undo:
	if (new->impair[VMNET_DIR_IN] &&
	    !(old && new->impair[VMNET_DIR_IN] == old->impair[VMNET_DIR_IN]))
		vmnet_impair_end(new->impair[VMNET_DIR_IN]);
	kfree(new);
	return NULL;
}

/**
 * vmnet_policy_set - replace the policy of a port
 * @port: the port
 * @conf: valid values, all of them
 *
 * Return: 0, or -ENOMEM; then nothing has changed. Context: process, topology
 * mutex held.
 */
int vmnet_policy_set(struct vmnet_port *port,
		     const struct vmnet_policy_conf *conf)
{
	struct vmnet_policy *old = policy_of(port), *new = NULL;
	static const struct vmnet_lock unlocked;
	const struct vmnet_lock *was = old ? &old->lock : &unlocked;
	bool relock = memcmp(was, &conf->lock, sizeof(*was));
	struct vmnet_impair_waiting waiting;
	struct vmnet_impair_conf now;
	int d;

	lockdep_assert_held(&vmnet_topology);
	if (!is_perfect(conf)) {
		new = make_policy(port, old, conf);
		if (!new)
			return -ENOMEM;
	}
	for (d = 0; d < VMNET_DIRS; d++) {
		if (!new || !new->impair[d])
			continue;
		vmnet_impair_get(new->impair[d], &now, &waiting);
		/* Whoever changes something else leaves what waits alone. */
		if (memcmp(&now, &conf->impair[d], sizeof(now)))
			vmnet_impair_set(new->impair[d], &conf->impair[d]);
	}
	if (relock)
		atomic64_set(&port->heard, 0);
	rcu_assign_pointer(port->policy, new);
	if (relock)
		set_lock(port, conf->lock.on);
	for (d = 0; old && d < VMNET_DIRS; d++)
		if (old->impair[d] && !(new && new->impair[d]))
			vmnet_impair_end(old->impair[d]);
	if (old)
		kfree_rcu(old, rcu);
	vmnet_watch_changed(port);
	return 0;
}

/**
 * vmnet_policy_moved - the port has left its hub and will join another
 * @port: the port, on no hub, and no frame in flight knows it was
 *
 * Context: process, no lock held but the file's and RTNL.
 */
void vmnet_policy_moved(struct vmnet_port *port)
{
	struct vmnet_policy *policy;
	int d;

	mutex_lock(&vmnet_topology);
	policy = policy_of(port);
	for (d = 0; policy && d < VMNET_DIRS; d++)
		if (policy->impair[d])
			vmnet_impair_purge(policy->impair[d]);
	mutex_unlock(&vmnet_topology);
}

/**
 * vmnet_policy_end - end the policy of a port that is unplugged for good
 * @port: the port
 *
 * When it returns no timer knows the port. Context: process, no lock held but
 * RTNL.
 */
void vmnet_policy_end(struct vmnet_port *port)
{
	struct vmnet_policy *policy;
	int d;

	mutex_lock(&vmnet_topology);
	policy = policy_of(port);
	RCU_INIT_POINTER(port->policy, NULL);
	mutex_unlock(&vmnet_topology);
	if (!policy)
		return;
	for (d = 0; d < VMNET_DIRS; d++)
		if (policy->impair[d])
			vmnet_impair_end(policy->impair[d]);
	kfree_rcu(policy, rcu);
}
