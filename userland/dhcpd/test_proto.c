// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <string.h>
#include "build.h"

static struct dhcp_msg m;

static int parse(struct dhcp_head h, const void *opts, size_t len)
{
	uint8_t buf[DHCP_OPTIONS_AT + 1300] = { 0 };

	h.op = h.op ? h.op : 1;
	h.htype = h.htype ? h.htype : 1;
	h.hlen = h.hlen ? h.hlen : 6;
	memcpy(buf, &h, sizeof(h));
	memcpy(buf + DHCP_FIXED, "\x63\x82\x53\x63", 4);
	memcpy(buf + DHCP_OPTIONS_AT, opts, len);
	return dhcp_parse(buf, DHCP_OPTIONS_AT + len, &m);
}

#define HEAD(...) ((struct dhcp_head){ __VA_ARGS__ })
#define PARSE(s) parse(HEAD(.xid = 7), s, sizeof(s) - 1)

static void has(uint8_t code, const void *data, size_t len)
{
	size_t got;
	const uint8_t *p = dhcp_msg_option(&m, code, &got);

	assert_non_null(p);
	assert_int_equal(got, len);
	assert_memory_equal(p, data, len);
}

static void options(void **state)
{
	char name[64];
	size_t len;

	(void)state;
	assert_int_equal(PARSE("\0\0\x35\1\1\x37\2\1\3\0\x3d\3\1\2\3\x0c\4a "
			       "b\xff\x39\2\x05\xdc\x50\0\xff\1"),
			 0);
	assert_int_equal(m.type, DHCP_DISCOVER);
	has(DHCP_OPT_PARAMETERS, "\1\3", 2);
	has(DHCP_OPT_CLIENT_ID, "\1\2\3", 3);
	assert_string_equal(dhcp_msg_hostname(&m, name), "a-b-");
	assert_int_equal(m.max_size, 1500);
	/* Without a value, but there. */
	assert_true(dhcp_msg_has(&m, DHCP_OPT_RAPID_COMMIT));
	assert_false(dhcp_msg_has(&m, DHCP_OPT_ROUTERS));
	assert_null(dhcp_msg_option(&m, DHCP_OPT_ROUTERS, &len));
	assert_int_equal(len, 0);
	/* Without an end. */
	assert_int_equal(PARSE("\x35\1\3\x32\4\x0a\0\0\1"), 0);
	assert_int_equal(m.requested, htonl(0x0a000001));
	assert_int_equal(m.max_size, DHCP_MTU);
}

/* RFC 3396 */
static void pieces(void **state)
{
	(void)state;
	assert_int_equal(PARSE("\x37\2\1\3\x35\1\1\x0c\1a\x37\1\6\x0c\1b\x37\0\x37\1\x0f\xff"), 0);
	has(DHCP_OPT_PARAMETERS, "\1\3\6\x0f", 4);
	has(DHCP_OPT_HOST_NAME, "ab", 2);
	/* Two are no one server. */
	assert_int_not_equal(PARSE("\x35\1\3\x36\4\1\2\3\4\x36\4\1\2\3\4\xff"), 0);
}

/* What grows with each of its pieces has an end. */
static void many_pieces(void **state)
{
	uint8_t opts[1200];
	size_t i;

	(void)state;
	memcpy(opts, "\x35\1\1", 3);
	for (i = 3; i + 6 <= sizeof(opts); i += 6)
		memcpy(opts + i, "\x0c\1a\x0f\1b", 6);
	assert_int_not_equal(parse(HEAD(.xid = 1), opts, i), 0);
	/* All of one are joined. */
	for (i = 3; i + 3 <= sizeof(opts); i += 3)
		memcpy(opts + i, "\x0c\1a", 3);
	assert_int_equal(parse(HEAD(.xid = 1), opts, i), 0);
	assert_int_equal(m.size[DHCP_OPT_HOST_NAME], i / 3 - 1);
}

