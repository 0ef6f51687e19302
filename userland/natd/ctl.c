// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The control socket: one request a line, one answer a line, both JSON.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "conn.h"
#include "ctl.h"
#include "fwd.h"
#include "metrics.h"
#include "reload.h"
#include "request.h"
#include "status.h"

#define IDLE_TIME (60 * SEC)

/**
 * struct ctl - the control socket
 * @path: where it is, empty when it is not there
 * @lfd: listens
 * @conns: the clients
 *
 * Lifetime: ctl_init() to ctl_done().
 */
struct ctl {
	struct nat *nat;
	char path[CONN_PATH];
	struct loop_fd lfd;
	struct conn_set conns;
};

static json_t *failed(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static json_t *failed(const char *fmt, ...)
{
	char text[512], *s;
	json_t *j;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	j = json_pack("{s:b, s:s}", "ok", 0, "error", text);
	if (j)
		return j;
	/* It quotes a part of a character. */
	for (s = text; *s; s++)
		if ((unsigned char)*s >= 0x80)
			*s = '?';
	return json_pack("{s:b, s:s}", "ok", 0, "error", text);
}

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
		return failed("nothing is carried (--advertise-only)");
	if (n->fwd->n + r->nforwards > NAT_CONF_MAX_FORWARDS)
		return failed("more than %d forwards", NAT_CONF_MAX_FORWARDS);
	for (i = 0; i < r->nforwards; i++) {
		if (nat_forward_check(&n->conf, &r->forwards[i], &err))
			return failed("%s", err.text);
		if (fwd_overlapping(n, &r->forwards[i]))
			return failed("%s is forwarded already",
				      nat_forward_format(&r->forwards[i], port));
	}
	for (i = 0; i < r->nforwards; i++)
		if (fwd_add(n, &r->forwards[i], true)) {
			while (i--)
				fwd_remove(n, fwd_find(n, &r->forwards[i]));
			return failed("out of memory");
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
			return failed("%s is not forwarded", nat_forward_format(&f, text));
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
	j = failed("%s", conf_err_format(n->conf_path, &err, text, sizeof(text)));
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

static json_t *handle(struct nat *n, const char *line, size_t len)
{
	struct conf_err err;
	struct request r;
	json_t *j;

	if (request_parse(line, len, &r, &err))
		return failed("%s", err.text);
	j = act(n, &r);
	request_done(&r);
	return j ? j : failed("out of memory");
}

static void give(struct conn *c, json_t *j, bool last)
{
	char *text = j ? json_dumps(j, JSON_COMPACT | JSON_PRESERVE_ORDER) : NULL;
	size_t len = text ? strlen(text) : 0;

	json_decref(j);
	/* json_dumps() gives room for the end, which becomes that of the line. */
	if (text)
		text[len++] = '\n';
	conn_answer(c, text, len, last);
}

static size_t on_input(struct conn *c, const char *data, size_t len, bool all)
{
	struct ctl *ctl = c->set->user;
	const char *nl = memchr(data, '\n', len);
	size_t line = nl ? (size_t)(nl - data) : len;

	if (!nl && len == CONN_MAX_INPUT) {
		give(c, failed("a request has at most %d bytes", CONN_MAX_INPUT - 1), true);
		return len;
	}
	if ((!nl && !all) || !len)
		return 0;
	if (line)
		give(c, handle(ctl->nat, data, line), !nl);
	return line + !!nl;
}

static void on_client(struct loop *loop, struct loop_fd *self, uint32_t events)
{
	struct ctl *ctl = (void *)((char *)self - offsetof(struct ctl, lfd));

	(void)loop;
	(void)events;
	conn_accept_some(&ctl->conns, self->fd);
}

/* Is a process there that answers at the socket? */
static bool in_use(const struct sockaddr_un *sun)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	bool yes;

	if (fd < 0)
		return false;
	yes = !connect(fd, (const struct sockaddr *)sun, sizeof(*sun)) || errno == EAGAIN;
	close(fd);
	return yes;
}

static int listen_at(struct ctl *ctl, const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	if (snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path) < (int)sizeof(sun.sun_path) &&
	    in_use(&sun))
		return -EADDRINUSE;
	return conn_listen(&ctl->nat->loop, &ctl->lfd, path, ctl->path);
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
	ctl->lfd.fn = on_client;
	ctl->lfd.fd = -1;
	ctl->conns.loop = &n->loop;
	ctl->conns.input = on_input;
	ctl->conns.wait = IDLE_TIME;
	ctl->conns.user = ctl;
	n->ctl = ctl;
	err = listen_at(ctl, path);
	if (err)
		ctl_done(n);
	return err;
}

/* Where the socket is, for whoever removes it after a crash. */
const char *ctl_path(const struct nat *n)
{
	return n->ctl->path;
}

/* Stop, and remove the socket when we still may. */
void ctl_done(struct nat *n)
{
	struct ctl *ctl = n->ctl;

	if (!ctl)
		return;
	conn_set_done(&ctl->conns);
	if (ctl->lfd.fd >= 0) {
		loop_fd_del(&n->loop, &ctl->lfd);
		close(ctl->lfd.fd);
	}
	if (ctl->path[0])
		unlink(ctl->path);
	free(ctl);
	n->ctl = NULL;
}
