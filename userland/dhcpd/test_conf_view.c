// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whose word counts, and for whom.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include "conf.h"
#include "pkt.h"

static uint32_t ip(const char *text)
{
	uint32_t be;

	assert_int_equal(ip4_parse(text, &be), 0);
	return be;
}

static void read_text(struct dhcp_conf *c, const char *text)
{
	struct conf_err err = { 0 };

	if (dhcp_conf_parse(c, text, strlen(text), &err))
		fail_msg("%u:%u: %s", err.line, err.column, err.text);
}

static const char scopes[] =
	"default-lease-time 1; max-lease-time 1000; filename \"global\";\n"
	"option host-name \"global\"; option domain-name \"global\";\n"
	"shared-network n {\n"
	"  default-lease-time 2;\n"
	"  subnet 10.0.0.0 netmask 255.255.255.0 { default-lease-time 3; range 10.0.0.9; }\n"
	"  subnet 10.0.1.0 netmask 255.255.255.0 { }\n"
	"  pool { default-lease-time 4; max-lease-time 500; range 10.0.1.9; next-server 1.2.3.4; "
	"}\n"
	"}\n"
	"group { default-lease-time 5; option host-name \"group\"; authoritative;\n"
	"  group { filename \"inner\";\n"
	"    host a { hardware ethernet 0:0:0:0:0:1; server-name \"a\"; }\n"
	"    host b { hardware ethernet 0:0:0:0:0:2; default-lease-time infinite;\n"
	"      option dhcp-client-identifier \"b\"; fixed-address 10.0.0.2, 10.0.1.2; }\n"
	"  }\n"
	"  subnet 10.0.2.0 netmask 255.255.255.0 { server-identifier 10.0.2.5; range 10.0.2.5 "
	"10.0.2.6; }\n"
	"}\n";

static uint32_t lease_time(const struct dhcp_conf *c, unsigned int host, const char *addr)
{
	const struct dhcp_host *h = host < c->nhosts ? c->hosts[host] : NULL;
	struct dhcp_view v = dhcp_conf_view(c, h, ip(addr), NULL);

	return dhcp_view_number(&v, DHCP_DEFAULT_LEASE);
}

static void test_scopes(void **state)
{
	struct dhcp_conf c;
	struct dhcp_view v;

	(void)state;
	read_text(&c, scopes);
	assert_int_equal(lease_time(&c, 9, "10.0.0.1"), 3);
	assert_int_equal(lease_time(&c, 9, "10.0.1.1"), 2);
	assert_int_equal(lease_time(&c, 9, "10.0.1.9"), 4);
	assert_int_equal(lease_time(&c, 9, "10.0.2.9"), 5);
	assert_int_equal(lease_time(&c, 9, "11.0.0.1"), 3);
	/* A host and its groups first, but not what is global. */
	assert_int_equal(lease_time(&c, 0, "10.0.1.9"), 5);
	assert_int_equal(lease_time(&c, 1, "10.0.1.9"), UINT32_MAX);
	v = dhcp_conf_view(&c, c.hosts[0], ip("10.0.1.9"), NULL);
	assert_string_equal(dhcp_view_filename(&v), "inner");
	assert_string_equal(dhcp_view_server_name(&v), "a");
	assert_int_equal(dhcp_view_number(&v, DHCP_NEXT_SERVER), ip("1.2.3.4"));
	assert_int_equal(dhcp_view_number(&v, DHCP_MAX_LEASE), 500);
	assert_memory_equal(dhcp_view_opt(&v, 12)->data, "group", 5);
	assert_memory_equal(dhcp_view_opt(&v, 15)->data, "global", 6);
	assert_null(dhcp_view_opt(&v, 3));
	assert_true(dhcp_view_says(&v, DHCP_AUTHORITATIVE));
	assert_false(dhcp_view_says(&v, DHCP_PING_CHECK));
	assert_int_equal(dhcp_view_number(&v, DHCP_PING_CHECK), 1);
	v = dhcp_conf_view(&c, NULL, ip("10.0.1.1"), NULL);
	assert_string_equal(dhcp_view_filename(&v), "global");
	assert_string_equal(dhcp_view_server_name(&v), "");
	assert_false(dhcp_view_says(&v, DHCP_AUTHORITATIVE));
	assert_int_equal(dhcp_conf_longest(&c), 24 * 3600);
	dhcp_conf_done(&c);
}