static void overload(void **state)
{
	struct dhcp_head h = { .xid = 1 };

	(void)state;
	memcpy(h.sname, "\x0c\1c\xff", 4);
	/* Another one in there says nothing. */
	memcpy(h.file, "\x34\1\3\x0c\1b\xff", 7);
	assert_int_equal(parse(h, "\x35\1\1\x0c\1a\x34\1\1\xff", 9), 0);
	has(DHCP_OPT_HOST_NAME, "ab", 2);
	memcpy(h.file, "\x0c\1b\xff", 4);
	assert_int_equal(parse(h, "\x35\1\1\x0c\1a\x34\1\3\xff", 9), 0);
	has(DHCP_OPT_HOST_NAME, "abc", 3);
	assert_int_equal(parse(h, "\x35\1\1\x0c\1a\x34\1\2\xff", 9), 0);
	has(DHCP_OPT_HOST_NAME, "ac", 2);
	assert_int_equal(parse(h, "\x35\1\1\x0c\1a\xff", 7), 0);
	has(DHCP_OPT_HOST_NAME, "a", 1);
	memcpy(h.file, "\x0c\xff", 2);
	assert_int_not_equal(parse(h, "\x35\1\1\x34\1\1\xff", 7), 0);
}

static void malformed(void **state)
{
	uint8_t buf[DHCP_MAX + 1] = { 1, 1, 6 };

	(void)state;
	/* Longer than what is left; no length; a type of two bytes; of a server. */
	assert_int_not_equal(PARSE("\x35\1\1\x37\xff\1"), 0);
	assert_int_not_equal(PARSE("\x35\1\1\x37"), 0);
	assert_int_not_equal(PARSE("\x35\2\1\1\xff"), 0);
	assert_int_not_equal(PARSE("\x35\1\0\xff"), 0);
	assert_int_not_equal(PARSE("\x35\1\2\xff"), 0);
	assert_int_not_equal(PARSE("\x35\1\5\xff"), 0);
	assert_int_not_equal(PARSE("\x35\1\x0d\xff"), 0);
	assert_int_not_equal(PARSE("\x35\1\3\x32\3\x0a\0\0\xff"), 0);
	assert_int_equal(PARSE("\x35\1\1\xff"), 0);
	assert_int_not_equal(parse(HEAD(.op = 2), "\x35\1\1\xff", 4), 0);
	assert_int_not_equal(parse(HEAD(.htype = 6), "\x35\1\1\xff", 4), 0);
	assert_int_not_equal(parse(HEAD(.hlen = 16), "\x35\1\1\xff", 4), 0);
	assert_int_not_equal(parse(HEAD(.hlen = 17), "\x35\1\1\xff", 4), 0);
	assert_int_not_equal(parse(HEAD(.hops = 17), "\x35\1\1\xff", 4), 0);
	assert_int_equal(parse(HEAD(.hops = 16), "\x35\1\1\xff", 4), 0);
	/* Too short, too long, another cookie; without any, it is BOOTP. */
	assert_int_not_equal(dhcp_parse(buf, DHCP_OPTIONS_AT - 1, &m), 0);
	assert_int_not_equal(dhcp_parse(buf, DHCP_MAX + 1, &m), 0);
	assert_int_equal(dhcp_parse(buf, DHCP_MIN, &m), 0);
	assert_int_equal(m.type, DHCP_BOOTREQUEST);
	buf[DHCP_FIXED] = 1;
	assert_int_not_equal(dhcp_parse(buf, DHCP_MIN, &m), 0);
	assert_int_equal(PARSE("\x0c\1a\xff"), 0);
	assert_int_equal(m.type, DHCP_BOOTREQUEST);
}

