// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "conf.h"
#include "conf_build.h"
#include "conf_opts.h"
#include "lexer.h"
#include "pkt.h"

struct parser {
	struct lexer lex;
	struct dhcp_conf *conf;
	struct conf_err *err;
	struct opt_value value;
};

static int fail(struct parser *p, const char *what)
{
	if (p->lex.kind == LEX_END)
		return conf_fail(p->err, p->lex.line, "%s expected, and the file ends", what);
	if (p->lex.kind == LEX_BAD)
		return conf_fail(p->err, p->lex.line,
				 "a string without an end, or too long a word");
	return conf_fail(p->err, p->lex.line, "%s expected, not '%s'", what, p->lex.text);
}

static int expect(struct parser *p, const char *mark)
{
	char what[8] = { '\'', mark[0], '\'', 0 };

	lex_next(&p->lex);
	return lex_is(&p->lex, mark) ? 0 : fail(p, what);
}

static int address(struct parser *p, uint32_t *be)
{
	lex_next(&p->lex);
	if (p->lex.kind != LEX_WORD || ip4_parse(p->lex.text, be))
		return fail(p, "an IPv4 address");
	return 0;
}

static int number(struct parser *p, uint32_t max, uint32_t *out)
{
	unsigned long v;
	char *end;

	lex_next(&p->lex);
	v = strtoul(p->lex.text, &end, 10);
	if (p->lex.kind != LEX_WORD || *end || p->lex.text[0] == '-' || v > max)
		return fail(p, "a number");
	*out = (uint32_t)v;
	return 0;
}

static int string(struct parser *p, char **out, size_t size)
{
	lex_next(&p->lex);
	if (p->lex.kind != LEX_STRING)
		return fail(p, "a string in quotes");
	if (p->lex.len >= size)
		return conf_fail(p->err, p->lex.line, "'%s' is too long", p->lex.text);
	*out = conf_alloc(p->conf, p->lex.len + 1);
	if (!*out)
		return -ENOMEM;
	memcpy(*out, p->lex.text, p->lex.len + 1);
	return 0;
}

/* option NAME VALUE [, VALUE ...] ; */
static int option(struct parser *p, struct dhcp_scope *scope)
{
	struct opt_value *v = &p->value;
	const struct opt_def *def;

	lex_next(&p->lex);
	def = opt_def_find(p->lex.text);
	if (p->lex.kind != LEX_WORD || !def)
		return conf_fail(p->err, p->lex.line, "unknown option '%s'", p->lex.text);
	v->len = 0;
	do {
		lex_next(&p->lex);
		if ((p->lex.kind != LEX_WORD && p->lex.kind != LEX_STRING) ||
		    opt_add_value(v, def, p->lex.kind == LEX_STRING, p->lex.text, p->lex.len))
			return conf_fail(p->err, p->lex.line, "'%s' is no value of option %s (%s)",
					 p->lex.text, def->name, opt_type_name(def->type));
		lex_next(&p->lex);
	} while (lex_is(&p->lex, ","));
	if (!lex_is(&p->lex, ";"))
		return fail(p, "';'");
	return conf_add_opt(p->conf, scope, def->code, v->data, v->len);
}

/* A number that is a setting. */
static int seconds(struct parser *p, struct dhcp_scope *scope, enum dhcp_setting what)
{
	uint32_t v = 0;
	int err = number(p, INT32_MAX, &v);

	if (!err)
		scope_set(scope, what, v);
	return err;
}

/* Statements that may stand anywhere. 1: it was one, 0: it was not. */
static int common(struct parser *p, struct dhcp_scope *scope)
{
	uint32_t addr;
	int err;

	if (lex_is(&p->lex, "option")) {
		err = option(p, scope);
		return err ? err : 1;
	}
	if (lex_is(&p->lex, "default-lease-time")) {
		err = seconds(p, scope, DHCP_DEFAULT_LEASE);
	} else if (lex_is(&p->lex, "max-lease-time")) {
		err = seconds(p, scope, DHCP_MAX_LEASE);
	} else if (lex_is(&p->lex, "next-server")) {
		err = address(p, &addr);
		if (!err)
			scope_set(scope, DHCP_NEXT_SERVER, addr);
	} else if (lex_is(&p->lex, "filename")) {
		err = string(p, &scope->filename, 128);
	} else {
		return 0;
	}
	if (err)
		return err;
	err = expect(p, ";");
	return err ? err : 1;
}

