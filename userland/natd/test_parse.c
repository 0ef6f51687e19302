// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "parse.h"

/* An IPv4 packet of @len bytes with @opts bytes of options, to be damaged. */
static size_t make4(uint8_t *at, const uint8_t *opts, size_t nopts, size_t data)
{
	struct pkt_ip4 ip = {
		.ver_ihl = (uint8_t)(0x45 + nopts / 4),
		.len = htons((uint16_t)(sizeof(ip) + nopts + data)),
		.frag = htons(PKT_IP4_DF),
		.ttl = 5,
		.tos = 0xb8,
		.proto = IPPROTO_UDP,
		.src = htonl(0x0a000003),
		.dst = htonl(0x0b000001),
	};

	memcpy(at, &ip, sizeof(ip));
	if (nopts)
		memcpy(at + sizeof(ip), opts, nopts);
	ip.csum = csum_ip(at, sizeof(ip) + nopts);
	memcpy(at, &ip, sizeof(ip));
	memset(at + sizeof(ip) + nopts, 0xaa, data);
	return sizeof(ip) + nopts + data;
}

static void test_ip4(void **state)
{
	static const uint8_t lsrr[8] = { 1, 0x83, 7, 4 }, record[8] = { 7, 7, 4 },
			     torn[4] = { 7, 9 };
	uint8_t pkt[128];
	struct pkt_in p;
	size_t len = make4(pkt, NULL, 0, 30), i;

	(void)state;
	/* With padding behind it. */
	assert_int_equal(parse_ip4(pkt, len + 10, &p), PKT_FINE);
	assert_int_equal(p.l4_len, 30);
	assert_int_equal(p.raw_len, len);
	assert_int_equal(p.ttl, 5);
	assert_int_equal(p.tos, 0xb8);
	assert_true(p.df);
	assert_false(pkt_is_fragment(&p));
	for (i = 0; i < 20; i++)
		assert_int_equal(parse_ip4(pkt, i, &p), PKT_SHORT);
	for (; i < len; i++)
		assert_int_equal(parse_ip4(pkt, i, &p), PKT_LENGTH);
	pkt[15] ^= 1;
	assert_int_equal(parse_ip4(pkt, len, &p), PKT_CHECKSUM);
	pkt[0] = 0x65;
	assert_int_equal(parse_ip4(pkt, len, &p), PKT_VERSION);
	pkt[0] = 0x44;
	assert_int_equal(parse_ip4(pkt, len, &p), PKT_LENGTH);
	len = make4(pkt, record, sizeof(record), 30);
	assert_int_equal(parse_ip4(pkt, len, &p), PKT_FINE);
	assert_ptr_equal(p.l4, pkt + 28);
	len = make4(pkt, lsrr, sizeof(lsrr), 30);
	assert_int_equal(parse_ip4(pkt, len, &p), PKT_ROUTED);
	len = make4(pkt, torn, sizeof(torn), 30);
	assert_int_equal(parse_ip4(pkt, len, &p), PKT_LENGTH);
}

/* An IPv6 packet: headers as given, the first one's number @next. */
static size_t make6(uint8_t *at, uint8_t next, const uint8_t *ext, size_t len)
{
	struct pkt_ip6 ip = {
		.ver_tc_flow = htonl(6U << 28 | 0xb8U << 20 | 0x12345),
		.len = htons((uint16_t)len),
		.next = next,
		.hops = 5,
		.src = { 0xfd, 1 },
		.dst = { 0xfd, 2 },
	};

	memcpy(at, &ip, sizeof(ip));
	memcpy(at + sizeof(ip), ext, len);
	return sizeof(ip) + len;
}

static const struct {
	const char *name;
	uint8_t next;
	uint8_t ext[40];
	size_t len;
	enum pkt_why why;
	uint8_t proto;
	size_t l4_len, proto_at;
} rows6[] = {
	{ "plain", 17, { 0 }, 10, PKT_FINE, 17, 10, 6 },
	{ "nothing behind", 59, { 0 }, 0, PKT_FINE, 59, 0, 6 },
	{ "router alert", 0, { 58, 0, 5, 2, 0, 0, 1, 0 }, 12, PKT_FINE, 58, 4, 40 },
	{ "hops not first", 60, { 0, 0, 1, 4, 0, 0, 0, 0, 17 }, 16, PKT_HEADERS, 0, 0, 0 },
	{ "option to be refused", 60, { 17, 0, 0x85, 4 }, 12, PKT_HEADERS, 0, 0, 0 },
	{ "option of no meaning", 60, { 17, 0, 0x1e, 4 }, 12, PKT_FINE, 17, 4, 40 },
	{ "torn option", 60, { 17, 0, 1, 9 }, 8, PKT_LENGTH, 0, 0, 0 },
	{ "torn header", 60, { 17, 1 }, 8, PKT_LENGTH, 0, 0, 0 },
	{ "half a header", 60, { 17, 0, 1 }, 4, PKT_SHORT, 0, 0, 0 },
	{ "routed", 43, { 17, 0, 0, 1 }, 12, PKT_ROUTED, 0, 0, 0 },
	{ "route at its end", 43, { 17, 0, 0, 0 }, 12, PKT_FINE, 17, 4, 40 },
	{ "whole fragment", 44, { 17 }, 12, PKT_FINE, 17, 4, 40 },
	{ "five headers",
	  60,
	  { 60, 0, 1, 4, 0,  0, 0, 0, 60, 0, 1, 4, 0,  0, 0, 0, 60, 0, 1, 4,
	    0,	0, 0, 0, 60, 0, 1, 4, 0,  0, 0, 0, 17, 0, 1, 4, 0,  0, 0, 0 },
	  40,
	  PKT_FINE,
	  17,
	  0,
	  72 },
};

