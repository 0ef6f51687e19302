// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Conditions and classes, against messages of clients.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include "conf.h"

#define NET "\nsubnet 10.0.0.0 netmask 255.0.0.0 { }"

/* user-class "iPXE", vendor class "PXEClient:Arch", architecture 7, agent circuit 1:2 */
static const uint8_t opts[] = { 53,  1,	  1,   0,   77,	 4,   'i', 'P', 'X', 'E',
				60,  14,  'P', 'X', 'E', 'C', 'l', 'i', 'e', 'n',
				't', ':', 'A', 'r', 'c', 'h', 93,  2,	0,   7,
				82,  4,	  1,   2,   1,	 2,   255, 12,	1,   'x' };

static const struct dhcp_client client = { .kinds = DHCP_FOR_KNOWN,
					   .mac = { 0x00, 0x50, 0x56, 1, 2, 3 },
					   .opts = opts,
					   .opts_len = sizeof(opts) };

static void read_text(struct dhcp_conf *c, const char *text)
{
	struct conf_err err = { 0 };
	char whole[4096];

	strcpy(stpcpy(whole, text), NET);
	if (dhcp_conf_parse(c, whole, strlen(whole), &err))
		fail_msg("%s: %u:%u: %s", text, err.line, err.column, err.text);
}

static bool holds(const char *cond, const struct dhcp_client *who)
{
	struct dhcp_conf c;
	struct dhcp_view v;
	char text[512];
	bool yes;

	snprintf(text, sizeof(text),
		 "option arch code 93 = unsigned integer 16;"
		 "if %s { filename \"yes\"; } else { filename \"no\"; }",
		 cond);
	read_text(&c, text);
	v = dhcp_conf_view(&c, NULL, 0, who);
	yes = !strcmp(dhcp_view_filename(&v), "yes");
	if (who)
		assert_true(yes || !strcmp(dhcp_view_filename(&v), "no"));
	dhcp_conf_done(&c);
	return yes;
}

static const struct {
	const char *cond;
	bool holds;
} conds[] = {
	{ "exists user-class and option user-class = \"iPXE\"", true },
	{ "exists host-name", false }, /* behind the end */
	{ "not exists host-name", true },
	{ "not not exists user-class", true },
	{ "! exists user-class", false },
	{ "option user-class = \"iPXEx\"", false },
	{ "option user-class != \"x\"", true },
	{ "option user-class != 69:50:58:45", false },
	{ "substring(option vendor-class-identifier, 0, 9) = \"PXEClient\"", true },
	{ "substring (option vendor-class-identifier, 10, 100) = \"Arch\"", true },
	{ "substring(option vendor-class-identifier, 50, 1) = \"\"", true },
	{ "suffix(option vendor-class-identifier, 4) = \"Arch\"", true },
	{ "option arch = 00:07", true },
	{ "option pxe-system-type = 0:6 or option arch = 0:7", true },
	{ "option arch = 0:6 or exists user-class and option arch = 0:8", false },
	{ "(option arch = 0:6 or exists user-class) and option arch = 0:7", true },
	{ "hardware = 1:0:50:56:1:2:3", true },
	{ "substring(hardware, 1, 3) = 00:50:56", true },
	{ "concat(option user-class, \"-\", option arch) = 69:50:58:45:2d:0:7", true },
	{ "lcase(option user-class) = \"ipxe\"", true },
	{ "ucase(option user-class) = \"IPXE\"", true },
	{ "pick-first-value(option host-name, option user-class) = \"iPXE\"", true },
	{ "option host-name = option domain-name", true }, /* none is there */
	{ "option host-name = \"\"", false },
	{ "option agent.circuit-id = 1:2", true },
	{ "exists agent.remote-id", false },
	{ "option dhcp-message-type = 1", true },
	{ "known", true },
};

static void test_conditions(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(conds) / sizeof(conds[0]); i++)
		if (holds(conds[i].cond, &client) != conds[i].holds)
			fail_msg("%s", conds[i].cond);
	/* Without a client no condition holds, not even a negative one. */
	assert_false(holds("not known", NULL));
}

/* Options that are cut short are not read past their end. */
static void test_torn(void **state)
{
	struct dhcp_client torn = client;

	(void)state;
	for (torn.opts_len = 0; torn.opts_len < 10; torn.opts_len++)
		assert_false(holds("exists user-class", &torn));
	torn.opts_len = 10;
	assert_true(holds("exists user-class", &torn));
}

static const char *file_of(const char *text, const struct dhcp_client *who)
{
	static char name[128];
	struct dhcp_conf c;
	struct dhcp_view v;

	read_text(&c, text);
	v = dhcp_conf_view(&c, NULL, 0, who);
	strcpy(name, dhcp_view_filename(&v));
	dhcp_conf_done(&c);
	return name;
}

#define IF_YES "if known { filename \"if\"; }"
#define IF_NO "if not known { filename \"no\"; }"

static void test_order(void **state)
{
	static const char branches[] =
		"if not known { filename \"1\"; } elsif option user-class = \"x\" { filename "
		"\"2\"; }\n"
		"else if exists user-class { if known { filename \"3\"; } filename \"4\"; }\n"
		"else { filename \"5\"; }";
	struct dhcp_client stranger = { .kinds = DHCP_FOR_UNKNOWN };

	(void)state;
	assert_string_equal(file_of("filename \"a\";" IF_YES, &client), "if");
	assert_string_equal(file_of("filename \"a\";" IF_NO, &client), "a");
	assert_string_equal(file_of(IF_YES "filename \"a\";", &client), "a");
	assert_string_equal(file_of(IF_NO "filename \"a\";", &client), "a");
	assert_string_equal(file_of(IF_YES "filename \"a\";" IF_YES, &client), "if");
	assert_string_equal(file_of(IF_YES "default-lease-time 5;" IF_NO, &client), "if");
	assert_string_equal(file_of(branches, &client), "4");
	assert_string_equal(file_of(branches, &stranger), "1");
}

static void test_classes(void **state)
{
	static const char text[] =
		"filename \"global\";\n"
		"class \"pxe\" { match if substring(option vendor-class-identifier, 0, 3) = "
		"\"PXE\";\n"
		"  filename \"pxe\"; option host-name \"pxe\"; next-server 1.2.3.4; }\n"
		"class \"hw\" { match substring(hardware, 1, 3); option host-name \"hw\"; }\n"
		"subclass \"hw\" 00:50:56 { filename \"vmware\"; }\n"
		"subclass \"hw\" 52:54:00 { filename \"kvm\"; }\n";
	struct dhcp_client other = { .mac = { 0x52, 0x54, 0 } };
	struct dhcp_conf c;
	struct dhcp_view v;

	(void)state;
	assert_string_equal(file_of(text, &client), "vmware");
	assert_string_equal(file_of(text, &other), "kvm");
	other.mac[0] = 0;
	assert_string_equal(file_of(text, &other), "global");
	assert_string_equal(file_of(text, NULL), "global");
	read_text(&c, text);
	v = dhcp_conf_view(&c, NULL, 0, &client);
	assert_memory_equal(dhcp_view_opt(&v, 12)->data, "hw", 2);
	assert_true(dhcp_view_says(&v, DHCP_NEXT_SERVER));
	dhcp_conf_done(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conditions),
		cmocka_unit_test(test_torn),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_classes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
