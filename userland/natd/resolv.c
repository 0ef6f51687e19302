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
	const char *end = text + len, *nl;
	char line[256];
	size_t n;

	*r = (struct resolv){ .attempts = 2 };
	for (; text < end; text = nl < end ? nl + 1 : end) {
		nl = memchr(text, '\n', (size_t)(end - text));
		if (!nl)
			nl = end;
		n = (size_t)(nl - text);
		if (n >= sizeof(line) || memchr(text, '\0', n))
			continue;
		memcpy(line, text, n);
		line[n] = '\0';
		parse_line(r, line);
	}
	if (!r->nservers) {
		r->servers[0].addr = ipaddr_v4(htonl(INADDR_LOOPBACK));
		r->servers[0].scope[0] = '\0';
		r->nservers = 1;
	}
}
