// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Does a condition hold for a message? Bytes of a guest are read here.
 */
#include <ctype.h>
#include <string.h>
#include "conf_expr.h"

static const struct expr_data nothing;

/* The first option of a code; long ones in several parts are not put together. */
static struct expr_data find_option(const uint8_t *opts, size_t len, uint8_t code)
{
	size_t at = 0;

	while (at + 1 < len && opts[at] != 255) {
		size_t n = opts[at + 1];

		if (!opts[at]) {
			at++;
			continue;
		}
		if (at + 2 + n > len)
			break;
		if (opts[at] == code)
			return (struct expr_data){ opts + at + 2, n };
		at += 2 + n;
	}
	return nothing;
}

static struct expr_data option_of(const struct dhcp_expr *e, const struct dhcp_client *client)
{
	struct expr_data d = nothing;

	if (client && client->opts)
		d = find_option(client->opts, client->opts_len, e->code);
	if (d.data && e->inner)
		d = find_option(d.data, d.len, e->inner);
	return d;
}

/* Copied into the room; what does not fit is left out. */
static struct expr_data keep(struct expr_room *room, struct expr_data a, struct expr_data b)
{
	struct expr_data d = { room->scratch + room->used, 0 };
	size_t left = sizeof(room->scratch) - room->used;

	if (!a.data || !b.data || a.len + b.len > left)
		return nothing;
	memcpy(room->scratch + room->used, a.data, a.len);
	memcpy(room->scratch + room->used + a.len, b.data, b.len);
	d.len = a.len + b.len;
	room->used += d.len;
	return d;
}

/* ISC's type of hardware, 1 for Ethernet, and the address. */
static struct expr_data hardware_of(const struct dhcp_client *client, struct expr_room *room)
{
	static const uint8_t ethernet = 1;

	if (!client)
		return nothing;
	return keep(room, (struct expr_data){ &ethernet, 1 }, (struct expr_data){ client->mac, 6 });
}

static struct expr_data part(struct expr_data d, size_t from, size_t len)
{
	if (!d.data)
		return nothing;
	if (from > d.len)
		from = d.len;
	d.data += from;
	d.len -= from;
	if (d.len > len)
		d.len = len;
	return d;
}

static struct expr_data change_case(struct expr_data d, bool lower, struct expr_room *room)
{
	size_t at = room->used, i;

	d = keep(room, d, (struct expr_data){ room->scratch, 0 });
	for (i = 0; i < d.len; i++) {
		uint8_t *c = &room->scratch[at + i];

		*c = (uint8_t)(lower ? tolower(*c) : toupper(*c));
	}
	return d;
}

/**
 * expr_bytes - what a data expression comes to
 * @e: the expression
 * @client: who asks, or NULL
 * @room: for bytes that are put together, empty at first
 *
 * Return: the bytes, or nothing.
 */
struct expr_data expr_bytes(const struct dhcp_expr *e, const struct dhcp_client *client,
			    struct expr_room *room)
{
	struct expr_data d;

	switch (e->op) {
	case EXPR_CONST:
		return (struct expr_data){ e->data, e->len };
	case EXPR_OPTION:
		return option_of(e, client);
	case EXPR_HARDWARE:
		return hardware_of(client, room);
	case EXPR_SUBSTRING:
		return part(expr_bytes(e->a, client, room), e->from, e->len);
	case EXPR_SUFFIX:
		d = expr_bytes(e->a, client, room);
		return part(d, d.len > e->len ? d.len - e->len : 0, e->len);
	case EXPR_CONCAT:
		d = expr_bytes(e->a, client, room);
		return keep(room, d, expr_bytes(e->b, client, room));
	case EXPR_LOWER:
	case EXPR_UPPER:
		return change_case(expr_bytes(e->a, client, room), e->op == EXPR_LOWER, room);
	case EXPR_FIRST:
		d = expr_bytes(e->a, client, room);
		return d.data ? d : expr_bytes(e->b, client, room);
	default:
		return nothing;
	}
}

/* Two that are not there are equal, one that is and one that is not are not. */
static bool is_equal(const struct dhcp_expr *e, const struct dhcp_client *client)
{
	struct expr_room room;
	struct expr_data a, b;

	room.used = 0;
	a = expr_bytes(e->a, client, &room);
	b = expr_bytes(e->b, client, &room);
	if (!a.data || !b.data)
		return !a.data && !b.data;
	return a.len == b.len && !memcmp(a.data, b.data, a.len);
}

/**
 * expr_holds - is a condition true?
 * @e: the condition
 * @client: who asks, or NULL
 */
bool expr_holds(const struct dhcp_expr *e, const struct dhcp_client *client)
{
	switch (e->op) {
	case EXPR_AND:
		return expr_holds(e->a, client) && expr_holds(e->b, client);
	case EXPR_OR:
		return expr_holds(e->a, client) || expr_holds(e->b, client);
	case EXPR_NOT:
		return !expr_holds(e->a, client);
	case EXPR_EQUAL:
		return is_equal(e, client);
	case EXPR_NOT_EQUAL:
		return !is_equal(e, client);
	case EXPR_EXISTS:
		return option_of(e, client).data;
	case EXPR_KNOWN:
		return client && client->kinds & DHCP_FOR_KNOWN;
	default:
		return false;
	}
}
