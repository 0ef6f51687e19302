// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bytes of a guest on their way into the socket.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "tcp.h"

#define PIECE 1000

struct fixture {
	struct nat nat;
	struct flow flow;
	int peer;
	uint8_t frames[TCP_GATHER][PIECE];
};

static uint8_t pattern(size_t at)
{
	return (uint8_t)(at * 2654435761u >> 11);
}

static struct fixture *make(int type)
{
	struct fixture *x = calloc(1, sizeof(*x));
	int sv[2], small = 8192;
	size_t i;

	assert_non_null(x);
	assert_int_equal(loop_init(&x->nat.loop), 0);
	assert_int_equal(tcp_init(&x->nat), 0);
	assert_int_equal(socketpair(AF_UNIX, type, 0, sv), 0);
	if (type == SOCK_STREAM)
		setsockopt(sv[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	x->flow.nat = &x->nat;
	x->flow.sock.fd = sv[0];
	x->flow.state = TCPS_OPEN;
	/* It wraps on the way. */
	tcp_ring_init(&x->flow.ring, UINT32_MAX - 1500);
	x->peer = sv[1];
	for (i = 0; i < sizeof(x->frames); i++)
		x->frames[i / PIECE][i % PIECE] = pattern(i);
	return x;
}

static void drop(struct fixture *x)
{
	close(x->flow.sock.fd);
	close(x->peer);
	tcp_ring_done(&x->flow.ring);
	tcp_done(&x->nat);
	loop_done(&x->nat.loop);
	free(x);
}

/* What arrives, until @len bytes have. */
static void expect(struct fixture *x, size_t len)
{
	uint8_t buf[4096];
	size_t at = 0;
	ssize_t n, i;

	while (at < len) {
		n = recv(x->peer, buf, sizeof(buf), MSG_DONTWAIT);
		if (n <= 0) {
			x->flow.sock_full = false;
			tcp_drain(&x->flow);
			n = recv(x->peer, buf, sizeof(buf), MSG_DONTWAIT);
		}
		assert_true(n > 0);
		for (i = 0; i < n; i++)
			assert_int_equal(buf[i], pattern(at + (size_t)i));
		at += (size_t)n;
	}
	assert_int_equal(at, len);
	assert_true(recv(x->peer, buf, sizeof(buf), MSG_DONTWAIT) < 0);
}

static void give_frames(struct fixture *x, unsigned int from, unsigned int to, bool in_frame)
{
	for (; from < to; from++)
		tcp_to_host(&x->flow, x->frames[from], PIECE, in_frame);
}

/* The buffers are used for the next frames. */
static void next_batch(struct fixture *x)
{
	tcp_batch_end(&x->nat);
	memset(x->frames, 0xee, sizeof(x->frames));
}

static void test_one_call(void **state)
{
	struct fixture *x = make(SOCK_SEQPACKET);
	uint8_t buf[TCP_GATHER * PIECE];

	(void)state;
	give_frames(x, 0, 5, true);
	assert_true(recv(x->peer, buf, sizeof(buf), MSG_DONTWAIT) < 0);
	next_batch(x);
	/* Here a call is a message. */
	assert_int_equal(recv(x->peer, buf, sizeof(buf), MSG_DONTWAIT), 5 * PIECE);
	assert_int_equal(buf[4999], pattern(4999));
	assert_int_equal(tcp_ring_ready(&x->flow.ring), 0);
	assert_int_equal(x->flow.gathered, 0);
	drop(x);
}

static void test_socket_full(void **state)
{
	struct fixture *x = make(SOCK_STREAM);

	(void)state;
	give_frames(x, 0, TCP_GATHER, true);
	assert_int_equal(tcp_ring_room(&x->flow.ring), TCP_RING_SMALL - TCP_GATHER * PIECE);
	next_batch(x);
	assert_true(tcp_ring_ready(&x->flow.ring) > 0);
	assert_true(tcp_ring_ready(&x->flow.ring) < TCP_GATHER * PIECE);
	assert_int_equal(x->flow.rcv_nxt, UINT32_MAX - 1500 + TCP_GATHER * PIECE);
	expect(x, TCP_GATHER * PIECE);
	assert_int_equal(tcp_ring_room(&x->flow.ring), TCP_RING_SMALL);
	drop(x);
}

/* It took a part of the batch, and the guest has no more: the rest goes when there is room. */
static void test_room_again(void **state)
{
	struct fixture *x = make(SOCK_STREAM);
	uint8_t buf[4096];
	size_t at = 0;
	ssize_t n = 0;

	(void)state;
	give_frames(x, 0, TCP_GATHER, true);
	next_batch(x);
	assert_false(x->flow.sock_full);
	do {
		at += (size_t)n;
		tcp_on_socket(&x->nat.loop, &x->flow.sock, EPOLLOUT);
		n = recv(x->peer, buf, sizeof(buf), MSG_DONTWAIT);
	} while (n > 0);
	assert_int_equal(at, TCP_GATHER * PIECE);
	drop(x);
}

/* A packet that was put together from fragments lies nowhere for long. */
static void test_not_in_frame(void **state)
{
	struct fixture *x = make(SOCK_STREAM);

	(void)state;
	give_frames(x, 0, 2, true);
	give_frames(x, 2, 3, false);
	memset(x->frames[2], 0xee, PIECE);
	give_frames(x, 3, 4, true);
	next_batch(x);
	expect(x, 4 * PIECE);
	drop(x);
}

/* What comes while the ring holds bytes goes behind them. */
static void test_order(void **state)
{
	struct fixture *x = make(SOCK_STREAM);

	(void)state;
	give_frames(x, 0, 50, true);
	tcp_batch_end(&x->nat);
	give_frames(x, 50, 60, true);
	next_batch(x);
	expect(x, 60 * PIECE);
	drop(x);
}

/* Those who send share the port's queue, and no window shrinks. */
static void test_port_room(void **state)
{
	struct fixture *x = make(SOCK_STREAM);
	struct tcp *t = x->nat.tcp;
	struct flow *f = &x->flow, others[9] = { 0 };
	size_t i;

	(void)state;
	f->mss = 1000;
	assert_true(tcp_ring_grow(&f->ring));
	f->rcv_adv = f->ring.end + 5000;
	assert_int_equal(tcp_window(f), TCP_RING_BIG);
	t->port_room = 1000000;
	tcp_note_sender(f);
	tcp_note_sender(f);
	assert_int_equal(tcp_window(f), 1000000);
	for (i = 0; i < 9; i++) {
		others[i].nat = &x->nat;
		tcp_note_sender(&others[i]);
	}
	assert_int_equal(tcp_window(f), 100000);
	f->rcv_adv = f->ring.end + 300000;
	assert_int_equal(tcp_window(f), 300000);
	f->rcv_adv = f->ring.end - 10;
	assert_int_equal(tcp_window(f), 100000);
	/* The others still count in the round that follows, and then no more. */
	x->nat.loop.now += TCP_ROUND;
	tcp_note_sender(f);
	assert_int_equal(tcp_window(f), 100000);
	x->nat.loop.now += TCP_ROUND;
	tcp_note_sender(f);
	assert_int_equal(tcp_window(f), 1000000);
	t->port_room = 10;
	assert_int_equal(tcp_window(f), 4000);
	drop(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_call),   cmocka_unit_test(test_socket_full),
		cmocka_unit_test(test_room_again), cmocka_unit_test(test_not_in_frame),
		cmocka_unit_test(test_order),	   cmocka_unit_test(test_port_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
