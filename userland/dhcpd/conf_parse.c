// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dhcpd.conf: blocks and statements.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "conf_parse.h"

static const char *kind_name(unsigned int kind)
{
	switch (kind) {
	case IN_NETWORK:
		return "a shared-network";
	case IN_SUBNET:
		return "a subnet";
	case IN_POOL:
		return "a pool";
	case IN_GROUP:
		return "a group";
	case IN_HOST:
		return "a host";
	case IN_CLASS:
		return "a class";
	case IN_IF:
		return "a condition";
	}
	return "no block";
}

/* The scope that a statement is about: behind a condition, one that overrides it. */
struct dhcp_scope *current_scope(struct parser *p, struct block *b)
{
	struct dhcp_scope *s = b->scope;
	struct dhcp_if *last = s->nifs ? s->ifs[s->nifs - 1] : NULL;

	if (!last)
		return s;
	if (last->cond) {
		last = conf_alloc(p->conf, sizeof(*last));
		if (!last || conf_push(p->conf, &s->ifs, &s->nifs, last))
			return NULL;
		last->scope.outer = s;
	}
	return &last->scope;
}

static int read_allow(struct parser *p, struct block *b)
{
	return read_permit(p, b, DHCP_ALLOW);
}

static int read_deny(struct parser *p, struct block *b)
{
	return read_permit(p, b, DHCP_DENY);
}

static int read_ignore(struct parser *p, struct block *b)
{
	return read_permit(p, b, DHCP_IGNORE);
}

/* [not] authoritative ; or: authoritative on ; */
static int read_authoritative(struct parser *p, struct block *b)
{
	struct dhcp_scope *s = current_scope(p, b);
	uint32_t on = 1;
	int err = 0;

	if (!s)
		return -ENOMEM;
	if (is(p, "not")) {
		on = 0;
		err = expect(p, "authoritative");
	}
	if (err)
		return err;
	next(p);
	if (on && p->lex.kind == LEX_WORD &&
	    (is(p, "on") || is(p, "off") || is(p, "true") || is(p, "false"))) {
		err = read_flag(p, &on);
		next(p);
	}
	scope_set(s, DHCP_AUTHORITATIVE, on);
	return err ? err : end_statement(p);
}

static int read_include(struct parser *p, struct block *b)
{
	(void)b;
	return fail_here(p, "'include' is not possible: a configuration is one file");
}

/* What ISC's server does and this one does not; it is passed over. */
static int read_without_effect(struct parser *p, struct block *b)
{
	struct lex_pos pos = p->lex.pos;
	char word[64];
	int err;

	(void)b;
	quoted(p, word);
	err = skip_statement(p);
	return err ? err : warn_at(p, pos, "%s has no effect here", word);
}

/* Dynamic DNS: to say that there is none is no reason for a warning. */
static int read_ddns(struct parser *p, struct block *b)
{
	static const char *const none[] = { "none", "off", "false", "ad-hoc", NULL };
	struct lexer *l = &p->lex;
	struct lex_pos pos = l->pos;
	char word[64];
	bool is_none;
	int err;

	(void)b;
	quoted(p, word);
	next(p);
	is_none = is_any(p, none);
	err = skip_statement(p);
	return err || is_none ? err : warn_at(p, pos, "%s has no effect here", word);
}

#define BLOCKS (IN_GLOBAL | IN_NETWORK | IN_SUBNET | IN_GROUP)

static const struct statement {
	const char *word;
	unsigned int where;
	int (*read)(struct parser *p, struct block *b);
} statements[] = {
	{ "option", IN_ANY, read_option },
	{ "subnet", IN_GLOBAL | IN_NETWORK | IN_GROUP, read_subnet },
	{ "shared-network", IN_GLOBAL | IN_GROUP, read_network },
	{ "pool", IN_NETWORK | IN_SUBNET, read_pool },
	{ "range", IN_SUBNET | IN_POOL, read_range },
	{ "group", BLOCKS, read_group },
	{ "host", BLOCKS, read_host },
	{ "hardware", IN_HOST, read_hardware },
	{ "fixed-address", IN_HOST, read_fixed },
	{ "host-identifier", IN_HOST, read_host_identifier },
	{ "allow", IN_ANY, read_allow },
	{ "deny", IN_ANY, read_deny },
	{ "ignore", IN_ANY, read_ignore },
	{ "authoritative", IN_ANY, read_authoritative },
	{ "not", IN_ANY, read_authoritative },
	{ "vendor-option-space", IN_ANY, read_vendor_space },
	{ "if", IN_ANY, read_if },
	{ "class", BLOCKS, read_class },
	{ "subclass", BLOCKS, read_subclass },
	{ "match", IN_CLASS, read_match },
	{ "include", IN_ANY, read_include },
	{ "ddns-domainname", IN_ANY, read_ddns },
	{ "ddns-hostname", IN_ANY, read_ddns },
	{ "ddns-rev-domainname", IN_ANY, read_ddns },
	{ "ddns-ttl", IN_ANY, read_ddns },
	{ "ddns-update-style", IN_ANY, read_ddns },
	{ "ddns-updates", IN_ANY, read_ddns },
	{ "do-forward-updates", IN_ANY, read_ddns },
	{ "do-reverse-updates", IN_ANY, read_ddns },
	{ "dynamic-bootp-lease-cutoff", IN_ANY, read_without_effect },
	{ "dynamic-bootp-lease-length", IN_ANY, read_without_effect },
	{ "execute", IN_ANY, read_without_effect },
	{ "failover", IN_ANY, read_without_effect },
	{ "key", IN_ANY, read_without_effect },
	{ "log", IN_ANY, read_without_effect },
	{ "min-secs", IN_ANY, read_without_effect },
	{ "omapi-key", IN_ANY, read_without_effect },
	{ "omapi-port", IN_ANY, read_without_effect },
	{ "on", IN_ANY, read_without_effect },
	{ "set", IN_ANY, read_without_effect },
	{ "zone", IN_ANY, read_without_effect },
};

