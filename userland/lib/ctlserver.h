/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A daemon's control socket: one request a line, one answer a line, both JSON.
 * Programs that use it link with jansson.
 */
#ifndef VMNET_CTLSERVER_H
#define VMNET_CTLSERVER_H

#include <jansson.h>
#include "conn.h"

/**
 * struct ctlserver - a control socket
 * @handle: one request of @len bytes; @last: the client will send no other.
 *	Return: the answer; NULL when it has begun to answer by itself
 *	(conn_stream(), conn_listens()), or without memory, and then the client
 *	is closed
 * @user: of the owner
 * @path: where it is, empty when it is not there
 * @lfd: listens
 * @conns: the clients; their set's user is this
 *
 * Lifetime: the owner sets @handle and @user; ctlserver_init() to
 * ctlserver_done().
 */
struct ctlserver {
	json_t *(*handle)(struct ctlserver *cs, struct conn *c, const char *line, size_t len,
			  bool last);
	void *user;
	char path[CONN_PATH];
	struct loop_fd lfd;
	struct conn_set conns;
};

int ctlserver_init(struct ctlserver *cs, struct loop *loop, const char *path);
void ctlserver_done(struct ctlserver *cs);
char *ctl_line(json_t *j, size_t *len);
json_t *ctl_failed(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
