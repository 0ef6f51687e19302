// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the NAT is doing, for whoever asks: a client that connects gets one JSON
 * object and the end of the file. Asked at /var/run/vmnat.PID and, when
 * configport is set, at that port of the host's loopback, where those who speak
 * HTTP may ask for OpenMetrics too.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conn.h"
#include "dns.h"
#include "ftp.h"
#include "fwd.h"
#include "http.h"
#include "icmp.h"
#include "metrics.h"
#include "status.h"
#include "tcp.h"
#include "udp.h"

/* Whoever has said nothing for so long speaks no HTTP. */
#define SILENT (250 * MSEC)

/**
 * struct status - those who listen for askers
 * @path: the UNIX socket, empty when it is not there
 * @local: the UNIX socket
 * @tcp: the TCP port, fd -1 when none is configured
 * @port: which one, host order, or 0
 * @askers: of the UNIX socket, who have not read all of their answer yet
 * @web: of the TCP port
 *
 * Lifetime: status_init() to status_done().
 */
struct status {
	struct nat *nat;
	char path[CONN_PATH];
	struct loop_fd local, tcp;
	uint16_t port;
	struct conn_set askers, web;
};

static json_t *number(uint64_t v)
{
	return json_integer((json_int_t)v);
}

static json_t *network_json(const struct nat *n)
{
	char ip[16], mac[18];

	return json_pack("{s:s, s:i, s:s, s:s, s:i}", "ip", ip4_format(n->ip4, ip), "prefix",
			 (int)n->conf.prefix, "port", n->port.name, "mac", mac_format(n->mac, mac),
			 "mtu", (int)n->mtu);
}

static json_t *forward_json(const struct forward *f)
{
	char guest[46], bind[46], reason[160];
	json_t *j = json_pack("{s:s, s:i, s:s, s:i}", "proto",
			      f->conf.proto == IPPROTO_TCP ? "tcp" : "udp", "host_port",
			      f->conf.host_port, "guest", ipaddr_format(&f->conf.guest, guest),
			      "guest_port", f->conf.guest_port);

	if (nat_forward_has_address(&f->conf))
		json_object_set_new(j, "host", json_string(ipaddr_format(&f->conf.bind, bind)));
	if (f->conf.name[0])
		json_object_set_new(j, "name", json_string(f->conf.name));
	json_object_set_new(j, "state", json_string(f->error ? "not listening" : "listening"));
	if (f->error)
		json_object_set_new(j, "reason",
				    json_string(fwd_reason(f, reason, sizeof(reason))));
	json_object_set_new(j, "source", json_string(f->live ? "request" : "nat.conf"));
	if (!f->live)
		json_object_set_new(j, "line", json_integer(f->conf.line));
	if (f->conf.proto == IPPROTO_TCP)
		json_object_set_new(j, "connections", number(f->taken));
	return j;
}

/* All forwards, those that do not listen too. */
json_t *status_forwards(const struct nat *n)
{
	json_t *list = json_array();
	const struct forward *f;

	for (f = n->fwd->list; f; f = f->next)
		json_array_append_new(list, forward_json(f));
	return list;
}

static json_t *service_json(const struct nat_forward *s)
{
	char host[46];
	json_t *j = json_pack("{s:s, s:i, s:s, s:i, s:i}", "proto",
			      s->proto == IPPROTO_TCP ? "tcp" : "udp", "port", s->host_port, "host",
			      ipaddr_format(&s->guest, host), "host_port", s->guest_port, "line",
			      s->line);

	if (s->name[0])
		json_object_set_new(j, "name", json_string(s->name));
	return j;
}

/* The ports of the gateway that lead to the host's loopback. */
json_t *status_services(const struct nat *n)
{
	json_t *list = json_array();
	unsigned int i;

	for (i = 0; i < n->conf.nservices; i++)
		json_array_append_new(list, service_json(&n->conf.services[i]));
	return list;
}

