// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The lease database: what it costs, which address is chosen, what is kept.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lease.h"

#define DAY 86400000000000ULL

static const char small[] = "subnet 10.1.0.0 netmask 255.255.255.0 {\n"
			    "	range 10.1.0.128 10.1.0.131;\n"
			    "	range 10.1.0.200 10.1.0.201;\n"
			    "}\n"
			    "host a {\n"
			    "	hardware ethernet 02:00:00:00:00:aa;\n"
			    "	fixed-address 10.1.0.129;\n"
			    "}\n";

static struct dhcp_conf *parse(const char *text)
{
	struct dhcp_conf *conf = calloc(1, sizeof(*conf));
	struct conf_err err = { 0 };

	assert_non_null(conf);
	assert_int_equal(dhcp_conf_parse(conf, text, strlen(text), &err), 0);
	return conf;
}

static void drop(struct dhcp_conf *conf)
{
	dhcp_conf_done(conf);
	free(conf);
}

static struct lease_key key_of(uint32_t who)
{
	struct lease_key k = { .len = 7 };

	memcpy(k.data + 3, &who, 4);
	return k;
}

static void give(struct lease_db *db, struct lease *l, uint32_t who, uint64_t until)
{
	struct lease_key k = key_of(who);

	assert_non_null(l);
	assert_int_equal(lease_assign(db, l, &k, k.data + 1, "guest"), 0);
	l->starts = 1;
	l->ends = (time_t)(until / 1000000000);
	l->until = until;
	lease_set_state(db, l, LEASE_ACTIVE);
}

/* D2, D10: never used, then what has rested longest, then what was declined first. */
static void choice(void **state)
{
	static const uint32_t order[] = { 0x0a010080, 0x0a010082, 0x0a010083, 0x0a0100c8,
					  0x0a0100c9 };
	struct dhcp_conf *conf = parse(small);
	enum lease_state was;
	struct lease_db db;
	unsigned int i;

	(void)state;
	assert_int_equal(lease_db_init(&db, conf), 0);
	for (i = 0; i < 5; i++) {
		struct lease *l = lease_pick(&db, conf->pools[0]);

		assert_non_null(l);
		assert_int_equal(l->addr, order[i]);
		give(&db, l, i, (10 - i) * DAY);
	}
	assert_null(lease_pick(&db, conf->pools[0]));
	assert_null(lease_pick_abandoned(&db, conf->pools[0]));
	/* They end in the order of their times, not of their addresses. */
	assert_null(lease_expire(&db, 6 * DAY - 1, &was));
	assert_int_equal(lease_next_end(&db), 6 * DAY);
	for (i = 5; i; i--) {
		struct lease *l = lease_expire(&db, 10 * DAY, &was);

		assert_non_null(l);
		assert_int_equal(was, LEASE_ACTIVE);
		assert_int_equal(l->addr, order[i - 1]);
	}
	assert_int_equal(db.nactive, 0);
	for (i = 5; i > 3; i--) {
		struct lease *l = lease_pick(&db, conf->pools[0]);

		assert_int_equal(l->addr, order[i - 1]);
		l->until = 20 * DAY;
		lease_set_state(&db, l, LEASE_ABANDONED);
	}
	for (i = 3; i; i--)
		give(&db, lease_pick(&db, conf->pools[0]), i, 30 * DAY);
	assert_null(lease_pick(&db, conf->pools[0]));
	assert_int_equal(lease_pick_abandoned(&db, conf->pools[0])->addr, order[4]);
	/* The other comes back after its day. */
	assert_int_equal(lease_expire(&db, 20 * DAY, &was)->addr, order[3]);
	assert_int_equal(was, LEASE_ABANDONED);
	lease_db_done(&db);
	drop(conf);
}

