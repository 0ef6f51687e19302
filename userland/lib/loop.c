// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>
#include "loop.h"

static uint64_t clock_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * SEC + (uint64_t)ts.tv_nsec;
}

/**
 * loop_init - make an empty loop
 * @loop: zeroed or not
 *
 * Return: 0 or negative errno.
 */
int loop_init(struct loop *loop)
{
	memset(loop, 0, sizeof(*loop));
	loop->signal_fd.fd = -1;
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0)
		return -errno;
	loop->now = clock_now();
	return 0;
}

/**
 * loop_done - end a loop
 * @loop: the loop; what it watched stays the users'
 */
void loop_done(struct loop *loop)
{
	if (loop->signal_fd.fd >= 0)
		close(loop->signal_fd.fd);
	close(loop->epoll);
	free(loop->heap);
	memset(loop, 0, sizeof(*loop));
}

/**
 * loop_now - the time of this turn
 * @loop: the loop
 *
 * Return: CLOCK_MONOTONIC, ns, as it was when the turn began.
 */
uint64_t loop_now(struct loop *loop)
{
	return loop->now;
}

/* Watch @lfd. Return: 0 or negative errno. */
int loop_fd_add(struct loop *loop, struct loop_fd *lfd, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = lfd };

	if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, lfd->fd, &ev))
		return -errno;
	lfd->added = true;
	return 0;
}

/* Watch @lfd for other events. Return: 0 or negative errno. */
int loop_fd_mod(struct loop *loop, struct loop_fd *lfd, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = lfd };

	if (epoll_ctl(loop->epoll, EPOLL_CTL_MOD, lfd->fd, &ev))
		return -errno;
	return 0;
}

/* Nothing that has been fetched for it already is told. */
static void forget(struct loop *loop, struct loop_fd *lfd)
{
	int i;

	lfd->added = false;
	for (i = 0; i < loop->nevents; i++)
		if (loop->events[i].data.ptr == lfd)
			loop->events[i].data.ptr = NULL;
}

/**
 * loop_fd_del - stop watching
 * @loop: the loop
 * @lfd: watched or not; its descriptor must still be open
 */
void loop_fd_del(struct loop *loop, struct loop_fd *lfd)
{
	if (!lfd->added)
		return;
	epoll_ctl(loop->epoll, EPOLL_CTL_DEL, lfd->fd, NULL);
	forget(loop, lfd);
}

/**
 * loop_fd_close - stop watching, and close
 * @loop: the loop
 * @lfd: watched or not; nobody else has a copy of its descriptor, so that the
 *	kernel stops by itself and need not be asked
 */
void loop_fd_close(struct loop *loop, struct loop_fd *lfd)
{
	forget(loop, lfd);
	close(lfd->fd);
	lfd->fd = -1;
}

/* Binary heap: heap[i] is due before its children 2i+1 and 2i+2. */
static void heap_put(struct loop *loop, size_t i, struct loop_timer *t)
{
	loop->heap[i] = t;
	t->index = i + 1;
}

