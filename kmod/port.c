// SPDX-License-Identifier: GPL-2.0-only
/*
 * What all kinds of port have in common.
 */
#include <linux/random.h>
#include <linux/slab.h>
#include "port.h"
#include "topology.h"

/**
 * vmnet_port_init - prepare the common part of a port
 * @port: zeroed memory, part of the kind's own structure
 * @ops: the kind
 * @uplink: it leads to a NIC
 *
 * The caller gets the first reference and sets number, MAC and features.
 * Return: 0 or -ENOMEM; then vmnet_port_fini() is not needed.
 */
int vmnet_port_init(struct vmnet_port *port, const struct vmnet_port_ops *ops,
		    bool uplink)
{
	int cpu;

	port->stats = alloc_percpu_gfp(struct vmnet_stats, GFP_KERNEL_ACCOUNT);
	if (!port->stats)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		u64_stats_init(&per_cpu_ptr(port->stats, cpu)->syncp);
	port->ops = ops;
	port->flags = VMNET_FLAG_RUNNING;
	vmnet_fdb_owner_init(&port->owner, uplink);
	INIT_LIST_HEAD(&port->by_hub);
	INIT_LIST_HEAD(&port->by_learning);
	INIT_LIST_HEAD(&port->by_promisc);
	INIT_HLIST_NODE(&port->by_mac);
	refcount_set(&port->ref, 1);
	return 0;
}

/**
 * vmnet_port_fini - undo vmnet_port_init()
 * @port: a port no reader can reach; called by the kind's free
 */
void vmnet_port_fini(struct vmnet_port *port)
{
	vmnet_mcast_free(&port->mcast);
	free_percpu(port->stats);
}

static void free_rcu_cb(struct rcu_head *rcu)
{
	struct vmnet_port *port = container_of(rcu, struct vmnet_port, rcu);

	port->ops->free(port);
}

/**
 * vmnet_port_put - drop a reference
 * @port: unplugged and retired when this is the last one
 *
 * The memory follows a grace period later. Any context.
 */
void vmnet_port_put(struct vmnet_port *port)
{
	if (refcount_dec_and_test(&port->ref))
		call_rcu(&port->rcu, free_rcu_cb);
}

/**
 * vmnet_port_set_flags - SIOCSPORTFLAGS, as far as all kinds are concerned
 * @port: the port
 * @flags: VMNET_FLAG_*; unknown bits are ignored, RUNNING is always set
 *
 * Context: topology mutex held.
 */
void vmnet_port_set_flags(struct vmnet_port *port, u32 flags)
{
	lockdep_assert_held(&vmnet_topology);

	WRITE_ONCE(port->flags,
		   (flags & VMNET_FLAGS_SETTABLE) | VMNET_FLAG_RUNNING);
}

/**
 * vmnet_port_random_mac - an address from the range of user ports
 *
 * 00:50:56:E0:00:00 to 00:50:56:FF:FF:FF (vmware-abi section 7). The caller
 * sees to it that it is not taken.
 */
u64 vmnet_port_random_mac(void)
{
	return 0x005056e00000ULL | (get_random_u32() & 0x1fffff);
}
