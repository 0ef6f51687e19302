// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include "proto.h"

static const uint8_t cookie[4] = { 99, 130, 83, 99 };

/* A piece more of an option that was there before, behind the message (RFC 3396). */
static int join(struct dhcp_msg *m, uint8_t code, const uint8_t *p, size_t len)
{
	size_t had = m->size[code];

	if (m->at[code] + had != m->used || m->at[code] < m->len) {
		if (m->used + had > sizeof(m->raw))
			return -EINVAL;
		memcpy(m->raw + m->used, m->raw + m->at[code], had);
		m->at[code] = m->used;
		m->used = (uint16_t)(m->used + had);
	}
	if (m->used + len > sizeof(m->raw))
		return -EINVAL;
	memcpy(m->raw + m->used, p, len);
	m->used = (uint16_t)(m->used + len);
	m->size[code] = (uint16_t)(had + len);
	return 0;
}

/* The options of a field: "options", "file" or "sname", from @at up to @end. */
static int parse_field(struct dhcp_msg *m, size_t at, size_t end)
{
	int err = 0;

	while (at < end && !err) {
		uint8_t code = m->raw[at++], len;

		if (code == DHCP_OPT_PAD)
			continue;
		if (code == DHCP_OPT_END)
			return 0;
		if (at == end || m->raw[at] > end - at - 1)
			return -EINVAL;
		len = m->raw[at++];
		if (m->at[code]) {
			err = join(m, code, m->raw + at, len);
		} else {
			m->at[code] = (uint16_t)at;
			m->size[code] = len;
		}
		at += len;
	}
	/* Some clients leave out the end; what there is has been whole. */
	return err;
}

/* Numbers of @len bytes. Return: 0, or -EINVAL when it is there with another size. */
static int take(const struct dhcp_msg *m, uint8_t code, void *out, size_t len)
{
	if (!m->at[code])
		return 0;
	if (m->size[code] != len)
		return -EINVAL;
	memcpy(out, m->raw + m->at[code], len);
	return 0;
}

static int take_numbers(struct dhcp_msg *m)
{
	uint16_t max_size = htons(DHCP_MTU);

	if (take(m, DHCP_OPT_TYPE, &m->type, 1) || take(m, DHCP_OPT_REQUESTED, &m->requested, 4) ||
	    take(m, DHCP_OPT_LEASE_TIME, &m->lease, 4) ||
	    take(m, DHCP_OPT_SERVER_ID, &m->server, 4) || take(m, DHCP_OPT_MAX_SIZE, &max_size, 2))
		return -EINVAL;
	m->lease = ntohl(m->lease);
	if (ntohs(max_size) > DHCP_MTU)
		m->max_size = ntohs(max_size);
	return 0;
}

/* All option fields, those of overload after the main one (RFC 3396 5). */
static int parse_options(struct dhcp_msg *m)
{
	uint8_t overload = 0;

	if (parse_field(m, DHCP_OPTIONS_AT, m->len) || take(m, DHCP_OPT_OVERLOAD, &overload, 1))
		return -EINVAL;
	if (overload & 1 && parse_field(m, offsetof(struct dhcp_head, file),
					offsetof(struct dhcp_head, file) + sizeof(m->head.file)))
		return -EINVAL;
	if (overload & 2 && parse_field(m, offsetof(struct dhcp_head, sname),
					offsetof(struct dhcp_head, sname) + sizeof(m->head.sname)))
		return -EINVAL;
	return 0;
}

/**
 * dhcp_parse - read a client's message
 * @data: the UDP payload
 * @len: bytes
 * @m: filled in
 *
 * Without a type it is a BOOTP request, which may have no options, but zeros in
 * their place.
 * Return: 0, or -EINVAL for what is no request of an Ethernet client (D23).
 */
