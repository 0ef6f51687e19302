/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMNET_NS_H
#define _VMNET_NS_H

#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/rtnetlink.h>
#include <net/net_namespace.h>

/**
 * struct vmnet_ns - what an open file remembers of its network namespace
 * @net: the namespace, NULL once it has ended
 * @ref: one of the namespace itself until it ends, one of each open file
 *
 * An open file must not keep a namespace alive, or the interface it made
 * there would never end. So files hold this record and not the namespace:
 * it outlives the namespace, and @net, which only changes under RTNL, tells
 * whether there still is one.
 */
struct vmnet_ns {
	struct net	*net;
	refcount_t	ref;
};

struct vmnet_ns *vmnet_ns_get_current(void);
void vmnet_ns_put(struct vmnet_ns *ns);

/* Context: RTNL held. NULL when the namespace has ended, or has begun to: what
 * was made there then would be overlooked by those who take it down.
 */
static inline struct net *vmnet_ns_net(const struct vmnet_ns *ns)
{
	ASSERT_RTNL();
	return ns->net && check_net(ns->net) ? ns->net : NULL;
}

int vmnet_ns_init(void);
void vmnet_ns_exit(void);

#endif /* _VMNET_NS_H */
