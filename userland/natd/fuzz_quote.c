// SPDX-License-Identifier: GPL-2.0-or-later
/* Any ICMP error of either family: what is passed on must be a sound one. */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "quote.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fix(uint8_t *at, size_t csum, size_t len)
{
	uint16_t sum;

	memset(at + csum, 0, 2);
	sum = csum_ip(at, len);
	memcpy(at + csum, &sum, 2);
}

static void rewrite(uint8_t family, uint8_t *msg, size_t size)
{
	struct ipaddr src = { family, { .b = { 1, 2, 3, 4 } } };
	struct ipaddr dst = { family, { .b = { 5, 6, 7, 8 } } };
	struct quote q, r;

	if (quote_parse(family, msg, size, &q))
		return;
	if (q.end > size || q.l4 + 8 > q.end)
		abort();
	quote_set_src(msg, size, &q, &src, 4711);
	quote_set_dst(msg, size, &q, &dst, quote_is_echo(&q) ? 4711 : 815);
	if (quote_parse(family, msg, size, &r) || !ipaddr_equal(&r.src, &src) ||
	    !ipaddr_equal(&r.dst, &dst) || r.id != 4711 || r.l4 != q.l4)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *msg = malloc(size ? size : 1);
	struct quote q;
	size_t hlen;

	memcpy(msg, data, size);
	quote_parse(AF_INET, msg, size, &q);
	rewrite(AF_INET6, msg, size);
	/* No fuzzer finds checksums: put them right. */
	if (size >= 28) {
		hlen = (msg[8] & 15) * 4U;
		if (hlen >= 20 && 8 + hlen <= size)
			fix(msg + 8, 10, hlen);
		fix(msg, 2, size);
	}
	rewrite(AF_INET, msg, size);
	free(msg);
	return 0;
}