static void test_places(void **state)
{
	struct dhcp_conf c;

	(void)state;
	read_text(&c, scopes);
	assert_int_equal(c.server, ip("10.0.0.254"));
	assert_string_equal(c.networks[0]->name, "n");
	assert_string_equal(c.networks[1]->name, "10.0.2.0/24");
	assert_ptr_equal(dhcp_conf_subnet(&c, ip("10.0.1.255"))->network, c.networks[0]);
	assert_null(dhcp_conf_subnet(&c, ip("10.0.3.0")));
	assert_ptr_equal(dhcp_conf_pool(&c, ntohl(ip("10.0.1.9")))->network, c.networks[0]);
	assert_null(dhcp_conf_pool(&c, ntohl(ip("10.0.1.8"))));
	assert_true(dhcp_conf_is_local(&c, ip("10.0.1.1")));
	assert_false(dhcp_conf_is_local(&c, ip("10.0.2.1")));
	assert_true(dhcp_conf_reserved(&c, ip("10.0.1.2")));
	assert_true(dhcp_conf_reserved(&c, ip("10.0.1.0")));
	assert_true(dhcp_conf_reserved(&c, ip("10.0.2.255")));
	assert_true(dhcp_conf_reserved(&c, ip("10.0.0.254")));
	assert_false(dhcp_conf_reserved(&c, ip("10.0.1.254")));
	/* The server's own there, though we are not there. */
	assert_true(dhcp_conf_reserved(&c, ip("10.0.2.5")));
	assert_false(dhcp_conf_reserved(&c, ip("10.0.2.6")));
	assert_int_equal(dhcp_conf_set_local(&c, ip("10.0.2.7")), 0);
	assert_int_equal(c.server, ip("10.0.2.5"));
	assert_int_not_equal(dhcp_conf_set_local(&c, ip("11.0.2.7")), 0);
	assert_false(dhcp_conf_is_local(&c, ip("10.0.1.1")));
	dhcp_conf_done(&c);
	read_text(&c, "subnet 10.0.0.0 netmask 255.0.0.0 { server-identifier 10.0.0.5; }");
	assert_int_equal(c.server, ip("10.0.0.5"));
	dhcp_conf_done(&c);
}

static void test_hosts(void **state)
{
	static const uint8_t mac[6] = { 0, 0, 0, 0, 0, 1 }, other[6] = { 1 };
	struct dhcp_conf c;

	(void)state;
	read_text(&c, scopes);
	assert_string_equal(dhcp_conf_host(&c, mac, NULL, 0)->name, "a");
	assert_string_equal(dhcp_conf_host(&c, mac, (const uint8_t *)"b", 1)->name, "b");
	assert_string_equal(dhcp_conf_host(&c, mac, (const uint8_t *)"c", 1)->name, "a");
	assert_null(dhcp_conf_host(&c, other, NULL, 0));
	assert_int_equal(c.hosts[1]->naddrs, 2);
	assert_int_equal(c.hosts[1]->addrs[1], ip("10.0.1.2"));
	dhcp_conf_done(&c);
}

static const char settings[] =
	"ping-check off; ping-timeout 2; one-lease-per-client on; ignore-client-uids true;\n"
	"always-broadcast on; use-host-decl-names on; rapid-commit off; deny bootp;\n"
	"ignore booting; boot-unknown-clients off; declines ignore; not authoritative;\n"
	"log-facility local7; always-reply-rfc1048 true; allow client-updates;\n"
	"subnet 10.0.0.0 netmask 255.0.0.0 { ping-timeout-ms 20; allow unknown-clients;\n"
	"  deny duplicates; authoritative; min-lease-time 7; }\n";

