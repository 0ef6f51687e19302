// SPDX-License-Identifier: GPL-2.0-or-later
/* The grammar of forwards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>

#include <cmocka.h>

#include "conf.h"

#define HEAD "[host]\nip = 10.9.0.2\n[incomingtcp]\n"
#define V6 "[host]\nnatIp6Enable = 1\nnatIp6Prefix = fd99::/64\n[incomingtcp]\n"

static int parse(struct nat_conf *c, const char *text, struct conf_err *err)
{
	/* A copy of exact size, so that a read behind the end is seen. */
	size_t len = strlen(text);
	char *copy = malloc(len);
	int ret;

	memcpy(copy, text, len);
	ret = nat_conf_parse(c, copy, len, err);
	free(copy);
	return ret;
}

static void test_address(void **state)
{
	struct nat_conf c;
	struct conf_err err;
	char text[64];

	(void)state;
	assert_int_equal(parse(&c,
			       HEAD "192.0.2.7:80 = 10.9.0.5:8080\n"
				    "192.0.2.8:80=10.9.0.6:8080\n"
				    "0.0.0.0:81 = 10.9.0.5:81\n"
				    "82 : 10.9.0.5:82\n"
				    "[Host]\nallowAnyOUI = 0\n",
			       &err),
			 0);
	assert_int_equal(c.nforwards, 4);
	assert_string_equal(nat_forward_format(&c.forwards[0], text), "TCP port 192.0.2.7:80");
	assert_int_equal(c.forwards[0].guest_port, 8080);
	assert_int_equal(ntohl(c.forwards[1].guest.a.v4), 0x0a090006);
	assert_string_equal(nat_forward_format(&c.forwards[2], text), "TCP port 81");
	assert_int_equal(c.forwards[3].guest_port, 82);
	assert_int_equal(c.forwards[3].line, 7);
	assert_false(c.allow_any_oui);
	nat_conf_done(&c);
}

/* The two families have ports of their own. */
static void test_address6(void **state)
{
	struct nat_conf c;
	struct conf_err err;
	char text[64];

	(void)state;
	assert_int_equal(parse(&c,
			       HEAD V6 "80 = 10.9.0.5:80\n80 = [fd99::5]:8080\n"
				       "[fd98::7]:81 = [fd99::5]:81\n[::1]:81-82=[fd99::6]:91\n"
				       "[::]:83 = [fd99::5]:83 # everywhere\n",
			       &err),
			 0);
	assert_int_equal(c.nforwards, 6);
	assert_string_equal(nat_forward_format(&c.forwards[0], text), "TCP port 80");
	assert_string_equal(nat_forward_format(&c.forwards[1], text), "TCP port [::]:80");
	assert_int_equal(c.forwards[1].guest_port, 8080);
	assert_string_equal(nat_forward_format(&c.forwards[2], text), "TCP port [fd98::7]:81");
	assert_string_equal(nat_forward_format(&c.forwards[4], text), "TCP port [::1]:82");
	assert_int_equal(c.forwards[4].guest_port, 92);
	assert_true(nat_forward_everywhere(&c.forwards[5]));
	assert_string_equal(c.forwards[5].name, "everywhere");
	nat_conf_done(&c);
}

static void test_range(void **state)
{
	static const uint16_t want[] = { 8000, 8001, 8003, 8007, 8009, 8010 };
	struct nat_conf c;
	struct conf_err err;
	size_t i;

	(void)state;
	assert_int_equal(parse(&c,
			       HEAD "[incomingudp]\n"
				    "10.1.1.1:8000-8010,~8002, ~8004-8006,~8008 = 10.9.0.5:9000\n",
			       &err),
			 0);
	assert_int_equal(c.nforwards, sizeof(want) / sizeof(want[0]));
	for (i = 0; i < c.nforwards; i++) {
		assert_int_equal(c.forwards[i].host_port, want[i]);
		assert_int_equal(c.forwards[i].guest_port, want[i] + 1000);
		assert_int_equal(c.forwards[i].proto, IPPROTO_UDP);
		assert_int_equal(c.forwards[i].line, 5);
	}
	nat_conf_done(&c);
}

static void test_name(void **state)
{
	struct nat_conf c;
	struct conf_err err;

	(void)state;
	assert_int_equal(parse(&c,
			       HEAD "# not a name\n"
				    "80 = 10.9.0.5:80 # the web server \r\n"
				    "81 = 10.9.0.5:81 ; another\n"
				    "82 = 10.9.0.5:82\n"
				    "83 = 10.9.0.5:83 # Z\xc3\xbcrich, \xff\x01.\n"
				    "84 = 10.9.0.5:84 # 0123456789012345678901234567890123456789012"
				    "345678901234567890\xc3\xbc\n"
				    "85-86 = 10.9.0.5:85 #both",
			       &err),
			 0);
	assert_int_equal(c.nforwards, 7);
	assert_string_equal(c.forwards[0].name, "the web server");
	assert_string_equal(c.forwards[1].name, "another");
	assert_string_equal(c.forwards[2].name, "");
	assert_string_equal(c.forwards[3].name, "Z\xc3\xbcrich, ??.");
	/* Cut before a character, not within one. */
	assert_int_equal(strlen(c.forwards[4].name), 63);
	assert_string_equal(c.forwards[4].name + 61, "\xc3\xbc");
	assert_string_equal(c.forwards[6].name, "both");
	nat_conf_done(&c);
}

