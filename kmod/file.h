/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMNET_FILE_H
#define _VMNET_FILE_H

#include <linux/net.h>
#include "hub.h"
#include "ns.h"
#include "port.h"
#include "topology.h"

/**
 * struct vmnet_file - an open /dev/vmnetN
 * @port: the port it is now. Changed by conversions, which hold RTNL and the
 *	topology mutex; readers hold either, or RCU.
 * @wq: where its readers and pollers wait, across conversions
 * @ns: the namespace it was opened in
 * @minor: N of the node that was opened; a bind does not change it
 * @rcu: for the deferred free
 *
 * Lifetime: that of the open file description, and a grace period for frames
 * in flight that still look at @wq.
 */
struct vmnet_file {
	struct vmnet_port __rcu	*port;
	struct socket_wq	wq;
	struct vmnet_ns		*ns;
	unsigned int		minor;
	struct rcu_head		rcu;
};

struct vmnet_file *vmnet_file_open(unsigned int minor);
void vmnet_file_close(struct vmnet_file *f);
int vmnet_file_convert(struct vmnet_file *f, struct vmnet_port *new);
int vmnet_file_bind(struct vmnet_file *f, unsigned int number);

/* Context: topology mutex held. */
static inline struct vmnet_port *vmnet_file_port(struct vmnet_file *f)
{
	return rcu_dereference_protected(f->port,
					 lockdep_is_held(&vmnet_topology) ||
					 lockdep_rtnl_is_held());
}

#endif /* _VMNET_FILE_H */