/* What a relay says counts, what a client says of relays does not. */
static void links(void **state)
{
	const struct dhcp_head relayed = { .giaddr = htonl(0x0a000001) };

	(void)state;
	assert_int_equal(parse(HEAD(.xid = 1), "\x35\1\1\x52\6\5\4\x0a\1\0\0\xff", 12), 0);
	assert_int_equal(dhcp_msg_link(&m), 0);
	assert_int_equal(parse(relayed, "\x35\1\1\xff", 4), 0);
	assert_int_equal(dhcp_msg_link(&m), htonl(0x0a000001));
	assert_int_equal(parse(relayed, "\x35\1\1\x52\x0a\1\2ab\5\4\x0a\1\0\0\xff", 16), 0);
	assert_int_equal(dhcp_msg_link(&m), htonl(0x0a010000));
	assert_int_equal(parse(relayed, "\x35\1\1\x76\4\x0a\2\0\0\xff", 10), 0);
	assert_int_equal(dhcp_msg_link(&m), htonl(0x0a020000));
	/* Longer than it is. */
	assert_int_equal(parse(relayed, "\x35\1\1\x52\6\5\5\x0a\1\0\0\xff", 12), 0);
	assert_int_equal(dhcp_msg_link(&m), htonl(0x0a000001));
}

static void names(void **state)
{
	char name[64];

	(void)state;
	assert_int_equal(PARSE("\x35\1\1\x51\x0f\4\0\0\3box\7example\0\xff"), 0);
	assert_string_equal(dhcp_msg_hostname(&m, name), "box.example");
	assert_int_equal(PARSE("\x35\1\1\x51\6\0\0\0box\xff"), 0);
	assert_string_equal(dhcp_msg_hostname(&m, name), "box");
	assert_int_equal(PARSE("\x35\1\1\x51\6\4\0\0\x3f\1\1\xff"), 0);
	assert_string_equal(dhcp_msg_hostname(&m, name), "");
	assert_int_equal(PARSE("\x35\1\1\x51\1\4\xff"), 0);
	assert_string_equal(dhcp_msg_hostname(&m, name), "");
}

/* Where an option is in a field of a reply. */
static const uint8_t *find(const uint8_t *p, const uint8_t *end, uint8_t code)
{
	while (p < end && *p != DHCP_OPT_END && *p != code)
		p += *p ? 2 + p[1] : 1;
	return p < end && *p == code ? p : NULL;
}

static void spills(void **state)
{
	struct dhcp_build b;
	uint8_t value[300] = { 0 };
	size_t len;

	(void)state;
	assert_int_equal(PARSE("\x35\1\1\xff"), 0);
	dhcp_begin(&b, &m, DHCP_OFFER, DHCP_MAX);
	assert_true(dhcp_set_last(&b, DHCP_OPT_AGENT, "abc", 3));
	assert_true(dhcp_put(&b, 43, value, 200));
	assert_true(dhcp_put(&b, 67, value, 100));
	assert_true(dhcp_put(&b, 66, value, 60));
	assert_true(dhcp_put(&b, 17, value, 50));
	assert_false(dhcp_put(&b, 18, value, 200));
	len = dhcp_end(&b);
	assert_true(len <= DHCP_MTU - 28);
	assert_memory_equal(b.buf + len - 9, "\x34\1\3\x52\3abc\xff", 9);
	assert_non_null(find(b.buf + 108, b.buf + 236, 67));
	assert_non_null(find(b.buf + 44, b.buf + 108, 17));
	/* A field that is used for what it is for is not for options. */
	dhcp_begin(&b, &m, DHCP_OFFER, DHCP_MAX);
	dhcp_set_file(&b, "boot");
	dhcp_set_sname(&b, "server");
	assert_true(dhcp_put(&b, 43, value, 200));
	assert_false(dhcp_put(&b, 67, value, 100));
	len = dhcp_end(&b);
	assert_string_equal((char *)dhcp_head(&b)->file, "boot");
	assert_null(find(b.buf + DHCP_OPTIONS_AT, b.buf + len, DHCP_OPT_OVERLOAD));
}

