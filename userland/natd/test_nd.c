// SPDX-License-Identifier: GPL-2.0-or-later
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "dhcp6_msg.h"

static const uint8_t mac[6] = { 0x00, 0x50, 0x56, 0xff, 0x22, 0x22 };

static struct pkt_in packet(const uint8_t *msg, size_t len, const char *src, const char *dst)
{
	struct pkt_in p = { .proto = IPPROTO_ICMPV6, .ttl = 255, .l4 = msg, .l4_len = len };

	assert_int_equal(ipaddr_parse(src, &p.src), 0);
	assert_int_equal(ipaddr_parse(dst, &p.dst), 0);
	return p;
}

static struct ipaddr addr(const char *text)
{
	struct ipaddr a;

	assert_int_equal(ipaddr_parse(text, &a), 0);
	return a;
}

static void test_addresses(void **state)
{
	struct ipaddr ll = nd_link_local(mac), want = addr("fe80::250:56ff:feff:2222");
	struct ipaddr group = nd_solicited_node(&ll), all = addr("ff02::1:ffff:2222");

	(void)state;
	assert_true(ipaddr_equal(&ll, &want));
	assert_true(ipaddr_equal(&group, &all));
}

static void test_solicitation(void **state)
{
	struct ipaddr target = addr("fd15::2");
	uint8_t msg[ND_NS_LEN];
	struct pkt_in p;
	struct nd_in in;
	size_t i;

	(void)state;
	assert_int_equal(nd_make(msg, ND_NS, 0, &target, mac), sizeof(msg));
	p = packet(msg, sizeof(msg), "fe80::1", "ff02::1:ff00:2");
	assert_int_equal(nd_parse(&p, &in), PKT_FINE);
	assert_int_equal(in.type, ND_NS);
	assert_true(ipaddr_equal(&in.target, &target));
	assert_true(in.has_mac);
	assert_memory_equal(in.mac, mac, 6);
	for (i = 0; i < sizeof(msg); i++) {
		p.l4_len = i;
		if (i == 24) /* without its option it is whole too */
			continue;
		assert_int_not_equal(nd_parse(&p, &in), PKT_FINE);
	}
	p.l4_len = sizeof(msg);
	p.ttl = 254; /* from beyond the link */
	assert_int_equal(nd_parse(&p, &in), PKT_ADDRESS);
	p.ttl = 255;
	p.src = addr("::"); /* with an address to answer to, and yet without one */
	assert_int_equal(nd_parse(&p, &in), PKT_ADDRESS);
	p.l4_len = 24;
	assert_int_equal(nd_parse(&p, &in), PKT_FINE);
	assert_false(in.has_mac);
	p.l4_len = sizeof(msg);
	msg[25] = 0; /* an option without length never ends */
	assert_int_equal(nd_parse(&p, &in), PKT_LENGTH);
	msg[8] = 0xff; /* nobody has a group */
	assert_int_equal(nd_parse(&p, &in), PKT_ADDRESS);
	msg[0] = ND_RA; /* we are the router */
	assert_int_equal(nd_parse(&p, &in), PKT_TYPE);
}

static void test_advertisement(void **state)
{
	struct ipaddr target = addr("fd15::3");
	uint8_t msg[ND_NS_LEN];
	struct pkt_in p;
	struct nd_in in;

	(void)state;
	nd_make(msg, ND_NA, ND_SOLICITED, &target, mac);
	p = packet(msg, sizeof(msg), "fd15::3", "fd15::2");
	assert_int_equal(nd_parse(&p, &in), PKT_FINE);
	assert_int_equal(in.flags, ND_SOLICITED);
	assert_true(in.has_mac);
	p.dst = addr("ff02::1");
	assert_int_equal(nd_parse(&p, &in), PKT_ADDRESS);
}

