// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "leasewatch.h"
#include "log.h"
#include "policy.h"

/* Between two steps others have their turn. */
#define STEP_TIME (1 * MSEC)

static void on_record(const struct lease_record *r, void *arg)
{
	struct leasewatch *w = arg;
	struct ipaddr a = ipaddr_v4(htonl(r->addr));

	if (nat_is_guest(w->nat, &a) && a.a.v4 != w->nat->host4)
		leases_add(&w->leases, r, time(NULL));
}

/* From the beginning, if it is another file, or not what it was. */
static void take_up(struct leasewatch *w, const struct stat *st)
{
	if (st->st_dev != w->dev || st->st_ino != w->ino || st->st_size < w->at) {
		w->dev = st->st_dev;
		w->ino = st->st_ino;
		w->at = 0;
		w->whole = true;
		leases_begin(&w->leases);
	}
	/* Of one that is too long the end is the newest. */
	if (st->st_size - w->at > LEASEWATCH_MAX)
		w->at = st->st_size - LEASEWATCH_MAX;
}

/* Return: bytes read, 0 at the end, or negative errno. */
static int read_step(struct leasewatch *w, int fd)
{
	char *text = malloc(LEASEWATCH_STEP);
	size_t used = 0, good;
	ssize_t n = 0;
	int err = 0;

	if (!text)
		return -ENOMEM;
	if (lseek(fd, w->at, SEEK_SET) < 0)
		err = -errno;
	while (!err && used < LEASEWATCH_STEP) {
		n = read(fd, text + used, LEASEWATCH_STEP - used);
		if (n < 0)
			err = -errno;
		if (n <= 0)
			break;
		used += (size_t)n;
	}
	if (!err) {
		good = lease_file_parse(text, used, on_record, w);
		/* Nothing is as long as that: it is no lease. */
		if (!good && used == LEASEWATCH_STEP)
			good = used;
		w->at += (off_t)good;
	}
	free(text);
	return err ? err : used == LEASEWATCH_STEP;
}

/* Return: 1 when there is more, 0, or negative errno. */
static int read_some(struct leasewatch *w)
{
	int fd = open(w->file.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		ret = -errno;
	else if (!S_ISREG(st.st_mode))
		ret = -EINVAL;
	if (!ret) {
		take_up(w, &st);
		ret = read_step(w, fd);
	}
	close(fd);
	return ret;
}

/* Nothing of it is known any more, and it is read whole when it is there. */
static void forget(struct leasewatch *w)
{
	w->dev = 0;
	w->ino = 0;
	w->whole = false;
	leases_begin(&w->leases);
	leases_end(&w->leases, time(NULL));
}

static void step(struct leasewatch *w)
{
	int ret = read_some(w);

	if (ret > 0 && !loop_timer_set(w->file.loop, &w->more, STEP_TIME))
		return;
	if (ret >= 0 && w->whole) {
		leases_end(&w->leases, time(NULL));
		w->whole = false;
	} else if (ret < 0) {
		forget(w);
	}
	if (ret < 0 && ret != -ENOENT && ret != w->error)
		log_warn("%s: %s; no names of guests are known", w->file.path, strerror(-ret));
	w->error = ret < 0 ? ret : 0;
	if (w->leases.refused) {
		log_warn("%s: more than %u names; not all are known", w->file.path, LEASES_MAX);
		w->leases.refused = 0;
	}
}

static void on_more(struct loop *loop, struct loop_timer *t)
{
	(void)loop;
	step((void *)((char *)t - offsetof(struct leasewatch, more)));
}

static void on_change(struct filewatch *f)
{
	leasewatch_look((void *)((char *)f - offsetof(struct leasewatch, file)));
}

/**
 * leasewatch_look - take up what is new in the file
 * @w: the file
 */
void leasewatch_look(struct leasewatch *w)
{
	filewatch_again(&w->file);
	step(w);
}

/* Read it whole: what is a guest may have changed. */
void leasewatch_again(struct leasewatch *w)
{
	w->ino = 0;
	leasewatch_look(w);
}

/**
 * leasewatch_init - begin to follow a file
 * @w: filled
 * @n: the NAT; of its guests the names are taken
 * @path: the file; need not exist
 *
 * Return: 0 or negative errno.
 */
int leasewatch_init(struct leasewatch *w, struct nat *n, const char *path)
{
	int err;

	memset(w, 0, sizeof(*w));
	w->nat = n;
	w->more.fn = on_more;
	leases_init(&w->leases, n->secret);
	err = filewatch_init(&w->file, &n->loop, path, on_change);
	w->file.grows = true;
	if (!err)
		leasewatch_look(w);
	return err;
}

/* End what leasewatch_init() began, or tried to. */
void leasewatch_done(struct leasewatch *w)
{
	if (!w->nat)
		return;
	loop_timer_cancel(&((struct nat *)(uintptr_t)w->nat)->loop, &w->more);
	filewatch_done(&w->file);
	leases_done(&w->leases);
}
