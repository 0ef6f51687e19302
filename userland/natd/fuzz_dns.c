// SPDX-License-Identifier: GPL-2.0-or-later
/* Whatever a guest or a server sends as DNS, and any resolv.conf. */
#include <stdlib.h>
#include <string.h>

#include "dns_msg.h"
#include "resolv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte says where the query ends and the answer begins. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t out[512];
	struct resolv r;
	size_t qlen, n;
	int err;

	resolv_parse(&r, (const char *)data, size);
	if (!r.nservers || r.nservers > RESOLV_SERVERS || !r.attempts)
		abort();
	if (!size)
		return 0;
	qlen = *data++;
	size--;
	if (qlen > size)
		qlen = size;
	err = dns_query_check(data, qlen);
	if (!err)
		dns_answers(data, qlen, data + qlen, size - qlen);
	n = dns_error(data, qlen, DNS_RCODE_SERVFAIL, out, sizeof(out));
	if (n > sizeof(out) || (!err && !n))
		abort();
	/* Our own answer must be one that we would take. */
	if (!err && !dns_answers(data, qlen, out, n))
		abort();
	return 0;
}
