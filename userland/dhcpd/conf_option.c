// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * option NAME VALUES ;
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "conf_parse.h"

/* The option of a number that has no name: bytes. */
static int numbered(struct parser *p, const char *name, const struct opt_def **out)
{
	struct opt_def *def;
	unsigned long code;
	char *end;

	if (strncmp(name, "option-", 7) != 0 || !strchr("0123456789", name[7]))
		return 0;
	code = strtoul(name + 7, &end, 10);
	if (*end || code < 1 || code > 254)
		return fail_here(p, "'%.40s': options have numbers from 1 to 254", name);
	def = conf_alloc(p->conf, sizeof(*def));
	if (!def)
		return -ENOMEM;
	def->name = copy_text(p, name, strlen(name));
	def->code = (uint8_t)code;
	def->type = "x";
	*out = def;
	return def->name ? 0 : -ENOMEM;
}

/* Splits [SPACE.]NAME, the current token. */
static int find_space(struct parser *p, struct opt_dict **dict, const char **name)
{
	char *dot = strchr(p->lex.text, '.');
	char space[CONF_NAME];

	if (p->lex.kind != LEX_WORD)
		return fail_expected(p, "the name of an option");
	*dict = &p->dict;
	*name = p->lex.text;
	if (!dot)
		return 0;
	*name = dot + 1;
	if (dot - p->lex.text >= CONF_NAME)
		return fail_here(p, "too long a name of an option space");
	memcpy(space, p->lex.text, (size_t)(dot - p->lex.text));
	space[dot - p->lex.text] = '\0';
	if (!strcmp(space, "dhcp"))
		return 0;
	*dict = *space ? conf_hash_find(&p->spaces, space, strlen(space)) : NULL;
	return *dict ? 0 : fail_here(p, "unknown option space '%s'", space);
}

static int look_up(struct parser *p, struct opt_dict *dict, const char *name,
		   const struct opt_def **def)
{
	char buf[64];
	const char *near;
	int err = 0;

	*def = opt_find(dict, name);
	if (!*def)
		err = numbered(p, name, def);
	if (err || *def)
		return err;
	near = opt_nearest(dict, name);
	if (near)
		return fail_here(p, "unknown option %s; is %s meant?", quoted(p, buf), near);
	return fail_here(p, "unknown option %s", quoted(p, buf));
}

/**
 * find_option - the option that the current token names
 * @p: the parser
 * @dict: set to its space
 * @def: set to what is known of it
 */
int find_option(struct parser *p, struct opt_dict **dict, const struct opt_def **def)
{
	const char *name;
	int err = find_space(p, dict, &name);

	return err ? err : look_up(p, *dict, name, def);
}

static int put_word(struct parser *p, char type)
{
	struct opt_value *v = &p->value;
	const char *text = p->lex.text;
	bool is_string = p->lex.kind == LEX_STRING;

	if (type == 't' || (type == 'x' && is_string))
		return value_put(v, text, p->lex.len);
	if ((type == 'd' || type == 'C') && strlen(text) == p->lex.len)
		return value_put_name(v, text, type == 'C');
	if (is_string)
		return -EINVAL;
	switch (type) {
	case 'I':
		return value_put_ip(v, text);
	case 'f':
		return value_put_flag(v, text);
	case 'x':
		return value_put_hex(v, text);
	case 'r':
		if (strchr(text, '/'))
			return value_put_destination(v, text);
		return strchr(text, ':') ? value_put_hex(v, text) : value_put_number(v, 'b', text);
	}
	return value_put_number(v, type, text);
}

static int bad_value(struct parser *p, const struct opt_def *def, char type, int err)
{
	char buf[64];

	if (p->lex.kind == LEX_BAD)
		return fail_expected(p, "");
	if (err == -ENOSPC)
		return fail_here(p, "option %s is longer than %d bytes", def->name, VALUE_MAX);
	if (type == 'I' && p->lex.kind == LEX_WORD &&
	    strspn(p->lex.text, "0123456789./:") != p->lex.len)
		return fail_here(p,
				 "option %s: an IPv4 address expected, not %s: "
				 "names are not looked up",
				 def->name, quoted(p, buf));
	return fail_here(p, "option %s: %s expected, not %s", def->name, value_type_name(type),
			 quoted(p, buf));
}

/* One field, from the current token on; then the token behind it is current. */
static int read_field(struct parser *p, const struct opt_def *def, char type)
{
	bool gateway = type == 'r' && p->lex.kind == LEX_WORD && strchr(p->lex.text, '/');
	int err = -EINVAL;

	if (p->lex.kind == LEX_WORD || p->lex.kind == LEX_STRING)
		err = put_word(p, type);
	if (err)
		return bad_value(p, def, type, err);
	next(p);
	return gateway ? read_field(p, def, 'I') : 0;
}

