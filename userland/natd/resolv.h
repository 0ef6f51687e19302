/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whom to ask and how: resolv.conf(5), and what [dns] of nat.conf makes of it.
 * Nothing here does I/O.
 */
#ifndef VMNET_NATD_RESOLV_H
#define VMNET_NATD_RESOLV_H

#include <stdbool.h>
#include <stddef.h>

#include "pkt.h"

#define RESOLV_SERVERS 8
#define RESOLV_MAX_SIZE 65536
#define RESOLV_SCOPE 16 /* the longest name of an interface, and its end */
#define RESOLV_NAMED 3 /* nameserver1 to nameserver3 of nat.conf */
#define RESOLV_RETRIES 10

/**
 * struct resolv_server - one "nameserver" line
 * @addr: IPv4 or IPv6
 * @scope: interface of a link-local address, empty for none
 */
struct resolv_server {
	struct ipaddr addr;
	char scope[RESOLV_SCOPE];
};

/**
 * struct resolv - what the host's resolver does
 * @servers: in the order to ask them
 * @nservers: never 0 after resolv_parse()
 * @timeout: seconds to wait for one of them, 0 when not said
 * @attempts: rounds through all of them
 * @rotate: begin with another one each time
 * @burst: ask several at once, the first answer counts
 */
struct resolv {
	struct resolv_server servers[RESOLV_SERVERS];
	unsigned int nservers;
	unsigned int timeout;
	unsigned int attempts;
	bool rotate;
	bool burst;
};

enum resolv_order { RESOLV_AS_HOST, RESOLV_ORDER, RESOLV_ROTATE, RESOLV_BURST };

/**
 * struct resolv_policy - [dns] of nat.conf
 * @order: enum resolv_order
 * @timeout: seconds to wait for a server, 0 when not said
 * @retries: rounds after the first, -1 when not said
 * @only_named: the host's servers are not asked; needs one that is named
 * @named: servers, family 0 where there is none
 */
struct resolv_policy {
	uint8_t order;
	unsigned int timeout;
	int retries;
	bool only_named;
	struct ipaddr named[RESOLV_NAMED];
};

bool resolv_line(const char **text, const char *end, char *line, size_t size);
void resolv_parse(struct resolv *r, const char *text, size_t len);
void resolv_apply(struct resolv *r, const struct resolv_policy *p);

#endif
