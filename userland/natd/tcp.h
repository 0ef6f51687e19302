/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TCP as a proxy: a host socket for the outside, and toward the guest a small
 * TCP of our own that keeps sequence state only.
 *
 * Guest to host: what comes in order is gathered while a batch of frames is
 * read, and goes from the frames straight into the socket, in one call; what the
 * socket does not take, or what came early, waits in a ring, whose free room is
 * the window that the guest is told. Nothing that was in a window is dropped.
 *
 * Host to guest: data stays in the socket's receive queue until the guest has
 * acknowledged it; it is peeked at, once for each time it is sent. A guest that
 * does not read stalls the sender by the kernel's own window.
 */
#ifndef VMNET_NATD_TCP_H
#define VMNET_NATD_TCP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>
#include "loop.h"
#include "nat.h"
#include "tcp_opt.h"
#include "tcp_ring.h"

struct ftp;

#define TCP_BUCKETS 65536
#define TCP_MAX_FLOWS 57344 /* the other files of NAT_FILES are for the rest */
#define TCP_MAX_GUEST 51200 /* flows of a guest */
#define TCP_MAX_DIALS 1024 /* of these, waiting for the outside */
/* Of those that come to nothing, so many a second, and so many at once. */
#define TCP_FAILED_RATE 500
#define TCP_FAILED_MOST 2000
#define TCP_MAX_BIG 512 /* large windows, together */
#define TCP_MAX_BIG_GUEST 256 /* and of a guest */
#define TCP_SHARES 1024
#define TCP_SACKED 64
#define TCP_WSCALE 5
#define TCP_CHUNK 65536
#define TCP_GATHER NAT_BATCH

#define TCP_EVENTS (EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP | EPOLLET)
#define TCP_ANSWERS 4
#define TCP_ACK_WAIT (10 * MSEC)
#define TCP_RTO_MIN (200 * MSEC)
#define TCP_RTO_FIRST (1 * SEC)
#define TCP_RTO_MAX (60 * SEC)
#define TCP_SYN_TRIES 5
#define TCP_DATA_TRIES 12
#define TCP_SETTLE (1 * SEC)
#define TCP_IDLE (7440 * SEC)
#define TCP_PROBE (75 * SEC)
#define TCP_PROBES 9
#define TCP_HALF_OPEN (240 * SEC)
#define TCP_HALF_OPEN_BUSY (10 * SEC) /* of a guest that has half of its dials */
#define TCP_ROUND (100 * MSEC)

enum tcp_state {
	TCPS_CONNECTING, /* the guest's SYN waits for the outside */
	TCPS_SYN_RCVD, /* SYN-ACK sent */
	TCPS_SYN_SENT, /* SYN sent to the guest (a forward) */
	TCPS_OPEN, /* data in both directions, or in one */
	TCPS_TIME_WAIT
};

