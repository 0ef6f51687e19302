// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>
#include "build.h"

#define PIECE 255U /* of an option, at most */
#define OVERLOAD_LEN 3 /* of option 52 */
#define LEAST 44 /* what a reply cannot do without */

enum { OPTIONS, FILE_FIELD, SNAME_FIELD };

/* The room that an option of @len bytes takes. */
static size_t cost(size_t len)
{
	return len + 2 * (len ? (len + PIECE - 1) / PIECE : 1);
}

/**
 * dhcp_begin - start a reply
 * @b: the reply
 * @m: what it answers
 * @type: enum dhcp_type; 0 for BOOTP, whose clients know no option 52
 * @most: bytes that the link takes, as an IP packet
 *
 * xid, flags, giaddr and chaddr are the client's (RFC 2131 table 3). Its limit of
 * the size counts (option 57); a BOOTP client's is the size of its request.
 */
void dhcp_begin(struct dhcp_build *b, const struct dhcp_msg *m, uint8_t type, size_t most)
{
	static const uint8_t cookie[4] = { 99, 130, 83, 99 };
	struct dhcp_head *h = dhcp_head(b);
	size_t size = m->max_size;

	if (!type)
		size = 28U + (m->len > DHCP_MIN ? m->len : DHCP_MIN);
	if (size > most)
		size = most;
	if (size > sizeof(b->buf))
		size = sizeof(b->buf);
	/* The headers of IP and UDP. */
	size = size < DHCP_MIN + 28 ? DHCP_MIN : size - 28;
	memset(b->buf, 0, size);
	h->op = 2;
	h->htype = m->head.htype;
	h->hlen = m->head.hlen;
	h->xid = m->head.xid;
	h->flags = m->head.flags;
	h->giaddr = m->head.giaddr;
	memcpy(h->chaddr, m->head.chaddr, sizeof(h->chaddr));
	memcpy(b->buf + DHCP_FIXED, cookie, sizeof(cookie));
	memset(b->area, 0, sizeof(b->area));
	b->area[OPTIONS].at = DHCP_OPTIONS_AT;
	b->area[OPTIONS].room = size - DHCP_OPTIONS_AT - 1;
	b->kept = 0;
	b->last = 0;
	if (!type)
		return;
	b->kept = OVERLOAD_LEN;
	b->area[FILE_FIELD].at = offsetof(struct dhcp_head, file);
	b->area[FILE_FIELD].room = sizeof(h->file) - 1;
	b->area[SNAME_FIELD].at = offsetof(struct dhcp_head, sname);
	b->area[SNAME_FIELD].room = sizeof(h->sname) - 1;
	dhcp_put(b, DHCP_OPT_TYPE, &type, 1);
}

/* Name the boot file; "file" is then no place for options. Before any option. */
void dhcp_set_file(struct dhcp_build *b, const char *file)
{
	struct dhcp_head *h = dhcp_head(b);

	if (!file[0])
		return;
	memcpy(h->file, file, strnlen(file, sizeof(h->file) - 1));
	b->area[FILE_FIELD].room = 0;
}

/* Name its server; likewise. */
void dhcp_set_sname(struct dhcp_build *b, const char *name)
{
	struct dhcp_head *h = dhcp_head(b);

	if (!name[0])
		return;
	memcpy(h->sname, name, strnlen(name, sizeof(h->sname) - 1));
	b->area[SNAME_FIELD].room = 0;
}

static size_t left(const struct dhcp_build *b, unsigned int i)
{
	size_t taken = b->area[i].used + (i == OPTIONS ? b->kept : 0);

	return b->area[i].room > taken ? b->area[i].room - taken : 0;
}

/**
 * dhcp_set_last - add the option that is the last of all (RFC 3046 2.2)
 * @b: the reply
 * @code: of it
 * @data: its value, which lives until dhcp_end()
 * @len: bytes
 *
 * To be called first, since nothing else may take its room.
 * Return: false when there is none; then it is left out.
 */
bool dhcp_set_last(struct dhcp_build *b, uint8_t code, const void *data, size_t len)
{
	if (cost(len) + LEAST > left(b, OPTIONS) + OVERLOAD_LEN)
		return false;
	b->kept += cost(len);
	b->last = code;
	b->last_data = data;
	b->last_len = len;
	return true;
}

static void put_at(struct dhcp_build *b, struct dhcp_area *a, uint8_t code, const uint8_t *data,
		   size_t len)
{
	uint8_t *at = b->buf + a->at + a->used;

	do {
		size_t n = len < PIECE ? len : PIECE;

		at[0] = code;
		at[1] = (uint8_t)n;
		memcpy(at + 2, data, n);
		at += 2 + n;
		a->used += 2 + n;
		data += n;
		len -= n;
	} while (len);
}

/* May it come in pieces? Its readers must know of that (RFC 3396 5). */
static bool may_split(uint8_t code, size_t len)
{
	return len > PIECE || code == DHCP_OPT_SEARCH || code == DHCP_OPT_SIP ||
	       code == DHCP_OPT_ROUTES;
}

/* How much of an option of @len bytes an area takes. */
static size_t part_for(const struct dhcp_build *b, unsigned int i, size_t len)
{
	size_t room = left(b, i), n;

	if (cost(len) <= room)
		return len;
	n = room / (PIECE + 2) * PIECE;
	room %= PIECE + 2;
	return n + (room > 2 ? room - 2 : 0);
}

/**
 * dhcp_put - add an option
 * @b: the reply
 * @code: of it
 * @data: its value
 * @len: bytes; more than 255 are split (RFC 3396)
 *
 * What does not fit goes into "file", then "sname" (option 52), as a whole or, if
 * that may be, in pieces.
 * Return: false when it does not fit at all; then it is left out.
 */
bool dhcp_put(struct dhcp_build *b, uint8_t code, const void *data, size_t len)
{
	const uint8_t *p = data;
	size_t total = 0;
	unsigned int i;

	for (i = 0; i < DHCP_AREAS; i++) {
		if (cost(len) <= left(b, i)) {
			put_at(b, &b->area[i], code, data, len);
			return true;
		}
		total += part_for(b, i, len);
	}
	if (!may_split(code, len) || total < len)
		return false;
	for (i = 0; len; i++) {
		size_t n = part_for(b, i, len);

		if (!n)
			continue;
		put_at(b, &b->area[i], code, p, n);
		p += n;
		len -= n;
	}
	return true;
}

/* Finish a reply. Return: its bytes. */
size_t dhcp_end(struct dhcp_build *b)
{
	uint8_t overload = (b->area[FILE_FIELD].used ? 1 : 0) | (b->area[SNAME_FIELD].used ? 2 : 0);
	struct dhcp_area *a = &b->area[OPTIONS];
	unsigned int i;
	size_t len;

	if (overload)
		put_at(b, a, DHCP_OPT_OVERLOAD, &overload, 1);
	if (b->last)
		put_at(b, a, b->last, b->last_data, b->last_len);
	for (i = 0; i < DHCP_AREAS; i++)
		if (i == OPTIONS || b->area[i].used)
			b->buf[b->area[i].at + b->area[i].used] = DHCP_OPT_END;
	len = a->at + a->used + 1;
	return len < DHCP_MIN ? DHCP_MIN : len;
}
