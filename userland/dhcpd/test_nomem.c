// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * No memory: each allocation of what the server does fails once, the first, the
 * second, and so on until none is left. It says so, nothing is lost, and all is as
 * it was; then it does the same with memory. The Makefile wraps the allocator.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "leasefile.h"
#include "log.h"
#include "load.h"
#include "reload.h"
#include "server.h"

#define NS 1000000000ULL
#define FIRST 0x0a000100U
#define MOST 10000 /* allocations of any of it */

/* The allocator; of @left allocations the last one fails. 0: none does. */
static unsigned int left, failed;

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);

static bool fails(void)
{
	if (!left || --left)
		return false;
	failed++;
	return true;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return fails() ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text)
{
	return fails() ? NULL : __real_strdup(text);
}

/* From now on the @n-th allocation fails. */
static void fail_nth(unsigned int n)
{
	assert_true(n < MOST);
	failed = 0;
	left = n;
}

/* No more. Was there one so many? */
static bool has_failed(void)
{
	left = 0;
	return failed;
}

/* All that has memory: tables that grow, blocks, options, classes, expressions. */
static const char head[] =
	"option space pxe;\n"
	"option pxe.menu code 9 = text;\n"
	"option lab code 200 = { integer 8, ip-address };\n"
	"option lab 1 10.0.0.1;\n"
	"class \"a\" { match if substring(option vendor-class-identifier, 0, 3) = \"PXE\";\n"
	"	vendor-option-space pxe; option pxe.menu \"x\"; }\n"
	"class \"b\" { match hardware; }\n"
	"subclass \"b\" 1:02:00:00:00:00:01 { option domain-name \"b\"; }\n"
	"if option user-class = \"iPXE\" { filename \"a\"; } elsif known { filename \"b\"; }\n"
	"else { filename \"c\"; }\n"
	"db-time-format local;\n"
	"shared-network s {\n"
	"	subnet 10.0.0.0 netmask 255.255.0.0 {\n"
	"		option routers 10.0.0.1;\n"
	"		pool { allow members of \"a\"; range 10.0.1.0 10.0.3.255; }\n"
	"		pool { range 10.0.8.0 10.0.9.255; }\n"
	"	}\n"
	"	subnet 10.1.0.0 netmask 255.255.0.0 { range 10.1.0.1 10.1.0.9; }\n"
	"}\n";

static char text[64 << 10];

static size_t write_conf(unsigned int nhosts)
{
	int n = snprintf(text, sizeof(text), "%s", head);
	unsigned int i;

	for (i = 0; i < nhosts; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n,
			      "host h%u { hardware ethernet 02:00:00:00:01:%02x;\n"
			      "	option dhcp-client-identifier \"id%u\";\n"
			      "	fixed-address 10.0.16.%u; option host-name \"h%u\"; }\n",
			      i, i, i, i + 1, i);
	return (size_t)n;
}

static int is_empty(const void *what, size_t len)
{
	const uint8_t *c = what;

	return !*c && !memcmp(c, c + 1, len - 1);
}

static void no_conf(void **state)
{
	size_t len = write_conf(200);
	struct dhcp_conf conf;
	struct conf_err err;
	unsigned int n;
	int ret;

	(void)state;
	for (n = 1;; n++) {
		fail_nth(n);
		ret = dhcp_conf_parse(&conf, text, len, &err);
		if (!has_failed())
			break;
		assert_int_equal(ret, -ENOMEM);
		assert_true(is_empty(&conf, sizeof(conf)));
	}
	if (ret)
		fail_msg("%u:%u: %s", err.line, err.column, err.text);
	print_message("# %u allocations\n", n - 1);
	assert_true(n > 10);
	assert_int_equal(conf.nhosts, 200);
	dhcp_conf_done(&conf);
}

/* A file of leases, and a server that has it. */
struct rig {
	struct server s;
	char path[64], conf_path[64];
};

static char *get(const char *path)
{
	int err;
	char *now = conf_read(path, LEASEFILE_MAX, NULL, &err);

	assert_non_null(now);
	return now;
}

static void unchanged(const char *path, const char *was)
{
	char *now = get(path);

	assert_string_equal(now, was);
	free(now);
}

