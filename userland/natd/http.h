/* SPDX-License-Identifier: GPL-2.0-or-later */
/* As much of HTTP/1.x (RFC 9112) as a page of figures takes. No I/O. */
#ifndef VMNET_NATD_HTTP_H
#define VMNET_NATD_HTTP_H

#include <stdbool.h>
#include <stddef.h>

enum http_kind {
	HTTP_MORE, /* not all of it is there */
	HTTP_NONE, /* this is no HTTP */
	HTTP_GET,
	HTTP_HEAD,
	HTTP_OTHER /* a method that there is not here */
};

/**
 * struct http_request - what was asked
 * @kind: enum http_kind
 * @path: without the query, terminated; empty when it is too long
 */
struct http_request {
	enum http_kind kind;
	char path[64];
};

void http_parse(struct http_request *r, const char *data, size_t len, bool all);
char *http_answer(const struct http_request *r, int status, const char *type, const char *body);

#endif
