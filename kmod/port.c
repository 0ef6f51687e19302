// SPDX-License-Identifier: GPL-2.0-only
/*
 * What all kinds of port have in common.
 */
#include <linux/cred.h>
#include <linux/pid.h>
#include <linux/random.h>
#include <linux/slab.h>
#include "port.h"
#include "topology.h"
#include "trace.h"
#include "user.h"
#include "watch.h"

static_assert(VMNET_STAT_DROP_DOWN + VMNET_DROP_LOOP == VMNET_STAT_DROP_LOOP);

const char *const vmnet_port_kinds[VMNET_PORT_KINDS] = {
	[VMNET_PORT_USER] = "userif",
	[VMNET_PORT_NETIF] = "netif",
	[VMNET_PORT_BRIDGE] = "bridge",
	[VMNET_PORT_LISTENER] = "userListener",
};

DEFINE_XARRAY_ALLOC1(vmnet_ports);
static u32 last_id;

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
	port->cache = alloc_percpu_gfp(struct vmnet_fdb_cache,
				       GFP_KERNEL_ACCOUNT);
	if (!port->stats || !port->cache) {
		free_percpu(port->stats);
		free_percpu(port->cache);
		return -ENOMEM;
	}
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
	if (port->user)
		vmnet_user_uncharge(port->user);
	put_pid(port->opener.pid);
	vmnet_mcast_free(&port->mcast);
	free_percpu(port->cache);
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
 * vmnet_port_take_id - give a port a number that tells it from all others
 * @port: a port that was never plugged in
 *
 * Nobody finds the port by it before vmnet_port_show_id().
 * Return: 0 or -ENOMEM. Context: topology mutex held.
 */
int vmnet_port_take_id(struct vmnet_port *port)
{
	int err;

	err = xa_alloc_cyclic(&vmnet_ports, &port->id, NULL, xa_limit_31b,
			      &last_id, GFP_KERNEL_ACCOUNT);
	port->owner.id = port->id;
	return min(err, 0);
}

/**
 * vmnet_port_show_id - let others find a port by its id
 * @port: a port that is plugged in
 *
 * Context: topology mutex held.
 */
void vmnet_port_show_id(struct vmnet_port *port)
{
	/* Its place has been reserved, so this cannot fail. */
	xa_store(&vmnet_ports, port->id, port, GFP_KERNEL_ACCOUNT);
}

/**
 * vmnet_port_drop_id - give the number back
 * @port: unplugged for good, or never plugged in
 *
 * Those who have found it under RCU may still look. Context: topology mutex
 * held.
 */
void vmnet_port_drop_id(struct vmnet_port *port)
{
	if (port->id)
		xa_erase(&vmnet_ports, port->id);
}

/**
 * vmnet_port_drop - count a frame that was lost, for all to see
 * @port: where
 * @why: a reason that is counted per CPU
 *
 * Context: bottom halves disabled.
 */
void vmnet_port_drop(struct vmnet_port *port, enum vmnet_drop why)
{
	static const u8 stat_of[] = {
		[VMNET_DROP_DOWN] = VMNET_STAT_DROP_DOWN,
		[VMNET_DROP_MISMATCH] = VMNET_STAT_DROP_MISMATCH,
		[VMNET_DROP_NOMEM] = VMNET_STAT_DROP_NOMEM,
		[VMNET_DROP_LOOP] = VMNET_STAT_DROP_LOOP,
		[VMNET_DROP_LOCK] = VMNET_STAT_DROP_LOCK,
		[VMNET_DROP_VLAN] = VMNET_STAT_DROP_VLAN,
		[VMNET_DROP_ISOLATED] = VMNET_STAT_DROP_ISOLATED,
		[VMNET_DROP_LOSS] = VMNET_STAT_DROP_LOSS,
		[VMNET_DROP_WAITING] = VMNET_STAT_DROP_WAITING,
	};

	vmnet_stat_add(port->stats, stat_of[why], 1);
	trace_vmnet_drop(port->id, why);
}

/**
 * vmnet_port_set_opener - remember who opens the file of a port
 * @port: a fresh port
 *
 * Context: process, the one that opens.
 */
void vmnet_port_set_opener(struct vmnet_port *port)
{
	port->opener.pid = get_pid(task_tgid(current));
	port->opener.uid = current_uid();
	get_task_comm(port->opener.comm, current);
}

/**
 * vmnet_port_copy_opener - a port takes the place of another of the same file
 * @port: a fresh port
 * @from: the one before
 */
void vmnet_port_copy_opener(struct vmnet_port *port,
			    const struct vmnet_port *from)
{
	port->opener = from->opener;
	get_pid(port->opener.pid);
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
	u32 change;

	lockdep_assert_held(&vmnet_topology);

	flags = (flags & VMNET_FLAGS_SETTABLE) | VMNET_FLAG_RUNNING;
	change = flags ^ port->flags;
	WRITE_ONCE(port->flags, flags);
	if (!change || !rcu_access_pointer(port->hub))
		return;
	vmnet_watch_changed(port);
	/* Where there is an interface, its own state is the link. */
	if (change & VMNET_FLAG_UP && !port->ops->active)
		vmnet_watch_link(port);
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
