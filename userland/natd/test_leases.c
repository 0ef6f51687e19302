// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "leases.h"

#define NOW 1700000000

static const uint64_t secret[2] = { 0x0123456789abcdefULL, 0xfedcba9876543210ULL };

static void add(struct leases *t, const char *addr, const char *name, time_t starts, time_t ends)
{
	struct lease_record r = { .starts = NOW + starts, .ends = NOW + ends };
	uint32_t be;

	assert_int_equal(ip4_parse(addr, &be), 0);
	r.addr = ntohl(be);
	snprintf(r.hostname, sizeof(r.hostname), "%s", name);
	leases_add(t, &r, NOW);
}

/* The address of a name at a time, or "". */
static const char *who(const struct leases *t, const char *name, time_t at)
{
	static char buf[16];
	const struct leases_entry *e = leases_by_name(t, name, strlen(name), NOW + at);

	return e ? ip4_format(e->addr, buf) : "";
}

static const char *name_of(const struct leases *t, const char *addr, time_t at)
{
	const struct leases_entry *e;
	uint32_t be;

	assert_int_equal(ip4_parse(addr, &be), 0);
	e = leases_by_addr(t, be, NOW + at);
	return e ? e->name : "";
}

static struct leases *new_table(void)
{
	struct leases *t = malloc(sizeof(*t));

	assert_non_null(t);
	leases_init(t, secret);
	return t;
}

static void end_table(struct leases *t)
{
	leases_done(t);
	leases_done(t);
	free(t);
}

static void test_life(void **state)
{
	struct leases *t = new_table();
	struct lease_record r = { .addr = 0x0a630080, .starts = NOW, .ends = NOW + 100 };

	(void)state;
	assert_string_equal(who(t, "web", 0), "");
	add(t, "10.99.0.128", "Web", 0, 100);
	assert_string_equal(who(t, "web", 0), "10.99.0.128");
	assert_string_equal(name_of(t, "10.99.0.128", 99), "web");
	/* It ends. */
	assert_string_equal(who(t, "web", 100), "");
	assert_string_equal(name_of(t, "10.99.0.128", 100), "");
	/* Goes on, by another name. */
	add(t, "10.99.0.128", "db", 50, 150);
	assert_string_equal(who(t, "web", 0), "");
	assert_string_equal(who(t, "db", 120), "10.99.0.128");
	assert_int_equal(leases_count(t, NOW), 1);
	/* Released: ended at once. */
	add(t, "10.99.0.128", "db", 50, 0);
	assert_string_equal(who(t, "db", 0), "");
	assert_int_equal(t->n, 0);
	/* Abandoned. */
	strcpy(r.hostname, "db");
	leases_add(t, &r, NOW);
	assert_string_equal(who(t, "db", 0), "10.99.0.128");
	r.abandoned = true;
	leases_add(t, &r, NOW);
	assert_string_equal(who(t, "db", 0), "");
	/* Without a name. */
	add(t, "10.99.0.128", "db", 0, 100);
	add(t, "10.99.0.128", "", 1, 100);
	assert_string_equal(who(t, "db", 0), "");
	assert_int_equal(leases_count(t, NOW), 0);
	end_table(t);
}

static void test_newest(void **state)
{
	struct leases *t = new_table();
	char addr[16];
	int i;

	(void)state;
	add(t, "10.99.0.128", "web", 10, 100);
	add(t, "10.99.0.129", "web", 20, 90);
	add(t, "10.99.0.130", "web", 5, 200);
	assert_string_equal(who(t, "web", 0), "10.99.0.129");
	assert_string_equal(who(t, "web", 90), "10.99.0.128");
	assert_string_equal(who(t, "web", 100), "10.99.0.130");
	/* In the same second the later in the file. */
	add(t, "10.99.0.131", "web", 20, 90);
	assert_string_equal(who(t, "web", 0), "10.99.0.131");
	/* A few of them are kept, and the newest is. */
	for (i = 0; i < 100; i++) {
		sprintf(addr, "10.99.1.%d", i);
		add(t, addr, "web", 100 + i, 1000);
	}
	assert_int_equal(t->n, LEASES_SAME);
	assert_string_equal(who(t, "web", 0), "10.99.1.99");
	/* An old one that renews is the newest again. */
	add(t, "10.99.0.128", "web", 500, 1000);
	assert_string_equal(who(t, "web", 0), "10.99.0.128");
	end_table(t);
}

