// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What can be said about a configuration only when all of it is known.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include "conf_parse.h"
#include "pkt.h"

static const char *subnet_text(const struct dhcp_subnet *s, char buf[24])
{
	char ip[16];

	snprintf(buf, 24, "%s/%d", ip4_format(s->net, ip), netmask_bits(s->mask));
	return buf;
}

/* In order of addresses: of two that overlap, the later in the file is wrong. */
static int check_subnets(struct parser *p)
{
	const struct dhcp_conf *c = p->conf;
	unsigned int i;

	for (i = 1; i < c->nsubnets; i++) {
		const struct dhcp_subnet *a = c->subnets[i - 1], *b = c->subnets[i], *late;
		char at[24], bt[24];

		/* The first one is the wider one, or they are the same. */
		if ((b->net & a->mask) != a->net)
			continue;
		late = a->line > b->line || (a->line == b->line && a->column > b->column) ? a : b;
		b = late == a ? b : a;
		return fail_at(p, (struct lex_pos){ late->line, late->column },
			       "subnet %s overlaps subnet %s of line %u", subnet_text(late, at),
			       subnet_text(b, bt), b->line);
	}
	return 0;
}

static const char *range_text(const struct dhcp_range *r, char buf[40])
{
	char a[16], b[16];

	snprintf(buf, 40, "%s-%s", ip4_format(htonl(r->from), a), ip4_format(htonl(r->to), b));
	return buf;
}

static int check_range(struct parser *p, const struct dhcp_span *s)
{
	const struct dhcp_subnet *n = dhcp_conf_subnet(p->conf, htonl(s->range.from));
	char buf[40];

	if (n && n->network == s->pool->network && (htonl(s->range.to) & n->mask) == n->net)
		return 0;
	return fail_at(p, (struct lex_pos){ s->line, s->column },
		       "range %s is not on one subnet of network %s", range_text(&s->range, buf),
		       s->pool->network->name);
}

static int check_ranges(struct parser *p)
{
	const struct dhcp_conf *c = p->conf;
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < c->nspans; i++)
		err = check_range(p, &c->spans[i]);
	for (i = 1; !err && i < c->nspans; i++) {
		const struct dhcp_span *a = &c->spans[i - 1], *b = &c->spans[i], *late;
		char at[40], bt[40];

		if (b->range.from > a->range.to)
			continue;
		late = a->line > b->line || (a->line == b->line && a->column > b->column) ? a : b;
		b = late == a ? b : a;
		err = fail_at(p, (struct lex_pos){ late->line, late->column },
			      "range %s overlaps range %s of line %u", range_text(&late->range, at),
			      range_text(&b->range, bt), b->line);
	}
	return err;
}

static int check_fixed(struct parser *p, const struct fixed *f)
{
	const struct dhcp_subnet *s = dhcp_conf_subnet(p->conf, f->addr);
	const char *why = NULL;
	char ip[16];

	if (!s)
		why = "is on no subnet";
	else if (f->addr == s->net && ~ntohl(s->mask) > 1)
		why = "is the subnet's own address";
	else if (f->addr == (s->net | ~s->mask) && ~ntohl(s->mask) > 1)
		why = "is the subnet's broadcast address";
	else if (f->addr == p->conf->server)
		why = "is this server's own address";
	if (!why)
		return 0;
	return fail_at(p, f->pos, "%s of host %s %s", ip4_format(f->addr, ip), f->host->name, why);
}

static int check_local(struct parser *p)
{
	const struct dhcp_subnet *s = p->conf->local;
	char buf[24];

	if (dhcp_conf_is_local(p->conf, p->conf->server) || ~ntohl(s->mask) > 1)
		return 0;
	return fail_at(p, (struct lex_pos){ s->line, s->column },
		       "subnet %s, the first, has no address for the server", subnet_text(s, buf));
}

/**
 * check_all - sort a configuration for the look-ups, and see whether it is right
 * @p: the parser, at the end of the file
 */
int check_all(struct parser *p)
{
	unsigned int i;
	int err;

	if (!p->conf->nsubnets)
		return conf_fail(p->err, 0, "no subnet is declared");
	conf_sort(p->conf);
	dhcp_conf_set_local(p->conf, 0);
	err = check_subnets(p);
	if (!err)
		err = check_local(p);
	if (!err)
		err = check_ranges(p);
	for (i = 0; !err && i < p->nfixed; i++)
		err = check_fixed(p, &p->fixed[i]);
	return err;
}
