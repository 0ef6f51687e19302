// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <string.h>
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_overload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
