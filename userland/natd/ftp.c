// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ftp.h"
#include "log.h"

_Static_assert(FTP_CMD_MAX <= UINT8_MAX && FTP_CMD_OUT <= UINT8_MAX, "struct ftp");

#define CHUNK 512 /* looked at in one go */
#define BACKLOG 4
#define ACCEPTS 8
#define PORT_MIN 1024 /* a data port below is somebody else's service (RFC 2577) */

/**
 * struct ftp_wait - a port of the host at which a server is awaited
 * @next: in the list of all, the latest first
 * @lfd: listens
 * @timer: ends the wait
 * @control: the control connection, to know its ports; not looked into
 * @server: who may come
 * @key: where to, and whom the guest is to see; its port is the server's own
 *
 * Lifetime: from a PORT or EPRT until the server has come, FTP_WAIT, the end of
 * the control connection, or the guest's FTP_MAX_GUEST newer ones.
 */
struct ftp_wait {
	struct ftp_wait *next;
	struct nat *nat;
	struct loop_fd lfd;
	struct loop_timer timer;
	const struct flow *control;
	struct ipaddr server;
	struct flow_key key;
};

/**
 * struct ftp_all - what all control connections share
 * @list: awaited connections, @n of them
 *
 * Lifetime: ftp_init() to ftp_done(), which comes after the last flow.
 */
struct ftp_all {
	struct ftp_wait *list;
	unsigned int n;
	struct ftp_stats stats;
};

static void end_wait(struct ftp_wait *w)
{
	struct ftp_all *all = w->nat->ftp;
	struct ftp_wait **at = &all->list;

	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	all->n--;
	loop_timer_cancel(&w->nat->loop, &w->timer);
	loop_fd_close(&w->nat->loop, &w->lfd);
	free(w);
}

static void on_timer(struct loop *loop, struct loop_timer *t)
{
	struct ftp_wait *w = (void *)((char *)t - offsetof(struct ftp_wait, timer));

	(void)loop;
	w->nat->ftp->stats.expired++;
	end_wait(w);
}

/* Somebody has connected. Return: it was the server, and the wait is over. */
static bool take(struct ftp_wait *w, int fd, const union sockaddr_any *peer)
{
	struct linger hard = { .l_onoff = 1, .l_linger = 0 };
	struct ftp_stats *stats = &w->nat->ftp->stats;
	struct flow_key key = w->key;
	struct ipaddr from = sockaddr_get(peer, &key.pport);
	struct nat *n = w->nat;
	int err;

	if (!ipaddr_equal(&from, &w->server)) {
		stats->strangers++;
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
		close(fd);
		return false;
	}
	end_wait(w);
	err = tcp_open_to_guest(n, fd, &key);
	if (err)
		log_debug("FTP data to port %u: %s", key.gport, strerror(-err));
	else
		stats->led++;
	return true;
}

static void on_connection(struct loop *loop, struct loop_fd *self, uint32_t events)
{
	struct ftp_wait *w = (void *)((char *)self - offsetof(struct ftp_wait, lfd));
	union sockaddr_any peer;
	socklen_t len;
	int i, fd;

	(void)loop;
	(void)events;
	for (i = 0; i < ACCEPTS; i++) {
		len = sizeof(peer);
		fd = accept4(self->fd, &peer.sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			if (take(w, fd, &peer))
				return;
			continue;
		}
		if (errno == EAGAIN)
			return;
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			/* The server is told by the port's end. */
			log_warn("FTP data: %s", strerror(errno));
			end_wait(w);
			return;
		}
	}
}

/* A guest that awaits too many: its oldest is over. False: there are too many. */
static bool make_room(struct nat *n, const struct ipaddr *guest)
{
	struct ftp_wait *w, *oldest = NULL;
	unsigned int own = 0;

	for (w = n->ftp->list; w; w = w->next) {
		if (!ipaddr_equal(&w->key.guest, guest))
			continue;
		oldest = w;
		own++;
	}
	if (own >= FTP_MAX_GUEST)
		end_wait(oldest);
	return n->ftp->n < FTP_MAX_ALL;
}