/* An offer that nobody took leaves no trace that grows. */
static void offers(void **state)
{
	struct dhcp_conf *conf = parse("subnet 10.0.0.0 netmask 255.0.0.0 {\n"
				       "	range 10.0.0.1 10.255.255.200;\n"
				       "}\n");
	enum lease_state was;
	struct lease_db db;
	uint32_t i;

	(void)state;
	assert_int_equal(lease_db_init(&db, conf), 0);
	for (i = 0; i < 100000; i++) {
		struct lease *l = lease_pick(&db, conf->pools[0]);
		struct lease_key k = key_of(i);

		assert_int_equal(lease_assign(&db, l, &k, k.data + 1, ""), 0);
		l->until = i;
		lease_set_state(&db, l, LEASE_OFFERED);
		while (i >= 100 && lease_expire(&db, i - 100, &was))
			assert_int_equal(was, LEASE_OFFERED);
	}
	assert_true(db.n <= 102);
	lease_db_done(&db);
	drop(conf);
}

/* A /8 costs what its leases cost, and they are found at once. */
static void large(void **state)
{
	struct dhcp_conf *conf = parse("subnet 10.0.0.0 netmask 255.0.0.0 {\n"
				       "	range 10.0.0.1 10.255.255.200;\n"
				       "}\n");
	const uint32_t n = 200000;
	enum lease_state was;
	struct lease_db db;
	uint64_t last = 0;
	size_t bytes;
	uint32_t i;

	(void)state;
	assert_int_equal(lease_db_init(&db, conf), 0);
	for (i = 0; i < n; i++)
		give(&db, lease_pick(&db, conf->pools[0]), i, DAY + i * 7919ULL % n);
	for (i = 0; i < n; i++) {
		struct lease_key k = key_of(i);
		struct lease *l = lease_by_key(&db, &k);

		assert_non_null(l);
		assert_ptr_equal(l, lease_by_addr(&db, l->addr));
	}
	bytes = sizeof(struct lease) +
		(2 * db.room + 2 * db.nbuckets) * sizeof(struct lease *) / db.n;
	print_message("# %zu leases of a /8: %zu bytes each, and key and name\n", db.n, bytes);
	assert_true(bytes < 250);
	/* All of them end, in order. */
	for (i = 0; i < n; i++) {
		struct lease *l = lease_expire(&db, 2 * DAY, &was);

		assert_non_null(l);
		assert_true(l->until >= last);
		last = l->until;
	}
	assert_int_equal(lease_next_end(&db), UINT64_MAX);
	lease_db_done(&db);
	drop(conf);
}

/* SIGHUP: nothing is forgotten, nothing outside of the pools is given out anew. */
static void another_conf(void **state)
{
	struct dhcp_conf *conf = parse(small), *next, *third;
	struct lease_key k = key_of(1), k2 = key_of(2);
	enum lease_state was;
	struct lease_db db;
	struct lease *l, *l2;
	unsigned int i;

	(void)state;
	assert_int_equal(lease_db_init(&db, conf), 0);
	l = lease_at(&db, 0x0a010080);
	l2 = lease_at(&db, 0x0a0100c8);
	give(&db, l, 1, DAY);
	give(&db, l2, 2, 2 * DAY);
	assert_null(lease_at(&db, 0x0a010081));
	assert_null(lease_at(&db, 0x0a010001));
	next = parse("subnet 10.1.0.0 netmask 255.255.255.0 {\n"
		     "	range 10.1.0.199 10.1.0.201;\n"
		     "}\n"
		     "host b {\n"
		     "	hardware ethernet 02:00:00:00:00:bb;\n"
		     "	fixed-address 10.1.0.201;\n"
		     "}\n");
	assert_int_equal(lease_db_rebase(&db, next), 0);
	drop(conf);
	assert_ptr_equal(lease_by_key(&db, &k), l);
	assert_ptr_equal(lease_by_key(&db, &k2), l2);
	assert_int_equal(l->state, LEASE_ACTIVE);
	assert_null(l->pool);
	assert_null(lease_at(&db, 0x0a010080));
	assert_non_null(l2->pool);
	l = lease_pick(&db, next->pools[0]);
	assert_int_equal(l->addr, 0x0a0100c7);
	give(&db, l, 3, 5 * DAY);
	/* .200 is in use, .201 reserved, .128 in no pool. */
	assert_null(lease_pick(&db, next->pools[0]));
	l = lease_expire(&db, DAY, &was);
	assert_int_equal(l->addr, 0x0a010080);
	assert_null(lease_pick(&db, next->pools[0]));
	/* Its pool comes back, and with it the address, for its client. */
	third = parse(small);
	assert_int_equal(lease_db_rebase(&db, third), 0);
	drop(next);
	assert_ptr_equal(lease_of(&db, &k, third->networks[0]), l);
	assert_ptr_equal(lease_at(&db, 0x0a010080), l);
	for (i = 0; i < 3; i++)
		give(&db, lease_pick(&db, third->pools[0]), 10 + i, 9 * DAY);
	assert_ptr_equal(lease_pick(&db, third->pools[0]), l);
	lease_db_done(&db);
	drop(third);
}

