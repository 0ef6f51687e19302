// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads the expressions of dhcp-eval(5): or binds weakest, then and, then not.
 */
#include <errno.h>
#include <string.h>
#include "conf_expr.h"
#include "conf_parse.h"

static int deeper(struct parser *p)
{
	if (p->depth >= CONF_DEPTH)
		return fail_here(p, "more than %d brackets and blocks within each other",
				 CONF_DEPTH);
	p->depth++;
	return 0;
}

static struct dhcp_expr *new_expr(struct parser *p, enum expr_op op, const struct dhcp_expr *a,
				  const struct dhcp_expr *b)
{
	struct dhcp_expr *e = conf_alloc(p->conf, sizeof(*e));

	if (e) {
		e->op = op;
		e->a = a;
		e->b = b;
	}
	return e;
}

/* The current token must be this one; the one behind it is current then. */
static int take(struct parser *p, const char *mark)
{
	char what[8] = { '\'', mark[0], '\'' };

	if (!is(p, mark))
		return fail_expected(p, what);
	next(p);
	return 0;
}

/* A string, or bytes in hexadecimal */
static int read_const(struct parser *p, const struct dhcp_expr **out)
{
	struct dhcp_expr *e = new_expr(p, EXPR_CONST, NULL, NULL);
	struct opt_value *v = &p->value;

	if (!e)
		return -ENOMEM;
	v->len = 0;
	if (p->lex.kind == LEX_STRING ? value_put(v, p->lex.text, p->lex.len)
				      : value_put_hex(v, p->lex.text))
		return fail_expected(p, "a string, bytes as 00:07, 'option', 'substring', "
					"'suffix', 'hardware', 'concat', 'lcase', 'ucase' or "
					"'pick-first-value'");
	e->data = (const uint8_t *)copy_text(p, (const char *)v->data, v->len);
	e->len = (uint32_t)v->len;
	*out = e;
	next(p);
	return e->data ? 0 : -ENOMEM;
}

/* [SPACE.]NAME */
static int read_option_of(struct parser *p, enum expr_op op, const struct dhcp_expr **out)
{
	struct dhcp_expr *e = new_expr(p, op, NULL, NULL);
	const struct opt_def *def;
	struct opt_dict *dict;
	int err = find_option(p, &dict, &def);

	if (err)
		return err;
	if (!e)
		return -ENOMEM;
	e->code = def->code;
	if (dict->index >= 0) {
		uint8_t outer = p->conf->spaces[dict->index].code;

		e->inner = def->code;
		e->code = outer ? outer : 43;
	}
	*out = e;
	next(p);
	return 0;
}

static int read_count(struct parser *p, uint32_t *n)
{
	int err = take(p, ",");

	if (!err)
		err = read_number(p, UINT16_MAX, n);
	next(p);
	return err;
}

/* (DATA, FROM, LEN) and (DATA, LEN) */
static int read_part(struct parser *p, bool is_suffix, const struct dhcp_expr **out)
{
	struct dhcp_expr *e = new_expr(p, is_suffix ? EXPR_SUFFIX : EXPR_SUBSTRING, NULL, NULL);
	int err = take(p, "(");

	if (!e)
		return -ENOMEM;
	if (!err)
		err = read_data(p, &e->a);
	if (!err && !is_suffix)
		err = read_count(p, &e->from);
	if (!err)
		err = read_count(p, &e->len);
	*out = e;
	return err ? err : take(p, ")");
}

/* (DATA, DATA, ...), from left to right */
static int read_list(struct parser *p, enum expr_op op, const struct dhcp_expr **out)
{
	const struct dhcp_expr *e = NULL, *more;
	int err = take(p, "(");

	if (!err)
		err = read_data(p, &e);
	while (!err && is(p, ",")) {
		next(p);
		err = read_data(p, &more);
		if (err)
			return err;
		e = new_expr(p, op, e, more);
		if (!e)
			return -ENOMEM;
	}
	*out = e;
	return err ? err : take(p, ")");
}

static int read_case(struct parser *p, enum expr_op op, const struct dhcp_expr **out)
{
	struct dhcp_expr *e = new_expr(p, op, NULL, NULL);
	int err = take(p, "(");

	if (!e)
		return -ENOMEM;
	if (!err)
		err = read_data(p, &e->a);
	*out = e;
	return err ? err : take(p, ")");
}

