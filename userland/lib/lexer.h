/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMNET_LEXER_H
#define VMNET_LEXER_H

#include <stdbool.h>
#include <stddef.h>

#define LEX_MAX 1024

enum lex_kind { LEX_END, LEX_WORD, LEX_STRING, LEX_MARK, LEX_BAD };

/**
 * struct lexer - ISC's tokens
 * @at: what is left, up to @end
 * @line: of the token, from 1
 * @kind: of the token
 * @text: the token; a mark is one of { } ; ,
 * @len: bytes of @text (a string may hold any)
 * @next_line: where the reader is
 */
struct lexer {
	const char *at, *end;
	unsigned int line, next_line;
	enum lex_kind kind;
	char text[LEX_MAX];
	size_t len;
};

void lex_init(struct lexer *l, const char *text, size_t len);
enum lex_kind lex_next(struct lexer *l);
bool lex_is(const struct lexer *l, const char *text);

#endif