static void test_settings(void **state)
{
	static const struct {
		enum dhcp_setting what;
		uint32_t value;
	} wanted[] = {
		{ DHCP_PING_CHECK, 0 },		{ DHCP_PING_TIMEOUT, 20 },
		{ DHCP_ONE_LEASE, 1 },		{ DHCP_IGNORE_IDS, 1 },
		{ DHCP_ALWAYS_BROADCAST, 1 },	{ DHCP_HOST_NAMES, 1 },
		{ DHCP_RAPID_COMMIT, 0 },	{ DHCP_BOOTP, DHCP_DENY },
		{ DHCP_BOOTING, DHCP_IGNORE },	{ DHCP_UNKNOWN, DHCP_ALLOW },
		{ DHCP_DECLINES, DHCP_IGNORE }, { DHCP_DUPLICATES, DHCP_DENY },
		{ DHCP_AUTHORITATIVE, 1 },	{ DHCP_MIN_LEASE, 7 },
	};
	struct dhcp_conf c;
	struct dhcp_view v;
	size_t i;

	(void)state;
	read_text(&c, settings);
	assert_int_equal(c.nwarnings, 0);
	v = dhcp_conf_view(&c, NULL, 0, NULL);
	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		assert_int_equal(dhcp_view_number(&v, wanted[i].what), wanted[i].value);
	assert_int_equal(c.global->value[DHCP_PING_TIMEOUT], 2000);
	assert_int_equal(c.global->value[DHCP_UNKNOWN], DHCP_DENY);
	dhcp_conf_done(&c);
}

static const char pools[] =
	"class \"p\" { match if substring(option vendor-class-identifier, 0, 3) = \"PXE\"; }\n"
	"class \"m\" { match hardware; } subclass \"m\" 1:0:0:0:0:0:1;\n"
	"subnet 10.0.0.0 netmask 255.0.0.0 {\n"
	"  pool { range 10.0.0.1; }\n"
	"  pool { range 10.0.0.2; allow known-clients; }\n"
	"  pool { range 10.0.0.3; deny known clients; }\n"
	"  pool { range dynamic-bootp 10.0.0.4; }\n"
	"  pool { range 10.0.0.5; allow dynamic bootp clients; }\n"
	"  pool { range 10.0.0.6; allow members of \"p\"; }\n"
	"  pool { range 10.0.0.7; deny members of \"m\"; }\n"
	"  pool { range 10.0.0.8; deny all clients; }\n"
	"  range 10.0.0.9; range 10.0.0.20; range dynamic-bootp 10.0.0.10;\n"
	"}\n";

static unsigned int permitted(const struct dhcp_conf *c, const struct dhcp_client *client)
{
	unsigned int i, mask = 0;

	for (i = 1; i <= 10; i++)
		if (dhcp_pool_permits(dhcp_conf_pool(c, 0x0a000000 + i), client))
			mask |= 1U << i;
	return mask;
}

#define BIT(n) (1U << (n))

static void test_pools(void **state)
{
	static const uint8_t pxe[] = { 60, 3, 'P', 'X', 'E', 255 };
	struct dhcp_client client = { .kinds = DHCP_FOR_UNKNOWN };
	struct dhcp_conf c;

	(void)state;
	read_text(&c, pools);
	assert_int_equal(c.npools, 10);
	assert_int_equal(permitted(&c, &client),
			 BIT(1) | BIT(3) | BIT(4) | BIT(7) | BIT(9) | BIT(10));
	client.kinds = DHCP_FOR_KNOWN;
	assert_int_equal(permitted(&c, &client),
			 BIT(1) | BIT(2) | BIT(4) | BIT(7) | BIT(9) | BIT(10));
	client.kinds = DHCP_FOR_KNOWN | DHCP_FOR_BOOTP;
	assert_int_equal(permitted(&c, &client), BIT(4) | BIT(5) | BIT(10));
	client = (struct dhcp_client){ .kinds = DHCP_FOR_UNKNOWN,
				       .mac = { 0, 0, 0, 0, 0, 1 },
				       .opts = pxe,
				       .opts_len = sizeof(pxe) };
	assert_int_equal(permitted(&c, &client),
			 BIT(1) | BIT(3) | BIT(4) | BIT(6) | BIT(9) | BIT(10));
	dhcp_conf_done(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scopes), cmocka_unit_test(test_places),
		cmocka_unit_test(test_hosts),  cmocka_unit_test(test_settings),
		cmocka_unit_test(test_pools),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
