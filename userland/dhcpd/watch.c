// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctlserver.h"
#include "log.h"
#include "status.h"
#include "watch.h"

static void on_gone(struct conn *c)
{
	struct watch *w = c->user;
	unsigned int i;

	for (i = 0; i < w->n; i++)
		if (w->list[i] == c)
			w->list[i--] = w->list[--w->n];
}

/**
 * watch_add - tell a client what happens, from now on
 * @w: who watches
 * @c: the client
 *
 * Return: 0, or -EBUSY when WATCH_MAX do already.
 */
int watch_add(struct watch *w, struct conn *c)
{
	if (w->n == WATCH_MAX)
		return -EBUSY;
	w->list[w->n++] = c;
	c->user = w;
	c->gone = on_gone;
	conn_listens(c);
	return 0;
}

/* It does not read: what it has missed it will not hear of, but that it has. */
static void drop(struct watch *w, struct conn *c)
{
	size_t len;
	char *line = ctl_line(ctl_failed("too slow: what happens from here on is not told"), &len);

	log_warn("one who watches leases does not read, and is told no more");
	w->dropped++;
	if (line)
		conn_part(c, line, len);
	free(line);
	on_gone(c);
	c->gone = NULL;
}

/* Tell all who watch. */
void watch_event(struct watch *w, const struct event *e)
{
	unsigned int i;
	size_t len;
	char *line;

	if (!w->n)
		return;
	line = ctl_line(status_event(e), &len);
	if (!line)
		return;
	for (i = w->n; i; i--)
		if (conn_tell(w->list[i - 1], line, len))
			drop(w, w->list[i - 1]);
	free(line);
}
