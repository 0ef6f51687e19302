/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How often one client may speak (D29). No I/O.
 */
#ifndef VMNET_DHCPD_LIMIT_H
#define VMNET_DHCPD_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#define LIMIT_RATE 20 /* messages a second, of one client */
#define LIMIT_BURST 40
#define LIMIT_CLIENTS 4096

/* @at moves on with each message of @mac, and never past now. */
struct limit_client {
	uint8_t mac[6];
	uint64_t at;
};

/**
 * struct limit - the clients heard last
 * @clients: by a hash of their address
 *
 * All zero at the start. There is no limit for all clients together: with one,
 * whoever invents addresses would take everybody's share.
 *
 * Lives as long as the server.
 */
struct limit {
	struct limit_client clients[LIMIT_CLIENTS];
};

bool limit_take(struct limit *l, const uint8_t mac[6], uint64_t now);

#endif
