// SPDX-License-Identifier: GPL-2.0-or-later
/* Unit tests of loop.c: the order of timers, and when the loop stays awake. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <time.h>
#include <unistd.h>
#include "loop.h"

#define TIMERS 50
#define PINGS 1000

static uint64_t clock_of(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * SEC + (uint64_t)ts.tv_nsec;
}

static void on_end(struct loop *loop, struct loop_timer *t)
{
	(void)t;
	loop_quit(loop, 0);
}

struct many {
	struct loop_timer t[TIMERS];
	unsigned int fired;
	uint64_t last;
};

static struct many *many;

static void on_one(struct loop *loop, struct loop_timer *t)
{
	assert_true(t->due >= many->last);
	assert_true(t->due <= loop_now(loop));
	many->last = t->due;
	if (++many->fired == TIMERS / 2)
		loop_quit(loop, 0);
}

/* Half of them are taken back, and the others fire in their order. */
static void test_timers(void **state)
{
	struct many m = { 0 };
	struct loop loop;
	unsigned int i;

	(void)state;
	many = &m;
	assert_int_equal(loop_init(&loop), 0);
	for (i = 0; i < TIMERS; i++) {
		m.t[i].fn = on_one;
		assert_int_equal(loop_timer_set(&loop, &m.t[i], i * 7919 % TIMERS * MSEC), 0);
	}
	for (i = 0; i < TIMERS; i += 2) {
		loop_timer_cancel(&loop, &m.t[i]);
		assert_false(loop_timer_is_set(&m.t[i]));
	}
	assert_int_equal(loop_run(&loop), 0);
	assert_int_equal(m.fired, TIMERS / 2);
	loop_done(&loop);
}

struct echo {
	struct loop_fd fd;
	int out;
	unsigned int left;
};

/* Each byte that comes makes the next one. */
static void on_byte(struct loop *loop, struct loop_fd *self, uint32_t events)
{
	struct echo *e = (struct echo *)(void *)self;
	char c;

	(void)loop;
	(void)events;
	assert_int_equal(read(self->fd, &c, 1), 1);
	if (e->left && --e->left)
		assert_int_equal(write(e->out, &c, 1), 1);
}

static uint64_t cpu_of_a_run(struct loop *loop, uint64_t length)
{
	struct loop_timer end = { .fn = on_end };
	uint64_t before = clock_of(CLOCK_PROCESS_CPUTIME_ID);

	assert_int_equal(loop_timer_set(loop, &end, length), 0);
	assert_int_equal(loop_run(loop), 0);
	return clock_of(CLOCK_PROCESS_CPUTIME_ID) - before;
}

/*
 * All events in quick succession are served; the loop that spins has run for as
 * long as it may behind the last of them, and sleeps then.
 */
static void test_spin(void **state)
{
	struct echo e = { .fd.fn = on_byte, .left = PINGS };
	uint64_t begin, cpu;
	struct loop loop;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(loop_init(&loop), 0);
	e.fd.fd = fds[0];
	e.out = fds[1];
	assert_int_equal(loop_fd_add(&loop, &e.fd, EPOLLIN), 0);
	assert_int_equal(cpu_of_a_run(&loop, 20 * MSEC) < 10 * MSEC, 1);

	loop_set_spin(&loop, 100 * MSEC);
	assert_int_equal(write(fds[1], "x", 1), 1);
	begin = clock_of(CLOCK_MONOTONIC);
	cpu = cpu_of_a_run(&loop, 400 * MSEC);
	assert_int_equal(e.left, 0);
	assert_true(clock_of(CLOCK_MONOTONIC) - begin >= 400 * MSEC);
	/* It shares the processor; 300 ms would be a loop that never sleeps. */
	assert_in_range(cpu, 20 * MSEC, 250 * MSEC);

	loop_set_spin(&loop, 0);
	e.left = PINGS;
	assert_int_equal(write(fds[1], "x", 1), 1);
	assert_int_equal(cpu_of_a_run(&loop, 400 * MSEC) < 100 * MSEC, 1);
	assert_int_equal(e.left, 0);
	loop_done(&loop);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_timers),
		cmocka_unit_test(test_spin),
	};

	return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
