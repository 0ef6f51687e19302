// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Leases as text. No I/O.
 */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "leasetext.h"
#include "pkt.h"

static const uint8_t no_mac[6];

static void add(char *buf, size_t size, size_t *n, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static void add(char *buf, size_t size, size_t *n, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = vsnprintf(buf + *n, size - *n, fmt, ap);
	va_end(ap);
	if (r > 0)
		*n += (size_t)r;
	if (*n >= size)
		*n = size - 1;
}

static void add_time(char *buf, size_t size, size_t *n, const char *what, time_t t)
{
	struct tm tm;

	if (t == LEASE_NEVER || !gmtime_r(&t, &tm)) {
		add(buf, size, n, "  %s never;\n", what);
		return;
	}
	add(buf, size, n, "  %s %d %04d/%02d/%02d %02d:%02d:%02d;\n", what, tm.tm_wday,
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* A guest chooses these bytes: nothing of them may end the string or the line. */
static void add_string(char *buf, size_t size, size_t *n, const char *what, const uint8_t *data,
		       size_t len)
{
	size_t i;

	add(buf, size, n, "  %s \"", what);
	for (i = 0; i < len; i++) {
		uint8_t c = data[i];

		if (c >= ' ' && c < 0x7f && c != '"' && c != '\\' && *n + 1 < size)
			buf[(*n)++] = (char)c;
		else
			add(buf, size, n, "\\%03o", c);
	}
	add(buf, size, n, "\";\n");
}

/**
 * lease_format - a lease as a block of the file
 * @r: the lease
 * @buf: where to put it, LEASE_TEXT bytes
 * @size: of @buf
 *
 * "hardware" is behind "ends": who looks for a guest reads the file so. Of an
 * abandoned address no client is named, since none is there. Return: bytes.
 */
size_t lease_format(const struct lease_record *r, char *buf, size_t size)
{
	char ip[16], mac[18];
	size_t n = 0;

	add(buf, size, &n, "lease %s {\n", ip4_format(htonl(r->addr), ip));
	add_time(buf, size, &n, "starts", r->starts);
	add_time(buf, size, &n, "ends", r->ends);
	if (r->abandoned) {
		add(buf, size, &n, "  abandoned;\n}\n");
		return n;
	}
	if (memcmp(r->mac, no_mac, sizeof(no_mac)) != 0)
		add(buf, size, &n, "  hardware ethernet %s;\n", mac_format(r->mac, mac));
	/* A client without an identifier is known by its address alone. */
	if (r->key.len && r->key.data[0] != 0)
		add_string(buf, size, &n, "uid", r->key.data + 1, r->key.len - 1U);
	if (r->hostname[0])
		add_string(buf, size, &n, "client-hostname", (const uint8_t *)r->hostname,
			   strlen(r->hostname));
	add(buf, size, &n, "}\n");
	return n;
}
