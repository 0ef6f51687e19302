// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The options that dhcpd.conf can name (RFC 2132, 2937, 3397, 3442). No I/O.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "conf_opts.h"
#include "pkt.h"

static const struct opt_def defs[] = {
	{ "subnet-mask", 1, OPT_IP },
	{ "time-offset", 2, OPT_S32 },
	{ "routers", 3, OPT_IPS },
	{ "time-servers", 4, OPT_IPS },
	{ "domain-name-servers", 6, OPT_IPS },
	{ "log-servers", 7, OPT_IPS },
	{ "host-name", 12, OPT_TEXT },
	{ "domain-name", 15, OPT_TEXT },
	{ "root-path", 17, OPT_TEXT },
	{ "ip-forwarding", 19, OPT_FLAG },
	{ "interface-mtu", 26, OPT_U16 },
	{ "broadcast-address", 28, OPT_IP },
	{ "nis-domain", 40, OPT_TEXT },
	{ "nis-servers", 41, OPT_IPS },
	{ "ntp-servers", 42, OPT_IPS },
	{ "vendor-encapsulated-options", 43, OPT_BYTES },
	{ "netbios-name-servers", 44, OPT_IPS },
	{ "netbios-node-type", 46, OPT_U8 },
	{ "tftp-server-name", 66, OPT_TEXT },
	{ "bootfile-name", 67, OPT_TEXT },
	{ "domain-search", 119, OPT_NAMES },
	{ "rfc3442-classless-static-routes", 121, OPT_BYTES },
	{ "wpad", 252, OPT_TEXT },
};

const struct opt_def *opt_def_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(defs) / sizeof(defs[0]); i++)
		if (!strcmp(defs[i].name, name))
			return &defs[i];
	return NULL;
}

const char *opt_type_name(enum opt_type type)
{
	static const char *const names[] = {
		[OPT_IPS] = "IPv4 addresses",
		[OPT_IP] = "an IPv4 address",
		[OPT_TEXT] = "a string",
		[OPT_U8] = "a number up to 255",
		[OPT_U16] = "a number up to 65535",
		[OPT_S32] = "a number",
		[OPT_FLAG] = "true or false",
		[OPT_NAMES] = "domain names",
		[OPT_BYTES] = "numbers up to 255, or hex bytes",
	};

	return names[type];
}

static int put(struct opt_value *o, const void *data, size_t len)
{
	if (o->len + len > sizeof(o->data))
		return -ENOSPC;
	memcpy(o->data + o->len, data, len);
	o->len += len;
	return 0;
}

static int put_number(struct opt_value *o, const char *text, long min, long max, size_t bytes)
{
	char *end;
	long v = strtol(text, &end, 10);
	uint8_t out[4];
	size_t i;

	if (!*text || *end || v < min || v > max)
		return -EINVAL;
	for (i = 0; i < bytes; i++)
		out[i] = (uint8_t)((unsigned long)v >> (8 * (bytes - 1 - i)));
	return put(o, out, bytes);
}

/* "01:02:ff" or one decimal number. */
static int put_bytes(struct opt_value *o, const char *text)
{
	if (!strchr(text, ':'))
		return put_number(o, text, 0, 255, 1);
	while (*text) {
		char *end;
		unsigned long v = strtoul(text, &end, 16);
		uint8_t b = (uint8_t)v;

		if (end == text || v > 255 || (*end && *end != ':') || put(o, &b, 1))
			return -EINVAL;
		text = *end ? end + 1 : end;
	}
	return 0;
}

/* A domain name in labels, without compression (RFC 3397). */
static int put_name(struct opt_value *o, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, ".");
		uint8_t len = (uint8_t)n;

		if (!n || n > 63 || put(o, &len, 1) || put(o, text, n))
			return -EINVAL;
		text += n;
		if (*text == '.')
			text++;
	}
	return put(o, "", 1);
}

/**
 * opt_add_value - append a value to an option
 * @o: the option
 * @def: what it is
 * @quoted: the value stood in quotes
 * @text: the value
 * @len: bytes of it
 *
 * Return: 0, -EINVAL for a value of the wrong kind, -ENOSPC.
 */
int opt_add_value(struct opt_value *o, const struct opt_def *def, bool quoted, const char *text,
		  size_t len)
{
	uint32_t ip;
	uint8_t b;

	switch (def->type) {
	case OPT_IP:
		if (o->len)
			return -EINVAL;
		/* fallthrough */
	case OPT_IPS:
		if (quoted || ip4_parse(text, &ip))
			return -EINVAL;
		return put(o, &ip, 4);
	case OPT_TEXT:
		/* VMware writes domain names with and without quotes. */
		return o->len ? -EINVAL : put(o, text, len);
	case OPT_U8:
		return o->len ? -EINVAL : put_number(o, text, 0, 255, 1);
	case OPT_U16:
		return o->len ? -EINVAL : put_number(o, text, 0, 65535, 2);
	case OPT_S32:
		return o->len ? -EINVAL : put_number(o, text, INT32_MIN, INT32_MAX, 4);
	case OPT_FLAG:
		b = !strcmp(text, "true") || !strcmp(text, "on");
		if (!b && strcmp(text, "false") != 0 && strcmp(text, "off") != 0)
			return -EINVAL;
		return put(o, &b, 1);
	case OPT_NAMES:
		return put_name(o, text);
	case OPT_BYTES:
		return put_bytes(o, text);
	}
	return -EINVAL;
}
