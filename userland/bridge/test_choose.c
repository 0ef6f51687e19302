// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/socket.h>
#include "choose.h"

#define UP (IFF_UP | IFF_RUNNING)
#define ETHER .type = ARPHRD_ETHER
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum { LO = 1, ETH0, WLAN0, DOCKER0, VETH12, ETH1, VMNET8, TUN0, TAP0, BR0, BR_DOCKER, BR_LAN };

/* A laptop with much on it. */
static const struct nl_link laptop[] = {
	{ .index = LO, .name = "lo", .flags = UP | IFF_LOOPBACK, .type = ARPHRD_LOOPBACK },
	{ .index = ETH0, .name = "eth0", .flags = UP, ETHER, .hardware = true },
	{ .index = WLAN0, .name = "wlan0", .flags = UP, ETHER, .hardware = true },
	{ .index = DOCKER0, .name = "docker0", .flags = UP, ETHER, .kind = "bridge" },
	{ .index = VETH12, .name = "veth12", .flags = UP, ETHER, .kind = "veth", .master = 4 },
	{ .index = ETH1, .name = "eth1", .flags = 0, ETHER, .hardware = true },
	{ .index = VMNET8, .name = "vmnet8", .flags = UP, ETHER, .kind = "vmnet" },
	{ .index = TUN0, .name = "tun0", .flags = UP, .type = ARPHRD_NONE, .kind = "tun" },
	{ .index = TAP0, .name = "vpn", .flags = UP, ETHER, .kind = "tun" },
	{ .index = BR0, .name = "br0", .flags = UP, ETHER, .kind = "bridge" },
	{ .index = BR_DOCKER, .name = "br-0123456789ab", .flags = UP, ETHER, .kind = "bridge" },
	{ .index = BR_LAN, .name = "br-lan", .flags = UP, ETHER, .kind = "bridge" },
	{ .index = 20, .name = "lan1", .flags = UP, ETHER, .hardware = true, .master = BR_LAN },
	{ .index = 21, .name = "vethx", .flags = UP, ETHER, .kind = "veth", .master = BR0 },
};

static int choose_in(const struct nl_link *links, size_t nlinks, const struct choose_rules *rules,
		     const struct nl_route *routes, size_t n, int current)
{
	const struct choose_rules none = { 0 };
	const struct choose_world w = { links, nlinks, routes, n };

	return choose_best(rules ? rules : &none, &w, current);
}

static int choose(const struct choose_rules *rules, const struct nl_route *routes, size_t n,
		  int current)
{
	return choose_in(laptop, COUNT(laptop), rules, routes, n, current);
}

static void test_default_route_decides(void **state)
{
	const struct nl_route r[] = {
		{ .family = AF_INET, .bits = 24, .oif = WLAN0 },
		{ .family = AF_INET, .oif = WLAN0, .metric = 600 },
		{ .family = AF_INET, .oif = ETH0, .metric = 100 },
		{ .family = AF_INET6, .oif = WLAN0, .metric = 1 },
	};

	(void)state;
	assert_int_equal(choose(NULL, r, 4, 0), ETH0);
	assert_int_equal(choose(NULL, r, 4, WLAN0), ETH0);
	assert_int_equal(choose(NULL, r, 2, ETH0), WLAN0);
	assert_int_equal(choose(NULL, r + 3, 1, 0), WLAN0);
	/* A route that is no default one decides nothing. */
	assert_int_equal(choose(NULL, r, 1, ETH0), ETH0);
}

/* Wi-Fi that comes up after Ethernet takes nothing. */
static void test_equal_metrics_change_nothing(void **state)
{
	const struct nl_route r[] = {
		{ .family = AF_INET, .oif = WLAN0 },
		{ .family = AF_INET, .oif = ETH0 },
	};

	(void)state;
	assert_int_equal(choose(NULL, r, 2, ETH0), ETH0);
	assert_int_equal(choose(NULL, r, 2, WLAN0), WLAN0);
	assert_int_equal(choose(NULL, r, 2, 0), WLAN0);
}

