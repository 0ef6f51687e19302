// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whose word counts: the host's and its groups', then classes', then the
 * place's and what it stands in. In each, what stands later.
 */
#include <arpa/inet.h>
#include <string.h>
#include "conf_expr.h"

/**
 * dhcp_conf_view - what counts for a client at an address
 * @conf: the configuration
 * @host: its reservation, or NULL
 * @addr: network order; in no subnet: the local network is taken
 * @client: who it is, or NULL
 *
 * Return: the view.
 */
struct dhcp_view dhcp_conf_view(const struct dhcp_conf *conf, const struct dhcp_host *host,
				uint32_t addr, const struct dhcp_client *client)
{
	const struct dhcp_pool *p = dhcp_conf_pool(conf, ntohl(addr));
	const struct dhcp_subnet *s = dhcp_conf_subnet(conf, addr);
	struct dhcp_view v = { .conf = conf, .host = host ? &host->scope : NULL, .client = client };

	if (p)
		v.place = &p->scope;
	else
		v.place = s ? &s->scope : &conf->local->scope;
	return v;
}

/**
 * struct query - what is looked for
 * @found: does this scope say it? It notes what it says in here.
 * @what: a setting
 * @code: an option
 * @space: its option space
 * @number: the setting's value
 * @opt: the option
 * @sub: the option of a space
 * @text: boot file or server name
 */
struct query {
	bool (*found)(const struct dhcp_scope *s, struct query *q);
	enum dhcp_setting what;
	uint8_t code;
	unsigned int space;
	uint32_t number;
	const struct dhcp_opt *opt;
	const struct dhcp_sub *sub;
	const char *text;
};

/* The branch that is taken, or NULL. */
static const struct dhcp_scope *branch_of(const struct dhcp_if *i, const struct dhcp_client *client)
{
	while (i && i->cond && !(client && expr_holds(i->cond, client)))
		i = i->otherwise;
	return i ? &i->scope : NULL;
}

static bool ask_scope(const struct dhcp_view *v, const struct dhcp_scope *s, struct query *q)
{
	unsigned int i;

	for (i = s->nifs; i; i--) {
		const struct dhcp_scope *branch = branch_of(s->ifs[i - 1], v->client);

		if (branch && ask_scope(v, branch, q))
			return true;
	}
	return q->found(s, q);
}

/* Is the client in the class, and which of its scopes speaks first? */
static const struct dhcp_scope *class_scope(const struct dhcp_class *c,
					    const struct dhcp_client *client)
{
	const struct dhcp_class *sub = NULL;
	struct expr_room room;

	if (c->match_if && expr_holds(c->match_if, client))
		return &c->scope;
	room.used = 0;
	if (c->match) {
		struct expr_data d = expr_bytes(c->match, client, &room);

		if (d.data && d.len)
			sub = conf_hash_find(&c->subs, d.data, d.len);
	}
	return sub ? &sub->scope : NULL;
}

/* From @s outwards; without the global scope when @stop. */
static bool ask_chain(const struct dhcp_view *v, const struct dhcp_scope *s, bool stop,
		      struct query *q)
{
	for (; s && (s->outer || !stop); s = s->outer)
		if (ask_scope(v, s, q))
			return true;
	return false;
}

static bool ask(const struct dhcp_view *v, struct query *q)
{
	unsigned int i;

	if (ask_chain(v, v->host, v->place != NULL, q))
		return true;
	for (i = v->conf && v->client ? v->conf->nclasses : 0; i; i--)
		if (ask_chain(v, class_scope(v->conf->classes[i - 1], v->client), true, q))
			return true;
	return ask_chain(v, v->place, false, q);
}

static bool says(const struct dhcp_scope *s, struct query *q)
{
	q->number = s->value[q->what];
	return s->has & 1U << q->what;
}

/**
 * dhcp_view_says - is there a statement about it?
 * @v: whose word counts
 * @what: which
 */
bool dhcp_view_says(const struct dhcp_view *v, enum dhcp_setting what)
{
	struct query q = { .found = says, .what = what };

	return ask(v, &q);
}

/**
 * dhcp_view_number - what counts
 * @v: whose word counts
 * @what: which
 *
 * Return: the number, built in when nobody says one.
 */
