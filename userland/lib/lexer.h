/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMNET_LEXER_H
#define VMNET_LEXER_H

#include <stdbool.h>
#include <stddef.h>

#define LEX_MAX 4096

enum lex_kind { LEX_END, LEX_WORD, LEX_STRING, LEX_MARK, LEX_BAD };

/* A place in a file; lines and columns (bytes) from 1. */
struct lex_pos {
	unsigned int line, column;
};

/**
 * struct lexer - ISC's tokens
 * @at: what is left, up to @end
 * @pos: of the token
 * @behind: the place behind the token before it
 * @kind: of the token
 * @text: the token; a mark is one of { } ( ) ; , = !=; of LEX_BAD: what is wrong
 * @len: bytes of @text (a string may hold any)
 * @line: where the reader is
 * @line_start: the first byte of that line
 */
struct lexer {
	const char *at, *end;
	struct lex_pos pos, behind;
	enum lex_kind kind;
	char text[LEX_MAX];
	size_t len;
	unsigned int line;
	const char *line_start;
};

void lex_init(struct lexer *l, const char *text, size_t len);
enum lex_kind lex_next(struct lexer *l);
bool lex_is(const struct lexer *l, const char *text);

#endif