static int read_word(struct parser *p, const struct dhcp_expr **out)
{
	static const struct {
		const char *word;
		enum expr_op op;
	} words[] = {
		{ "option", EXPR_OPTION },
		{ "substring", EXPR_SUBSTRING },
		{ "suffix", EXPR_SUFFIX },
		{ "concat", EXPR_CONCAT },
		{ "pick-first-value", EXPR_FIRST },
		{ "pick", EXPR_FIRST },
		{ "lcase", EXPR_LOWER },
		{ "ucase", EXPR_UPPER },
		{ "hardware", EXPR_HARDWARE },
	};
	size_t i = 0, n = sizeof(words) / sizeof(words[0]);

	while (i < n && !is(p, words[i].word))
		i++;
	if (i == n)
		return read_const(p, out);
	next(p);
	switch (words[i].op) {
	case EXPR_OPTION:
		return read_option_of(p, EXPR_OPTION, out);
	case EXPR_SUBSTRING:
	case EXPR_SUFFIX:
		return read_part(p, words[i].op == EXPR_SUFFIX, out);
	case EXPR_CONCAT:
	case EXPR_FIRST:
		return read_list(p, words[i].op, out);
	case EXPR_LOWER:
	case EXPR_UPPER:
		return read_case(p, words[i].op, out);
	default:
		*out = new_expr(p, EXPR_HARDWARE, NULL, NULL);
		return *out ? 0 : -ENOMEM;
	}
}

/**
 * read_data - an expression that comes to bytes
 * @p: the parser, at its first token; then behind its last
 * @expr: set to it
 */
int read_data(struct parser *p, const struct dhcp_expr **expr)
{
	int err = deeper(p);

	if (err)
		return err;
	err = read_word(p, expr);
	p->depth--;
	return err;
}

static int read_comparison(struct parser *p, const struct dhcp_expr **out)
{
	const struct dhcp_expr *a = NULL, *b = NULL;
	enum expr_op op;
	int err = read_data(p, &a);

	if (err)
		return err;
	if (!is(p, "=") && !is(p, "!="))
		return fail_expected(p, "'=' or '!='");
	op = is(p, "=") ? EXPR_EQUAL : EXPR_NOT_EQUAL;
	next(p);
	err = read_data(p, &b);
	if (err)
		return err;
	*out = new_expr(p, op, a, b);
	return *out ? 0 : -ENOMEM;
}

static int read_not(struct parser *p, const struct dhcp_expr **out);

/* (BOOL), exists, known, or a comparison */
static int read_term(struct parser *p, const struct dhcp_expr **out)
{
	int err;

	if (is(p, "(")) {
		next(p);
		err = read_bool(p, out);
		return err ? err : take(p, ")");
	}
	if (is(p, "exists")) {
		next(p);
		return read_option_of(p, EXPR_EXISTS, out);
	}
	if (is(p, "known")) {
		next(p);
		*out = new_expr(p, EXPR_KNOWN, NULL, NULL);
		return *out ? 0 : -ENOMEM;
	}
	return read_comparison(p, out);
}

static int read_not(struct parser *p, const struct dhcp_expr **out)
{
	const struct dhcp_expr *a = NULL;
	bool inverse = false;
	int err;

	while (is(p, "not") || is(p, "!")) {
		inverse = !inverse;
		next(p);
	}
	err = read_term(p, &a);
	if (err || !inverse) {
		*out = a;
		return err;
	}
	*out = new_expr(p, EXPR_NOT, a, NULL);
	return *out ? 0 : -ENOMEM;
}

static int read_and(struct parser *p, const struct dhcp_expr **out)
{
	const struct dhcp_expr *b = NULL;
	int err = read_not(p, out);

	while (!err && is(p, "and")) {
		next(p);
		err = read_not(p, &b);
		if (!err)
			*out = new_expr(p, EXPR_AND, *out, b);
		if (!err && !*out)
			err = -ENOMEM;
	}
	return err;
}

/**
 * read_bool - an expression that is true or false
 * @p: the parser, at its first token; then behind its last
 * @expr: set to it
 */
int read_bool(struct parser *p, const struct dhcp_expr **expr)
{
	const struct dhcp_expr *b = NULL;
	int err = deeper(p);

	if (err)
		return err;
	err = read_and(p, expr);
	while (!err && is(p, "or")) {
		next(p);
		err = read_and(p, &b);
		if (!err)
			*expr = new_expr(p, EXPR_OR, *expr, b);
		if (!err && !*expr)
			err = -ENOMEM;
	}
	p->depth--;
	return err;
}
