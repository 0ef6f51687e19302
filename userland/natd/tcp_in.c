// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a segment of the guest does to a connection (RFC 9293 section 3.10.7,
 * RFC 5961 for resets and SYNs in the middle).
 */
#include "tcp.h"

/* Bytes in flight, SYN and FIN apart, when everything up to @ack is there. */
static uint32_t data_acked(const struct flow *f, uint32_t ack)
{
	uint32_t n = ack - f->una;

	if (f->fin_sent && ack == f->max)
		n--;
	return n;
}

static void grow(struct flow *f, uint32_t acked)
{
	/* By bytes: guests acknowledge many segments at once. */
	if (f->cwnd < f->ssthresh)
		f->cwnd += acked;
	else
		f->cwnd += (uint32_t)((uint64_t)f->mss * acked / f->cwnd) + 1;
	if (f->cwnd > (16U << 20))
		f->cwnd = 16U << 20;
}

static void sample_rtt(struct flow *f, uint32_t ack)
{
	uint64_t now = loop_now(&f->nat->loop), r, d;

	if (!f->rtt_at || seq_lt(ack, f->rtt_seq))
		return;
	r = now - f->rtt_at;
	f->rtt_at = 0;
	if (!f->srtt) {
		f->srtt = r;
		f->rttvar = r / 2;
	} else {
		d = r > f->srtt ? r - f->srtt : f->srtt - r;
		f->rttvar = (3 * f->rttvar + d) / 4;
		f->srtt = (7 * f->srtt + r) / 8;
	}
	f->rto = f->srtt + 4 * f->rttvar;
	if (f->rto < TCP_RTO_MIN)
		f->rto = TCP_RTO_MIN;
	if (f->rto > TCP_RTO_MAX)
		f->rto = TCP_RTO_MAX;
}

/* Something was lost: send it again, and slow down a little. The path to a
 * guest is short and ours alone, so there is no need to fear collapse.
 */
static void begin_recovery(struct flow *f)
{
	uint32_t flight = f->max - f->una, least = 16U * f->mss;

	f->ssthresh = flight / 10 * 7;
	if (f->ssthresh < least)
		f->ssthresh = least;
	f->cwnd = f->ssthresh;
	f->recovering = true;
	f->recover = f->max;
	f->rexmit = f->una;
	f->rtt_at = 0;
}

static void new_ack(struct flow *f, uint32_t ack)
{
	uint32_t acked = data_acked(f, ack);

	sample_rtt(f, ack);
	f->una = ack;
	if (seq_lt(f->nxt, ack))
		f->nxt = ack;
	if (seq_lt(f->rexmit, ack))
		f->rexmit = ack;
	f->dupacks = 0;
	f->tries = 0;
	tcp_sack_trim(f);
	if (acked)
		tcp_acked(f, acked);
	if (f->recovering && seq_le(f->recover, ack)) {
		f->recovering = false;
	} else if (f->recovering && !f->sack_ok) {
		/* A partial acknowledgement tells of the next loss. */
		f->rexmit = ack;
	}
	if (!f->recovering)
		grow(f, acked);
	loop_timer_cancel(&f->nat->loop, &f->timer);
}

/**
 * tcp_ack_received - look at acknowledgement and window
 * @f: an open flow
 * @s: the segment, acceptable
 */
void tcp_ack_received(struct flow *f, const struct tcp_seg *s)
{
	uint32_t wnd = s->wnd << f->snd_scale;
	bool window_moved = false;

	if (seq_lt(f->max, s->ack)) {
		f->ack_now = true;
		return;
	}
	if (seq_lt(s->ack, f->una))
		return;
	if (f->sack_ok)
		tcp_sack_update(f, &s->opts);
	if (seq_lt(f->wl1, s->seq) || (f->wl1 == s->seq && seq_le(f->wl2, s->ack))) {
		window_moved = wnd != f->wnd;
		/* A probe or a FIN met a shut window: not lost, but not kept. */
		if (f->wnd < f->mss && wnd >= f->mss && s->ack == f->una && f->max - f->una <= 2) {
			f->nxt = f->una;
			f->rto = TCP_RTO_FIRST;
			loop_timer_cancel(&f->nat->loop, &f->timer);
		}
		f->wnd = wnd;
		f->wl1 = s->seq;
		f->wl2 = s->ack;
	}
	if (s->ack != f->una) {
		new_ack(f, s->ack);
	} else if (f->max != f->una && !s->len && !window_moved) {
		f->dupacks++;
		if (!f->sack_ok && f->recovering)
			f->cwnd += f->mss;
	}
	if (!f->dead && !f->recovering && f->max != f->una &&
	    (f->dupacks >= 3 || tcp_sack_bytes(f) > 3U * f->mss))
		begin_recovery(f);
}

/* The guest's FIN, once all before it is there. */
static void check_fin(struct flow *f)
{
	if (!f->fin_known || f->guest_fin || f->ring.end != f->fin_seq)
		return;
	f->guest_fin = true;
	/* The end of the outside often follows, and acknowledges it. */
	if (!f->ack_now)
		f->ack_soon = true;
}

/* In-order bytes of which one is urgent: the outside is to see it so too. */
static void take_urgent(struct flow *f, const struct tcp_seg *s)
{
	uint32_t before = s->urgent - 1U, behind = s->len - s->urgent;

	if (before)
		tcp_to_host(f, s->data, before, s->in_frame);
	if (!f->dead && !tcp_to_host_urgent(f, s->data + before) && !f->dead)
		tcp_to_host(f, s->data + before, 1, s->in_frame);
	if (!f->dead && behind)
		tcp_to_host(f, s->data + s->urgent, behind, s->in_frame);
}

