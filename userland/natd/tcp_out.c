// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Segments to the guest: data, acknowledgements, retransmission, timers
 * (RFC 9293, 5681, 6298, 6675).
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include "tcp.h"

#define PLENTY (1U << 30)
#define BURST 32 /* segments sent again in one turn */
#define COPY_MOST 2048U

struct segment {
	struct flow_key key;
	uint32_t seq, ack;
	uint8_t flags;
	uint16_t win;
	const uint8_t *opt;
	size_t opt_len;
	const uint8_t *data; /* from nat_payload_get() */
	size_t len;
	uint16_t mss;
};

/*
 * The kernel takes a frame faster in one piece than in two; by more than it costs
 * to copy a little.
 */
static void add_data(struct frame *f, const uint8_t *data, uint32_t len)
{
	if (!len)
		return;
	if (len <= COPY_MOST && len <= f->cap - f->len) {
		memcpy(f->data + f->len, data, len);
		f->len += len;
	} else {
		f->tail = data;
		f->tail_len = len;
	}
}

/* Put a segment together and into the batch. */
static void emit(struct nat *n, const struct segment *s)
{
	const struct ipaddr *src = &s->key.peer, *dst = &s->key.guest;
	struct ip_out o = { .src = *src, .dst = *dst, .proto = IPPROTO_TCP, .df = true };
	size_t hlen = sizeof(struct pkt_tcp) + s->opt_len;
	struct frame *f = nat_tx_get(n);
	uint8_t *l4 = ip_start(n, f, &o, hlen + s->len);
	struct pkt_tcp h = {
		.src = htons(s->key.pport),
		.dst = htons(s->key.gport),
		.seq = htonl(s->seq),
		.ack = htonl(s->ack),
		.off = (uint8_t)(hlen / 4 << 4),
		.flags = s->flags,
		.win = htons(s->win),
	};
	uint32_t sum;

	if (s->opt_len)
		memcpy(l4 + sizeof(h), s->opt, s->opt_len);
	f->len += (uint32_t)hlen;
	if (n->port.hdr_sz) {
		h.csum = (uint16_t)~csum_fold(csum_pseudo(src, dst, IPPROTO_TCP, hlen + s->len));
		memcpy(l4, &h, sizeof(h));
		f->csum = FRAME_CSUM_PARTIAL;
		f->csum_start = (uint16_t)(l4 - f->data);
		f->csum_offset = offsetof(struct pkt_tcp, csum);
		f->hdr_len = (uint16_t)f->len;
		if (s->len > s->mss) {
			f->gso_type = dst->family == AF_INET6 ? FRAME_GSO_TCP6 : FRAME_GSO_TCP4;
			f->gso_size = s->mss;
		}
	} else {
		memcpy(l4, &h, sizeof(h));
		sum = csum_add(csum_pseudo(src, dst, IPPROTO_TCP, hlen + s->len), l4, hlen);
		h.csum = csum_fold(csum_add(sum, s->data, s->len));
		memcpy(l4, &h, sizeof(h));
	}
	add_data(f, s->data, (uint32_t)s->len);
	if (neigh_resolve(n, dst, f))
		nat_tx_put(n);
}

/* The guest of a flow has sent: count it once a round. */
void tcp_note_sender(struct flow *f)
{
	struct tcp *t = f->nat->tcp;
	uint64_t now = loop_now(&f->nat->loop);

	if (now >= t->round_end) {
		t->senders_before = now - t->round_end < TCP_ROUND ? t->senders : 0;
		t->senders = 0;
		t->round++;
		t->round_end = now + TCP_ROUND;
	}
	if (f->round != t->round) {
		f->round = t->round;
		t->senders++;
	}
}

/**
 * tcp_window - bytes behind what has come in order that the guest may send
 * @f: the flow
 *
 * What there is room for in the ring, and in the port's queue: those who send
 * share it, for windows that are more than it holds make it drop frames. No
 * share is silly, and none takes back what was announced (RFC 9293 3.8.6).
 */
uint32_t tcp_window(const struct flow *f)
{
	const struct tcp *t = f->nat->tcp;
	uint32_t room = tcp_ring_room(&f->ring), share, told = f->rcv_adv - f->ring.end;
	unsigned int n = t->senders > t->senders_before ? t->senders : t->senders_before;

	share = n > 1 ? t->port_room / n : t->port_room;
	if (share < 4U * f->mss)
		share = 4U * f->mss;
	if (share < told && seq_lt(f->ring.end, f->rcv_adv))
		share = told;
	return share < room ? share : room;
}