/* All values of an option, from the current token to the end of the statement. */
int read_values(struct parser *p, const struct opt_def *def)
{
	size_t n = strcspn(def->type, "*+"), i;
	char repeat = def->type[n];
	int err = 0;

	p->value.len = 0;
	p->value.nnames = 0;
	for (i = 0; !err && i < n; i++)
		err = read_field(p, def, def->type[i]);
	while (!err && is(p, ",")) {
		if (!repeat)
			return fail_here(p, "option %s takes no more values", def->name);
		next(p);
		for (i = repeat == '*' ? 0 : n - 1; !err && i < n; i++)
			err = read_field(p, def, def->type[i]);
	}
	return err ? err : end_statement(p);
}

/* Options that come of other statements, or only of clients. */
static int check_code(struct parser *p, uint8_t code, struct lex_pos pos)
{
	static const struct {
		uint8_t code;
		const char *instead;
	} own[] = {
		{ 50, "" }, { 51, ": see default-lease-time" }, { 52, "" },
		{ 53, "" }, { 54, ": see server-identifier" },	{ 55, "" },
		{ 57, "" }, { 61, ", but in a host" },		{ 80, ": see rapid-commit" },
		{ 82, "" },
	};
	size_t i;

	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (own[i].code == code)
			return fail_at(p, pos, "option %u cannot be set%s", code, own[i].instead);
	return 0;
}

static int store(struct parser *p, struct block *b, const struct opt_dict *dict,
		 const struct opt_def *def, struct lex_pos pos)
{
	const struct opt_value *v = &p->value;
	struct dhcp_scope *scope;
	int err;

	if (dict->index < 0 && def->code == 61 && b->kind == IN_HOST)
		return set_host_id(p, b->host, v->data, v->len);
	err = dict->index < 0 ? check_code(p, def->code, pos) : 0;
	if (err)
		return err;
	scope = current_scope(p, b);
	if (!scope)
		return -ENOMEM;
	if (dict->index < 0)
		return conf_add_opt(p->conf, scope, def->code, v->data, v->len);
	if (v->len > UINT8_MAX)
		return fail_at(p, pos, "option %s.%s is longer than 255 bytes", dict->name,
			       def->name);
	return conf_add_sub(p->conf, scope, (unsigned int)dict->index, def->code, v->data, v->len);
}

/* Does the option that is named here get its code? */
static bool is_definition(const struct lexer *l)
{
	struct lexer ahead = *l;

	lex_next(&ahead);
	return lex_is(&ahead, "code");
}

/* option ... ; the word itself is the current token */
int read_option(struct parser *p, struct block *b)
{
	const struct opt_def *def = NULL;
	struct opt_dict *dict;
	struct lexer *l = &p->lex;
	struct lex_pos pos;
	const char *name;
	char *copy;
	int err;

	next(p);
	if (is(p, "space"))
		return read_space(p);
	pos = l->pos;
	err = find_space(p, &dict, &name);
	if (err)
		return err;
	copy = copy_text(p, name, strlen(name));
	if (!copy)
		return -ENOMEM;
	/* Only what comes behind tells whether it must be known. */
	def = opt_find(dict, copy);
	if (!def && !is_definition(l)) {
		err = look_up(p, dict, copy, &def);
		if (err)
			return err;
	}
	next(p);
	if (is(p, "code"))
		return read_definition(p, dict, copy);
	if (def->type[0] == 'e')
		return fail_at(p, pos, "option %s consists of those of space %s", def->name,
			       def->type + 1);
	err = read_values(p, def);
	return err ? err : store(p, b, dict, def, pos);
}

/* vendor-option-space NAME ; */
int read_vendor_space(struct parser *p, struct block *b)
{
	struct dhcp_scope *scope = current_scope(p, b);
	const struct opt_dict *dict;
	char buf[64];

	if (!scope)
		return -ENOMEM;
	next(p);
	if (p->lex.kind != LEX_WORD && p->lex.kind != LEX_STRING)
		return fail_expected(p, "the name of an option space");
	dict = p->lex.len ? conf_hash_find(&p->spaces, p->lex.text, p->lex.len) : NULL;
	if (!dict)
		return fail_here(p, "unknown option space %s", quoted(p, buf));
	scope_set(scope, DHCP_VENDOR_SPACE, (uint32_t)dict->index + 1);
	next(p);
	return end_statement(p);
}
