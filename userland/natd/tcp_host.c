// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The host's side of a connection: an ordinary socket.
 */
#include <errno.h>
#include <limits.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "icmp.h"
#include "tcp.h"

#ifndef SO_PEEK_OFF
#define SO_PEEK_OFF 42
#endif

/**
 * tcp_probe_peek_off - do TCP sockets know SO_PEEK_OFF? (Linux 6.9)
 *
 * VMNET_NATD_NO_PEEK_OFF in the environment says no, so that tests reach the
 * other way on any kernel.
 */
bool tcp_probe_peek_off(void)
{
	int fd, off = 0;
	bool ok;

	if (getenv("VMNET_NATD_NO_PEEK_OFF"))
		return false;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	ok = !setsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &off, sizeof(off));
	close(fd);
	return ok;
}

/* What every socket of a flow needs, ours or accepted. */
void tcp_set_up_socket(int fd)
{
	int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	/* Urgent bytes are bytes of the stream; a mark would stop our peeking. */
	setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &one, sizeof(one));
}

static int new_socket(int family)
{
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int one = 1;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	tcp_set_up_socket(fd);
	return fd;
}

/* Keep the guest's port where it is free. Return: the socket has it. */
static bool bind_port(const struct flow *f, int fd, uint16_t dport)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(f->key.gport) };

	if (f->key.gport < 1024 && !nat_privileged_wanted(&f->nat->conf.privileged_tcp, dport))
		return false;
	return !bind(fd, (struct sockaddr *)&sin, sizeof(sin));
}

/**
 * tcp_dial - connect to the outside
 * @f: a flow that has no socket
 * @to: where
 * @len: of @to
 *
 * Return: 0 when it is under way (or done), negative errno.
 */
