// SPDX-License-Identifier: GPL-2.0-or-later
/* What is asked and changed at the control socket, and who hears of leases. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "ctlserver.h"
#include "log.h"
#include "metrics.h"
#include "pkt.h"
#include "reload.h"
#include "request.h"
#include "reserve.h"
#include "status.h"
#include "watch.h"

/**
 * struct ctl - the control socket
 * @socket: the socket and its clients
 * @watch: clients that are told what happens
 * @hook: a command that is run for it, or NULL
 * @events: what has happened, by enum lease_event
 *
 * Lifetime: ctl_init() to ctl_done().
 */
struct ctl {
	struct ctlserver socket;
	struct watch watch;
	struct hook *hook;
	uint64_t events[LEASE_EVENTS];
};

/* A change is on the disk. */
static void on_change(const struct lease *l, enum lease_event what, void *arg)
{
	struct server *s = arg;
	struct ctl *ctl = s->ctl;
	struct event e;

	ctl->events[what]++;
	if (!ctl->hook && !ctl->watch.n)
		return;
	event_fill(&e, l, what, server_wall(s));
	watch_event(&ctl->watch, &e);
	if (ctl->hook)
		hook_event(ctl->hook, &e);
}

static json_t *leases(struct server *s, struct conn *c, const struct request *r, bool last)
{
	return status_stream_leases(s, c, r, last) ? ctl_failed("out of memory") : NULL;
}

static json_t *lease(const struct server *s, const struct request *r)
{
	const struct lease *l = lease_by_addr(&s->db, r->addr);
	char ip[16];

	if (!l || !l->key)
		return ctl_failed("nobody has or had %s", ip4_format(htonl(r->addr), ip));
	return json_pack("{s:b, s:o}", "ok", 1, "lease", status_lease(l));
}

/* As if the client had said so; it may go on using the address until it renews. */
static json_t *release(struct server *s, const struct request *r)
{
	struct lease *l = lease_by_addr(&s->db, r->addr);
	char ip[16];

	if (!l || l->state != LEASE_ACTIVE)
		return ctl_failed("%s is not leased", ip4_format(htonl(r->addr), ip));
	log_info("release of %s on request", ip4_format(htonl(l->addr), ip));
	bind_release(s, l);
	server_flush(s);
	if (s->file.error)
		return ctl_failed("%s is free, but that is not on the disk: %s",
				  ip4_format(htonl(l->addr), ip), strerror(-s->file.error));
	return json_pack("{s:b, s:o}", "ok", 1, "lease", status_lease(l));
}

static json_t *reservations(const struct server *s)
{
	return json_pack("{s:b, s:o}", "ok", 1, "reservations", reserve_json(s));
}

static json_t *reserve(struct server *s, const struct request *r)
{
	struct conf_err err;

	if (reserve_add(s, r, &err))
		return ctl_failed("%s", err.text);
	return json_pack("{s:b}", "ok", 1);
}

static json_t *unreserve(struct server *s, const struct request *r)
{
	struct conf_err err;

	if (reserve_remove(s, r, &err))
		return ctl_failed("%s", err.text);
	return json_pack("{s:b}", "ok", 1);
}

static json_t *watch(struct server *s, struct conn *c)
{
	if (watch_add(&s->ctl->watch, c))
		return ctl_failed("%d clients watch already; end one of them", WATCH_MAX);
	return json_pack("{s:b}", "ok", 1);
}

static json_t *metrics(const struct server *s)
{
	json_t *status = status_json(s), *j;
	char *text = status ? metrics_text(status) : NULL;

	j = text ? json_pack("{s:b, s:s}", "ok", 1, "metrics", text) : NULL;
	free(text);
	json_decref(status);
	return j;
}

static json_t *reload(struct server *s)
{
	struct conf_err err;
	char text[512];

	if (!server_reload(s, &err))
		return json_pack("{s:b}", "ok", 1);
	return ctl_failed("%s", conf_err_format(s->conf_path, &err, text, sizeof(text)));
}

static json_t *act(struct server *s, struct conn *c, const struct request *r)
{
	switch (r->op) {
	case REQUEST_OP_LEASE:
		return lease(s, r);
	case REQUEST_OP_RELEASE:
		return release(s, r);
	case REQUEST_OP_RESERVATIONS:
		return reservations(s);
	case REQUEST_OP_RESERVE:
		return reserve(s, r);
	case REQUEST_OP_UNRESERVE:
		return unreserve(s, r);
	case REQUEST_OP_WATCH:
		return watch(s, c);
	case REQUEST_OP_STATISTICS:
		return json_pack("{s:b, s:o}", "ok", 1, "statistics", status_json(s));
	case REQUEST_OP_METRICS:
		return metrics(s);
	case REQUEST_OP_RELOAD:
		return reload(s);
	default:
		return NULL;
	}
}

static json_t *handle(struct ctlserver *cs, struct conn *c, const char *line, size_t len, bool last)
{
	struct server *s = cs->user;
	struct conf_err err;
	struct request r;
	json_t *j;

	if (request_parse(line, len, &r, &err))
		return ctl_failed("%s", err.text);
	if (r.op == REQUEST_OP_LEASES)
		return leases(s, c, &r, last);
	j = act(s, c, &r);
	return j ? j : ctl_failed("out of memory");
}

/**
 * ctl_init - begin to take requests
 * @s: the server
 * @path: where the socket is to be
 * @hook: is told what happens to leases, ours from now on, if this succeeds; or NULL
 *
 * Return: 0 or negative errno (-EADDRINUSE: another process has the socket).
 */
int ctl_init(struct server *s, const char *path, struct hook *hook)
{
	struct ctl *ctl = calloc(1, sizeof(*ctl));
	int err;

	if (!ctl)
		return -ENOMEM;
	ctl->socket.handle = handle;
	ctl->socket.user = s;
	err = ctlserver_init(&ctl->socket, &s->loop, path);
	if (!err && hook)
		err = hook_watch(hook, &s->loop);
	if (err) {
		ctlserver_done(&ctl->socket);
		free(ctl);
		return err;
	}
	ctl->hook = hook;
	s->ctl = ctl;
	return 0;
}

/* From now on what happens to leases is told; the lease file is open. */
void ctl_tell(struct server *s)
{
	s->file.changed = on_change;
	s->file.changed_arg = s;
}

/* Where the socket is, for whoever removes it after a crash. */
const char *ctl_path(const struct server *s)
{
	return s->ctl->socket.path;
}

/* What has been counted; of no control socket: nothing. */
void ctl_get_stats(const struct server *s, struct ctl_stats *stats)
{
	const struct ctl *ctl = s->ctl;

	memset(stats, 0, sizeof(*stats));
	if (!ctl)
		return;
	memcpy(stats->events, ctl->events, sizeof(stats->events));
	hook_get_stats(ctl->hook, &stats->hook);
	stats->watchers = ctl->watch.n;
	stats->watchers_dropped = ctl->watch.dropped;
}

/* Stop, and remove the socket when we still may. */
void ctl_done(struct server *s)
{
	struct ctl *ctl = s->ctl;

	if (!ctl)
		return;
	s->file.changed = NULL;
	ctlserver_done(&ctl->socket);
	hook_done(ctl->hook);
	free(ctl);
	s->ctl = NULL;
}
