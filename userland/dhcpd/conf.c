// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "conf.h"
#include "conf_opts.h"
#include "lexer.h"
#include "pkt.h"

struct parser {
	struct lexer lex;
	struct dhcp_conf *conf;
	struct conf_err *err;
	bool have_subnet;
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

static int string(struct parser *p, char *out, size_t size)
{
	lex_next(&p->lex);
	if (p->lex.kind != LEX_STRING)
		return fail(p, "a string in quotes");
	if (p->lex.len >= size)
		return conf_fail(p->err, p->lex.line, "'%s' is too long", p->lex.text);
	memcpy(out, p->lex.text, p->lex.len + 1);
	return 0;
}

/* option NAME VALUE [, VALUE ...] ; */
static int option(struct parser *p, struct dhcp_scope *scope)
{
	const struct opt_def *def;
	struct dhcp_opt *o;
	int err;

	lex_next(&p->lex);
	def = opt_def_find(p->lex.text);
	if (p->lex.kind != LEX_WORD || !def)
		return conf_fail(p->err, p->lex.line, "unknown option '%s'", p->lex.text);
	if (scope->nopts == CONF_OPTS)
		return conf_fail(p->err, p->lex.line, "too many options");
	o = calloc(1, sizeof(*o));
	if (!o)
		return -ENOMEM;
	o->code = def->code;
	do {
		lex_next(&p->lex);
		err = opt_add_value(o, def, p->lex.kind == LEX_STRING, p->lex.text, p->lex.len);
		if (err || (p->lex.kind != LEX_WORD && p->lex.kind != LEX_STRING)) {
			free(o);
			return conf_fail(p->err, p->lex.line, "'%s' is no value of option %s (%s)",
					 p->lex.text, def->name, opt_type_name(def->type));
		}
		lex_next(&p->lex);
	} while (lex_is(&p->lex, ","));
	if (!lex_is(&p->lex, ";")) {
		free(o);
		return fail(p, "';'");
	}
	scope->opts[scope->nopts++] = o;
	return 0;
}

/* Statements that may stand anywhere. 1: it was one, 0: it was not. */
static int common(struct parser *p, struct dhcp_scope *scope)
{
	int err;

	if (lex_is(&p->lex, "option"))
		return option(p, scope) ? -EINVAL : 1;
	if (lex_is(&p->lex, "default-lease-time"))
		err = number(p, INT32_MAX, &scope->default_lease);
	else if (lex_is(&p->lex, "max-lease-time"))
		err = number(p, INT32_MAX, &scope->max_lease);
	else if (lex_is(&p->lex, "next-server"))
		err = address(p, &scope->next_server);
	else if (lex_is(&p->lex, "filename"))
		err = string(p, scope->filename, sizeof(scope->filename));
	else
		return 0;
	if (err)
		return err;
	err = expect(p, ";");
	return err ? err : 1;
}

/* range [dynamic-bootp] FROM [TO] ; */
static int range(struct parser *p)
{
	struct dhcp_conf *c = p->conf;
	unsigned int line = p->lex.line;
	struct dhcp_range *r;
	uint32_t from, to;

	if (c->nranges == CONF_RANGES)
		return conf_fail(p->err, line, "too many ranges");
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
	if ((from & c->mask) != c->net || (to & c->mask) != c->net)
		return conf_fail(p->err, line, "the range is not on the subnet");
	if (ntohl(from) > ntohl(to))
		return conf_fail(p->err, line, "the range ends before it begins");
	if (ntohl(to) - ntohl(from) > 65535)
		return conf_fail(p->err, line, "a range has at most 65536 addresses");
	r = &c->ranges[c->nranges++];
	r->from = ntohl(from);
	r->to = ntohl(to);
	return 0;
}

static int subnet(struct parser *p)
{
	struct dhcp_conf *c = p->conf;
	unsigned int line = p->lex.line;
	int err;

	if (p->have_subnet)
		return conf_fail(p->err, line, "a second subnet; there is one");
	p->have_subnet = true;
	err = address(p, &c->net);
	if (err)
		return err;
	lex_next(&p->lex);
	if (!lex_is(&p->lex, "netmask"))
		return fail(p, "'netmask'");
	err = address(p, &c->mask);
	if (err)
		return err;
	if (netmask_bits(c->mask) < 8 || netmask_bits(c->mask) > 30)
		return conf_fail(p->err, line, "'%s' is no netmask of 8 to 30 bits", p->lex.text);
	if (c->net & ~c->mask)
		return conf_fail(p->err, line,
				 "the subnet has host bits set: it is an "
				 "address, not a network");
	c->server = htonl((ntohl(c->net) | ~ntohl(c->mask)) - 1);
	err = expect(p, "{");
	if (err)
		return err;
	for (;;) {
		lex_next(&p->lex);
		if (lex_is(&p->lex, "}"))
			return 0;
		if (p->lex.kind == LEX_END || p->lex.kind == LEX_BAD)
			return fail(p, "'}'");
		if (lex_is(&p->lex, "range")) {
			err = range(p);
		} else {
			err = common(p, &c->subnet);
			if (!err)
				return conf_fail(p->err, p->lex.line,
						 "'%s' is not known in a subnet", p->lex.text);
		}
		if (err < 0)
			return err;
	}
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
	return expect(p, ";");
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
			err = address(p, &h->addr);
			if (!err)
				err = expect(p, ";");
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
	struct dhcp_conf *c = p->conf;
	struct dhcp_host *more, *h;
	int err;

	if (c->nhosts == CONF_HOSTS)
		return conf_fail(p->err, p->lex.line, "too many hosts");
	more = realloc(c->hosts, (c->nhosts + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	c->hosts = more;
	h = &c->hosts[c->nhosts++];
	memset(h, 0, sizeof(*h));
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
		p->conf->unknown = yes;
	else if (!lex_is(&p->lex, "bootp") && !lex_is(&p->lex, "booting"))
		return fail(p, "'unknown-clients'");
	return expect(p, ";");
}

/* ISC's statements that change nothing here. */
static bool is_harmless(const struct lexer *l)
{
	static const char *const words[] = {
		"ddns-update-style", "log-facility",	    "ping-check",
		"ping-timeout",	     "min-lease-time",	    "one-lease-per-client",
		"server-identifier", "use-host-decl-names",
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
		p->conf->authoritative = true;
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

static int check_hosts(struct parser *p)
{
	struct dhcp_conf *c = p->conf;
	unsigned int i, j;

	for (i = 0; i < c->nhosts; i++) {
		const struct dhcp_host *h = &c->hosts[i];

		if (h->addr && ((h->addr & c->mask) != c->net || !(h->addr & ~c->mask) ||
				(h->addr & ~c->mask) == ~c->mask))
			return conf_fail(p->err, h->line,
					 "the address of host %s is not on the subnet", h->name);
		if (h->addr == c->server)
			return conf_fail(p->err, h->line,
					 "the address of host %s is the server's own", h->name);
		for (j = 0; j < i; j++)
			if (h->addr && h->addr == c->hosts[j].addr)
				return conf_fail(p->err, h->line,
						 "host %s has the address of "
						 "host %s (line %u)",
						 h->name, c->hosts[j].name, c->hosts[j].line);
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
	struct parser p = { .conf = conf, .err = err };
	int ret = 0;

	memset(conf, 0, sizeof(*conf));
	conf->unknown = true;
	lex_init(&p.lex, text, len);
	while (!ret && lex_next(&p.lex) != LEX_END)
		ret = statement(&p);
	if (!ret && !p.have_subnet)
		ret = conf_fail(err, 0, "no subnet is declared");
	if (!ret)
		ret = check_hosts(&p);
	if (!conf->global.default_lease)
		conf->global.default_lease = 1800;
	if (!conf->global.max_lease)
		conf->global.max_lease = 7200;
	if (ret)
		dhcp_conf_done(conf);
	return ret;
}

static void scope_done(struct dhcp_scope *s)
{
	unsigned int i;

	for (i = 0; i < s->nopts; i++)
		free(s->opts[i]);
}

void dhcp_conf_done(struct dhcp_conf *conf)
{
	unsigned int i;

	scope_done(&conf->global);
	scope_done(&conf->subnet);
	for (i = 0; i < conf->nhosts; i++)
		scope_done(&conf->hosts[i].scope);
	free(conf->hosts);
	memset(conf, 0, sizeof(*conf));
}

/* The last one said counts. */
const struct dhcp_opt *dhcp_scope_opt(const struct dhcp_scope *s, uint8_t code)
{
	unsigned int i;

	for (i = s->nopts; i; i--)
		if (s->opts[i - 1]->code == code)
			return s->opts[i - 1];
	return NULL;
}

const struct dhcp_host *dhcp_conf_host(const struct dhcp_conf *conf, const uint8_t mac[6])
{
	unsigned int i;

	for (i = 0; i < conf->nhosts; i++)
		if (!memcmp(conf->hosts[i].mac, mac, 6))
			return &conf->hosts[i];
	return NULL;
}

/* The longest that anybody may keep an address; a declined one rests a day. */
time_t dhcp_conf_longest(const struct dhcp_conf *conf)
{
	uint32_t most = conf->global.max_lease;
	unsigned int i;

	if (conf->subnet.max_lease > most)
		most = conf->subnet.max_lease;
	for (i = 0; i < conf->nhosts; i++)
		if (conf->hosts[i].scope.max_lease > most)
			most = conf->hosts[i].scope.max_lease;
	return most > 24 * 3600 ? (time_t)most : 24 * 3600;
}

/* Is an address somebody's for good? Network order. */
bool dhcp_conf_reserved(const struct dhcp_conf *conf, uint32_t addr)
{
	unsigned int i;

	if (addr == conf->server || !(addr & ~conf->mask) || (addr & ~conf->mask) == ~conf->mask)
		return true;
	for (i = 0; i < conf->nhosts; i++)
		if (conf->hosts[i].addr == addr)
			return true;
	return false;
}
