/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event loop: files, timers, signals. Single-threaded. Objects are embedded in
 * the user's own; the loop never allocates one and never frees one.
 */
#ifndef VMNET_LOOP_H
#define VMNET_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

#define USEC 1000ULL
#define MSEC 1000000ULL
#define SEC 1000000000ULL

struct loop;

/**
 * struct loop_fd - a file that is watched
 * @fd: the descriptor, owned by the user
 * @fn: called with the EPOLL* events that are there
 * @added: the loop watches it
 *
 * May be removed and freed in any callback: events already fetched for it are
 * dropped.
 */
struct loop_fd {
	int fd;
	void (*fn)(struct loop *loop, struct loop_fd *self, uint32_t events);
	bool added;
};

/**
 * struct loop_timer - a moment to come
 * @fn: called once when it has come; may set the timer again
 * @due: when, CLOCK_MONOTONIC ns
 * @index: place in the heap plus one, 0 when not set
 */
struct loop_timer {
	void (*fn)(struct loop *loop, struct loop_timer *self);
	uint64_t due;
	size_t index;
};

#define LOOP_SIGNALS 8
#define LOOP_EVENTS 64

struct loop {
	int epoll;
	struct loop_fd signal_fd;
	struct {
		int signo;
		void (*fn)(struct loop *loop, int signo, void *arg);
		void *arg;
	} signals[LOOP_SIGNALS];
	unsigned int nsignals;
	struct loop_timer **heap;
	size_t ntimers, room;
	uint64_t now, spin;
	bool quick;
	void (*turn_end)(struct loop *loop, void *arg);
	void *turn_end_arg;
	struct epoll_event events[LOOP_EVENTS];
	int nevents;
	bool quit;
	int status;
};

int loop_init(struct loop *loop);
void loop_done(struct loop *loop);
int loop_run(struct loop *loop);
void loop_quit(struct loop *loop, int status);
uint64_t loop_now(struct loop *loop);

int loop_fd_add(struct loop *loop, struct loop_fd *lfd, uint32_t events);
int loop_fd_mod(struct loop *loop, struct loop_fd *lfd, uint32_t events);
void loop_fd_close(struct loop *loop, struct loop_fd *lfd);
void loop_fd_del(struct loop *loop, struct loop_fd *lfd);

int loop_timer_set(struct loop *loop, struct loop_timer *t, uint64_t delay_ns);
void loop_timer_cancel(struct loop *loop, struct loop_timer *t);

int loop_signal_add(struct loop *loop, int signo,
		    void (*fn)(struct loop *loop, int signo, void *arg), void *arg);
void loop_set_spin(struct loop *loop, uint64_t ns);
void loop_set_turn_end(struct loop *loop, void (*fn)(struct loop *loop, void *arg), void *arg);

static inline bool loop_timer_is_set(const struct loop_timer *t)
{
	return t->index != 0;
}

#endif
