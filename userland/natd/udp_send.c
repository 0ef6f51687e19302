// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Datagrams of guests on their way out. What comes in one batch of frames is
 * gathered by socket, and leaves in one call when the batch ends; those of one
 * size to one peer leave as one message, which the kernel or the card cuts
 * (UDP_SEGMENT). Order within a socket is kept.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/udp.h>
#include <string.h>

#include "icmp.h"
#include "udp_map.h"

#define SEND_TRIES 3
/* UDP_MAX_SEGMENTS of the oldest kernels, and what a packet of either family holds. */
#define RUN_MAX 64
#define RUN_BYTES (65535U - sizeof(struct pkt_ip6) - sizeof(struct pkt_udp))

/* Room for IP_PKTINFO and UDP_SEGMENT. */
union control {
	char buf[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(uint16_t))];
	size_t align;
};

/**
 * struct messages - datagrams in the form of a system call
 * @msgs: messages
 * @iov: pieces of theirs, one for each datagram
 * @control: of each
 * @count: how many datagrams each one is
 * @n: how many there are
 */
struct messages {
	struct mmsghdr msgs[UDP_TX_BATCH];
	struct iovec iov[UDP_TX_BATCH];
	union control control[UDP_TX_BATCH];
	unsigned int count[UDP_TX_BATCH];
	unsigned int n;
};

static void set_options(struct udp_map *m, const struct pkt_in *p)
{
	struct ip_set want = { p->ttl, p->tos, p->df ? IP_PMTUDISC_DO : IP_PMTUDISC_DONT };

	ip_set(m->lfd.fd, m->family, &m->set, &want);
}

/* May both be sent without a change of the socket's options? */
static bool same_options(const struct udp_out *a, const struct udp_out *b)
{
	return a->p.ttl == b->p.ttl && a->p.tos == b->p.tos && a->p.df == b->p.df;
}

static bool same_peer(const struct udp_out *a, const struct udp_out *b)
{
	return a->to_len == b->to_len && !memcmp(&a->to, &b->to, a->to_len) &&
	       ipaddr_equal(&a->local, &b->local);
}

/*
 * How many from the first on can leave as one: of one size, but for the last. Only
 * what is not to be fragmented: the kernel gives the pieces identifications that
 * it has not set aside for them, and those of others must differ (RFC 7857 10).
 */
static unsigned int run_of(const struct udp_map *m, struct udp_out *const *o, unsigned int n)
{
	size_t len = o[0]->len, total = len;
	unsigned int i;

	if (!o[0]->p.df || !len || len > m->gso_max)
		return 1;
	for (i = 1; i < n && i < RUN_MAX && o[i - 1]->len == len; i++) {
		if (!o[i]->len || o[i]->len > len || total + o[i]->len > RUN_BYTES ||
		    !same_peer(o[0], o[i]))
			break;
		total += o[i]->len;
	}
	return i;
}

/* Put datagrams that share the socket's options into messages. */
static void build(struct messages *b, const struct udp_map *m, struct udp_out *const *o,
		  unsigned int n)
{
	unsigned int i = 0, j;

	for (b->n = 0; i < n; b->n++) {
		unsigned int run = run_of(m, o + i, n - i);
		uint16_t size = (uint16_t)o[i]->len;
		struct msghdr *msg = &b->msgs[b->n].msg_hdr;

		*msg = (struct msghdr){
			.msg_name = &o[i]->to,
			.msg_namelen = o[i]->to_len,
			.msg_iov = &b->iov[i],
			.msg_iovlen = run,
		};
		if (o[i]->local.family)
			cmsg_add_local(msg, &b->control[b->n], &o[i]->local);
		if (run > 1)
			memcpy(cmsg_add(msg, &b->control[b->n], IPPROTO_UDP, UDP_SEGMENT,
					sizeof(size)),
			       &size, sizeof(size));
		b->count[b->n] = run;
		for (j = 0; j < run; j++, i++)
			b->iov[i] = (struct iovec){ (void *)(uintptr_t)o[i]->data, o[i]->len };
	}
}

static void count_sent(struct udp_map *m, struct udp_out *const *o, unsigned int n)
{
	unsigned int i;

	m->udp->stats.out += n;
	m->packets_out += n;
	for (i = 0; i < n; i++)
		m->bytes_out += o[i]->len;
}

/*
 * The kernel does not cut for this way out (no checksums by the device), or not
 * into pieces so long. Return: the datagrams are to be sent one by one.
 */
