// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writing the lease file anew, a block for each lease, a few leases a turn. What
 * changes meanwhile is appended to both; then the new one takes the old one's
 * place, and the old one stays beside it as "dhcpd.leases~".
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "leasefile_priv.h"
#include "log.h"
#include "loop.h"

#define RETRY (60 * SEC)
#define SLACK 5000 /* blocks a file may have too many, about a megabyte */

static void fresh_path(const struct leasefile *f, char path[300])
{
	snprintf(path, 300, "%s.new", f->path);
}

/* Forget a new file; @why: negative errno, to be logged, or 0. */
void leasefile_fresh_drop(struct leasefile *f, int why)
{
	char path[300];

	if (f->fresh.fd < 0)
		return;
	if (why)
		log_warn("%s: cannot be written anew: %s", f->path, strerror(-why));
	close(f->fresh.fd);
	f->fresh.fd = -1;
	fresh_path(f, path);
	unlink(path);
}

static int put(struct leasefile *f, const char *data, size_t len, size_t blocks)
{
	size_t done;
	int err = leasefile_write(f->fresh.fd, data, len, &done);

	f->fresh.size += done;
	f->fresh.blocks += blocks;
	return err;
}

/* The old file has got what was to be written; without it the new one is worth nothing. */
void leasefile_fresh_append(struct leasefile *f)
{
	int err = f->fresh.fd < 0 ? 0 : put(f, f->buf, f->used, 0);

	if (err)
		leasefile_fresh_drop(f, err);
}

static int begin(struct leasefile *f)
{
	char path[300], line[LEASEFILE_CLOCK_LINE];
	struct stat st;
	int err;

	fresh_path(f, path);
	unlink(path);
	f->fresh.fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_APPEND, 0644);
	if (f->fresh.fd < 0)
		return -errno;
	f->fresh.size = f->fresh.blocks = f->fresh.next = 0;
	/* Readers keep the rights they were given. */
	if (!fstat(f->fd, &st) && fchmod(f->fresh.fd, st.st_mode & 0777))
		log_debug("%s: %s", path, strerror(errno));
	err = put(f, line, leasefile_clock_line(f, line, sizeof(line)), 0);
	if (err)
		leasefile_fresh_drop(f, 0);
	return err;
}

/* Is there anything to say of a lease? */
static bool is_worth_it(const struct lease *l)
{
	if (l->state == LEASE_ACTIVE)
		return true;
	return l->ends && (l->pool || l->fixed) && (l->key || l->state == LEASE_ABANDONED);
}

/* Some more leases. Return: negative errno, 1 when there are more, 0 when not. */
static int copy_slice(struct leasefile *f)
{
	char *text = malloc(LEASEFILE_SLICE * LEASE_TEXT);
	size_t used = 0, blocks = 0, from = f->fresh.size;
	int err;

	if (!text)
		return -ENOMEM;
	while (f->fresh.next < f->db->n && blocks < LEASEFILE_SLICE) {
		const struct lease *l = f->db->all[f->fresh.next++];

		if (!is_worth_it(l))
			continue;
		used += leasefile_format(l, text + used, LEASE_TEXT);
		blocks++;
	}
	err = put(f, text, used, blocks);
	free(text);
	if (err)
		return err;
	/* On its way to the disk already when the end waits for it. */
	sync_file_range(f->fresh.fd, (off_t)from, (off_t)used, SYNC_FILE_RANGE_WRITE);
	return f->fresh.next < f->db->n;
}

/* A rename is on the disk when its directory is. */
static int sync_dir(const char *path)
{
	char dir[256];
	int fd, err;

	snprintf(dir, sizeof(dir), "%s", path);
	fd = open(dirname(dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = fsync(fd) ? -errno : leasefile_writable(fd);
	close(fd);
	return err;
}

/* The new file takes the old one's place. */
static int replace(struct leasefile *f)
{
	char tmp[300], old[300];
	int err;

	fresh_path(f, tmp);
	snprintf(old, sizeof(old), "%s~", f->path);
	err = leasefile_sync(f->fresh.fd);
	if (err)
		return err;
	unlink(old);
	if (link(f->path, old))
		log_debug("%s: %s", old, strerror(errno));
	if (rename(tmp, f->path))
		return -errno;
	close(f->fd);
	f->fd = f->fresh.fd;
	f->size = f->fresh.size;
	f->blocks = f->fresh.blocks;
	f->fresh.fd = -1;
	f->wanted = false;
	/* Which of the two is found after a crash is not known: both are right now,
	 * but only the new one gets what comes.
	 */
	err = sync_dir(f->path);
	f->broken = err != 0;
	return err;
}

/**
 * leasefile_rewrite - write the file anew, at once
 * @f: the file
 *
 * Return: 0 or negative errno; then the old one is still the one in use.
 */
int leasefile_rewrite(struct leasefile *f)
{
	int err;

	leasefile_fresh_drop(f, 0);
	err = begin(f);
	if (err)
		return err;
	do {
		err = copy_slice(f);
	} while (err > 0);
	if (!err)
		err = replace(f);
	if (err)
		leasefile_fresh_drop(f, 0);
	return err;
}

static bool is_due(const struct leasefile *f, uint64_t now)
{
	if (now < f->retry || f->error || f->fd < 0)
		return false;
	return f->wanted || f->blocks > 2 * f->db->n + SLACK;
}

/**
 * leasefile_step - write it anew, if it is to be, for a moment
 * @f: the file; everything is committed
 * @now: monotonic ns
 *
 * Return: true when there is more to do.
 */
bool leasefile_step(struct leasefile *f, uint64_t now)
{
	int ret = 0;

	if (f->fresh.fd < 0) {
		if (!is_due(f, now))
			return false;
		ret = begin(f);
	}
	if (!ret)
		ret = copy_slice(f);
	if (!ret)
		ret = replace(f);
	if (ret < 0) {
		if (f->fresh.fd < 0)
			log_warn("%s: cannot be written anew: %s", f->path, strerror(-ret));
		leasefile_fresh_drop(f, ret);
		f->retry = now + RETRY;
	}
	return ret > 0;
}
