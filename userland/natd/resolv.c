// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "resolv.h"

static void add_server(struct resolv *r, char *text)
{
	struct resolv_server *s = &r->servers[r->nservers];
	char *scope = strchr(text, '%');

	if (r->nservers == RESOLV_SERVERS)
		return;
	if (scope)
		*scope++ = '\0';
	memset(s, 0, sizeof(*s));
	if (ipaddr_parse(text, &s->addr))
		return;
	if (scope) {
		if (s->addr.family != AF_INET6 || strlen(scope) >= sizeof(s->scope))
			return;
		strcpy(s->scope, scope);
	}
	r->nservers++;
}

static unsigned int number(const char *text, unsigned int min, unsigned int max)
{
	unsigned long v = strtoul(text, NULL, 10);

	if (v < min)
		return min;
	return v > max ? max : (unsigned int)v;
}

static void option(struct resolv *r, const char *word)
{
	if (!strncmp(word, "timeout:", 8))
		r->timeout = number(word + 8, 1, 30);
	else if (!strncmp(word, "attempts:", 9))
		r->attempts = number(word + 9, 1, 5);
	else if (!strcmp(word, "rotate"))
		r->rotate = true;
}

static void parse_line(struct resolv *r, char *line)
{
	static const char blank[] = " \t\r\v\f";
	char *save = NULL, *word;

	line[strcspn(line, "#;")] = '\0';
	word = strtok_r(line, blank, &save);
	if (!word)
		return;
	if (!strcmp(word, "nameserver")) {
		word = strtok_r(NULL, blank, &save);
		if (word)
			add_server(r, word);
	} else if (!strcmp(word, "options")) {
		while ((word = strtok_r(NULL, blank, &save)))
			option(r, word);
	}
}

/**
 * resolv_line - take the next line of a file of the C library's kind
 * @text: where the rest begins; moved on
 * @end: its end
 * @line: set to the line, terminated
 * @size: of @line
 *
 * Lines that are too long, or have a byte of value 0, are passed over.
 * Return: false when there is none any more.
 */
bool resolv_line(const char **text, const char *end, char *line, size_t size)
{
	while (*text < end) {
		const char *at = *text, *nl = memchr(at, '\n', (size_t)(end - at));
		size_t n = (size_t)((nl ? nl : end) - at);

		*text = nl ? nl + 1 : end;
		if (n >= size || memchr(at, '\0', n))
			continue;
		memcpy(line, at, n);
		line[n] = '\0';
		return true;
	}
	return false;
}

/**
 * resolv_parse - read a resolv.conf
 * @r: filled
 * @text: the file; may be empty
 * @len: bytes
 *
 * What is not understood is passed over, as the C library does. Without any
 * server the one of this machine is asked (resolv.conf(5)).
 */
void resolv_parse(struct resolv *r, const char *text, size_t len)
{
	const char *end = text + len;
	char line[256];

	*r = (struct resolv){ .attempts = 2 };
	while (resolv_line(&text, end, line, sizeof(line)))
		parse_line(r, line);
	if (!r->nservers) {
		r->servers[0].addr = ipaddr_v4(htonl(INADDR_LOOPBACK));
		r->servers[0].scope[0] = '\0';
		r->nservers = 1;
	}
}

/**
 * resolv_apply - what nat.conf says goes before what the host says
 * @r: of the host; changed
 * @p: of nat.conf
 *
 * The servers that are named come first; too many, and the host's last ones are
 * left out. With @p->only_named and none named the host's are meant after all.
 */
void resolv_apply(struct resolv *r, const struct resolv_policy *p)
{
	struct resolv_server all[RESOLV_NAMED + RESOLV_SERVERS] = { 0 };
	unsigned int i, n = 0;

	for (i = 0; i < RESOLV_NAMED; i++)
		if (p->named[i].family)
			all[n++].addr = p->named[i];
	if (!n || !p->only_named)
		for (i = 0; i < r->nservers; i++)
			all[n++] = r->servers[i];
	r->nservers = n < RESOLV_SERVERS ? n : RESOLV_SERVERS;
	memset(r->servers, 0, sizeof(r->servers));
	memcpy(r->servers, all, r->nservers * sizeof(all[0]));
	if (p->timeout)
		r->timeout = p->timeout;
	if (p->retries >= 0)
		r->attempts = (unsigned int)p->retries + 1;
	if (p->order != RESOLV_AS_HOST) {
		r->rotate = p->order == RESOLV_ROTATE;
		r->burst = p->order == RESOLV_BURST;
	}
}
