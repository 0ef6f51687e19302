// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A control connection, in pieces: what is passed on is what was sent, held are
 * the bounded beginnings of two commands alone, and a command of ours is one.
 */
#include <stdlib.h>
#include <string.h>

#include "ftp_cmd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_ours(const struct ftp_cmd *c)
{
	char out[FTP_CMD_OUT];
	size_t len = ftp_cmd_format(out, c->extended, &c->addr, c->port);
	struct ftp_cmd again;

	if (!len || out[len - 1] != '\n')
		abort();
	ftp_cmd_scan(&again, 0, (const uint8_t *)out, len, false);
	if (again.what != FTP_ADDRESS || again.len != len || again.extended != c->extended ||
	    again.port != c->port || !ipaddr_equal(&again.addr, &c->addr))
		abort();
}

/* The first byte says how much comes at once. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t step = size ? data[0] + 1U : 1, at = 1, len = step;
	uint32_t passed = 0;

	while (at < size) {
		size_t n = len < size - at ? len : size - at;
		bool all = at + n == size;
		uint8_t *piece = malloc(n);
		struct ftp_cmd c;

		memcpy(piece, data + at, n);
		ftp_cmd_scan(&c, passed, piece, n, all);
		if (c.len > n || (c.what == FTP_TEXT) > c.len || (c.what == FTP_HOLD && all) ||
		    (c.what == FTP_HOLD &&
		     (passed || n >= FTP_CMD_MAX || memchr(piece, '\n', n))) ||
		    (c.what == FTP_ADDRESS && (passed || piece[c.len - 1] != '\n')))
			abort();
		if (c.what == FTP_ADDRESS)
			check_ours(&c);
		if (c.what == FTP_HOLD)
			len = n + step;
		else
			len = step;
		passed = ftp_cmd_passed(passed, piece, c.len);
		at += c.len;
		free(piece);
		if (c.what == FTP_OPAQUE)
			break;
	}
	return 0;
}
