// SPDX-License-Identifier: GPL-2.0-or-later
/* Any hosts file, and whatever a guest asks about it. */
#include <stdlib.h>
#include <string.h>

#include "dns_local.h"
#include "dns_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte says where the query ends and the file begins. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ipaddr self = ipaddr_v4(0x0100630a);
	uint8_t out[DNS_LOCAL_ROOM];
	static const struct leases none;
	struct names t;
	const struct dns_known k = { .hosts = &t, .leases = &none, .domain = "localdomain" };
	size_t qlen, n;
	uint32_t i;

	if (!size)
		return 0;
	qlen = *data++;
	size--;
	if (qlen > size)
		qlen = size;
	if (names_hosts(&t, (const char *)data + qlen, size - qlen, &self))
		return 0;
	for (i = 0; i < t.n; i++) {
		const char *name = t.pool + t.list[i].name;

		if (!names_valid(name, strlen(name)) || !names_by_name(&t, name, NULL))
			abort();
	}
	n = dns_local(&k, data, qlen, out);
	if (n > sizeof(out) || (n && !dns_answers(data, qlen, out, n)))
		abort();
	names_done(&t);
	return 0;
}
