// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * option space NAME ; option NAME code N = TYPE ;
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "conf_parse.h"

/**
 * add_space - one more option space
 * @p: the parser
 * @name: lives as long as the configuration
 * @dict: set to it, without options
 *
 * Return: 0 or -ENOMEM.
 */
int add_space(struct parser *p, const char *name, struct opt_dict **dict)
{
	struct dhcp_conf *c = p->conf;
	struct dhcp_space *spaces = conf_grow(c, c->spaces, c->nspaces, sizeof(*spaces));
	struct opt_dict *d = conf_alloc(c, sizeof(*d));

	if (!spaces || !d)
		return -ENOMEM;
	d->name = name;
	d->index = (int)c->nspaces;
	c->spaces = spaces;
	spaces[c->nspaces++].name = name;
	if (dict)
		*dict = d;
	if (conf_push(c, &p->dicts, &p->ndicts, d))
		return -ENOMEM;
	return conf_hash_add(&p->spaces, name, strlen(name), d);
}

/* code width 1, length width 1, hash size N: what is not 1 is for DHCPv6. */
static int read_widths(struct parser *p)
{
	uint32_t n;
	int err;

	while (is(p, "code") || is(p, "length") || is(p, "hash")) {
		bool is_hash = is(p, "hash");

		err = expect(p, is_hash ? "size" : "width");
		if (err)
			return err;
		next(p);
		err = read_number(p, UINT32_MAX, &n);
		if (err)
			return err;
		if (!is_hash && n != 1)
			return fail_here(p, "only a width of 1 byte is possible in DHCPv4");
		next(p);
	}
	return end_statement(p);
}

/* option space NAME ; "space" is the current token */
int read_space(struct parser *p)
{
	char name[CONF_NAME], *copy;
	int err;

	next(p);
	err = read_name(p, name);
	if (err)
		return err;
	if (strchr(name, '.') || !strcmp(name, "dhcp") ||
	    conf_hash_find(&p->spaces, name, strlen(name)))
		return fail_here(p, "there cannot be a space '%s', or there is one already", name);
	copy = copy_text(p, name, strlen(name));
	err = copy ? add_space(p, copy, NULL) : -ENOMEM;
	if (err)
		return err;
	next(p);
	return read_widths(p);
}

/* [signed | unsigned] integer 8 | 16 | 32 */
static int read_integer(struct parser *p, char *type)
{
	static const char letters[3][4] = { "bwl", "BWL", "ijk" };
	static const char *const widths[] = { "8", "16", "32" };
	int sign = is(p, "unsigned") ? 0 : is(p, "signed") ? 1 : 2;
	int i, err;

	if (sign < 2) {
		err = expect(p, "integer");
		if (err)
			return err;
	}
	next(p);
	for (i = 0; i < 3; i++) {
		if (is(p, widths[i])) {
			*type = letters[sign][i];
			next(p);
			return 0;
		}
	}
	return fail_expected(p, "8, 16 or 32");
}

/* One type, the current token; the one behind it is current then. */
static int read_simple(struct parser *p, char *type)
{
	static const struct {
		const char *word;
		char type;
	} words[] = {
		{ "ip-address", 'I' }, { "boolean", 'f' },     { "text", 't' },
		{ "string", 'x' },     { "domain-name", 'd' }, { "domain-list", 'd' },
	};
	size_t i;

	if (is(p, "signed") || is(p, "unsigned") || is(p, "integer"))
		return read_integer(p, type);
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (is(p, words[i].word)) {
			*type = words[i].type;
			next(p);
			return 0;
		}
	}
	if (is(p, "ip6-address"))
		return fail_here(p, "an ip6-address is for DHCPv6, which this is not");
	return fail_expected(p, "'ip-address', 'text', 'string', 'boolean', 'integer', "
				"'domain-name', 'domain-list', 'encapsulate', 'array' or '{'");
}

/* { TYPE, TYPE, [array of] TYPE } */
static int read_record(struct parser *p, char *type)
{
	size_t n = 0;
	int err;

	do {
		bool is_array;

		next(p);
		is_array = is(p, "array");
		if (n == OPT_FIELDS)
			return fail_here(p, "more than %d fields", OPT_FIELDS);
		if (is_array) {
			err = expect(p, "of");
			if (err)
				return err;
			next(p);
		}
		err = read_simple(p, &type[n++]);
		if (err)
			return err;
		if (is_array) {
			type[n++] = '+';
			break;
		}
	} while (is(p, ","));
	if (!is(p, "}"))
		return fail_expected(p, "'}'");
	next(p);
	return 0;
}

/* The type behind '=', as struct opt_def has it */
static int read_type(struct parser *p, char type[OPT_FIELDS + 3])
{
	bool is_array = is(p, "array"), is_list;
	int err;

	if (is_array) {
		err = expect(p, "of");
		if (err)
			return err;
		next(p);
	}
	is_list = is(p, "domain-list");
	err = is(p, "{") ? read_record(p, type) : read_simple(p, type);
	if (err)
		return err;
	if (is_list && is(p, "compressed")) {
		type[0] = 'C';
		next(p);
	}
	if (is_array && strchr(type, '+'))
		return fail_here(p, "an array within an array");
	if (is_array || is_list)
		strcat(type, "*");
	return 0;
}

/* encapsulate SPACE */
static int read_encapsulate(struct parser *p, struct opt_def *def)
{
	const struct opt_dict *d;
	char *type, buf[64];

	next(p);
	if ((p->lex.kind != LEX_WORD && p->lex.kind != LEX_STRING) || !p->lex.len)
		return fail_expected(p, "the name of an option space");
	d = conf_hash_find(&p->spaces, p->lex.text, p->lex.len);
	if (!d)
		return fail_here(p, "unknown option space %s", quoted(p, buf));
	type = conf_alloc(p->conf, p->lex.len + 2);
	if (!type)
		return -ENOMEM;
	type[0] = 'e';
	memcpy(type + 1, p->lex.text, p->lex.len);
	def->type = type;
	p->conf->spaces[d->index].code = def->code;
	next(p);
	return 0;
}

/**
 * read_definition - option NAME code N = TYPE ;
 * @p: the parser, at "code"
 * @dict: where it belongs
 * @name: lives as long as the configuration
 */
int read_definition(struct parser *p, struct opt_dict *dict, const char *name)
{
	struct opt_def *def = conf_alloc(p->conf, sizeof(*def));
	char type[OPT_FIELDS + 3] = "";
	uint32_t code = 0;
	int err;

	next(p);
	if (!def)
		return -ENOMEM;
	err = read_number(p, 254, &code);
	if (err)
		return err;
	if (!code || !*name)
		return fail_here(p, "an option has a name and a number from 1 to 254");
	err = expect(p, "=");
	if (err)
		return err;
	next(p);
	def->name = name;
	def->code = (uint8_t)code;
	if (is(p, "encapsulate")) {
		if (dict->index >= 0)
			return fail_here(p, "an option space within another");
		err = read_encapsulate(p, def);
	} else {
		err = read_type(p, type);
		def->type = err ? NULL : copy_text(p, type, strlen(type));
		if (!err && !def->type)
			err = -ENOMEM;
	}
	if (!err)
		err = opt_define(dict, def);
	return err ? err : end_statement(p);
}
