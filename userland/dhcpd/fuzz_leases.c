// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any bytes as a lease file. What is read from it is written, read again, and is the
 * same; and whatever is torn off behind a block, the block stays.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "leasetext.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	struct lease_record last;
	unsigned int n;
};

static void note(const struct lease_record *r, void *arg)
{
	struct seen *s = arg;

	s->last = *r;
	s->n++;
}

static bool same(const struct lease_record *a, const struct lease_record *b)
{
	if (a->addr != b->addr || a->starts != b->starts || a->ends != b->ends ||
	    a->abandoned != b->abandoned)
		return false;
	/* Nobody is named then. */
	if (a->abandoned)
		return true;
	return !memcmp(a->mac, b->mac, sizeof(a->mac)) && a->key.len == b->key.len &&
	       !memcmp(a->key.data, b->key.data, a->key.len) && !strcmp(a->hostname, b->hostname);
}

static void there_and_back(const struct lease_record *r, void *arg)
{
	char text[LEASE_TEXT], torn[LEASE_TEXT + 8];
	size_t len = lease_format(r, text, sizeof(text));
	struct seen s = { 0 };

	(void)arg;
	if (len + 1 >= sizeof(text) || memchr(text, 0, len))
		abort();
	if (lease_file_parse(text, len, note, &s) != len || s.n != 1 || !same(r, &s.last))
		abort();
	memcpy(torn, text, len);
	memcpy(torn + len, "lease 1.", 8);
	s.n = 0;
	if (lease_file_parse(torn, len + 8, note, &s) != len || s.n != 1)
		abort();
}

static void damaged(unsigned int from, unsigned int to, void *arg)
{
	(void)arg;
	if (from > to || !from)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct lease_reader reader = { .block = there_and_back, .damaged = damaged };

	if (lease_file_read((const char *)data, size, &reader) > size)
		abort();
	return 0;
}
