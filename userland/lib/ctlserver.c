// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctlserver.h"

#define IDLE_TIME (60 * SEC)

/**
 * ctl_failed - the answer to a request that is not done
 * @fmt: why, in one sentence
 *
 * Return: the answer, NULL without memory.
 */
json_t *ctl_failed(const char *fmt, ...)
{
	char text[512], *s;
	json_t *j;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	j = json_pack("{s:b, s:s}", "ok", 0, "error", text);
	if (j)
		return j;
	/* It quotes a part of a character. */
	for (s = text; *s; s++)
		if ((unsigned char)*s >= 0x80)
			*s = '?';
	return json_pack("{s:b, s:s}", "ok", 0, "error", text);
}

/**
 * ctl_line - a value as a line
 * @j: the value, ours from now on; NULL without memory
 * @len: bytes of the line
 *
 * Return: the line, to be freed, not terminated; NULL without memory.
 */
char *ctl_line(json_t *j, size_t *len)
{
	char *text = j ? json_dumps(j, JSON_COMPACT | JSON_PRESERVE_ORDER) : NULL;

	json_decref(j);
	*len = text ? strlen(text) : 0;
	/* json_dumps() gives room for the end, which becomes that of the line. */
	if (text)
		text[(*len)++] = '\n';
	return text;
}

static void give(struct conn *c, json_t *j, bool last)
{
	size_t len;
	char *text = ctl_line(j, &len);

	conn_answer(c, text, len, last);
}

static size_t on_input(struct conn *c, const char *data, size_t len, bool all)
{
	struct ctlserver *cs = c->set->user;
	const char *nl = memchr(data, '\n', len);
	size_t line = nl ? (size_t)(nl - data) : len;
	json_t *answer;

	if (!nl && len == CONN_MAX_INPUT) {
		give(c, ctl_failed("a request has at most %d bytes", CONN_MAX_INPUT - 1), true);
		return len;
	}
	if ((!nl && !all) || !len)
		return 0;
	if (line) {
		answer = cs->handle(cs, c, data, line, !nl);
		if (answer || (!c->refill && !c->listens))
			give(c, answer, !nl && !c->listens);
	}
	return line + !!nl;
}

static void on_client(struct loop *loop, struct loop_fd *self, uint32_t events)
{
	struct ctlserver *cs = (void *)((char *)self - offsetof(struct ctlserver, lfd));

	(void)loop;
	(void)events;
	conn_accept_some(&cs->conns, self->fd);
}

/* Is a process there that answers at the socket? */
static bool in_use(const struct sockaddr_un *sun)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	bool yes;

	if (fd < 0)
		return false;
	yes = !connect(fd, (const struct sockaddr *)sun, sizeof(*sun)) || errno == EAGAIN;
	close(fd);
	return yes;
}

/**
 * ctlserver_init - begin to take requests
 * @cs: the control socket; @handle and @user are set
 * @loop: where its events come
 * @path: where it is to be; what a process that crashed has left is removed
 *
 * Return: 0, or negative errno (-EADDRINUSE: another process has the socket), and
 * then there is nothing to be ended.
 */
int ctlserver_init(struct ctlserver *cs, struct loop *loop, const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int err;

	cs->path[0] = '\0';
	cs->lfd = (struct loop_fd){ .fd = -1, .fn = on_client };
	cs->conns = (struct conn_set){
		.loop = loop,
		.input = on_input,
		.wait = IDLE_TIME,
		.user = cs,
	};
	if (snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path) < (int)sizeof(sun.sun_path) &&
	    in_use(&sun))
		return -EADDRINUSE;
	err = conn_listen(loop, &cs->lfd, path, cs->path);
	if (err)
		ctlserver_done(cs);
	return err;
}

/* Stop, and remove the socket when we still may. */
void ctlserver_done(struct ctlserver *cs)
{
	conn_set_done(&cs->conns);
	if (cs->lfd.fd >= 0) {
		loop_fd_del(cs->conns.loop, &cs->lfd);
		close(cs->lfd.fd);
		cs->lfd.fd = -1;
	}
	if (cs->path[0])
		unlink(cs->path);
	cs->path[0] = '\0';
}
