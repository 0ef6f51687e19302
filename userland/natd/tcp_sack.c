// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the guest has of the bytes in flight (RFC 2018, 6675). No I/O.
 */
#include <stdlib.h>
#include <string.h>
#include "tcp.h"

static void insert(struct flow *f, uint32_t from, uint32_t to)
{
	unsigned int i = 0, j;

	while (i < f->nsacked && seq_lt(f->sacked[i].to, from))
		i++;
	if (i < f->nsacked && seq_le(f->sacked[i].from, to)) {
		if (seq_lt(from, f->sacked[i].from))
			f->sacked[i].from = from;
		f->sacked[i].to = seq_max(f->sacked[i].to, to);
		/* It may have grown into those behind it. */
		for (j = i + 1; j < f->nsacked && seq_le(f->sacked[j].from, f->sacked[i].to); j++)
			f->sacked[i].to = seq_max(f->sacked[i].to, f->sacked[j].to);
		memmove(&f->sacked[i + 1], &f->sacked[j], (f->nsacked - j) * sizeof(f->sacked[0]));
		f->nsacked -= j - i - 1;
		return;
	}
	/* No room: what is not noted is sent again, no more. */
	if (!f->sacked)
		f->sacked = malloc(TCP_SACKED * sizeof(*f->sacked));
	if (!f->sacked || f->nsacked == TCP_SACKED)
		return;
	memmove(&f->sacked[i + 1], &f->sacked[i], (f->nsacked - i) * sizeof(f->sacked[0]));
	f->sacked[i].from = from;
	f->sacked[i].to = to;
	f->nsacked++;
}

/**
 * tcp_sack_update - note the blocks of a segment
 * @f: the flow
 * @o: the options; blocks outside of what is in flight are passed over
 */
void tcp_sack_update(struct flow *f, const struct tcp_opts *o)
{
	unsigned int i;

	for (i = 0; i < o->nsacks; i++) {
		uint32_t from = o->sack[i].from, to = o->sack[i].to;

		if (seq_le(to, from) || seq_lt(from, f->una) || seq_lt(f->max, to))
			continue;
		insert(f, from, to);
	}
}

/* Forget all. */
void tcp_sack_clear(struct flow *f)
{
	free(f->sacked);
	f->sacked = NULL;
	f->nsacked = 0;
}

/* Forget what lies before @una. */
void tcp_sack_trim(struct flow *f)
{
	unsigned int i = 0;

	while (i < f->nsacked && seq_le(f->sacked[i].to, f->una))
		i++;
	if (i == f->nsacked) {
		tcp_sack_clear(f);
		return;
	}
	memmove(f->sacked, &f->sacked[i], (f->nsacked - i) * sizeof(f->sacked[0]));
	f->nsacked -= i;
	if (seq_lt(f->sacked[0].from, f->una))
		f->sacked[0].from = f->una;
}

/**
 * tcp_sack_hole - the first bytes from @seq on that the guest lacks
 * @f: the flow
 * @seq: where to begin
 * @end: set to the end of the hole
 *
 * Return: where it begins. Bytes above the last block are no hole: they may be
 * on their way. Then the result equals @end.
 */
uint32_t tcp_sack_hole(const struct flow *f, uint32_t seq, uint32_t *end)
{
	unsigned int i;

	for (i = 0; i < f->nsacked; i++) {
		if (seq_lt(seq, f->sacked[i].from)) {
			*end = f->sacked[i].from;
			return seq;
		}
		if (seq_lt(seq, f->sacked[i].to))
			seq = f->sacked[i].to;
	}
	*end = seq;
	return seq;
}

/* Bytes in flight that have arrived. */
uint32_t tcp_sack_bytes(const struct flow *f)
{
	uint32_t n = 0;
	unsigned int i;

	for (i = 0; i < f->nsacked; i++)
		n += f->sacked[i].to - f->sacked[i].from;
	return n;
}
