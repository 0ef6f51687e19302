// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * host NAME { }: who it is for, and which addresses it gets.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include "conf_parse.h"
#include "pkt.h"

/* host NAME { ... } */
int read_host(struct parser *p, struct block *b)
{
	struct block in = *b;
	struct dhcp_host *h = conf_add_host(p->conf, b->scope);
	struct lex_pos pos = p->lex.pos;
	int err;

	if (!h)
		return -ENOMEM;
	h->line = pos.line;
	next(p);
	err = read_name(p, h->name);
	if (err)
		return err;
	in.kind = IN_HOST;
	in.host = h;
	in.scope = &h->scope;
	in.outer = b;
	next(p);
	err = read_block(p, &in);
	if (!err && !h->has_mac && !h->id)
		err = fail_at(p, pos,
			      "host %s has neither 'hardware ethernet' nor "
			      "'option dhcp-client-identifier'",
			      h->name);
	return err;
}

/* hardware ethernet ADDRESS ; */
int read_hardware(struct parser *p, struct block *b)
{
	const struct dhcp_host *other;
	struct dhcp_host *h = b->host;
	int err = expect(p, "ethernet");

	if (err)
		return err;
	next(p);
	if (h->has_mac)
		return fail_here(p, "host %s has a hardware address already", h->name);
	if (p->lex.kind != LEX_WORD || mac_parse(p->lex.text, h->mac))
		return fail_expected(p, "a hardware address, 00:50:56:...");
	other = conf_hash_find(&p->conf->by_mac, h->mac, sizeof(h->mac));
	if (other)
		return fail_here(p, "host %s (line %u) has this hardware address already",
				 other->name, other->line);
	h->has_mac = true;
	if (conf_hash_add(&p->conf->by_mac, h->mac, sizeof(h->mac), h))
		return -ENOMEM;
	next(p);
	return end_statement(p);
}

static int add_fixed(struct parser *p, struct dhcp_host *h, uint32_t addr)
{
	const struct dhcp_host *other;
	struct fixed *f;

	other = conf_hash_find(&p->conf->by_addr, &addr, sizeof(addr));
	if (other == h)
		return fail_here(p, "host %s has this address already", h->name);
	if (other)
		return fail_here(p, "host %s (line %u) has this address already", other->name,
				 other->line);
	f = conf_grow(p->conf, p->fixed, p->nfixed, sizeof(*f));
	if (!f)
		return -ENOMEM;
	p->fixed = f;
	f[p->nfixed++] = (struct fixed){ h, addr, p->lex.pos };
	return conf_add_addr(p->conf, h, addr);
}

/* fixed-address ADDRESS [, ADDRESS ...] ; */
int read_fixed(struct parser *p, struct block *b)
{
	uint32_t addr;
	int err;

	do {
		next(p);
		err = read_address(p, &addr);
		if (!err)
			err = add_fixed(p, b->host, addr);
		if (err)
			return err;
		next(p);
	} while (is(p, ","));
	return end_statement(p);
}

/**
 * set_host_id - a host is known by its client identifier
 * @p: the parser, at the end of the statement
 * @h: the host
 * @id: option 61
 * @len: bytes of it
 */
int set_host_id(struct parser *p, struct dhcp_host *h, const void *id, size_t len)
{
	const struct dhcp_host *other;

	if (h->id)
		return fail_here(p, "host %s has a client identifier already", h->name);
	if (!len || len > UINT8_MAX)
		return fail_here(p, "a client identifier has 1 to 255 bytes, not %zu", len);
	other = conf_hash_find(&p->conf->by_id, id, len);
	if (other)
		return fail_here(p, "host %s (line %u) has this client identifier already",
				 other->name, other->line);
	h->id = (uint8_t *)copy_text(p, id, len);
	h->id_len = (uint8_t)len;
	return h->id ? conf_hash_add(&p->conf->by_id, h->id, len, h) : -ENOMEM;
}

/* host-identifier option dhcp-client-identifier VALUE ; ISC's others are not known. */
int read_host_identifier(struct parser *p, struct block *b)
{
	int err = expect(p, "option");

	if (!err)
		err = expect(p, "dhcp-client-identifier");
	if (err)
		return err;
	next(p);
	err = read_values(p, opt_find(&p->dict, "dhcp-client-identifier"));
	return err ? err : set_host_id(p, b->host, p->value.data, p->value.len);
}
