/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clients that ask and are answered. What they send and what they have not read
 * yet is bounded, a slow one is waited for without keeping anybody else, and one
 * that does nothing is closed.
 */
#ifndef VMNET_CONN_H
#define VMNET_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include "loop.h"

#define CONN_MAX_INPUT 4096
#define CONN_MAX_CLIENTS 8
#define CONN_ACCEPTS 8 /* in one turn */
#define CONN_PATH 108 /* of a UNIX socket, its end included */
/* A client that reads nothing of its answer for so long is closed. */
#define CONN_SLOW (10 * SEC)
/* What a listener may not have read yet. */
#define CONN_BACKLOG (1U << 20)

struct conn;

/**
 * struct conn_set - clients of one kind
 * @input: look at what a client has sent; @all says that no more will come.
 *	Return: bytes that are done with, 0 to wait for more. May answer.
 * @wait: how long a client may say nothing
 * @user: of the owner
 * @list: the clients, @n of them
 *
 * Lifetime: embedded in its owner, conn_set_done() ends all clients.
 */
struct conn_set {
	struct loop *loop;
	size_t (*input)(struct conn *c, const char *data, size_t len, bool all);
	uint64_t wait;
	void *user;
	struct conn *list;
	unsigned int n;
};

/**
 * struct conn - a client
 * @in: what it has sent, @used bytes
 * @eof: it will send no more
 * @more: it has asked for what it must take before it is heard again
 * @last: it is closed when it has its answer
 * @listens: it is told things as they happen, and is not heard any more
 * @out: its answer, @len bytes, @done of them sent; NULL for none
 * @room: bytes @out may have
 * @refill: the next piece of an answer that is longer, see conn_stream(); or NULL
 * @gone: told when it ends, to free @user; or NULL
 * @user: of the owner
 *
 * Lifetime: conn_add() until it has been answered for the last time, has gone,
 * or is too slow.
 */
struct conn {
	struct conn *next;
	struct conn_set *set;
	struct loop_fd lfd;
	struct loop_timer timer;
	char in[CONN_MAX_INPUT];
	size_t used;
	bool eof, more, last, listens;
	char *out;
	size_t len, done, room;
	char *(*refill)(struct conn *c, size_t *len);
	void (*gone)(struct conn *c);
	void *user;
};

int conn_listen(struct loop *loop, struct loop_fd *lfd, const char *path, char bound[CONN_PATH]);
void conn_accept_some(struct conn_set *set, int listener);
int conn_accept(struct conn_set *set, int listener, struct conn **out);
void conn_answer(struct conn *c, char *text, size_t len, bool last);
void conn_stream(struct conn *c, char *(*refill)(struct conn *c, size_t *len), bool last);
void conn_listens(struct conn *c);
int conn_tell(struct conn *c, const char *text, size_t len);
void conn_part(struct conn *c, const char *text, size_t len);
void conn_set_done(struct conn_set *set);

#endif
