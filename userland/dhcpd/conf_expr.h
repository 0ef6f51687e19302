/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Expressions of conditions: dhcp-eval(5), what can be told from one message.
 */
#ifndef VMNET_DHCPD_CONF_EXPR_H
#define VMNET_DHCPD_CONF_EXPR_H

#include "conf.h"

enum expr_op {
	/* true or false */
	EXPR_AND,
	EXPR_OR,
	EXPR_NOT,
	EXPR_EQUAL,
	EXPR_NOT_EQUAL,
	EXPR_EXISTS,
	EXPR_KNOWN,
	/* bytes, or nothing */
	EXPR_CONST,
	EXPR_OPTION,
	EXPR_HARDWARE,
	EXPR_SUBSTRING,
	EXPR_SUFFIX,
	EXPR_CONCAT,
	EXPR_LOWER,
	EXPR_UPPER,
	EXPR_FIRST
};

/**
 * struct dhcp_expr - a part of a condition
 * @op: what it is
 * @a: what it is about, and
 * @b: with what
 * @data: of EXPR_CONST, @len bytes
 * @from: first byte of EXPR_SUBSTRING
 * @len: bytes of EXPR_CONST, EXPR_SUBSTRING, EXPR_SUFFIX
 * @code: of EXPR_OPTION and EXPR_EXISTS; @inner is not 0: of the option around it
 * @inner: code of a part of option @code, or 0
 *
 * Belongs to the configuration.
 */
struct dhcp_expr {
	enum expr_op op;
	const struct dhcp_expr *a, *b;
	const uint8_t *data;
	uint32_t from, len;
	uint8_t code, inner;
};

#define EXPR_SCRATCH 2048

/**
 * struct expr_data - the bytes that an expression comes to
 * @data: @len bytes; NULL: nothing, as of an option that is not there
 * @len: see @data
 *
 * Points into the client's message, the configuration or @scratch of struct
 * expr_room.
 */
struct expr_data {
	const uint8_t *data;
	size_t len;
};

/* Room for bytes that are put together, as long as an expression is looked at. */
struct expr_room {
	size_t used;
	uint8_t scratch[EXPR_SCRATCH];
};

bool expr_holds(const struct dhcp_expr *e, const struct dhcp_client *client);
struct expr_data expr_bytes(const struct dhcp_expr *e, const struct dhcp_client *client,
			    struct expr_room *room);

#endif
