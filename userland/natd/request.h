/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a client of the control socket wants. Nothing here does I/O. */
#ifndef VMNET_NATD_REQUEST_H
#define VMNET_NATD_REQUEST_H

#include "conf.h"

#define REQUEST_FLOWS 1000
#define REQUEST_MAX_FLOWS 32768

enum request_op {
	REQUEST_OP_FLOWS,
	REQUEST_OP_FORWARDS,
	REQUEST_OP_SERVICES,
	REQUEST_OP_ADD,
	REQUEST_OP_REMOVE,
	REQUEST_OP_STATISTICS,
	REQUEST_OP_RELOAD,
	REQUEST_OP_METRICS,
	REQUEST_OPS
};

/**
 * struct request - one line of a client
 * @op: what it wants
 * @proto: IPPROTO_*, 0 when it does not say
 * @limit: most flows it wants to see
 * @ports: REQUEST_OP_REMOVE: the ports of the host
 * @forwards: REQUEST_OP_ADD: @nforwards of them
 *
 * Lifetime: filled by request_parse(), ended by request_done(). After an error
 * nothing is left of it.
 */
struct request {
	enum request_op op;
	uint8_t proto;
	unsigned int limit;
	struct nat_ports ports;
	struct nat_forward *forwards;
	unsigned int nforwards;
};

int request_parse(const char *text, size_t len, struct request *r, struct conf_err *err);
void request_done(struct request *r);

#endif
