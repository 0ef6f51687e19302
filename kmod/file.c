// SPDX-License-Identifier: GPL-2.0-only
/*
 * An open file and the port it stands for: open, close, change of kind, change
 * of hub.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>
#include "file.h"
#include "policy.h"
#include "uport.h"
#include "user.h"

static bool promisc = true;
module_param(promisc, bool, 0644);
MODULE_PARM_DESC(promisc,
		 "whoever opens a node may see its whole network (Y); N: only with CAP_NET_RAW");

/**
 * vmnet_file_open - plug a new user port into the hub of a node
 * @minor: number of the hub
 *
 * Return: the file, -EBUSY when the hub is full, -EMFILE when the user has too
 * many ports, -ENOMEM. Context: process, no lock held.
 */
struct vmnet_file *vmnet_file_open(unsigned int minor)
{
	const struct vmnet_hub_key key = {
		.type = VMNET_BIND_VNET,
		.number = minor,
	};
	struct vmnet_port *port;
	struct vmnet_file *f;
	int err;

	f = kzalloc(sizeof(*f), GFP_KERNEL_ACCOUNT);
	if (!f)
		return ERR_PTR(-ENOMEM);
	mutex_init(&f->lock);
	init_waitqueue_head(&f->wq.wait);
	refcount_set(&f->ref, 1);
	f->minor = minor;

	mutex_lock(&vmnet_topology);
	port = vmnet_uport_create(&f->wq, current_fsuid(),
				  capable(CAP_SYS_RESOURCE));
	if (IS_ERR(port)) {
		mutex_unlock(&vmnet_topology);
		kfree(f);
		return ERR_CAST(port);
	}
	vmnet_port_set_opener(port);
	port->sniff_host = ns_capable_noaudit(&init_user_ns, CAP_NET_RAW);
	port->no_promisc = !port->sniff_host && !READ_ONCE(promisc);
	err = vmnet_hub_attach(port, &key);
	mutex_unlock(&vmnet_topology);
	if (err) {
		vmnet_hub_forget(port);
		port->ops->retire(port);
		vmnet_port_put(port);
		/* The port's memory looks at f->wq until a grace period ends. */
		kfree_rcu(f, rcu);
		return ERR_PTR(err);
	}
	f->ns = vmnet_ns_get_current();
	RCU_INIT_POINTER(f->port, port);
	return f;
}

/**
 * vmnet_file_put - a descriptor of a file is closed
 * @f: the file; when this is the last one no call on it is in progress
 *
 * Context: process, no lock held.
 */
void vmnet_file_put(struct vmnet_file *f)
{
	struct vmnet_port *port;
	bool rtnl;

	if (!refcount_dec_and_test(&f->ref))
		return;
	port = rcu_dereference_protected(f->port, true);
	rtnl = port->ops->needs_rtnl;
	if (rtnl)
		rtnl_lock();
	mutex_lock(&vmnet_topology);
	vmnet_hub_unplug(port);
	mutex_unlock(&vmnet_topology);
	vmnet_policy_end(port);
	port->ops->retire(port);
	if (rtnl)
		rtnl_unlock();
	vmnet_hub_forget(port);
	vmnet_port_put(port);
	vmnet_ns_put(f->ns);
	kfree_rcu(f, rcu);
}

/**
 * vmnet_file_convert - put another port in the place of a file's port
 * @f: the file
 * @new: a fresh port of any kind; its reference is taken over, also on error
 *
 * The slot and the node's number stay, all else is the new port's. RTNL is
 * dropped, since waiting for readers of /proc must not block the host.
 *
 * Return: 0, -EBUSY when a socket view is open, -EDEADLK, -ENOMEM; on error the
 * file is as it was.
 * Context: the file's lock held; RTNL held on entry and not on return.
 */
int vmnet_file_convert(struct vmnet_file *f, struct vmnet_port *new)
{
	struct vmnet_port *gone;
	int err;

	ASSERT_RTNL();
	mutex_lock(&vmnet_topology);
	gone = vmnet_file_port(f);
	new->sniff_host = gone->sniff_host;
	new->user = vmnet_user_charge_again(gone->user);
	new->no_promisc = gone->no_promisc;
	vmnet_port_copy_opener(new, gone);
	if (atomic_read(&f->views)) {
		vmnet_hub_drop_mac(new);
		err = -EBUSY;
	} else {
		err = vmnet_hub_replace(gone, new);
	}
	if (err)
		gone = new;
	else
		rcu_assign_pointer(f->port, new);
	mutex_unlock(&vmnet_topology);

	vmnet_policy_end(gone);
	gone->ops->retire(gone);
	if (!err && new->ops->attached)
		new->ops->attached(new);
	rtnl_unlock();
	vmnet_hub_forget(gone);
	vmnet_port_put(gone);
	return err;
}

/**
 * vmnet_file_bind - SIOCSBIND: move the file's port to another hub
 * @f: the file
 * @key: of the hub
 *
 * Return: 0 or an error of vmnet_hub_move_begin() or _end(); then the port is
 * where it was. Context: the file's lock held, and no other.
 */
int vmnet_file_bind(struct vmnet_file *f, const struct vmnet_hub_key *key)
{
	struct vmnet_port *port = vmnet_file_port(f);
	struct vmnet_slot *slot, *old = NULL;
	bool rtnl = port->ops->needs_rtnl;
	int err;

	lockdep_assert_held(&f->lock);
	if (rtnl)
		rtnl_lock();
	mutex_lock(&vmnet_topology);
	err = vmnet_hub_move_begin(port, key, &slot);
	mutex_unlock(&vmnet_topology);
	if (!err) {
		synchronize_rcu();
		vmnet_policy_moved(port);
		mutex_lock(&vmnet_topology);
		err = vmnet_hub_move_end(port, slot, &old);
		mutex_unlock(&vmnet_topology);
		if (port->ops->attached)
			port->ops->attached(port);
	}
	if (rtnl)
		rtnl_unlock();
	if (old)
		vmnet_slot_release(old);
	return err;
}
