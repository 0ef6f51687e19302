// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "networking.h"

#define V "VERSION=1,0\n"

static int parse(struct networking *nc, const char *text, struct conf_err *err)
{
	return networking_parse(nc, text, strlen(text), err);
}

static void test_typical(void **state)
{
	struct conf_err err = { 0 };
	struct networking nc;
	char a[NET_ADDR_STRLEN];

	(void)state;
	assert_int_equal(
		parse(&nc,
		      V "answer VNET_1_DHCP yes\r\n"
			"answer VNET_1_DISPLAY_NAME \n"
			"# a comment\n"
			"answer VNET_1_HOSTONLY_NETMASK 255.255.255.0\n"
			"answer VNET_1_HOSTONLY_SUBNET 192.168.12.0\n"
			"answer VNET_1_VIRTUAL_ADAPTER yes\n"
			"answer VNET_8_DHCP yes\n"
			"answer VNET_8_DHCP_CFG_HASH 0123456789012345678901234567890123456789\n"
			"answer VNET_8_HOSTONLY_NETMASK 255.255.255.0\n"
			"answer VNET_8_HOSTONLY_SUBNET 172.16.5.0\n"
			"answer VNET_8_NAT yes\n"
			"answer VNET_8_VIRTUAL_ADAPTER yes\n"
			"add_nat_portfwd 8 tcp 8080 172.16.5.128 80 my web server\n"
			"add_dhcp_mac_to_ip 8 00:0c:29:01:02:03 172.16.5.50\n"
			"add_bridge_mapping eth1 -1",
		      &err),
		0);
	assert_int_equal(networking_auto_bridge(&nc), 0);
	assert_true(networking_is_bridged(&nc, 0));
	assert_true(networking_in_use(&nc, 1));
	assert_false(networking_in_use(&nc, 2));
	assert_int_equal(nc.vnets[8]->nforwards, 1);
	assert_string_equal(nc.vnets[8]->forwards[0].description, "my web server");
	assert_string_equal(net_addr_str(net_vnet_range_first(nc.vnets[8]), a), "172.16.5.128");
	assert_string_equal(net_addr_str(net_vnet_dhcp_addr(nc.vnets[8]), a), "172.16.5.254");
	networking_done(&nc);
}

static void refused(const char *text, unsigned int line, const char *why)
{
	struct conf_err err = { 0 };
	struct networking nc;

	assert_int_not_equal(parse(&nc, text, &err), 0);
	assert_string_equal(err.text, why);
	assert_int_equal(err.line, line);
	assert_true(networking_is_empty(&nc));
}

static void test_mistakes(void **state)
{
	(void)state;
	refused("answer VNET_1_DHCP no\n", 1, "the file must begin with \"VERSION=1,0\"");
	refused(V "frobnicate 1\n", 2, "unknown directive \"frobnicate\"");
	refused(V "answer VNET_1_COLOUR red\n", 2, "unknown answer \"VNET_1_COLOUR\"");
	refused(V "answer VNET_300_DHCP no\n", 2,
		"\"VNET_300_DHCP\" names no network (VNET_0_ to VNET_255_)");
	refused(V "answer VNET_1_DHCP maybe\n", 2, "VNET_1_DHCP is yes or no, not \"maybe\"");
	refused(V "answer VNET_1_DHCP yes\n", 2,
		"vmnet1 has no subnet; add \"answer VNET_1_HOSTONLY_SUBNET\"");
	refused(V "answer VNET_1_DHCP yes\nanswer VNET_1_HOSTONLY_SUBNET 10.1.1.7\n", 3,
		"10.1.1.7 is an address on the subnet, not the subnet itself");
	refused(V "answer VNET_1_DHCP yes\nanswer VNET_1_HOSTONLY_SUBNET 10.1.1.0\n"
		  "answer VNET_1_HOSTONLY_NETMASK 255.0.255.0\n",
		4, "255.0.255.0 is not a netmask of 8 to 29 bits");
	refused(V "answer VNET_1_DHCP yes\nanswer VNET_1_HOSTONLY_SUBNET 10.1.1.0\n"
		  "answer VNET_2_DHCP yes\nanswer VNET_2_HOSTONLY_SUBNET 10.1.1.0\n",
		5, "the subnet overlaps that of vmnet1");
	refused(V "add_nat_portfwd 8 tcp 99999 10.1.1.1 80\n", 2,
		"\"99999\" is not a port (1 to 65535)");
	refused(V "answer VNET_1_IP6_PREFIX fd01::/48\n", 2,
		"\"fd01::/48\" is not an IPv6 prefix of 64 bits");
	refused(V "answer VNET_1_IP6_PREFIX fe80::/64\n", 2,
		"\"fe80::/64\" is not an IPv6 prefix of 64 bits");
	refused(V "answer VNET_1_IP6_PREFIX fd01::/64\n", 2,
		"vmnet1 has no subnet; add \"answer VNET_1_HOSTONLY_SUBNET\"");
	refused(V "answer VNET_1_IP6_PREFIX fd01::/64\nanswer VNET_1_HOSTONLY_SUBNET 10.1.1.0\n"
		  "answer VNET_2_IP6_PREFIX fd01::/64\nanswer VNET_2_HOSTONLY_SUBNET 10.1.2.0\n",
		4, "vmnet1 has that prefix already");
	refused(V "add_bridge_mapping eth0\n", 2, "expected: add_bridge_mapping INTERFACE NETWORK");
}

static void test_bridges(void **state)
{
	struct conf_err err = { 0 };
	struct networking nc;

	(void)state;
	assert_int_equal(parse(&nc, V "answer VNL_DEFAULT_BRIDGE_VNET -1\n", &err), 0);
	assert_int_equal(networking_auto_bridge(&nc), -1);
	assert_false(networking_in_use(&nc, 0));
	networking_done(&nc);
	assert_int_equal(parse(&nc, V "add_bridge_mapping eth0 0\nadd_bridge_mapping eth1 2\n",
			       &err),
			 0);
	assert_int_equal(networking_auto_bridge(&nc), -1);
	assert_true(networking_is_bridged(&nc, 2));
	networking_done(&nc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_typical),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_bridges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