/**
 * struct flow - one connection of a guest
 * @sock: the host's side; fd -1 when it is closed
 * @next: in the bucket
 * @dirty_next: in the list of flows to look at when the turn ends
 * @key: the guest and its peer
 * @dial: whom the socket is connected to, if not @peer
 * @state: enum tcp_state
 * @ttl: time to live that the outside sees
 * @tos: service that it sees, without ECN
 * @family: of the socket; that of a DNS server may be another than the guest's
 * @forward: the connection came from the outside
 * @dirty: it is in the list
 * @dialling: it counts among the guest's dials
 * @may_be_self: the host's port may be that of the outside
 * @settled: tcp_settle() was called
 * @nodelay: the socket sends small pieces at once
 * @ack_now: the guest is owed an acknowledgement
 * @ack_soon: it is owed one that may wait for an answer to go with
 * @answered: answers in a row that came soon enough for that, up to TCP_ANSWERS
 * @ack_timer: ends the wait; runs on when there is nothing to wait for any more
 * @ring: guest to host: what the socket has not got yet
 * @gathered: bytes of it that lie in frames still: all that wait in order
 * @gather_first: the first and the last piece of them, see struct tcp_piece
 * @gather_last: see @gather_first
 * @gathering: it is in the list of flows with such pieces
 * @gather_next: in that list
 * @irs: the guest's first sequence number
 * @rcv_nxt: next sequence number from the guest
 * @rcv_adv: end of the largest window it was told
 * @round: when it has sent last, see struct tcp
 * @fin_known: its FIN was seen, perhaps early, at @fin_seq
 * @guest_fin: its FIN has come (and is counted in @rcv_nxt)
 * @shut: the socket was told so
 * @sock_full: the socket takes no more for now
 * @iss: our first sequence number
 * @una: oldest that the guest has not acknowledged
 * @nxt: next to send
 * @max: highest sent, plus one
 * @wnd: the guest's window, and the segment it came with (@wl1, @wl2)
 * @snd_scale: its shift
 * @sock_rdhup: the outside has finished; data may still wait
 * @fin_first: our FIN was sent before the guest's came
 * @stalled: the port had no room for what there is to send
 * @inq: bytes from @una on that are known to wait in the socket
 * @inq_stale: there may be more, as an event has said
 * @urgent: the outside has sent urgent bytes, at which peeking stops
 * @acked: bytes in the socket before @una, to be thrown away
 * @peek_off: where the socket's next peek begins, -1 before the first
 * @sock_eof: the outside has finished, and all of its data was sent
 * @fin_sent: our FIN has been sent (and is counted in @max)
 * @mss: largest segment the guest takes
 * @sack_ok: it understands SACK
 * @scale_ok: windows are scaled
 * @sacked: what it has of [una, max), sorted, @nsacked of them; room for
 *	TCP_SACKED, NULL while there are none
 * @dupacks: in a row
 * @recover: end of the loss recovery that is on, if @recovering
 * @rexmit: next to send again in it
 * @cwnd: bytes that may be in flight
 * @ssthresh: where it grows slowly
 * @srtt: smoothed round trip, ns, 0 for none yet
 * @rttvar: its deviation
 * @rto: retransmission timeout
 * @rtt_seq: a sample runs for this sequence number, if @rtt_at
 * @rtt_at: since then
 * @tries: timeouts in a row
 * @timer: retransmission, persistence, handshake, TIME_WAIT
 * @idle: settles the flow, then keeps an eye on a silent guest
 * @last_rx: when the guest was heard last
 * @probes: unanswered ones
 * @since: when it was made
 * @bytes_out: that the outside's socket has taken
 * @bytes_in: that the guest has acknowledged
 * @ftp: it is an FTP control connection that is watched, else NULL
 * @quote: the guest's SYN, for an ICMP error
 *
 * Lifetime: made for a SYN that passes the limits, or for a connection from the
 * outside; in the table from then on. tcp_flow_free() ends it: after both sides
 * have closed, an error, a reset or a timeout. Nothing else points at it but
 * the loop (removed then) and the list of dirty flows (walked before).
 */
struct flow {
	struct loop_fd sock;
	struct nat *nat;
	struct flow *next, *dirty_next;
	struct flow_key key;
	uint8_t state, ttl, tos, family;
	bool forward, dirty, ack_now, ack_soon, dead, dialling, may_be_self;
	bool settled, nodelay;
	uint8_t answered;
	struct loop_timer ack_timer;

	struct tcp_ring ring;
	uint32_t gathered;
	uint8_t gather_first, gather_last;
	bool gathering;
	struct flow *gather_next;
	uint32_t irs, rcv_nxt, rcv_adv, round;
	bool guest_fin, shut, sock_full, fin_known, sock_rdhup, fin_first;
	uint32_t fin_seq;

	uint32_t iss, una, nxt, max;
	uint32_t wnd, wl1, wl2;
	uint8_t snd_scale;
	bool sock_eof, fin_sent, stalled, inq_stale, urgent;
	uint32_t inq, acked;
	int64_t peek_off;
	uint16_t mss;
	bool sack_ok, scale_ok, recovering;
	struct tcp_range *sacked;
	unsigned int nsacked, dupacks;
	uint32_t recover, rexmit;
	uint32_t cwnd, ssthresh;
	uint64_t srtt, rttvar, rto, rtt_at;
	uint32_t rtt_seq;
	unsigned int tries;
	struct loop_timer timer, idle;
	uint64_t last_rx;
	unsigned int probes;
	uint64_t since, bytes_out, bytes_in;
	struct ftp *ftp;
	uint8_t quote[60 + 20];
	uint8_t quote_len;
};

/**
 * struct tcp_share - what a guest has of the limits
 * @flows: connections
 * @dials: of these, waiting for the outside
 * @big: of these, with the large window
 * @failed: when all of those that never connected will be forgotten
 *
 * By a keyed hash of the address; the few guests that share a slot share the
 * limits.
 */
struct tcp_share {
	unsigned int flows, dials, big;
	uint64_t failed;
};

/**
 * struct tcp_piece - bytes of a guest in the frame they came in
 * @data: the bytes
 * @len: how many
 * @next: the flow's next piece
 *
 * Lives until tcp_batch_end(), when the frame's buffer is used again.
 */
