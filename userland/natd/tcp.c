// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Connections: the table, how they begin and end, who may have one.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>
#include "icmp.h"
#include "log.h"
#include "tcp.h"

static uint64_t rotl(uint64_t v, int by)
{
	return v << by | v >> (64 - by);
}

/* A keyed hash of a connection (SipHash's rounds over three words). */
static uint64_t hash(const struct tcp *t, uint32_t guest, uint16_t gport, uint32_t peer,
		     uint16_t pport)
{
	uint64_t v0 = t->secret[0] ^ 0x736f6d6570736575ULL;
	uint64_t v1 = t->secret[1] ^ 0x646f72616e646f6dULL;
	uint64_t v2 = t->secret[0] ^ 0x6c7967656e657261ULL;
	uint64_t v3 = t->secret[1] ^ 0x7465646279746573ULL;
	uint64_t in[2] = { (uint64_t)guest << 32 | peer, (uint64_t)gport << 16 | pport };
	int i;

	for (i = 0; i < 6; i++) {
		if (i < 2)
			v3 ^= in[i];
		else if (i == 2)
			v2 ^= 0xff;
		v0 += v1;
		v1 = rotl(v1, 13) ^ v0;
		v0 = rotl(v0, 32);
		v2 += v3;
		v3 = rotl(v3, 16) ^ v2;
		v0 += v3;
		v3 = rotl(v3, 21) ^ v0;
		v2 += v1;
		v1 = rotl(v1, 17) ^ v2;
		v2 = rotl(v2, 32);
		if (i < 2)
			v0 ^= in[i];
	}
	return v0 ^ v1 ^ v2 ^ v3;
}

static struct flow **bucket(struct tcp *t, uint32_t guest, uint16_t gport, uint32_t peer,
			    uint16_t pport)
{
	return &t->table[hash(t, guest, gport, peer, pport) % TCP_BUCKETS];
}

static struct flow *find(struct tcp *t, uint32_t guest, uint16_t gport, uint32_t peer,
			 uint16_t pport)
{
	struct flow *f = *bucket(t, guest, gport, peer, pport);

	while (f && (f->guest != guest || f->gport != gport || f->peer != peer ||
		     f->pport != pport || f->dead))
		f = f->next;
	return f;
}

/* A new flow in the table, or NULL at the limit. */
static struct flow *make(struct nat *n, uint32_t guest, uint16_t gport, uint32_t peer,
			 uint16_t pport)
{
	struct tcp *t = n->tcp;
	struct flow **at = bucket(t, guest, gport, peer, pport), *f;

	if (t->nflows >= TCP_MAX_FLOWS)
		return NULL;
	f = calloc(1, sizeof(*f));
	if (!f)
		return NULL;
	f->nat = n;
	f->guest = guest;
	f->gport = gport;
	f->peer = peer;
	f->pport = pport;
	f->sock.fd = -1;
	f->sock.fn = tcp_on_socket;
	f->timer.fn = tcp_on_timer;
	f->idle.fn = tcp_on_idle;
	f->rto = TCP_RTO_FIRST;
	f->last_rx = loop_now(&n->loop);
	/* RFC 6528: the hash, plus a clock of four microseconds. */
	f->iss = (uint32_t)(hash(t, guest, gport, peer, pport) >> 32) +
		 (uint32_t)(loop_now(&n->loop) / 4000);
	f->una = f->nxt = f->max = f->iss;
	f->next = *at;
	*at = f;
	t->nflows++;
	t->opened++;
	return f;
}

/**
 * tcp_flow_free - end a connection, without a word to either side
 * @f: the flow; its memory goes when the turn ends
 */
void tcp_flow_free(struct flow *f)
{
	if (f->dead)
		return;
	f->dead = true;
	tcp_close_socket(f, false);
	loop_timer_cancel(&f->nat->loop, &f->timer);
	loop_timer_cancel(&f->nat->loop, &f->idle);
	tcp_ring_done(&f->ring);
	tcp_mark(f);
}

/* Both sides learn at once that it is over. */
void tcp_abort(struct flow *f)
{
	if (f->state != TCPS_CONNECTING && f->state != TCPS_TIME_WAIT)
		tcp_send_rst(f);
	tcp_close_socket(f, true);
	tcp_flow_free(f);
}

