// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "conn.h"
#include "log.h"

_Static_assert(CONN_PATH == sizeof(((struct sockaddr_un *)0)->sun_path), "sun_path");

static void end(struct conn *c)
{
	struct conn **at = &c->set->list;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	c->set->n--;
	loop_timer_cancel(c->set->loop, &c->timer);
	loop_fd_del(c->set->loop, &c->lfd);
	close(c->lfd.fd);
	if (c->gone)
		c->gone(c);
	free(c->out);
	free(c);
}

/* How long it may keep us waiting now that it has nothing to read. */
static void rest(struct conn *c)
{
	if (c->listens)
		loop_timer_cancel(c->set->loop, &c->timer);
	else
		loop_timer_set(c->set->loop, &c->timer, c->set->wait);
}

/* Send what can be sent. Return: false when the client has gone. */
static bool push(struct conn *c)
{
	ssize_t n;

	while (c->out && c->done < c->len) {
		n = send(c->lfd.fd, c->out + c->done, c->len - c->done,
			 MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN;
		c->done += (size_t)n;
		loop_timer_set(c->set->loop, &c->timer, CONN_SLOW);
	}
	if (c->out) {
		free(c->out);
		c->out = NULL;
		rest(c);
	}
	return true;
}

/* Return: false when the client has gone. */
static bool pull(struct conn *c)
{
	ssize_t n;

	if (c->listens)
		c->used = 0;
	if (c->eof || c->used == sizeof(c->in))
		return true;
	n = recv(c->lfd.fd, c->in + c->used, sizeof(c->in) - c->used, MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n && !c->listens)
		loop_timer_set(c->set->loop, &c->timer, c->set->wait);
	if (!n)
		c->eof = true;
	c->used += (size_t)n;
	return true;
}

/* The next piece of an answer. */
static void refill(struct conn *c)
{
	size_t len = 0;
	char *text = c->refill(c, &len);

	if (text)
		conn_answer(c, text, len, c->last);
	else
		c->refill = NULL;
}

/* One question, when the answer to the one before has left. */
static void ask(struct conn *c, bool timeout)
{
	bool all = c->eof || timeout || c->used == sizeof(c->in);
	size_t n = c->set->input(c, c->in, c->used, all);

	c->used -= n;
	memmove(c->in, c->in + n, c->used);
	if (!n && !c->out && !c->refill && all)
		c->last = true;
}

/* What is waited for: to send, or to hear; of a listener that may be neither. */
static uint32_t awaited(struct conn *c)
{
	if (c->listens)
		return c->out ? EPOLLOUT : c->eof ? 0 : EPOLLIN;
	/* What has come already is looked at in the next turn: others come first. */
	c->more = c->out || c->refill || c->eof || memchr(c->in, '\n', c->used);
	if (c->more)
		loop_timer_set(c->set->loop, &c->timer, CONN_SLOW);
	return c->more ? EPOLLOUT : EPOLLIN;
}

static void step(struct conn *c, bool timeout)
{
	if (!c->out && !c->refill && !c->last && !c->listens)
		ask(c, timeout);
	if (!c->out && c->refill)
		refill(c);
	if (!push(c) || (c->last && !c->out && !c->refill))
		end(c);
	else
		loop_fd_mod(c->set->loop, &c->lfd, awaited(c));
}

static void on_event(struct loop *loop, struct loop_fd *self, uint32_t events)
{
	struct conn *c = (void *)((char *)self - offsetof(struct conn, lfd));

	(void)loop;
	/* Who is gone altogether reads no answer either; a listener may only be silent. */
	if ((events & EPOLLERR) || (c->listens && events & EPOLLHUP) ||
	    (events & EPOLLIN && !pull(c)) || !push(c))
		end(c);
	else
		step(c, false);
}

static void on_timer(struct loop *loop, struct loop_timer *t)
{
	struct conn *c = (void *)((char *)t - offsetof(struct conn, timer));

	(void)loop;
	if (c->more || c->listens)
		end(c);
	else
		step(c, true);
}

/**
 * conn_accept - take the next client
 * @set: what it belongs to
 * @listener: where it waits
 * @out: set to it, when its first answer is not to wait for a question; or NULL
 *
 * Return: 0; -EAGAIN when none waits; -EBUSY when there are too many, and the
 * client was closed; or other negative errno.
 */
int conn_accept(struct conn_set *set, int listener, struct conn **out)
{
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct conn *c;
	int err = -ENOMEM;

	if (fd < 0)
		return -errno;
	if (set->n >= CONN_MAX_CLIENTS) {
		close(fd);
		return -EBUSY;
	}
	c = calloc(1, sizeof(*c));
	if (!c)
		goto fail;
	c->set = set;
	c->lfd.fd = fd;
	c->lfd.fn = on_event;
	c->timer.fn = on_timer;
	err = loop_fd_add(set->loop, &c->lfd, out ? EPOLLOUT : EPOLLIN);
	if (!err)
		err = loop_timer_set(set->loop, &c->timer, set->wait);
	if (err) {
		loop_fd_del(set->loop, &c->lfd);
		goto fail;
	}
	c->next = set->list;
	set->list = c;
	set->n++;
	if (out)
		*out = c;
	return 0;
fail:
	free(c);
	close(fd);
	return err;
}

/**
 * conn_accept_some - take clients whose questions come first
 * @set: what they belong to
 * @listener: where they wait
 */
void conn_accept_some(struct conn_set *set, int listener)
{
	int i, err = 0;

	for (i = 0; i < CONN_ACCEPTS && (!err || err == -EBUSY); i++) {
		err = conn_accept(set, listener, NULL);
		if (err == -EBUSY)
			log_debug("too many clients ask at once");
	}
}

/**
 * conn_listen - listen at a UNIX socket, for root and root's group
 * @loop: where its events come
 * @lfd: has its function; gets the socket
 * @path: where it is to be; what a process that crashed has left is removed
 * @bound: set to @path once a file is there, for whoever removes it
 *
 * Return: 0 or negative errno, and then @lfd may have a socket all the same.
 */
int conn_listen(struct loop *loop, struct loop_fd *lfd, const char *path, char bound[CONN_PATH])
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	if (snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path) >= (int)sizeof(sun.sun_path))
		return -ENAMETOOLONG;
	lfd->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (lfd->fd < 0)
		return -errno;
	unlink(sun.sun_path);
	if (bind(lfd->fd, (struct sockaddr *)&sun, sizeof(sun)))
		return -errno;
	strcpy(bound, sun.sun_path);
	if (chmod(bound, 0660) || listen(lfd->fd, 16))
		return -errno;
	return loop_fd_add(loop, lfd, EPOLLIN);
}

