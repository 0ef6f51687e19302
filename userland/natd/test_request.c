// SPDX-License-Identifier: GPL-2.0-or-later
/* What a client of the control socket may say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "request.h"

static int parse(const char *text, struct request *r, struct conf_err *err)
{
	/* A copy of exact size, so that a read behind the end is seen. */
	size_t len = strlen(text);
	char *copy = malloc(len ? len : 1);
	int ret;

	memcpy(copy, text, len);
	ret = request_parse(copy, len, r, err);
	free(copy);
	return ret;
}

static void test_good(void **state)
{
	struct request r;
	struct conf_err err;

	(void)state;
	assert_int_equal(parse("{\"request\":\"flows\"}", &r, &err), 0);
	assert_int_equal(r.op, REQUEST_OP_FLOWS);
	assert_int_equal(r.proto, 0);
	assert_int_equal(r.limit, REQUEST_FLOWS);
	assert_int_equal(parse(" { \"limit\" : 5, \"proto\":\"icmp\", \"request\":\"flows\" } ", &r,
			       &err),
			 0);
	assert_int_equal(r.proto, IPPROTO_ICMP);
	assert_int_equal(r.limit, 5);
	assert_int_equal(parse("{\"request\":\"add-forward\",\"proto\":\"udp\","
			       "\"host\":\"10.1.1.1:80-82,~81\",\"guest\":\"10.9.0.5:1080\","
			       "\"name\":\"web\"}",
			       &r, &err),
			 0);
	assert_int_equal(r.op, REQUEST_OP_ADD);
	assert_int_equal(r.nforwards, 2);
	assert_int_equal(r.forwards[1].host_port, 82);
	assert_int_equal(r.forwards[1].guest_port, 1082);
	assert_int_equal(r.forwards[1].proto, IPPROTO_UDP);
	assert_int_equal(r.forwards[1].line, 0);
	assert_string_equal(r.forwards[1].name, "web");
	request_done(&r);
	request_done(&r);
	assert_int_equal(
		parse("{\"request\":\"remove-forward\",\"proto\":\"tcp\",\"host\":\"80-82\"}", &r,
		      &err),
		0);
	assert_int_equal(r.op, REQUEST_OP_REMOVE);
	assert_true(nat_ports_have(&r.ports, 81));
	assert_false(nat_ports_have(&r.ports, 83));
}

#define ADD "{\"request\":\"add-forward\",\"proto\":\"tcp\","

static const struct {
	const char *text, *reason;
} bad[] = {
	{ "", "not a JSON object" },
	{ "{", "not a JSON object" },
	{ "[]", "not a JSON object: another value" },
	{ "{\"request\":\"flows\"} {}", "not a JSON object" },
	{ "{\"request\":\"flows\",\"request\":\"flows\"}", "not a JSON object: duplicate" },
	{ "{}", "\"request\" is missing" },
	{ "{\"request\":1}", "\"request\" is missing" },
	{ "{\"request\":\"stop\"}", "unknown request \"stop\"" },
	{ "{\"request\":\"flows\",\"host\":\"80\"}", "\"host\" does not belong to flows" },
	{ "{\"request\":\"reload\",\"host\":\"80\"}", "\"host\" does not belong to reload" },
	{ "{\"request\":\"flows\",\"color\":\"red\"}", "\"color\" does not belong to flows" },
	{ "{\"request\":\"flows\",\"limit\":\"5\"}", "\"limit\" is not a number" },
	{ "{\"request\":\"flows\",\"limit\":-1}", "\"limit\" is 0 to 32768" },
	{ "{\"request\":\"flows\",\"limit\":99999999999}", "\"limit\" is 0 to 32768" },
	{ "{\"request\":\"flows\",\"limit\":1e400}", "not a JSON object" },
	{ "{\"request\":\"flows\",\"proto\":\"sctp\"}", "is tcp, udp or icmp, not \"sctp\"" },
	{ "{\"request\":\"remove-forward\",\"proto\":\"tcp\"}", "remove-forward needs \"host\"" },
	{ "{\"request\":\"remove-forward\",\"proto\":\"icmp\",\"host\":\"80\"}",
	  "\"proto\" is tcp or udp, not \"icmp\"" },
	{ "{\"request\":\"remove-forward\",\"proto\":\"tcp\",\"host\":\"http\"}",
	  "a host port is 1 to 65535" },
	{ ADD "\"host\":\"80\"}", "add-forward needs \"guest\"" },
	{ ADD "\"host\":\"80\",\"guest\":80}", "\"guest\" is not a string" },
	{ ADD "\"host\":\"80\",\"guest\":\"10.9.0.5\"}", "a forward leads to ADDRESS:PORT" },
	{ ADD "\"host\":\"0\",\"guest\":\"10.9.0.5:80\"}", "a host port is 1 to 65535" },
};

static void test_bad(void **state)
{
	struct conf_err err;
	struct request r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err.text[0] = '\0';
		if (parse(bad[i].text, &r, &err) != -EINVAL || !strstr(err.text, bad[i].reason))
			fail_msg("row %zu: \"%s\", not \"%s\"", i, err.text, bad[i].reason);
		assert_null(r.forwards);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