static json_t *dns_json(const struct nat *n)
{
	const struct resolv *r = dns_get_servers(n);
	json_t *list = json_array();
	struct dns_local_stats local;
	struct dns_stats d;
	char ip[46];
	unsigned int i;

	for (i = 0; i < r->nservers; i++)
		json_array_append_new(list, json_string(ipaddr_format(&r->servers[i].addr, ip)));
	dns_get_stats(n, &d);
	dns_get_local(n, &local);
	return json_pack("{s:o, s:i, s:i, s:o, s:o, s:o, s:o, s:o, s:o}", "servers", list,
			 "host_names", (int)local.hosts, "guest_names", (int)local.guests,
			 "local_answers", number(local.answers), "queries", number(d.queries),
			 "answers", number(d.answers), "failovers", number(d.failovers), "failed",
			 number(d.failed), "refused", number(d.refused));
}

static json_t *tcp_json(const struct nat *n)
{
	return json_pack("{s:o, s:o, s:o}", "opened", number(n->tcp->opened), "refused",
			 number(n->tcp->refused), "retransmits", number(n->tcp->retransmits));
}

static json_t *udp_json(const struct nat *n)
{
	struct udp_stats u;

	udp_get_stats(n, &u);
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "out", number(u.out), "in", number(u.in),
			 "dropped", number(u.dropped), "errors", number(u.errors), "maps_made",
			 number(u.maps_made), "maps_refused", number(u.maps_refused));
}

static json_t *icmp_json(const struct nat *n)
{
	struct icmp_stats c;

	icmp_get_stats(n, &c);
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "echo_out", number(c.echo_out),
			 "echo_in", number(c.echo_in), "echo_own", number(c.echo_own), "errors_out",
			 number(c.errors_out), "errors_limited", number(c.errors_limited),
			 "dropped", number(c.dropped));
}

static json_t *ftp_json(const struct nat *n)
{
	struct ftp_stats f;

	ftp_get_stats(n, &f);
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "awaited", number(f.awaited), "led",
			 number(f.led), "strangers", number(f.strangers), "expired",
			 number(f.expired), "refused", number(f.refused));
}

/* What was refused, by the reason. */
static json_t *bad_json(const struct nat *n)
{
	json_t *j = json_object();
	unsigned int i;

	for (i = PKT_FINE + 1; i < PKT_WHYS; i++)
		json_object_set_new(j, parse_why_name(i), number(n->stats.bad[i]));
	return j;
}

static uint64_t bad_total(const struct nat *n)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < PKT_WHYS; i++)
		sum += n->stats.bad[i];
	return sum;
}

/* All there is to say. Return: NULL without memory. */
json_t *status_json(const struct nat *n)
{
	return json_pack("{s:s, s:i, s:o, s:{s:i, s:i, s:i}, s:o, s:o, "
			 "s:{s:o, s:o, s:o, s:o, s:o}, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "version", VMNET_VERSION, "pid", (int)getpid(), "network", network_json(n),
			 "flows", "tcp", (int)tcp_flows(n), "udp", (int)udp_flows(n), "icmp",
			 (int)icmp_flows(n), "forwards", status_forwards(n), "services",
			 status_services(n), "frames", "rx", number(n->stats.rx), "tx",
			 number(n->stats.tx), "dropped", number(n->stats.dropped), "bad",
			 number(bad_total(n)), "refused", number(n->stats.refused), "bad",
			 bad_json(n), "tcp", tcp_json(n), "udp", udp_json(n), "icmp", icmp_json(n),
			 "dns", dns_json(n), "ftp", ftp_json(n));
}

static char *make_text(const struct nat *n)
{
	json_t *j = status_json(n);
	char *text = j ? json_dumps(j, JSON_INDENT(2) | JSON_PRESERVE_ORDER) : NULL;
	char *line = NULL;

	if (text && asprintf(&line, "%s\n", text) < 0)
		line = NULL;
	free(text);
	json_decref(j);
	return line;
}

/* At the UNIX socket nothing that an asker says matters. */
static size_t on_input(struct conn *c, const char *data, size_t len, bool all)
{
	(void)c;
	(void)data;
	(void)all;
	return len;
}

static void answer_all(struct status *s, int listener)
{
	struct conn *c;
	char *text;
	int i;

	for (i = 0; i < CONN_ACCEPTS; i++) {
		if (conn_accept(&s->askers, listener, &c))
			return;
		text = make_text(s->nat);
		conn_answer(c, text, text ? strlen(text) : 0, true);
	}
}