static void data_received(struct flow *f, struct tcp_seg *s)
{
	uint32_t edge = tcp_ring_edge(&f->ring), skip;

	if (s->flags & TCP_FIN && !f->fin_known) {
		f->fin_known = true;
		f->fin_seq = s->seq + s->len;
	}
	if (!s->len)
		return;
	tcp_note_sender(f);
	/* A question: its answer will acknowledge it, if it comes as soon as those before. */
	if (f->answered == TCP_ANSWERS && s->len < f->mss && s->seq == f->ring.end &&
	    !f->ack_soon && !f->fin_known)
		f->ack_soon = true;
	else
		f->ack_now = true;
	if (f->guest_fin)
		return;
	if (seq_lt(s->seq, f->ring.end)) {
		skip = f->ring.end - s->seq;
		if (skip >= s->len)
			return;
		s->seq += skip;
		s->data += skip;
		s->len -= skip;
		s->urgent = s->urgent > skip ? (uint16_t)(s->urgent - skip) : 0;
	}
	if (seq_le(edge, s->seq))
		return;
	if (s->len > edge - s->seq)
		s->len = edge - s->seq;
	if (s->seq == f->ring.end) {
		if (s->urgent && s->urgent <= s->len)
			take_urgent(f, s);
		else
			tcp_to_host(f, s->data, s->len, s->in_frame);
		return;
	}
	/* Early: say so at once, for each segment (RFC 5681 4.2). */
	tcp_gather_flush(f);
	if (f->dead)
		return;
	tcp_ring_put(&f->ring, s->seq, s->data, s->len);
	tcp_send_ack(f);
}

static bool acceptable(const struct flow *f, const struct tcp_seg *s)
{
	uint32_t edge = tcp_ring_edge(&f->ring);
	uint32_t len = s->len + !!(s->flags & TCP_FIN);

	if (!len)
		return seq_le(f->rcv_nxt, s->seq) && seq_le(s->seq, edge);
	return seq_lt(s->seq, edge + 1) && seq_lt(f->rcv_nxt, s->seq + len);
}

static void segment_open(struct flow *f, struct tcp_seg *s)
{
	if (s->flags & TCP_RST) {
		if (s->seq == f->rcv_nxt) {
			tcp_close_socket(f, true);
			tcp_flow_free(f);
		} else if (acceptable(f, s)) {
			f->ack_now = true;
		}
		return;
	}
	if (s->flags & TCP_SYN) {
		f->ack_now = true;
		return;
	}
	if (!(s->flags & TCP_ACK))
		return;
	/* An old segment's acknowledgement is good all the same. */
	if (!acceptable(f, s))
		f->ack_now = true;
	if (seq_lt(f->rcv_adv + TCP_RING_BIG, s->seq))
		return;
	tcp_ack_received(f, s);
	if (f->dead)
		return;
	data_received(f, s);
	if (f->dead)
		return;
	check_fin(f);
	f->rcv_nxt = f->ring.end + f->guest_fin;
	if (f->guest_fin)
		tcp_drain(f);
	if (!f->dead)
		tcp_finish(f);
}

/* The guest answers our SYN-ACK. */
static void segment_syn_rcvd(struct flow *f, struct tcp_seg *s)
{
	if (s->flags & TCP_RST) {
		if (s->seq == f->rcv_nxt) {
			tcp_close_socket(f, true);
			tcp_flow_free(f);
		}
		return;
	}
	if (s->flags & TCP_SYN) {
		if (s->seq + 1 == f->rcv_nxt)
			tcp_send_syn(f);
		return;
	}
	if (!(s->flags & TCP_ACK) || s->ack != f->iss + 1)
		return;
	f->state = TCPS_OPEN;
	f->una = f->nxt = f->max = f->iss + 1;
	f->tries = 0;
	f->rto = TCP_RTO_FIRST;
	f->wl1 = s->seq;
	f->wl2 = s->ack;
	f->wnd = s->wnd << f->snd_scale;
	loop_timer_cancel(&f->nat->loop, &f->timer);
	segment_open(f, s);
}

/* A guest answers the SYN of a forward. */
static void segment_syn_sent(struct flow *f, struct tcp_seg *s)
{
	uint8_t want = TCP_SYN | TCP_ACK;

	if (s->flags & TCP_ACK && s->ack != f->iss + 1)
		return;
	if (s->flags & TCP_RST) {
		if (s->flags & TCP_ACK) {
			tcp_close_socket(f, true);
			tcp_flow_free(f);
		}
		return;
	}
	if ((s->flags & want) != want)
		return;
	tcp_take_options(f, s);
	f->state = TCPS_OPEN;
	f->una = f->nxt = f->max = f->iss + 1;
	f->tries = 0;
	f->rto = TCP_RTO_FIRST;
	f->ack_now = true;
	loop_timer_cancel(&f->nat->loop, &f->timer);
}

/**
 * tcp_segment - a segment for a connection that is known
 * @f: the flow; may be dead afterwards
 * @in: the segment
 */
void tcp_segment(struct flow *f, const struct tcp_seg *in)
{
	struct tcp_seg s = *in;

	f->last_rx = loop_now(&f->nat->loop);
	f->probes = 0;
	switch (f->state) {
	case TCPS_CONNECTING:
		if (s.flags & TCP_RST && s.seq == f->rcv_nxt)
			tcp_flow_free(f);
		break;
	case TCPS_SYN_RCVD:
		segment_syn_rcvd(f, &s);
		break;
	case TCPS_SYN_SENT:
		segment_syn_sent(f, &s);
		break;
	case TCPS_OPEN:
		segment_open(f, &s);
		break;
	case TCPS_TIME_WAIT:
		if (!(s.flags & TCP_RST))
			f->ack_now = true;
		break;
	}
	tcp_mark(f);
}
