// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "conf.h"
#include "pkt.h"

static const char vmware[] =
	"# Configuration file for ISC 2.0 vmnet-dhcpd operating on vmnet8.\n"
	"###### VMNET DHCP Configuration. Start of \"DO NOT MODIFY SECTION\" #####\n"
	"# Written at: 12/26/2023 10:02:20\n"
	"allow unknown-clients;\n"
	"default-lease-time 1800;                # default is 30 minutes\n"
	"max-lease-time 7200;                    # default is 2 hours\n"
	"subnet 172.16.5.0 netmask 255.255.255.0 {\n"
	"\trange 172.16.5.128 172.16.5.254;\n"
	"\toption broadcast-address 172.16.5.255;\n"
	"\toption domain-name-servers 172.16.5.2;\n"
	"\toption domain-name localdomain;\n"
	"\tdefault-lease-time 1800;                # default is 30 minutes\n"
	"\tmax-lease-time 7200;                    # default is 2 hours\n"
	"\toption netbios-name-servers 172.16.5.2;\n"
	"\toption routers 172.16.5.2;\n"
	"}\n"
	"host vmnet8 {\n"
	"\thardware ethernet 00:50:56:C0:00:08;\n"
	"\tfixed-address 172.16.5.1;\n"
	"\toption domain-name-servers 0.0.0.0;\n"
	"\toption domain-name \"\";\n"
	"\toption routers 0.0.0.0;\n"
	"}\n"
	"####### VMNET DHCP Configuration. End of \"DO NOT MODIFY SECTION\" #######\n";

static int parse(struct dhcp_conf *c, const char *text, struct conf_err *err)
{
	return dhcp_conf_parse(c, text, strlen(text), err);
}

static void test_what_vmware_writes(void **state)
{
	struct conf_err err = { 0 };
	struct dhcp_conf c;
	uint32_t server, one;

	(void)state;
	assert_int_equal(parse(&c, vmware, &err), 0);
	ip4_parse("172.16.5.254", &server);
	ip4_parse("172.16.5.1", &one);
	assert_int_equal(c.server, server);
	assert_true(dhcp_conf_reserved(&c, server));
	assert_true(dhcp_conf_reserved(&c, one));
	assert_int_equal(c.nspans, 1);
	assert_int_equal(dhcp_scope_opt(&c.subnets[0]->scope, 3)->len, 4);
	assert_memory_equal(dhcp_scope_opt(&c.subnets[0]->scope, 15)->data, "localdomain", 11);
	assert_int_equal(c.nhosts, 1);
	assert_int_equal(c.global->value[DHCP_UNKNOWN], DHCP_ALLOW);
	dhcp_conf_done(&c);
}

/* What a user says around the generated part counts as if it stood in it. */
static void test_around_the_generated_part(void **state)
{
	static const char before[] = "option ntp-servers 172.16.5.3;\n";
	static const char after[] =
		"subnet 172.16.6.0 netmask 255.255.255.0 { range 172.16.6.1 172.16.6.9; }\n"
		"host guest { hardware ethernet 00:0c:29:00:00:01; fixed-address 172.16.5.9; }\n"
		"max-lease-time 9000;\n";
	char text[sizeof(before) + sizeof(vmware) + sizeof(after)];
	struct conf_err err = { 0 };
	struct dhcp_conf c;

	(void)state;
	strcpy(stpcpy(stpcpy(text, before), vmware), after);
	assert_int_equal(parse(&c, text, &err), 0);
	assert_int_equal(c.nsubnets, 2);
	assert_int_equal(c.nhosts, 2);
	assert_int_equal(dhcp_scope_opt(c.global, 42)->len, 4);
	assert_int_equal(c.global->value[DHCP_MAX_LEASE], 9000);
	/* Our wire is that of the first subnet. */
	assert_int_equal(c.local->net, c.subnets[0]->net);
	dhcp_conf_done(&c);
}

static char *many_hosts(unsigned int n)
{
	char *text = malloc(n * 96 + 64), *at = text;
	unsigned int i;

	at += sprintf(at, "subnet 10.0.0.0 netmask 255.0.0.0 { range 10.0.0.1 10.255.0.0; }\n");
	for (i = 0; i < n; i++)
		at += sprintf(
			at,
			"host h { hardware ethernet 0:0:0:%x:%x:%x; fixed-address 10.%u.%u.%u; }\n",
			i >> 16, i >> 8 & 255, i & 255, 1 + (i >> 16), i >> 8 & 255, i & 255);
	return text;
}

/* Hosts are found by what they are known by, however many there are. */
static void test_many_hosts(void **state)
{
	const uint8_t mac[6] = { 0, 0, 0, 0, 0x75, 0x2f };
	char *text = many_hosts(30000);
	struct conf_err err = { 0 };
	struct dhcp_conf c;
	uint32_t addr;

	(void)state;
	assert_int_equal(parse(&c, text, &err), 0);
	assert_int_equal(c.nhosts, 30000);
	assert_ptr_equal(dhcp_conf_host(&c, mac, NULL, 0), c.hosts[29999]);
	ip4_parse("10.1.117.47", &addr);
	assert_true(dhcp_conf_reserved(&c, addr));
	ip4_parse("10.1.117.48", &addr);
	assert_false(dhcp_conf_reserved(&c, addr));
	dhcp_conf_done(&c);
	free(text);
}

static void test_options(void **state)
{
	struct conf_err err = { 0 };
	struct dhcp_conf c;
	const struct dhcp_opt *o;

	(void)state;
	assert_int_equal(parse(&c,
			       "option domain-search \"a.example\", \"b\";\n"
			       "option interface-mtu 9000; option routers 10.0.0.1, 10.0.0.2;\n"
			       "next-server 10.0.0.9; filename \"pxelinux.0\";\n"
			       "subnet 10.0.0.0 netmask 255.0.0.0 { }",
			       &err),
			 0);
	o = dhcp_scope_opt(c.global, 119);
	assert_int_equal(o->len, 14);
	assert_memory_equal(o->data, "\1a\7example\0\1b\0", 14);
	assert_memory_equal(dhcp_scope_opt(c.global, 26)->data, "\x23\x28", 2);
	assert_int_equal(dhcp_scope_opt(c.global, 3)->len, 8);
	assert_string_equal(c.global->filename, "pxelinux.0");
	dhcp_conf_done(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_vmware_writes),
		cmocka_unit_test(test_around_the_generated_part),
		cmocka_unit_test(test_many_hosts),
		cmocka_unit_test(test_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
