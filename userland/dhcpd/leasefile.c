// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The lease file on the disk. A lease is appended and on the disk before its
 * acknowledgement leaves; all of a turn share one fdatasync() (nat-dhcp.md D5, D25).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>
#include "leasefile_priv.h"
#include "log.h"
#include "loop.h"

#define TELL_EVERY (10 * SEC)
#define OVER_AFTER (2 * SEC)
#define REWRITE_EVERY SEC /* when that fails */

/* Something to tell of once it is on the disk. */
struct lease_change {
	struct lease *lease;
	enum lease_event what;
};

/* The monotonic clock now, not that of the turn: a disk may take its time. */
uint64_t leasefile_mono(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * SEC + (uint64_t)t.tv_nsec;
}

/* Return: 0 or negative errno; @done is how much of it is written. */
int leasefile_write(int fd, const char *data, size_t len, size_t *done)
{
	*done = 0;
	while (*done < len) {
		ssize_t n = write(fd, data + *done, len - *done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		*done += (size_t)n;
	}
	return 0;
}

/*
 * A file system that has been made read-only under an open file still takes what is
 * written, in memory, and has nothing to sync: no error tells. Return: 0, or -EROFS.
 */
int leasefile_writable(int fd)
{
	struct statvfs st;

	if (fstatvfs(fd, &st))
		return -errno;
	return st.f_flag & ST_RDONLY ? -EROFS : 0;
}

/* Bring what was written to the disk. Return: 0 or negative errno. */
int leasefile_sync(int fd)
{
	return fdatasync(fd) ? -errno : leasefile_writable(fd);
}

/* A lease as a block. Return: bytes. */
size_t leasefile_format(const struct lease *l, char *buf, size_t size)
{
	struct lease_record r = {
		.addr = l->addr,
		.starts = l->starts,
		.ends = l->ends,
		.abandoned = l->state == LEASE_ABANDONED,
	};

	memcpy(r.mac, l->mac, sizeof(r.mac));
	snprintf(r.hostname, sizeof(r.hostname), "%s", lease_hostname(l));
	lease_key_of(l, &r.key);
	return lease_format(&r, buf, size);
}

/* Where @len more bytes to write have room, or NULL. */
char *leasefile_room(struct leasefile *f, size_t len)
{
	size_t room = f->room ? f->room : 16 * LEASE_TEXT;
	char *more;

	while (f->used + len > room)
		room *= 2;
	if (room != f->room) {
		more = realloc(f->buf, room);
		if (!more)
			return NULL;
		f->buf = more;
		f->room = room;
	}
	return f->buf + f->used;
}

/**
 * leasefile_note - something has happened to a lease that needs no writing
 * @f: the file
 * @l: the lease
 * @what: told after leasefile_commit()
 */
void leasefile_note(struct leasefile *f, struct lease *l, enum lease_event what)
{
	struct lease_change *more;

	if (!f->changed)
		return;
	if (f->nchanges == f->changes_room) {
		size_t room = f->changes_room ? f->changes_room * 2 : 64;

		more = realloc(f->changes, room * sizeof(*more));
		if (!more)
			return;
		f->changes = more;
		f->changes_room = room;
	}
	f->changes[f->nchanges++] = (struct lease_change){ l, what };
}

/**
 * leasefile_add - a lease has changed
 * @f: the file
 * @l: the lease; it is on the disk after leasefile_commit()
 * @what: how, told after that
 *
 * Return: 0 or -ENOMEM.
 */
int leasefile_add(struct leasefile *f, struct lease *l, enum lease_event what)
{
	char *at = leasefile_room(f, LEASE_TEXT);

	if (!at)
		return -ENOMEM;
	f->used += leasefile_format(l, at, LEASE_TEXT);
	f->blocks++;
	leasefile_note(f, l, what);
	return 0;
}

/* What was to be known. A lease that is not on the disk is none. */
static void tell(struct leasefile *f, int err)
{
	size_t i;

	for (i = 0; i < f->nchanges; i++) {
		struct lease_change *c = &f->changes[i];

		if (err && (c->what == LEASE_EV_COMMIT || c->what == LEASE_EV_RENEW)) {
			if (c->what == LEASE_EV_COMMIT)
				c->lease->untold = true;
			continue;
		}
		if (c->what == LEASE_EV_RENEW && c->lease->untold)
			c->what = LEASE_EV_COMMIT;
		c->lease->untold = false;
		if (f->changed)
			f->changed(c->lease, c->what, f->changed_arg);
	}
	f->nchanges = 0;
}

static const char *what_is_wrong(int err)
{
	switch (err) {
	case -ENOSPC:
		return "the disk is full";
	case -EDQUOT:
		return "the quota of the disk is used up";
	case -EROFS:
		return "the disk is read-only";
	default:
		return strerror(-err);
	}
}

/*
 * One line, not one for every client that waits: on a disk that is nearly full one
 * lease has room, and the next has not.
 */
static void log_state(struct leasefile *f, int err)
{
	uint64_t now;

	f->error = err;
	if (!err && !f->told)
		return;
	now = leasefile_mono();
	if (!err) {
		if (now - f->failed < OVER_AFTER)
			return;
		f->told = 0;
		log_warn("%s: leases can be written again, and are acknowledged", f->path);
		return;
	}
	f->failed = now;
	if (f->told && now - f->told < TELL_EVERY)
		return;
	f->told = now;
	log_err("%s: %s: %zu bytes are missing on it; no lease is acknowledged until it can be "
		"written, which is tried again and again",
		f->path, what_is_wrong(err), f->used);
}

/*
 * A failed write is cut off. After a failed leasefile_sync() the kernel may have
 * dropped what it could not write and say nothing of it the next time: then
 * the file is not to be trusted any more.
 */
static int append(struct leasefile *f)
{
	int err = leasefile_writable(f->fd);
	size_t done;

	if (err)
		return err;
	err = leasefile_write(f->fd, f->buf, f->used, &done);
	if (err) {
		if (done && ftruncate(f->fd, (off_t)f->size))
			f->broken = true;
		return err;
	}
	err = leasefile_sync(f->fd);
	if (err) {
		f->broken = true;
		return err;
	}
	f->size += f->used;
	return 0;
}

/* The whole file instead of a part; not for every client that asks. */
static int append_to_broken(struct leasefile *f)
{
	uint64_t now = leasefile_mono();
	int err;

	if (f->error && now < f->retry)
		return f->error;
	f->retry = now + REWRITE_EVERY;
	err = leasefile_rewrite(f);
	if (!err)
		f->broken = false;
	return err;
}

/**
 * leasefile_commit - bring what was added to the disk
 * @f: the file
 *
 * Return: 0 or negative errno; then nothing of it counts, and what was written
 * of it is cut off. It is logged.
 */
int leasefile_commit(struct leasefile *f)
{
	int err = 0;

	if (f->used) {
		err = f->broken ? append_to_broken(f) : append(f);
		if (!err)
			leasefile_fresh_append(f);
		log_state(f, err);
		/* What was given back or abandoned is to be on record some day. */
		if (err)
			f->wanted = true;
		f->used = 0;
	}
	tell(f, err);
	return err;
}

/* End it; what was not committed is lost. */
void leasefile_close(struct leasefile *f)
{
	leasefile_fresh_drop(f, 0);
	if (f->fd >= 0)
		close(f->fd);
	free(f->buf);
	free(f->changes);
	f->buf = NULL;
	f->changes = NULL;
	f->fd = -1;
}