static int unknown(struct parser *p)
{
	unsigned int distance = UINT32_MAX;
	const char *near = NULL;
	char buf[64];
	size_t i;

	if (p->lex.kind != LEX_WORD)
		return fail_expected(p, "a statement");
	for (i = 0; i < sizeof(statements) / sizeof(statements[0]); i++)
		if (is_near(p->lex.text, statements[i].word, &distance))
			near = statements[i].word;
	nearest_setting(p, &near, &distance);
	if (near)
		return fail_here(p, "unknown statement %s; is %s meant?", quoted(p, buf), near);
	return fail_here(p, "unknown statement %s", quoted(p, buf));
}

static int read_statement(struct parser *p, struct block *b)
{
	size_t i;
	int ret;

	for (i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
		if (!is(p, statements[i].word))
			continue;
		if (statements[i].where & b->kind)
			return statements[i].read(p, b);
		return fail_here(p, "'%s' cannot stand in %s", p->lex.text, kind_name(b->kind));
	}
	ret = read_setting(p, b);
	return ret ? (ret < 0 ? ret : 0) : unknown(p);
}

/**
 * read_block - what stands between two braces
 * @p: the parser, at the opening one; then at the closing one
 * @b: the block
 */
int read_block(struct parser *p, struct block *b)
{
	struct lex_pos open = p->lex.pos;
	int err = 0;

	if (!is(p, "{"))
		return fail_expected(p, "'{'");
	if (++p->depth > CONF_DEPTH)
		return fail_here(p, "more than %d blocks within each other", CONF_DEPTH);
	while (!err) {
		next(p);
		if (p->lex.kind == LEX_END)
			return fail_here(p,
					 "'}' expected for the '{' of line %u, and the file ends",
					 open.line);
		if (is(p, "}"))
			break;
		err = read_statement(p, b);
	}
	p->depth--;
	return err;
}

static int read_file(struct parser *p)
{
	struct block b = { .kind = IN_GLOBAL, .scope = p->conf->global };
	int err = 0;

	while (!err) {
		next(p);
		if (p->lex.kind == LEX_END)
			return 0;
		err = read_statement(p, &b);
	}
	return err;
}

/* Option 82's, for conditions. */
static int add_agent(struct parser *p)
{
	static const struct opt_def defs[] = {
		{ "circuit-id", 1, "x" },     { "remote-id", 2, "x" },
		{ "agent-id", 3, "I" },	      { "DOCSIS-device-class", 4, "l" },
		{ "link-selection", 5, "I" }, { "relay-port", 19, "x" },
	};
	struct opt_dict *d;
	size_t i;
	int err = add_space(p, "agent", &d);

	if (err)
		return err;
	p->conf->spaces[d->index].code = 82;
	for (i = 0; !err && i < sizeof(defs) / sizeof(defs[0]); i++)
		err = opt_define(d, &defs[i]);
	return err;
}

static void parser_done(struct parser *p)
{
	unsigned int i;

	opt_dict_done(&p->dict);
	for (i = 0; i < p->ndicts; i++)
		opt_dict_done(p->dicts[i]);
	conf_hash_done(&p->spaces);
	free(p);
}

/**
 * dhcp_conf_parse - read a configuration
 * @conf: filled in
 * @text: the file
 * @len: bytes
 * @err: why not, on error
 *
 * Takes time in proportion to @len. Return: 0, -EINVAL with @err, -ENOMEM.
 */
int dhcp_conf_parse(struct dhcp_conf *conf, const char *text, size_t len, struct conf_err *err)
{
	struct parser *p = calloc(1, sizeof(*p));
	int ret = conf_init(conf);

	if (!p || ret) {
		free(p);
		dhcp_conf_done(conf);
		return -ENOMEM;
	}
	p->conf = conf;
	p->err = err;
	lex_init(&p->lex, text, len);
	ret = opt_dict_init(&p->dict);
	if (!ret)
		ret = add_agent(p);
	if (!ret && len > CONF_MAX_SIZE)
		ret = conf_fail(err, 0, "a file of more than %u bytes", CONF_MAX_SIZE);
	if (!ret)
		ret = read_file(p);
	if (!ret)
		ret = check_all(p);
	parser_done(p);
	if (ret)
		dhcp_conf_done(conf);
	return ret;
}
