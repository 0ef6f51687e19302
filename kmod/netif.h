/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMNET_NETIF_H
#define _VMNET_NETIF_H

#include "port.h"

struct net;

struct vmnet_port *vmnet_netif_create(struct net *net, const char *name,
				      unsigned int minor);
int vmnet_netif_init(void);
void vmnet_netif_exit(void);

#endif /* _VMNET_NETIF_H */
