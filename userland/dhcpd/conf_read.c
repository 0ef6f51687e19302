// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tokens of dhcpd.conf, and what is said when they are others than expected.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "conf_parse.h"
#include "pkt.h"

/* Note what is wrong, and where. Return: -EINVAL. */
int fail_at(struct parser *p, struct lex_pos pos, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	conf_note(p->err, pos.line, pos.column, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/* Likewise, at the current token; one that is none is what is wrong. */
int fail_here(struct parser *p, const char *fmt, ...)
{
	va_list ap;

	if (p->lex.kind == LEX_BAD)
		return fail_at(p, p->lex.pos, "%s", p->lex.text);
	va_start(ap, fmt);
	conf_note(p->err, p->lex.pos.line, p->lex.pos.column, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/* "WHAT expected, not 'token'" */
int fail_expected(struct parser *p, const char *what)
{
	char buf[64];

	if (p->lex.kind == LEX_END)
		return fail_here(p, "%s expected, and the file ends", what);
	return fail_here(p, "%s expected, not %s", what, quoted(p, buf));
}

/* Note something that is passed over. Return: 0 or -ENOMEM. */
int warn_at(struct parser *p, struct lex_pos pos, const char *fmt, ...)
{
	struct dhcp_conf *c = p->conf;
	struct conf_err *more = conf_grow(c, c->warnings, c->nwarnings, sizeof(*more));
	va_list ap;

	if (!more)
		return -ENOMEM;
	c->warnings = more;
	va_start(ap, fmt);
	conf_note(&more[c->nwarnings++], pos.line, pos.column, fmt, ap);
	va_end(ap);
	return 0;
}

/* The current token for a message: not too long, and nothing but text. */
const char *quoted(struct parser *p, char buf[64])
{
	char *c;

	if (p->lex.kind == LEX_END)
		return "the end of the file";
	snprintf(buf, 64, "'%.*s%s'", 50, p->lex.text, p->lex.len > 50 ? "..." : "");
	for (c = buf; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 127)
			*c = '?';
	return buf;
}

void next(struct parser *p)
{
	lex_next(&p->lex);
}

bool is(const struct parser *p, const char *text)
{
	return lex_is(&p->lex, text);
}

/* Is the token one of these? The list ends with NULL. */
bool is_any(const struct parser *p, const char *const *words)
{
	for (; *words; words++)
		if (is(p, *words))
			return true;
	return false;
}

/* The next token must be this one. */
int expect(struct parser *p, const char *mark)
{
	char what[32];

	next(p);
	if (is(p, mark))
		return 0;
	snprintf(what, sizeof(what), "'%.28s'", mark);
	return fail_expected(p, what);
}

/* The current token must be ';': it is missed where it belongs. */
int end_statement(struct parser *p)
{
	char buf[64];

	if (is(p, ";"))
		return 0;
	if (p->lex.kind == LEX_BAD)
		return fail_expected(p, "';'");
	return fail_at(p, p->lex.behind, "';' expected before %s", quoted(p, buf));
}

/**
 * read_address - the current token as an address
 * @p: the parser
 * @addr: network order
 *
 * Names are not looked up: the parser does no I/O, and what is looked up may
 * be gone when a guest asks.
 */
int read_address(struct parser *p, uint32_t *addr)
{
	char buf[64];

	if (p->lex.kind != LEX_WORD)
		return fail_expected(p, "an IPv4 address");
	if (!ip4_parse(p->lex.text, addr))
		return 0;
	if (strspn(p->lex.text, "0123456789./") == p->lex.len)
		return fail_here(p, "%s is no IPv4 address", quoted(p, buf));
	return fail_here(p, "an IPv4 address expected, not %s: names are not looked up",
			 quoted(p, buf));
}

/* The current token as a number from 0 to @max. */
int read_number(struct parser *p, uint32_t max, uint32_t *number)
{
	char what[40], *end;
	unsigned long long v;

	snprintf(what, sizeof(what), "a number from 0 to %u", max);
	if (p->lex.kind != LEX_WORD || p->lex.text[0] < '0' || p->lex.text[0] > '9')
		return fail_expected(p, what);
	errno = 0;
	v = strtoull(p->lex.text, &end, 10);
	if (*end || errno || v > max)
		return fail_expected(p, what);
	*number = (uint32_t)v;
	return 0;
}

/* The current token as on or off. */
int read_flag(struct parser *p, uint32_t *flag)
{
	static const char *const yes[] = { "on", "true", NULL }, *const no[] = { "off", "false",
										 NULL };

	*flag = is_any(p, yes);
	return *flag || is_any(p, no) ? 0 : fail_expected(p, "'on' or 'off'");
}

/* Text that lives as long as the configuration, or NULL. */
char *copy_text(struct parser *p, const char *text, size_t len)
{
	char *copy = conf_alloc(p->conf, len + 1);

	if (copy)
		memcpy(copy, text, len);
	return copy;
}

/* The current token as a string in quotes of at most @max bytes. */
int read_string(struct parser *p, size_t max, char **text)
{
	if (p->lex.kind != LEX_STRING)
		return fail_expected(p, "a string in quotes");
	if (p->lex.len > max)
		return fail_here(p, "a string of %zu bytes; %zu are possible", p->lex.len, max);
	if (strlen(p->lex.text) != p->lex.len)
		return fail_here(p, "a byte that is 0 in a string that is text");
	*text = copy_text(p, p->lex.text, p->lex.len);
	return *text ? 0 : -ENOMEM;
}

/* The current token as a name, in quotes or not. */
int read_name(struct parser *p, char name[CONF_NAME])
{
	if ((p->lex.kind != LEX_WORD && p->lex.kind != LEX_STRING) || !p->lex.len)
		return fail_expected(p, "a name");
	if (p->lex.len >= CONF_NAME)
		return fail_here(p, "a name of %zu bytes; %d are possible", p->lex.len,
				 CONF_NAME - 1);
	memcpy(name, p->lex.text, p->lex.len + 1);
	return 0;
}

/* Pass over the rest of a statement, with the blocks in it. */
int skip_statement(struct parser *p)
{
	unsigned int depth = 0;

	for (;;) {
		if (p->lex.kind == LEX_END || p->lex.kind == LEX_BAD)
			return fail_expected(p, depth ? "'}'" : "';'");
		if (!depth && is(p, ";"))
			return 0;
		if (!depth && is(p, "}"))
			return end_statement(p);
		if (is(p, "{"))
			depth++;
		else if (is(p, "}") && !--depth)
			return 0;
		next(p);
	}
}
