// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The words of a `networking` file, and how a mistake in it is noted. No I/O.
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "networking.h"

/**
 * net_fail() - note why and where the file is refused
 * @err: where to; may be NULL
 * @line: the line, 0 when the whole file is meant
 * @fmt: the reason
 *
 * Return: -EINVAL, to be returned.
 */
int net_fail(struct conf_err *err, unsigned int line, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return -EINVAL;
	err->line = line;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/**
 * net_parse_uint() - a decimal number that fills the whole string
 * @s: the string
 * @max: largest value allowed
 * @out: the value
 *
 * Return: 0 or -EINVAL.
 */
int net_parse_uint(const char *s, unsigned long max, unsigned long *out)
{
	unsigned long v = 0;

	if (!*s)
		return -EINVAL;
	for (; *s; s++) {
		if (!isdigit((unsigned char)*s))
			return -EINVAL;
		v = v * 10 + (unsigned long)(*s - '0');
		if (v > max)
			return -EINVAL;
	}
	*out = v;
	return 0;
}

/**
 * net_parse_addr() - a dotted IPv4 address
 * @s: the string
 * @out: the address in host byte order
 *
 * Return: 0 or -EINVAL.
 */
int net_parse_addr(const char *s, uint32_t *out)
{
	uint32_t addr = 0;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		char part[4] = "";
		size_t n = strspn(s, "0123456789");
		unsigned long v;

		if (n > 3)
			return -EINVAL;
		memcpy(part, s, n);
		if (net_parse_uint(part, 255, &v))
			return -EINVAL;
		addr = addr << 8 | (uint32_t)v;
		s += n;
		if (*s++ != (i < 3 ? '.' : '\0'))
			return -EINVAL;
	}
	*out = addr;
	return 0;
}

/**
 * net_parse_nic() - the name of a network interface
 * @s: the string
 * @out: the name
 *
 * Return: 0 or -EINVAL for a name no interface can have.
 */
int net_parse_nic(const char *s, char out[IFNAMSIZ])
{
	size_t n = strlen(s);

	if (!n || n >= IFNAMSIZ || strpbrk(s, "/: \t") || !strcmp(s, ".") || !strcmp(s, ".."))
		return -EINVAL;
	memcpy(out, s, n + 1);
	return 0;
}
