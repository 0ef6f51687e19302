// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Taking up the leases of a file, in whatever state a crash has left it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "leasefile_priv.h"
#include "log.h"
#include "loop.h"

#define DAMAGES 5 /* of one file, that are logged one by one */

/**
 * struct replay - where we are in the file
 * @f: the file
 * @mono: now, by the monotonic clock, ns
 * @wall: now, by the wall clock
 * @longest: seconds that a lease may last
 * @shift: seconds that the wall clock has been set by since the blocks were written
 * @clock_known: the blocks were written by today's clock, and the file says so
 * @ndamaged: places that cannot be read
 * @err: -ENOMEM when that came up
 */
struct replay {
	struct leasefile *f;
	uint64_t mono;
	time_t wall, longest;
	int64_t shift;
	bool clock_known;
	unsigned int ndamaged;
	int err;
};

static void on_comment(const char *text, size_t len, void *arg)
{
	struct replay *p = arg;
	int64_t offset = 0;

	if (!leasefile_clock_is(text, len))
		return;
	p->clock_known = leasefile_clock_parse(p->f, text, len, &offset);
	p->shift = p->clock_known ? p->f->offset - offset : 0;
	if (llabs(p->shift) <= LEASEFILE_TOLERATED)
		p->shift = 0;
	else
		p->clock_known = false;
}

static void on_damage(unsigned int from, unsigned int to, void *arg)
{
	struct replay *p = arg;

	if (p->ndamaged++ < DAMAGES)
		log_warn("%s:%u: no lease can be read here; goes on at line %u", p->f->path, from,
			 to);
}

/* By today's clock. */
static time_t moved(const struct replay *p, time_t t)
{
	return t && t != LEASE_NEVER ? t + p->shift : t;
}

/* Whatever else the client had it has no more. */
static void end_others(struct lease_db *db, const struct lease *l)
{
	struct lease *o;

	while ((o = lease_other(db, l))) {
		if (o->ends > l->starts)
			o->ends = l->starts > 0 ? l->starts : 1;
		lease_set_state(db, o, LEASE_FREE);
	}
}

static void set_times(struct replay *p, struct lease *l, const struct lease_record *r)
{
	l->starts = moved(p, r->starts);
	l->ends = moved(p, r->ends);
	if (l->ends <= 0)
		l->ends = 1;
	if (l->ends == LEASE_NEVER) {
		l->until = UINT64_MAX;
		return;
	}
	/* The clock may have been wrong; no lease is longer than allowed. */
	if (l->ends - p->wall > p->longest)
		l->ends = p->wall + p->longest;
	l->until = p->mono;
	if (l->ends > p->wall)
		l->until += (uint64_t)(l->ends - p->wall) * SEC;
}

static void on_block(const struct lease_record *r, void *arg)
{
	struct replay *p = arg;
	struct lease_db *db = p->f->db;
	bool over = r->released || moved(p, r->ends) <= p->wall;
	struct lease *l = lease_by_addr(db, r->addr);

	p->f->blocks++;
	/* What nobody has had needs no record. */
	if (!l && !r->key.len && !r->abandoned)
		return;
	if (!l) {
		l = lease_make(db, r->addr);
		if (!l) {
			p->err = -ENOMEM;
			return;
		}
	}
	if (r->key.len && lease_assign(db, l, &r->key, r->mac, r->hostname)) {
		p->err = -ENOMEM;
		return;
	}
	set_times(p, l, r);
	if (over)
		lease_set_state(db, l, LEASE_FREE);
	else
		lease_set_state(db, l, r->abandoned ? LEASE_ABANDONED : LEASE_ACTIVE);
	if (l->state == LEASE_ACTIVE)
		end_others(db, l);
}

static int replay(struct replay *p, const char *text, size_t len, size_t *good)
{
	const struct lease_reader reader = {
		.block = on_block,
		.damaged = on_damage,
		.comment = on_comment,
		.arg = p,
	};

	*good = lease_file_read(text, len, &reader);
	if (p->err)
		return p->err;
	if (p->ndamaged > DAMAGES)
		log_warn("%s: %u more such places", p->f->path, p->ndamaged - DAMAGES);
	if (p->shift)
		log_warn("%s: the clock was set by %lld s meanwhile; leases last as long as they "
			 "were given for",
			 p->f->path, (long long)p->shift);
	/* What was found damaged is to be whole the next time. */
	if (p->ndamaged || p->shift)
		p->f->wanted = true;
	lease_db_sort(p->f->db);
	return 0;
}

/* What a crash has torn off is cut off, so that nothing is glued to it. */
static int cut(struct leasefile *f, size_t good, size_t len)
{
	size_t done;

	f->size = len;
	if (good == len)
		return 0;
	if (good) {
		log_warn("%s: the last record is torn; it is cut off", f->path);
		if (ftruncate(f->fd, (off_t)good))
			return -errno;
		f->size = good;
		return 0;
	}
	/* Nothing of ours at all: that is left to whoever knows what it is. */
	log_warn("%s: nothing in it could be read", f->path);
	f->size = len + 1;
	return leasefile_write(f->fd, "\n", 1, &done);
}

static void note_clock(struct leasefile *f)
{
	char *at = leasefile_room(f, LEASEFILE_CLOCK_LINE);

	if (at)
		f->used += leasefile_clock_line(f, at, LEASEFILE_CLOCK_LINE);
}

static int open_file(struct leasefile *f)
{
	f->fd = open(f->path, O_WRONLY | O_CREAT | O_CLOEXEC | O_APPEND | O_NOFOLLOW, 0644);
	return f->fd < 0 ? -errno : 0;
}

/**
 * leasefile_open - take up the leases of a file
 * @f: filled in
 * @path: the file; made when it is missing
 * @db: gets the leases; as old as @f
 *
 * What a crash has torn off at the end is cut off, what it has damaged in the
 * middle is passed over, with a warning that says where. Return: 0 or negative
 * errno; then there is nothing to close.
 */
int leasefile_open(struct leasefile *f, const char *path, struct lease_db *db)
{
	struct replay p = { .f = f };
	size_t len = 0, good = 0;
	char *text;
	int err;

	memset(f, 0, sizeof(*f));
	f->fd = f->fresh.fd = -1;
	f->db = db;
	if (snprintf(f->path, sizeof(f->path), "%s", path) >= (int)sizeof(f->path))
		return -ENAMETOOLONG;
	leasefile_clock_init(f);
	p.mono = leasefile_mono();
	p.wall = leasefile_wall(f, p.mono);
	p.longest = dhcp_conf_longest(db->conf);
	text = conf_read(path, LEASEFILE_MAX, &len, &err);
	if (!text && err != -ENOENT)
		return err;
	err = text ? replay(&p, text, len, &good) : 0;
	free(text);
	if (!err)
		err = open_file(f);
	if (!err)
		err = cut(f, good, len);
	if (err) {
		leasefile_close(f);
		return err;
	}
	if (!p.clock_known)
		note_clock(f);
	log_info("%s: %zu records", path, f->blocks);
	return 0;
}
