/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMNET_NATD_TCP_OPT_H
#define VMNET_NATD_TCP_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TCP_OPT_SACKS 4

/**
 * struct tcp_opts - the options of a segment, as far as we care
 * @mss: 0 when there is none
 * @wscale: shift, -1 when there is none; at most 14
 * @sack_ok: SACK permitted
 * @nsacks: SACK blocks
 * @sack: their edges, host order
 */
struct tcp_opts {
	uint16_t mss;
	int8_t wscale;
	bool sack_ok;
	unsigned int nsacks;
	struct {
		uint32_t from, to;
	} sack[TCP_OPT_SACKS];
};

void tcp_opts_parse(const uint8_t *opt, size_t len, struct tcp_opts *out);
size_t tcp_opts_syn(uint8_t *at, uint16_t mss, bool sack_ok, int wscale);
size_t tcp_opts_sack(uint8_t *at, uint32_t (*edges)[2], unsigned int n);

#endif
