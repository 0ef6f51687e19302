// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Declarations: subnet, shared-network, pool, range, group.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "conf_parse.h"
#include "pkt.h"

static int read_mask(struct parser *p, struct dhcp_subnet *s, struct lex_pos pos)
{
	char buf[64], ip[16];
	int err = expect(p, "netmask");

	if (err)
		return err;
	next(p);
	err = read_address(p, &s->mask);
	if (err)
		return err;
	if (netmask_bits(s->mask) < 1)
		return fail_here(p, "%s is no netmask", quoted(p, buf));
	if (s->net & ~s->mask)
		return fail_at(p, pos,
			       "the subnet has host bits set: it is an address, not the network %s",
			       ip4_format(s->net & s->mask, ip));
	return 0;
}

/* subnet ADDRESS netmask MASK { ... } */
int read_subnet(struct parser *p, struct block *b)
{
	struct dhcp_network *n = b->network;
	struct block in = *b;
	struct lex_pos pos;
	char ip[16];
	int err;

	if (!n)
		n = conf_add_network(p->conf, b->scope);
	in.subnet = n ? conf_add_subnet(p->conf, n) : NULL;
	if (!in.subnet)
		return -ENOMEM;
	next(p);
	pos = p->lex.pos;
	in.subnet->line = pos.line;
	in.subnet->column = pos.column;
	err = read_address(p, &in.subnet->net);
	if (!err)
		err = read_mask(p, in.subnet, pos);
	if (err)
		return err;
	if (!b->network)
		snprintf(n->name, sizeof(n->name), "%s/%d", ip4_format(in.subnet->net, ip),
			 netmask_bits(in.subnet->mask));
	in.kind = IN_SUBNET;
	in.network = n;
	in.scope = &in.subnet->scope;
	in.outer = b;
	next(p);
	return read_block(p, &in);
}

/* shared-network NAME { ... } */
int read_network(struct parser *p, struct block *b)
{
	struct block in = *b;
	struct lex_pos pos = p->lex.pos;
	int err;

	in.network = conf_add_network(p->conf, b->scope);
	if (!in.network)
		return -ENOMEM;
	next(p);
	err = read_name(p, in.network->name);
	if (err)
		return err;
	in.kind = IN_NETWORK;
	in.scope = &in.network->scope;
	in.outer = b;
	next(p);
	err = read_block(p, &in);
	if (!err && !in.network->nsubnets)
		err = fail_at(p, pos, "shared-network '%s' has no subnet", in.network->name);
	return err;
}

/* pool { ... } */
int read_pool(struct parser *p, struct block *b)
{
	struct block in = *b;
	struct lex_pos pos = p->lex.pos;
	int err;

	in.pool = conf_add_pool(p->conf, b->network, b->scope);
	if (!in.pool)
		return -ENOMEM;
	in.kind = IN_POOL;
	in.scope = &in.pool->scope;
	in.outer = b;
	next(p);
	err = read_block(p, &in);
	if (!err && !in.pool->nranges)
		err = fail_at(p, pos, "the pool has no range");
	return err;
}

/* group [NAME] { ... } */
int read_group(struct parser *p, struct block *b)
{
	struct block in = *b;
	char name[CONF_NAME];

	in.scope = conf_alloc(p->conf, sizeof(*in.scope));
	if (!in.scope)
		return -ENOMEM;
	in.scope->outer = b->scope;
	in.kind = IN_GROUP;
	in.outer = b;
	next(p);
	/* ISC's groups may have a name; only its control protocol uses it. */
	if (!is(p, "{")) {
		int err = read_name(p, name);

		if (err)
			return err;
		next(p);
	}
	return read_block(p, &in);
}

/* The pool of a subnet's ranges that are in no pool {}. */
static struct dhcp_pool *implied_pool(struct parser *p, struct block *b, bool bootp)
{
	struct dhcp_pool *pool = b->implied[bootp];

	if (pool)
		return pool;
	pool = conf_add_pool(p->conf, b->network, b->scope);
	if (pool && bootp)
		pool->bootp = true;
	b->implied[bootp] = pool;
	return pool;
}

static int check_range(struct parser *p, const struct block *b, const struct dhcp_range *r,
		       const struct lex_pos pos[2])
{
	const struct dhcp_subnet *s = b->subnet;
	char ip[16], net[16];
	int i;

	for (i = 0; s && i < 2; i++) {
		uint32_t addr = htonl(i ? r->to : r->from);

		if ((addr & s->mask) != s->net)
			return fail_at(p, pos[i], "%s is not on the subnet %s/%d",
				       ip4_format(addr, ip), ip4_format(s->net, net),
				       netmask_bits(s->mask));
	}
	if (r->from > r->to)
		return fail_at(p, pos[1], "the range ends before it begins, at %s",
			       ip4_format(htonl(r->from), ip));
	return 0;
}

/* range [dynamic-bootp] FROM [TO] ; */
int read_range(struct parser *p, struct block *b)
{
	struct dhcp_span span = { .line = p->lex.pos.line, .column = p->lex.pos.column };
	struct lex_pos pos[2];
	uint32_t from, to;
	bool bootp;
	int err;

	next(p);
	bootp = is(p, "dynamic-bootp");
	if (bootp)
		next(p);
	pos[0] = pos[1] = p->lex.pos;
	err = read_address(p, &from);
	if (err)
		return err;
	to = from;
	next(p);
	/* A word that is no address has no business here: ';' is missing. */
	if (p->lex.kind == LEX_WORD && strchr("0123456789", p->lex.text[0])) {
		pos[1] = p->lex.pos;
		err = read_address(p, &to);
		if (err)
			return err;
		next(p);
	}
	err = end_statement(p);
	span.range = (struct dhcp_range){ ntohl(from), ntohl(to) };
	if (!err)
		err = check_range(p, b, &span.range, pos);
	if (err)
		return err;
	span.pool = b->pool ? b->pool : implied_pool(p, b, bootp);
	if (!span.pool)
		return -ENOMEM;
	if (bootp)
		span.pool->bootp = true;
	return conf_add_range(p->conf, span.pool, &span);
}
