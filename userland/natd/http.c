// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "http.h"

static bool is_token(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
}

/* "METHOD TARGET HTTP/1.N" */
static void parse_line(struct http_request *r, const char *line, size_t len)
{
	const char *end = line + len, *at = line, *target, *version;
	size_t n;

	r->kind = HTTP_NONE;
	while (at < end && is_token(*at))
		at++;
	n = (size_t)(at - line);
	if (!n || at == end || *at != ' ')
		return;
	target = at + 1;
	version = memchr(target, ' ', (size_t)(end - target));
	if (!version || end - version < 8 || strncmp(version + 1, "HTTP/1.", 7) != 0)
		return;
	if (n == 3 && !memcmp(line, "GET", 3))
		r->kind = HTTP_GET;
	else if (n == 4 && !memcmp(line, "HEAD", 4))
		r->kind = HTTP_HEAD;
	else
		r->kind = HTTP_OTHER;
	for (at = target; at < version && *at != '?'; at++)
		;
	n = (size_t)(at - target);
	if (n >= sizeof(r->path) || memchr(target, '\0', n))
		n = 0;
	memcpy(r->path, target, n);
	r->path[n] = '\0';
}

/**
 * http_parse - what does a client want?
 * @r: filled
 * @data: what it has sent
 * @len: bytes
 * @all: no more will come
 *
 * The head is waited for as a whole, and nothing of it but its first line counts.
 */
void http_parse(struct http_request *r, const char *data, size_t len, bool all)
{
	const char *nl = memchr(data, '\n', len);
	size_t line = nl ? (size_t)(nl - data) : len;

	*r = (struct http_request){ .kind = HTTP_MORE };
	if (!nl && !all)
		return;
	if (line && data[line - 1] == '\r')
		line--;
	parse_line(r, data, line);
	if (r->kind != HTTP_NONE && !all && !memmem(data, len, "\r\n\r\n", 4) &&
	    !memmem(data, len, "\n\n", 2))
		r->kind = HTTP_MORE;
}

/**
 * http_answer - make the answer to a request
 * @r: the request
 * @status: 200, 404 or 405
 * @type: of the body
 * @body: the text; left out for HEAD
 *
 * Return: the answer, to be freed; NULL without memory.
 */
char *http_answer(const struct http_request *r, int status, const char *type, const char *body)
{
	const char *reason = status == 200   ? "OK"
			     : status == 404 ? "Not Found"
					     : "Method Not Allowed";
	char *text = NULL;

	if (asprintf(&text,
		     "HTTP/1.0 %d %s\r\n"
		     "Content-Type: %s\r\n"
		     "Content-Length: %zu\r\n"
		     "%s"
		     "Cache-Control: no-store\r\n"
		     "Connection: close\r\n\r\n%s",
		     status, reason, type, strlen(body),
		     status == 405 ? "Allow: GET, HEAD\r\n" : "",
		     r->kind == HTTP_HEAD ? "" : body) < 0)
		return NULL;
	return text;
}
