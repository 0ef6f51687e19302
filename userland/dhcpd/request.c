// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctlrequest.h"
#include "event.h"
#include "pkt.h"
#include "request.h"

/* Members of a request, as bits. */
enum {
	HAS_STATE = 1,
	HAS_ADDRESS = 2,
	HAS_MAC = 4,
	HAS_ID = 8,
	HAS_NAME = 16,
	HAS_LIMIT = 32,
};

static const struct ctlrequest_op ops[REQUEST_OPS] = {
	[REQUEST_OP_LEASES] = { "leases", 0,
				HAS_STATE | HAS_ADDRESS | HAS_MAC | HAS_ID | HAS_LIMIT },
	[REQUEST_OP_LEASE] = { "lease", HAS_ADDRESS, 0 },
	[REQUEST_OP_RELEASE] = { "release", HAS_ADDRESS, 0 },
	[REQUEST_OP_RESERVATIONS] = { "reservations", 0, 0 },
	[REQUEST_OP_RESERVE] = { "reserve", HAS_ADDRESS, HAS_MAC | HAS_ID | HAS_NAME },
	[REQUEST_OP_UNRESERVE] = { "unreserve", 0, HAS_ADDRESS | HAS_NAME },
	[REQUEST_OP_WATCH] = { "watch", 0, 0 },
	[REQUEST_OP_STATISTICS] = { "statistics", 0, 0 },
	[REQUEST_OP_METRICS] = { "metrics", 0, 0 },
	[REQUEST_OP_RELOAD] = { "reload", 0, 0 },
};

static const struct ctlrequest_member members[] = {
	{ "state", HAS_STATE, JSON_STRING }, { "address", HAS_ADDRESS, JSON_STRING },
	{ "mac", HAS_MAC, JSON_STRING },     { "client_id", HAS_ID, JSON_STRING },
	{ "name", HAS_NAME, JSON_STRING },   { "limit", HAS_LIMIT, JSON_INTEGER },
};

static const struct ctlrequest_grammar grammar = {
	ops,
	REQUEST_OPS,
	members,
	sizeof(members) / sizeof(members[0]),
};

static int take_state(const char *s, struct request *r, struct conf_err *err)
{
	r->state = -1;
	if (!*s)
		return 0;
	r->state = event_state_find(s);
	if (r->state < 0)
		return conf_fail(err, 0,
				 "\"state\" is free, probed, offered, active or abandoned, "
				 "not \"%.40s\"",
				 s);
	return 0;
}

/* "ADDRESS" or, where several are meant, "ADDRESS/BITS". */
static int take_address(const char *s, struct request *r, struct conf_err *err)
{
	const char *slash = strchr(s, '/');
	size_t len = slash ? (size_t)(slash - s) : strlen(s);
	char buf[16], *end;
	uint32_t be;
	unsigned long bits = 32;

	if (!*s)
		return 0;
	if (slash && r->op != REQUEST_OP_LEASES)
		return conf_fail(err, 0, "\"address\" is one address, not \"%.40s\"", s);
	if (slash) {
		bits = isdigit((unsigned char)slash[1]) ? strtoul(slash + 1, &end, 10) : 33;
		if (bits > 32 || *end)
			return conf_fail(err, 0, "no length of a prefix, 0 to 32: \"%.40s\"", s);
	}
	snprintf(buf, sizeof(buf), "%.*s", (int)(len < sizeof(buf) ? len : 0), s);
	if (ip4_parse(buf, &be))
		return conf_fail(err, 0, "no IPv4 address: \"%.40s\"", s);
	r->has_addr = true;
	r->mask = bits ? ~0U << (32 - bits) : 0;
	r->addr = ntohl(be) & r->mask;
	return 0;
}

static int take_mac(const char *s, struct request *r, struct conf_err *err)
{
	if (!*s)
		return 0;
	if (mac_parse(s, r->mac))
		return conf_fail(err, 0, "no hardware address, 00:50:56:...: \"%.40s\"", s);
	if (r->op == REQUEST_OP_RESERVE && mac_is_group(r->mac))
		return conf_fail(err, 0, "a hardware address of a group is nobody's: \"%.40s\"", s);
	r->has_mac = true;
	return 0;
}

/* Bytes in hexadecimal digits, with colons between them. */
static int take_id(const char *s, struct request *r, struct conf_err *err)
{
	const char *at = s;
	char two[3] = { 0 };

	while (*at) {
		if (!isxdigit((unsigned char)at[0]) || !isxdigit((unsigned char)at[1]) ||
		    (at[2] && (at[2] != ':' || !at[3])))
			return conf_fail(err, 0, "no client identifier, 01:00:50:...: \"%.40s\"",
					 s);
		if (r->id_len == sizeof(r->id))
			return conf_fail(err, 0, "a client identifier has at most %zu bytes",
					 sizeof(r->id));
		memcpy(two, at, 2);
		r->id[r->id_len++] = (uint8_t)strtoul(two, NULL, 16);
		at += at[2] ? 3 : 2;
	}
	return 0;
}

/* As dhcpd.conf has names. */
static int take_name(const char *s, struct request *r, struct conf_err *err)
{
	const char *at;

	if (strlen(s) >= sizeof(r->name))
		return conf_fail(err, 0, "\"name\" has at most %zu characters",
				 sizeof(r->name) - 1);
	for (at = s; *at; at++)
		if (!isalnum((unsigned char)*at) && (!strchr("-_.", *at) || at == s))
			return conf_fail(err, 0,
					 "\"name\" is made of letters, digits, '-', '_' "
					 "and '.', and begins with one of the first two");
	strcpy(r->name, s);
	return 0;
}

static int check(const struct request *r, struct conf_err *err)
{
	if (r->op == REQUEST_OP_RESERVE && r->has_mac == (r->id_len > 0))
		return conf_fail(err, 0, "reserve needs one of \"mac\" and \"client_id\"");
	if (r->op == REQUEST_OP_UNRESERVE && r->has_addr == (r->name[0] != '\0'))
		return conf_fail(err, 0, "unreserve needs one of \"address\" and \"name\"");
	if ((ops[r->op].needs & HAS_ADDRESS) && !r->has_addr)
		return conf_fail(err, 0, "no IPv4 address: \"\"");
	return 0;
}

/**
 * request_parse - read a line of a client
 * @text: the line, a JSON object
 * @len: bytes
 * @r: filled
 * @err: why not, in one sentence
 *
 * Return: 0, or -EINVAL.
 */
int request_parse(const char *text, size_t len, struct request *r, struct conf_err *err)
{
	unsigned int op;
	json_t *j = ctlrequest_load(&grammar, text, len, &op, err);
	int ret;

	memset(r, 0, sizeof(*r));
	if (!j)
		return -EINVAL;
	r->op = op;
	ret = take_state(ctlrequest_text(j, "state"), r, err);
	if (!ret)
		ret = take_address(ctlrequest_text(j, "address"), r, err);
	if (!ret)
		ret = take_mac(ctlrequest_text(j, "mac"), r, err);
	if (!ret)
		ret = take_id(ctlrequest_text(j, "client_id"), r, err);
	if (!ret)
		ret = take_name(ctlrequest_text(j, "name"), r, err);
	if (!ret)
		ret = ctlrequest_number(j, "limit", REQUEST_LEASES, REQUEST_MAX_LEASES, &r->limit,
					err);
	if (!ret)
		ret = check(r, err);
	json_decref(j);
	return ret;
}