/**
 * conn_answer - give a client its answer
 * @c: the client, which has no other answer now
 * @text: from malloc(), ours from now on; NULL closes the client
 * @len: bytes
 * @last: it gets no other
 */
void conn_answer(struct conn *c, char *text, size_t len, bool last)
{
	c->out = text;
	c->len = c->room = len;
	c->done = 0;
	c->last = last || !text;
	loop_timer_set(c->set->loop, &c->timer, CONN_SLOW);
}

/**
 * conn_stream - give a client an answer that is too long to be made at once
 * @c: the client, which has no other answer now
 * @piece: makes the next piece when the one before has left, from malloc();
 *	NULL: there is no more
 * @last: it gets no other
 */
void conn_stream(struct conn *c, char *(*piece)(struct conn *c, size_t *len), bool last)
{
	c->refill = piece;
	c->last = last;
}

/* From now on a client is told things, by conn_tell(), until it closes. */
void conn_listens(struct conn *c)
{
	c->listens = true;
	c->last = false;
}

/* Room for @len bytes more behind those that wait. */
static int make_room(struct conn *c, size_t len)
{
	size_t waits = c->len - c->done, room = 4096;
	char *more;

	while (room < waits + len)
		room *= 2;
	more = malloc(room);
	if (!more)
		return -ENOMEM;
	if (waits)
		memcpy(more, c->out + c->done, waits);
	free(c->out);
	c->out = more;
	c->room = room;
	c->len = waits;
	c->done = 0;
	return 0;
}

static int append(struct conn *c, const char *text, size_t len)
{
	if (!c->out) {
		c->len = c->done = c->room = 0;
		loop_timer_set(c->set->loop, &c->timer, CONN_SLOW);
	}
	if (c->len + len > c->room && make_room(c, len))
		return -ENOMEM;
	memcpy(c->out + c->len, text, len);
	c->len += len;
	return loop_fd_mod(c->set->loop, &c->lfd, EPOLLOUT);
}

/**
 * conn_tell - tell a listener something, when it reads
 * @c: the client
 * @text: what
 * @len: bytes
 *
 * Return: 0; -ENOBUFS: it is CONN_BACKLOG behind; or other negative errno.
 */
int conn_tell(struct conn *c, const char *text, size_t len)
{
	if (c->last)
		return 0;
	if (c->out && c->len - c->done + len > CONN_BACKLOG)
		return -ENOBUFS;
	return append(c, text, len);
}

/**
 * conn_part - tell a listener one thing more, and then no more
 * @c: the client
 * @text: what
 * @len: bytes
 */
void conn_part(struct conn *c, const char *text, size_t len)
{
	if (c->last)
		return;
	c->last = true;
	if (append(c, text, len))
		loop_timer_set(c->set->loop, &c->timer, 0);
}

/* End all clients. */
void conn_set_done(struct conn_set *set)
{
	while (set->list)
		end(set->list);
}
