// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "ctlrequest.h"
#include "request.h"

/* Members of a request, as bits. */
enum { HAS_PROTO = 1, HAS_HOST = 2, HAS_GUEST = 4, HAS_NAME = 8, HAS_LIMIT = 16 };

static const struct ctlrequest_op ops[REQUEST_OPS] = {
	[REQUEST_OP_FLOWS] = { "flows", 0, HAS_PROTO | HAS_LIMIT },
	[REQUEST_OP_FORWARDS] = { "forwards", 0, 0 },
	[REQUEST_OP_SERVICES] = { "services", 0, 0 },
	[REQUEST_OP_ADD] = { "add-forward", HAS_PROTO | HAS_HOST | HAS_GUEST, HAS_NAME },
	[REQUEST_OP_REMOVE] = { "remove-forward", HAS_PROTO | HAS_HOST, 0 },
	[REQUEST_OP_STATISTICS] = { "statistics", 0, 0 },
	[REQUEST_OP_RELOAD] = { "reload", 0, 0 },
	[REQUEST_OP_METRICS] = { "metrics", 0, 0 },
};

static const struct ctlrequest_member members[] = {
	{ "proto", HAS_PROTO, JSON_STRING },  { "host", HAS_HOST, JSON_STRING },
	{ "guest", HAS_GUEST, JSON_STRING },  { "name", HAS_NAME, JSON_STRING },
	{ "limit", HAS_LIMIT, JSON_INTEGER },
};

static const struct ctlrequest_grammar grammar = {
	ops,
	REQUEST_OPS,
	members,
	sizeof(members) / sizeof(members[0]),
};

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

static int fill(json_t *j, struct request *r, struct conf_err *err)
{
	int ret = take_proto(j, r, err);

	if (!ret)
		ret = ctlrequest_number(j, "limit", REQUEST_FLOWS, REQUEST_MAX_FLOWS, &r->limit,
					err);
	if (!ret && r->op == REQUEST_OP_REMOVE)
		ret = nat_ports_parse(ctlrequest_text(j, "host"), &r->ports, err);
	if (!ret && r->op == REQUEST_OP_ADD)
		ret = nat_forwards_parse(r->proto, ctlrequest_text(j, "host"),
					 ctlrequest_text(j, "guest"), ctlrequest_text(j, "name"),
					 &r->forwards, &r->nforwards, err);
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
	unsigned int op;
	json_t *j = ctlrequest_load(&grammar, text, len, &op, err);
	int ret;

	memset(r, 0, sizeof(*r));
	if (!j)
		return -EINVAL;
	r->op = op;
	ret = fill(j, r, err);
	json_decref(j);
	return ret;
}

/* End what request_parse() has filled; may be done twice. */
void request_done(struct request *r)
{
	free(r->forwards);
	r->forwards = NULL;
}
