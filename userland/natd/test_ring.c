// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tcp_ring.h"

/* What the byte with sequence number @seq is. */
static uint8_t byte_at(uint32_t seq)
{
	return (uint8_t)(seq * 2654435761U >> 24);
}

static int put(struct tcp_ring *r, uint32_t seq, uint32_t len)
{
	uint8_t data[65536];
	uint32_t i;

	for (i = 0; i < len; i++)
		data[i] = byte_at(seq + i);
	return tcp_ring_put(r, seq, data, len);
}

/* Take @len bytes that are in order, and look at each. */
static void take(struct tcp_ring *r, uint32_t len)
{
	struct iovec iov[2];
	unsigned int n = tcp_ring_peek(r, iov), i;
	uint32_t seq = r->base, left = len;
	size_t j;

	for (i = 0; i < n; i++)
		for (j = 0; j < iov[i].iov_len && left; j++, left--)
			assert_int_equal(((uint8_t *)iov[i].iov_base)[j], byte_at(seq++));
	assert_int_equal(left, 0);
	tcp_ring_drop(r, len);
}

/* The socket takes a copy of what had come early; the rest follows. */
static void skip_over_early(void **state)
{
	struct tcp_ring r;

	(void)state;
	tcp_ring_init(&r, 50);
	assert_int_equal(put(&r, 150, 50), 0);
	/* [50, 180) arrives, the socket takes 100. */
	tcp_ring_skip(&r, 100);
	assert_int_equal(r.end, 200);
	assert_int_equal(r.nearly, 0);
	take(&r, 50);
	assert_int_equal(r.base, 200);
	assert_null(r.data);
}

/* The early block lies wholly in what went past. */
static void skip_past_early(void **state)
{
	struct tcp_ring r;

	(void)state;
	tcp_ring_init(&r, 50);
	assert_int_equal(put(&r, 100, 40), 0);
	tcp_ring_skip(&r, 100);
	assert_int_equal(r.end, 150);
	assert_int_equal(r.nearly, 0);
	assert_null(r.data);

	/* Partly. */
	assert_int_equal(put(&r, 200, 100), 0);
	tcp_ring_skip(&r, 100);
	assert_int_equal(r.base, 250);
	assert_int_equal(r.end, 300);
	take(&r, 50);
	assert_null(r.data);
}

static void limits(void **state)
{
	struct tcp_ring r;
	unsigned int i;

	(void)state;
	tcp_ring_init(&r, UINT32_MAX - 100);
	assert_int_equal(put(&r, r.base + 1, TCP_RING_SMALL), -ENOBUFS);
	assert_true(tcp_ring_grow(&r));
	assert_int_equal(put(&r, r.base + TCP_RING_SMALL, 100), 0);
	assert_false(tcp_ring_grow(&r));
	assert_int_equal(put(&r, r.base + TCP_RING_BIG - 10, 11), -ENOBUFS);
	for (i = 1; i < TCP_RING_HOLES; i++)
		assert_int_equal(put(&r, r.base + 2 * i, 1), 0);
	assert_int_equal(put(&r, r.base + 2 * i, 1), -ENOBUFS);
	tcp_ring_done(&r);
}

/* Segments in any order, overlapping, some bytes past the ring: a copy of each
 * byte comes out in its place, across the wrap.
 */
static void any_order(void **state)
{
	uint32_t total = 4U << 20, start = UINT32_MAX - (1U << 19);
	struct tcp_ring r;
	unsigned int seed = 1;

	(void)state;
	tcp_ring_init(&r, start);
	while (r.base - start < total) {
		uint32_t room = r.size - (r.end - r.base), at = (uint32_t)rand_r(&seed);
		uint32_t len = (uint32_t)rand_r(&seed) % 3000, ready;

		at %= room > 8000 ? 8000 : room;
		if (len > room - at)
			len = room - at;
		switch (rand_r(&seed) % 4) {
		case 0:
			if (!tcp_ring_ready(&r) && len) {
				/* The socket takes them; some may be here already. */
				tcp_ring_skip(&r, len);
				break;
			}
			/* fall through */
		case 1:
			put(&r, r.end, len);
			break;
		case 2:
			put(&r, r.end + at, len);
			break;
		default:
			ready = tcp_ring_ready(&r);
			take(&r, ready ? (uint32_t)rand_r(&seed) % (ready + 1) : 0);
			break;
		}
		assert_true(r.end - r.base <= r.size);
		if (r.nearly)
			assert_true((int32_t)(r.early[0].from - r.end) > 0);
	}
	tcp_ring_done(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(skip_over_early),
		cmocka_unit_test(skip_past_early),
		cmocka_unit_test(limits),
		cmocka_unit_test(any_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
