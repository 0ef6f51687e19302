// SPDX-License-Identifier: GPL-2.0-or-later
/* Any lease file, and whatever a guest asks about it. */
#include <stdlib.h>
#include <string.h>

#include "dns_local.h"
#include "dns_msg.h"

#define NOW 1700000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(const struct lease_record *r, void *arg)
{
	leases_add(arg, r, NOW);
}

static void check(const struct leases *t)
{
	uint32_t i, n = 0;

	for (i = 0; i < t->used; i++) {
		const struct leases_entry *e = &t->list[i];
		const struct leases_entry *best;

		if (!e->name[0])
			continue;
		n++;
		best = leases_by_name(t, e->name, strlen(e->name), NOW);
		if (!names_valid(e->name, strlen(e->name)) || !best || best->starts < e->starts ||
		    leases_by_addr(t, e->addr, NOW) != e)
			abort();
	}
	if (n != t->n)
		abort();
}

/* The first byte says where the query ends and the file begins. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint64_t secret[2] = { 1, 2 };
	static const struct names hosts;
	static struct leases t;
	const struct dns_known k = {
		.hosts = &hosts,
		.leases = &t,
		.domain = "localdomain",
		.now = NOW,
	};
	uint8_t out[DNS_LOCAL_ROOM];
	size_t qlen, n;

	if (!size)
		return 0;
	qlen = *data++;
	size--;
	if (qlen > size)
		qlen = size;
	leases_init(&t, secret);
	lease_file_parse((const char *)data + qlen, size - qlen, take, &t);
	check(&t);
	n = dns_local(&k, data, qlen, out);
	if (n > sizeof(out) || (n && !dns_answers(data, qlen, out, n)))
		abort();
	/* Read again, one block of it less. */
	leases_begin(&t);
	if (size > qlen + 100)
		lease_file_parse((const char *)data + qlen + 100, size - qlen - 100, take, &t);
	leases_end(&t, NOW);
	check(&t);
	leases_done(&t);
	return 0;
}
