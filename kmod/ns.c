// SPDX-License-Identifier: GPL-2.0-only
/*
 * Network namespaces, as open files remember them.
 */
#include <linux/nsproxy.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <net/netns/generic.h>
#include "ns.h"

/* What net_generic() keeps for us in each namespace. */
struct vmnet_ns_slot {
	struct vmnet_ns	*ns;
};

static unsigned int ns_id;

/**
 * vmnet_ns_get_current - the record of the caller's namespace
 *
 * Return: a reference. Context: process.
 */
struct vmnet_ns *vmnet_ns_get_current(void)
{
	struct vmnet_ns_slot *slot = net_generic(current->nsproxy->net_ns,
						 ns_id);

	/* The caller lives in the namespace, so it has not ended. */
	refcount_inc(&slot->ns->ref);
	return slot->ns;
}

/**
 * vmnet_ns_put - drop a reference
 * @ns: the record
 */
void vmnet_ns_put(struct vmnet_ns *ns)
{
	if (refcount_dec_and_test(&ns->ref))
		kfree(ns);
}

static int __net_init ns_net_init(struct net *net)
{
	struct vmnet_ns_slot *slot = net_generic(net, ns_id);

	slot->ns = kzalloc(sizeof(*slot->ns), GFP_KERNEL);
	if (!slot->ns)
		return -ENOMEM;
	slot->ns->net = net;
	refcount_set(&slot->ns->ref, 1);
	return 0;
}

static void __net_exit ns_net_exit(struct net *net)
{
	struct vmnet_ns_slot *slot = net_generic(net, ns_id);

	rtnl_lock();
	slot->ns->net = NULL;
	rtnl_unlock();
	vmnet_ns_put(slot->ns);
}

static struct pernet_operations ns_ops = {
	.init = ns_net_init,
	.exit = ns_net_exit,
	.id = &ns_id,
	.size = sizeof(struct vmnet_ns_slot),
};

/* Before any port kind that follows namespaces. Return: 0 or an error. */
int vmnet_ns_init(void)
{
	return register_pernet_subsys(&ns_ops);
}

void vmnet_ns_exit(void)
{
	unregister_pernet_subsys(&ns_ops);
}
