// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Leases from text: our own, and what ISC's dhcpd up to 4.4 writes. No I/O.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "leasetext.h"
#include "lexer.h"
#include "pkt.h"

/* 9999/12/31 23:59:59: a later date cannot be written. */
#define LATEST ((time_t)253402300799)

/* What ISC's servers have in the file besides leases. */
static const char *const others[] = {
	"authoring-byte-order",
	"class",
	"default-duid",
	"failover",
	"group",
	"host",
	"ia-na",
	"ia-pd",
	"ia-ta",
	"key",
	"server-duid",
	"subclass",
	"zone",
};

/* On to the end of a statement: its ';', or the '}' of its block. */
static bool skip(struct lexer *l, bool may_have_block)
{
	unsigned int depth = 0;

	for (;; lex_next(l)) {
		if (l->kind == LEX_END || l->kind == LEX_BAD)
			return false;
		if (lex_is(l, "{")) {
			if (!may_have_block)
				return false;
			depth++;
		} else if (lex_is(l, "}")) {
			if (!depth)
				return false;
			if (!--depth)
				return true;
		} else if (lex_is(l, ";") && !depth) {
			return true;
		}
	}
}

static bool is_date(const struct tm *tm)
{
	return tm->tm_year >= 1970 && tm->tm_mon >= 1 && tm->tm_mon <= 12 && tm->tm_mday >= 1 &&
	       tm->tm_mday <= 31 && tm->tm_hour >= 0 && tm->tm_hour <= 23 && tm->tm_min >= 0 &&
	       tm->tm_min <= 59 && tm->tm_sec >= 0 && tm->tm_sec <= 60;
}

/* A number of up to four digits and what stands behind it. */
static bool number(const char **at, char behind, int *out)
{
	int n = 0;

	for (*out = 0; **at >= '0' && **at <= '9' && n < 4; (*at)++, n++)
		*out = *out * 10 + (**at - '0');
	return n && *(*at)++ == behind;
}

static bool parse_date(struct lexer *l, struct tm *tm)
{
	const char *at = l->text;

	if (lex_next(l) != LEX_WORD || !number(&at, '/', &tm->tm_year) ||
	    !number(&at, '/', &tm->tm_mon) || !number(&at, '\0', &tm->tm_mday))
		return false;
	at = l->text;
	return lex_next(l) == LEX_WORD && number(&at, ':', &tm->tm_hour) &&
	       number(&at, ':', &tm->tm_min) && number(&at, '\0', &tm->tm_sec) && is_date(tm);
}

/* "4 2026/11/26 09:15:00", "epoch 1795684500", or "never" */
static bool parse_time(struct lexer *l, time_t *out)
{
	struct tm tm = { 0 };
	char *end;

	if (lex_next(l) != LEX_WORD)
		return false;
	if (lex_is(l, "never")) {
		*out = LEASE_NEVER;
	} else if (lex_is(l, "epoch")) {
		if (lex_next(l) != LEX_WORD)
			return false;
		*out = strtoll(l->text, &end, 10);
		if (*end || *out < 0)
			return false;
		if (*out > LATEST)
			*out = LEASE_NEVER;
	} else {
		if (!parse_date(l, &tm))
			return false;
		tm.tm_year -= 1900;
		tm.tm_mon--;
		*out = timegm(&tm);
	}
	lex_next(l);
	return lex_is(l, ";");
}

static bool parse_hardware(struct lexer *l, struct lease_record *r)
{
	bool is_ethernet;

	if (lex_next(l) != LEX_WORD)
		return false;
	is_ethernet = lex_is(l, "ethernet");
	return lex_next(l) == LEX_WORD && (!is_ethernet || !mac_parse(l->text, r->mac));
}

static void set_id(struct lease_record *r, const uint8_t *data, size_t len)
{
	if (!len)
		return;
	if (len > 254)
		len = 254;
	r->key.data[0] = 1;
	memcpy(r->key.data + 1, data, len);
	r->key.len = (uint8_t)(len + 1);
}

/* A string, or octets in hex: "01:00:0c:29:01:02:03" */
static bool parse_uid(struct lexer *l, struct lease_record *r)
{
	const char *at = l->text;
	uint8_t id[255];
	unsigned int v;
	size_t len = 0;
	int n;

	lex_next(l);
	if (l->kind == LEX_STRING) {
		set_id(r, (const uint8_t *)l->text, l->len);
		return true;
	}
	if (l->kind != LEX_WORD)
		return false;
	do {
		n = 0;
		if (len == sizeof(id) || sscanf(at, "%2x%n", &v, &n) != 1 || !n)
			return false;
		id[len++] = (uint8_t)v;
		at += n;
	} while (*at++ == ':');
	if (at[-1])
		return false;
	set_id(r, id, len);
	return true;
}

