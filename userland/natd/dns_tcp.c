// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "dns_msg.h"
#include "dns_tcp.h"

/* How long a server may say nothing when resolv.conf does not say. */
#define DEFAULT_TIMEOUT 5
#define PAIR_WAIT_US 100000
#define PAIR_TRIES 8

/**
 * struct dns_frame - a message with its length before it
 * @have: bytes that have come
 * @done: of a whole one: bytes that have been sent
 */
struct dns_frame {
	size_t have, done;
	uint8_t data[2 + DNS_MSG_MAX];
};

/**
 * struct dns_conn - a guest that asks over TCP
 * @client: our end of the pair whose other end is the flow's socket
 * @server: the server, fd -1 when there is none
 * @connecting: it has not accepted yet
 * @relay: the query is for it, and has not been answered
 * @eof: the guest asks nothing more
 * @finished: the server was told so
 * @first: index of the server that is tried first
 * @asked: how many were tried since the last answer
 * @current: index of the one that @server is
 * @query: from the guest; the next one is read when it has been answered, so that
 *	another server can be asked when this one fails
 * @answer: to the guest; the next one is made or read when it has been sent
 *
 * Lifetime: dns_tcp_open() until the guest has gone or nothing happens for
 * DNS_TCP_IDLE.
 */
struct dns_conn {
	struct dns_tcp *tcp;
	struct dns_conn *next;
	struct ipaddr guest;
	struct loop_fd client, server;
	struct loop_timer timer;
	bool connecting, relay, eof, finished;
	unsigned int first, asked, current;
	struct dns_frame query, answer;
};

static struct loop *loop_of(const struct dns_conn *c)
{
	return c->tcp->relay->loop;
}

static void close_server(struct dns_conn *c)
{
	if (c->server.fd < 0)
		return;
	loop_fd_del(loop_of(c), &c->server);
	close(c->server.fd);
	c->server.fd = -1;
	c->connecting = false;
}

static void end(struct dns_conn *c)
{
	struct dns_conn **at = &c->tcp->list;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	c->tcp->n--;
	loop_timer_cancel(loop_of(c), &c->timer);
	close_server(c);
	loop_fd_del(loop_of(c), &c->client);
	close(c->client.fd);
	free(c);
}

/* Bytes of a message as far as it is known. */
static size_t wanted(const struct dns_frame *f)
{
	return f->have < 2 ? 2 : 2U + pkt_get16(f->data);
}

static bool is_whole(const struct dns_frame *f)
{
	return f->have >= 2 && f->have == wanted(f);
}

static void clear(struct dns_frame *f)
{
	f->have = f->done = 0;
}