uint32_t dhcp_view_number(const struct dhcp_view *v, enum dhcp_setting what)
{
	struct query q = { .found = says, .what = what };

	/* The global scope is the last to be asked, and has what is built in. */
	ask(v, &q);
	return q.number;
}

static bool has_opt(const struct dhcp_scope *s, struct query *q)
{
	q->opt = dhcp_scope_opt(s, q->code);
	return q->opt;
}

/**
 * dhcp_view_opt - the option that counts
 * @v: whose word counts
 * @code: which
 *
 * Return: NULL when nobody says one; see dhcp_view_encap() then.
 */
const struct dhcp_opt *dhcp_view_opt(const struct dhcp_view *v, uint8_t code)
{
	struct query q = { .found = has_opt, .code = code };

	ask(v, &q);
	return q.opt;
}

static bool has_sub(const struct dhcp_scope *s, struct query *q)
{
	unsigned int i;

	for (i = s->nsubs; i; i--) {
		const struct dhcp_sub *sub = s->subs[i - 1];

		if (sub->space == q->space && sub->code == q->code) {
			q->sub = sub;
			return true;
		}
	}
	return false;
}

/* The options of a space one behind the other, each with code and length. */
static size_t put_space(const struct dhcp_view *v, unsigned int space, uint8_t *buf, size_t size)
{
	size_t len = 0;
	unsigned int code;

	for (code = 1; code < 255; code++) {
		struct query q = { .found = has_sub, .code = (uint8_t)code, .space = space };

		if (!ask(v, &q) || len + 2 + q.sub->len > size)
			continue;
		buf[len++] = q.sub->code;
		buf[len++] = q.sub->len;
		memcpy(buf + len, q.sub->data, q.sub->len);
		len += q.sub->len;
	}
	return len;
}

/**
 * dhcp_view_encap - an option that consists of those of an option space
 * @v: whose word counts
 * @code: which; 43 is of the space of vendor-option-space
 * @buf: gets its bytes
 * @size: of @buf; what does not fit is left out
 *
 * For options that dhcp_view_opt() does not have. Return: bytes, 0 when there
 * is nothing to send.
 */
size_t dhcp_view_encap(const struct dhcp_view *v, uint8_t code, uint8_t *buf, size_t size)
{
	uint32_t vendor = code == 43 ? dhcp_view_number(v, DHCP_VENDOR_SPACE) : 0;
	unsigned int i;

	if (!v->conf)
		return 0;
	if (vendor)
		return put_space(v, vendor - 1, buf, size);
	for (i = 0; i < v->conf->nspaces; i++)
		if (v->conf->spaces[i].code == code)
			return put_space(v, i, buf, size);
	return 0;
}

static bool has_filename(const struct dhcp_scope *s, struct query *q)
{
	q->text = s->filename;
	return q->text;
}

static bool has_server_name(const struct dhcp_scope *s, struct query *q)
{
	q->text = s->server_name;
	return q->text;
}

/* The boot file, "" when nobody says one. */
const char *dhcp_view_filename(const struct dhcp_view *v)
{
	struct query q = { .found = has_filename };

	return ask(v, &q) ? q.text : "";
}

/* The name of the boot file's server, "" when nobody says one. */
const char *dhcp_view_server_name(const struct dhcp_view *v)
{
	struct query q = { .found = has_server_name };

	return ask(v, &q) ? q.text : "";
}

/**
 * dhcp_pool_permits - may a client have an address of this pool?
 * @pool: the pool
 * @client: the client
 *
 * Return: false if a deny statement is about it, or there are allow statements
 * and none is. A BOOTP client keeps its address for ever: that must be allowed.
 */
bool dhcp_pool_permits(const struct dhcp_pool *pool, const struct dhcp_client *client)
{
	unsigned int kinds = client->kinds | DHCP_FOR_ALL, i;
	bool restricted = pool->allow, allowed = pool->allow & kinds;

	if (client->kinds & DHCP_FOR_BOOTP && !pool->bootp && !(pool->allow & DHCP_FOR_BOOTP))
		return false;
	if (pool->deny & kinds)
		return false;
	for (i = 0; i < pool->nclasses; i++) {
		const struct dhcp_permit_class *c = &pool->classes[i];
		bool member = class_scope(c->class, client);

		if (c->deny && member)
			return false;
		restricted |= !c->deny;
		allowed |= !c->deny && member;
	}
	return allowed || !restricted;
}