/* The window to announce, and note its end. */
static uint16_t announce(struct flow *f)
{
	uint32_t room, win;

	if (f->ring.size < TCP_RING_BIG && f->scale_ok && f->ring.end - f->irs > TCP_RING_SMALL / 2)
		tcp_widen(f);
	room = tcp_window(f);
	win = f->scale_ok ? room >> TCP_WSCALE : room;

	if (win > 65535)
		win = 65535;
	f->rcv_adv = seq_max(f->rcv_adv, f->ring.end + (f->scale_ok ? win << TCP_WSCALE : win));
	return (uint16_t)win;
}

static void flow_segment(struct flow *f, struct segment *s)
{
	memset(s, 0, sizeof(*s));
	s->key = f->key;
	s->ack = f->rcv_nxt;
	s->flags = TCP_ACK;
	s->mss = f->mss;
}

static void send_data(struct flow *f, uint32_t seq, const uint8_t *data, uint32_t len,
		      uint8_t flags)
{
	struct segment s;

	flow_segment(f, &s);
	s.seq = seq;
	s.flags |= flags;
	s.win = announce(f);
	s.data = data;
	s.len = len;
	if (len && f->answered < TCP_ANSWERS &&
	    loop_now(&f->nat->loop) - f->last_rx < TCP_ACK_WAIT / 2)
		f->answered++;
	f->ack_now = f->ack_soon = false;
	emit(f->nat, &s);
}

/* Acknowledge, now; with what came early. */
void tcp_send_ack(struct flow *f)
{
	uint32_t edges[3][2];
	uint8_t opt[40];
	struct segment s;

	flow_segment(f, &s);
	s.seq = f->nxt;
	s.win = announce(f);
	s.opt = opt;
	if (f->sack_ok)
		s.opt_len = tcp_opts_sack(opt, edges, tcp_ring_sack(&f->ring, edges, 3));
	f->ack_now = f->ack_soon = false;
	emit(f->nat, &s);
}

/* No answer came in time. */
void tcp_on_ack_timer(struct loop *loop, struct loop_timer *t)
{
	struct flow *f = (void *)((char *)t - offsetof(struct flow, ack_timer));
	uint64_t waited = loop_now(loop) - f->last_rx;

	if (!f->ack_soon)
		return;
	if (waited < TCP_ACK_WAIT) {
		loop_timer_set(loop, t, TCP_ACK_WAIT - waited);
		return;
	}
	f->answered = 0;
	f->ack_now = true;
	tcp_mark(f);
}

/* SYN, or SYN-ACK to a guest that connects. */
void tcp_send_syn(struct flow *f)
{
	struct segment s;
	uint8_t opt[40];

	flow_segment(f, &s);
	s.seq = f->iss;
	s.flags = TCP_SYN;
	if (f->state == TCPS_SYN_SENT)
		s.ack = 0;
	else
		s.flags |= TCP_ACK;
	s.win = 65535;
	f->rcv_adv = f->rcv_nxt + s.win;
	s.opt = opt;
	s.opt_len = tcp_opts_syn(opt, tcp_most(f), f->sack_ok, f->scale_ok ? TCP_WSCALE : -1);
	emit(f->nat, &s);
}

void tcp_send_rst(struct flow *f)
{
	struct segment s;

	flow_segment(f, &s);
	s.seq = f->state == TCPS_CONNECTING ? 0 : f->nxt;
	s.flags = TCP_RST | TCP_ACK;
	emit(f->nat, &s);
}

/**
 * tcp_reply_rst - refuse a segment that belongs to no connection
 * @n: the NAT
 * @p: its packet
 * @in: the segment
 */
void tcp_reply_rst(struct nat *n, const struct pkt_in *p, const struct tcp_seg *in)
{
	struct segment s = { .key = { p->src, p->dst, in->sport, in->dport },
			     .flags = TCP_RST,
			     .mss = 536 };

	if (in->flags & TCP_ACK) {
		s.seq = in->ack;
	} else {
		s.flags |= TCP_ACK;
		s.ack = in->seq + in->len + !!(in->flags & TCP_SYN) + !!(in->flags & TCP_FIN);
	}
	emit(n, &s);
}

