// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which address a client may have, and which it gets (D2).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <string.h>
#include "choose.h"

#define NOW 1000
#define ID 0x0a000000U /* of net 10.0.0.0 */

static const char text[] =
	"subnet 10.0.0.0 netmask 255.255.255.0 { range 10.0.0.10 10.0.0.13; }\n"
	"subnet 10.0.1.0 netmask 255.255.255.0 { pool { deny unknown-clients;\n"
	"  range 10.0.1.10 10.0.1.20; } }\n"
	"host fixed { hardware ethernet 2:0:0:0:0:9; fixed-address 10.0.0.12; }\n"
	"host known { hardware ethernet 2:0:0:0:0:8; }\n";

/* A client and what it has said. */
struct who {
	struct dhcp_msg msg;
	struct dhcp_from from;
	struct ask ask;
};

struct rig {
	struct dhcp_conf conf;
	struct lease_db db;
};

static uint32_t ip(unsigned int last)
{
	return htonl(ID | last);
}

static void begin(struct rig *r)
{
	struct conf_err err = { 0 };

	memset(r, 0, sizeof(*r));
	if (dhcp_conf_parse(&r->conf, text, sizeof(text) - 1, &err))
		fail_msg("%u:%u: %s", err.line, err.column, err.text);
	assert_int_equal(lease_db_init(&r->db, &r->conf), 0);
}

static void done(struct rig *r)
{
	lease_db_done(&r->db);
	dhcp_conf_done(&r->conf);
}

/* Client @n, by a relay at @giaddr if that is not 0. */
static const struct ask *from(struct who *w, const struct rig *r, uint8_t n, uint32_t requested,
			      uint32_t giaddr)
{
	static const uint8_t cookie[] = { 99, 130, 83, 99, 53, 1, 1, 255 };
	struct dhcp_head h = { .op = 1, .htype = 1, .hlen = 6, .giaddr = giaddr };
	static uint8_t raw[300];

	memset(w, 0, sizeof(*w));
	memset(raw, 0, sizeof(raw));
	h.chaddr[0] = 2;
	h.chaddr[5] = n;
	memcpy(raw, &h, sizeof(h));
	memcpy(raw + sizeof(h), cookie, sizeof(cookie));
	memcpy(w->from.mac, h.chaddr, 6);
	w->from.src = giaddr;
	assert_int_equal(dhcp_parse(raw, sizeof(raw), &w->msg), 0);
	w->msg.requested = requested;
	assert_int_equal(ask_init(&w->ask, &r->conf, &w->from, &w->msg), 0);
	return &w->ask;
}

static void give(struct rig *r, struct lease *l, const struct ask *a, enum lease_state state,
		 uint64_t until)
{
	assert_non_null(l);
	assert_int_equal(lease_assign(&r->db, l, &a->key, a->msg->head.chaddr, ""), 0);
	l->until = until;
	lease_set_state(&r->db, l, state);
}

/* What client @n would be offered, 0 for nothing, and then @why is set. */
static uint32_t offered(struct rig *r, uint8_t n, uint32_t requested, enum stats_drop *why)
{
	struct who w;
	struct lease *l = choose_any(&r->db, from(&w, r, n, requested, 0), NOW, why);

	return l ? htonl(l->addr) : 0;
}

static void order(void **state)
{
	enum stats_drop why;
	struct who w;
	struct rig r;

	(void)state;
	begin(&r);
	/* Asked for, if that is free, of a pool, and no reservation. */
	assert_int_equal(offered(&r, 1, ip(12), &why), ip(10));
	assert_int_equal(offered(&r, 1, ip(99), &why), ip(10));
	assert_int_equal(offered(&r, 1, ip(13), &why), ip(13));
	give(&r, lease_at(&r.db, ID | 11), from(&w, &r, 1, 0, 0), LEASE_ACTIVE, NOW + 1);
	/* Its own comes before what it asks for, also when that is over. */
	assert_int_equal(offered(&r, 1, ip(13), &why), ip(11));
	lease_set_state(&r.db, lease_at(&r.db, ID | 11), LEASE_FREE);
	assert_int_equal(offered(&r, 1, ip(13), &why), ip(11));
	/* What was another's comes after what was nobody's, and not when it is in use. */
	assert_int_equal(offered(&r, 2, ip(11), &why), ip(11));
	give(&r, lease_at(&r.db, ID | 10), from(&w, &r, 3, 0, 0), LEASE_ACTIVE, NOW + 1);
	assert_int_equal(offered(&r, 2, ip(10), &why), ip(13));
	give(&r, lease_at(&r.db, ID | 13), from(&w, &r, 4, 0, 0), LEASE_OFFERED, NOW + 1);
	assert_int_equal(offered(&r, 2, 0, &why), ip(11));
	/* A reservation counts more than all of that. */
	assert_int_equal(offered(&r, 9, ip(11), &why), ip(12));
	done(&r);
}

