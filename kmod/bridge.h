/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMNET_BRIDGE_H
#define _VMNET_BRIDGE_H

#include "port.h"

struct net;

struct vmnet_port *vmnet_bridge_create(struct net *net, const char *name,
				       u32 flags);
int vmnet_bridge_init(void);
void vmnet_bridge_exit(void);

#endif /* _VMNET_BRIDGE_H */
