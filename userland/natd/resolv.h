/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resolv.conf(5), read for the servers to ask. Nothing here does I/O. */
#ifndef VMNET_NATD_RESOLV_H
#define VMNET_NATD_RESOLV_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>

#include "pkt.h"

#define RESOLV_SERVERS 8
#define RESOLV_MAX_SIZE 65536

/**
 * struct resolv_server - one "nameserver" line
 * @addr: IPv4 or IPv6
 * @scope: interface of a link-local address, empty for none
 */
struct resolv_server {
	struct ipaddr addr;
	char scope[IF_NAMESIZE];
};

/**
 * struct resolv - what the host's resolver does
 * @servers: in the order to ask them
 * @nservers: never 0 after resolv_parse()
 * @timeout: seconds to wait for one of them, 0 when not said
 * @attempts: rounds through all of them
 * @rotate: begin with another one each time
 */
struct resolv {
	struct resolv_server servers[RESOLV_SERVERS];
	unsigned int nservers;
	unsigned int timeout;
	unsigned int attempts;
	bool rotate;
};

void resolv_parse(struct resolv *r, const char *text, size_t len);

#endif