struct tcp_piece {
	const uint8_t *data;
	uint32_t len;
	uint8_t next;
};

/**
 * struct tcp - all connections
 * @table: by guest and peer
 * @nflows: how many
 * @nbig: how many of them have the large window
 * @shares: what each guest has of the limits
 * @dirty: flows to look at when the turn ends
 * @gatherers: flows with bytes in frames
 * @pieces: these bytes
 * @npieces: how many
 * @port_room: bytes that guests may have in the port's queue together, in frames
 *	of one segment; UINT32_MAX for no limit
 * @round: counts spans of TCP_ROUND, from 1 on
 * @round_end: when this one is over
 * @senders: flows whose guest has sent in this one
 * @senders_before: and in the one before
 * @peek_off: sockets know SO_PEEK_OFF; else what is in flight is peeked again
 * @trash: where bytes in flight go that are peeked again
 */
struct tcp {
	struct flow *table[TCP_BUCKETS];
	unsigned int nflows, nbig;
	struct tcp_share shares[TCP_SHARES];
	struct flow *dirty;
	struct flow *gatherers;
	struct tcp_piece pieces[TCP_GATHER];
	unsigned int npieces;
	uint32_t port_room, round;
	uint64_t round_end;
	unsigned int senders, senders_before;
	bool peek_off;
	uint8_t *trash;
	uint64_t opened, refused, retransmits;
};

static inline bool seq_lt(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static inline bool seq_le(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) <= 0;
}

static inline uint32_t seq_max(uint32_t a, uint32_t b)
{
	return seq_lt(a, b) ? b : a;
}

/* tcp.c; what the other parts may call is in nat.h */
void tcp_flow_free(struct flow *f);
void tcp_abort(struct flow *f);
void tcp_finish(struct flow *f);
void tcp_mark(struct flow *f);
void tcp_dialled(struct flow *f);
void tcp_widen(struct flow *f);
uint16_t tcp_most(const struct flow *f);
void tcp_take_options(struct flow *f, const struct tcp_seg *s);

/* tcp_in.c */
void tcp_segment(struct flow *f, const struct tcp_seg *s);

/* tcp_out.c */
void tcp_output(struct flow *f);
void tcp_note_sender(struct flow *f);
uint32_t tcp_window(const struct flow *f);
void tcp_ack_received(struct flow *f, const struct tcp_seg *s);
void tcp_send_ack(struct flow *f);
void tcp_send_syn(struct flow *f);
void tcp_send_rst(struct flow *f);
void tcp_reply_rst(struct nat *n, const struct pkt_in *p, const struct tcp_seg *s);
void tcp_arm(struct flow *f);
void tcp_on_ack_timer(struct loop *loop, struct loop_timer *t);
void tcp_on_idle(struct loop *loop, struct loop_timer *t);
void tcp_on_timer(struct loop *loop, struct loop_timer *t);

/* tcp_sack.c */
void tcp_sack_update(struct flow *f, const struct tcp_opts *o);
void tcp_sack_trim(struct flow *f);
void tcp_sack_clear(struct flow *f);
uint32_t tcp_sack_hole(const struct flow *f, uint32_t seq, uint32_t *end);
uint32_t tcp_sack_bytes(const struct flow *f);

/* tcp_dial.c */
int tcp_dial(struct flow *f, const union sockaddr_any *to, socklen_t len);
int tcp_adopt(struct flow *f, int fd);
void tcp_follow(struct flow *f, const struct pkt_in *p);
void tcp_connected(struct flow *f);
void tcp_not_connected(struct flow *f, int err);
void tcp_set_up_socket(int fd);
void tcp_settle(struct flow *f);

/* tcp_host.c */
void tcp_on_socket(struct loop *loop, struct loop_fd *self, uint32_t events);
uint32_t tcp_give(struct flow *f, const struct iovec *iov, unsigned int n);
void tcp_to_host(struct flow *f, const uint8_t *data, uint32_t len, bool in_frame);
bool tcp_to_host_urgent(struct flow *f, const uint8_t *byte);
void tcp_gather_flush(struct flow *f);
void tcp_drain(struct flow *f);
uint32_t tcp_available(struct flow *f);
uint32_t tcp_peek(struct flow *f, uint32_t offset, uint8_t *data, uint32_t len);
void tcp_acked(struct flow *f, uint32_t len);
void tcp_discard(struct flow *f);
void tcp_close_socket(struct flow *f, bool reset);
bool tcp_probe_peek_off(void);

#endif