/* The page that is asked for, as HTTP. */
static char *make_page(const struct nat *n, const struct http_request *r)
{
	char *body, *answer = NULL;
	json_t *j;

	if (r->kind == HTTP_OTHER)
		return http_answer(r, 405, "text/plain", "GET or HEAD\n");
	if (!strcmp(r->path, "/metrics")) {
		j = status_json(n);
		body = j ? metrics_text(j) : NULL;
		json_decref(j);
		if (body)
			answer = http_answer(r, 200, METRICS_TYPE, body);
	} else if (!strcmp(r->path, "/")) {
		body = make_text(n);
		if (body)
			answer = http_answer(r, 200, "application/json", body);
	} else {
		return http_answer(r, 404, "text/plain", "There are / and /metrics\n");
	}
	free(body);
	return answer;
}

/* Who speaks no HTTP, or nothing, gets what the UNIX socket gives. */
static size_t on_web(struct conn *c, const char *data, size_t len, bool all)
{
	struct status *s = c->set->user;
	struct http_request r;
	char *text;

	http_parse(&r, data, len, all);
	if (r.kind == HTTP_MORE)
		return 0;
	text = r.kind == HTTP_NONE ? make_text(s->nat) : make_page(s->nat, &r);
	conn_answer(c, text, text ? strlen(text) : 0, true);
	return len;
}

static void on_local(struct loop *loop, struct loop_fd *self, uint32_t events)
{
	struct status *s = (void *)((char *)self - offsetof(struct status, local));

	(void)loop;
	(void)events;
	answer_all(s, self->fd);
}

static void on_tcp(struct loop *loop, struct loop_fd *self, uint32_t events)
{
	struct status *s = (void *)((char *)self - offsetof(struct status, tcp));

	(void)loop;
	(void)events;
	conn_accept_some(&s->web, self->fd);
}

static int listen_local(struct status *s, const char *dir)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/vmnat.%d", dir, (int)getpid());
	return conn_listen(&s->nat->loop, &s->local, path, s->path);
}

static int listen_tcp(uint16_t port)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int one = 1, err;

	if (fd < 0)
		return -errno;
	if (!setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) &&
	    !bind(fd, (struct sockaddr *)&sin, sizeof(sin)) && !listen(fd, 16))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static void end_fd(struct nat *n, struct loop_fd *lfd)
{
	if (lfd->fd < 0)
		return;
	loop_fd_del(&n->loop, lfd);
	close(lfd->fd);
	lfd->fd = -1;
}

/**
 * status_set_port - answer at another port of the loopback, or at none
 * @n: the NAT
 * @port: host order, 0 for none
 *
 * Return: 0, or negative errno, and then all is as it was.
 */
int status_set_port(struct nat *n, uint16_t port)
{
	struct status *s = n->status;
	int fd;

	if (port == s->port)
		return 0;
	fd = port ? listen_tcp(port) : -1;
	if (port && fd < 0)
		return fd;
	end_fd(n, &s->tcp);
	s->port = port;
	s->tcp.fd = fd;
	return port ? loop_fd_add(&n->loop, &s->tcp, EPOLLIN) : 0;
}

/**
 * status_init - begin to answer
 * @n: the NAT
 * @dir: where vmnat.PID is to be, usually /var/run
 *
 * Return: 0 or negative errno.
 */
int status_init(struct nat *n, const char *dir)
{
	struct status *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	s->nat = n;
	s->local.fn = on_local;
	s->local.fd = -1;
	s->tcp.fn = on_tcp;
	s->tcp.fd = -1;
	s->askers.loop = &n->loop;
	s->askers.input = on_input;
	s->askers.wait = CONN_SLOW;
	s->web.loop = &n->loop;
	s->web.input = on_web;
	s->web.wait = SILENT;
	s->web.user = s;
	n->status = s;
	err = listen_local(s, dir);
	if (!err)
		err = status_set_port(n, n->conf.config_port);
	if (err)
		status_done(n);
	return err;
}

/* Where the UNIX socket is, for whoever removes it after a crash. */
const char *status_path(const struct nat *n)
{
	return n->status->path;
}

/* Stop answering, and remove the socket when we still may. */
void status_done(struct nat *n)
{
	struct status *s = n->status;

	if (!s)
		return;
	conn_set_done(&s->askers);
	conn_set_done(&s->web);
	end_fd(n, &s->local);
	end_fd(n, &s->tcp);
	if (s->path[0])
		unlink(s->path);
	free(s);
	n->status = NULL;
}
