/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a client of the control socket wants. Nothing here does I/O. */
#ifndef VMNET_DHCPD_REQUEST_H
#define VMNET_DHCPD_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "conf.h"
#include "conffile.h"

#define REQUEST_LEASES 1000
#define REQUEST_MAX_LEASES 10000000

enum request_op {
	REQUEST_OP_LEASES,
	REQUEST_OP_LEASE,
	REQUEST_OP_RELEASE,
	REQUEST_OP_RESERVATIONS,
	REQUEST_OP_RESERVE,
	REQUEST_OP_UNRESERVE,
	REQUEST_OP_WATCH,
	REQUEST_OP_STATISTICS,
	REQUEST_OP_METRICS,
	REQUEST_OP_RELOAD,
	REQUEST_OPS
};

/**
 * struct request - one line of a client
 * @op: what it wants
 * @state: enum lease_state, or -1: any
 * @has_addr: @addr and @mask say which addresses
 * @addr: host order
 * @mask: host order, all ones for one address
 * @has_mac: @mac is said
 * @mac: hardware address
 * @id: client identifier, @id_len bytes, 0: none is said
 * @name: of a reservation, "" when it is not said
 * @limit: most leases it wants to see
 *
 * A value, filled by request_parse().
 */
struct request {
	enum request_op op;
	int state;
	bool has_addr, has_mac;
	uint32_t addr, mask;
	uint8_t mac[6];
	uint8_t id[255], id_len;
	char name[CONF_NAME];
	unsigned int limit;
};

int request_parse(const char *text, size_t len, struct request *r, struct conf_err *err);

#endif
