/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMNET_FILE_H
#define _VMNET_FILE_H

#include <linux/mutex.h>
#include <linux/net.h>
#include <linux/refcount.h>
#include "hub.h"
#include "ns.h"
#include "port.h"
#include "topology.h"

/**
 * struct vmnet_file - an open /dev/vmnetN
 * @lock: one ioctl at a time; outermost of our locks
 * @port: the port it is now. Changed by conversions, which hold @lock, RTNL and
 *	the topology mutex; readers hold any of them, or RCU.
 * @wq: where its readers and pollers wait, across conversions
 * @ns: the namespace it was opened in
 * @ref: one of the device's open file, one of each socket view (sock.c)
 * @views: socket views
 * @minor: N of the node that was opened; a bind does not change it
 * @rcu: for the deferred free
 *
 * Lifetime: ends with the last of its descriptors, and a grace period for frames
 * in flight that still look at @wq.
 */
struct vmnet_file {
	/* One ioctl at a time. */
	struct mutex		lock;
	struct vmnet_port __rcu	*port;
	struct socket_wq	wq;
	struct vmnet_ns		*ns;
	refcount_t		ref;
	atomic_t		views;
	unsigned int		minor;
	struct rcu_head		rcu;
};

struct vmnet_file *vmnet_file_open(unsigned int minor);
void vmnet_file_put(struct vmnet_file *f);
int vmnet_file_convert(struct vmnet_file *f, struct vmnet_port *new);
int vmnet_file_bind(struct vmnet_file *f, const struct vmnet_hub_key *key);

static inline void vmnet_file_get(struct vmnet_file *f)
{
	refcount_inc(&f->ref);
}

/* Context: the file's lock, RTNL or the topology mutex held. */
static inline struct vmnet_port *vmnet_file_port(struct vmnet_file *f)
{
	return rcu_dereference_protected(f->port,
					 lockdep_is_held(&vmnet_topology) ||
					 lockdep_rtnl_is_held() ||
					 lockdep_is_held(&f->lock));
}

#endif /* _VMNET_FILE_H */