static bool parse_binding(struct lexer *l, struct lease_record *r)
{
	lex_next(l);
	if (!lex_is(l, "state") || lex_next(l) != LEX_WORD)
		return false;
	r->abandoned = lex_is(l, "abandoned");
	r->released = !r->abandoned && !lex_is(l, "active") && !lex_is(l, "bootp");
	return true;
}

static bool statement(struct lexer *l, struct lease_record *r)
{
	bool ok = true;

	if (lex_is(l, "starts"))
		return parse_time(l, &r->starts);
	if (lex_is(l, "ends"))
		return parse_time(l, &r->ends);
	/* The block before it has no end. */
	if (lex_is(l, "lease"))
		return false;
	if (lex_is(l, "on"))
		return skip(l, true);
	if (lex_is(l, "abandoned")) {
		r->abandoned = true;
	} else if (lex_is(l, "hardware")) {
		ok = parse_hardware(l, r);
	} else if (lex_is(l, "uid")) {
		ok = parse_uid(l, r);
	} else if (lex_is(l, "binding")) {
		ok = parse_binding(l, r);
	} else if (lex_is(l, "client-hostname")) {
		ok = lex_next(l) == LEX_STRING;
		if (ok)
			snprintf(r->hostname, sizeof(r->hostname), "%.63s", l->text);
	}
	return ok && skip(l, false);
}

/* The key of a client that has given no identifier. */
static void key_by_mac(struct lease_record *r)
{
	static const uint8_t none[6];

	if (r->key.len || !memcmp(r->mac, none, sizeof(none)))
		return;
	r->key.data[0] = 0;
	memcpy(r->key.data + 1, r->mac, 6);
	r->key.len = 7;
}

static bool block(struct lexer *l, struct lease_record *r)
{
	uint32_t be;

	memset(r, 0, sizeof(*r));
	if (lex_next(l) != LEX_WORD || ip4_parse(l->text, &be))
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
	key_by_mac(r);
	return true;
}

static bool is_other(const struct lexer *l)
{
	size_t i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (lex_is(l, others[i]))
			return true;
	return false;
}

/* Past blanks, and comments that have an end. */
static const char *past_blanks(const char *at, const char *end, const struct lease_reader *reader)
{
	while (at < end) {
		if (*at == '#') {
			const char *nl = memchr(at, '\n', (size_t)(end - at));

			if (!nl)
				return at;
			if (reader->comment)
				reader->comment(at, (size_t)(nl - at), reader->arg);
			at = nl + 1;
		} else if (*at && strchr(" \t\r\n", *at)) {
			at++;
		} else {
			return at;
		}
	}
	return at;
}

/* The next place behind @at where a block may begin: a line, or the end of what
 * was never written.
 */
static const char *next_start(const char *at, const char *end)
{
	static const char word[] = "lease ";

	for (at++; at < end; at++) {
		at = memmem(at, (size_t)(end - at), word, sizeof(word) - 1);
		if (!at)
			return end;
		if (at[-1] == '\n' || !at[-1])
			return at;
	}
	return end;
}

/* Counts the lines of a text that is gone through once. */
struct lines {
	const char *at;
	unsigned int n;
};

static unsigned int line_of(struct lines *l, const char *at)
{
	while (l->at < at)
		l->n += *l->at++ == '\n';
	return l->n;
}

/**
 * lease_file_read - read the blocks of a file
 * @text: the file
 * @len: bytes
 * @reader: is told of each block; a later one of an address counts
 *
 * What makes no sense is passed over, and reading goes on at the next line that
 * begins with "lease": a crash may have torn a block, or left zeros.
 *
 * Return: bytes up to the end of the last whole block, and of the line.
 */
size_t lease_file_read(const char *text, size_t len, const struct lease_reader *reader)
{
	const char *end = text + len, *at = past_blanks(text, end, reader);
	const char *good = at == end ? end : text, *bad = NULL;
	struct lexer lexer, *l = &lexer;
	struct lines lines = { text, 1 };
	struct lease_record r;

	lex_init(l, text, len);
	while (at < end) {
		bool is_lease;

		l->at = at;
		lex_next(l);
		is_lease = lex_is(l, "lease");
		if (!(is_lease ? block(l, &r) : is_other(l) && skip(l, true)) ||
		    memchr(at, 0, (size_t)(l->at - at))) {
			if (!bad)
				bad = at;
			at = next_start(at, end);
			continue;
		}
		if (bad && reader->damaged) {
			unsigned int from = line_of(&lines, bad);

			reader->damaged(from, line_of(&lines, at), reader->arg);
		}
		bad = NULL;
		if (is_lease)
			reader->block(&r, reader->arg);
		at = good = past_blanks(l->at, end, reader);
	}
	return (size_t)(good - text);
}

/* lease_file_read() for those whom damage does not concern. */
size_t lease_file_parse(const char *text, size_t len,
			void (*fn)(const struct lease_record *r, void *arg), void *arg)
{
	const struct lease_reader reader = { .block = fn, .arg = arg };

	return lease_file_read(text, len, &reader);
}
