// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Connections: the table, how they begin and end, who may have one.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "dns_msg.h"
#include "ftp.h"
#include "icmp.h"
#include "log.h"
#include "policy.h"
#include "tcp.h"

static struct flow **bucket(const struct nat *n, const struct flow_key *k)
{
	return &n->tcp->table[flow_key_hash(n, k) % TCP_BUCKETS];
}

static struct flow *find(const struct nat *n, const struct flow_key *k)
{
	struct flow *f = *bucket(n, k);

	while (f && (f->dead || !flow_key_equal(&f->key, k)))
		f = f->next;
	return f;
}

static struct tcp_share *share_of(const struct nat *n, const struct ipaddr *guest)
{
	struct flow_key k = { .guest = *guest };

	return &n->tcp->shares[flow_key_hash(n, &k) % TCP_SHARES];
}

/* The outside has answered, or will not. */
void tcp_dialled(struct flow *f)
{
	if (!f->dialling)
		return;
	f->dialling = false;
	share_of(f->nat, &f->key.guest)->dials--;
}

/*
 * A scan costs a socket for each port that nobody listens at. A guest may have
 * TCP_FAILED_RATE of these a second; further SYNs of it are lost as on a busy line,
 * so that what it connects to in earnest is only late.
 */
static void count_failed(struct flow *f)
{
	struct tcp_share *share = share_of(f->nat, &f->key.guest);
	uint64_t now = loop_now(&f->nat->loop);

	if (share->failed < now)
		share->failed = now;
	share->failed += SEC / TCP_FAILED_RATE;
}

static bool scans(struct nat *n, const struct tcp_share *share)
{
	return share->failed > loop_now(&n->loop) + TCP_FAILED_MOST * (SEC / TCP_FAILED_RATE);
}

/**
 * tcp_widen - the flow is worth the large window, if the limits allow
 * @f: the flow
 *
 * A window is a promise of memory, so the large ones are counted.
 */
void tcp_widen(struct flow *f)
{
	struct tcp *t = f->nat->tcp;
	struct tcp_share *share = share_of(f->nat, &f->key.guest);

	if (t->nbig >= TCP_MAX_BIG || share->big >= TCP_MAX_BIG_GUEST || !tcp_ring_grow(&f->ring))
		return;
	t->nbig++;
	share->big++;
}

/* A new flow in the table, or NULL at the limit. */
static struct flow *make(struct nat *n, const struct flow_key *k)
{
	struct tcp_share *share = share_of(n, &k->guest);
	struct tcp *t = n->tcp;
	struct flow **at, *f;
	uint64_t hash;

	if (t->nflows >= TCP_MAX_FLOWS || share->flows >= TCP_MAX_GUEST ||
	    share->dials >= TCP_MAX_DIALS)
		return NULL;
	f = calloc(1, sizeof(*f));
	if (!f)
		return NULL;
	f->nat = n;
	f->key = *k;
	f->sock.fd = -1;
	f->sock.fn = tcp_on_socket;
	f->timer.fn = tcp_on_timer;
	f->idle.fn = tcp_on_idle;
	f->ack_timer.fn = tcp_on_ack_timer;
	f->peek_off = -1;
	f->rto = TCP_RTO_FIRST;
	f->since = f->last_rx = loop_now(&n->loop);
	/* RFC 6528: the hash, plus a clock of four microseconds. */
	hash = flow_key_hash(n, k);
	f->iss = (uint32_t)(hash >> 32) + (uint32_t)(loop_now(&n->loop) / 4000);
	f->una = f->nxt = f->max = f->iss;
	loop_timer_set(&n->loop, &f->idle, TCP_SETTLE);
	at = &t->table[hash % TCP_BUCKETS];
	f->next = *at;
	*at = f;
	share->flows++;
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
	if (f->dialling)
		count_failed(f);
	tcp_dialled(f);
	tcp_close_socket(f, false);
	loop_timer_cancel(&f->nat->loop, &f->timer);
	loop_timer_cancel(&f->nat->loop, &f->idle);
	loop_timer_cancel(&f->nat->loop, &f->ack_timer);
	tcp_ring_done(&f->ring);
	tcp_sack_clear(f);
	ftp_end(f);
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
	tcp_discard(f);
	if (f->dead)
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

static void unlink_flow(struct nat *n, struct flow *f)
{
	struct flow **at = bucket(n, &f->key);
	struct tcp_share *share = share_of(n, &f->key.guest);

	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	if (f->ring.size == TCP_RING_BIG) {
		share->big--;
		n->tcp->nbig--;
	}
	share->flows--;
	n->tcp->nflows--;
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
	struct flow *f, *later = NULL;

	while ((f = t->dirty)) {
		t->dirty = f->dirty_next;
		f->dirty = f->stalled = false;
		if (!f->dead)
			tcp_output(f);
		if (f->dead && !f->dirty) {
			unlink_flow(n, f);
		} else if (f->stalled && !f->dirty) {
			/* The port has no room: the next turn is for it. */
			f->dirty = true;
			f->dirty_next = later;
			later = f;
		}
	}
	t->dirty = later;
}

/*
 * Where a guest's connection leads. False: to nowhere. The host's loopback is
 * reached through what the user has mapped there, and in no other way.
 */
static bool destination(struct nat *n, const struct pkt_in *p, uint16_t dport,
			union sockaddr_any *to, socklen_t *len)
{
	const struct nat_forward *service;
	struct ipaddr host = ipaddr_v4(n->host4);

