// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "options.h"

static char why[128];
static char line[512];

/* Parse a command line given as a text. */
static enum options_result parse(struct options *o, const char *text)
{
	static char *argv[40];
	int argc = 0;
	char *p;

	strcpy(line, text);
	argv[argc++] = (char *)"vmnet-bridge";
	for (p = strtok(line, " "); p; p = strtok(NULL, " "))
		argv[argc++] = p;
	argv[argc] = NULL;
	why[0] = '\0';
	return options_parse(o, argc, argv, why, sizeof(why));
}

static void wrong(const char *text, const char *reason)
{
	struct options o;

	assert_int_equal(parse(&o, text), OPTIONS_WRONG);
	assert_string_equal(why, reason);
	options_done(&o);
}

static void test_new_form(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(parse(&o, "-s 5 -d /run/x.pid -n 12 -e eth0 -e eth1 -e eth0 -1 wlan0"),
			 OPTIONS_RUN);
	assert_string_equal(o.node, "/dev/vmnet12");
	assert_int_equal(o.vnet, 12);
	assert_int_equal(o.level, 5);
	assert_false(o.follow);
	assert_string_equal(o.pidfile, "/run/x.pid");
	assert_int_equal(o.rules.nonly, 0);
	assert_int_equal(o.rules.nexcept, 2);
	assert_string_equal(o.rules.except[1], "eth1");
	assert_int_equal(o.nsingle, 1);
	options_done(&o);
	/* Glued, as VMware's starter does it. */
	assert_int_equal(parse(&o, "-n0 -ieth0 -iwlan0 -1wlan0 -d/run/x.pid"), OPTIONS_RUN);
	assert_string_equal(o.node, "/dev/vmnet0");
	assert_int_equal(o.level, 6);
	assert_string_equal(o.pidfile, "/run/x.pid");
	assert_int_equal(o.rules.nonly, 2);
	assert_string_equal(o.rules.only[1], "wlan0");
	assert_string_equal(o.single_mac[0], "wlan0");
	options_done(&o);
}

static void test_old_form(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(parse(&o, "-d /var/run/vmnet-bridge-0.pid /dev/vmnet7 eth0"), OPTIONS_RUN);
	assert_string_equal(o.node, "/dev/vmnet7");
	assert_int_equal(o.vnet, 7);
	assert_int_equal(o.rules.nonly, 1);
	assert_string_equal(o.rules.only[0], "eth0");
	options_done(&o);
	assert_int_equal(parse(&o, "-f /dev/vmnet7 eth0"), OPTIONS_RUN);
	assert_true(o.follow);
	options_done(&o);
	assert_int_equal(parse(&o, "-n 7 --follow -i eth0"), OPTIONS_RUN);
	assert_true(o.follow);
	assert_int_equal(o.vnet, 7);
	options_done(&o);
	/* A node of another name is one too. */
	assert_int_equal(parse(&o, "/tmp/mine eth0"), OPTIONS_RUN);
	assert_string_equal(o.node, "/tmp/mine");
	assert_int_equal(o.vnet, -1);
	options_done(&o);
}

static void test_questions(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(parse(&o, "--help"), OPTIONS_HELP);
	options_done(&o);
	assert_int_equal(parse(&o, "-n 0 -h"), OPTIONS_HELP);
	options_done(&o);
	assert_int_equal(parse(&o, "-s 6 --version"), OPTIONS_VERSION);
	options_done(&o);
}

static void test_mistakes(void **state)
{
	(void)state;
	wrong("", "which network? -n NUMBER says it");
	wrong("-i eth0", "which network? -n NUMBER says it");
	wrong("-n 256", "\"256\" is not the number of a network (0 to 255)");
	wrong("-n -1", "\"-1\" is not the number of a network (0 to 255)");
	wrong("-n 1x", "\"1x\" is not the number of a network (0 to 255)");
	wrong("-n 99999999999999999999",
	      "\"99999999999999999999\" is not the number of a network (0 to 255)");
	wrong("-n", "-n needs a value");
	wrong("-n 0 -s 8", "\"8\" is not a syslog level (0 to 7)");
	wrong("-n 0 -s info", "\"info\" is not a syslog level (0 to 7)");
	wrong("-n 0 -x", "-x is not an option");
	wrong("-n 0 --frob", "--frob is not an option");
	wrong("-n 0 -f eth0", "\"eth0\": -n takes no more words; -i IF names an interface");
	wrong("-n 0 -i eth0/1", "\"eth0/1\" is not the name of an interface");
	wrong("-n 0 -e a2345678901234567", "\"a2345678901234567\" is not the name of an interface");
	wrong("-n 0 eth0", "\"eth0\": -n takes no more words; -i IF names an interface");
	wrong("-n 0 -i eth0 -e eth0", "eth0: only this one, or never?");
	wrong("/dev/vmnet0", "expected: a node and an interface, or -n NUMBER");
	wrong("/dev/vmnet0 eth0 eth1", "expected: a node and an interface, or -n NUMBER");
	wrong("vmnet0 eth0", "\"vmnet0\" is not the path of a node");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new_form),
		cmocka_unit_test(test_old_form),
		cmocka_unit_test(test_questions),
		cmocka_unit_test(test_mistakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