/* What fits into one packet. An MSS is never more. */
static uint32_t max_data(const struct flow *f)
{
	size_t headers = ip_header_len(f->key.guest.family) + sizeof(struct pkt_tcp);

	return 65535U - (uint32_t)headers;
}

/* Peek and send [seq, seq + len), in segments. Return: bytes sent. */
static uint32_t send_range(struct flow *f, uint32_t seq, uint32_t len)
{
	uint32_t got, done, one, most = f->mss;
	struct nat *n = f->nat;
	uint8_t *data;

	/* Of a long range, whole segments. */
	if (len > max_data(f))
		len = max_data(f) / f->mss * f->mss;
	data = nat_payload_get(n, len);
	if (!data) {
		f->stalled = true;
		return 0;
	}
	got = tcp_peek(f, seq - f->una, data, len);
	if (n->port.hdr_sz)
		most = len;
	for (done = 0; done < got; done += one) {
		if (nat_tx_full(n)) {
			f->stalled = true;
			break;
		}
		one = got - done < most ? got - done : most;
		send_data(f, seq + done, data + done, one, done + one == got ? TCP_PSH : 0);
	}
	n->payload_used = (uint32_t)(data + got - n->payload);
	return done;
}

/* In a recovery: send again what the guest lacks. */
static void send_lost(struct flow *f)
{
	uint32_t from, end, len, n, left = BURST;

	while (left && seq_lt(f->rexmit, f->recover)) {
		if (f->sack_ok && f->nsacked) {
			from = tcp_sack_hole(f, f->rexmit, &end);
		} else if (f->rexmit == f->una) {
			/* All that is known: the first one is missing. */
			from = f->una;
			end = f->una + f->mss;
		} else {
			return;
		}
		if (from == end)
			return;
		len = end - from;
		if (len > left * f->mss)
			len = left * f->mss;
		if (f->fin_sent && seq_lt(f->max - 1, from + len))
			len = f->max - 1 - from;
		n = len ? send_range(f, from, len) : 0;
		if (!n)
			return;
		f->nat->tcp->retransmits++;
		f->rexmit = from + n;
		left -= n / f->mss < left ? n / f->mss + 1 : left;
		if (left > BURST)
			return;
	}
}

static void send_new(struct flow *f)
{
	uint32_t limit = f->cwnd + tcp_sack_bytes(f), room, unsent, len, n;

	if (limit > f->wnd)
		limit = f->wnd;
	for (;;) {
		uint32_t out = f->nxt - f->una, total = PLENTY;

		room = limit > out ? limit - out : 0;
		/* With room for some, peeking will tell. */
		if (!f->inq_stale || room < f->mss || f->sock_rdhup)
			total = tcp_available(f);
		unsent = total > out ? total - out : 0;
		len = unsent < room ? unsent : room;
		if (!len)
			break;
		/* Silly windows: wait for room for a segment (RFC 9293). */
		if (len < f->mss && len < unsent && out)
			break;
		if (len > f->mss && len < unsent)
			len -= len % f->mss;
		n = send_range(f, f->nxt, len);
		if (!n)
			break;
		/* Only what is sent for the first time (Karn). */
		if (!f->rtt_at && !f->recovering && f->nxt == f->max) {
			f->rtt_at = loop_now(&f->nat->loop);
			f->rtt_seq = f->nxt + 1;
		}
		f->nxt += n;
		f->max = seq_max(f->max, f->nxt);
	}
	if (f->sock_rdhup && !unsent)
		f->sock_eof = true;
}

static void send_fin(struct flow *f)
{
	uint32_t seq = f->nxt;

	/* Once, and behind all data. */
	if ((f->fin_sent && f->nxt == f->max) || tcp_available(f) > f->nxt - f->una)
		return;
	if (!f->fin_sent)
		f->fin_first = !f->guest_fin;
	send_data(f, seq, NULL, 0, TCP_FIN);
	f->fin_sent = true;
	f->nxt = seq + 1;
	f->max = seq_max(f->max, f->nxt);
}

/* A timer for what is in flight, or for a window that is shut. */
void tcp_arm(struct flow *f)
{
	bool wanted = f->max != f->una || (f->wnd < f->mss && tcp_available(f));

	if (!wanted)
		loop_timer_cancel(&f->nat->loop, &f->timer);
	else if (!loop_timer_is_set(&f->timer))
		loop_timer_set(&f->nat->loop, &f->timer, f->rto);
}

/**
 * tcp_output - send what can be sent
 * @f: the flow; may be dead afterwards
 */