static const struct {
	const char *hostname, *name;
} names[] = {
	{ "web", "web" },
	{ "WEB-01", "web-01" },
	{ "7", "7" },
	{ "web.example.org", "web" },
	{ "web.", "web" },
	{ "-web", "" },
	{ "web-", "" },
	{ "we_b", "" },
	{ "we b", "" },
	{ "w\xc3\xa9", "" },
	{ ".web", "" },
	{ "*", "" },
	{ "localhost", "" },
	{ "wpad", "" },
	{ "WPAD.example.org", "" },
	{ "isatap", "" },
	{ "gateway", "" },
};

static void test_labels(void **state)
{
	struct leases *t = new_table();
	char name[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		add(t, "10.99.0.128", names[i].hostname, 0, 100);
		assert_string_equal(name_of(t, "10.99.0.128", 0), names[i].name);
		assert_int_equal(t->n, *names[i].name != 0);
	}
	memset(name, 'a', 63);
	name[63] = '\0';
	add(t, "10.99.0.128", name, 0, 100);
	assert_string_equal(name_of(t, "10.99.0.128", 0), name);
	assert_string_equal(who(t, name, 0), "10.99.0.128");
	end_table(t);
}

/* Another file: what it does not have is gone when it has been read. */
static void test_rounds(void **state)
{
	struct leases *t = new_table();

	(void)state;
	add(t, "10.99.0.128", "web", 0, 100);
	add(t, "10.99.0.129", "db", 0, 100);
	add(t, "10.99.0.130", "old", 0, 100);
	leases_begin(t);
	add(t, "10.99.0.129", "db", 0, 100);
	add(t, "10.99.0.130", "old", 0, 0);
	assert_string_equal(who(t, "web", 0), "10.99.0.128");
	leases_end(t, NOW);
	assert_string_equal(who(t, "web", 0), "");
	assert_string_equal(who(t, "db", 0), "10.99.0.129");
	assert_int_equal(t->n, 1);
	leases_begin(t);
	leases_end(t, NOW);
	assert_int_equal(t->n, 0);
	end_table(t);
}

/* As many as there may be; those that have ended make room. */
static void test_limit(void **state)
{
	struct leases *t = new_table();
	struct lease_record r = { .starts = NOW };
	char want[16];
	uint32_t i;

	(void)state;
	for (i = 0; i < LEASES_MAX; i++) {
		r.addr = 0x0a000000 + i;
		r.ends = NOW + 10 + i;
		sprintf(r.hostname, "host%u", i);
		leases_add(t, &r, NOW);
	}
	assert_int_equal(t->n, LEASES_MAX);
	for (i = 0; i < LEASES_MAX; i += 97) {
		sprintf(r.hostname, "host%u", i);
		assert_string_equal(who(t, r.hostname, 0), ip4_format(htonl(0x0a000000 + i), want));
	}
	assert_int_equal(t->refused, 0);
	add(t, "10.99.0.128", "late", 0, 100);
	assert_int_equal(t->refused, 1);
	assert_string_equal(who(t, "late", 0), "");
	/* A known address needs no room. */
	add(t, "10.0.0.9", "late", 0, 100);
	assert_string_equal(who(t, "late", 0), "10.0.0.9");
	r.addr = 0x0a630080;
	r.ends = NOW + 1000;
	strcpy(r.hostname, "later");
	leases_add(t, &r, NOW + 12);
	assert_string_equal(who(t, "later", 12), "10.99.0.128");
	assert_int_equal(t->n, LEASES_MAX - 2);
	end_table(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life),   cmocka_unit_test(test_newest),
		cmocka_unit_test(test_labels), cmocka_unit_test(test_rounds),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
