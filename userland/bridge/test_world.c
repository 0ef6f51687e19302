// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include "world.h"

static const struct choose_rules none;

static bool link_event(struct world *w, uint16_t type, int index, const char *name,
		       const char *kind, unsigned int flags, int master)
{
	struct nl_event e = { .type = type };

	e.link = (struct nl_link){ .index = index,
				   .flags = flags,
				   .type = ARPHRD_ETHER,
				   .master = master,
				   .hardware = !kind[0],
				   .gone = type == RTM_DELLINK };
	strcpy(e.link.name, name);
	strcpy(e.link.kind, kind);
	return world_note(w, &none, &e);
}

static void test_only_what_counts(void **state)
{
	struct world w = { 0 };

	(void)state;
	assert_true(link_event(&w, RTM_NEWLINK, 2, "eth0", "", IFF_UP, 0));
	assert_false(link_event(&w, RTM_NEWLINK, 2, "eth0", "", IFF_UP, 0));
	assert_false(link_event(&w, RTM_NEWLINK, 2, "eth0", "", IFF_UP | IFF_PROMISC, 0));
	assert_true(link_event(&w, RTM_NEWLINK, 2, "eth0", "", IFF_UP | IFF_RUNNING, 0));
	assert_true(link_event(&w, RTM_NEWLINK, 2, "lan0", "", IFF_UP | IFF_RUNNING, 0));
	assert_true(link_event(&w, RTM_NEWLINK, 2, "lan0", "", IFF_UP | IFF_RUNNING, 5));
	assert_true(link_event(&w, RTM_DELLINK, 2, "lan0", "", 0, 0));
	assert_int_equal(w.nlinks, 0);
	assert_false(link_event(&w, RTM_DELLINK, 2, "lan0", "", 0, 0));
	world_done(&w);
}

static void test_containers_are_no_news(void **state)
{
	struct world w = { 0 };
	int i;

	(void)state;
	assert_false(link_event(&w, RTM_NEWLINK, 3, "docker0", "bridge", 0, 0));
	assert_false(link_event(&w, RTM_NEWLINK, 3, "docker0", "bridge", IFF_UP, 0));
	for (i = 10; i < 5010; i++) {
		char name[16];

		snprintf(name, sizeof(name), "veth%d", i);
		assert_false(link_event(&w, RTM_NEWLINK, i, name, "veth", 0, 0));
		assert_false(link_event(&w, RTM_NEWLINK, i, name, "veth", IFF_UP, 3));
	}
	assert_int_equal(w.nlinks, 5001);
	for (i = 10; i < 5010; i++)
		assert_false(link_event(&w, RTM_DELLINK, i, "vethx", "veth", 0, 0));
	assert_int_equal(w.nlinks, 1);
	/* One that takes a name of ours, or gives it back, is. */
	assert_false(link_event(&w, RTM_NEWLINK, 4, "veth1", "veth", 0, 0));
	assert_true(link_event(&w, RTM_NEWLINK, 4, "eth0", "veth", 0, 0));
	assert_true(link_event(&w, RTM_NEWLINK, 4, "veth1", "veth", 0, 0));
	world_done(&w);
}

static void test_other_events(void **state)
{
	struct nl_event e = { .type = RTM_NEWROUTE };
	struct world w = { 0 };

	(void)state;
	assert_false(world_note(&w, &none, &e));
	e.is_default = true;
	assert_true(world_note(&w, &none, &e));
	e.type = RTM_DELROUTE;
	assert_true(world_note(&w, &none, &e));
	assert_true(link_event(&w, RTM_NEWLINK, 2, "eth0", "", IFF_UP, 0));
	assert_false(link_event(&w, RTM_NEWLINK, 3, "veth1", "veth", IFF_UP, 0));
	e = (struct nl_event){ .type = RTM_NEWADDR, .addr.index = 2 };
	assert_false(world_note(&w, &none, &e));
	/* Its routes go unheard. */
	e.type = RTM_DELADDR;
	assert_true(world_note(&w, &none, &e));
	e.addr.index = 3;
	assert_false(world_note(&w, &none, &e));
	e.addr.index = 4;
	assert_false(world_note(&w, &none, &e));
	/* Changes were lost. */
	e = (struct nl_event){ .type = 0 };
	assert_true(world_note(&w, &none, &e));
	world_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_what_counts),
		cmocka_unit_test(test_containers_are_no_news),
		cmocka_unit_test(test_other_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