static void test_router(void **state)
{
	struct nd_ra ra = {
		.prefix = addr("fd15:4ba5:5a2b:1008::2"),
		.router = 1800,
		.valid = 0x01020304,
		.preferred = 0x05060708,
		.mtu = 1500,
		.dns = addr("fd15:4ba5:5a2b:1008::2"),
		.dns_time = 7,
		.domain = "localdomain",
	};
	static const uint8_t rdnss[] = { 25, 3, 0, 0, 0, 0, 0, 7 };
	static const uint8_t dnssl[] = "\x1f\x03\0\0\0\0\0\x07\x0blocaldomain\0\0\0";
	uint8_t msg[ND_RA_ROOM];
	size_t len;

	(void)state;
	memcpy(ra.mac, mac, 6);
	len = nd_make_ra(msg, &ra);
	assert_int_equal(len, 16 + 8 + 8 + 32 + 24 + 24);
	assert_int_equal(msg[0], ND_RA);
	assert_int_equal(msg[6] << 8 | msg[7], 1800);
	assert_memory_equal(msg + 18, mac, 6);
	assert_int_equal(msg[30] << 8 | msg[31], 1500);
	assert_int_equal(msg[34], 64);
	assert_int_equal(msg[36] << 24 | msg[37] << 16 | msg[38] << 8 | msg[39], 0x01020304);
	assert_memory_equal(msg + 48, ra.prefix.a.b, 8);
	assert_int_equal(msg[63], 0); /* the prefix, not the address */
	assert_memory_equal(msg + 64, rdnss, sizeof(rdnss));
	assert_memory_equal(msg + 88, dnssl, 24);
	ra.dns.family = 0;
	assert_int_equal(nd_make_ra(msg, &ra), 64);
	/* The longest name there may be. */
	ra.dns.family = AF_INET6;
	ra.domain = "a2345678901234567890.b2345678901234567890.c234567890123456789";
	assert_int_equal(nd_make_ra(msg, &ra), 16 + 8 + 8 + 32 + 24 + 72);
	ra.domain = "a2345678901234567890.b2345678901234567890.c23456789012345678901234";
	assert_int_equal(nd_make_ra(msg, &ra), 16 + 8 + 8 + 32 + 24);
}

static void test_domain(void **state)
{
	uint8_t out[80];

	(void)state;
	assert_int_equal(nd_domain(out, sizeof(out), "a.bc"), 6);
	assert_memory_equal(out, "\1a\2bc\0", 6);
	assert_int_equal(nd_domain(out, 6, "a.bc"), 6);
	assert_int_equal(nd_domain(out, 5, "a.bc"), 0);
	assert_int_equal(nd_domain(out, sizeof(out), ""), 0);
	assert_int_equal(nd_domain(out, sizeof(out), "a..b"), 0);
	assert_int_equal(nd_domain(out, sizeof(out), "a."), 0);
}

static void test_dhcp6(void **state)
{
	static const uint8_t ask[] = { 11, 1, 2, 3, 0, 1, 0, 4, 9, 8, 7, 6, 0, 6, 0, 2, 0, 23 };
	static const uint8_t want[] = {
		7, 1, 2, 3, 0, 1, 0, 4, 9, 8, 7, 6, 0, 2, 0, 10, 0, 3, 0, 1
	};
	struct dhcp6_answer a = { .dns = addr("fd15::2"), .domain = "localdomain" };
	uint8_t out[DHCP6_ROOM], msg[64];
	size_t n, i;

	(void)state;
	memcpy(a.mac, mac, 6);
	n = dhcp6_reply(out, ask, sizeof(ask), &a);
	assert_int_equal(n, sizeof(want) + 6 + 20 + 4 + 13);
	assert_memory_equal(out, want, sizeof(want));
	assert_memory_equal(out + 20, mac, 6);
	assert_memory_equal(out + 30, a.dns.a.b, 16);
	for (i = 0; i < sizeof(ask); i++)
		if (i != 4 && i != 12)
			assert_int_equal(dhcp6_reply(out, ask, i, &a), 0);
	memcpy(msg, ask, sizeof(ask));
	msg[0] = 1; /* it wants an address */
	assert_int_equal(dhcp6_reply(out, msg, sizeof(ask), &a), 0);
	msg[0] = 11;
	msg[13] = 3; /* so does this one */
	assert_int_equal(dhcp6_reply(out, msg, sizeof(ask), &a), 0);
	msg[13] = 2; /* for another server */
	assert_int_equal(dhcp6_reply(out, msg, sizeof(ask), &a), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),     cmocka_unit_test(test_solicitation),
		cmocka_unit_test(test_advertisement), cmocka_unit_test(test_router),
		cmocka_unit_test(test_domain),	      cmocka_unit_test(test_dhcp6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
