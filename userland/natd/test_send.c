// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bytes of the outside on their way to a guest.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "tcp.h"

#define MSS 1460
#define HEADERS 54
#define LONG 200000

struct fixture {
	struct nat nat;
	struct flow flow;
	int wire, server;
	uint32_t at;
	unsigned int frames, runts;
};

static uint8_t pattern(uint32_t at)
{
	return (uint8_t)(at * 2654435761u >> 11);
}

/* A connection of the host: natd's end, and the outside's, which has sent. */
static void connect_outside(struct fixture *x)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);
	int s = socket(AF_INET, SOCK_STREAM, 0), big = 4 * LONG;
	static uint8_t buf[LONG];
	uint32_t i;

	setsockopt(s, SOL_SOCKET, SO_RCVBUF, &big, sizeof(big));
	assert_int_equal(bind(s, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(listen(s, 1), 0);
	assert_int_equal(getsockname(s, (struct sockaddr *)&sin, &len), 0);
	x->server = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(x->server, SOL_SOCKET, SO_SNDBUF, &big, sizeof(big));
	assert_int_equal(connect(x->server, (struct sockaddr *)&sin, len), 0);
	x->flow.sock.fd = accept(s, NULL, NULL);
	close(s);
	for (i = 0; i < LONG; i++)
		buf[i] = pattern(i);
	assert_int_equal(send(x->server, buf, LONG, 0), LONG);
	while (tcp_available(&x->flow) < LONG) {
		x->flow.inq_stale = true;
		usleep(1000);
	}
}

static struct fixture *make(int room)
{
	static const uint8_t guest[6] = { 0, 0x50, 0x56, 1, 2, 3 };
	struct fixture *x = calloc(1, sizeof(*x));
	struct flow *f = &x->flow;
	int sv[2];

	assert_non_null(x);
	assert_int_equal(loop_init(&x->nat.loop), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, sv), 0);
	setsockopt(sv[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	x->nat.port.fd = sv[0];
	x->wire = sv[1];
	assert_int_equal(nat_init(&x->nat), 0);
	assert_int_equal(neigh_init(&x->nat), 0);
	assert_int_equal(tcp_init(&x->nat), 0);
	f->nat = &x->nat;
	f->key.guest.family = f->key.peer.family = AF_INET;
	f->key.guest.a.v4 = htonl(0x0a630080);
	f->key.peer.a.v4 = htonl(0x0a620002);
	neigh_learn(&x->nat, &f->key.guest, guest);
	f->state = TCPS_OPEN;
	f->mss = MSS;
	f->cwnd = f->wnd = 1 << 20;
	f->rto = TCP_RTO_FIRST;
	f->peek_off = -1;
	f->inq_stale = true;
	tcp_ring_init(&f->ring, 1);
	connect_outside(x);
	return x;
}

static void drop(struct fixture *x)
{
	close(x->flow.sock.fd);
	close(x->server);
	close(x->wire);
	loop_timer_cancel(&x->nat.loop, &x->flow.timer);
	tcp_done(&x->nat);
	neigh_done(&x->nat);
	nat_done(&x->nat);
	close(x->nat.port.fd);
	loop_done(&x->nat.loop);
	free(x);
}

/* Read what is on the wire: bytes in order, none twice, the sum right. */
static void listen_to_wire(struct fixture *x)
{
	static uint8_t buf[FRAME_MAX];
	struct pkt_tcp h;
	ssize_t n, i;

	while ((n = recv(x->wire, buf, sizeof(buf), MSG_DONTWAIT)) > 0) {
		assert_true(n >= HEADERS);
		memcpy(&h, buf + 34, sizeof(h));
		assert_int_equal(ntohl(h.seq), x->at);
		assert_int_equal(csum_l4_v4(x->flow.key.peer.a.v4, x->flow.key.guest.a.v4,
					    IPPROTO_TCP, buf + 34, (size_t)n - 34),
				 0);
		for (i = HEADERS; i < n; i++)
			assert_int_equal(buf[i], pattern(x->at++));
		x->frames++;
		x->runts += n - HEADERS < x->flow.mss;
	}
}

static void turn(struct fixture *x)
{
	tcp_turn_end(&x->nat);
	nat_flush(&x->nat);
}

static void test_whole_segments(void **state)
{
	struct fixture *x = make(4 << 20);
	unsigned int i;

	(void)state;
	tcp_mark(&x->flow);
	for (i = 0; i < 10; i++) {
		turn(x);
		listen_to_wire(x);
	}
	assert_int_equal(x->at, LONG);
	assert_true(x->runts <= 1);
	drop(x);
}

/* A small window ends no segment early. */
static void test_window(void **state)
{
	struct fixture *x = make(4 << 20);

	(void)state;
	x->flow.wnd = 10 * MSS + 700;
	tcp_mark(&x->flow);
	turn(x);
	listen_to_wire(x);
	assert_int_equal(x->at, 10 * MSS);
	assert_int_equal(x->runts, 0);
	drop(x);
}

/* Segments as long as packets can be. */
static void test_longest(void **state)
{
	struct fixture *x = make(4 << 20);
	unsigned int i;

	(void)state;
	x->flow.mss = 65535 - 40;
	tcp_mark(&x->flow);
	for (i = 0; i < 10; i++) {
		turn(x);
		listen_to_wire(x);
	}
	assert_int_equal(x->at, LONG);
	assert_int_equal(x->frames, 4);
	drop(x);
}

/* A port that has room for a few frames only: all arrive, in order, once. */
static void test_port_full(void **state)
{
	struct fixture *x = make(8192);
	unsigned int turns;

	(void)state;
	tcp_mark(&x->flow);
	for (turns = 0; turns < 1000 && x->at < LONG; turns++) {
		turn(x);
		listen_to_wire(x);
	}
	assert_int_equal(x->at, LONG);
	assert_true(turns > 10);
	assert_int_equal(x->nat.stats.dropped, 0);
	assert_int_equal(x->nat.stats.tx, x->frames);
	assert_false(x->nat.held);
	drop(x);
}

/* Others than TCP do not wait: what is too much is counted. */
static void test_dropped(void **state)
{
	struct fixture *x = make(8192);
	struct frame *f;
	unsigned int i;

	(void)state;
	for (i = 0; i < 3 * NAT_BATCH; i++) {
		f = nat_tx_get(&x->nat);
		memset(f->data, 0, 1000);
		f->len = 1000;
		nat_tx_put(&x->nat);
	}
	nat_flush(&x->nat);
	assert_true(x->nat.held);
	assert_true(x->nat.stats.dropped > 0);
	assert_int_equal(x->nat.stats.dropped + x->nat.stats.tx + x->nat.ntx, 3 * NAT_BATCH);
	assert_true(loop_timer_is_set(&x->nat.retry));
	drop(x);
}

/* What the guest has is thrown away once, and the next peek follows it. */
static void test_discard(void **state)
{
	struct fixture *x = make(4 << 20);
	struct flow *f = &x->flow;

	(void)state;
	f->wnd = 40 * MSS;
	tcp_mark(f);
	turn(x);
	listen_to_wire(x);
	f->una += 20 * MSS;
	tcp_acked(f, 10 * MSS);
	tcp_acked(f, 10 * MSS);
	assert_int_equal(tcp_available(f), LONG - 20 * MSS);
	tcp_mark(f);
	turn(x);
	listen_to_wire(x);
	assert_int_equal(x->at, 60 * MSS);
	assert_int_equal(f->acked, 0);
	f->inq_stale = true;
	assert_int_equal(tcp_available(f), LONG - 20 * MSS);
	/* Once more from the start, as after a loss. */
	x->at = 20 * MSS;
	f->nxt = f->una;
	tcp_mark(f);
	turn(x);
	listen_to_wire(x);
	assert_int_equal(x->at, 60 * MSS);
	/* A peek, an acknowledgement of as much, and then the next hole. */
	x->at = 20 * MSS;
	f->nxt = f->una;
	f->wnd = MSS;
	tcp_mark(f);
	turn(x);
	listen_to_wire(x);
	f->una += MSS;
	tcp_acked(f, MSS);
	f->nxt = f->una + MSS;
	f->wnd = 2 * MSS;
	x->at = 22 * MSS;
	tcp_mark(f);
	turn(x);
	listen_to_wire(x);
	assert_int_equal(x->at, 23 * MSS);
	drop(x);
}

/* A few bytes of the guest, and its acknowledgement of all it has. */
static void ask(struct fixture *x, uint32_t len)
{
	static const uint8_t data[100];
	struct flow *f = &x->flow;
	struct tcp_seg s = {
		.seq = f->ring.end,
		.ack = f->nxt,
		.wnd = 1 << 16,
		.flags = TCP_ACK,
		.data = data,
		.len = len,
		.in_frame = true,
	};

	tcp_segment(f, &s);
	tcp_batch_end(&x->nat);
	turn(x);
}

static void answer(struct fixture *x)
{
	struct flow *f = &x->flow;

	assert_int_equal(send(x->server, "0123456789", 10, 0), 10);
	do {
		usleep(1000);
		f->inq_stale = true;
	} while (tcp_available(f) < 10);
	tcp_mark(f);
	turn(x);
}

static unsigned int frames(struct fixture *x)
{
	uint8_t buf[2048];
	unsigned int n = 0;

	while (recv(x->wire, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		n++;
	return n;
}

/* Of questions and answers, the acknowledgement goes with the answer. */
static void test_ack_waits(void **state)
{
	struct fixture *x = make(4 << 20);
	struct flow *f = &x->flow;
	unsigned int i;

	(void)state;
	f->ack_timer.fn = tcp_on_ack_timer;
	tcp_mark(f);
	for (i = 0; i < 10; i++)
		turn(x);
	x->flow.una = f->nxt;
	tcp_acked(f, LONG);
	f->answered = 0;
	frames(x);
	f->rcv_nxt = 1;
	for (i = 0; i < TCP_ANSWERS; i++) {
		ask(x, 10);
		assert_int_equal(frames(x), 1);
		answer(x);
		assert_int_equal(frames(x), 1);
	}
	for (i = 0; i < 10; i++) {
		ask(x, 10);
		assert_int_equal(frames(x), 0);
		answer(x);
		assert_int_equal(frames(x), 1);
	}
	/* The next one gets none: it does not wait for long. */
	ask(x, 10);
	assert_int_equal(frames(x), 0);
	assert_true(loop_timer_is_set(&f->ack_timer));
	tcp_on_ack_timer(&x->nat.loop, &f->ack_timer);
	turn(x);
	assert_int_equal(frames(x), 0);
	x->nat.loop.now += TCP_ACK_WAIT;
	tcp_on_ack_timer(&x->nat.loop, &f->ack_timer);
	turn(x);
	assert_int_equal(frames(x), 1);
	/* And from now on none waits. */
	ask(x, 10);
	assert_int_equal(frames(x), 1);
	/* Two in a row are answered at once. */
	f->answered = TCP_ANSWERS;
	ask(x, 10);
	ask(x, 10);
	assert_int_equal(frames(x), 1);
	loop_timer_cancel(&x->nat.loop, &f->ack_timer);
	drop(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_segments), cmocka_unit_test(test_window),
		cmocka_unit_test(test_port_full),      cmocka_unit_test(test_dropped),
		cmocka_unit_test(test_discard),	       cmocka_unit_test(test_ack_waits),
		cmocka_unit_test(test_longest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