static void exhausted(void **state)
{
	enum stats_drop why = DROP_DENIED;
	struct who w;
	struct rig r;
	unsigned int i;

	(void)state;
	begin(&r);
	for (i = 10; i <= 13; i++)
		if (i != 12)
			give(&r, lease_at(&r.db, ID | i), from(&w, &r, (uint8_t)i, 0, 0),
			     LEASE_ACTIVE, NOW + i);
	assert_int_equal(offered(&r, 1, 0, &why), 0);
	assert_int_equal(why, DROP_NO_ADDRESS);
	assert_int_equal(offered(&r, 11, 0, &why), ip(11));
	/* Better than nothing. */
	give(&r, lease_at(&r.db, ID | 13), from(&w, &r, 13, 0, 0), LEASE_ABANDONED, UINT64_MAX);
	assert_int_equal(offered(&r, 1, 0, &why), ip(13));
	done(&r);
}

/* A reservation whose address somebody else still has. */
static void reserved_but_used(void **state)
{
	enum stats_drop why;
	struct lease *l;
	struct who w;
	struct rig r;

	(void)state;
	begin(&r);
	l = lease_add_fixed(&r.db, ID | 12);
	give(&r, l, from(&w, &r, 1, 0, 0), LEASE_ACTIVE, NOW + 1);
	assert_int_equal(offered(&r, 9, 0, &why), ip(10));
	assert_false(choose_may_have(from(&w, &r, 9, 0, 0), l, NOW));
	assert_null(choose_wanted(&r.db, from(&w, &r, 9, 0, 0), ip(12), NOW));
	/* Until that ends. */
	assert_true(choose_may_have(from(&w, &r, 9, 0, 0), l, NOW + 1));
	assert_ptr_equal(choose_wanted(&r.db, from(&w, &r, 9, 0, 0), ip(12), NOW + 1), l);
	assert_false(choose_may_have(from(&w, &r, 2, 0, 0), l, NOW + 1));
	done(&r);
}

static void wanted(void **state)
{
	struct lease *l;
	struct who w;
	struct rig r;

	(void)state;
	begin(&r);
	assert_non_null(choose_wanted(&r.db, from(&w, &r, 1, 0, 0), ip(10), NOW));
	assert_null(choose_wanted(&r.db, from(&w, &r, 1, 0, 0), ip(12), NOW));
	assert_null(choose_wanted(&r.db, from(&w, &r, 1, 0, 0), ip(14), NOW));
	/* Who has a reservation may have nothing else. */
	assert_null(choose_wanted(&r.db, from(&w, &r, 9, 0, 0), ip(10), NOW));
	l = lease_at(&r.db, ID | 10);
	give(&r, l, from(&w, &r, 1, 0, 0), LEASE_PROBED, NOW + 1);
	assert_ptr_equal(choose_wanted(&r.db, from(&w, &r, 1, 0, 0), ip(10), NOW), l);
	assert_null(choose_wanted(&r.db, from(&w, &r, 2, 0, 0), ip(10), NOW));
	assert_null(choose_wanted(&r.db, from(&w, &r, 2, 0, 0), ip(10), NOW + 2));
	lease_set_state(&r.db, l, LEASE_ABANDONED);
	assert_null(choose_wanted(&r.db, from(&w, &r, 1, 0, 0), ip(10), NOW + 2));
	done(&r);
}

/* Behind a relay: another network, whose pool is for those who are known. */
static void elsewhere(void **state)
{
	const uint32_t relay = htonl(0x0a000101), there = htonl(0x0a00010a);
	enum stats_drop why = DROP_DENIED;
	struct lease *l;
	struct who w;
	struct rig r;

	(void)state;
	begin(&r);
	assert_null(choose_any(&r.db, from(&w, &r, 1, there, relay), NOW, &why));
	assert_int_equal(why, DROP_NO_ADDRESS);
	l = choose_any(&r.db, from(&w, &r, 8, ip(10), relay), NOW, &why);
	assert_non_null(l);
	assert_int_equal(htonl(l->addr), there);
	assert_null(choose_wanted(&r.db, from(&w, &r, 8, 0, relay), ip(10), NOW));
	/* And what is for there is not for here. */
	assert_null(choose_wanted(&r.db, from(&w, &r, 8, 0, 0), there, NOW));
	/* A reservation of here is none there. */
	l = choose_any(&r.db, from(&w, &r, 9, 0, relay), NOW, &why);
	assert_non_null(l);
	assert_int_equal(htonl(l->addr), there);
	done(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order),     cmocka_unit_test(exhausted),
		cmocka_unit_test(wanted),    cmocka_unit_test(reserved_but_used),
		cmocka_unit_test(elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