static void test_virtual_is_never_chosen(void **state)
{
	static const int virtual[] = { LO,   DOCKER0, VETH12, VMNET8,	 TUN0,
				       TAP0, BR0,     ETH1,   BR_DOCKER, 77 };
	static const char *vpn[] = { "vpn" };
	struct choose_rules pin = { .only = vpn, .nonly = 1 };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(virtual); i++) {
		const struct nl_route r[] = {
			{ .family = AF_INET, .oif = virtual[i] },
			{ .family = AF_INET, .oif = WLAN0, .metric = 900 },
		};

		/* A VPN, or whatever, takes the default route: nothing moves. */
		assert_int_equal(choose(NULL, r, 1, ETH0), ETH0);
		assert_int_equal(choose(NULL, r, 2, 0), WLAN0);
	}
	assert_int_equal(choose(&pin, NULL, 0, 0), TAP0);
}

static void test_bridge_with_a_nic_is_one(void **state)
{
	const struct nl_route r = { .family = AF_INET, .oif = BR_LAN };

	(void)state;
	assert_int_equal(choose(NULL, &r, 1, ETH0), BR_LAN);
}

/* ... and bond, vlan, team; never macvlan, dummy, ifb, vxlan, wireguard. */
static void test_kinds(void **state)
{
	static const char *const good[] = { "bond", "vlan", "team", "veth" };
	static const char *const bad[] = { "",	    "macvlan", "dummy", "ifb",
					   "vxlan", "macvtap", "vrf",	"geneve" };
	const struct nl_route r = { .family = AF_INET, .oif = 3 };
	struct nl_link l = { .index = 3, .name = "x0", .flags = UP, ETHER };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(good); i++) {
		strcpy(l.kind, good[i]);
		assert_int_equal(choose_in(&l, 1, NULL, &r, 1, 0), 3);
	}
	for (i = 0; i < COUNT(bad); i++) {
		strcpy(l.kind, bad[i]);
		assert_int_equal(choose_in(&l, 1, NULL, &r, 1, 0), 0);
	}
	l.hardware = true;
	assert_int_equal(choose_in(&l, 1, NULL, &r, 1, 0), 3);
}

static void test_names(void **state)
{
	static const char *const bad[] = { "docker1",	"virbr0-nic", "vethabc", "vmnet1",
					   "vboxnet0",	"lxcbr0",     "lxdbr0",	 "incusbr0",
					   "tap3",	"vnet5",      "podman0", "cni0",
					   "cali12345", "ve-web",     "vz-lan",	 "kube-ipvs0" };
	static const char *const good[] = { "eth0", "enp3s0f1", "br-lan", "lan1", "bridge0" };
	const struct nl_route r = { .family = AF_INET, .oif = 3 };
	struct nl_link l = { .index = 3, .flags = UP, ETHER, .kind = "veth" };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++) {
		strcpy(l.name, bad[i]);
		assert_int_equal(choose_in(&l, 1, NULL, &r, 1, 0), 0);
	}
	for (i = 0; i < COUNT(good); i++) {
		strcpy(l.name, good[i]);
		assert_int_equal(choose_in(&l, 1, NULL, &r, 1, 0), 3);
	}
}

static void test_pinned_needs_no_route(void **state)
{
	static const char *names[] = { "eth1", "wlan0", "eth0" };
	const struct nl_route r[] = {
		{ .family = AF_INET, .oif = ETH0 },
		{ .family = AF_INET, .oif = BR_LAN },
	};
	struct choose_rules pin = { .only = names, .nonly = 2 };

	(void)state;
	assert_int_equal(choose(&pin, NULL, 0, 0), WLAN0);
	assert_int_equal(choose(&pin, NULL, 0, ETH0), WLAN0);
	assert_int_equal(choose(&pin, NULL, 0, ETH1), WLAN0);
	assert_int_equal(choose(&pin, r, 2, WLAN0), WLAN0);
	pin.nonly = 3;
	assert_int_equal(choose(&pin, r, 2, WLAN0), ETH0);
	assert_int_equal(choose(&pin, r + 1, 1, ETH0), ETH0);
	/* Of those that are pinned none is up. */
	pin.nonly = 1;
	assert_int_equal(choose(&pin, r, 2, 0), 0);
	assert_int_equal(choose(&pin, r, 2, ETH1), ETH1);
}

