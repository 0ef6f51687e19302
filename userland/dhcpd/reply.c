// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <string.h>
#include "reply.h"

/* A reply while its options are put in: @done has a bit for each that is. */
struct options {
	struct dhcp_build *b;
	const struct ask *a;
	const struct reply *r;
	const struct dhcp_subnet *subnet;
	struct dhcp_view view;
	uint8_t done[32];
};

static struct dhcp_view view_of(const struct ask *a, uint32_t addr)
{
	return dhcp_conf_view(a->conf, a->host, addr, &a->client);
}

/**
 * reply_server_id - by which address a client knows us
 * @a: its message
 * @addr: its own address, network order
 *
 * Return: network order.
 */
uint32_t reply_server_id(const struct ask *a, uint32_t addr)
{
	struct dhcp_view v = view_of(a, addr);

	return dhcp_view_number(&v, DHCP_SERVER_ID);
}

/**
 * reply_lease_time - how long a client may have its address (D4)
 * @a: its message, which may ask for a time
 * @l: the address
 *
 * Return: seconds, never 0; DHCP_INFINITE.
 */
uint32_t reply_lease_time(const struct ask *a, const struct lease *l)
{
	struct dhcp_view v = view_of(a, htonl(l->addr));
	uint32_t t = a->msg->lease, min = dhcp_view_number(&v, DHCP_MIN_LEASE);

	if (!t)
		t = dhcp_view_number(&v, DHCP_DEFAULT_LEASE);
	if (t > dhcp_view_number(&v, DHCP_MAX_LEASE))
		t = dhcp_view_number(&v, DHCP_MAX_LEASE);
	if (t < min)
		t = min;
	return t ? t : 1;
}

static bool is_done(const struct options *o, uint8_t code)
{
	return o->done[code / 8] & 1 << code % 8;
}

static void put(struct options *o, uint8_t code, const void *data, size_t len)
{
	if (is_done(o, code))
		return;
	o->done[code / 8] |= (uint8_t)(1 << code % 8);
	dhcp_put(o->b, code, data, len);
}

static void put_number(struct options *o, uint8_t code, uint32_t n)
{
	n = htonl(n);
	put(o, code, &n, 4);
}

/*
 * When to renew and to rebind (D21), as configured if that makes sense. An address
 * that is for ever is never renewed.
 */
static void put_times(struct options *o)
{
	const struct dhcp_opt *t1 = dhcp_view_opt(&o->view, DHCP_OPT_T1);
	const struct dhcp_opt *t2 = dhcp_view_opt(&o->view, DHCP_OPT_T2);
	uint32_t one = o->r->seconds / 2, two = (uint32_t)((uint64_t)o->r->seconds * 7 / 8), n;

	if (!o->r->has_lease || o->r->seconds == DHCP_INFINITE || is_done(o, DHCP_OPT_T1))
		return;
	if (t2 && t2->len == 4) {
		memcpy(&n, t2->data, 4);
		if (ntohl(n) < o->r->seconds)
			two = ntohl(n);
	}
	if (t1 && t1->len == 4) {
		memcpy(&n, t1->data, 4);
		one = ntohl(n);
	}
	put_number(o, DHCP_OPT_T1, one < two ? one : two / 2);
	put_number(o, DHCP_OPT_T2, two);
}

/* Of these the server itself says what there is to say, or nobody does. */
static bool is_ours(uint8_t code)
{
	return (code >= DHCP_OPT_REQUESTED && code <= DHCP_OPT_T2) || code == DHCP_OPT_PAD ||
	       code == DHCP_OPT_END || code == DHCP_OPT_CLIENT_ID ||
	       code == DHCP_OPT_RAPID_COMMIT || code == DHCP_OPT_FQDN || code == DHCP_OPT_AGENT ||
	       code == DHCP_OPT_SUBNET;
}