/* range [dynamic-bootp] FROM [TO] ; */
static int range(struct parser *p, struct dhcp_subnet *s)
{
	struct dhcp_network *n = s->network;
	unsigned int line = p->lex.line;
	struct dhcp_range r;
	uint32_t from, to;

	lex_next(&p->lex);
	if (lex_is(&p->lex, "dynamic-bootp"))
		lex_next(&p->lex);
	if (p->lex.kind != LEX_WORD || ip4_parse(p->lex.text, &from))
		return fail(p, "an IPv4 address");
	to = from;
	lex_next(&p->lex);
	if (p->lex.kind == LEX_WORD) {
		if (ip4_parse(p->lex.text, &to))
			return fail(p, "an IPv4 address");
		lex_next(&p->lex);
	}
	if (!lex_is(&p->lex, ";"))
		return fail(p, "';'");
	if ((from & s->mask) != s->net || (to & s->mask) != s->net)
		return conf_fail(p->err, line, "the range is not on the subnet");
	if (ntohl(from) > ntohl(to))
		return conf_fail(p->err, line, "the range ends before it begins");
	if (!n->npools && !conf_add_pool(p->conf, n, &s->scope))
		return -ENOMEM;
	r.from = ntohl(from);
	r.to = ntohl(to);
	return conf_add_range(p->conf, n->pools[0], r);
}

static int subnet_body(struct parser *p, struct dhcp_subnet *s)
{
	int err;

	for (;;) {
		lex_next(&p->lex);
		if (lex_is(&p->lex, "}"))
			return 0;
		if (p->lex.kind == LEX_END || p->lex.kind == LEX_BAD)
			return fail(p, "'}'");
		if (lex_is(&p->lex, "range")) {
			err = range(p, s);
		} else {
			err = common(p, &s->scope);
			if (!err)
				return conf_fail(p->err, p->lex.line,
						 "'%s' is not known in a subnet", p->lex.text);
		}
		if (err < 0)
			return err;
	}
}

static int subnet(struct parser *p)
{
	struct dhcp_network *n = conf_add_network(p->conf, &p->conf->global);
	struct dhcp_subnet *s = n ? conf_add_subnet(p->conf, n) : NULL;
	char ip[16];
	int err;

	if (!s)
		return -ENOMEM;
	s->line = p->lex.line;
	err = address(p, &s->net);
	if (err)
		return err;
	lex_next(&p->lex);
	if (!lex_is(&p->lex, "netmask"))
		return fail(p, "'netmask'");
	err = address(p, &s->mask);
	if (err)
		return err;
	if (netmask_bits(s->mask) < 8 || netmask_bits(s->mask) > 30)
		return conf_fail(p->err, s->line, "'%s' is no netmask of 8 to 30 bits",
				 p->lex.text);
	if (s->net & ~s->mask)
		return conf_fail(p->err, s->line,
				 "the subnet has host bits set: it is an "
				 "address, not a network");
	snprintf(n->name, sizeof(n->name), "%s/%d", ip4_format(s->net, ip), netmask_bits(s->mask));
	err = expect(p, "{");
	return err ? err : subnet_body(p, s);
}

static int hardware(struct parser *p, struct dhcp_host *h)
{
	lex_next(&p->lex);
	if (!lex_is(&p->lex, "ethernet"))
		return fail(p, "'ethernet'");
	lex_next(&p->lex);
	if (p->lex.kind != LEX_WORD || mac_parse(p->lex.text, h->mac))
		return fail(p, "a hardware address");
	h->has_mac = true;
	if (!conf_hash_find(&p->conf->by_mac, h->mac, 6) &&
	    conf_hash_add(&p->conf->by_mac, h->mac, 6, h))
		return -ENOMEM;
	return expect(p, ";");
}

static int check_address(struct parser *p, const struct dhcp_host *h, uint32_t addr)
{
	const struct dhcp_host *other;

	other = conf_hash_find(&p->conf->by_addr, &addr, sizeof(addr));
	if (other)
		return conf_fail(p->err, h->line, "host %s has the address of host %s (line %u)",
				 h->name, other->name, other->line);
	return 0;
}

static int fixed_address(struct parser *p, struct dhcp_host *h)
{
	uint32_t addr;
	int err;

	do {
		err = address(p, &addr);
		if (!err)
			err = check_address(p, h, addr);
		if (!err)
			err = conf_add_addr(p->conf, h, addr);
		if (err)
			return err;
		lex_next(&p->lex);
	} while (lex_is(&p->lex, ","));
	return lex_is(&p->lex, ";") ? 0 : fail(p, "';'");
}

static int host_body(struct parser *p, struct dhcp_host *h)
{
	int err;

	for (;;) {
		lex_next(&p->lex);
		if (lex_is(&p->lex, "}"))
			break;
		if (p->lex.kind == LEX_END || p->lex.kind == LEX_BAD)
			return fail(p, "'}'");
		if (lex_is(&p->lex, "hardware")) {
			err = hardware(p, h);
		} else if (lex_is(&p->lex, "fixed-address")) {
			err = fixed_address(p, h);
		} else {
			err = common(p, &h->scope);
			if (!err)
				return conf_fail(p->err, p->lex.line, "'%s' is not known in a host",
						 p->lex.text);
		}
		if (err < 0)
			return err;
	}
	if (!h->has_mac)
		return conf_fail(p->err, h->line, "host %s has no 'hardware ethernet'", h->name);
	return 0;
}

