// SPDX-License-Identifier: GPL-2.0-or-later
/* What is asked and changed at the control socket. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "ctlserver.h"
#include "fwd.h"
#include "metrics.h"
#include "reload.h"
#include "request.h"
#include "status.h"

/**
 * struct ctl - the control socket
 * @nat: whose it is
 * @server: the socket and its clients
 *
 * Lifetime: ctl_init() to ctl_done().
 */
struct ctl {
	struct nat *nat;
	struct ctlserver server;
};

static json_t *flows(struct nat *n, const struct request *r)
{
	unsigned int total;
	json_t *list = status_flows(n, r->proto, r->limit, &total);

	return json_pack("{s:b, s:i, s:o}", "ok", 1, "total", (int)total, "flows", list);
}

/* All or none. */
static json_t *add_forward(struct nat *n, const struct request *r)
{
	char port[64], reason[160];
	const struct forward *f;
	struct conf_err err;
	unsigned int i, waits = 0;
	json_t *j;

	if (n->advertise_only)
		return ctl_failed("nothing is carried (--advertise-only)");
	if (n->fwd->n + r->nforwards > NAT_CONF_MAX_FORWARDS)
		return ctl_failed("more than %d forwards", NAT_CONF_MAX_FORWARDS);
	for (i = 0; i < r->nforwards; i++) {
		if (nat_forward_check(&n->conf, &r->forwards[i], &err))
			return ctl_failed("%s", err.text);
		if (fwd_overlapping(n, &r->forwards[i]))
			return ctl_failed("%s is forwarded already",
					  nat_forward_format(&r->forwards[i], port));
	}
	for (i = 0; i < r->nforwards; i++)
		if (fwd_add(n, &r->forwards[i], true)) {
			while (i--)
				fwd_remove(n, fwd_find(n, &r->forwards[i]));
			return ctl_failed("out of memory");
		}
	j = json_pack("{s:b, s:i}", "ok", 1, "added", (int)r->nforwards);
	for (i = 0; i < r->nforwards; i++) {
		f = fwd_find(n, &r->forwards[i]);
		if (!f->error)
			continue;
		if (!waits++)
			json_object_set_new(j, "reason",
					    json_string(fwd_reason(f, reason, sizeof(reason))));
	}
	json_object_set_new(j, "not_listening", json_integer(waits));
	return j;
}

/* All or none. */
static json_t *remove_forward(struct nat *n, const struct request *r)
{
	struct nat_forward f = { .proto = r->proto, .bind = r->ports.bind };
	unsigned int port, count = 0;
	char text[64];

	/* Ports without an address are those of IPv4, as fwd_find() has them. */
	if (!f.bind.family)
		f.bind.family = AF_INET;
	for (port = r->ports.range.first; port <= r->ports.range.last; port++) {
		f.host_port = (uint16_t)port;
		if (nat_ports_have(&r->ports, f.host_port) && !fwd_find(n, &f))
			return ctl_failed("%s is not forwarded", nat_forward_format(&f, text));
	}
	for (port = r->ports.range.first; port <= r->ports.range.last; port++) {
		f.host_port = (uint16_t)port;
		if (!nat_ports_have(&r->ports, f.host_port))
			continue;
		fwd_remove(n, fwd_find(n, &f));
		count++;
	}
	return json_pack("{s:b, s:i, s:s}", "ok", 1, "removed", (int)count, "connections",
			 r->proto == IPPROTO_TCP ? "kept" : "none");
}

static json_t *reload(struct nat *n)
{
	struct conf_err err;
	char text[512];
	int ret = nat_reload(n, &err);
	json_t *j;

	if (!ret)
		return json_pack("{s:b}", "ok", 1);
	j = ctl_failed("%s", conf_err_format(n->conf_path, &err, text, sizeof(text)));
	/* The file may be good for one that starts. */
	if (j && ret != -EINVAL)
		json_object_set_new(j, "restart", json_true());
	return j;
}

static json_t *metrics(const struct nat *n)
{
	json_t *status = status_json(n), *j;
	char *text = status ? metrics_text(status) : NULL;

	j = text ? json_pack("{s:b, s:s}", "ok", 1, "metrics", text) : NULL;
	free(text);
	json_decref(status);
	return j;
}

static json_t *act(struct nat *n, const struct request *r)
{
	switch (r->op) {
	case REQUEST_OP_FLOWS:
		return flows(n, r);
	case REQUEST_OP_FORWARDS:
		return json_pack("{s:b, s:o}", "ok", 1, "forwards", status_forwards(n));
	case REQUEST_OP_SERVICES:
		return json_pack("{s:b, s:o}", "ok", 1, "services", status_services(n));
	case REQUEST_OP_ADD:
		return add_forward(n, r);
	case REQUEST_OP_REMOVE:
		return remove_forward(n, r);
	case REQUEST_OP_STATISTICS:
		return json_pack("{s:b, s:o}", "ok", 1, "statistics", status_json(n));
	case REQUEST_OP_RELOAD:
		return reload(n);
	case REQUEST_OP_METRICS:
		return metrics(n);
	default:
		return NULL;
	}
}

static json_t *handle(struct ctlserver *cs, struct conn *c, const char *line, size_t len, bool last)
{
	struct ctl *ctl = cs->user;
	struct conf_err err;
	struct request r;
	json_t *j;

	(void)c;
	(void)last;
	if (request_parse(line, len, &r, &err))
		return ctl_failed("%s", err.text);
	j = act(ctl->nat, &r);
	request_done(&r);
	return j ? j : ctl_failed("out of memory");
}

/**
 * ctl_init - begin to take requests
 * @n: the NAT
 * @path: where the socket is to be
 *
 * Return: 0 or negative errno (-EADDRINUSE: another process has the socket).
 */
int ctl_init(struct nat *n, const char *path)
{
	struct ctl *ctl = calloc(1, sizeof(*ctl));
	int err;

	if (!ctl)
		return -ENOMEM;
	ctl->nat = n;
	ctl->server.handle = handle;
	ctl->server.user = ctl;
	err = ctlserver_init(&ctl->server, &n->loop, path);
	if (err)
		free(ctl);
	else
		n->ctl = ctl;
	return err;
}

/* Where the socket is, for whoever removes it after a crash. */
const char *ctl_path(const struct nat *n)
{
	return n->ctl->server.path;
}

/* Stop, and remove the socket when we still may. */
void ctl_done(struct nat *n)
{
	struct ctl *ctl = n->ctl;

	if (!ctl)
		return;
	ctlserver_done(&ctl->server);
	free(ctl);
	n->ctl = NULL;
}
