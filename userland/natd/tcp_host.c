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
#include "ftp.h"
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

/* Close the socket; with a reset, if the outside is to know that all is lost. */
void tcp_close_socket(struct flow *f, bool reset)
{
	struct linger hard = { .l_onoff = 1, .l_linger = 0 };

	if (f->sock.fd < 0)
		return;
	if (reset)
		setsockopt(f->sock.fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	loop_fd_close(&f->nat->loop, &f->sock);
}

/* Something happened on the socket. */
void tcp_on_socket(struct loop *loop, struct loop_fd *self, uint32_t events)
{
	struct flow *f = (struct flow *)(void *)self;
	socklen_t len = sizeof(int);
	int err = 0;

	(void)loop;
	tcp_mark(f);
	if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP))
		f->inq_stale = true;
	if (events & EPOLLRDHUP)
		f->sock_rdhup = true;
	if (events & EPOLLPRI)
		f->urgent = true;
	if (events & EPOLLERR) {
		if (getsockopt(self->fd, SOL_SOCKET, SO_ERROR, &err, &len))
			err = errno;
	}
	if (f->state == TCPS_CONNECTING) {
		if (err)
			tcp_not_connected(f, err);
		else if (events & EPOLLOUT)
			tcp_connected(f);
		return;
	}
	if (err) {
		tcp_abort(f);
		return;
	}
	/* A call that took a part has not said that the socket is full. */
	if (events & EPOLLOUT && (f->sock_full || tcp_ring_ready(&f->ring))) {
		f->sock_full = false;
		tcp_drain(f);
	}
}

/**
 * tcp_give - give bytes to the socket
 * @f: the flow; may be dead afterwards
 * @iov: the bytes, in pieces
 * @n: pieces
 *
 * Return: how many it took.
 */