static const struct {
	const char *text;
	unsigned int line;
	const char *reason;
} bad[] = {
	{ "10.1.1:80 = 10.9.0.5:80\n", 4, "\"10.1.1\" is no address of the host" },
	{ "239.1.1.1:80 = 10.9.0.5:80\n", 4, "is no address of the host" },
	{ "[::1]:80 = 10.9.0.5:80\n", 4,
	  "a forward of an IPv6 address leads to one too, not to 10.9.0.5:80" },
	{ "0.0.0.0:80 = [fd99::5]:80\n", 4, "a forward of an IPv4 address leads to one too" },
	{ "[ff02::1]:80 = [fd99::5]:80\n", 4, "\"[ff02::1]\" is no address of the host" },
	{ "80 = [fd99::5]\n", 4, "leads to ADDRESS:PORT or [ADDRESS]:PORT, not \"[fd99::5]\"" },
	{ "80 = fd99::5:80\n", 4, "leads to ADDRESS:PORT or [ADDRESS]:PORT" },
	{ "80 = [10.9.0.5]:80\n", 4, "leads to ADDRESS:PORT or [ADDRESS]:PORT" },
	{ "80 = [fd99::5]:80\n", 4, "guest fd99::5: guests have no IPv6 (natIp6Enable)" },
	{ V6 "80 = [fd98::5]:80\n", 8, "guest fd98::5 is not in the network of fd99::/64" },
	{ V6 "80 = [fd99::2]:80\n", 8, "guest fd99::2 is the NAT's own address" },
	{ V6 "80 = [fd99::]:80\n", 8, "guest fd99:: is not in the network" },
	{ V6 "80 = [fd99::5]:80\n[::1]:80 = [fd99::6]:80\n", 9,
	  "TCP port [::1]:80 is forwarded by line 8" },
	{ "[10.1.1.1]:80 = 10.9.0.5:80\n", 4, "is no address of the host" },
	{ "::1:80 = 10.9.0.5:80\n", 4, "is no address of the host" },
	{ ":80 = 10.9.0.5:80\n", 4, "is no address of the host" },
	{ "10.1.1.1: = 10.9.0.5:80\n", 4, "a host port is 1 to 65535, not \"\"" },
	{ " = 10.9.0.5:80\n", 4, "a host port is 1 to 65535, not \"\"" },
	{ "80-79 = 10.9.0.5:80\n", 4, "a host port is 1 to 65535, not \"80-79\"" },
	{ "80- = 10.9.0.5:80\n", 4, "not \"80-\"" },
	{ "80-90-95 = 10.9.0.5:80\n", 4, "not \"80-90-95\"" },
	{ "65530-65540 = 10.9.0.5:80\n", 4, "not \"65530-65540\"" },
	{ "80-90,85 = 10.9.0.5:80\n", 4, "an exclusion is ~PORT or ~PORT-PORT, not \"85\"" },
	{ "80-90, = 10.9.0.5:80\n", 4, "an exclusion is" },
	{ "80-90,~ = 10.9.0.5:80\n", 4, "an exclusion is" },
	{ "80-90,~91 = 10.9.0.5:80\n", 4, "exclusion ~91 is not in the range 80-90" },
	{ "80-90,~80-90 = 10.9.0.5:80\n", 4, "all ports of the range are excluded" },
	{ "100-200 = 10.9.0.5:65500\n", 4, "101 ports from 65500 on do not exist" },
	{ "100-1200 = 10.9.0.5:100\n", 4, "more than 1024 forwards" },
	{ "1-60000 = 10.9.0.5:1\n", 4, "more than 1024 forwards" },
	{ "nonsense\n", 4, "not a \"key = value\" line" },
	{ "80-90 = 10.9.1.5:80\n", 4, "guest 10.9.1.5 is not in the network" },
	{ "80-90 = 10.9.0.5:80\n\n85 = 10.9.0.6:85\n", 6, "TCP port 85 is forwarded by line 4" },
	{ "80 = 10.9.0.5:80\n10.1.1.1:70-90 = 10.9.0.6:70\n", 5,
	  "TCP port 10.1.1.1:80 is forwarded by line 4" },
	{ "10.1.1.1:80 = 10.9.0.5:80\n10.1.1.2:80 = 10.9.0.6:80\n80 = 10.9.0.7:80\n", 6,
	  "TCP port 80 is forwarded by line 4" },
	{ "80 = 10.9.0.5:80\n[incoming\n", 5, "not a \"key = value\" line" },
	{ "80 = "
	  "10.9.0.5:80\n[1234567890123456789012345678901234567890123456789012345678901234567890]\n"
	  "81 = 10.9.0.5:81\n",
	  6, "unknown key \"81\"" },
};

static void test_bad(void **state)
{
	char text[512];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct nat_conf c;
		struct conf_err err = { 0 };

		snprintf(text, sizeof(text), "%s%s", HEAD, bad[i].text);
		if (parse(&c, text, &err) != -EINVAL || err.line != bad[i].line ||
		    !strstr(err.text, bad[i].reason))
			fail_msg("row %zu: %u: \"%s\", not %u: \"%s\"", i, err.line, err.text,
				 bad[i].line, bad[i].reason);
		assert_null(c.forwards);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_address), cmocka_unit_test(test_address6),
		cmocka_unit_test(test_range),	cmocka_unit_test(test_name),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
