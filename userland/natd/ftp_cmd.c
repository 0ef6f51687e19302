// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "ftp_cmd.h"

#define VERB 5 /* of "PORT " and "EPRT " */

/*
 * Bytes that FTP in clear text has none of: what a TLS record begins with, and
 * most of what follows. UTF-8 (RFC 2640) and the marks of Telnet before ABOR are
 * above.
 */
static bool is_binary(uint8_t c)
{
	return (c < ' ' && c != '\t' && c != '\r' && c != '\n') || c == 0x7f;
}

/* A decimal number without a sign. Return: bytes, 0 when there is none. */
static size_t number(const char *s, unsigned int max, unsigned int *out)
{
	unsigned int v = 0;
	size_t n;

	for (n = 0; s[n] >= '0' && s[n] <= '9'; n++) {
		v = v * 10 + (unsigned int)(s[n] - '0');
		if (v > max)
			return 0;
	}
	*out = v;
	return n;
}

/* h1,h2,h3,h4,p1,p2 */
static bool parse_port(struct ftp_cmd *c, const char *s)
{
	unsigned int v[6];
	size_t i, n;

	for (i = 0; i < 6; i++) {
		n = number(s, 255, &v[i]);
		if (!n || s[n] != (i < 5 ? ',' : '\0'))
			return false;
		s += n + 1;
	}
	c->addr = (struct ipaddr){ .family = AF_INET };
	for (i = 0; i < 4; i++)
		c->addr.a.b[i] = (uint8_t)v[i];
	c->port = (uint16_t)(v[4] << 8 | v[5]);
	return true;
}

/* |family|address|port|, where | is any character that cannot be taken for theirs */
static bool parse_eprt(struct ftp_cmd *c, char *s)
{
	char mark = s[0], *addr, *end;
	unsigned int family, port;
	size_t n;

	if (mark <= ' ' || strchr("0123456789abcdefABCDEF.:", mark))
		return false;
	n = number(s + 1, 2, &family);
	if (!n || s[1 + n] != mark)
		return false;
	addr = s + n + 2;
	end = strchr(addr, mark);
	if (!end)
		return false;
	*end = '\0';
	n = number(end + 1, 65535, &port);
	if (!n || end[1 + n] != mark || end[2 + n] || ipaddr_parse(addr, &c->addr))
		return false;
	c->port = (uint16_t)port;
	return c->addr.family == (family == 1 ? AF_INET : AF_INET6) && family;
}

/* Is @data, which begins a line, what PORT or EPRT begin with? */
static bool has_verb(const uint8_t *data, size_t len)
{
	size_t n = len < VERB ? len : VERB;

	return !strncasecmp((const char *)data, "PORT ", n) ||
	       !strncasecmp((const char *)data, "EPRT ", n);
}

/* A whole line: a PORT or EPRT? */
static bool parse_line(struct ftp_cmd *c, const uint8_t *data, size_t len)
{
	char line[FTP_CMD_MAX], *s = line + VERB;

	if (len > sizeof(line) || len <= VERB || !has_verb(data, len))
		return false;
	memcpy(line, data, len);
	do
		line[--len] = '\0';
	while (len > VERB && (line[len - 1] == '\r' || line[len - 1] == ' '));
	while (*s == ' ')
		s++;
	c->extended = line[0] == 'E' || line[0] == 'e';
	return c->extended ? parse_eprt(c, s) : parse_port(c, s);
}

/**
 * ftp_cmd_scan - what comes next on a control connection
 * @c: filled in
 * @passed: bytes of the line at hand that were passed on, see ftp_cmd_passed()
 * @data: what the client has sent after them
 * @len: bytes, at least one
 * @all: it will send no more, so nothing is worth waiting for
 *
 * Only what may still become PORT or EPRT is to be held, and FTP_CMD_MAX bytes
 * of it at most.
 */
void ftp_cmd_scan(struct ftp_cmd *c, uint32_t passed, const uint8_t *data, size_t len, bool all)
{
	size_t at = 0, n = 0, i;
	const uint8_t *nl;

	memset(c, 0, sizeof(*c));
	while (at < len && c->what == FTP_TEXT) {
		nl = memchr(data + at, '\n', len - at);
		n = nl ? (size_t)(nl - data) + 1 - at : len - at;
		for (i = at; i < at + n && !is_binary(data[i]); i++)
			;
		if (i < at + n || passed + n > FTP_LINE_MAX)
			c->what = FTP_OPAQUE;
		else if (!passed && nl && parse_line(c, data + at, n))
			c->what = FTP_ADDRESS;
		else if (!passed && !nl && !all && n < FTP_CMD_MAX && has_verb(data + at, n))
			c->what = FTP_HOLD;
		if (c->what != FTP_TEXT)
			break;
		at += n;
		passed = 0;
	}
	/* First what is before it. */
	if (at)
		c->what = FTP_TEXT;
	c->len = c->what == FTP_ADDRESS ? n : at;
}

/**
 * ftp_cmd_passed - bytes of the line at hand that were passed on
 * @passed: as it was
 * @data: what was passed on since
 * @len: bytes
 *
 * Return: 0 at the start of a line.
 */
uint32_t ftp_cmd_passed(uint32_t passed, const uint8_t *data, size_t len)
{
	const uint8_t *nl = memrchr(data, '\n', len);

	return nl ? (uint32_t)(data + len - nl - 1) : passed + (uint32_t)len;
}

/**
 * ftp_cmd_format - PORT or EPRT with another address
 * @out: the line, with its end
 * @extended: EPRT; PORT knows IPv4 only
 * @addr: where the client waits
 * @port: see @addr
 *
 * Return: bytes, 0 when it cannot be said.
 */
size_t ftp_cmd_format(char out[FTP_CMD_OUT], bool extended, const struct ipaddr *addr,
		      uint16_t port)
{
	const uint8_t *b = addr->a.b;
	char text[46];
	int n = 0;

	if (extended)
		n = snprintf(out, FTP_CMD_OUT, "EPRT |%d|%s|%u|\r\n",
			     addr->family == AF_INET6 ? 2 : 1, ipaddr_format(addr, text), port);
	else if (addr->family == AF_INET)
		n = snprintf(out, FTP_CMD_OUT, "PORT %u,%u,%u,%u,%u,%u\r\n", b[0], b[1], b[2], b[3],
			     port >> 8, port & 255U);
	return n > 0 && n < FTP_CMD_OUT ? (size_t)n : 0;
}