void tcp_output(struct flow *f)
{
	if (f->state == TCPS_OPEN) {
		tcp_discard(f);
		if (f->dead)
			return;
		if (f->recovering)
			send_lost(f);
		if (!f->sock_eof || f->nxt != f->max)
			send_new(f);
		if (f->sock_eof)
			send_fin(f);
		tcp_finish(f);
		if (f->dead)
			return;
		if (f->state == TCPS_OPEN)
			tcp_arm(f);
	}
	if (f->ack_now && (f->state == TCPS_OPEN || f->state == TCPS_TIME_WAIT))
		tcp_send_ack(f);
	f->ack_now = false;
	if (f->ack_soon && !loop_timer_is_set(&f->ack_timer))
		loop_timer_set(&f->nat->loop, &f->ack_timer, TCP_ACK_WAIT);
}

static void back_off(struct flow *f)
{
	f->rto *= 2;
	if (f->rto > TCP_RTO_MAX)
		f->rto = TCP_RTO_MAX;
}

/* Nothing was heard for too long: go back to the oldest byte. */
static void retransmit_all(struct flow *f)
{
	uint32_t flight = f->max - f->una;

	f->ssthresh = flight / 2 > 16U * f->mss ? flight / 2 : 16U * f->mss;
	f->cwnd = 10U * f->mss;
	f->recovering = false;
	tcp_sack_clear(f);
	f->dupacks = 0;
	f->rtt_at = 0;
	f->nxt = f->una;
	f->nat->tcp->retransmits++;
}

/* The window is shut: one byte asks whether it still is (RFC 9293 3.8.6.1). */
static void probe_window(struct flow *f)
{
	uint32_t n = send_range(f, f->una, 1);

	f->max = seq_max(f->max, f->una + n);
	f->nxt = seq_max(f->nxt, f->una + n);
	if (!n && f->fin_sent && f->max - f->una == 1)
		send_data(f, f->una, NULL, 0, TCP_FIN);
}

static void open_timeout(struct flow *f)
{
	back_off(f);
	if (f->wnd < f->mss && f->max - f->una <= 1) {
		/* A guest that answers probes may take its time. */
		if (loop_now(&f->nat->loop) - f->last_rx > TCP_HALF_OPEN) {
			tcp_abort(f);
			return;
		}
		probe_window(f);
	} else if (f->max != f->una) {
		if (++f->tries > TCP_DATA_TRIES) {
			tcp_abort(f);
			return;
		}
		retransmit_all(f);
		/* Whatever the window: the first segment must get through. */
		if (f->wnd < f->mss)
			f->nxt += send_range(f, f->una, 1);
	}
	loop_timer_set(&f->nat->loop, &f->timer, f->rto);
}

/* Retransmission, persistence, handshakes, TIME_WAIT. */
void tcp_on_timer(struct loop *loop, struct loop_timer *t)
{
	struct flow *f = (void *)((char *)t - offsetof(struct flow, timer));

	switch (f->state) {
	case TCPS_CONNECTING:
		/* Nothing was heard, so nothing is said. */
		tcp_flow_free(f);
		break;
	case TCPS_SYN_RCVD:
	case TCPS_SYN_SENT:
		if (++f->tries > TCP_SYN_TRIES) {
			tcp_abort(f);
			break;
		}
		back_off(f);
		tcp_send_syn(f);
		loop_timer_set(loop, &f->timer, f->rto);
		break;
	case TCPS_OPEN:
		open_timeout(f);
		break;
	case TCPS_TIME_WAIT:
		tcp_flow_free(f);
		break;
	}
	tcp_mark(f);
}

/* Is the guest still there? It answers a segment from the past (RFC 1122). */
void tcp_on_idle(struct loop *loop, struct loop_timer *t)
{
	struct flow *f = (void *)((char *)t - offsetof(struct flow, idle));
	uint64_t silent = loop_now(loop) - f->last_rx;
	struct segment s;

	if (!f->settled)
		tcp_settle(f);
	if (silent < TCP_IDLE) {
		loop_timer_set(loop, &f->idle, TCP_IDLE - silent);
		return;
	}
	if (f->probes++ >= TCP_PROBES) {
		tcp_abort(f);
		return;
	}
	flow_segment(f, &s);
	s.seq = f->una - 1;
	s.win = announce(f);
	emit(f->nat, &s);
	loop_timer_set(loop, &f->idle, TCP_PROBE);
}
