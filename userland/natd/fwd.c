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
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "policy.h"
#include "udp.h"

#define BACKLOG 128
#define ACCEPT_BUDGET 32
/* How long a listener rests when there are no descriptors left. */
#define REST_TIME (1 * SEC)
/* Peers of equal port that are shown as the gateway: so many at once. */
#define PORT_TRIES 64

/**
 * struct listener - a TCP port of the host
 * @lfd: listens; fd -1 when there is none
 * @rest: set while it does not accept
 */
struct listener {
	struct nat *nat;
	const struct nat_forward *conf;
	struct loop_fd lfd;
	struct loop_timer rest;
};

/**
 * struct fwd - all forwards
 * @l: one listener for each TCP forward
 *
 * Lifetime: fwd_init() to fwd_done(). The configuration outlives it.
 */
struct fwd {
	unsigned int n;
	struct listener l[];
};

static void rest_over(struct loop *loop, struct loop_timer *t)
{
	struct listener *l = (void *)((char *)t - offsetof(struct listener, rest));

	loop_fd_mod(loop, &l->lfd, EPOLLIN);
}

/*
 * Lead one connection to the guest. A peer that is shown as the gateway keeps
 * its port when no other one has it. TCP closes what it is given, even when it
 * fails, so it is given a copy as long as there may be another try.
 */
static void lead(struct listener *l, int fd, struct sockaddr_in *peer)
{
	struct nat *n = l->nat;
	struct flow_key key = {
		.guest = l->conf->guest,
		.peer = ipaddr_v4(peer->sin_addr.s_addr),
		.gport = l->conf->guest_port,
		.pport = ntohs(peer->sin_port),
	};
	int i, copy, err = -EADDRINUSE;

	if (!nat_hides(n, key.peer)) {
		err = tcp_open_to_guest(n, fd, &key);
		fd = -1;
	} else {
		key.peer = ipaddr_v4(n->ip4);
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
		log_debug("forward of TCP port %u: %s", l->conf->host_port, strerror(-err));
	if (fd >= 0)
		close(fd);
}

static void on_connection(struct loop *loop, struct loop_fd *self, uint32_t events)
{
	struct listener *l = (void *)((char *)self - offsetof(struct listener, lfd));
	struct sockaddr_in peer;
	socklen_t len;
	int i, fd;

	(void)events;
	for (i = 0; i < ACCEPT_BUDGET; i++) {
		len = sizeof(peer);
		fd = accept4(self->fd, (struct sockaddr *)&peer, &len,
			     SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			lead(l, fd, &peer);
			continue;
		}
		if (errno == EAGAIN)
			return;
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			log_warn("forward of TCP port %u: %s", l->conf->host_port, strerror(errno));
			loop_fd_mod(loop, self, 0);
			loop_timer_set(loop, &l->rest, REST_TIME);
			return;
		}
	}
}

static int listen_on(struct listener *l)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = htons(l->conf->host_port),
	};
	int one = 1;

	l->lfd.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->lfd.fd < 0 || setsockopt(l->lfd.fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(l->lfd.fd, (struct sockaddr *)&sin, sizeof(sin)) || listen(l->lfd.fd, BACKLOG))
		return -errno;
	return loop_fd_add(&l->nat->loop, &l->lfd, EPOLLIN);
}

static int add(struct nat *n, struct fwd *fwd, const struct nat_forward *f)
{
	struct listener *l = &fwd->l[fwd->n];

	if (f->proto == IPPROTO_UDP)
		return udp_forward_add(n, f);
	fwd->n++;
	l->nat = n;
	l->conf = f;
	l->lfd.fn = on_connection;
	l->rest.fn = rest_over;
	return listen_on(l);
}

static int explain(struct conf_err *err, const struct nat_forward *f, int error)
{
	const char *proto = f->proto == IPPROTO_UDP ? "UDP" : "TCP";

	switch (error) {
	case -EADDRINUSE:
		conf_fail(err, f->line, "%s port %u of the host is used by another program", proto,
			  f->host_port);
		break;
	case -EACCES:
		conf_fail(err, f->line, "%s port %u of the host may be opened by root only", proto,
			  f->host_port);
		break;
	default:
		conf_fail(err, f->line, "%s port %u of the host: %s", proto, f->host_port,
			  strerror(-error));
	}
	return error;
}

/**
 * fwd_init - open all forwards
 * @n: the NAT; UDP is there already
 * @err: set to the line of the forward that cannot be opened, and why
 *
 * All or none. Return: 0 or negative errno.
 */
int fwd_init(struct nat *n, struct conf_err *err)
{
	unsigned int i, count = n->conf.nforwards;
	int ret;

	n->fwd = calloc(1, sizeof(*n->fwd) + count * sizeof(struct listener));
	if (!n->fwd) {
		conf_fail(err, 0, "out of memory");
		return -ENOMEM;
	}
	for (i = 0; i < count; i++) {
		ret = add(n, n->fwd, &n->conf.forwards[i]);
		if (ret) {
			fwd_done(n);
			return explain(err, &n->conf.forwards[i], ret);
		}
	}
	return 0;
}

/* Close the TCP ports; those of UDP end with UDP. */
void fwd_done(struct nat *n)
{
	struct listener *l;

	if (!n->fwd)
		return;
	for (l = n->fwd->l; l < n->fwd->l + n->fwd->n; l++) {
		loop_timer_cancel(&n->loop, &l->rest);
		loop_fd_del(&n->loop, &l->lfd);
		if (l->lfd.fd >= 0)
			close(l->lfd.fd);
	}
	free(n->fwd);
	n->fwd = NULL;
}
