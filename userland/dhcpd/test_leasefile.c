// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The lease file: cut anywhere, damaged, on a disk that fails, by a clock that is
 * set, and written anew while it is in use.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "leasefile.h"
#include "log.h"

#define NS 1000000000ULL
#define FIRST 0x0a000100U

static const char text_of_conf[] = "max-lease-time 172800;\n"
				   "subnet 10.0.0.0 netmask 255.0.0.0 {\n"
				   "	range 10.0.1.0 10.255.255.200;\n"
				   "}\n";

static struct dhcp_conf conf;
static char dir[] = "/tmp/test_leasefile.XXXXXX";
static char path[64], path_new[64], path_old[64];

struct rig {
	struct lease_db db;
	struct leasefile f;
};

static struct lease_key key_of(uint32_t who)
{
	struct lease_key k = { .len = 7 };

	memcpy(k.data + 3, &who, 4);
	k.data[1] = 2;
	return k;
}

static int open_rig(struct rig *r)
{
	int err;

	assert_int_equal(lease_db_init(&r->db, &conf), 0);
	err = leasefile_open(&r->f, path, &r->db);
	if (err)
		lease_db_done(&r->db);
	return err;
}

static void close_rig(struct rig *r)
{
	leasefile_close(&r->f);
	lease_db_done(&r->db);
}

static uint64_t mono(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * NS + (uint64_t)t.tv_nsec;
}

/* Lease number @n to client @who, for a while. */
static struct lease *give(struct rig *r, uint32_t n, uint32_t who, uint32_t seconds)
{
	struct lease *l = lease_at(&r->db, FIRST + n);
	struct lease_key k = key_of(who);

	assert_non_null(l);
	assert_int_equal(lease_assign(&r->db, l, &k, k.data + 1, "guest"), 0);
	l->starts = leasefile_wall(&r->f, mono());
	l->ends = l->starts + seconds;
	l->until = mono() + seconds * NS;
	lease_set_state(&r->db, l, LEASE_ACTIVE);
	assert_int_equal(leasefile_add(&r->f, l, LEASE_EV_COMMIT), 0);
	return l;
}

static bool has(const struct rig *r, uint32_t n, uint32_t who)
{
	const struct lease *l = lease_by_addr(&r->db, FIRST + n);
	struct lease_key k = key_of(who);

	return l && l->state == LEASE_ACTIVE && lease_has_key(l, &k);
}

static void put(const char *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), (ssize_t)len);
	close(fd);
}

static char *get(size_t *len)
{
	int err;
	char *text = conf_read(path, LEASEFILE_MAX, len, &err);

	assert_non_null(text);
	return text;
}

static int setup(void **state)
{
	struct conf_err err;

	(void)state;
	log_open("test", LOG_ERR, false, false);
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/dhcpd.leases", dir);
	snprintf(path_new, sizeof(path_new), "%s.new", path);
	snprintf(path_old, sizeof(path_old), "%s~", path);
	return dhcp_conf_parse(&conf, text_of_conf, strlen(text_of_conf), &err);
}

static int teardown(void **state)
{
	(void)state;
	dhcp_conf_done(&conf);
	unlink(path);
	unlink(path_new);
	unlink(path_old);
	return rmdir(dir);
}

/* A file of some leases; where each block ends goes to @ends. */
static char *sample(uint32_t n, size_t *ends, size_t *len)
{
	struct rig r;
	uint32_t i;
	struct stat st;

	assert_int_equal(open_rig(&r), 0);
	for (i = 0; i < n; i++) {
		give(&r, i, i, 3600);
		if (!(i % 8) || i + 1 == n)
			assert_int_equal(leasefile_commit(&r.f), 0);
		assert_int_equal(stat(path, &st), 0);
		ends[i] = (size_t)st.st_size + r.f.used;
	}
	close_rig(&r);
	return get(len);
}

/*
 * D25: cut at each byte of the last 4 KB: always starts, every lease that was whole is
 * there, and what comes then is not lost to what was torn.
 */
static void cut_anywhere(void **state)
{
	size_t ends[60], len, cut;
	char *text = sample(60, ends, &len);
	struct rig r;
	uint32_t i;

	(void)state;
	assert_true(len > 4096);
	for (cut = len - 4096; cut <= len; cut++) {
		put(text, cut);
		assert_int_equal(open_rig(&r), 0);
		for (i = 0; i < 60; i++)
			assert_int_equal(has(&r, i, i), ends[i] - 1 <= cut);
		if (cut % 16) {
			close_rig(&r);
			continue;
		}
		give(&r, 100, 100, 3600);
		assert_int_equal(leasefile_commit(&r.f), 0);
		close_rig(&r);
		assert_int_equal(open_rig(&r), 0);
		for (i = 0; i < 60; i++)
			assert_int_equal(has(&r, i, i), ends[i] - 1 <= cut);
		assert_true(has(&r, 100, 100));
		close_rig(&r);
	}
	free(text);
}

