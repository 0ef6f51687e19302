// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "conffile.h"
#include "hook.h"
#include "hook_run.h"
#include "status.h"

static const char *value(const struct hook_env *env, const char *name)
{
	size_t len = strlen(name), i;

	for (i = 0; env->list[i]; i++)
		if (!strncmp(env->list[i], name, len) && env->list[i][len] == '=')
			return env->list[i] + len + 1;
	return NULL;
}

static struct lease a_lease(char *hostname)
{
	return (struct lease){
		.addr = 0x0a610005,
		.mac = { 2, 0, 0, 0, 0, 5 },
		.state = LEASE_ACTIVE,
		.hostname = hostname,
		.ends = 1000000000,
	};
}

static void test_environment(void **state)
{
	struct lease_id *id = calloc(1, sizeof(*id) + 4);
	struct lease l = a_lease("web");
	struct hook_env env;
	struct event e;

	(void)state;
	id->len = 4;
	memcpy(id->data, "\1\1\xaa\0", 4);
	l.key = id;
	event_fill(&e, &l, LEASE_EV_COMMIT, 1);
	hook_environment(&env, &e, "vmnet8");
	assert_string_equal(value(&env, "VMNET_EVENT"), "granted");
	assert_string_equal(value(&env, "VMNET_NETWORK"), "vmnet8");
	assert_string_equal(value(&env, "VMNET_ADDRESS"), "10.97.0.5");
	assert_string_equal(value(&env, "VMNET_MAC"), "02:00:00:00:00:05");
	assert_string_equal(value(&env, "VMNET_HOSTNAME"), "web");
	assert_string_equal(value(&env, "VMNET_CLIENT_ID"), "01:aa:00");
	assert_string_equal(value(&env, "VMNET_ENDS"), "1000000000");
	l.ends = LEASE_NEVER;
	event_fill(&e, &l, LEASE_EV_EXPIRE, 1);
	hook_environment(&env, &e, "vmnet8");
	assert_string_equal(value(&env, "VMNET_ENDS"), "never");
	free(id);
}

/* Names come from guests, and files; nothing of them is left that means anything. */
static void test_names(void **state)
{
	static const char *const names[][2] = {
		{ "$(reboot)", "--reboot-" },
		{ "a b\nPATH=/x", "a-b-PATH--x" },
		{ "-rf", "_rf" },
		{ "\"; rm '*", "---rm---" },
		{ "\xc3\xa4", "--" },
		{ "ok-1_2.lab", "ok-1_2.lab" },
	};
	struct hook_env env;
	struct event e;
	json_t *j;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct lease l = a_lease((char *)names[i][0]);
		const char *got;

		event_fill(&e, &l, LEASE_EV_COMMIT, 1);
		hook_environment(&env, &e, "vmnet8");
		got = value(&env, "VMNET_HOSTNAME");
		/* A first dash is replaced too. */
		assert_string_equal(got + (*got == '_'),
				    names[i][1] + (names[i][1][0] == '-' || names[i][1][0] == '_'));
		assert_null(strpbrk(got, "$`\"'\\ \n;&|<>(){}*?/="));
		j = status_event(&e);
		assert_non_null(json_object_get(j, "hostname"));
		json_decref(j);
	}
}

/* The longest of everything has room. */
static void test_longest(void **state)
{
	struct event e = { .what = LEASE_EV_ABANDON, .id_len = 255, .addr = 0xffffffff };
	char network[200];
	struct hook_env env;

	(void)state;
	memset(e.hostname, 'n', sizeof(e.hostname) - 1);
	e.hostname[0] = '-';
	memset(network, 'n', sizeof(network));
	network[sizeof(network) - 1] = '\0';
	e.ends = (time_t)INT64_MAX - 1;
	hook_environment(&env, &e, network);
	assert_int_equal(strlen(value(&env, "VMNET_CLIENT_ID")), 255 * 3 - 1);
	assert_int_equal(strlen(value(&env, "VMNET_HOSTNAME")), 63);
	assert_non_null(value(&env, "VMNET_ENDS"));
}

static void stop(struct loop *loop, struct loop_timer *t)
{
	(void)t;
	loop_quit(loop, 0);
}

/* In order, one at a time; more than may wait, and the oldest are dropped. */
static void test_runs(void **state)
{
	static const char script[] = "#!/bin/sh\necho \"$1 $VMNET_ADDRESS $#\" >>\"${0%/*}/out\"\n";
	char dir[] = "/tmp/vmnet-hook-XXXXXX", path[64], out[64], want[64];
	struct loop_timer t = { .fn = stop };
	struct hook_stats stats;
	struct loop loop;
	struct hook *h;
	struct event e = { .what = LEASE_EV_COMMIT };
	unsigned int i;
	char *text;
	int err;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/hook", dir);
	snprintf(out, sizeof(out), "%s/out", dir);
	assert_int_equal(conf_write(path, script, strlen(script), 0755), 0);
	assert_int_equal(chmod(dir, 0777), 0);
	assert_int_equal(loop_init(&loop), 0);
	assert_null(hook_start("/nonexistent", "vmnet8", NULL, &err));
	h = hook_start(path, "vmnet8", NULL, &err);
	assert_non_null(h);
	assert_int_equal(hook_watch(h, &loop), 0);
	for (i = 0; i < 3; i++) {
		e.addr = i;
		hook_event(h, &e);
	}
	for (i = 0; i < 100; i++) {
		loop_timer_set(&loop, &t, 100 * MSEC);
		loop.quit = false;
		loop_run(&loop);
		hook_get_stats(h, &stats);
		if (stats.runs == 3)
			break;
	}
	assert_int_equal(stats.runs, 3);
	assert_int_equal(stats.failed, 0);
	text = conf_read(out, 4096, NULL, &err);
	assert_non_null(text);
	strcpy(want, "granted 0.0.0.0 1\ngranted 0.0.0.1 1\ngranted 0.0.0.2 1\n");
	assert_string_equal(text, want);
	free(text);
	for (i = 0; i < HOOK_QUEUE + 11; i++)
		hook_event(h, &e);
	hook_get_stats(h, &stats);
	assert_int_equal(stats.dropped, 10);
	hook_done(h);
	loop_done(&loop);
	unlink(out);
	unlink(path);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
