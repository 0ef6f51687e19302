// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * [incomingtcp] and [incomingudp]: ports of the host that lead to guests. Here
 * are the listening sockets; a connection is handed to TCP, which opens one to
 * the guest, and datagrams are UDP's from the start.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fwd.h"
#include "log.h"
#include "policy.h"
#include "sockaddr.h"
#include "udp.h"

#define BACKLOG 128
#define ACCEPT_BUDGET 32
/* How long a listener rests when there are no descriptors left. */
#define REST_TIME (1 * SEC)
/* Peers of equal port that are shown as the gateway: so many at once. */
#define PORT_TRIES 64

/* How soon a port that cannot be had is tried again. */
#define RETRY_TIME (5 * SEC)

static void rest_over(struct loop *loop, struct loop_timer *t)
{
	struct forward *l = (void *)((char *)t - offsetof(struct forward, rest));

	loop_fd_mod(loop, &l->lfd, EPOLLIN);
}

/*
 * Lead one connection to the guest. A peer that is shown as the gateway keeps
 * its port when no other one has it. TCP closes what it is given, even when it
 * fails, so it is given a copy as long as there may be another try.
 */
static void lead(struct forward *l, int fd, const union sockaddr_any *peer)
{
	struct nat *n = l->nat;
	struct flow_key key = {
		.guest = l->conf.guest,
		.gport = l->conf.guest_port,
	};
	int i, copy, err = -EADDRINUSE;

	key.peer = sockaddr_get(peer, &key.pport);
	if (!nat_hides(n, &key.peer)) {
		err = tcp_open_to_guest(n, fd, &key);
		fd = -1;
	} else {
		key.peer = nat_gateway(n, &key.guest);
	}
	for (i = 0; fd >= 0 && i < PORT_TRIES && err == -EADDRINUSE; i++) {
		copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		if (copy < 0) {
			err = -errno;
			break;
		}
		err = tcp_open_to_guest(n, copy, &key);
		key.pport++;
	}
	if (err)
		log_debug("forward of TCP port %u: %s", l->conf.host_port, strerror(-err));
	else
		l->taken++;
	if (fd >= 0)
		close(fd);
}

static void on_connection(struct loop *loop, struct loop_fd *self, uint32_t events)
{
	struct forward *l = (void *)((char *)self - offsetof(struct forward, lfd));
	union sockaddr_any peer;
	socklen_t len;
	int i, fd;

	(void)events;
	for (i = 0; i < ACCEPT_BUDGET; i++) {
		len = sizeof(peer);
		fd = accept4(self->fd, &peer.sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			lead(l, fd, &peer);
			continue;
		}
		if (errno == EAGAIN)
			return;
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			log_warn("forward of TCP port %u: %s", l->conf.host_port, strerror(errno));
			loop_fd_mod(loop, self, 0);
			loop_timer_set(loop, &l->rest, REST_TIME);
			return;
		}
	}
}

static int listen_tcp(struct forward *f)
{
	uint8_t family = f->conf.bind.family;
	int one = 1, err;
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    (family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one))))
		err = -errno;
	else
		err = sockaddr_bind(fd, &f->conf.bind, f->conf.host_port);
	if (!err && listen(fd, BACKLOG))
		err = -errno;
	if (err) {
		close(fd);
		return err;
	}
	f->lfd.fd = fd;
	err = loop_fd_add(&f->nat->loop, &f->lfd, EPOLLIN);
	if (err) {
		close(fd);
		f->lfd.fd = -1;
	}
	return err;
}

/* Try to listen, and tell when that is news. */
static void open_port(struct forward *f)
{
	const struct nat *n = f->nat;
	bool first = f->error == -EINPROGRESS;
	char where[64], text[512];
	struct conf_err err;
	int was = f->error;

	if (f->conf.proto == IPPROTO_UDP)
		f->error = udp_forward_add(f->nat, &f->conf, &f->map);
	else
		f->error = listen_tcp(f);
	if (f->error == was || (!f->error && first))
		return;
	if (f->error)
		conf_fail(&err, f->conf.line, "%s; tried again every %u seconds",
			  fwd_reason(f, text, sizeof(text)), (unsigned int)(RETRY_TIME / SEC));
	else
		conf_fail(&err, f->conf.line, "%s listens now",
			  nat_forward_format(&f->conf, where));
	log_msg(f->error ? LOG_WARNING : LOG_INFO, "%s",
		f->live ? err.text : conf_err_format(n->conf_path, &err, text, sizeof(text)));
}

