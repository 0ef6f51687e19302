// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Option values (RFC 2132, 3397, 3442). All return 0, -EINVAL for a word that
 * is no such value, -ENOSPC when the value gets too long.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "conf_value.h"
#include "pkt.h"

/* Any bytes. */
int value_put(struct opt_value *v, const void *data, size_t len)
{
	if (v->len + len > sizeof(v->data))
		return -ENOSPC;
	if (len)
		memcpy(v->data + v->len, data, len);
	v->len += len;
	return 0;
}

int value_put_ip(struct opt_value *v, const char *text)
{
	uint32_t ip;

	return ip4_parse(text, &ip) ? -EINVAL : value_put(v, &ip, 4);
}

struct number {
	char type;
	uint8_t bytes;
	int64_t min, max;
	const char *name;
};

/* ISC's "integer" takes both, as its users write 192 for an "integer 8". */
static const struct number numbers[] = {
	{ 'b', 1, 0, UINT8_MAX, "a number from 0 to 255" },
	{ 'w', 2, 0, UINT16_MAX, "a number from 0 to 65535" },
	{ 'l', 4, 0, UINT32_MAX, "a number from 0 to 4294967295" },
	{ 'B', 1, INT8_MIN, INT8_MAX, "a number from -128 to 127" },
	{ 'W', 2, INT16_MIN, INT16_MAX, "a number from -32768 to 32767" },
	{ 'L', 4, INT32_MIN, INT32_MAX, "a number from -2147483648 to 2147483647" },
	{ 'i', 1, INT8_MIN, UINT8_MAX, "a number from -128 to 255" },
	{ 'j', 2, INT16_MIN, UINT16_MAX, "a number from -32768 to 65535" },
	{ 'k', 4, INT32_MIN, UINT32_MAX, "a number from -2147483648 to 4294967295" },
};

static const struct number *number_of(char type)
{
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (numbers[i].type == type)
			return &numbers[i];
	return NULL;
}

/* Decimal, 0x hexadecimal or 0 octal. */
int value_put_number(struct opt_value *v, char type, const char *text)
{
	const struct number *n = number_of(type);
	char *end;
	long long x;
	uint8_t out[4];
	int i;

	if (!*text || strchr(" \t+", *text))
		return -EINVAL;
	errno = 0;
	x = strtoll(text, &end, 0);
	if (*end || errno || x < n->min || x > n->max)
		return -EINVAL;
	for (i = 0; i < n->bytes; i++)
		out[i] = (uint8_t)((uint64_t)x >> 8 * (n->bytes - 1 - i));
	return value_put(v, out, n->bytes);
}

int value_put_flag(struct opt_value *v, const char *text)
{
	bool on = !strcasecmp(text, "true") || !strcasecmp(text, "on");

	if (!on && strcasecmp(text, "false") != 0 && strcasecmp(text, "off") != 0)
		return -EINVAL;
	return value_put(v, on ? "\1" : "", 1);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Bytes with a colon in between, one or two digits each. */
int value_put_hex(struct opt_value *v, const char *text)
{
	do {
		int high = 0, low = hex_digit(*text);
		uint8_t b;

		if (low < 0)
			return -EINVAL;
		if (hex_digit(*++text) >= 0) {
			high = low;
			low = hex_digit(*text++);
		}
		b = (uint8_t)(high << 4 | low);
		if (value_put(v, &b, 1))
			return -ENOSPC;
	} while (*text++ == ':');
	return text[-1] ? -EINVAL : 0;
}

/* Does the name at @at say the same as @text, without its last dot? */
static bool is_name(const struct opt_value *v, size_t at, const char *text)
{
	for (;;) {
		size_t n = strcspn(text, ".");

		/* Pointers only lead back, so this ends. */
		while (v->data[at] >= 0xc0)
			at = (size_t)(v->data[at] & 0x3f) << 8 | v->data[at + 1];
		if (v->data[at] != n)
			return false;
		if (!n)
			return true;
		if (strncasecmp((const char *)v->data + at + 1, text, n) != 0)
			return false;
		at += n + 1;
		text += n;
		if (*text == '.')
			text++;
	}
}

/* A pointer to where the same name stands already. 1: done, 0: it does not. */
static int put_pointer(struct opt_value *v, const char *text, unsigned int nnames)
{
	unsigned int i;

	for (i = 0; i < nnames; i++) {
		if (is_name(v, v->names[i], text)) {
			uint16_t be = htons((uint16_t)(0xc000 | v->names[i]));
			int err = value_put(v, &be, 2);

			return err ? err : 1;
		}
	}
	return 0;
}

static int put_label(struct opt_value *v, const char *text, size_t n)
{
	uint8_t len = (uint8_t)n;

	if (!n || n > 63)
		return -EINVAL;
	if (v->nnames < sizeof(v->names) / sizeof(v->names[0]))
		v->names[v->nnames++] = (uint16_t)v->len;
	return value_put(v, &len, 1) || value_put(v, text, n) ? -ENOSPC : 0;
}

/* A domain name in labels (RFC 1035 3.1); its end may be that of another (RFC 3397). */
int value_put_name(struct opt_value *v, const char *text, bool compress)
{
	unsigned int nnames = v->nnames; /* not the one that is being put in */
	int err = strlen(text) > 254 ? -EINVAL : 0;

	while (!err && *text) {
		size_t n = strcspn(text, ".");

		err = compress ? put_pointer(v, text, nnames) : 0;
		if (err)
			return err < 0 ? err : 0;
		err = put_label(v, text, n);
		text += n;
		if (*text == '.')
			text++;
	}
	return err ? err : value_put(v, "", 1);
}

/* ADDRESS/BITS as RFC 3442 has it: the bits, and the bytes that are not 0 by them. */
int value_put_destination(struct opt_value *v, const char *text)
{
	const char *slash = strchr(text, '/');
	char addr[16], *end;
	uint32_t ip, mask;
	unsigned long bits;
	uint8_t b;

	if (!slash || slash - text >= (int)sizeof(addr) || hex_digit(slash[1]) < 0)
		return -EINVAL;
	memcpy(addr, text, (size_t)(slash - text));
	addr[slash - text] = '\0';
	bits = strtoul(slash + 1, &end, 10);
	if (*end || bits > 32 || ip4_parse(addr, &ip))
		return -EINVAL;
	mask = bits ? 0xffffffffU << (32 - bits) : 0;
	if (ntohl(ip) & ~mask)
		return -EINVAL;
	b = (uint8_t)bits;
	return value_put(v, &b, 1) || value_put(v, &ip, (bits + 7) / 8) ? -ENOSPC : 0;
}

/* What is expected, for messages. */
const char *value_type_name(char type)
{
	const struct number *n = number_of(type);

	switch (type) {
	case 'I':
		return "an IPv4 address";
	case 'f':
		return "true or false";
	case 't':
		return "a string";
	case 'x':
		return "a string in quotes or hexadecimal bytes, 01:ab:...";
	case 'd':
	case 'C':
		return "a domain name";
	case 'r':
		return "NETWORK/BITS GATEWAY, or bytes";
	}
	return n ? n->name : "a value";
}
