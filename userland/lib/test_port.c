// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Frames through a port that is a socket, many a call, and through one that is
 * not: both do the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <linux/virtio_net.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "port.h"

#define FRAMES 40
#define ROOM 3000

struct fixture {
	struct port port, far;
	struct frame out[FRAMES], in[FRAMES];
	uint8_t sent[FRAMES][ROOM], got[FRAMES][ROOM], tail[FRAMES][ROOM];
};

static struct fixture *make(bool is_socket, unsigned int hdr_sz)
{
	struct fixture *x = calloc(1, sizeof(*x));
	unsigned int i, j;
	int sv[2];

	assert_non_null(x);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, sv), 0);
	x->port =
		(struct port){ .fd = sv[0], .node = -1, .hdr_sz = hdr_sz, .is_socket = is_socket };
	x->far = (struct port){ .fd = sv[1], .node = -1, .hdr_sz = hdr_sz };
	for (i = 0; i < FRAMES; i++) {
		for (j = 0; j < ROOM; j++) {
			x->sent[i][j] = (uint8_t)(i + j);
			x->tail[i][j] = (uint8_t)(i * 7 + j);
		}
		x->out[i] = (struct frame){ .data = x->sent[i], .len = 60 + i };
		x->in[i] = (struct frame){ .data = x->got[i], .cap = 200 };
	}
	return x;
}

static void drop(struct fixture *x)
{
	port_close(&x->port);
	port_close(&x->far);
	free(x);
}

static void expect(const struct fixture *x, unsigned int in, unsigned int out)
{
	const struct frame *f = &x->in[in], *o = &x->out[out];

	assert_int_equal(f->len, o->len + o->tail_len);
	assert_memory_equal(f->data, o->data, o->len);
	if (o->tail_len)
		assert_memory_equal(f->data + o->len, o->tail, o->tail_len);
}

/* All arrive, in order, with tails and headers; none waits then. */
static void pass(struct port *from, struct port *to, struct fixture *x)
{
	unsigned int i;

	for (i = 0; i < FRAMES; i += 3) {
		x->out[i].tail = x->tail[i];
		x->out[i].tail_len = 20 + i;
	}
	x->out[5].csum = FRAME_CSUM_PARTIAL;
	x->out[5].csum_start = 34;
	x->out[5].csum_offset = 6;
	if (!from->hdr_sz)
		x->out[5].csum = FRAME_CSUM_NONE;
	assert_int_equal(port_send(from, x->out, FRAMES), FRAMES);
	assert_int_equal(port_recv(to, x->in, FRAMES), FRAMES);
	for (i = 0; i < FRAMES; i++) {
		expect(x, i, i);
		assert_int_equal(x->in[i].csum, x->out[i].csum);
	}
	if (from->hdr_sz)
		assert_int_equal(x->in[5].csum_start, 34);
	assert_int_equal(port_recv(to, x->in, FRAMES), 0);
}

static void test_pass(void **state)
{
	static const unsigned int hdr_sz[] = { 0, sizeof(struct virtio_net_hdr), 12 };
	unsigned int i;

	(void)state;
	for (i = 0; i < 6; i++) {
		struct fixture *x = make(i & 1, hdr_sz[i / 2]);

		pass(&x->port, &x->far, x);
		pass(&x->far, &x->port, x);
		drop(x);
	}
}

/* What is too long or too short is left out, and its room is used. */
static void test_bad_frames(void **state)
{
	struct fixture *x = make(true, 0);
	unsigned int i, good = 0;

	(void)state;
	for (i = 0; i < FRAMES; i++)
		x->out[i].len = i % 5 == 2 ? 201 : i % 5 == 4 ? 13 : 60 + i;
	assert_int_equal(port_send(&x->far, x->out, FRAMES), FRAMES);
	assert_int_equal(port_recv(&x->port, x->in, FRAMES), FRAMES / 5 * 3);
	for (i = 0; i < FRAMES; i++)
		if (i % 5 != 2 && i % 5 != 4)
			expect(x, good++, i);
	drop(x);
}

/* A port that is full takes a part, and the rest later. */
static void test_full(void **state)
{
	struct fixture *x = make(true, 0);
	int small = 8192, n, done = 0;
	unsigned int i;

	(void)state;
	setsockopt(x->port.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	while (done < FRAMES) {
		n = port_send(&x->port, x->out + done, (unsigned int)(FRAMES - done));
		assert_true(n > 0 && (done || n < FRAMES));
		assert_int_equal(port_recv(&x->far, x->in, FRAMES), n);
		for (i = 0; i < (unsigned int)n; i++)
			expect(x, i, (unsigned int)done + i);
		done += n;
	}
	port_close(&x->far);
	assert_int_equal(port_send(&x->port, x->out, 2), -EPIPE);
	drop(x);
}

/* Less than a sender's window is read at once, however long the frames are. */
static void test_bytes(void **state)
{
	struct fixture *x = make(false, 0);
	static uint8_t frame[60000], room[FRAMES][60000];
	int big = 4 << 20;
	unsigned int i;

	(void)state;
	setsockopt(x->far.fd, SOL_SOCKET, SO_SNDBUF, &big, sizeof(big));
	for (i = 0; i < 8; i++) {
		assert_int_equal(write(x->far.fd, frame, sizeof(frame)), sizeof(frame));
		x->in[i] = (struct frame){ .data = room[i], .cap = sizeof(room[i]) };
	}
	assert_int_equal(port_recv(&x->port, x->in, 8), 5);
	assert_int_equal(port_recv(&x->port, x->in, 8), 3);
	drop(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pass),
		cmocka_unit_test(test_bad_frames),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