/* Why a forward does not listen; "" when it does. Return: @buf. */
const char *fwd_reason(const struct forward *f, char *buf, size_t size)
{
	char port[64];

	nat_forward_format(&f->conf, port);
	switch (f->error) {
	case 0:
		buf[0] = '\0';
		break;
	case -EADDRINUSE:
		snprintf(buf, size, "%s of the host is in use", port);
		break;
	case -EADDRNOTAVAIL:
		snprintf(buf, size, "%s: the host does not have this address", port);
		break;
	case -EACCES:
	case -EPERM:
		snprintf(buf, size, "%s of the host may be opened by root only", port);
		break;
	default:
		snprintf(buf, size, "%s of the host: %s", port, strerror(-f->error));
	}
	return buf;
}

/* Try all that do not listen, now and again later. */
void fwd_retry(struct nat *n)
{
	struct forward *f;
	bool again = false;

	for (f = n->fwd->list; f; f = f->next) {
		if (f->error)
			open_port(f);
		again |= f->error != 0;
	}
	if (again)
		loop_timer_set(&n->loop, &n->fwd->retry, RETRY_TIME);
	else
		loop_timer_cancel(&n->loop, &n->fwd->retry);
}

static void on_retry(struct loop *loop, struct loop_timer *t)
{
	struct fwd *fwd = (void *)((char *)t - offsetof(struct fwd, retry));

	(void)loop;
	fwd_retry(fwd->nat);
}

/**
 * fwd_add - lead a port of the host to a guest
 * @n: the NAT; UDP is there already
 * @conf: the forward, which overlaps with no other
 * @live: it is not in nat.conf
 *
 * A port that cannot be had now is logged and tried again later.
 * Return: 0, or -ENOMEM.
 */
int fwd_add(struct nat *n, const struct nat_forward *conf, bool live)
{
	struct forward *f = calloc(1, sizeof(*f)), **at = &n->fwd->list;

	if (!f)
		return -ENOMEM;
	f->nat = n;
	f->conf = *conf;
	f->live = live;
	f->lfd.fn = on_connection;
	f->lfd.fd = -1;
	f->rest.fn = rest_over;
	f->error = -EINPROGRESS;
	while (*at)
		at = &(*at)->next;
	*at = f;
	n->fwd->n++;
	open_port(f);
	if (f->error && !loop_timer_is_set(&n->fwd->retry))
		loop_timer_set(&n->loop, &n->fwd->retry, RETRY_TIME);
	return 0;
}

static void close_tcp(struct forward *f)
{
	loop_timer_cancel(&f->nat->loop, &f->rest);
	if (f->lfd.fd < 0)
		return;
	loop_fd_del(&f->nat->loop, &f->lfd);
	close(f->lfd.fd);
}

/**
 * fwd_remove - a port of the host leads nowhere any more
 * @n: the NAT
 * @f: the forward; freed
 *
 * Connections that it has led to the guest go on; datagrams have none, so
 * nothing more comes in by its port.
 */
void fwd_remove(struct nat *n, struct forward *f)
{
	struct forward **at = &n->fwd->list;

	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	n->fwd->n--;
	close_tcp(f);
	if (f->map)
		udp_forward_remove(f->map);
	free(f);
}

/* The forward of exactly this port and address of the host, or NULL. */
struct forward *fwd_find(const struct nat *n, const struct nat_forward *conf)
{
	struct forward *f = n->fwd->list;

	while (f && !nat_forward_same_port(&f->conf, conf))
		f = f->next;
	return f;
}

/* A forward that needs the same port, or NULL. */
struct forward *fwd_overlapping(const struct nat *n, const struct nat_forward *conf)
{
	struct forward *f = n->fwd->list;

	while (f && !nat_forward_overlaps(&f->conf, conf))
		f = f->next;
	return f;
}

/**
 * fwd_init - begin with the forwards of nat.conf
 * @n: the NAT; UDP is there already
 *
 * Return: 0, or -ENOMEM. A port that cannot be had is no error.
 */
int fwd_init(struct nat *n)
{
	unsigned int i;
	int err = 0;

	n->fwd = calloc(1, sizeof(*n->fwd));
	if (!n->fwd)
		return -ENOMEM;
	n->fwd->nat = n;
	n->fwd->retry.fn = on_retry;
	for (i = 0; i < n->conf.nforwards && !err; i++)
		err = fwd_add(n, &n->conf.forwards[i], false);
	return err;
}

/* Close the TCP ports; those of UDP end with UDP. */
void fwd_done(struct nat *n)
{
	struct forward *f;

	if (!n->fwd)
		return;
	loop_timer_cancel(&n->loop, &n->fwd->retry);
	while ((f = n->fwd->list)) {
		n->fwd->list = f->next;
		close_tcp(f);
		free(f);
	}
	free(n->fwd);
	n->fwd = NULL;
}