/* Listen at the control connection's own end. @port: set. Return: 0 or negative errno. */
static int listen_at(struct ftp_wait *w, const struct ipaddr *local, uint16_t *port)
{
	union sockaddr_any sa;
	socklen_t len = sizeof(sa);
	int err;

	w->lfd.fd = socket(local->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (w->lfd.fd < 0)
		return -errno;
	err = sockaddr_bind(w->lfd.fd, local, 0);
	if (!err && (listen(w->lfd.fd, BACKLOG) || getsockname(w->lfd.fd, &sa.sa, &len)))
		err = -errno;
	if (!err)
		err = loop_fd_add(&w->nat->loop, &w->lfd, EPOLLIN);
	if (!err)
		sockaddr_get(&sa, port);
	if (err)
		close(w->lfd.fd);
	return err;
}

/* Await @f's server for the guest's port. @local, @local_port: set to where. */
static int await(struct flow *f, uint16_t port, struct ipaddr *local, uint16_t *local_port)
{
	struct nat *n = f->nat;
	union sockaddr_any us, them;
	socklen_t us_len = sizeof(us), them_len = sizeof(them);
	struct ftp_wait *w;
	int err;

	if (getsockname(f->sock.fd, &us.sa, &us_len) ||
	    getpeername(f->sock.fd, &them.sa, &them_len))
		return -errno;
	*local = sockaddr_get(&us, NULL);
	if (!make_room(n, &f->key.guest))
		return -ENOBUFS;
	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	w->nat = n;
	w->lfd.fn = on_connection;
	w->timer.fn = on_timer;
	w->control = f;
	w->server = sockaddr_get(&them, NULL);
	w->key = (struct flow_key){ .guest = f->key.guest, .peer = f->key.peer, .gport = port };
	err = listen_at(w, local, local_port);
	if (err) {
		free(w);
		return err;
	}
	w->next = n->ftp->list;
	n->ftp->list = w;
	n->ftp->n++;
	err = loop_timer_set(&n->loop, &w->timer, FTP_WAIT);
	if (err)
		end_wait(w);
	return err;
}

/*
 * A PORT or EPRT. An address that is not the guest's own, or a port that belongs
 * to a service, opens nothing here: the server is to judge it (RFC 2577).
 * Return: f->ftp->out says what the server gets instead.
 */
static bool replace(struct flow *f, const struct ftp_cmd *c)
{
	struct ftp_all *all = f->nat->ftp;
	struct ipaddr local;
	uint16_t port;
	int err = -EPERM;

	if (f->nat->conf.active_ftp && c->port >= PORT_MIN && ipaddr_equal(&c->addr, &f->key.guest))
		err = await(f, c->port, &local, &port);
	if (!err) {
		f->ftp->out_len = (uint8_t)ftp_cmd_format(f->ftp->out, c->extended, &local, port);
		/* PORT by IPv6 has no meaning. */
		if (!f->ftp->out_len) {
			end_wait(all->list);
			err = -EAFNOSUPPORT;
		}
	}
	if (err) {
		log_debug("FTP: the address of port %u stays: %s", c->port, strerror(-err));
		all->stats.refused++;
		return false;
	}
	f->ftp->out_at = 0;
	f->ftp->stands_for = (uint8_t)c->len;
	all->stats.awaited++;
	return true;
}

/* Send the rest of our line. Return: all of it is gone; the flow may be dead. */
static bool send_out(struct flow *f)
{
	struct ftp *ftp = f->ftp;
	struct iovec iov = { ftp->out + ftp->out_at, (size_t)(ftp->out_len - ftp->out_at) };
	uint32_t sent = tcp_give(f, &iov, 1);

	if (f->dead)
		return false;
	ftp->out_at += (uint8_t)sent;
	if (ftp->out_at < ftp->out_len)
		return false;
	ftp->out_len = 0;
	return true;
}

/* Copy from @at on. Return: bytes. */
static size_t look(const struct iovec *iov, unsigned int n, size_t at, uint8_t buf[CHUNK])
{
	size_t len = 0, part;

	for (; n && len < CHUNK; n--, iov++) {
		if (at >= iov->iov_len) {
			at -= iov->iov_len;
			continue;
		}
		part = iov->iov_len - at;
		if (part > CHUNK - len)
			part = CHUNK - len;
		memcpy(buf + len, (const uint8_t *)iov->iov_base + at, part);
		len += part;
		at = 0;
	}
	return len;
}

/**
 * ftp_to_host - bytes of the guest for the server
 * @f: a control connection; may be dead afterwards
 * @iov: all that wait in order, in pieces
 * @n: pieces
 *
 * Return: how many are done with. What is held back is given again with more
 * behind it, or when the guest has finished.
 */
uint32_t ftp_to_host(struct flow *f, const struct iovec *iov, unsigned int n)
{
	struct ftp *ftp = f->ftp;
	uint8_t buf[CHUNK];
	struct iovec part = { .iov_base = buf };
	struct ftp_cmd c = { .what = FTP_TEXT };
	uint32_t done = 0, sent;
	size_t len;

	if (ftp->opaque)
		return tcp_give(f, iov, n);
	while (!f->sock_full && (len = look(iov, n, done, buf))) {
		/* It was replaced, and is done with when the server has all of that. */
		if (ftp->out_len && !send_out(f))
			break;
		if (ftp->stands_for) {
			sent = ftp->stands_for < len ? ftp->stands_for : (uint32_t)len;
			ftp->stands_for -= (uint8_t)sent;
			done += sent;
			continue;
		}
		if (!ftp->opaque)
			ftp_cmd_scan(&c, ftp->passed, buf, len, f->guest_fin);
		if (c.what == FTP_HOLD)
			break;
		if (c.what == FTP_ADDRESS && replace(f, &c))
			continue;
		if (c.what == FTP_OPAQUE)
			ftp->opaque = true;
		part.iov_len = ftp->opaque ? len : c.len;
		sent = tcp_give(f, &part, 1);
		if (f->dead || !sent)
			break;
		ftp->passed = ftp_cmd_passed(ftp->passed, buf, sent);
		done += sent;
	}
	return done;
}

/* @f connects to port FTP_PORT. Without memory it is a flow like any other. */
void ftp_begin(struct flow *f)
{
	f->ftp = calloc(1, sizeof(*f->ftp));
}

/* @f ends, and with it what it awaits. */
void ftp_end(struct flow *f)
{
	struct ftp_wait *w, *next;

	if (!f->ftp)
		return;
	for (w = f->nat->ftp->list; w; w = next) {
		next = w->next;
		if (w->control == f)
			end_wait(w);
	}
	free(f->ftp);
	f->ftp = NULL;
}

/* activeFTP may be off now: nobody is awaited any more. */
void ftp_conf_changed(struct nat *n)
{
	while (!n->conf.active_ftp && n->ftp->list)
		end_wait(n->ftp->list);
}

void ftp_get_stats(const struct nat *n, struct ftp_stats *out)
{
	*out = n->ftp->stats;
}

int ftp_init(struct nat *n)
{
	n->ftp = calloc(1, sizeof(*n->ftp));
	return n->ftp ? 0 : -ENOMEM;
}

void ftp_done(struct nat *n)
{
	if (!n->ftp)
		return;
	while (n->ftp->list)
		end_wait(n->ftp->list);
	free(n->ftp);
	n->ftp = NULL;
}