/* After a loss of power the file may have grown while its data has not come. */
static void zeros(void **state)
{
	size_t ends[60], len, from, n;
	char *text = sample(60, ends, &len), *copy = malloc(len);
	unsigned int i, lost;
	struct rig r;

	(void)state;
	assert_non_null(copy);
	for (from = 0; from < len; from += 97) {
		n = len - from < 700 ? len - from : 700;
		memcpy(copy, text, len);
		memset(copy + from, 0, n);
		put(copy, len);
		assert_int_equal(open_rig(&r), 0);
		for (i = 0, lost = 0; i < 60; i++) {
			size_t begin = i ? ends[i - 1] : 0;
			bool touched = begin < from + n && ends[i] > from;

			assert_true(touched || has(&r, i, i));
			lost += !has(&r, i, i);
		}
		assert_true(lost <= 7);
		give(&r, 100, 100, 3600);
		assert_int_equal(leasefile_commit(&r.f), 0);
		close_rig(&r);
		assert_int_equal(open_rig(&r), 0);
		assert_true(has(&r, 100, 100));
		close_rig(&r);
	}
	free(copy);
	free(text);
}

/* What is no lease file at all stays as it is. */
static void not_ours(void **state)
{
	static const char text[] = "#!/bin/sh\n# not leases\nexit 0\n";
	struct rig r;
	size_t len;
	char *now;

	(void)state;
	put(text, sizeof(text) - 1);
	assert_int_equal(open_rig(&r), 0);
	give(&r, 1, 1, 3600);
	assert_int_equal(leasefile_commit(&r.f), 0);
	close_rig(&r);
	now = get(&len);
	assert_memory_equal(now, text, sizeof(text) - 1);
	free(now);
	assert_int_equal(open_rig(&r), 0);
	assert_true(has(&r, 1, 1));
	close_rig(&r);
}

static unsigned int told[LEASE_EV_ABANDON + 1];

static void on_change(const struct lease *l, enum lease_event what, void *arg)
{
	(void)l;
	(void)arg;
	told[what]++;
}

/* A full disk: nothing counts, nothing stays half, and it goes on by itself. */
static void full(void **state)
{
	int fd_full = open("/dev/full", O_WRONLY), fd, i;
	struct rig r;
	size_t len, size;
	char *text;

	(void)state;
	memset(told, 0, sizeof(told));
	assert_int_equal(open_rig(&r), 0);
	r.f.changed = on_change;
	give(&r, 1, 1, 3600);
	assert_int_equal(told[LEASE_EV_COMMIT], 0);
	assert_int_equal(leasefile_commit(&r.f), 0);
	assert_int_equal(told[LEASE_EV_COMMIT], 1);
	size = r.f.size;
	fd = dup(r.f.fd);
	assert_true(fd >= 0 && fd_full >= 0 && dup2(fd_full, r.f.fd) >= 0);
	give(&r, 2, 2, 3600);
	leasefile_note(&r.f, lease_at(&r.db, FIRST + 9), LEASE_EV_EXPIRE);
	assert_int_equal(leasefile_commit(&r.f), -ENOSPC);
	assert_int_equal(told[LEASE_EV_COMMIT], 1);
	assert_int_equal(told[LEASE_EV_EXPIRE], 1);
	assert_false(leasefile_step(&r.f, mono()));
	assert_true(dup2(fd, r.f.fd) >= 0);
	give(&r, 3, 3, 3600);
	assert_int_equal(leasefile_commit(&r.f), 0);
	text = get(&len);
	assert_true(len > size && len - size < 300);
	/* Who was not told that it was given is not told that it was renewed. */
	for (i = 0; i < 2; i++) {
		told[LEASE_EV_COMMIT] = 0;
		told[LEASE_EV_RENEW] = 0;
		assert_int_equal(leasefile_add(&r.f, lease_at(&r.db, FIRST + 2), LEASE_EV_RENEW),
				 0);
		assert_int_equal(leasefile_commit(&r.f), 0);
		assert_int_equal(told[LEASE_EV_COMMIT], !i);
		assert_int_equal(told[LEASE_EV_RENEW], i);
	}
	free(text);
	/* What was refused is in memory, and comes to the disk when it can. */
	while (leasefile_step(&r.f, mono()))
		;
	close_rig(&r);
	assert_int_equal(open_rig(&r), 0);
	assert_true(has(&r, 1, 1) && has(&r, 2, 2) && has(&r, 3, 3));
	close_rig(&r);
	close(fd);
	close(fd_full);
}

