/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMNET_POLICY_H
#define _VMNET_POLICY_H

#include "impair.h"
#include "port.h"
#include "vlan.h"

/* Addresses a locked port may be told to have. */
#define VMNET_LOCK_MAX	16

/**
 * struct vmnet_lock - which addresses a port may use
 * @on: it is locked
 * @n: how many are listed; 0: its own address, or of a tap-like port the first
 *	that is heard
 * @mac: the list, as ether_addr_to_u64() gives them
 */
struct vmnet_lock {
	bool		on;
	unsigned int	n;
	u64		mac[VMNET_LOCK_MAX];
};

/* Directions, seen from the hub. */
enum vmnet_direction {
	VMNET_DIR_IN,
	VMNET_DIR_OUT,
	VMNET_DIRS
};

/**
 * struct vmnet_policy_conf - all that can be set
 * @isolated: exchanges no frames with other isolated ports
 * @vlan: its VLANs
 * @lock: its addresses
 * @impair: the line
 */
struct vmnet_policy_conf {
	bool				isolated;
	struct vmnet_vlan		vlan;
	struct vmnet_lock		lock;
	struct vmnet_impair_conf	impair[VMNET_DIRS];
};

/**
 * struct vmnet_policy - what is enforced at a port
 * @isolated: exchanges no frames with other isolated ports
 * @vlan: its VLANs
 * @lock: its addresses
 * @impair: the line, NULL for a perfect one
 * @rcu: for the deferred free
 *
 * Lifetime: &vmnet_port.policy holds it; NULL is the rule, and all the data
 * path asks of a port without. It never changes but is replaced, under the
 * topology mutex, and goes a grace period later; the lines move on to the next
 * one. It ends with the port, that is with the file or its conversion, and
 * stays when the port moves to another hub.
 */
struct vmnet_policy {
	bool			isolated;
	struct vmnet_vlan	vlan;
	struct vmnet_lock	lock;
	struct vmnet_impair	*impair[VMNET_DIRS];
	struct rcu_head		rcu;
};

void vmnet_policy_get(const struct vmnet_port *port,
		      struct vmnet_policy_conf *conf);
int vmnet_policy_set(struct vmnet_port *port,
		     const struct vmnet_policy_conf *conf);
bool vmnet_policy_may_own(const struct vmnet_port *port, u64 mac);
void vmnet_policy_moved(struct vmnet_port *port);
void vmnet_policy_end(struct vmnet_port *port);

struct sk_buff *vmnet_policy_in(const struct vmnet_policy *policy,
				struct vmnet_port *from, struct sk_buff *skb);
struct sk_buff *vmnet_policy_out(const struct vmnet_policy *policy,
				 struct vmnet_port *to, struct sk_buff *skb);
bool vmnet_policy_refuses(struct vmnet_port *to);

/* Context: RCU read lock. */
static inline bool vmnet_policy_isolates(const struct vmnet_port *port)
{
	const struct vmnet_policy *policy = rcu_dereference(port->policy);

	return unlikely(policy) && policy->isolated;
}

#endif /* _VMNET_POLICY_H */