/* Return: 1 when something came, 0 when nothing is there, or negative errno. */
static int pull(int fd, struct dns_frame *f)
{
	ssize_t n = recv(fd, f->data + f->have, wanted(f) - f->have, MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (!n)
		return -EPIPE;
	f->have += (size_t)n;
	return 1;
}

/* Return: 1 when all of it has been sent, 0 when not yet, or negative errno. */
static int push(int fd, struct dns_frame *f)
{
	ssize_t n = send(fd, f->data + f->done, f->have - f->done, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	f->done += (size_t)n;
	return f->done == f->have;
}

/* An answer of our own. */
static void put_answer(struct dns_conn *c, size_t len)
{
	pkt_put16(c->answer.data, (unsigned int)len);
	c->answer.have = len + 2;
	clear(&c->query);
	c->relay = false;
}

/* Messages are small, and nobody waits for another one. */
static void no_delay(int fd)
{
	int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

/* Begin to connect to the next server. Return: 0 or negative errno. */
static int dial(struct dns_conn *c)
{
	struct dns_relay *r = c->tcp->relay;
	union sockaddr_any to;
	socklen_t len;
	int err;

	c->current = c->first + c->asked++;
	err = dns_servers_get(&r->servers, c->current, r->port, &to, &len);
	if (err)
		return err;
	c->server.fd = socket(to.sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->server.fd < 0)
		return -errno;
	no_delay(c->server.fd);
	c->connecting = true;
	if (connect(c->server.fd, &to.sa, len) && errno != EINPROGRESS)
		return -errno;
	return loop_fd_add(r->loop, &c->server, EPOLLOUT);
}

/*
 * The query waits for a server: try one after the other, or say that none is
 * there. Return: false when this cannot be said, being in a message.
 */
static bool dial_next(struct dns_conn *c)
{
	struct dns_relay *r = c->tcp->relay;
	const struct resolv *conf = &r->servers.conf;
	size_t n;

	close_server(c);
	c->query.done = 0;
	if (!c->asked)
		c->first = dns_servers_begin(&r->servers);
	while (c->asked < conf->nservers * conf->attempts) {
		if (c->asked)
			r->stats.failovers++;
		if (!dial(c))
			return true;
		close_server(c);
	}
	if (c->answer.have)
		return false;
	c->asked = 0;
	r->stats.failed++;
	n = dns_error(c->query.data + 2, c->query.have - 2, DNS_RCODE_SERVFAIL, c->answer.data + 2,
		      DNS_MSG_MAX);
	put_answer(c, n);
	return true;
}

/* The server has closed or failed. Return: false when the guest must ask again. */
static bool server_gone(struct dns_conn *c)
{
	close_server(c);
	/* A message of it that is not whole cannot be followed by another's. */
	if (c->answer.have && !is_whole(&c->answer))
		return false;
	return !c->relay || dial_next(c);
}

/* A query is there, and nothing is on its way to the guest. */
static void decide(struct dns_conn *c)
{
	struct dns_tcp *t = c->tcp;
	size_t n = t->known(t->arg, c->query.data + 2, c->query.have - 2, c->answer.data + 2);

	if (n) {
		put_answer(c, n);
		return;
	}
	t->relay->stats.queries++;
	c->relay = true;
	if (c->server.fd < 0)
		dial_next(c);
}

/* Return: 1 when there may be more to do, 0, or negative errno: this is the end. */
static int to_guest(struct dns_conn *c)
{
	int ret;

	if (!is_whole(&c->answer))
		return 0;
	ret = push(c->client.fd, &c->answer);
	if (ret > 0)
		clear(&c->answer);
	return ret;
}

/* Does the server have the query? */
static bool is_sent(const struct dns_conn *c)
{
	return c->relay && c->query.done == c->query.have;
}

static int from_server(struct dns_conn *c)
{
	int ret;

	if (c->server.fd < 0 || c->connecting || is_whole(&c->answer))
		return 0;
	ret = pull(c->server.fd, &c->answer);
	if (ret < 0)
		return server_gone(c) ? 1 : ret;
	/* There may be more of it, as of a zone: that is passed on, too. */
	if (ret && is_whole(&c->answer) && is_sent(c)) {
		clear(&c->query);
		c->relay = false;
		c->asked = 0;
		c->tcp->relay->stats.answers++;
		dns_servers_worked(&c->tcp->relay->servers, c->current);
	}
	return ret;
}

static int to_server(struct dns_conn *c)
{
	int ret;

	if (!c->relay || is_sent(c) || c->server.fd < 0 || c->connecting)
		return 0;
	ret = push(c->server.fd, &c->query);
	if (ret < 0)
		return server_gone(c) ? 1 : ret;
	return ret;
}

static int from_guest(struct dns_conn *c)
{
	int ret;

	if (is_whole(&c->query)) {
		if (c->relay || c->answer.have)
			return 0;
		if (c->query.have < 2 + DNS_HDR_LEN)
			return -EBADMSG;
		decide(c);
		return 1;
	}
	if (c->eof)
		return 0;
	ret = pull(c->client.fd, &c->query);
	if (ret != -EPIPE)
		return ret;
	c->eof = true;
	return 1;
}

static void watch(struct dns_conn *c)
{
	bool answer = is_whole(&c->answer);
	uint32_t client = answer ? EPOLLOUT : 0, server = answer ? 0 : EPOLLIN;

	if (!c->eof && !is_whole(&c->query))
		client |= EPOLLIN;
	loop_fd_mod(loop_of(c), &c->client, client);
	if (c->server.fd < 0)
		return;
	if (c->relay && !is_sent(c))
		server |= EPOLLOUT;
	loop_fd_mod(loop_of(c), &c->server, c->connecting ? EPOLLOUT : server);
}

static uint64_t wait_time(const struct dns_conn *c)
{
	unsigned int timeout = c->tcp->relay->servers.conf.timeout;

	return c->relay || c->eof ? (timeout ? timeout : DEFAULT_TIMEOUT) * SEC : DNS_TCP_IDLE;
}

/* The guest has said all, or the rest will not come, and has its answers. */
static bool is_over(const struct dns_conn *c)
{
	return c->eof && !is_whole(&c->query) && !c->answer.have;
}

/* A server may have more to say, and closes when it has. Return: false if not. */
static bool finish(struct dns_conn *c)
{
	if (c->server.fd < 0)
		return false;
	if (!c->finished)
		shutdown(c->server.fd, SHUT_WR);
	c->finished = true;
	return true;
}

/* Do all that can be done now. The connection may be gone afterwards. */
static void advance(struct dns_conn *c)
{
	int (*const steps[])(struct dns_conn * c) = { to_guest, from_server, to_server,
						      from_guest };
	bool more = true;
	size_t i;
	int ret;

	while (more) {
		more = false;
		for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
			ret = steps[i](c);
			if (ret < 0) {
				end(c);
				return;
			}
			more |= ret > 0;
		}
	}
	if ((is_over(c) && !finish(c)) || loop_timer_set(loop_of(c), &c->timer, wait_time(c))) {
		end(c);
		return;
	}
	watch(c);
}

static void on_client(struct loop *loop, struct loop_fd *self, uint32_t events)
{
	struct dns_conn *c = (void *)((char *)self - offsetof(struct dns_conn, client));

	(void)loop;
	/* We have not closed our side, so that this is a reset. */
	if (events & (EPOLLERR | EPOLLHUP))
		end(c);
	else
		advance(c);
}

static void on_server(struct loop *loop, struct loop_fd *self, uint32_t events)
{
	struct dns_conn *c = (void *)((char *)self - offsetof(struct dns_conn, server));
	socklen_t len = sizeof(int);
	bool gone;
	int err = 0;

	(void)loop;
	if (c->connecting) {
		if (getsockopt(self->fd, SOL_SOCKET, SO_ERROR, &err, &len))
			err = errno;
		c->connecting = false;
		gone = err;
	} else {
		/* What it has said before is read first, if there is room. */
		gone = events & (EPOLLERR | EPOLLHUP) && is_whole(&c->answer);
	}
	if (gone && !server_gone(c))
		end(c);
	else
		advance(c);
}

static void on_timer(struct loop *loop, struct loop_timer *t)
{
	struct dns_conn *c = (void *)((char *)t - offsetof(struct dns_conn, timer));

	(void)loop;
	/* A silent server; or a silent guest. */
	if (c->relay && server_gone(c))
		advance(c);
	else
		end(c);
}

static bool same_end(int a, int b)
{
	struct sockaddr_in own, peer;
	socklen_t own_len = sizeof(own), peer_len = sizeof(peer);

	return !getsockname(a, (struct sockaddr *)&own, &own_len) &&
	       !getpeername(b, (struct sockaddr *)&peer, &peer_len) &&
	       own.sin_port == peer.sin_port && own.sin_addr.s_addr == peer.sin_addr.s_addr;
}

/* Connect @fds[0] to a listener, which gives @fds[1]. Others may have been quicker. */
static int meet(int listener, int fds[2])
{
	struct sockaddr_in sin = { 0 };
	socklen_t len = sizeof(sin);
	int i;

	if (getsockname(listener, (struct sockaddr *)&sin, &len) ||
	    connect(fds[0], (struct sockaddr *)&sin, len))
		return -errno;
	for (i = 0; i < PAIR_TRIES; i++) {
		fds[1] = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fds[1] < 0)
			return -errno;
		if (same_end(fds[0], fds[1]))
			return fcntl(fds[0], F_SETFL, O_NONBLOCK) ? -errno : 0;
		close(fds[1]);
		fds[1] = -1;
	}
	return -EBUSY;
}

/*
 * Two TCP sockets that are connected to each other: a flow's other end can be no
 * other kind. Both are new, so that there is nothing to wait for; what could come
 * between them would keep us for no longer than PAIR_WAIT_US.
 */
static int make_pair(int fds[2])
{
	const struct timeval wait = { .tv_usec = PAIR_WAIT_US };
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), err = 0;

	fds[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	fds[1] = -1;
	if (listener < 0 || fds[0] < 0 ||
	    setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) ||
	    setsockopt(fds[0], SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) ||
	    bind(listener, (struct sockaddr *)&sin, sizeof(sin)) || listen(listener, 1))
		err = -errno;
	if (!err)
		err = meet(listener, fds);
	if (listener >= 0)
		close(listener);
	if (!err)
		return 0;
	if (fds[0] >= 0)
		close(fds[0]);
	if (fds[1] >= 0)
		close(fds[1]);
	return err;
}