	if (nat_is_gateway(n, &p->dst)) {
		service = nat_service_find(&n->conf, IPPROTO_TCP, dport);
		if (service) {
			*len = sockaddr_put(to, &service->guest, service->guest_port);
			return true;
		}
		if (n->conf.reset_on_dest_local || !n->host4)
			return false;
		*len = sockaddr_put(to, &host, dport);
		return true;
	}
	if (nat_is_forbidden(&p->dst))
		return false;
	*len = sockaddr_put(to, &p->dst, dport);
	return true;
}

/* The largest segment that the guests' network carries. */
uint16_t tcp_most(const struct flow *f)
{
	size_t headers = ip_header_len(f->key.guest.family) + sizeof(struct pkt_tcp);

	return (uint16_t)(f->nat->mtu - headers);
}

/* What a SYN of the guest says. */
void tcp_take_options(struct flow *f, const struct tcp_seg *s)
{
	uint16_t most = tcp_most(f);

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
	f->irs = s->seq;
	f->rcv_nxt = s->seq + 1;
	f->rcv_adv = f->rcv_nxt;
	/* The window of a SYN is never scaled. */
	f->wnd = s->wnd;
	f->wl1 = s->seq;
	f->wl2 = s->ack;
	tcp_ring_init(&f->ring, f->rcv_nxt);
}

/* A guest connects. */
static void begin(struct nat *n, const struct pkt_in *p, const struct tcp_seg *s)
{
	struct flow_key key = { p->src, p->dst, s->sport, s->dport };
	bool dns = nat_is_gateway(n, &p->dst) && s->dport == DNS_PORT;
	union sockaddr_any to;
	struct tcp_share *share = share_of(n, &p->src);
	struct flow *f;
	socklen_t len;
	enum ip_err what;
	int err;

	if (!dns && !destination(n, p, s->dport, &to, &len)) {
		n->tcp->refused++;
		tcp_reply_rst(n, p, s);
		return;
	}
	if (scans(n, share)) {
		n->stats.refused++;
		return;
	}
	f = make(n, &key);
	if (!f) {
		n->stats.refused++;
		ip_refuse(n, p, IP_ERR_ADMIN, 0);
		return;
	}
	f->state = TCPS_CONNECTING;
	f->dialling = true;
	share->dials++;
	tcp_take_options(f, s);
	f->quote_len = (uint8_t)(p->raw_len < sizeof(f->quote) ? p->raw_len : sizeof(f->quote));
	memcpy(f->quote, p->ip, f->quote_len);
	f->ttl = p->ttl;
	f->tos = p->tos & 0xfc;
	if (s->dport == FTP_PORT && n->conf.active_ftp)
		ftp_begin(f);
	err = dns ? tcp_adopt(f, dns_connect(n, &p->src)) : tcp_dial(f, &to, len);
	if (!err) {
		loop_timer_set(&n->loop, &f->timer,
			       share->dials > TCP_MAX_DIALS / 2 ? TCP_HALF_OPEN_BUSY
								: TCP_HALF_OPEN);
		return;
	}
	if (!icmp_from_errno(-err, &what) && err != -ECONNREFUSED)
		ip_refuse(n, p, what, 0);
	else
		tcp_reply_rst(n, p, s);
	tcp_flow_free(f);
}

/**
 * tcp_input - a segment of a guest
 * @n: the NAT
 * @p: the packet
 */
void tcp_input(struct nat *n, const struct pkt_in *p)
{
	struct tcp_seg s;
	struct flow *f;
	enum pkt_why why = parse_tcp(p, &s);

	if (why) {
		nat_bad(n, why);
		return;
	}
	f = find(n, &(struct flow_key){ p->src, p->dst, s.sport, s.dport });
	/* A new connection may begin where an old one rests (RFC 9293 3.10.7). */
	if (f && f->state == TCPS_TIME_WAIT &&
	    (s.flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN && seq_lt(f->rcv_nxt, s.seq)) {
		tcp_flow_free(f);
		f = NULL;
	}
	if (f) {
		if (f->sock.fd >= 0)
			tcp_follow(f, p);
		tcp_segment(f, &s);
		return;
	}
	if (s.flags & TCP_RST)
		return;
	if ((s.flags & (TCP_SYN | TCP_ACK | TCP_FIN)) == TCP_SYN && s.sport && s.dport)
		begin(n, p, &s);
	else
		tcp_reply_rst(n, p, &s);
}

/**
 * tcp_open_to_guest - a connection from the outside leads to a guest
 * @n: the NAT
 * @fd: connected, non-blocking; ours from now on, also on error
 * @key: where to, and whom the guest is to see
 *
 * Return: 0 or negative errno.
 */
int tcp_open_to_guest(struct nat *n, int fd, const struct flow_key *key)
{
	struct flow *f;
	int err;

	if (find(n, key)) {
		close(fd);
		return -EADDRINUSE;
	}
	f = make(n, key);
	if (!f) {
		close(fd);
		return -ENOBUFS;
	}
	f->state = TCPS_SYN_SENT;
	f->forward = true;
	f->family = key->guest.family;
	f->mss = tcp_most(f);
	f->scale_ok = f->sack_ok = true;
	f->sock.fd = fd;
	tcp_set_up_socket(fd);
	err = loop_fd_add(&n->loop, &f->sock, TCP_EVENTS);
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
	if (!t->trash)
		return -ENOMEM;
	t->port_room = UINT32_MAX;
	/* Frames of many segments are no measure, and their windows fit. */
	if (n->port.queue && !n->port.offloads)
		t->port_room = n->port.queue / 8 * 7 * (n->mtu - 40);
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
			unlink_flow(n, f);
		}
	free(n->tcp->trash);
	free(n->tcp);
	n->tcp = NULL;
}
