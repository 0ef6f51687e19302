// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TCP options (RFC 9293, 7323, 2018). No I/O.
 */
#include <string.h>
#include "pkt.h"
#include "tcp_opt.h"

enum { OPT_END, OPT_NOP, OPT_MSS, OPT_WSCALE, OPT_SACK_OK, OPT_SACK };

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)pkt_get16(p) << 16 | pkt_get16(p + 2);
}

static void put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static void parse_one(uint8_t kind, const uint8_t *p, size_t len, struct tcp_opts *out)
{
	size_t i;

	switch (kind) {
	case OPT_MSS:
		if (len == 2)
			out->mss = pkt_get16(p);
		break;
	case OPT_WSCALE:
		if (len == 1)
			out->wscale = (int8_t)(p[0] > 14 ? 14 : p[0]);
		break;
	case OPT_SACK_OK:
		if (len == 0)
			out->sack_ok = true;
		break;
	case OPT_SACK:
		if (len % 8)
			break;
		for (i = 0; i < len / 8 && out->nsacks < TCP_OPT_SACKS; i++) {
			out->sack[out->nsacks].from = get32(p + 8 * i);
			out->sack[out->nsacks++].to = get32(p + 8 * i + 4);
		}
		break;
	}
}

/**
 * tcp_opts_parse - read the options of a segment
 * @opt: the first one
 * @len: bytes of all
 * @out: result; what makes no sense is passed over, and after a wrong length
 *	nothing more is read
 */
void tcp_opts_parse(const uint8_t *opt, size_t len, struct tcp_opts *out)
{
	memset(out, 0, sizeof(*out));
	out->wscale = -1;
	while (len) {
		size_t one;

		if (opt[0] == OPT_END)
			return;
		if (opt[0] == OPT_NOP) {
			opt++;
			len--;
			continue;
		}
		if (len < 2 || opt[1] < 2 || opt[1] > len)
			return;
		one = opt[1];
		parse_one(opt[0], opt + 2, one - 2, out);
		opt += one;
		len -= one;
	}
}

/**
 * tcp_opts_syn - the options of a SYN
 * @at: where; 12 bytes at most
 * @mss: largest segment we take
 * @sack_ok: permit SACK
 * @wscale: our shift, -1 for no scaling
 *
 * Return: bytes, a multiple of four.
 */
size_t tcp_opts_syn(uint8_t *at, uint16_t mss, bool sack_ok, int wscale)
{
	size_t n = 0;

	at[n++] = OPT_MSS;
	at[n++] = 4;
	at[n++] = (uint8_t)(mss >> 8);
	at[n++] = (uint8_t)mss;
	if (sack_ok) {
		at[n++] = OPT_NOP;
		at[n++] = OPT_NOP;
		at[n++] = OPT_SACK_OK;
		at[n++] = 2;
	}
	if (wscale >= 0) {
		at[n++] = OPT_NOP;
		at[n++] = OPT_WSCALE;
		at[n++] = 3;
		at[n++] = (uint8_t)wscale;
	}
	return n;
}

/**
 * tcp_opts_sack - tell what came early
 * @at: where; 36 bytes at most
 * @edges: from and to of each block
 * @n: blocks, at most four
 *
 * Return: bytes, a multiple of four; 0 when there are none.
 */
size_t tcp_opts_sack(uint8_t *at, uint32_t (*edges)[2], unsigned int n)
{
	size_t len = 4;
	unsigned int i;

	if (!n)
		return 0;
	at[0] = OPT_NOP;
	at[1] = OPT_NOP;
	at[2] = OPT_SACK;
	at[3] = (uint8_t)(2 + 8 * n);
	for (i = 0; i < n; i++) {
		put32(at + len, edges[i][0]);
		put32(at + len + 4, edges[i][1]);
		len += 8;
	}
	return len;
}