/**
 * dns_tcp_open - a guest connects
 * @t: the connections
 * @guest: who
 *
 * Return: a connected socket, the caller's, at which it is answered; -EBUSY at a
 * limit, or other negative errno.
 */
int dns_tcp_open(struct dns_tcp *t, const struct ipaddr *guest)
{
	struct dns_conn *c;
	unsigned int same = 0;
	int fds[2], err;

	for (c = t->list; c; c = c->next)
		same += ipaddr_equal(&c->guest, guest);
	if (t->n >= DNS_TCP_MAX || same >= DNS_TCP_MAX_PER_GUEST)
		return -EBUSY;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	err = make_pair(fds);
	if (err) {
		free(c);
		return err;
	}
	c->tcp = t;
	c->guest = *guest;
	c->client.fd = fds[1];
	c->client.fn = on_client;
	no_delay(fds[1]);
	c->server.fd = -1;
	c->server.fn = on_server;
	c->timer.fn = on_timer;
	c->next = t->list;
	t->list = c;
	t->n++;
	err = loop_fd_add(loop_of(c), &c->client, EPOLLIN);
	if (!err)
		err = loop_timer_set(loop_of(c), &c->timer, DNS_TCP_IDLE);
	if (!err)
		return fds[0];
	end(c);
	close(fds[0]);
	return err;
}

/**
 * dns_tcp_init - begin
 * @t: filled
 * @relay: has the servers; outlives @t
 * @known: asked first
 * @arg: for @known
 */
void dns_tcp_init(struct dns_tcp *t, struct dns_relay *relay, dns_known_fn known, void *arg)
{
	*t = (struct dns_tcp){ .relay = relay, .known = known, .arg = arg };
}

/* End all connections. */
void dns_tcp_done(struct dns_tcp *t)
{
	while (t->list)
		end(t->list);
}