/* Half of a record has room: that half does not stay. */
static void half_written(void **state)
{
	struct rlimit most, no_limit;
	struct rig r;
	size_t size;
	struct stat st;

	(void)state;
	assert_int_equal(open_rig(&r), 0);
	give(&r, 1, 1, 3600);
	assert_int_equal(leasefile_commit(&r.f), 0);
	size = r.f.size;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &no_limit), 0);
	most = no_limit;
	most.rlim_cur = size + 50;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &most), 0);
	give(&r, 2, 2, 3600);
	assert_int_equal(leasefile_commit(&r.f), -EFBIG);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, size);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &no_limit), 0);
	give(&r, 3, 3, 3600);
	assert_int_equal(leasefile_commit(&r.f), 0);
	close_rig(&r);
	assert_int_equal(open_rig(&r), 0);
	assert_true(has(&r, 1, 1) && has(&r, 3, 3));
	close_rig(&r);
}

/*
 * A disk that could not write what it had taken: it may be gone, and a second
 * fdatasync() would not say so. So the whole file is written anew.
 */
static void failed_sync(void **state)
{
	int null = open("/dev/null", O_WRONLY);
	struct rig r;
	struct stat before, after;

	(void)state;
	assert_int_equal(open_rig(&r), 0);
	give(&r, 1, 1, 3600);
	assert_int_equal(leasefile_commit(&r.f), 0);
	assert_int_equal(stat(path, &before), 0);
	/* It takes what is written, and cannot be synced. */
	assert_true(null >= 0 && dup2(null, r.f.fd) >= 0);
	give(&r, 2, 2, 3600);
	assert_int_not_equal(leasefile_commit(&r.f), 0);
	assert_true(r.f.broken);
	give(&r, 3, 3, 3600);
	assert_int_equal(leasefile_commit(&r.f), 0);
	assert_false(r.f.broken);
	assert_int_equal(stat(path, &after), 0);
	assert_int_not_equal(before.st_ino, after.st_ino);
	close_rig(&r);
	assert_int_equal(open_rig(&r), 0);
	assert_true(has(&r, 1, 1) && has(&r, 2, 2) && has(&r, 3, 3));
	close_rig(&r);
	close(null);
}

/* As after a crash at this moment: what does a server find that starts now? */
static void check_crash(const struct lease_db *db)
{
	struct rig r;
	size_t i;

	assert_int_equal(lease_db_init(&r.db, &conf), 0);
	/* It must not write: the file is another's. */
	assert_int_equal(leasefile_open(&r.f, path, &r.db), 0);
	for (i = 0; i < db->n; i++) {
		const struct lease *l = db->all[i], *o = lease_by_addr(&r.db, l->addr);

		if (l->state != LEASE_ACTIVE)
			continue;
		assert_non_null(o);
		assert_int_equal(o->state, LEASE_ACTIVE);
		assert_int_equal(o->key->len, l->key->len);
		assert_memory_equal(o->key->data, l->key->data, l->key->len);
		assert_true(llabs(o->ends - l->ends) <= 1);
	}
	assert_int_equal(r.db.nactive, db->nactive);
	close_rig(&r);
}

/* Leases come, move and go while the file is written anew. */
static void written_anew(void **state)
{
	const uint32_t n = 3000;
	unsigned int steps = 0;
	struct lease *l;
	struct rig r;
	struct stat st;
	uint32_t i, j;
	size_t size;

	(void)state;
	assert_int_equal(open_rig(&r), 0);
	for (j = 0; j < 4; j++) {
		for (i = 0; i < n; i++)
			give(&r, i, i, 3600 + j);
		assert_int_equal(leasefile_commit(&r.f), 0);
	}
	size = r.f.size;
	while (leasefile_step(&r.f, mono())) {
		steps++;
		/* One behind the cursor, one before it, a new one; one is released. */
		give(&r, steps, steps, 7000 + steps);
		give(&r, n - steps, n - steps, 8000 + steps);
		give(&r, n + steps, n + steps, 9000);
		l = lease_at(&r.db, FIRST + 2 * n / 3 + steps);
		l->ends = l->starts;
		lease_set_state(&r.db, l, LEASE_FREE);
		assert_int_equal(leasefile_add(&r.f, l, LEASE_EV_RELEASE), 0);
		assert_int_equal(leasefile_commit(&r.f), 0);
		if (!(steps % 5))
			check_crash(&r.db);
	}
	assert_true(steps >= n / LEASEFILE_SLICE);
	assert_true(r.f.size < size / 3);
	assert_int_equal(stat(path_new, &st), -1);
	assert_int_equal(stat(path_old, &st), 0);
	assert_true((size_t)st.st_size >= size);
	check_crash(&r.db);
	/* It is not done again and again. */
	assert_false(leasefile_step(&r.f, mono() + 3600 * NS));
	close_rig(&r);
}

