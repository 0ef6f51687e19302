// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "loop.h"
#include "reasm.h"

#define LEN 4000U

static uint8_t original[LEN];
static const uint8_t *whole;
static size_t whole_len;

static enum pkt_why add(struct reasm *r, uint8_t guest, uint32_t id, size_t from, size_t to,
			size_t total, uint64_t now)
{
	uint8_t pkt[sizeof(struct pkt_ip4) + LEN];
	struct pkt_ip4 ip = {
		.ver_ihl = 0x45,
		.tos = 8,
		.len = htons((uint16_t)(sizeof(ip) + to - from)),
		.id = htons((uint16_t)id),
		.frag = htons((uint16_t)(from / 8) | (to < total ? PKT_IP4_MF : 0)),
		.ttl = 33,
		.proto = IPPROTO_UDP,
		.src = htonl(0x0a000000U + guest),
		.dst = htonl(0x0b000001U),
	};
	struct pkt_in p;

	ip.csum = csum_ip(&ip, sizeof(ip));
	memcpy(pkt, &ip, sizeof(ip));
	memcpy(pkt + sizeof(ip), original + from, to - from);
	assert_int_equal(parse_ip4(pkt, sizeof(ip) + to - from, &p), PKT_FINE);
	return reasm_add(r, &p, now, &whole, &whole_len);
}

static void assert_whole(size_t len)
{
	struct pkt_in p;

	assert_non_null(whole);
	assert_int_equal(parse_ip4(whole, whole_len, &p), PKT_FINE);
	assert_int_equal(p.raw_len, sizeof(struct pkt_ip4) + len);
	assert_int_equal(p.ttl, 33);
	assert_int_equal(p.tos, 8);
	assert_false(pkt_is_fragment(&p));
	assert_memory_equal(p.l4, original, len);
}

static void test_orders(void **state)
{
	static const uint8_t orders[][4] = {
		{ 0, 1, 2, 3 },
		{ 3, 2, 1, 0 },
		{ 1, 3, 0, 2 },
		{ 2, 0, 3, 1 },
	};
	struct reasm *r = *state;
	size_t i, j, from;

	for (i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		for (j = 0; j < 4; j++) {
			from = orders[i][j] * 1000U;
			assert_int_equal(add(r, 2, 7, from, from + 1000, LEN, 0), PKT_FINE);
			/* The same once more does no harm. */
			if (j < 3)
				assert_int_equal(add(r, 2, 7, from, from + 1000, LEN, 0), PKT_FINE);
			if (j < 3)
				assert_null(whole);
		}
		assert_whole(LEN);
		assert_int_equal(reasm_waiting(r), 0);
	}
}

static void test_contradictions(void **state)
{
	struct reasm *r = *state;

	/* Overlaps (RFC 5722); afterwards the rest is no packet. */
	add(r, 2, 1, 0, 800, LEN, 0);
	assert_int_equal(add(r, 2, 1, 792, 1600, LEN, 0), PKT_FRAGMENT);
	add(r, 2, 1, 800, LEN, LEN, 0);
	assert_null(whole);
	/* Ends before what is there. */
	add(r, 3, 1, 1600, 2400, LEN, 0);
	assert_int_equal(add(r, 3, 1, 800, 1000, 1000, 0), PKT_FRAGMENT);
	/* Goes on behind the end. */
	add(r, 4, 1, 800, 1000, 1000, 0);
	assert_int_equal(add(r, 4, 1, 1600, 2400, LEN, 0), PKT_FRAGMENT);
	/* Two ends. */
	add(r, 5, 1, 800, 1000, 1000, 0);
	assert_int_equal(add(r, 5, 1, 1000, 1001, 1001, 0), PKT_FRAGMENT);
	/* Not a multiple of eight, and not the last. */
	assert_int_equal(add(r, 6, 1, 0, 801, LEN, 0), PKT_LENGTH);
}

static void test_timeout(void **state)
{
	struct reasm *r = *state;

	add(r, 2, 1, 0, 800, LEN, 1 * SEC);
	add(r, 2, 1, 800, LEN, LEN, 17 * SEC);
	assert_null(whole);
	assert_int_equal(reasm_waiting(r), 1);
}

/* A flood from one guest costs a bounded amount, and another guest nothing. */
static void test_orphans(void **state)
{
	struct reasm *r = *state;
	uint32_t i;

	add(r, 9, 1, 0, 1000, LEN, 0);
	for (i = 0; i < 10000; i++)
		assert_int_equal(add(r, 2, i, 0, 1000, LEN, i), PKT_FINE);
	assert_int_equal(reasm_waiting(r), 32);
	assert_int_equal(add(r, 9, 1, 1000, LEN, LEN, 0), PKT_FINE);
	assert_whole(LEN);
}

static int begin(void **state)
{
	size_t i;

	for (i = 0; i < LEN; i++)
		original[i] = (uint8_t)(i * 7 + (i >> 8));
	*state = reasm_new();
	return *state ? 0 : -1;
}

static int end(void **state)
{
	reasm_free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_orders, begin, end),
		cmocka_unit_test_setup_teardown(test_contradictions, begin, end),
		cmocka_unit_test_setup_teardown(test_timeout, begin, end),
		cmocka_unit_test_setup_teardown(test_orphans, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