static int host(struct parser *p)
{
	struct dhcp_host *h = conf_add_host(p->conf, &p->conf->global);
	int err;

	if (!h)
		return -ENOMEM;
	h->line = p->lex.line;
	lex_next(&p->lex);
	if (p->lex.kind != LEX_WORD && p->lex.kind != LEX_STRING)
		return fail(p, "a name");
	snprintf(h->name, sizeof(h->name), "%.63s", p->lex.text);
	err = expect(p, "{");
	return err ? err : host_body(p, h);
}

/* allow and deny: only who is served matters here. */
static int allow(struct parser *p, bool yes)
{
	lex_next(&p->lex);
	if (lex_is(&p->lex, "unknown-clients"))
		scope_set(&p->conf->global, DHCP_UNKNOWN, yes ? DHCP_ALLOW : DHCP_DENY);
	else if (!lex_is(&p->lex, "bootp") && !lex_is(&p->lex, "booting"))
		return fail(p, "'unknown-clients'");
	return expect(p, ";");
}

/* ISC's statements that change nothing here. */
static bool is_harmless(const struct lexer *l)
{
	static const char *const words[] = {
		"ddns-update-style", "log-facility",	     "ping-check",	    "ping-timeout",
		"min-lease-time",    "one-lease-per-client", "use-host-decl-names",
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (lex_is(l, words[i]))
			return true;
	return false;
}

static int skip_statement(struct parser *p)
{
	do {
		lex_next(&p->lex);
		if (p->lex.kind == LEX_END || p->lex.kind == LEX_BAD || lex_is(&p->lex, "{"))
			return fail(p, "';'");
	} while (!lex_is(&p->lex, ";"));
	return 0;
}

static int statement(struct parser *p)
{
	int err;

	if (lex_is(&p->lex, "subnet"))
		return subnet(p);
	if (lex_is(&p->lex, "host"))
		return host(p);
	if (lex_is(&p->lex, "allow"))
		return allow(p, true);
	if (lex_is(&p->lex, "deny") || lex_is(&p->lex, "ignore"))
		return allow(p, false);
	if (lex_is(&p->lex, "authoritative")) {
		scope_set(&p->conf->global, DHCP_AUTHORITATIVE, 1);
		return expect(p, ";");
	}
	if (lex_is(&p->lex, "not")) {
		lex_next(&p->lex);
		if (!lex_is(&p->lex, "authoritative"))
			return fail(p, "'authoritative'");
		return expect(p, ";");
	}
	if (is_harmless(&p->lex))
		return skip_statement(p);
	err = common(p, &p->conf->global);
	if (!err)
		return conf_fail(p->err, p->lex.line, "unknown statement '%s'", p->lex.text);
	return err < 0 ? err : 0;
}

static int check_host(struct parser *p, const struct dhcp_host *h, uint32_t addr)
{
	const struct dhcp_subnet *s = dhcp_conf_subnet(p->conf, addr);

	if (!s || addr == s->net || addr == (s->net | ~s->mask))
		return conf_fail(p->err, h->line, "the address of host %s is not on the subnet",
				 h->name);
	if (addr == p->conf->server)
		return conf_fail(p->err, h->line, "the address of host %s is the server's own",
				 h->name);
	return 0;
}

static int check_hosts(struct parser *p)
{
	const struct dhcp_conf *c = p->conf;
	unsigned int i, j;
	int err;

	for (i = 0; i < c->nhosts; i++) {
		for (j = 0; j < c->hosts[i]->naddrs; j++) {
			err = check_host(p, c->hosts[i], c->hosts[i]->addrs[j]);
			if (err)
				return err;
		}
	}
	return 0;
}

/**
 * dhcp_conf_parse - read a configuration
 * @conf: filled in
 * @text: the file
 * @len: bytes
 * @err: why not, on error
 *
 * Return: 0, -EINVAL with @err, -ENOMEM.
 */
int dhcp_conf_parse(struct dhcp_conf *conf, const char *text, size_t len, struct conf_err *err)
{
	struct parser *p = calloc(1, sizeof(*p));
	int ret = p ? 0 : -ENOMEM;

	conf_init(conf);
	if (!p)
		return -ENOMEM;
	p->conf = conf;
	p->err = err;
	lex_init(&p->lex, text, len);
	while (!ret && lex_next(&p->lex) != LEX_END)
		ret = statement(p);
	if (!ret && !conf->nsubnets)
		ret = conf_fail(err, 0, "no subnet is declared");
	if (!ret) {
		conf_sort(conf);
		dhcp_conf_set_local(conf, 0);
		ret = check_hosts(p);
	}
	if (ret)
		dhcp_conf_done(conf);
	free(p);
	return ret;
}