uint32_t tcp_give(struct flow *f, const struct iovec *iov, unsigned int n)
{
	struct msghdr msg = { .msg_iov = (struct iovec *)(uintptr_t)iov, .msg_iovlen = n };
	int one = 1;
	ssize_t sent;

	if (f->sock_full || f->sock.fd < 0)
		return 0;
	/* Small pieces wait for the acknowledgement of those before. */
	if (f->bytes_out && !f->nodelay)
		f->nodelay = !setsockopt(f->sock.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
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
	f->bytes_out += (uint64_t)sent;
	return (uint32_t)sent;
}

/* Bytes of the guest go out. Return: how many are done with; the flow may be dead. */
static uint32_t give(struct flow *f, const struct iovec *iov, unsigned int n)
{
	return f->ftp ? ftp_to_host(f, iov, n) : tcp_give(f, iov, n);
}

/* What the socket did not take of the pieces goes into the ring. */
static void keep_rest(struct flow *f, uint32_t sent)
{
	const struct tcp_piece *p = &f->nat->tcp->pieces[f->gather_first];
	uint32_t left = f->gathered - sent;

	f->ring.end -= f->gathered;
	f->gathered = 0;
	tcp_ring_skip(&f->ring, sent);
	for (; left; p = &f->nat->tcp->pieces[p->next]) {
		uint32_t skip = sent < p->len ? sent : p->len, len = p->len - skip;

		/* No memory: it has not been acknowledged, and will come again. */
		if (len && tcp_ring_put(&f->ring, f->ring.end, p->data + skip, len))
			break;
		sent -= skip;
		left -= len;
	}
	f->rcv_nxt = f->ring.end + f->guest_fin;
}

/**
 * tcp_gather_flush - give the socket what was gathered in frames
 * @f: the flow; may be dead afterwards
 */
void tcp_gather_flush(struct flow *f)
{
	const struct tcp *t = f->nat->tcp;
	struct iovec iov[TCP_GATHER];
	uint32_t left = f->gathered;
	unsigned int n = 0;
	uint8_t i;

	if (!left || f->dead)
		return;
	for (i = f->gather_first; left; i = t->pieces[i].next) {
		iov[n].iov_base = (void *)(uintptr_t)t->pieces[i].data;
		iov[n++].iov_len = t->pieces[i].len;
		left -= t->pieces[i].len;
	}
	left = give(f, iov, n);
	if (!f->dead)
		keep_rest(f, left);
}

/**
 * tcp_batch_end - the buffers of the frames that were read are used again
 * @n: the NAT
 */
void tcp_batch_end(struct nat *n)
{
	struct tcp *t = n->tcp;
	struct flow *f;

	while ((f = t->gatherers)) {
		t->gatherers = f->gather_next;
		f->gathering = false;
		tcp_gather_flush(f);
	}
	t->npieces = 0;
}

/* Note bytes in order, which lie in a frame. False: this is not the time. */
static bool gather(struct flow *f, const uint8_t *data, uint32_t len)
{
	struct tcp *t = f->nat->tcp;
	struct tcp_piece *p = &t->pieces[t->npieces];

	if (t->npieces == TCP_GATHER || f->sock_full || f->ring.nearly ||
	    tcp_ring_ready(&f->ring) != f->gathered)
		return false;
	p->data = data;
	p->len = len;
	if (f->gathered)
		t->pieces[f->gather_last].next = (uint8_t)t->npieces;
	else
		f->gather_first = (uint8_t)t->npieces;
	f->gather_last = (uint8_t)t->npieces++;
	f->gathered += len;
	f->ring.end += len;
	if (!f->gathering) {
		f->gathering = true;
		f->gather_next = t->gatherers;
		t->gatherers = f;
	}
	return true;
}

/* Send what waits in the ring, and then the end. */
void tcp_drain(struct flow *f)
{
	struct iovec iov[2];
	unsigned int n;
	uint32_t sent;

	tcp_gather_flush(f);
	if (f->dead)
		return;
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
	if (f->ring.end + tcp_window(f) - f->rcv_adv >= f->ring.size / 4)
		f->ack_now = true;
	tcp_mark(f);
}

/**
 * tcp_to_host_urgent - a byte of the guest that is in order, and urgent
 * @f: the flow; may be dead afterwards
 * @byte: the byte
 *
 * It is marked for the outside only when all before it has gone; else it is a
 * byte like any other, which it is for most programs anyway (RFC 6093 3.1).
 * Return: the socket has it.
 */
bool tcp_to_host_urgent(struct flow *f, const uint8_t *byte)
{
	tcp_gather_flush(f);
	if (f->dead || f->sock_full || f->sock.fd < 0 || f->ftp || f->ring.nearly ||
	    tcp_ring_ready(&f->ring))
		return false;
	if (send(f->sock.fd, byte, 1, MSG_OOB | MSG_NOSIGNAL | MSG_DONTWAIT) != 1)
		return false;
	f->bytes_out++;
	tcp_ring_skip(&f->ring, 1);
	return true;
}

/**
 * tcp_to_host - bytes of the guest that are in order
 * @f: the flow; may be dead afterwards
 * @data: the bytes, within the window
 * @len: how many
 * @in_frame: the bytes stay where they are until tcp_batch_end()
 */
void tcp_to_host(struct flow *f, const uint8_t *data, uint32_t len, bool in_frame)
{
	struct iovec iov = { (void *)(uintptr_t)data, len };
	uint32_t start, sent = 0, done;

	if (in_frame && gather(f, data, len))
		return;
	tcp_gather_flush(f);
	if (f->dead)
		return;
	start = f->ring.end;
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

/* Bytes in the socket that the guest has not acknowledged, sent or not. */
uint32_t tcp_available(struct flow *f)
{
	int n = 0;

	if (f->sock.fd < 0)
		return 0;
	/* More is told by an event. */
	if (!f->inq_stale)
		return f->inq;
	if (ioctl(f->sock.fd, SIOCINQ, &n) || n < 0)
		return 0;
	f->inq_stale = false;
	f->inq = (uint32_t)n > f->acked ? (uint32_t)n - f->acked : 0;
	return f->inq;
}

/*
 * A peek that finds less than it could take tells how much there is, unless it
 * stopped at an urgent byte.
 */
static void peeked(struct flow *f, uint32_t offset, uint32_t got, uint32_t len)
{
	if (got == len || !f->inq_stale || f->urgent)
		return;
	f->inq = offset - f->acked + got;
	f->inq_stale = false;
}

static bool set_peek_off(struct flow *f, uint32_t offset)
{
	int off = (int)offset;

	/* Until it is set, peeks are from the start. */
	if (f->peek_off == off || (f->peek_off < 0 && !off))
		return true;
	if (setsockopt(f->sock.fd, SOL_SOCKET, SO_PEEK_OFF, &off, sizeof(off)))
		return false;
	f->peek_off = off;
	return true;
}

/**
 * tcp_peek - look at bytes in the socket
 * @f: the flow
 * @offset: of the first, from the oldest that is not acknowledged on
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
	uint32_t left;
	ssize_t n;

	offset += f->acked;
	if (t->peek_off) {
		if (!set_peek_off(f, offset))
			return 0;
		n = recv(f->sock.fd, data, len, MSG_PEEK | MSG_DONTWAIT);
		if (n < 0 && errno != EAGAIN)
			return 0;
		/* The kernel's moves along. */
		n = n > 0 ? n : 0;
		if (f->peek_off >= 0)
			f->peek_off += n;
		peeked(f, offset, (uint32_t)n, len);
		return (uint32_t)n;
	}
	left = offset;
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
	if (n < 0 && errno != EAGAIN)
		return 0;
	n = n > (ssize_t)offset ? n - (ssize_t)offset : 0;
	peeked(f, offset, (uint32_t)n, len);
	return (uint32_t)n;
}

/* The guest has @len bytes more. */
void tcp_acked(struct flow *f, uint32_t len)
{
	f->acked += len;
	f->inq = f->inq > len ? f->inq - len : 0;
}

/**
 * tcp_discard - forget bytes that the guest has acknowledged
 * @f: the flow; may be dead afterwards
 *
 * Once a turn is enough, but a socket with unread bytes is not closed in peace.
 */
void tcp_discard(struct flow *f)
{
	while (f->acked && f->sock.fd >= 0) {
		ssize_t n = recv(f->sock.fd, NULL, f->acked, MSG_TRUNC | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			tcp_abort(f);
			return;
		}
		f->acked -= (uint32_t)n;
		if (f->peek_off >= 0)
			f->peek_off = f->peek_off > n ? f->peek_off - n : 0;
		f->bytes_in += (uint64_t)n;
	}
}