static void make(struct rig *r)
{
	struct conf_err err;
	int fd;

	memset(r, 0, sizeof(*r));
	snprintf(r->path, sizeof(r->path), "/tmp/test_nomem.XXXXXX");
	fd = mkstemp(r->path);
	assert_true(fd >= 0);
	close(fd);
	snprintf(r->conf_path, sizeof(r->conf_path), "%s.conf", r->path);
	r->s.conf_path = r->conf_path;
	assert_int_equal(conf_write(r->conf_path, text, write_conf(2), 0644), 0);
	assert_int_equal(reserve_load(&r->s.reserve, r->conf_path, &r->s.conf, &err), 0);
	assert_int_equal(lease_db_init(&r->s.db, r->s.conf), 0);
	assert_int_equal(leasefile_open(&r->s.file, r->path, &r->s.db), 0);
}

static void drop(struct rig *r)
{
	char path[80];

	leasefile_close(&r->s.file);
	lease_db_done(&r->s.db);
	load_free(r->s.conf);
	reserve_done(&r->s.reserve);
	snprintf(path, sizeof(path), "%s~", r->path);
	unlink(path);
	unlink(r->path);
	unlink(r->conf_path);
}

static struct lease_key key_of(uint32_t who)
{
	struct lease_key k = { .len = 7 };

	memcpy(k.data + 3, &who, 4);
	k.data[1] = 2;
	return k;
}

static bool has(const struct lease_db *db, uint32_t n)
{
	const struct lease *l = lease_by_addr(db, FIRST + n);
	struct lease_key k = key_of(n);

	return l && l->state == LEASE_ACTIVE && lease_has_key(l, &k) && lease_by_key(db, &k) == l &&
	       !strcmp(lease_hostname(l), "guest");
}

/* A lease for client @n, as bind.c does it. Return: 0 or -ENOMEM. */
static int give(struct rig *r, uint32_t n)
{
	struct lease *l = lease_at(&r->s.db, FIRST + n);
	struct lease_key k = key_of(n);
	uint64_t now;
	struct timespec t;

	if (!l)
		return -ENOMEM;
	if (lease_assign(&r->s.db, l, &k, k.data + 1, "guest")) {
		assert_null(l->key);
		assert_string_equal(lease_hostname(l), "");
		assert_int_equal(l->state, LEASE_FREE);
		assert_null(lease_by_key(&r->s.db, &k));
		return -ENOMEM;
	}
	clock_gettime(CLOCK_MONOTONIC, &t);
	now = (uint64_t)t.tv_sec * NS;
	l->starts = leasefile_wall(&r->s.file, now);
	l->ends = l->starts + 3600;
	l->until = now + 3600 * NS;
	lease_set_state(&r->s.db, l, LEASE_ACTIVE);
	return leasefile_add(&r->s.file, l, LEASE_EV_COMMIT);
}

/* A server with 200 leases. Return: its file. */
static char *make_filled(struct rig *r)
{
	unsigned int i;

	make(r);
	for (i = 0; i < 200; i++)
		assert_int_equal(give(r, i), 0);
	assert_int_equal(leasefile_commit(&r->s.file), 0);
	return get(r->path);
}

/* A lease that finds no memory can be given the next time. */
static void no_lease(void **state)
{
	unsigned int n, i, all = 0;
	struct rig r;
	int ret;

	(void)state;
	make(&r);
	/* As many as there are in the first table of buckets, and of records, and more. */
	for (i = 0; i < 300; i++) {
		for (n = 1;; n++) {
			fail_nth(n);
			ret = give(&r, i);
			if (!has_failed())
				break;
			/* Without more buckets chains get longer; that is no fault. */
			if (!ret)
				break;
			assert_int_equal(ret, -ENOMEM);
			all++;
		}
		assert_int_equal(ret, 0);
		assert_int_equal(leasefile_commit(&r.s.file), 0);
		assert_int_equal(r.s.db.n, i + 1);
	}
	print_message("# %u allocations\n", all);
	assert_true(all > 500);
	assert_int_equal(r.s.db.nactive, 300);
	for (i = 0; i < 300; i++)
		assert_true(has(&r.s.db, i));
	drop(&r);
}

