// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Leases as text, and back. No I/O.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "leasetext.h"
#include "lexer.h"
#include "pkt.h"

static void add(char *buf, size_t size, size_t *n, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static void add(char *buf, size_t size, size_t *n, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = vsnprintf(buf + *n, size - *n, fmt, ap);
	va_end(ap);
	if (r > 0)
		*n += (size_t)r;
	if (*n >= size)
		*n = size - 1;
}

static void add_time(char *buf, size_t size, size_t *n, const char *what, time_t t)
{
	struct tm tm;

	gmtime_r(&t, &tm);
	add(buf, size, n, "  %s %d %04d/%02d/%02d %02d:%02d:%02d;\n", what, tm.tm_wday,
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/**
 * lease_format - a lease as a block of the file
 * @r: the lease
 * @buf: where to put it, LEASE_TEXT bytes
 * @size: of @buf
 *
 * Return: bytes.
 */
size_t lease_format(const struct lease_record *r, char *buf, size_t size)
{
	char ip[16], mac[18];
	size_t n = 0, i;

	add(buf, size, &n, "lease %s {\n", ip4_format(htonl(r->addr), ip));
	add_time(buf, size, &n, "starts", r->starts);
	add_time(buf, size, &n, "ends", r->ends);
	if (r->abandoned)
		add(buf, size, &n, "  abandoned;\n");
	add(buf, size, &n, "  hardware ethernet %s;\n", mac_format(r->mac, mac));
	/* A client without an identifier is known by its address alone. */
	if (r->key.len && r->key.data[0] != 0) {
		add(buf, size, &n, "  uid \"");
		for (i = 1; i < r->key.len; i++) {
			uint8_t c = r->key.data[i];

			if (isprint(c) && c != '"' && c != '\\')
				add(buf, size, &n, "%c", c);
			else
				add(buf, size, &n, "\\%03o", c);
		}
		add(buf, size, &n, "\";\n");
	}
	if (r->hostname[0])
		add(buf, size, &n, "  client-hostname \"%s\";\n", r->hostname);
	add(buf, size, &n, "}\n");
	return n;
}

/* "4 2026/11/26 09:15:00" */
static bool parse_time(struct lexer *l, time_t *out)
{
	struct tm tm = { 0 };
	char text[64];
	int n = 0;

	if (lex_next(l) != LEX_WORD || lex_next(l) != LEX_WORD)
		return false;
	snprintf(text, sizeof(text), "%.20s", l->text);
	if (lex_next(l) != LEX_WORD)
		return false;
	snprintf(text + strlen(text), sizeof(text) - strlen(text), " %.20s", l->text);
	if (sscanf(text, "%d/%d/%d %d:%d:%d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
		   &tm.tm_min, &tm.tm_sec, &n) != 6 ||
	    text[n])
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	*out = timegm(&tm);
	lex_next(l);
	return lex_is(l, ";");
}

static bool skip(struct lexer *l)
{
	while (!lex_is(l, ";")) {
		if (l->kind == LEX_END || l->kind == LEX_BAD || lex_is(l, "}") || lex_is(l, "{"))
			return false;
		lex_next(l);
	}
	return true;
}

static bool statement(struct lexer *l, struct lease_record *r)
{
	if (lex_is(l, "starts"))
		return parse_time(l, &r->starts);
	if (lex_is(l, "ends"))
		return parse_time(l, &r->ends);
	if (lex_is(l, "abandoned")) {
		r->abandoned = true;
	} else if (lex_is(l, "hardware")) {
		lex_next(l);
		if (lex_next(l) != LEX_WORD || mac_parse(l->text, r->mac))
			return false;
	} else if (lex_is(l, "uid")) {
		if (lex_next(l) != LEX_STRING || l->len > 254)
			return false;
		r->key.data[0] = 1;
		memcpy(r->key.data + 1, l->text, l->len);
		r->key.len = (uint8_t)(l->len + 1);
	} else if (lex_is(l, "client-hostname")) {
		if (lex_next(l) != LEX_STRING)
			return false;
		snprintf(r->hostname, sizeof(r->hostname), "%.63s", l->text);
	}
	return skip(l);
}

static bool block(struct lexer *l, struct lease_record *r)
{
	uint32_t be;

	memset(r, 0, sizeof(*r));
	if (!lex_is(l, "lease") || lex_next(l) != LEX_WORD || ip4_parse(l->text, &be))
		return false;
	r->addr = ntohl(be);
	lex_next(l);
	if (!lex_is(l, "{"))
		return false;
	for (;;) {
		lex_next(l);
		if (lex_is(l, "}"))
			break;
		if (l->kind != LEX_WORD || !statement(l, r))
			return false;
	}
	if (!r->key.len) {
		r->key.data[0] = 0;
		memcpy(r->key.data + 1, r->mac, 6);
		r->key.len = 7;
	}
	return true;
}

/**
 * lease_file_parse - read the blocks of a file
 * @text: the file
 * @len: bytes
 * @fn: called for each whole block, in order; a later one of an address counts
 * @arg: for @fn
 *
 * A block that makes no sense is passed over, and reading goes on at the next
 * line that begins with "lease": a crash may have torn one.
 *
 * Return: bytes up to the end of the last whole block.
 */
size_t lease_file_parse(const char *text, size_t len,
			void (*fn)(const struct lease_record *r, void *arg), void *arg)
{
	const char *end = text + len, *at = text, *good = text;
	struct lease_record r;
	struct lexer *l = malloc(sizeof(*l));

	if (!l)
		return 0;
	while (at < end) {
		lex_init(l, at, (size_t)(end - at));
		if (lex_next(l) == LEX_END)
			break;
		if (block(l, &r)) {
			fn(&r, arg);
			at = good = l->at;
			continue;
		}
		/* The next line that may begin a block. */
		at = memchr(at, '\n', (size_t)(end - at));
		while (at && end - at > 6 && strncmp(at, "\nlease ", 7) != 0)
			at = memchr(at + 1, '\n', (size_t)(end - at - 1));
		if (!at || end - at <= 6)
			break;
		at++;
	}
	free(l);
	return (size_t)(good - text);
}