int dhcp_parse(const uint8_t *data, size_t len, struct dhcp_msg *m)
{
	static const uint8_t none[4];

	if (len < DHCP_OPTIONS_AT || len > DHCP_MAX)
		return -EINVAL;
	memcpy(m->raw, data, len);
	memset(m->at, 0, sizeof(*m) - offsetof(struct dhcp_msg, at));
	m->len = m->used = (uint16_t)len;
	m->max_size = DHCP_MTU;
	if (m->head.op != 1 || m->head.htype != 1 || m->head.hlen != 6 || m->head.hops > DHCP_HOPS)
		return -EINVAL;
	if (!memcmp(data + DHCP_FIXED, none, sizeof(none)))
		return 0;
	if (memcmp(data + DHCP_FIXED, cookie, sizeof(cookie)) != 0)
		return -EINVAL;
	if (parse_options(m) || take_numbers(m))
		return -EINVAL;
	/* A server's words are no client's. */
	if (m->type > DHCP_INFORM || m->type == DHCP_OFFER || m->type == DHCP_ACK ||
	    m->type == DHCP_NAK || (!m->type && dhcp_msg_has(m, DHCP_OPT_TYPE)))
		return -EINVAL;
	return 0;
}

/**
 * dhcp_msg_option - the value of an option
 * @m: the message
 * @code: which
 * @len: its bytes, 0 when it is not there; may be more than 255
 *
 * Return: the value, or NULL.
 */
const uint8_t *dhcp_msg_option(const struct dhcp_msg *m, uint8_t code, size_t *len)
{
	*len = m->size[code];
	return m->at[code] ? m->raw + m->at[code] : NULL;
}

/* RFC 4702: three bytes of flags, then labels (flag E), or text. */
static size_t fqdn_text(const uint8_t *p, size_t len, uint8_t *out, size_t size)
{
	size_t n = 0, at = 0;

	if (len <= 3)
		return 0;
	if (!(p[0] & 4)) {
		n = len - 3 < size ? len - 3 : size;
		memcpy(out, p + 3, n);
		return n;
	}
	for (p += 3, len -= 3; at < len && p[at] && p[at] < 64 && p[at] < len - at;
	     at += 1U + p[at]) {
		if (n + 1 + p[at] > size)
			break;
		if (n)
			out[n++] = '.';
		memcpy(out + n, p + at + 1, p[at]);
		n += p[at];
	}
	return n;
}

/**
 * dhcp_msg_hostname - what a client calls itself
 * @m: its message
 * @buf: for the name: of option 12, else of option 81; what is no character of a
 *	name is replaced
 *
 * Return: the name, may be empty.
 */
const char *dhcp_msg_hostname(const struct dhcp_msg *m, char buf[64])
{
	uint8_t full[64];
	size_t len, i;
	const uint8_t *p = dhcp_msg_option(m, DHCP_OPT_HOST_NAME, &len);

	if (!p) {
		p = dhcp_msg_option(m, DHCP_OPT_FQDN, &len);
		len = p ? fqdn_text(p, len, full, sizeof(full)) : 0;
		p = full;
	}
	if (len > 63)
		len = 63;
	for (i = 0; i < len && p[i]; i++)
		buf[i] = isalnum(p[i]) || strchr("-._", p[i]) ? (char)p[i] : '-';
	buf[i] = '\0';
	return buf;
}

/**
 * dhcp_msg_link - which network a relay says that the client is on
 * @m: a message of a relay
 *
 * The link selection of its relay (RFC 3527), the subnet selection (RFC 3011),
 * else the relay's own address there. From a client itself, which might name
 * another's network, none of them counts (D22).
 * Return: an address of it in network order, or 0.
 */
uint32_t dhcp_msg_link(const struct dhcp_msg *m)
{
	uint32_t link = m->head.giaddr;
	size_t len, at;
	const uint8_t *p;

	if (!link)
		return 0;
	p = dhcp_msg_option(m, DHCP_OPT_SUBNET, &len);
	if (p && len == 4)
		memcpy(&link, p, 4);
	p = dhcp_msg_option(m, DHCP_OPT_AGENT, &len);
	for (at = 0; p && at + 2 <= len && p[at + 1] <= len - at - 2; at += 2U + p[at + 1])
		if (p[at] == DHCP_AGENT_LINK && p[at + 1] == 4)
			memcpy(&link, p + at + 2, 4);
	return link;
}