static void heap_up(struct loop *loop, size_t i)
{
	struct loop_timer *t = loop->heap[i];

	while (i && loop->heap[(i - 1) / 2]->due > t->due) {
		heap_put(loop, i, loop->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	heap_put(loop, i, t);
}

static void heap_down(struct loop *loop, size_t i)
{
	struct loop_timer *t = loop->heap[i];

	for (;;) {
		size_t c = 2 * i + 1;

		if (c >= loop->ntimers)
			break;
		if (c + 1 < loop->ntimers && loop->heap[c + 1]->due < loop->heap[c]->due)
			c++;
		if (loop->heap[c]->due >= t->due)
			break;
		heap_put(loop, i, loop->heap[c]);
		i = c;
	}
	heap_put(loop, i, t);
}

/**
 * loop_timer_set - set a timer, or set it anew
 * @loop: the loop
 * @t: the timer; @t->fn is set
 * @delay_ns: from now on
 *
 * Return: 0 or -ENOMEM (never for a timer that is set already).
 */
int loop_timer_set(struct loop *loop, struct loop_timer *t, uint64_t delay_ns)
{
	struct loop_timer **heap;

	if (!t->index) {
		if (loop->ntimers == loop->room) {
			size_t room = loop->room ? loop->room * 2 : 64;

			heap = realloc(loop->heap, room * sizeof(*heap));
			if (!heap)
				return -ENOMEM;
			loop->heap = heap;
			loop->room = room;
		}
		heap_put(loop, loop->ntimers++, t);
	}
	t->due = loop->now + delay_ns;
	heap_up(loop, t->index - 1);
	heap_down(loop, t->index - 1);
	return 0;
}

/* Forget a timer that is set or not. */
void loop_timer_cancel(struct loop *loop, struct loop_timer *t)
{
	struct loop_timer *last;
	size_t i;

	if (!t->index)
		return;
	i = t->index - 1;
	t->index = 0;
	last = loop->heap[--loop->ntimers];
	if (last == t)
		return;
	heap_put(loop, i, last);
	heap_up(loop, i);
	heap_down(loop, last->index - 1);
}

static void on_signal(struct loop *loop, struct loop_fd *self, uint32_t events)
{
	struct signalfd_siginfo si;
	unsigned int i;

	(void)events;
	while (read(self->fd, &si, sizeof(si)) == (ssize_t)sizeof(si))
		for (i = 0; i < loop->nsignals; i++)
			if ((uint32_t)loop->signals[i].signo == si.ssi_signo)
				loop->signals[i].fn(loop, (int)si.ssi_signo, loop->signals[i].arg);
}

/**
 * loop_signal_add - have a signal delivered as an event
 * @loop: the loop
 * @signo: the signal; it is blocked from now on
 * @fn: called in the loop
 * @arg: for @fn
 *
 * Return: 0 or negative errno.
 */
int loop_signal_add(struct loop *loop, int signo,
		    void (*fn)(struct loop *loop, int signo, void *arg), void *arg)
{
	unsigned int i;
	sigset_t set;
	int fd;

	if (loop->nsignals == LOOP_SIGNALS)
		return -ENOSPC;
	loop->signals[loop->nsignals].signo = signo;
	loop->signals[loop->nsignals].fn = fn;
	loop->signals[loop->nsignals].arg = arg;
	loop->nsignals++;

	sigemptyset(&set);
	for (i = 0; i < loop->nsignals; i++)
		sigaddset(&set, loop->signals[i].signo);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	fd = signalfd(loop->signal_fd.fd, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (loop->signal_fd.fd >= 0)
		return 0;
	loop->signal_fd.fd = fd;
	loop->signal_fd.fn = on_signal;
	return loop_fd_add(loop, &loop->signal_fd, EPOLLIN);
}

/* Call @fn at the end of each turn, after all events and timers. */
void loop_set_turn_end(struct loop *loop, void (*fn)(struct loop *loop, void *arg), void *arg)
{
	loop->turn_end = fn;
	loop->turn_end_arg = arg;
}

/**
 * loop_set_spin - stay awake for a moment where questions follow answers
 * @loop: the loop
 * @ns: how long at most; 0, as at the start, for never
 *
 * To fall asleep and be woken takes longer than to look again. It is done when
 * the event before came alone, that soon, and was little work: an idle loop
 * sleeps, and a busy one leaves the processor to those it works for.
 */
void loop_set_spin(struct loop *loop, uint64_t ns)
{
	loop->spin = ns;
}

/* Leave loop_run() after this turn; it returns @status. */
void loop_quit(struct loop *loop, int status)
{
	loop->quit = true;
	loop->status = status;
}

static int wait_ms(const struct loop *loop, uint64_t now)
{
	uint64_t ns;

	if (!loop->ntimers)
		return -1;
	if (loop->heap[0]->due <= now)
		return 0;
	ns = loop->heap[0]->due - now;
	if (ns > 3600 * SEC)
		ns = 3600 * SEC;
	return (int)((ns + MSEC - 1) / MSEC);
}

/* Return: how many events there are, 0 when a timer is due, -1 with errno. */
static int wait_events(struct loop *loop)
{
	uint64_t begin = clock_now(), end = begin + loop->spin;
	bool light = begin - loop->now < loop->spin / 2;
	int n = 0, ms = wait_ms(loop, begin);

	if (loop->quick && light && ms) {
		do {
			n = epoll_wait(loop->epoll, loop->events, LOOP_EVENTS, 0);
			loop->now = clock_now();
		} while (!n && loop->now < end);
		ms = wait_ms(loop, loop->now);
	}
	if (!n) {
		n = epoll_wait(loop->epoll, loop->events, LOOP_EVENTS, ms);
		loop->now = clock_now();
	}
	loop->quick = n == 1 && loop->now < end;
	return n;
}

static void run_timers(struct loop *loop)
{
	while (loop->ntimers && loop->heap[0]->due <= loop->now && !loop->quit) {
		struct loop_timer *t = loop->heap[0];

		loop_timer_cancel(loop, t);
		t->fn(loop, t);
	}
}

/**
 * loop_run - wait and call back until loop_quit()
 * @loop: the loop
 *
 * Return: the status given to loop_quit(), or negative errno.
 */
int loop_run(struct loop *loop)
{
	int i;

	loop->quit = false;
	while (!loop->quit) {
		loop->nevents = wait_events(loop);
		if (loop->nevents < 0) {
			if (errno != EINTR)
				return -errno;
			loop->nevents = 0;
		}
		for (i = 0; i < loop->nevents && !loop->quit; i++) {
			struct loop_fd *lfd = loop->events[i].data.ptr;

			if (lfd)
				lfd->fn(loop, lfd, loop->events[i].events);
		}
		loop->nevents = 0;
		run_timers(loop);
		if (loop->turn_end)
			loop->turn_end(loop, loop->turn_end_arg);
	}
	return loop->status;
}