static bool cannot_cut(struct udp_map *m, size_t len, int err)
{
	if (err == EIO)
		m->gso_max = 0;
	else if (err == EINVAL || err == EMSGSIZE)
		m->gso_max = (uint16_t)(len - 1);
	else
		return false;
	return true;
}

static void refuse(struct udp_map *m, struct udp_out *const *o, unsigned int n, int err)
{
	enum ip_err what;
	unsigned int i;

	/* Of one that is too long, the kernel has told the MTU already. */
	for (i = 0; err != EMSGSIZE && !icmp_from_errno(err, &what) && i < n; i++)
		ip_refuse(m->udp->nat, &o[i]->p, what, 0);
}

/*
 * A call has failed, and nothing of it was sent. It fails also because of what
 * an earlier datagram, perhaps to somebody else, has met: take that off the
 * socket and try again.
 * Return: how many datagrams are given up.
 */
static unsigned int failed(struct udp_map *m, struct udp_out *const *o, unsigned int n,
			   unsigned int first, unsigned int *tries)
{
	int err = errno;

	if (err == EAGAIN)
		return n;
	if (err == ENOBUFS)
		return first;
	if (first > 1 && cannot_cut(m, o[0]->len, err))
		return 0;
	udp_sock_read_errors(m);
	if (err != EMSGSIZE && ++*tries < SEND_TRIES)
		return 0;
	refuse(m, o, first, err);
	return first;
}

static void send_alike(struct udp_map *m, struct udp_out *const *o, unsigned int n)
{
	unsigned int tries = 0, done, i;
	struct messages b;
	int sent;

	set_options(m, &o[0]->p);
	for (; n; o += done, n -= done) {
		build(&b, m, o, n);
		sent = sendmmsg(m->lfd.fd, b.msgs, b.n, MSG_DONTWAIT);
		done = 0;
		if (sent < 0) {
			done = failed(m, o, n, b.count[0], &tries);
			m->udp->stats.dropped += done;
		} else {
			for (i = 0; i < (unsigned int)sent; i++)
				done += b.count[i];
			count_sent(m, o, done);
		}
		if (done)
			tries = 0;
	}
}

/* Send what was gathered for a socket. */
static void flush(struct udp_map *m)
{
	struct udp_out *o[UDP_TX_BATCH];
	unsigned int n = m->gathered, i, alike;
	uint8_t at = m->out_first;

	m->gathered = 0;
	for (i = 0; i < n; i++) {
		o[i] = &m->udp->out[at];
		at = o[i]->next;
	}
	for (i = 0; i < n; i += alike) {
		for (alike = 1; i + alike < n && same_options(o[i], o[i + alike]); alike++)
			;
		send_alike(m, o + i, alike);
	}
}

/**
 * udp_send - send a guest's datagram to the outside
 * @m: the socket
 * @p: the packet it came in
 * @to: where it goes
 * @local: address of the host to send from; NULL, or family 0, for any
 * @data: the data
 * @len: bytes
 *
 * What lies in a frame of the batch is sent when that ends. What keeps it from
 * being sent is told to the guest.
 */
void udp_send(struct udp_map *m, const struct pkt_in *p, const struct udp_addr *to,
	      const struct ipaddr *local, const void *data, size_t len)
{
	struct udp *udp = m->udp;
	struct udp_out now, *o = &now;
	bool wait = p->in_frame && udp->nout < UDP_TX_BATCH;

	if (wait)
		o = &udp->out[udp->nout];
	*o = (struct udp_out){ .p = *p, .data = data, .len = len };
	o->to_len = sockaddr_put(&o->to, &to->addr, to->port);
	if (local)
		o->local = *local;
	if (!wait) {
		flush(m);
		send_alike(m, &o, 1);
		return;
	}
	if (m->gathered)
		udp->out[m->out_last].next = (uint8_t)udp->nout;
	else
		m->out_first = (uint8_t)udp->nout;
	m->out_last = (uint8_t)udp->nout++;
	m->gathered++;
	if (!m->sending) {
		m->sending = true;
		m->next_sender = udp->senders;
		udp->senders = m;
	}
}

/**
 * udp_batch_end - the buffers of the frames that were read are used again
 * @n: the NAT
 */
void udp_batch_end(struct nat *n)
{
	struct udp *udp = n->udp;
	struct udp_map *m;

	while ((m = udp->senders)) {
		udp->senders = m->next_sender;
		m->sending = false;
		flush(m);
	}
	udp->nout = 0;
}
