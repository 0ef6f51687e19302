// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "filewatch.h"

/* A file is written in more than one step: read when it has been quiet. */
#define SETTLE_TIME (100 * MSEC)

#define WATCH_EVENTS (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE)

static bool watch_dir_of(struct filewatch *w, const char *file)
{
	char buf[PATH_MAX];

	snprintf(buf, sizeof(buf), "%s", file);
	return inotify_add_watch(w->fd.fd, dirname(buf),
				 WATCH_EVENTS | (w->grows ? IN_MODIFY : 0)) >= 0;
}

/**
 * filewatch_again - look again what must be watched
 * @w: the file, which is about to be read
 *
 * Watching a directory twice is one watch, so this may be done at any time.
 */
void filewatch_again(struct filewatch *w)
{
	char real[PATH_MAX];

	w->looked = loop_now(w->loop);
	w->complete = watch_dir_of(w, w->path);
	if (realpath(w->path, real))
		w->complete &= watch_dir_of(w, real);
	else
		w->complete = false;
}

/**
 * filewatch_due - is the file to be read although nothing was told?
 * @w: the file
 *
 * As long as its directory, or what it links to, is not there nobody tells;
 * whoever needs the file asks, and looks once a second.
 */
bool filewatch_due(const struct filewatch *w)
{
	return !w->complete && loop_now(w->loop) - w->looked >= SEC;
}

static void on_settled(struct loop *loop, struct loop_timer *t)
{
	struct filewatch *w = (void *)((char *)t - offsetof(struct filewatch, settle));

	(void)loop;
	w->fn(w);
}

static void on_event(struct loop *loop, struct loop_fd *self, uint32_t events)
{
	struct filewatch *w = (void *)((char *)self - offsetof(struct filewatch, fd));
	char buf[4096];

	(void)events;
	while (read(self->fd, buf, sizeof(buf)) > 0)
		;
	/* /etc is a busy place: any change in it makes us look once. */
	if (!loop_timer_is_set(&w->settle))
		loop_timer_set(loop, &w->settle, SETTLE_TIME);
}

/**
 * filewatch_init - begin to watch
 * @w: filled
 * @loop: where its events come
 * @path: the file; need not exist
 * @fn: what to do when it may have changed; calls filewatch_again()
 *
 * Return: 0 or negative errno.
 */
int filewatch_init(struct filewatch *w, struct loop *loop, const char *path,
		   void (*fn)(struct filewatch *w))
{
	memset(w, 0, sizeof(*w));
	w->fd.fd = -1;
	w->loop = loop;
	if (snprintf(w->path, sizeof(w->path), "%s", path) >= (int)sizeof(w->path))
		return -ENAMETOOLONG;
	w->fn = fn;
	w->settle.fn = on_settled;
	w->fd.fn = on_event;
	w->fd.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (w->fd.fd < 0)
		return -errno;
	return loop_fd_add(loop, &w->fd, EPOLLIN);
}

/* End what filewatch_init() began, or tried to. */
void filewatch_done(struct filewatch *w)
{
	if (w->fd.fd < 0)
		return;
	loop_timer_cancel(w->loop, &w->settle);
	loop_fd_del(w->loop, &w->fd);
	close(w->fd.fd);
	w->fd.fd = -1;
}