int tcp_dial(struct flow *f, const struct sockaddr *to, socklen_t len)
{
	bool bound = false;
	int fd, err;

	fd = new_socket(to->sa_family);
	if (fd < 0)
		return fd;
	if (to->sa_family == AF_INET)
		bound = bind_port(f, fd,
				  ntohs(((const struct sockaddr_in *)(const void *)to)->sin_port));
	err = connect(fd, to, len) ? -errno : 0;
	if (bound && (err == -EADDRNOTAVAIL || err == -EADDRINUSE)) {
		/* The pair of ports still rests; take any other. */
		close(fd);
		fd = new_socket(to->sa_family);
		if (fd < 0)
			return fd;
		err = connect(fd, to, len) ? -errno : 0;
	}
	if (err && err != -EINPROGRESS) {
		close(fd);
		return err;
	}
	f->sock.fd = fd;
	err = loop_fd_add(&f->nat->loop, &f->sock, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
	if (err) {
		close(fd);
		f->sock.fd = -1;
	}
	return err;
}

/* Close the socket; with a reset, if the outside is to know that all is lost. */
void tcp_close_socket(struct flow *f, bool reset)
{
	struct linger hard = { .l_onoff = 1, .l_linger = 0 };

	if (f->sock.fd < 0)
		return;
	loop_fd_del(&f->nat->loop, &f->sock);
	if (reset)
		setsockopt(f->sock.fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(f->sock.fd);
	f->sock.fd = -1;
}

/* The outside refused, or could not be reached. */
static void connect_failed(struct flow *f, int err)
{
	uint8_t code;

	if (err != ECONNREFUSED && !icmp_from_errno(err, &code))
		ip4_icmp_error_raw(f->nat, f->key.guest.a.v4, f->nat->ip4, 3, code, 0, f->quote,
				   f->quote_len);
	else
		tcp_send_rst(f);
	tcp_flow_free(f);
}

static void connected(struct flow *f)
{
	tcp_dialled(f);
	f->state = TCPS_SYN_RCVD;
	f->nxt = f->max = f->iss + 1;
	tcp_send_syn(f);
	loop_timer_set(&f->nat->loop, &f->timer, f->rto);
}

/* Something happened on the socket. */
void tcp_on_socket(struct loop *loop, struct loop_fd *self, uint32_t events)
{
	struct flow *f = (struct flow *)(void *)self;
	socklen_t len = sizeof(int);
	int err = 0;

	(void)loop;
	tcp_mark(f);
	if (events & EPOLLRDHUP)
		f->sock_rdhup = true;
	if (events & (EPOLLERR | EPOLLHUP) || f->state == TCPS_CONNECTING) {
		if (getsockopt(self->fd, SOL_SOCKET, SO_ERROR, &err, &len))
			err = errno;
	}
	if (f->state == TCPS_CONNECTING) {
		if (err)
			connect_failed(f, err);
		else if (events & EPOLLOUT)
			connected(f);
		return;
	}
	if (err) {
		tcp_abort(f);
		return;
	}
	if (events & EPOLLOUT && f->sock_full) {
		f->sock_full = false;
		tcp_drain(f);
	}
}

/* Give bytes to the socket. Return: how many it took; the flow may be dead. */
static uint32_t give(struct flow *f, const struct iovec *iov, unsigned int n)
{
	struct msghdr msg = { .msg_iov = (struct iovec *)(uintptr_t)iov, .msg_iovlen = n };
	ssize_t sent;

	if (f->sock_full || f->sock.fd < 0)
		return 0;
	do {
		sent = sendmsg(f->sock.fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (sent < 0 && errno == EINTR);
	if (sent < 0 && errno == EAGAIN) {
		f->sock_full = true;
		return 0;
	}
	if (sent < 0) {
		tcp_abort(f);
		return 0;
	}
	return (uint32_t)sent;
}

/* Send what waits in the ring, and then the end. */
void tcp_drain(struct flow *f)
{
	struct iovec iov[2];
	unsigned int n;
	uint32_t sent;

	while ((n = tcp_ring_peek(&f->ring, iov))) {
		sent = give(f, iov, n);
		if (f->dead)
			return;
		if (!sent)
			break;
		tcp_ring_drop(&f->ring, sent);
	}
	if (f->guest_fin && !f->shut && !tcp_ring_ready(&f->ring)) {
		f->shut = true;
		shutdown(f->sock.fd, SHUT_WR);
	}
	/* Tell the guest of the room, once it is worth a segment. */
	if (tcp_ring_edge(&f->ring) - f->rcv_adv >= f->ring.size / 4)
		f->ack_now = true;
	tcp_mark(f);
}

/**
 * tcp_to_host - bytes of the guest that are in order
 * @f: the flow; may be dead afterwards
 * @data: the bytes, within the window
 * @len: how many
 */
void tcp_to_host(struct flow *f, const uint8_t *data, uint32_t len)
{
	struct iovec iov = { (void *)(uintptr_t)data, len };
	uint32_t start = f->ring.end, sent = 0, done;

	if (!tcp_ring_ready(&f->ring))
		sent = give(f, &iov, 1);
	if (f->dead)
		return;
	if (sent)
		tcp_ring_skip(&f->ring, sent);
	/* Of the rest, some may have come early. */
	done = f->ring.end - start;
	if (done < len)
		tcp_ring_put(&f->ring, f->ring.end, data + done, len - done);
	if (tcp_ring_ready(&f->ring))
		tcp_drain(f);
}

/* Bytes in the socket, sent to the guest or not. */
uint32_t tcp_available(struct flow *f)
{
	int n = 0;

	if (f->sock.fd < 0 || ioctl(f->sock.fd, SIOCINQ, &n) || n < 0)
		return 0;
	return (uint32_t)n;
}

/**
 * tcp_peek - look at bytes in the socket
 * @f: the flow
 * @offset: of the first, from the oldest on
 * @data: where to put them
 * @len: most
 *
 * Return: how many; 0 when there are none.
 */
uint32_t tcp_peek(struct flow *f, uint32_t offset, uint8_t *data, uint32_t len)
{
	struct tcp *t = f->nat->tcp;
	struct iovec iov[IOV_MAX];
	struct msghdr msg = { .msg_iov = iov };
	uint32_t left = offset;
	int off = (int)offset;
	ssize_t n;

	if (t->peek_off) {
		if (setsockopt(f->sock.fd, SOL_SOCKET, SO_PEEK_OFF, &off, sizeof(off)))
			return 0;
		n = recv(f->sock.fd, data, len, MSG_PEEK | MSG_DONTWAIT);
		return n > 0 ? (uint32_t)n : 0;
	}
	while (left && msg.msg_iovlen < IOV_MAX - 1) {
		uint32_t part = left < TCP_CHUNK ? left : TCP_CHUNK;

		iov[msg.msg_iovlen].iov_base = t->trash;
		iov[msg.msg_iovlen++].iov_len = part;
		left -= part;
	}
	if (left)
		return 0;
	iov[msg.msg_iovlen].iov_base = data;
	iov[msg.msg_iovlen++].iov_len = len;
	n = recvmsg(f->sock.fd, &msg, MSG_PEEK | MSG_DONTWAIT);
	return n > (ssize_t)offset ? (uint32_t)n - offset : 0;
}

/* Forget bytes the guest has acknowledged. */
void tcp_discard(struct flow *f, uint32_t len)
{
	while (len) {
		ssize_t n = recv(f->sock.fd, NULL, len, MSG_TRUNC | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			tcp_abort(f);
			return;
		}
		len -= (uint32_t)n;
	}
}
