// SPDX-License-Identifier: GPL-2.0-or-later
/* The command line: VMware's, ours, and what is wrong with others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "args.h"

static struct args a;
static char why[128];

/* Words are separated by blanks. */
static int parse(const char *line)
{
	static char text[256], name[] = "vmnet-dhcpd", *argv[32];
	int argc = 0;
	char *word;

	strcpy(text, line);
	argv[argc++] = name;
	for (word = strtok(text, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	why[0] = '\0';
	return args_parse(&a, argc, argv, why, sizeof(why));
}

static void test_vmware(void **state)
{
	(void)state;
	assert_int_equal(parse("-s 6 -cf /c -lf /l -pf /p vmnet8"), 0);
	assert_string_equal(a.conf, "/c");
	assert_string_equal(a.leases, "/l");
	assert_string_equal(a.pidfile, "/p");
	assert_string_equal(a.network, "vmnet8");
	assert_int_equal(a.level, 6);
	assert_int_equal(a.fd, -1);
	assert_false(a.foreground || a.test || a.any_source);
}

static void test_ours(void **state)
{
	(void)state;
	assert_int_equal(parse("-cf c -lf l --interface eth0 --user x -d --any-source"), 0);
	assert_string_equal(a.iface, "eth0");
	assert_string_equal(a.user, "x");
	assert_true(a.foreground && a.any_source);
	assert_int_equal(parse("-cf c -lf l --fd 3 name"), 0);
	assert_int_equal(a.fd, 3);
	assert_int_equal(parse("-t -cf c"), 0);
	assert_true(a.test);
	assert_int_equal(parse("--help"), 0);
	assert_int_equal(parse("--version"), 0);
}

static void test_wrong(void **state)
{
	static const struct {
		const char *line, *why;
	} wrong[] = {
		{ "", "-cf CONF is missing" },
		{ "-cf", "-cf needs a value" },
		{ "-cf c", "-lf LEASES is missing" },
		{ "-cf c -lf l", "which network? give vmnetN, --interface, --tap or --fd" },
		{ "-cf c -lf l -s x vmnet8", "-s needs a number" },
		{ "-cf c -lf l -s -1 vmnet8", "-s needs a number" },
		{ "-cf c -lf l -s 99999999999999999999 vmnet8", "-s needs a number" },
		{ "-cf c -lf l -s 8 vmnet8", "-s is a level from 0 to 7" },
		{ "-cf c -lf l vmnet8 vmnet9", "one network; 'vmnet9' is a second" },
		{ "-cf c -lf l --wrong vmnet8", "unknown option '--wrong'" },
		{ "-cf c -lf l --tap t --fd 3", "only one of --interface, --tap and --fd" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_true(parse(wrong[i].line) < 0);
		assert_string_equal(why, wrong[i].why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vmware),
		cmocka_unit_test(test_ours),
		cmocka_unit_test(test_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
