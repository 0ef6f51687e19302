// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include "leasefile.h"
#include "proto.h"

static size_t request(uint8_t *buf, const void *opts, size_t len)
{
	struct dhcp_head h = { .op = 1, .htype = 1, .hlen = 6, .xid = 7 };

	memset(buf, 0, DHCP_FIXED + 4);
	memcpy(buf, &h, sizeof(h));
	memcpy(buf + DHCP_FIXED, "\x63\x82\x53\x63", 4);
	memcpy(buf + DHCP_FIXED + 4, opts, len);
	return DHCP_FIXED + 4 + len;
}

#define REQ(buf, s) request(buf, s, sizeof(s) - 1)

static void test_parse(void **state)
{
	struct dhcp_msg m;
	uint8_t buf[1024];
	size_t n;

	(void)state;
	n = REQ(buf, "\x35\1\1\x37\2\1\3\0\x3d\3\1\2\3\x37\1\6\x0c\4a b\xff\x39\2\x05\xdc\xff");
	assert_int_equal(dhcp_parse(buf, n, &m), 0);
	assert_int_equal(m.type, DHCP_DISCOVER);
	assert_int_equal(m.nparams, 3);
	assert_memory_equal(m.params, "\1\3\6", 3);
	assert_int_equal(m.id_len, 3);
	assert_string_equal(m.hostname, "a-b-");
	assert_int_equal(m.max_size, 1500);
	/* Longer than what is left; no type; no cookie; a reply. */
	n = REQ(buf, "\x35\1\1\x37\xff\1");
	assert_int_not_equal(dhcp_parse(buf, n, &m), 0);
	n = REQ(buf, "\x37\1\1\xff");
	assert_int_not_equal(dhcp_parse(buf, n, &m), 0);
	n = REQ(buf, "\x35\1\1\xff");
	assert_int_not_equal(dhcp_parse(buf, DHCP_FIXED, &m), 0);
	buf[0] = 2;
	assert_int_not_equal(dhcp_parse(buf, n, &m), 0);
}

static void test_overload(void **state)
{
	struct dhcp_build b;
	struct dhcp_msg m = { .max_size = DHCP_MTU };
	uint8_t value[200] = { 0 };
	size_t len;

	(void)state;
	dhcp_begin(&b, &m, DHCP_OFFER);
	assert_true(dhcp_put(&b, 43, value, 200));
	assert_true(dhcp_put(&b, 67, value, 100));
	assert_true(dhcp_put(&b, 66, value, 60));
	assert_false(dhcp_put(&b, 17, value, 200));
	len = dhcp_end(&b);
	assert_true(len <= DHCP_MTU - 28);
	assert_int_equal(b.buf[len - 1], 255);
	assert_int_equal(b.buf[len - 4], 52);
}

struct seen {
	unsigned int n;
	struct lease_record last;
};

static void note(const struct lease_record *r, void *arg)
{
	struct seen *s = arg;

	s->n++;
	s->last = *r;
}

static void test_lease_text(void **state)
{
	struct lease_key key = { .len = 5, .data = "\1a\"\\\xfe" };
	struct lease l = { .addr = 0x0a610080,
			   .key = &key,
			   .starts = 1700000000,
			   .ends = 1700001800,
			   .mac = { 0, 0x0c, 0x29, 1, 2, 3 } };
	char text[3 * LEASE_TEXT];
	struct seen s = { 0 };
	size_t one, two, cut;

	(void)state;
	strcpy(l.hostname, "box");
	one = lease_format(&l, text, LEASE_TEXT);
	assert_int_equal(lease_file_parse(text, one, note, &s), one - 1);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.last.addr, l.addr);
	assert_int_equal(s.last.ends, l.ends);
	assert_int_equal(s.last.key.len, 5);
	assert_memory_equal(s.last.key.data, key.data, 5);
	assert_string_equal(s.last.hostname, "box");
	/* A crash may tear the last block anywhere: the first stays. */
	l.addr++;
	two = lease_format(&l, text + one, LEASE_TEXT);
	for (cut = one; cut < one + two - 2; cut++) {
		char *copy = malloc(cut);

		memcpy(copy, text, cut);
		s.n = 0;
		assert_int_equal(lease_file_parse(copy, cut, note, &s), one - 1);
		assert_int_equal(s.n, 1);
		free(copy);
	}
	/* One in the middle is passed over. */
	memmove(text + one - 10, text + one, two);
	text[one - 11] = '\n';
	s.n = 0;
	lease_file_parse(text, one - 10 + two, note, &s);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.last.addr, l.addr);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_overload),
		cmocka_unit_test(test_lease_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
