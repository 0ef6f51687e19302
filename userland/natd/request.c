// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <jansson.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "request.h"

/* Members of a request, as bits. */
enum { HAS_PROTO = 1, HAS_HOST = 2, HAS_GUEST = 4, HAS_NAME = 8, HAS_LIMIT = 16 };

static const struct op {
	const char *name;
	unsigned int needs, may;
} ops[REQUEST_OPS] = {
	[REQUEST_OP_FLOWS] = { "flows", 0, HAS_PROTO | HAS_LIMIT },
	[REQUEST_OP_FORWARDS] = { "forwards", 0, 0 },
	[REQUEST_OP_SERVICES] = { "services", 0, 0 },
	[REQUEST_OP_ADD] = { "add-forward", HAS_PROTO | HAS_HOST | HAS_GUEST, HAS_NAME },
	[REQUEST_OP_REMOVE] = { "remove-forward", HAS_PROTO | HAS_HOST, 0 },
	[REQUEST_OP_STATISTICS] = { "statistics", 0, 0 },
	[REQUEST_OP_RELOAD] = { "reload", 0, 0 },
	[REQUEST_OP_METRICS] = { "metrics", 0, 0 },
};

static const struct member {
	const char *name;
	unsigned int bit;
} members[] = {
	{ "proto", HAS_PROTO }, { "host", HAS_HOST },	{ "guest", HAS_GUEST },
	{ "name", HAS_NAME },	{ "limit", HAS_LIMIT },
};

#define MEMBERS (sizeof(members) / sizeof(members[0]))

static int find_op(const json_t *j, enum request_op *op, struct conf_err *err)
{
	const char *name = json_string_value(json_object_get(j, "request"));
	unsigned int i;

	if (!name)
		return conf_fail(err, 0, "\"request\" is missing");
	for (i = 0; i < REQUEST_OPS; i++)
		if (!strcmp(name, ops[i].name)) {
			*op = i;
			return 0;
		}
	return conf_fail(err, 0, "unknown request \"%.40s\"", name);
}

/* All that is needed, nothing that is not known, and of the right type. */
static int check_members(json_t *j, const struct op *op, struct conf_err *err)
{
	unsigned int i, has = 0;
	const char *key;
	json_t *value;

	json_object_foreach(j, key, value)
	{
		if (!strcmp(key, "request"))
			continue;
		for (i = 0; i < MEMBERS; i++)
			if (!strcmp(key, members[i].name))
				break;
		if (i == MEMBERS || !(members[i].bit & (op->needs | op->may)))
			return conf_fail(err, 0, "\"%.40s\" does not belong to %s", key, op->name);
		if (members[i].bit == HAS_LIMIT ? !json_is_integer(value) : !json_is_string(value))
			return conf_fail(err, 0, "\"%s\" is not a %s", key,
					 members[i].bit == HAS_LIMIT ? "number" : "string");
		has |= members[i].bit;
	}
	for (i = 0; i < MEMBERS; i++)
		if (members[i].bit & op->needs & ~has)
			return conf_fail(err, 0, "%s needs \"%s\"", op->name, members[i].name);
	return 0;
}

static int take_proto(const json_t *j, struct request *r, struct conf_err *err)
{
	const char *s = json_string_value(json_object_get(j, "proto"));

	if (!s)
		return 0;
	if (!strcmp(s, "tcp"))
		r->proto = IPPROTO_TCP;
	else if (!strcmp(s, "udp"))
		r->proto = IPPROTO_UDP;
	else if (!strcmp(s, "icmp") && r->op == REQUEST_OP_FLOWS)
		r->proto = IPPROTO_ICMP;
	else
		return conf_fail(err, 0, "\"proto\" is tcp%s udp%s, not \"%.40s\"",
				 r->op == REQUEST_OP_FLOWS ? "," : " or",
				 r->op == REQUEST_OP_FLOWS ? " or icmp" : "", s);
	return 0;
}

static int take_limit(const json_t *j, struct request *r, struct conf_err *err)
{
	const json_t *v = json_object_get(j, "limit");
	json_int_t n = v ? json_integer_value(v) : REQUEST_FLOWS;

	if (n < 0 || n > REQUEST_MAX_FLOWS)
		return conf_fail(err, 0, "\"limit\" is 0 to %d", REQUEST_MAX_FLOWS);
	r->limit = (unsigned int)n;
	return 0;
}

static const char *text_of(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));

	return s ? s : "";
}

static int fill(json_t *j, struct request *r, struct conf_err *err)
{
	int ret = find_op(j, &r->op, err);

	if (!ret)
		ret = check_members(j, &ops[r->op], err);
	if (!ret)
		ret = take_proto(j, r, err);
	if (!ret)
		ret = take_limit(j, r, err);
	if (!ret && r->op == REQUEST_OP_REMOVE)
		ret = nat_ports_parse(text_of(j, "host"), &r->ports, err);
	if (!ret && r->op == REQUEST_OP_ADD)
		ret = nat_forwards_parse(r->proto, text_of(j, "host"), text_of(j, "guest"),
					 text_of(j, "name"), &r->forwards, &r->nforwards, err);
	return ret;
}

/**
 * request_parse - read a line of a client
 * @text: the line, a JSON object
 * @len: bytes
 * @r: filled
 * @err: why not, in one sentence
 *
 * Return: 0, -EINVAL, or -ENOMEM.
 */
int request_parse(const char *text, size_t len, struct request *r, struct conf_err *err)
{
	json_error_t why;
	json_t *j = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
	int ret;

	memset(r, 0, sizeof(*r));
	if (json_is_object(j))
		ret = fill(j, r, err);
	else
		ret = conf_fail(err, 0, "not a JSON object: %s", j ? "another value" : why.text);
	json_decref(j);
	return ret;
}

/* End what request_parse() has filled; may be done twice. */
void request_done(struct request *r)
{
	free(r->forwards);
	r->forwards = NULL;
}
