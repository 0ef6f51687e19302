// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <net/if_arp.h>
#include <sys/socket.h>
#include "choose.h"

#define UP (IFF_UP | IFF_RUNNING)

static const struct nl_link links[] = {
	{ .index = 1, .name = "lo", .flags = UP | IFF_LOOPBACK, .type = ARPHRD_LOOPBACK },
	{ .index = 2, .name = "eth0", .flags = UP, .type = ARPHRD_ETHER },
	{ .index = 3, .name = "wlan0", .flags = UP, .type = ARPHRD_ETHER },
	{ .index = 4, .name = "docker0", .flags = UP, .type = ARPHRD_ETHER, .kind = "bridge" },
	{ .index = 5, .name = "veth12", .flags = UP, .type = ARPHRD_ETHER, .kind = "veth" },
	{ .index = 6, .name = "eth1", .flags = 0, .type = ARPHRD_ETHER },
	{ .index = 7, .name = "vmnet8", .flags = UP, .type = ARPHRD_ETHER, .kind = "vmnet" },
};
#define NLINKS (sizeof(links) / sizeof(links[0]))

static int choose(const struct choose_rules *rules, const struct nl_route *routes, size_t n,
		  int current)
{
	return choose_best(rules, links, NLINKS, routes, n, current);
}

static void test_default_route_decides(void **state)
{
	const struct nl_route r[] = {
		{ .family = AF_INET, .bits = 24, .oif = 3 },
		{ .family = AF_INET, .oif = 3, .metric = 600 },
		{ .family = AF_INET, .oif = 2, .metric = 100 },
		{ .family = AF_INET6, .oif = 3, .metric = 1 },
	};
	struct choose_rules none = { .nonly = 0 };

	(void)state;
	assert_int_equal(choose(&none, r, 4, 0), 2);
	assert_int_equal(choose(&none, r, 2, 2), 3);
	assert_int_equal(choose(&none, r + 3, 1, 0), 3);
	assert_int_equal(choose(&none, r, 1, 0), 0);
}

static void test_virtual_is_never_chosen(void **state)
{
	const struct nl_route r[] = {
		{ .family = AF_INET, .oif = 4 },
		{ .family = AF_INET, .oif = 5 },
		{ .family = AF_INET, .oif = 7 },
		{ .family = AF_INET, .oif = 6 },
	};
	struct choose_rules none = { .nonly = 0 };
	struct choose_rules pin = { .only = { "veth12" }, .nonly = 1 };

	(void)state;
	assert_int_equal(choose(&none, r, 4, 0), 0);
	assert_int_equal(choose(&pin, r, 4, 0), 5);
}

static void test_pinned_needs_no_route(void **state)
{
	struct choose_rules pin = { .only = { "eth1", "wlan0" }, .nonly = 2 };

	(void)state;
	assert_int_equal(choose(&pin, NULL, 0, 0), 3);
	assert_int_equal(choose(&pin, NULL, 0, 2), 3);
}

static void test_excluded(void **state)
{
	const struct nl_route r[] = {
		{ .family = AF_INET, .oif = 2 },
		{ .family = AF_INET, .oif = 3, .metric = 5 },
	};
	struct choose_rules no = { .except = { "eth0" }, .nexcept = 1 };

	(void)state;
	assert_int_equal(choose(&no, r, 2, 2), 3);
	assert_int_equal(choose(&no, r, 1, 2), 0);
}

static void test_stays_without_a_route(void **state)
{
	struct choose_rules none = { .nonly = 0 };

	(void)state;
	assert_int_equal(choose(&none, NULL, 0, 2), 2);
	assert_int_equal(choose(&none, NULL, 0, 6), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default_route_decides),
		cmocka_unit_test(test_virtual_is_never_chosen),
		cmocka_unit_test(test_pinned_needs_no_route),
		cmocka_unit_test(test_excluded),
		cmocka_unit_test(test_stays_without_a_route),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
