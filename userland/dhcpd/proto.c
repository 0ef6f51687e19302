// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include "proto.h"

static const uint8_t cookie[4] = { 99, 130, 83, 99 };

/* Options in a field: "options", "file", "sname". */
static int parse_field(const uint8_t *p, size_t len, struct dhcp_msg *m, uint8_t *overload);

static uint32_t get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return v;
}

static void take_name(struct dhcp_msg *m, const uint8_t *p, size_t len)
{
	size_t i;

	if (len >= sizeof(m->hostname))
		len = sizeof(m->hostname) - 1;
	for (i = 0; i < len && p[i]; i++)
		m->hostname[i] = isalnum(p[i]) || strchr("-._", p[i]) ? (char)p[i] : '-';
	m->hostname[i] = '\0';
}

/* RFC 3396: an option that comes in pieces is one option. */
static void append(uint8_t *to, uint8_t *to_len, const uint8_t *p, size_t len)
{
	if (*to_len + len > 255)
		len = 255U - *to_len;
	memcpy(to + *to_len, p, len);
	*to_len = (uint8_t)(*to_len + len);
}

static void take_option(uint8_t code, const uint8_t *p, size_t len, struct dhcp_msg *m,
			uint8_t *overload)
{
	switch (code) {
	case 12:
		take_name(m, p, len);
		break;
	case 50:
		if (len == 4)
			m->requested = get32(p);
		break;
	case 51:
		if (len == 4)
			m->lease = ntohl(get32(p));
		break;
	case 52:
		if (len == 1)
			*overload = p[0];
		break;
	case 53:
		if (len == 1)
			m->type = p[0];
		break;
	case 54:
		if (len == 4)
			m->server = get32(p);
		break;
	case 55:
		append(m->params, &m->nparams, p, len);
		break;
	case 57:
		if (len == 2)
			m->max_size = (uint16_t)(p[0] << 8 | p[1]);
		break;
	case 61:
		append(m->id, &m->id_len, p, len);
		break;
	case 82:
		append(m->agent, &m->agent_len, p, len);
		break;
	}
}

static int parse_field(const uint8_t *p, size_t len, struct dhcp_msg *m, uint8_t *overload)
{
	size_t at = 0;

	while (at < len) {
		uint8_t code = p[at++];

		if (code == 0)
			continue;
		if (code == 255)
			return 0;
		if (at == len || p[at] > len - at - 1)
			return -EINVAL;
		take_option(code, p + at + 1, p[at], m, overload);
		at += 1U + p[at];
	}
	/* Without an end it may have been cut; some clients are so. */
	return 0;
}

/**
 * dhcp_parse - read a client's message
 * @data: the UDP payload
 * @len: bytes
 * @m: filled in
 *
 * Return: 0, or -EINVAL for what is no DHCP request of an Ethernet client.
 */
int dhcp_parse(const uint8_t *data, size_t len, struct dhcp_msg *m)
{
	uint8_t overload = 0, none = 0;

	memset(m, 0, sizeof(*m));
	if (len < DHCP_FIXED + sizeof(cookie))
		return -EINVAL;
	memcpy(&m->head, data, sizeof(m->head));
	if (m->head.op != 1 || m->head.htype != 1 || m->head.hlen != 6 || m->head.hops > 16 ||
	    memcmp(data + DHCP_FIXED, cookie, 4) != 0)
		return -EINVAL;
	if (parse_field(data + DHCP_FIXED + 4, len - DHCP_FIXED - 4, m, &overload))
		return -EINVAL;
	if (overload & 1 && parse_field(m->head.file, sizeof(m->head.file), m, &none))
		return -EINVAL;
	if (overload & 2 && parse_field(m->head.sname, sizeof(m->head.sname), m, &none))
		return -EINVAL;
	if (m->type < DHCP_DISCOVER || m->type > DHCP_INFORM)
		return -EINVAL;
	if (m->max_size < DHCP_MTU)
		m->max_size = DHCP_MTU;
	return 0;
}

/**
 * dhcp_begin - start a reply
 * @b: the reply
 * @m: what it answers
 * @type: enum dhcp_type
 *
 * xid, flags, giaddr and chaddr are the client's (RFC 2131 table 3).
 */
void dhcp_begin(struct dhcp_build *b, const struct dhcp_msg *m, uint8_t type)
{
	struct dhcp_head *h = dhcp_head(b);

	memset(b, 0, sizeof(*b));
	h->op = 2;
	h->htype = m->head.htype;
	h->hlen = m->head.hlen;
	h->xid = m->head.xid;
	h->flags = m->head.flags;
	h->giaddr = m->head.giaddr;
	memcpy(h->chaddr, m->head.chaddr, sizeof(h->chaddr));
	memcpy(b->buf + DHCP_FIXED, cookie, sizeof(cookie));
	b->len = DHCP_FIXED + sizeof(cookie);
	/* The client's limit is of the IP packet. */
	b->max = m->max_size - 28U;
	if (b->max > sizeof(b->buf) - 28)
		b->max = sizeof(b->buf) - 28;
	dhcp_put(b, 53, &type, 1);
}

/* Name the boot file; "file" is then no place for options. */
void dhcp_set_file(struct dhcp_build *b, const char *file)
{
	if (!file[0])
		return;
	strncpy((char *)dhcp_head(b)->file, file, sizeof(dhcp_head(b)->file) - 1);
	b->file_used = true;
}

static void put_at(uint8_t *at, uint8_t code, const void *data, size_t len)
{
	at[0] = code;
	at[1] = (uint8_t)len;
	memcpy(at + 2, data, len);
}

/**
 * dhcp_put - add an option
 * @b: the reply
 * @code: of it
 * @data: its value
 * @len: bytes; more than 255 go into several of the code (RFC 3396)
 *
 * What does not fit goes into "file", then "sname" (option 52).
 * Return: false when it does not fit at all; then it is left out.
 */
bool dhcp_put(struct dhcp_build *b, uint8_t code, const void *data, size_t len)
{
	struct dhcp_head *h = dhcp_head(b);

	for (; len > 255; len -= 255) {
		if (!dhcp_put(b, code, data, 255))
			return false;
		data = (const uint8_t *)data + 255;
	}
	/* Room is kept for option 52 and the end. */
	if (b->len + 2 + len + 4 <= b->max) {
		put_at(b->buf + b->len, code, data, len);
		b->len += 2 + len;
		return true;
	}
	if (!b->file_used && b->file_len + 2 + len + 1 <= sizeof(h->file)) {
		put_at(h->file + b->file_len, code, data, len);
		b->file_len += 2 + len;
		return true;
	}
	if (b->sname_len + 2 + len + 1 <= sizeof(h->sname)) {
		put_at(h->sname + b->sname_len, code, data, len);
		b->sname_len += 2 + len;
		return true;
	}
	return false;
}

/* Finish the reply. Return: bytes of it. */
size_t dhcp_end(struct dhcp_build *b)
{
	struct dhcp_head *h = dhcp_head(b);
	uint8_t overload = (b->file_len ? 1 : 0) | (b->sname_len ? 2 : 0);

	if (overload) {
		put_at(b->buf + b->len, 52, &overload, 1);
		b->len += 3;
		if (b->file_len)
			h->file[b->file_len] = 255;
		if (b->sname_len)
			h->sname[b->sname_len] = 255;
	}
	b->buf[b->len++] = 255;
	if (b->len < DHCP_MIN)
		b->len = DHCP_MIN;
	return b->len;
}