/* What nobody has configured, but follows from something else. */
static void put_implied(struct options *o, uint8_t code)
{
	struct dhcp_view *v = &o->view;
	uint32_t last = o->subnet->net | ~o->subnet->mask;

	if (code == DHCP_OPT_SUBNET_MASK)
		put(o, code, &o->subnet->mask, 4);
	else if (code == DHCP_OPT_BROADCAST)
		put(o, code, &last, 4);
	else if (code == DHCP_OPT_HOST_NAME && o->a->host && dhcp_view_number(v, DHCP_HOST_NAMES))
		put(o, code, o->a->host->name, strlen(o->a->host->name));
}

static void put_configured(struct options *o, uint8_t code)
{
	const struct dhcp_opt *opt;
	uint8_t parts[1024];
	size_t len;

	if (code == DHCP_OPT_T1 || code == DHCP_OPT_T2)
		put_times(o);
	if (is_ours(code) || is_done(o, code))
		return;
	/* The mask comes before the routers (RFC 2132 3.3). */
	if (code == DHCP_OPT_ROUTERS)
		put_configured(o, DHCP_OPT_SUBNET_MASK);
	opt = dhcp_view_opt(&o->view, code);
	len = opt ? 0 : dhcp_view_encap(&o->view, code, parts, sizeof(parts));
	if (opt)
		put(o, code, opt->data, opt->len);
	else if (len)
		put(o, code, parts, len);
	else
		put_implied(o, code);
}

/*
 * What was asked for, in the order it was (D19); classless routes come before the
 * routers that they stand for (RFC 3442).
 */
static void put_asked(struct options *o)
{
	size_t n, i;
	const uint8_t *codes = dhcp_msg_option(o->a->msg, DHCP_OPT_PARAMETERS, &n);
	bool routes = codes && memchr(codes, DHCP_OPT_ROUTES, n);

	for (i = 0; i < n; i++) {
		if (codes[i] == DHCP_OPT_ROUTERS && routes)
			put_configured(o, DHCP_OPT_ROUTES);
		put_configured(o, codes[i]);
	}
}

/* For a client that asks for nothing: what most need, then all there is. */
static void put_all(struct options *o)
{
	static const uint8_t usual[] = { 1, 3, 6, 15, 28, 44 };
	unsigned int i;

	for (i = 0; i < sizeof(usual); i++)
		put_configured(o, usual[i]);
	for (i = 1; i < DHCP_OPT_END; i++)
		if (dhcp_view_opt(&o->view, (uint8_t)i) &&
		    (o->r->type || (i != 66 && i != 67))) /* of DHCP alone */
			put_configured(o, (uint8_t)i);
}

/*
 * For a boot ROM (PXE), which does not ask for all it needs: its class, if that is
 * configured, then what goes with it.
 */
static void put_boot(struct options *o)
{
	size_t len, id_len;
	const uint8_t *class = dhcp_msg_option(o->a->msg, DHCP_OPT_CLASS, &len);
	const uint8_t *id = dhcp_msg_option(o->a->msg, DHCP_OPT_MACHINE_ID, &id_len);
	const struct dhcp_opt *ours = class ? dhcp_view_opt(&o->view, DHCP_OPT_CLASS) : NULL;

	if (!ours || len < ours->len || memcmp(class, ours->data, ours->len) != 0)
		return;
	put(o, DHCP_OPT_CLASS, ours->data, ours->len);
	if (id)
		put(o, DHCP_OPT_MACHINE_ID, id, id_len);
	put_configured(o, DHCP_OPT_VENDOR);
}

/*
 * Its name, as it has it (RFC 4702 4): nobody changes the DNS for it, neither we
 * (flag N) nor it on our behalf.
 */
static void put_name(struct options *o)
{
	enum { S = 1, O = 2, E = 4, N = 8 };
	size_t len;
	const uint8_t *p = dhcp_msg_option(o->a->msg, DHCP_OPT_FQDN, &len);
	uint8_t name[255];

	if (!p || len < 3 || len > sizeof(name))
		return;
	memcpy(name, p, len);
	name[0] = (uint8_t)((p[0] & E) | N | (p[0] & S ? O : 0));
	name[1] = name[2] = 255;
	put(o, DHCP_OPT_FQDN, name, len);
}

