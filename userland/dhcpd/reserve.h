/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reservations that are made while the server runs. They are kept in a file of
 * their own beside the lease file, one host {} of dhcpd.conf's grammar a line,
 * and are read as if that file stood at the end of dhcpd.conf.
 */
#ifndef VMNET_DHCPD_RESERVE_H
#define VMNET_DHCPD_RESERVE_H

#include <jansson.h>
#include <stddef.h>
#include "conf.h"
#include "request.h"

#define RESERVE_MAX 1000 /* reservations */
#define RESERVE_LINE 1024 /* bytes of one */

struct server;

/**
 * struct reserved - a reservation
 * @line: its line in the file, without the end
 * @why: why it does not go with dhcpd.conf, and does not count; "" when it does
 *
 * Lives until it is removed, or reserve_done().
 */
struct reserved {
	char *line;
	char why[160];
};

/**
 * struct reserve - the reservations, and the configuration they are added to
 * @path: their file, "" before reserve_open()
 * @list: the reservations, @n of them
 * @text: dhcpd.conf as it was last read, @len bytes
 * @lines: lines of it, so that those of @list follow in a text of both
 *
 * Lifetime: all zero at first; ended by reserve_done().
 */
struct reserve {
	char path[256];
	struct reserved *list;
	unsigned int n;
	char *text;
	size_t len;
	unsigned int lines;
};

size_t reserve_stem(const char *leases);
int reserve_path(const char *leases, char *buf, size_t size);
int reserve_load(struct reserve *r, const char *path, struct dhcp_conf **conf,
		 struct conf_err *err);
int reserve_open(struct server *s, const char *leases, struct conf_err *err);
int reserve_add(struct server *s, const struct request *q, struct conf_err *err);
int reserve_remove(struct server *s, const struct request *q, struct conf_err *err);
json_t *reserve_json(const struct server *s);
void reserve_done(struct reserve *r);

#endif
