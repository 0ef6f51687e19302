// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "plan.h"

static void test_subnets_are_free(void **state)
{
	const struct plan_taken taken[] = {
		{ 0xc0a80500U, 0xffffff00U }, /* 192.168.5.0/24 */
		{ 0xc0a80600U, 0xfffffe00U }, /* 192.168.6.0/23 */
	};
	const struct plan_taken all[] = { { 0xc0a80000U, 0xffff0000U },
					  { 0xac100000U, 0xfff00000U } };
	uint32_t out[2];

	(void)state;
	assert_int_equal(plan_subnets(taken, 2, 5, out), 0);
	assert_int_equal(out[0], 0xc0a80800U);
	assert_int_equal(out[1], 0xc0a80900U);
	assert_int_equal(plan_subnets(all, 1, 5, out), 0);
	assert_int_equal(out[0] >> 20, 0xac1);
	assert_int_not_equal(plan_subnets(all, 2, 5, out), 0);
}

static void test_default_is_right(void **state)
{
	struct conf_err err = { 0 };
	struct networking nc;
	char *text = plan_default(0xc0a80800U, 0xc0a80900U);

	(void)state;
	assert_int_equal(networking_parse(&nc, text, strlen(text), &err), 0);
	assert_true(networking_is_bridged(&nc, 0));
	assert_true(networking_in_use(&nc, 1));
	assert_int_equal(nc.vnets[8]->nat, NET_YES);
	networking_done(&nc);
	free(text);
}

/* nat.conf of a network with a prefix, with the NAT and without. */
static void test_prefix(void **state)
{
	static const char text[] = NETWORKING_VERSION "\nanswer VNET_1_IP6_PREFIX fd01::/64\n"
						      "answer VNET_1_HOSTONLY_SUBNET 10.1.1.0\n"
						      "add_nat_portfwd 1 tcp 80 10.1.1.5 80\n"
						      "answer VNET_8_NAT yes\n"
						      "answer VNET_8_IP6_PREFIX fd08::/64\n"
						      "answer VNET_8_HOSTONLY_SUBNET 10.1.8.0\n"
						      "answer VNET_9_IP6_PREFIX fd09::/64\n"
						      "answer VNET_9_IP6_PREFIX\n";
	struct conf_err err = { 0 };
	struct networking nc;
	char *conf;

	(void)state;
	assert_int_equal(networking_parse(&nc, text, strlen(text), &err), 0);
	assert_true(net_vnet_advertises(nc.vnets[1]));
	assert_false(net_vnet_advertises(nc.vnets[8]));
	assert_false(net_vnet_advertises(nc.vnets[9]));
	conf = plan_nat_conf(nc.vnets[1]);
	assert_non_null(strstr(conf, "natIp6Enable = 1\nnatIp6Prefix = fd01::/64\n"));
	assert_null(strstr(conf, "incoming"));
	free(conf);
	conf = plan_nat_conf(nc.vnets[8]);
	assert_non_null(strstr(conf, "natIp6Prefix = fd08::/64\n"));
	assert_non_null(strstr(conf, "[incomingtcp]\n"));
	free(conf);
	networking_done(&nc);
}

static void test_text_around_is_kept(void **state)
{
	char *one, *two, *three, *user;
	bool edited;

	(void)state;
	one = plan_merge(NULL, "a = 1\n", &edited);
	assert_false(edited);
	user = malloc(strlen(one) + 64);
	strcpy(user, "# mine above\n");
	strcat(user, one);
	strcat(user, "# mine below\n");
	two = plan_merge(user, "a = 2\n", &edited);
	assert_false(edited);
	assert_non_null(strstr(two, "# mine above\n"));
	assert_non_null(strstr(two, "# mine below\n"));
	assert_non_null(strstr(two, "a = 2\n"));
	assert_null(strstr(two, "a = 1\n"));
	*strstr(two, "a = 2") = 'b';
	three = plan_merge(two, "a = 3\n", &edited);
	assert_true(edited);
	free(one);
	free(two);
	free(three);
	free(user);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_subnets_are_free),
		cmocka_unit_test(test_default_is_right),
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_text_around_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
