// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The lease file on the disk. A lease is appended and on the disk before its
 * acknowledgement leaves; all of a turn share one fdatasync().
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "leasefile.h"
#include "log.h"
#include "loop.h"

struct replay {
	struct lease_db *db;
	const struct dhcp_conf *conf;
	time_t wall, longest;
	uint64_t mono;
	size_t n;
};

static void replay_one(const struct lease_record *r, void *arg)
{
	struct replay *p = arg;
	struct lease *l = lease_by_addr(p->db, r->addr);
	uint32_t be = htonl(r->addr);

	p->n++;
	if (!l && dhcp_conf_reserved(p->conf, be) && be != p->conf->server)
		l = lease_add_fixed(p->db, r->addr);
	/* An address that the ranges no longer have. */
	if (!l || lease_assign(p->db, l, &r->key, r->mac, r->hostname))
		return;
	l->starts = r->starts;
	l->ends = r->ends;
	if (r->ends <= p->wall) {
		lease_set_state(p->db, l, LEASE_FREE);
		return;
	}
	/* The wall clock may have been set; no lease is longer than allowed. */
	if (l->ends - p->wall > p->longest)
		l->ends = p->wall + p->longest;
	l->until = p->mono + (uint64_t)(l->ends - p->wall) * SEC;
	lease_set_state(p->db, l, r->abandoned ? LEASE_ABANDONED : LEASE_ACTIVE);
}

/**
 * leasefile_open - take up the leases of a file
 * @f: filled in
 * @path: the file; made when it is missing
 * @db: gets the leases
 * @conf: which addresses there are
 * @wall: time(NULL)
 * @mono: the loop's clock
 *
 * What a crash has torn off at the end is cut off. Return: 0 or negative errno.
 */
int leasefile_open(struct leasefile *f, const char *path, struct lease_db *db,
		   const struct dhcp_conf *conf, time_t wall, uint64_t mono)
{
	struct replay p = { db, conf, wall, dhcp_conf_longest(conf), mono, 0 };
	size_t len = 0, good = 0;
	char *text;
	int err;

	memset(f, 0, sizeof(*f));
	f->fd = -1;
	if (snprintf(f->path, sizeof(f->path), "%s", path) >= (int)sizeof(f->path))
		return -ENAMETOOLONG;
	text = conf_read(path, LEASEFILE_MAX, &len, &err);
	if (!text && err != -ENOENT)
		return err;
	if (text) {
		good = lease_file_parse(text, len, replay_one, &p);
		/* Keep a comment or a line end behind the last block. */
		while (good < len && text[good] && strchr(" \t\r\n", text[good]))
			good++;
		free(text);
	}
	f->fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_APPEND | O_NOFOLLOW, 0644);
	if (f->fd < 0)
		return -errno;
	if (good && good < len) {
		log_warn("%s: the last record is torn; it is cut off", path);
		if (ftruncate(f->fd, (off_t)good))
			return -errno;
		len = good;
	} else if (!good && len) {
		/* No record at all; what follows must not be glued to it. */
		log_warn("%s: nothing in it could be read", path);
		if (write(f->fd, "\n", 1) != 1)
			return -errno;
		len++;
	}
	f->size = len;
	log_info("%s: %zu records", path, p.n);
	return 0;
}

/**
 * leasefile_add - a lease has changed
 * @f: the file
 * @l: the lease; it is on the disk after leasefile_commit()
 *
 * Return: 0 or -ENOMEM.
 */
int leasefile_add(struct leasefile *f, const struct lease *l)
{
	struct lease_record r = {
		.addr = l->addr,
		.starts = l->starts,
		.ends = l->ends,
		.abandoned = l->state == LEASE_ABANDONED,
	};
	char *more;

	if (f->used + LEASE_TEXT > f->room) {
		more = realloc(f->buf, f->room * 2 + 16 * LEASE_TEXT);
		if (!more)
			return -ENOMEM;
		f->buf = more;
		f->room = f->room * 2 + 16 * LEASE_TEXT;
	}
	memcpy(r.mac, l->mac, sizeof(r.mac));
	memcpy(r.hostname, l->hostname, sizeof(r.hostname));
	if (l->key)
		r.key = *l->key;
	f->used += lease_format(&r, f->buf + f->used, LEASE_TEXT);
	return 0;
}

/**
 * leasefile_commit - bring what was added to the disk
 * @f: the file
 *
 * Return: 0 or negative errno; then nothing of it counts, and what was written
 * of it is cut off.
 */
int leasefile_commit(struct leasefile *f)
{
	size_t done = 0;
	int err = 0;

	if (!f->used)
		return 0;
	while (done < f->used && !err) {
		ssize_t n = write(f->fd, f->buf + done, f->used - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR)
			err = -errno;
	}
	if (!err && fdatasync(f->fd))
		err = -errno;
	if (err && ftruncate(f->fd, (off_t)f->size))
		log_err("%s: %s", f->path, strerror(errno));
	if (!err)
		f->size += f->used;
	f->used = 0;
	return err;
}

/* A rename is on the disk when its directory is. */
static void sync_dir(const char *path)
{
	char dir[256];
	int fd;

	snprintf(dir, sizeof(dir), "%s", path);
	fd = open(dirname(dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

/**
 * leasefile_compact - write the file anew, a block for each lease
 * @f: the file
 * @db: the leases
 *
 * The old one stays beside it as "dhcpd.leases~". Return: 0 or negative errno;
 * then the old file is still the one in use.
 */
int leasefile_compact(struct leasefile *f, const struct lease_db *db)
{
	char tmp[300], old[300];
	struct leasefile fresh = { .fd = -1 };
	size_t i;
	int err = 0;

	snprintf(tmp, sizeof(tmp), "%s.new", f->path);
	snprintf(old, sizeof(old), "%s~", f->path);
	fresh.fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_APPEND, 0644);
	if (fresh.fd < 0)
		return -errno;
	for (i = 0; i < db->n && !err; i++)
		if (db->all[i]->key)
			err = leasefile_add(&fresh, db->all[i]);
	if (!err)
		err = leasefile_commit(&fresh);
	if (!err) {
		unlink(old);
		if (link(f->path, old))
			log_warn("%s: %s", old, strerror(errno));
		if (rename(tmp, f->path))
			err = -errno;
		else
			sync_dir(f->path);
	}
	free(fresh.buf);
	if (err) {
		close(fresh.fd);
		unlink(tmp);
		return err;
	}
	close(f->fd);
	f->fd = fresh.fd;
	f->size = fresh.size;
	return 0;
}

void leasefile_close(struct leasefile *f)
{
	if (f->fd >= 0)
		close(f->fd);
	free(f->buf);
	f->buf = NULL;
	f->fd = -1;
}