static void splits(void **state)
{
	struct dhcp_build b;
	uint8_t value[600];
	const uint8_t *p, *q;
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(value); i++)
		value[i] = (uint8_t)i;
	assert_int_equal(PARSE("\x35\1\1\x39\2\x05\xdc\xff"), 0);
	dhcp_begin(&b, &m, DHCP_OFFER, DHCP_MAX);
	assert_true(dhcp_put(&b, 43, value, 600));
	len = dhcp_end(&b);
	p = find(b.buf + DHCP_OPTIONS_AT, b.buf + len, 43);
	assert_non_null(p);
	assert_int_equal(p[1], 255);
	assert_memory_equal(p + 2, value, 255);
	assert_memory_equal(p + 257, "\x2b\xff", 2);
	assert_memory_equal(p + 514, "\x2b\x5a", 2);
	assert_memory_equal(p + 516, value + 510, 90);
	/* In too small a message, pieces in "options", "file" and "sname", in this order. */
	assert_int_equal(PARSE("\x35\1\1\xff"), 0);
	dhcp_begin(&b, &m, DHCP_OFFER, DHCP_MAX);
	assert_true(dhcp_put(&b, 43, value, 240));
	assert_true(dhcp_put(&b, 121, value, 220));
	len = dhcp_end(&b);
	p = find(b.buf + DHCP_OPTIONS_AT, b.buf + len, 121);
	q = find(b.buf + 108, b.buf + 236, 121);
	assert_non_null(p);
	assert_non_null(q);
	assert_memory_equal(p + 2, value, p[1]);
	assert_memory_equal(q + 2, value + p[1], q[1]);
	len = (size_t)p[1] + q[1];
	q = find(b.buf + 44, b.buf + 108, 121);
	assert_non_null(q);
	assert_memory_equal(q + 2, value + len, q[1]);
	assert_int_equal(len + q[1], 220);
	/* Not all know that: others are whole or are left out. */
	dhcp_begin(&b, &m, DHCP_OFFER, DHCP_MAX);
	assert_true(dhcp_put(&b, 43, value, 240));
	assert_false(dhcp_put(&b, 6, value, 220));
}

/* A relay's own words may not push out what every reply needs. */
static void long_agent(void **state)
{
	uint8_t value[600] = { 0 };
	struct dhcp_build b;

	(void)state;
	assert_int_equal(PARSE("\x35\1\1\xff"), 0);
	dhcp_begin(&b, &m, DHCP_OFFER, DHCP_MAX);
	assert_false(dhcp_set_last(&b, DHCP_OPT_AGENT, value, 290));
	assert_true(dhcp_set_last(&b, DHCP_OPT_AGENT, value, 255));
	assert_true(dhcp_put(&b, 54, value, 4));
	assert_true(dhcp_put(&b, 51, value, 4));
	assert_true(dhcp_end(&b) <= DHCP_MTU - 28);
}

static void of_bootp(void **state)
{
	uint8_t value[64] = { 0 };
	struct dhcp_build b;

	(void)state;
	assert_int_equal(PARSE("\x0c\1a\xff"), 0);
	dhcp_begin(&b, &m, DHCP_BOOTREQUEST, DHCP_MAX);
	assert_true(dhcp_put(&b, 3, value, 40));
	assert_false(dhcp_put(&b, 6, value, 40));
	assert_int_equal(dhcp_end(&b), DHCP_MIN);
	assert_null(find(b.buf + DHCP_OPTIONS_AT, b.buf + DHCP_MIN, DHCP_OPT_TYPE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options),     cmocka_unit_test(pieces),
		cmocka_unit_test(many_pieces), cmocka_unit_test(overload),
		cmocka_unit_test(malformed),   cmocka_unit_test(links),
		cmocka_unit_test(names),       cmocka_unit_test(spills),
		cmocka_unit_test(splits),      cmocka_unit_test(long_agent),
		cmocka_unit_test(of_bootp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
