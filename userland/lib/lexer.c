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
	l->next_line = 1;
}

static void skip_space(struct lexer *l)
{
	while (l->at < l->end) {
		if (*l->at == '#') {
			while (l->at < l->end && *l->at != '\n')
				l->at++;
		} else if (*l->at == '\n') {
			l->next_line++;
			l->at++;
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
	return l->at < l->end ? *l->at++ : '\\';
}

static enum lex_kind string(struct lexer *l)
{
	l->at++;
	while (l->at < l->end && *l->at != '"') {
		char c = *l->at++;

		if (c == '\n')
			return LEX_BAD;
		if (c == '\\')
			c = escaped(l);
		if (!put(l, c))
			return LEX_BAD;
	}
	if (l->at == l->end)
		return LEX_BAD;
	l->at++;
	return LEX_STRING;
}

/**
 * lex_next - the next token
 * @l: the lexer; kind, text, len and line are set
 *
 * Return: its kind; LEX_BAD for a string without an end or a word that is too
 * long.
 */
enum lex_kind lex_next(struct lexer *l)
{
	skip_space(l);
	l->line = l->next_line;
	l->len = 0;
	l->kind = LEX_END;
	if (l->at < l->end) {
		if (*l->at == '"') {
			l->kind = string(l);
		} else if (strchr("{};,", *l->at)) {
			put(l, *l->at++);
			l->kind = LEX_MARK;
		} else {
			l->kind = LEX_WORD;
			while (l->at < l->end && *l->at != '"' && !isspace((unsigned char)*l->at) &&
			       !strchr("{};,#", *l->at)) {
				if (!put(l, *l->at)) {
					l->kind = LEX_BAD;
					break;
				}
				l->at++;
			}
		}
	}
	l->text[l->len] = '\0';
	return l->kind;
}

/* Is the token this word or mark? */
bool lex_is(const struct lexer *l, const char *text)
{
	return (l->kind == LEX_WORD || l->kind == LEX_MARK) && !strcmp(l->text, text);
}
