/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A network interface of the host as the server's port, by a packet socket.
 */
#ifndef VMNET_DHCPD_IFACE_H
#define VMNET_DHCPD_IFACE_H

#include <stdbool.h>
#include <stdint.h>
#include "port.h"

#define IFACE_ADDRS 64

/**
 * struct iface - an interface that is served
 * @name: of the interface, empty when the port is another kind
 * @guard: holds UDP port 67 there, so that the host does not tell a client that
 *	renews that nobody listens; nothing is read from it. -1 for none
 * @addrs: the host's addresses there, network order, @naddrs of them
 *
 * Lifetime: iface_open() to iface_close(), beside the port that it opened.
 */
struct iface {
	char name[16];
	int guard;
	uint32_t addrs[IFACE_ADDRS];
	unsigned int naddrs;
};

int iface_open(struct iface *i, struct port *p, const char *name);
int iface_refresh(struct iface *i);
void iface_close(struct iface *i);
bool iface_has(const struct iface *i, uint32_t addr);
int iface_state(const struct port *p);

#endif