static void test_ip6(void **state)
{
	uint8_t pkt[128];
	struct pkt_in p;
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(rows6) / sizeof(rows6[0]); i++) {
		enum pkt_why why;

		len = make6(pkt, rows6[i].next, rows6[i].ext, rows6[i].len);
		why = parse_ip6(pkt, len + 6, &p);
		if (why != rows6[i].why)
			fail_msg("%s: %s", rows6[i].name, parse_why_name(why));
		if (why)
			continue;
		if (p.proto != rows6[i].proto || p.l4_len != rows6[i].l4_len ||
		    p.proto_at != rows6[i].proto_at)
			fail_msg("%s: %d, %zu bytes, at %zu", rows6[i].name, p.proto, p.l4_len,
				 p.proto_at);
		assert_int_equal(p.tos, 0xb8);
		assert_int_equal(p.ttl, 5);
		assert_int_equal(parse_ip6(pkt, len - 1, &p), len == 40 ? PKT_SHORT : PKT_LENGTH);
	}
}

static void test_many_headers(void **state)
{
	uint8_t pkt[200], ext[100] = { 0 };
	struct pkt_in p;
	size_t i;

	(void)state;
	for (i = 0; i < 10; i++)
		memcpy(ext + 8 * i, (uint8_t[]){ 60, 0, 1, 4 }, 4);
	assert_int_equal(parse_ip6(pkt, make6(pkt, 60, ext, sizeof(ext)), &p), PKT_HEADERS);
}

static void test_fragment6(void **state)
{
	static const uint8_t ext[16] = { 60, 0, 0x05, 0xb9, 1, 2, 3, 4 };
	uint8_t pkt[128];
	struct pkt_in p;

	(void)state;
	assert_int_equal(parse_ip6(pkt, make6(pkt, 44, ext, sizeof(ext)), &p), PKT_FINE);
	assert_true(p.more);
	assert_false(p.df);
	assert_int_equal(p.offset, 0x5b8);
	assert_int_equal(p.id, 0x01020304);
	/* What is behind it is not looked at. */
	assert_int_equal(p.proto, 60);
	assert_int_equal(p.l4_len, 8);
}

/* With IPv6 a datagram must have a checksum. */
static void test_udp6(void **state)
{
	struct pkt_udp h = { .src = htons(5), .dst = htons(6), .len = htons(12) };
	uint8_t l4[12] = { 0 }, pkt[128];
	struct pkt_in p;
	struct udp_in u;

	(void)state;
	memcpy(l4, &h, sizeof(h));
	parse_ip6(pkt, make6(pkt, 17, l4, sizeof(l4)), &p);
	assert_int_equal(parse_udp(&p, &u), PKT_CHECKSUM);
	h.csum = csum_l4(&p.src, &p.dst, 17, l4, sizeof(l4));
	memcpy(pkt + 40, &h, sizeof(h));
	assert_int_equal(parse_udp(&p, &u), PKT_FINE);
	assert_int_equal(u.sport, 5);
	assert_int_equal(u.dport, 6);
	assert_int_equal(u.len, 4);
	pkt[8] ^= 4;
	parse_ip6(pkt, 52, &p);
	assert_int_equal(parse_udp(&p, &u), PKT_CHECKSUM);
}

static void test_eth(void **state)
{
	uint8_t frame[14] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0x50, 0x56, 1, 2, 3, 8, 0 };
	struct pkt_eth eth;

	(void)state;
	assert_int_equal(parse_eth(frame, sizeof(frame), &eth), PKT_FINE);
	assert_int_equal(parse_eth(frame, sizeof(frame) - 1, &eth), PKT_SHORT);
	frame[12] = 0x81; /* a tag */
	assert_int_equal(parse_eth(frame, sizeof(frame), &eth), PKT_TYPE);
	frame[6] = 1;
	assert_int_equal(parse_eth(frame, sizeof(frame), &eth), PKT_ADDRESS);
}

static void test_arp(void **state)
{
	struct pkt_arp a = { .hw = htons(1),
			     .proto = htons(PKT_IP4),
			     .hlen = 6,
			     .plen = 4,
			     .op = htons(1),
			     .spa = 1,
			     .tpa = 2 };
	struct arp_in arp;

	(void)state;
	assert_int_equal(parse_arp((uint8_t *)&a, sizeof(a), &arp), PKT_FINE);
	assert_int_equal(arp.op, 1);
	assert_int_equal(arp.tpa, 2);
	assert_int_equal(parse_arp((uint8_t *)&a, sizeof(a) - 1, &arp), PKT_SHORT);
	a.hlen = 8;
	assert_int_equal(parse_arp((uint8_t *)&a, sizeof(a), &arp), PKT_LENGTH);
	a.proto = htons(PKT_IP6);
	assert_int_equal(parse_arp((uint8_t *)&a, sizeof(a), &arp), PKT_TYPE);
}

static void test_names(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < PKT_WHYS; i++)
		assert_non_null(parse_why_name(i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ip4),	     cmocka_unit_test(test_ip6),
		cmocka_unit_test(test_many_headers), cmocka_unit_test(test_fragment6),
		cmocka_unit_test(test_udp6),	     cmocka_unit_test(test_eth),
		cmocka_unit_test(test_arp),	     cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