/* Both sides have said all and heard all: is the flow over? */
void tcp_finish(struct flow *f)
{
	if (!f->guest_fin || !f->shut || !f->fin_sent || f->una != f->max)
		return;
	tcp_close_socket(f, false);
	if (!f->fin_first) {
		tcp_flow_free(f);
		return;
	}
	f->state = TCPS_TIME_WAIT;
	loop_timer_cancel(&f->nat->loop, &f->idle);
	loop_timer_set(&f->nat->loop, &f->timer, f->nat->conf.tcp_time_wait * SEC);
}

/* Have a look at the flow when the turn ends. */
void tcp_mark(struct flow *f)
{
	if (f->dirty)
		return;
	f->dirty = true;
	f->dirty_next = f->nat->tcp->dirty;
	f->nat->tcp->dirty = f;
}

static void unlink_flow(struct tcp *t, struct flow *f)
{
	struct flow **at = bucket(t, f->guest, f->gport, f->peer, f->pport);

	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	t->nflows--;
	free(f);
}

/**
 * tcp_turn_end - send what this turn's events call for
 * @n: the NAT
 *
 * One acknowledgement a flow and turn is enough.
 */
void tcp_turn_end(struct nat *n)
{
	struct tcp *t = n->tcp;
	struct flow *f;

	while ((f = t->dirty)) {
		t->dirty = f->dirty_next;
		f->dirty = false;
		if (!f->dead)
			tcp_output(f);
		if (f->dead && !f->dirty)
			unlink_flow(t, f);
	}
}

/* Where a guest's connection leads. False: to nowhere. */
static bool destination(struct nat *n, const struct ip4_in *p, uint16_t dport,
			struct sockaddr_storage *to, socklen_t *len)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
				   .sin_port = htons(dport),
				   .sin_addr.s_addr = p->dst };

	if (p->dst == n->ip4) {
		if (dport == 53)
			return dns_tcp_server(n, to, len);
		if (n->conf.reset_on_dest_local)
			return false;
		/* The user has mapped the gateway to the host itself. */
		sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	} else if (nat_is_forbidden(p->dst)) {
		return false;
	}
	memcpy(to, &sin, sizeof(sin));
	*len = sizeof(sin);
	return true;
}

/* What a SYN of the guest says. */
void tcp_take_options(struct flow *f, const struct tcp_seg *s)
{
	uint16_t most = (uint16_t)(f->nat->mtu - 40);

	f->mss = s->opts.mss ? s->opts.mss : 536;
	if (f->mss > most)
		f->mss = most;
	if (f->mss < 48)
		f->mss = 48;
	f->sack_ok = s->opts.sack_ok;
	f->scale_ok = s->opts.wscale >= 0;
	f->snd_scale = f->scale_ok ? (uint8_t)s->opts.wscale : 0;
	f->cwnd = 10U * f->mss;
	f->ssthresh = UINT32_MAX / 2;
	f->rcv_nxt = s->seq + 1;
	f->rcv_adv = f->rcv_nxt;
	/* The window of a SYN is never scaled. */
	f->wnd = s->wnd;
	f->wl1 = s->seq;
	f->wl2 = s->ack;
	tcp_ring_init(&f->ring, f->rcv_nxt);
}

/* A guest connects. */
static void begin(struct nat *n, const struct ip4_in *p, const struct tcp_seg *s, uint16_t sport,
		  uint16_t dport)
{
	struct sockaddr_storage to;
	struct flow *f;
	socklen_t len;
	uint8_t code;
	int err;

	if (!destination(n, p, dport, &to, &len)) {
		n->tcp->refused++;
		tcp_reply_rst(n, p, s, sport, dport);
		return;
	}
	f = make(n, p->src, sport, p->dst, dport);
	if (!f) {
		n->stats.refused++;
		ip4_icmp_error(n, p, 0, 3, 13, 0);
		return;
	}
	f->state = TCPS_CONNECTING;
	tcp_take_options(f, s);
	f->quote_len = (uint8_t)(p->raw_len < sizeof(f->quote) ? p->raw_len : sizeof(f->quote));
	memcpy(f->quote, p->ip, f->quote_len);
	err = tcp_dial(f, (struct sockaddr *)&to, len);
	if (!err) {
		loop_timer_set(&n->loop, &f->timer, TCP_HALF_OPEN);
		return;
	}
	if (!icmp_from_errno(-err, &code) && err != -ECONNREFUSED)
		ip4_icmp_error(n, p, 0, 3, code, 0);
	else
		tcp_reply_rst(n, p, s, sport, dport);
	tcp_flow_free(f);
}

