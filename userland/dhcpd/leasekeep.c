// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What leases need when nobody asks for one: they end, the clock is set, their file
 * is written anew.
 */
#include "server.h"

#define LOOK_EVERY (10 * SEC) /* at the clock */
#define SLICE_EVERY MSEC /* of a file that is written anew while nothing else happens */
#define EXPIRE_MOST 256 /* a turn */

/* The wall clock, as leases are written by. */
time_t server_wall(struct server *s)
{
	return leasefile_wall(&s->file, loop_now(&s->loop));
}

/* End what has ended; before what the turn has gathered is committed. */
void server_leases_expire(struct server *s)
{
	enum lease_state was;
	struct lease *l;
	unsigned int n;

	for (n = 0; n < EXPIRE_MOST; n++) {
		l = lease_expire(&s->db, loop_now(&s->loop), &was);
		if (!l)
			return;
		if (was == LEASE_ACTIVE)
			leasefile_note(&s->file, l, LEASE_EV_EXPIRE);
	}
}

/* Everything is committed: some upkeep, and when to look again. */
void server_leases_turn(struct server *s)
{
	uint64_t now = loop_now(&s->loop), end = lease_next_end(&s->db), wait = LOOK_EVERY;

	leasefile_clock(&s->file);
	if (leasefile_step(&s->file, now))
		wait = SLICE_EVERY;
	if (end < now + wait)
		wait = end > now ? end - now : 0;
	if (!loop_timer_is_set(&s->lease_timer) || s->lease_timer.due > now + wait)
		loop_timer_set(&s->loop, &s->lease_timer, wait);
}

/* All is done at the end of the turn that it wakes. */
static void on_timer(struct loop *loop, struct loop_timer *t)
{
	(void)loop;
	(void)t;
}

/* Begin; the timer is set by the first turn. */
void server_leases_init(struct server *s)
{
	s->lease_timer.fn = on_timer;
	loop_timer_set(&s->loop, &s->lease_timer, 0);
}