/* D18: a client has one address in a network, and one in each other. */
static void one_client(void **state)
{
	struct dhcp_conf *conf = parse("subnet 10.1.0.0 netmask 255.255.255.0 {\n"
				       "	range 10.1.0.10 10.1.0.20;\n"
				       "}\n"
				       "subnet 10.2.0.0 netmask 255.255.255.0 {\n"
				       "	range 10.2.0.10 10.2.0.20;\n"
				       "}\n");
	struct lease_key k = key_of(1);
	struct lease *a, *b, *c;
	struct lease_db db;

	(void)state;
	assert_int_equal(lease_db_init(&db, conf), 0);
	a = lease_at(&db, 0x0a01000a);
	b = lease_at(&db, 0x0a02000a);
	c = lease_at(&db, 0x0a01000b);
	give(&db, a, 1, DAY);
	give(&db, b, 1, 2 * DAY);
	assert_null(lease_other(&db, a));
	assert_ptr_equal(lease_of(&db, &k, a->pool->network), a);
	assert_ptr_equal(lease_of(&db, &k, b->pool->network), b);
	/* An offer takes nothing away. */
	assert_int_equal(lease_assign(&db, c, &k, k.data + 1, ""), 0);
	c->until = DAY;
	lease_set_state(&db, c, LEASE_OFFERED);
	assert_int_equal(a->state, LEASE_ACTIVE);
	assert_ptr_equal(lease_of(&db, &k, a->pool->network), a);
	give(&db, c, 1, DAY);
	assert_ptr_equal(lease_other(&db, c), a);
	lease_set_state(&db, a, LEASE_FREE);
	assert_null(lease_other(&db, c));
	assert_ptr_equal(lease_of(&db, &k, a->pool->network), c);
	assert_false(lease_was_anothers(a, &k));
	k = key_of(2);
	assert_true(lease_was_anothers(a, &k));
	lease_db_done(&db);
	drop(conf);
}

/* A lease for ever takes no place among those that end. */
static void for_ever(void **state)
{
	struct dhcp_conf *conf = parse(small);
	struct lease_db db;
	struct lease *l;

	(void)state;
	assert_int_equal(lease_db_init(&db, conf), 0);
	l = lease_add_fixed(&db, 0x0a010081);
	give(&db, l, 1, DAY);
	assert_int_equal(lease_next_end(&db), DAY);
	give(&db, l, 1, UINT64_MAX);
	assert_int_equal(lease_next_end(&db), UINT64_MAX);
	/* Outside of every range, too; and never for anybody else. */
	assert_non_null(lease_add_fixed(&db, 0x0a010005));
	assert_null(lease_at(&db, 0x0a010005));
	lease_db_done(&db);
	drop(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(choice),     cmocka_unit_test(offers),
		cmocka_unit_test(large),      cmocka_unit_test(another_conf),
		cmocka_unit_test(one_client), cmocka_unit_test(for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
