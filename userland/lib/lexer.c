// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The words of ISC's configuration and lease files. No I/O.
 */
#include <ctype.h>
#include <string.h>
#include "lexer.h"

/* Begin at the first byte. */
void lex_init(struct lexer *l, const char *text, size_t len)
{
	memset(l, 0, sizeof(*l));
	l->at = text;
	l->end = text + len;
	l->line = 1;
	l->line_start = text;
}

static struct lex_pos here(const struct lexer *l)
{
	return (struct lex_pos){ l->line, (unsigned int)(l->at - l->line_start) + 1 };
}

static void skip_space(struct lexer *l)
{
	while (l->at < l->end) {
		if (*l->at == '#') {
			while (l->at < l->end && *l->at != '\n')
				l->at++;
		} else if (*l->at == '\n') {
			l->line++;
			l->line_start = ++l->at;
		} else if (isspace((unsigned char)*l->at)) {
			l->at++;
		} else {
			return;
		}
	}
}

static bool put(struct lexer *l, char c)
{
	if (l->len + 1 >= LEX_MAX)
		return false;
	l->text[l->len++] = c;
	return true;
}

static enum lex_kind bad(struct lexer *l, const char *why)
{
	l->len = strlen(why);
	memcpy(l->text, why, l->len);
	return LEX_BAD;
}

/* Three octal digits, or the character itself. */
static char escaped(struct lexer *l)
{
	int v = 0, n = 0;

	while (n < 3 && l->at < l->end && *l->at >= '0' && *l->at <= '7') {
		v = v * 8 + (*l->at++ - '0');
		n++;
	}
	if (n)
		return (char)v;
	return l->at < l->end && *l->at != '\n' ? *l->at++ : '\\';
}

static enum lex_kind string(struct lexer *l)
{
	l->at++;
	while (l->at < l->end && *l->at != '"' && *l->at != '\n') {
		char c = *l->at++;

		if (c == '\\')
			c = escaped(l);
		if (!put(l, c))
			return bad(l, "a string is too long");
	}
	if (l->at == l->end || *l->at == '\n')
		return bad(l, "a string without its closing '\"'");
	l->at++;
	return LEX_STRING;
}

static bool is_mark(char c)
{
	return c && strchr("{}();,=!", c);
}

static enum lex_kind mark(struct lexer *l)
{
	bool may_be_two = *l->at == '!';

	put(l, *l->at++);
	if (may_be_two && l->at < l->end && *l->at == '=')
		put(l, *l->at++);
	return LEX_MARK;
}

static enum lex_kind word(struct lexer *l)
{
	while (l->at < l->end && *l->at != '"' && *l->at != '#' &&
	       !isspace((unsigned char)*l->at) && !is_mark(*l->at)) {
		if (!*l->at)
			return bad(l, "a byte that is 0: this is no text");
		if (!put(l, *l->at))
			return bad(l, "a word is too long");
		l->at++;
	}
	return LEX_WORD;
}

/**
 * lex_next - the next token
 * @l: the lexer; kind, text, len, pos and behind are set
 *
 * Return: its kind; LEX_BAD for a string without an end, for what is too long,
 * for what is no text.
 */
enum lex_kind lex_next(struct lexer *l)
{
	l->behind = here(l);
	skip_space(l);
	l->pos = here(l);
	l->len = 0;
	if (l->at == l->end)
		l->kind = LEX_END;
	else if (*l->at == '"')
		l->kind = string(l);
	else if (is_mark(*l->at))
		l->kind = mark(l);
	else
		l->kind = word(l);
	l->text[l->len] = '\0';
	return l->kind;
}

/* Is the token this word or mark? */
bool lex_is(const struct lexer *l, const char *text)
{
	return (l->kind == LEX_WORD || l->kind == LEX_MARK) && !strcmp(l->text, text);
}
