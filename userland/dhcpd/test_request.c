// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "lease.h"
#include "request.h"

static int parse(const char *text, struct request *r, struct conf_err *err)
{
	return request_parse(text, strlen(text), r, err);
}

static void test_leases(void **state)
{
	struct conf_err err;
	struct request r;

	(void)state;
	assert_int_equal(parse("{\"request\":\"leases\"}", &r, &err), 0);
	assert_int_equal(r.op, REQUEST_OP_LEASES);
	assert_int_equal(r.state, -1);
	assert_false(r.has_addr || r.has_mac || r.id_len);
	assert_int_equal(r.limit, REQUEST_LEASES);
	assert_int_equal(parse("{\"request\":\"leases\",\"state\":\"free\",\"address\":"
			       "\"10.1.2.3/8\",\"mac\":\"00:50:56:00:00:01\",\"limit\":0}",
			       &r, &err),
			 0);
	assert_int_equal(r.state, LEASE_FREE);
	assert_int_equal(r.addr, 0x0a000000);
	assert_int_equal(r.mask, 0xff000000);
	assert_true(r.has_mac);
	assert_int_equal(r.limit, 0);
	assert_int_equal(parse("{\"request\":\"leases\",\"address\":\"10.1.2.3/0\"}", &r, &err), 0);
	assert_int_equal(r.mask, 0);
	assert_int_equal(parse("{\"request\":\"leases\",\"address\":\"10.1.2.3\"}", &r, &err), 0);
	assert_int_equal(r.mask, 0xffffffff);
}

static void test_reserve(void **state)
{
	static const uint8_t id[] = { 1, 0xaa, 0x0b };
	struct conf_err err;
	struct request r;

	(void)state;
	assert_int_equal(parse("{\"request\":\"reserve\",\"address\":\"10.0.0.9\","
			       "\"client_id\":\"01:AA:0b\",\"name\":\"web-1.lab\"}",
			       &r, &err),
			 0);
	assert_int_equal(r.id_len, sizeof(id));
	assert_memory_equal(r.id, id, sizeof(id));
	assert_string_equal(r.name, "web-1.lab");
	assert_int_equal(parse("{\"request\":\"unreserve\",\"name\":\"web\"}", &r, &err), 0);
	assert_false(r.has_addr);
}

#define RESERVE "{\"request\":\"reserve\",\"address\":\"10.0.0.9\","

static void test_bad(void **state)
{
	static const struct {
		const char *text, *reason;
	} bad[] = {
		{ "", "not a JSON object" },
		{ "[]", "another value" },
		{ "{}", "\"request\" is missing" },
		{ "{\"request\":1}", "\"request\" is missing" },
		{ "{\"request\":\"halt\"}", "unknown request \"halt\"" },
		{ "{\"request\":\"watch\",\"limit\":1}", "\"limit\" does not belong to watch" },
		{ "{\"request\":\"leases\",\"limit\":\"1\"}", "\"limit\" is not a number" },
		{ "{\"request\":\"leases\",\"limit\":-1}", "\"limit\" is 0 to" },
		{ "{\"request\":\"leases\",\"state\":\"x\"}", "not \"x\"" },
		{ "{\"request\":\"leases\",\"address\":\"10.0.0\"}", "no IPv4 address" },
		{ "{\"request\":\"leases\",\"address\":\"10.0.0.0/33\"}", "no length of a prefix" },
		{ "{\"request\":\"leases\",\"address\":\"10.0.0.0/\"}", "no length of a prefix" },
		{ "{\"request\":\"leases\",\"address\":\"10.0.0.0/8x\"}", "no length of a prefix" },
		{ "{\"request\":\"leases\",\"mac\":\"00:50\"}", "no hardware address" },
		{ "{\"request\":\"lease\"}", "lease needs \"address\"" },
		{ "{\"request\":\"lease\",\"address\":\"\"}", "no IPv4 address" },
		{ "{\"request\":\"release\",\"address\":\"10.0.0.0/8\"}", "is one address" },
		{ RESERVE "\"name\":\"a\"}", "needs one of \"mac\" and \"client_id\"" },
		{ RESERVE "\"mac\":\"00:50:56:00:00:01\",\"client_id\":\"01\"}", "needs one of" },
		{ RESERVE "\"mac\":\"01:50:56:00:00:01\"}", "of a group" },
		{ RESERVE "\"client_id\":\"01:2\"}", "no client identifier" },
		{ RESERVE "\"client_id\":\"01:\"}", "no client identifier" },
		{ RESERVE "\"client_id\":\"0102\"}", "no client identifier" },
		{ RESERVE "\"client_id\":\"01\",\"name\":\"a { }\"}", "\"name\" is made of" },
		{ RESERVE "\"client_id\":\"01\",\"name\":\"-a\"}", "\"name\" is made of" },
		{ "{\"request\":\"unreserve\"}", "needs one of \"address\" and \"name\"" },
	};
	struct conf_err err;
	struct request r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err.text[0] = '\0';
		if (parse(bad[i].text, &r, &err) != -EINVAL || !strstr(err.text, bad[i].reason))
			fail_msg("row %zu: \"%s\", not \"%s\"", i, err.text, bad[i].reason);
	}
}

/* Longer than there is room for. */
static void test_long(void **state)
{
	char text[2048] = RESERVE "\"client_id\":\"";
	struct conf_err err;
	struct request r;
	int i;

	(void)state;
	for (i = 0; i < 256; i++)
		strcat(text, i ? ":01" : "01");
	strcat(text, "\"}");
	assert_int_equal(parse(text, &r, &err), -EINVAL);
	assert_string_equal(err.text, "a client identifier has at most 255 bytes");
	strcpy(text, RESERVE "\"client_id\":\"01\",\"name\":\"");
	for (i = 0; i < CONF_NAME; i++)
		strcat(text, "n");
	strcat(text, "\"}");
	assert_int_equal(parse(text, &r, &err), -EINVAL);
	assert_non_null(strstr(err.text, "at most 63 characters"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_leases),
		cmocka_unit_test(test_reserve),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