/* D26: set by a day, either way: nobody's lease gets longer or shorter. */
static void clock_set(void **state)
{
	static const int64_t by[] = { 86400, -86400, -86400, 86400 };
	struct lease *l;
	struct rig r;
	uint64_t until;
	time_t ends;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(by) / sizeof(by[0]); i++) {
		assert_int_equal(open_rig(&r), 0);
		l = give(&r, 1, 1, 3600);
		give(&r, 2, 2, 3600);
		assert_int_equal(leasefile_commit(&r.f), 0);
		until = l->until;
		ends = l->ends;
		leasefile_clock_set(&r.f, r.f.offset + by[i]);
		assert_int_equal(l->until, until);
		assert_int_equal(l->ends, ends + by[i]);
		give(&r, 3, 3, 3600);
		assert_int_equal(leasefile_commit(&r.f), 0);
		/* Every other time the crash comes before it was written anew. */
		while (i % 2 && leasefile_step(&r.f, mono()))
			;
		close_rig(&r);
		/* The clock is right again, and the file knows by how much it was wrong. */
		assert_int_equal(open_rig(&r), 0);
		assert_true(has(&r, 1, 1) && has(&r, 2, 2) && has(&r, 3, 3));
		l = lease_by_addr(&r.db, FIRST + 1);
		assert_true(llabs((int64_t)(l->until - until)) < (int64_t)(5 * NS));
		l = lease_by_addr(&r.db, FIRST + 3);
		assert_true(llabs(l->ends - ends) < 5);
		close_rig(&r);
		unlink(path);
	}
}

/* A client that has moved has one address, in whatever order it is written. */
static void moved(void **state)
{
	struct rig r;

	(void)state;
	assert_int_equal(open_rig(&r), 0);
	give(&r, 1, 1, 3600);
	give(&r, 2, 1, 3600);
	assert_int_equal(leasefile_commit(&r.f), 0);
	close_rig(&r);
	assert_int_equal(open_rig(&r), 0);
	assert_false(has(&r, 1, 1));
	assert_true(has(&r, 2, 1));
	assert_int_equal(leasefile_rewrite(&r.f), 0);
	close_rig(&r);
	assert_int_equal(open_rig(&r), 0);
	assert_false(has(&r, 1, 1));
	assert_true(has(&r, 2, 1));
	close_rig(&r);
}

/* Order of rest and quarantine survive a restart. */
static void states_kept(void **state)
{
	struct lease *l;
	struct rig r;
	uint32_t i;

	(void)state;
	assert_int_equal(open_rig(&r), 0);
	for (i = 0; i < 5; i++) {
		l = give(&r, i, i, 3600);
		l->ends = leasefile_wall(&r.f, mono()) - 10 * (time_t)(i ^ 2);
		l->until = mono() + 86400 * NS;
		if (i == 4) {
			l->ends = leasefile_wall(&r.f, mono()) + 86400;
			lease_set_state(&r.db, l, LEASE_ABANDONED);
		} else {
			lease_set_state(&r.db, l, LEASE_FREE);
		}
		assert_int_equal(leasefile_add(&r.f, l, LEASE_EV_ABANDON), 0);
	}
	assert_int_equal(leasefile_commit(&r.f), 0);
	close_rig(&r);
	assert_int_equal(open_rig(&r), 0);
	/* 1 ^ 2 is the longest ago. */
	l = r.db.pools[0].lists[LEASE_RESTING].oldest;
	assert_int_equal(l->addr, FIRST + 1);
	assert_int_equal(l->newer->addr, FIRST + 0);
	assert_int_equal(r.db.pools[0].lists[LEASE_DECLINED].oldest->addr, FIRST + 4);
	close_rig(&r);
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(cut_anywhere), TEST(zeros),       TEST(not_ours),	   TEST(full),
		TEST(half_written), TEST(failed_sync), TEST(written_anew), TEST(clock_set),
		TEST(moved),	    TEST(states_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
