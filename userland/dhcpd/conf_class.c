// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * if, class, subclass: what is said only to some.
 */
#include <errno.h>
#include <string.h>
#include "conf_expr.h"
#include "conf_parse.h"

/* elsif, or else if; the word behind it is current then. */
static bool take_elsif(struct parser *p, bool *is_else)
{
	*is_else = is(p, "else");
	if (!*is_else && !is(p, "elsif"))
		return false;
	next(p);
	if (*is_else && is(p, "if")) {
		*is_else = false;
		next(p);
	}
	return true;
}

/* Is the token behind the current one a branch of the same condition? */
static bool has_branch(const struct parser *p)
{
	struct lexer ahead = p->lex;

	lex_next(&ahead);
	return lex_is(&ahead, "elsif") || lex_is(&ahead, "else");
}

/* if BOOL { } elsif BOOL { } else { } */
int read_if(struct parser *p, struct block *b)
{
	struct block in = *b;
	struct dhcp_if *branch = conf_alloc(p->conf, sizeof(*branch));
	bool is_else = false;
	int err;

	if (!branch || conf_push(p->conf, &b->scope->ifs, &b->scope->nifs, branch))
		return -ENOMEM;
	in.kind = IN_IF;
	in.outer = b;
	next(p);
	for (;;) {
		branch->scope.outer = b->scope;
		in.scope = &branch->scope;
		err = is_else ? 0 : read_bool(p, &branch->cond);
		if (!err)
			err = read_block(p, &in);
		if (err || is_else || !has_branch(p))
			return err;
		next(p);
		take_elsif(p, &is_else);
		branch->otherwise = conf_alloc(p->conf, sizeof(*branch));
		branch = branch->otherwise;
		if (!branch)
			return -ENOMEM;
	}
}

/* The name of a class, which stands in quotes. */
static int class_name(struct parser *p, char name[CONF_NAME])
{
	next(p);
	return read_name(p, name);
}

/* class NAME { ... }; a second block of a name adds to the first */
int read_class(struct parser *p, struct block *b)
{
	struct block in = *b;
	char name[CONF_NAME];
	int err = class_name(p, name);

	if (err)
		return err;
	in.class = conf_hash_find(&p->conf->classes_by_name, name, strlen(name));
	if (!in.class)
		in.class = conf_add_class(p->conf, name);
	if (!in.class)
		return -ENOMEM;
	in.kind = IN_CLASS;
	in.scope = &in.class->scope;
	in.outer = b;
	next(p);
	return read_block(p, &in);
}

/* match if BOOL ; match DATA ; */
int read_match(struct parser *p, struct block *b)
{
	struct dhcp_class *c = b->class;
	int err;

	if (c->match_if || c->match)
		return fail_here(p, "class '%s' has a match already", c->name);
	next(p);
	if (is(p, "if")) {
		next(p);
		err = read_bool(p, &c->match_if);
	} else {
		err = read_data(p, &c->match);
	}
	return err ? err : end_statement(p);
}

/* subclass NAME DATA ; or: subclass NAME DATA { ... } */
int read_subclass(struct parser *p, struct block *b)
{
	struct block in = *b;
	struct dhcp_class *c;
	char name[CONF_NAME], buf[64];
	int err = class_name(p, name);

	if (err)
		return err;
	c = conf_hash_find(&p->conf->classes_by_name, name, strlen(name));
	if (!c)
		return fail_here(p, "class %s is not declared before", quoted(p, buf));
	if (!c->match)
		return fail_here(p, "class %s has no 'match' that tells subclasses",
				 quoted(p, buf));
	next(p);
	p->value.len = 0;
	err = p->lex.kind == LEX_STRING ? value_put(&p->value, p->lex.text, p->lex.len)
					: value_put_hex(&p->value, p->lex.text);
	if (err || !p->value.len)
		return fail_expected(p, "a string or bytes as 1:00:50:56:...");
	in.class = conf_add_subclass(p->conf, c, p->value.data, p->value.len);
	if (!in.class)
		return -ENOMEM;
	next(p);
	if (!is(p, "{"))
		return end_statement(p);
	in.kind = IN_CLASS;
	in.scope = &in.class->scope;
	in.outer = b;
	return read_block(p, &in);
}