/* What every DHCP reply has; what must not be missing comes first. */
static void put_heading(struct options *o)
{
	uint32_t server = dhcp_view_number(&o->view, DHCP_SERVER_ID);
	const struct dhcp_msg *m = o->a->msg;
	size_t len;
	const uint8_t *id = dhcp_msg_option(m, DHCP_OPT_CLIENT_ID, &len);

	put(o, DHCP_OPT_SERVER_ID, &server, 4);
	if (o->r->has_lease)
		put_number(o, DHCP_OPT_LEASE_TIME, o->r->seconds);
	/* RFC 6842 */
	if (id)
		put(o, DHCP_OPT_CLIENT_ID, id, len);
	if (m->type == DHCP_DISCOVER && o->r->type == DHCP_ACK)
		put(o, DHCP_OPT_RAPID_COMMIT, "", 0);
}

/* What a relay has said of itself goes back to it, as it was, and last (RFC 3046). */
static void set_agent(struct dhcp_build *b, const struct dhcp_msg *m)
{
	size_t len;
	const uint8_t *agent = dhcp_msg_option(m, DHCP_OPT_AGENT, &len);

	if (agent && m->head.giaddr)
		dhcp_set_last(b, DHCP_OPT_AGENT, agent, len);
}

static void set_head(struct options *o)
{
	struct dhcp_head *h = dhcp_head(o->b);

	if (o->r->has_lease)
		h->yiaddr = o->r->addr;
	if (o->r->type != DHCP_OFFER)
		h->ciaddr = o->a->msg->head.ciaddr;
	h->siaddr = dhcp_view_number(&o->view, DHCP_NEXT_SERVER);
	if (dhcp_view_number(&o->view, DHCP_ALWAYS_BROADCAST))
		h->flags |= htons(DHCP_BROADCAST);
	dhcp_set_file(o->b, dhcp_view_filename(&o->view));
	dhcp_set_sname(o->b, dhcp_view_server_name(&o->view));
}

/**
 * reply_build - put an OFFER, an ACK or a BOOTP reply together
 * @b: the reply
 * @a: what it answers
 * @r: what it says
 *
 * Return: its bytes.
 */
size_t reply_build(struct dhcp_build *b, const struct ask *a, const struct reply *r)
{
	const struct dhcp_subnet *subnet = dhcp_conf_subnet(a->conf, r->addr);
	struct options o = {
		.b = b,
		.a = a,
		.r = r,
		.subnet = subnet ? subnet : a->subnet,
		.view = view_of(a, r->addr),
	};

	dhcp_begin(b, a->msg, r->type, r->link);
	set_agent(b, a->msg);
	set_head(&o);
	if (r->type)
		put_heading(&o);
	if (dhcp_msg_has(a->msg, DHCP_OPT_PARAMETERS))
		put_asked(&o);
	else
		put_all(&o);
	if (r->type) {
		put_times(&o);
		put_boot(&o);
		put_name(&o);
	}
	return dhcp_end(b);
}

/**
 * reply_build_nak - put a NAK together (D14)
 * @b: the reply
 * @a: what it answers
 * @why: for whoever reads it
 *
 * A relay is told to broadcast it, since the client has no address (RFC 2131 4.3.2).
 * Return: its bytes.
 */
size_t reply_build_nak(struct dhcp_build *b, const struct ask *a, const char *why)
{
	struct reply r = { .type = DHCP_NAK, .addr = a->subnet->net };
	struct options o = { .b = b, .a = a, .r = &r, .view = ask_view(a) };

	dhcp_begin(b, a->msg, DHCP_NAK, DHCP_MTU);
	set_agent(b, a->msg);
	put_heading(&o);
	put(&o, DHCP_OPT_MESSAGE, why, strlen(why));
	if (a->msg->head.giaddr)
		dhcp_head(b)->flags |= htons(DHCP_BROADCAST);
	return dhcp_end(b);
}