static void test_excluded(void **state)
{
	static const char *names[] = { "eth0", "br-lan" };
	const struct nl_route r[] = {
		{ .family = AF_INET, .oif = ETH0 },
		{ .family = AF_INET, .oif = WLAN0, .metric = 5 },
	};
	struct choose_rules no = { .except = names, .nexcept = 2 };

	(void)state;
	assert_int_equal(choose(&no, r, 2, ETH0), WLAN0);
	assert_int_equal(choose(&no, r, 1, WLAN0), WLAN0);
	assert_int_equal(choose(&no, r, 1, ETH0), WLAN0);
}

static void test_stays_without_a_route(void **state)
{
	struct nl_link links[COUNT(laptop)];

	(void)state;
	assert_int_equal(choose(NULL, NULL, 0, WLAN0), WLAN0);
	/* Down, it is waited for. */
	assert_int_equal(choose(NULL, NULL, 0, ETH1), ETH1);
	/* Gone, the first NIC with a link; a port of a bridge is none. */
	assert_int_equal(choose(NULL, NULL, 0, 99), ETH0);
	memcpy(links, laptop, sizeof(links));
	links[1].flags = IFF_UP;
	links[2].master = 99;
	assert_int_equal(choose_in(links, COUNT(links), NULL, NULL, 0, 0), BR_LAN);
	links[12].kind[0] = 'x';
	links[12].hardware = false;
	assert_int_equal(choose_in(links, COUNT(links), NULL, NULL, 0, 0), 0);
}

static void test_link_before_none(void **state)
{
	static const char *names[] = { "eth0", "wlan0" };
	struct choose_rules pin = { .only = names, .nonly = 2 };
	const struct nl_route r[] = {
		{ .family = AF_INET, .oif = ETH0, .metric = 100 },
		{ .family = AF_INET6, .oif = WLAN0, .metric = 600 },
	};
	struct nl_link links[COUNT(laptop)];

	(void)state;
	memcpy(links, laptop, sizeof(links));
	links[1].flags = IFF_UP;
	assert_int_equal(choose_in(links, COUNT(links), NULL, r, 2, ETH0), WLAN0);
	assert_int_equal(choose_in(links, COUNT(links), NULL, r, 1, 0), ETH0);
	assert_int_equal(choose_in(links, COUNT(links), NULL, r, 1, WLAN0), WLAN0);
	assert_int_equal(choose_in(links, COUNT(links), &pin, r, 1, 0), WLAN0);
	assert_int_equal(choose_in(links, COUNT(links), &pin, r, 1, ETH0), WLAN0);
	links[2].flags = IFF_UP;
	assert_int_equal(choose_in(links, COUNT(links), &pin, r, 1, WLAN0), ETH0);
	links[1].flags = 0;
	assert_int_equal(choose_in(links, COUNT(links), NULL, r, 1, WLAN0), WLAN0);
}

static void test_what_may_matter(void **state)
{
	static const char *names[] = { "veth12" };
	struct choose_rules none = { 0 }, pin = { .only = names, .nonly = 1 };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(laptop); i++) {
		int n = laptop[i].index;

		assert_int_equal(choose_may_matter(&none, &laptop[i]),
				 n == ETH0 || n == WLAN0 || n == ETH1 || n == BR0 || n == BR_LAN ||
					 n == 20);
	}
	assert_true(choose_may_matter(&pin, &laptop[4]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default_route_decides),
		cmocka_unit_test(test_equal_metrics_change_nothing),
		cmocka_unit_test(test_virtual_is_never_chosen),
		cmocka_unit_test(test_bridge_with_a_nic_is_one),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_pinned_needs_no_route),
		cmocka_unit_test(test_excluded),
		cmocka_unit_test(test_stays_without_a_route),
		cmocka_unit_test(test_link_before_none),
		cmocka_unit_test(test_what_may_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
