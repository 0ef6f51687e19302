// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

#include "policy.h"

static const struct {
	const char *addr;
	bool guest, gateway, forbidden, group, hides;
} rows[] = {
	{ "10.99.0.2", false, true, false, false, true },
	{ "10.99.0.3", true, false, false, false, true },
	{ "10.99.0.0", false, false, false, false, true },
	{ "10.99.0.255", false, false, false, true, true },
	{ "10.98.0.2", false, false, false, false, false },
	{ "0.0.0.0", false, false, true, false, true },
	{ "127.0.0.1", false, false, true, false, true },
	{ "127.255.255.254", false, false, true, false, true },
	{ "224.0.0.1", false, false, true, true, true },
	{ "255.255.255.255", false, false, true, true, true },
	{ "fd15::2", false, true, false, false, true },
	{ "fe80::2", false, true, true, false, true },
	{ "fd15::3", true, false, false, false, true },
	{ "fe80::3", true, false, true, false, true },
	{ "fd15:0:0:1::3", false, false, false, false, false },
	{ "2001:db8::1", false, false, false, false, false },
	{ "::", false, false, true, false, true },
	{ "::1", false, false, true, false, true },
	{ "::127.0.0.1", false, false, true, false, true },
	{ "::ffff:127.0.0.1", false, false, true, false, true },
	{ "::ffff:10.98.0.2", false, false, true, false, true },
	{ "ff02::1", false, false, true, true, true },
};

static void test_rows(void **state)
{
	struct nat *n = calloc(1, sizeof(*n));
	struct ipaddr a, us;
	size_t i;

	(void)state;
	assert_non_null(n);
	ip4_parse("10.99.0.2", &n->ip4);
	ip4_parse("10.99.0.0", &n->net4);
	ip4_parse("255.255.255.0", &n->mask4);
	ipaddr_parse("fd15::2", &n->ip6);
	ipaddr_parse("fe80::2", &n->ll6);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(ipaddr_parse(rows[i].addr, &a), 0);
		if (nat_is_guest(n, &a) != rows[i].guest ||
		    nat_is_gateway(n, &a) != rows[i].gateway ||
		    nat_is_forbidden(&a) != rows[i].forbidden ||
		    nat_is_group(n, &a) != rows[i].group || nat_hides(n, &a) != rows[i].hides)
			fail_msg("%s: guest %d gateway %d forbidden %d group %d hides %d",
				 rows[i].addr, nat_is_guest(n, &a), nat_is_gateway(n, &a),
				 nat_is_forbidden(&a), nat_is_group(n, &a), nat_hides(n, &a));
	}
	/* Each guest knows the gateway by an address of its own kind. */
	ipaddr_parse("fe80::3", &a);
	us = nat_gateway(n, &a);
	assert_true(ipaddr_equal(&us, &n->ll6));
	ipaddr_parse("fd15::3", &a);
	us = nat_gateway(n, &a);
	assert_true(ipaddr_equal(&us, &n->ip6));
	/* Switched off, there are none. */
	memset(&n->ip6, 0, sizeof(n->ip6));
	memset(&n->ll6, 0, sizeof(n->ll6));
	assert_false(nat_is_guest(n, &a));
	free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
