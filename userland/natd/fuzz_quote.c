// SPDX-License-Identifier: GPL-2.0-or-later
/* Any ICMP error: what is passed on must be a sound one. */
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *msg = malloc(size ? size : 1);
	struct quote q, r;
	size_t hlen;

	memcpy(msg, data, size);
	quote_parse(msg, size, &q);
	/* No fuzzer finds checksums: put them right. */
	if (size >= 28) {
		hlen = (msg[8] & 15) * 4U;
		if (hlen >= 20 && 8 + hlen <= size)
			fix(msg + 8, 10, hlen);
		fix(msg, 2, size);
	}
	if (!quote_parse(msg, size, &q)) {
		quote_set_src(msg, size, &q, 0x01020304, 4711);
		quote_set_dst(msg, size, &q, 0x05060708, q.proto == IPPROTO_ICMP ? 4711 : 815);
		if (quote_parse(msg, size, &r) || r.src != 0x01020304 || r.dst != 0x05060708 ||
		    r.id != 4711 || r.l4 != q.l4)
			abort();
	}
	free(msg);
	return 0;
}