static bool parse(struct nat *n, const struct ip4_in *p, struct tcp_seg *s, struct pkt_tcp *h)
{
	size_t off;

	if (p->l4_len < sizeof(*h))
		goto bad;
	memcpy(h, p->l4, sizeof(*h));
	off = (size_t)(h->off >> 4) * 4;
	if (off < sizeof(*h) || off > p->l4_len)
		goto bad;
	if (!p->csum_done && csum_l4_v4(p->src, p->dst, IPPROTO_TCP, p->l4, p->l4_len) != 0)
		goto bad;
	s->seq = ntohl(h->seq);
	s->ack = ntohl(h->ack);
	s->wnd = ntohs(h->win);
	s->flags = h->flags;
	s->data = p->l4 + off;
	s->len = (uint32_t)(p->l4_len - off);
	tcp_opts_parse(p->l4 + sizeof(*h), off - sizeof(*h), &s->opts);
	return true;
bad:
	n->stats.bad++;
	return false;
}

/**
 * tcp_input - a segment of a guest
 * @n: the NAT
 * @p: the packet
 */
void tcp_input(struct nat *n, const struct ip4_in *p)
{
	uint16_t sport, dport;
	struct pkt_tcp h;
	struct tcp_seg s;
	struct flow *f;

	if (!parse(n, p, &s, &h))
		return;
	sport = ntohs(h.src);
	dport = ntohs(h.dst);
	f = find(n->tcp, p->src, sport, p->dst, dport);
	/* A new connection may begin where an old one rests (RFC 9293 3.10.7). */
	if (f && f->state == TCPS_TIME_WAIT &&
	    (s.flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN && seq_lt(f->rcv_nxt, s.seq)) {
		tcp_flow_free(f);
		f = NULL;
	}
	if (f) {
		tcp_segment(f, &s);
		return;
	}
	if (s.flags & TCP_RST)
		return;
	if ((s.flags & (TCP_SYN | TCP_ACK | TCP_FIN)) == TCP_SYN && sport && dport)
		begin(n, p, &s, sport, dport);
	else
		tcp_reply_rst(n, p, &s, sport, dport);
}

/**
 * tcp_open_to_guest - a connection from the outside leads to a guest
 * @n: the NAT
 * @fd: connected, non-blocking; ours from now on, also on error
 * @guest: where to
 * @port: see @guest
 * @peer: who the guest is to see
 *
 * Return: 0 or negative errno.
 */
int tcp_open_to_guest(struct nat *n, int fd, uint32_t guest, uint16_t port,
		      const struct sockaddr_in *peer)
{
	uint16_t pport = ntohs(peer->sin_port);
	struct flow *f;
	int err;

	if (find(n->tcp, guest, port, peer->sin_addr.s_addr, pport)) {
		close(fd);
		return -EADDRINUSE;
	}
	f = make(n, guest, port, peer->sin_addr.s_addr, pport);
	if (!f) {
		close(fd);
		return -ENOBUFS;
	}
	f->state = TCPS_SYN_SENT;
	f->forward = true;
	f->mss = (uint16_t)(n->mtu - 40);
	f->scale_ok = f->sack_ok = true;
	f->sock.fd = fd;
	err = loop_fd_add(&n->loop, &f->sock, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
	if (err) {
		tcp_flow_free(f);
		return err;
	}
	f->max = f->nxt = f->iss + 1;
	tcp_send_syn(f);
	loop_timer_set(&n->loop, &f->timer, f->rto);
	return 0;
}

unsigned int tcp_flows(const struct nat *n)
{
	return n->tcp->nflows;
}

int tcp_init(struct nat *n)
{
	struct tcp *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	n->tcp = t;
	t->trash = malloc(TCP_CHUNK);
	t->chunk = malloc(TCP_CHUNK);
	if (!t->trash || !t->chunk)
		return -ENOMEM;
	if (getrandom(t->secret, sizeof(t->secret), 0) != (ssize_t)sizeof(t->secret))
		return -EIO;
	t->peek_off = tcp_probe_peek_off();
	log_debug("TCP: %s", t->peek_off ? "peeking by offset" : "peeking from the start");
	return 0;
}

void tcp_done(struct nat *n)
{
	size_t i;

	if (!n->tcp)
		return;
	for (i = 0; i < TCP_BUCKETS; i++)
		while (n->tcp->table[i]) {
			struct flow *f = n->tcp->table[i];

			if (!f->dead)
				tcp_abort(f);
			unlink_flow(n->tcp, f);
		}
	free(n->tcp->trash);
	free(n->tcp->chunk);
	free(n->tcp);
	n->tcp = NULL;
}