/* A lease file is read whole, or the server does not start; it is not touched. */
static void no_leases(void **state)
{
	struct lease_db db;
	struct leasefile f;
	unsigned int n, i, none = 0;
	struct rig r;
	char *was;
	int ret;

	(void)state;
	was = make_filled(&r);
	for (n = 1;; n++) {
		bool more;

		assert_int_equal(lease_db_init(&db, r.s.conf), 0);
		fail_nth(n);
		ret = leasefile_open(&f, r.path, &db);
		more = has_failed();
		unchanged(r.path, was);
		if (ret) {
			assert_true(more);
			assert_int_equal(ret, -ENOMEM);
			none++;
		} else {
			/* What is only convenient may fail. */
			for (i = 0; i < 200; i++)
				assert_true(has(&db, i));
			leasefile_close(&f);
		}
		lease_db_done(&db);
		if (!more)
			break;
	}
	print_message("# %u allocations, without %u of them nothing is read\n", n - 1, none);
	assert_int_equal(ret, 0);
	assert_true(none > 600);
	free(was);
	drop(&r);
}

/* Nothing can be written anew: the old file stays, and takes what comes. */
static void no_rewrite(void **state)
{
	unsigned int n;
	struct rig r;
	char *was;
	int ret;

	(void)state;
	was = make_filled(&r);
	for (n = 1;; n++) {
		fail_nth(n);
		ret = leasefile_rewrite(&r.s.file);
		if (!has_failed())
			break;
		assert_int_equal(ret, -ENOMEM);
		assert_int_equal(r.s.file.fresh.fd, -1);
		unchanged(r.path, was);
	}
	assert_true(n > 1);
	assert_int_equal(ret, 0);
	free(was);
	drop(&r);
}

static void reserve(struct rig *r, const char *line)
{
	struct reserve *v = &r->s.reserve;

	v->list = realloc(v->list, (v->n + 1) * sizeof(*v->list));
	assert_non_null(v->list);
	v->list[v->n] = (struct reserved){ .line = strdup(line) };
	assert_non_null(v->list[v->n++].line);
}

/* All is by the configuration that it had: pools, lists, reservations. */
static void is_as_before(struct rig *r, const struct dhcp_conf *conf, const struct lease *next)
{
	struct reserve *v = &r->s.reserve;
	unsigned int i;

	assert_ptr_equal(r->s.conf, conf);
	assert_ptr_equal(r->s.db.conf, conf);
	assert_non_null(r->s.db.pools);
	assert_int_equal(r->s.db.npools, conf->npools);
	for (i = 0; i < 20; i++) {
		assert_true(has(&r->s.db, i));
		assert_ptr_equal(lease_at(&r->s.db, FIRST + i)->pool, conf->pools[0]);
	}
	assert_ptr_equal(lease_pick(&r->s.db, conf->pools[0]), next);
	assert_string_equal(v->list[0].why, "");
	assert_string_not_equal(v->list[1].why, "");
}

/* SIGHUP: the new configuration with all that belongs to it, or the old one. */
static void no_reload(void **state)
{
	struct dhcp_conf *conf;
	struct conf_err err;
	struct lease *next;
	unsigned int n, i;
	struct rig r;
	int ret;

	(void)state;
	make(&r);
	reserve(&r, "host one { hardware ethernet 02:00:00:00:02:01; fixed-address 10.0.17.1; }");
	/* This one does not go with it. */
	reserve(&r, "host two { hardware ethernet 02:00:00:00:02:02; nonsense; }");
	assert_int_equal(server_reload(&r.s, &err), 0);
	conf = r.s.conf;
	for (i = 0; i < 20; i++)
		assert_int_equal(give(&r, i), 0);
	next = lease_pick(&r.s.db, conf->pools[0]);
	assert_non_null(next);
	assert_int_equal(conf_write(r.conf_path, text, write_conf(200), 0644), 0);
	for (n = 1;; n++) {
		fail_nth(n);
		ret = server_reload(&r.s, &err);
		if (!has_failed())
			break;
		assert_int_equal(ret, -ENOMEM);
		is_as_before(&r, conf, next);
	}
	print_message("# %u allocations\n", n - 1);
	assert_int_equal(ret, 0);
	assert_int_equal(r.s.conf->nhosts, 201);
	assert_ptr_equal(r.s.db.conf, r.s.conf);
	for (i = 0; i < 20; i++)
		assert_true(has(&r.s.db, i));
	drop(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_conf),   cmocka_unit_test(no_lease),
		cmocka_unit_test(no_leases), cmocka_unit_test(no_rewrite),
		cmocka_unit_test(no_reload),
	};

	log_open("test", LOG_CRIT, false, false);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
