// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The ring that is window, reassembly queue and buffer in one. No I/O.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "tcp_ring.h"

/* Start empty; the next byte has sequence number @seq. */
void tcp_ring_init(struct tcp_ring *r, uint32_t seq)
{
	memset(r, 0, sizeof(*r));
	r->size = TCP_RING_SMALL;
	r->base = r->end = seq;
}

/* Have the large window from now on. Return: false while bytes are kept. */
bool tcp_ring_grow(struct tcp_ring *r)
{
	if (r->data)
		return false;
	r->size = TCP_RING_BIG;
	return true;
}

void tcp_ring_done(struct tcp_ring *r)
{
	free(r->data);
	free(r->early);
	r->data = NULL;
	r->early = NULL;
	r->nearly = 0;
}

static void copy_in(struct tcp_ring *r, uint32_t seq, const uint8_t *data, uint32_t len)
{
	uint32_t at = seq & (r->size - 1), first = r->size - at;

	if (first > len)
		first = len;
	memcpy(r->data + at, data, first);
	memcpy(r->data, data + first, len - first);
}

static void remove_early(struct tcp_ring *r, unsigned int i)
{
	r->nearly--;
	memmove(&r->early[i], &r->early[i + 1], (r->nearly - i) * sizeof(r->early[0]));
	if (r->latest > i)
		r->latest--;
	if (!r->nearly) {
		free(r->early);
		r->early = NULL;
	}
}

/* Distances from the end keep their order across the wrap. */
static bool before(const struct tcp_ring *r, uint32_t a, uint32_t b)
{
	return a - r->end < b - r->end;
}

/* What came early and is early no more; it may lie before the end, and even
 * before the base, when a copy of it has just been taken.
 */
static void absorb(struct tcp_ring *r)
{
	while (r->nearly && (int32_t)(r->early[0].from - r->end) <= 0) {
		if ((int32_t)(r->early[0].to - r->end) > 0)
			r->end = r->early[0].to;
		remove_early(r, 0);
	}
}

/* Note [from, to) as early. -ENOBUFS: too many holes; -ENOMEM. */
static int add_early(struct tcp_ring *r, uint32_t from, uint32_t to)
{
	unsigned int i = 0;

	if (!r->early)
		r->early = malloc(TCP_RING_HOLES * sizeof(*r->early));
	if (!r->early)
		return -ENOMEM;
	while (i < r->nearly && before(r, r->early[i].to, from))
		i++;
	if (i == r->nearly || before(r, to, r->early[i].from)) {
		if (r->nearly == TCP_RING_HOLES)
			return -ENOBUFS;
		memmove(&r->early[i + 1], &r->early[i], (r->nearly - i) * sizeof(r->early[0]));
		r->early[i].from = from;
		r->early[i].to = to;
		r->nearly++;
		r->latest = i;
		return 0;
	}
	if (before(r, from, r->early[i].from))
		r->early[i].from = from;
	if (before(r, r->early[i].to, to))
		r->early[i].to = to;
	r->latest = i;
	while (i + 1 < r->nearly && !before(r, r->early[i].to, r->early[i + 1].from)) {
		if (before(r, r->early[i].to, r->early[i + 1].to))
			r->early[i].to = r->early[i + 1].to;
		remove_early(r, i + 1);
	}
	return 0;
}

/**
 * tcp_ring_put - keep bytes
 * @r: the ring
 * @seq: of the first; not before the end of what is in order
 * @data: the bytes
 * @len: all of them within the room
 *
 * Return: 0; -ENOBUFS when they came too scattered, -ENOMEM: then they are not
 * kept and must not be acknowledged.
 */
int tcp_ring_put(struct tcp_ring *r, uint32_t seq, const uint8_t *data, uint32_t len)
{
	int err;

	if (!len)
		return 0;
	if (seq - r->base > r->size || seq - r->base + len > r->size)
		return -ENOBUFS;
	if (!r->data) {
		r->data = malloc(r->size);
		if (!r->data)
			return -ENOMEM;
	}
	if (seq != r->end) {
		err = add_early(r, seq, seq + len);
		if (err)
			return err;
		copy_in(r, seq, data, len);
		return 0;
	}
	copy_in(r, seq, data, len);
	r->end = seq + len;
	absorb(r);
	return 0;
}

/* What waits in order, in one or two pieces. Return: pieces. */
unsigned int tcp_ring_peek(const struct tcp_ring *r, struct iovec iov[2])
{
	uint32_t at = r->base & (r->size - 1), len = r->end - r->base;
	uint32_t first = r->size - at;

	if (!len)
		return 0;
	if (first > len)
		first = len;
	iov[0].iov_base = r->data + at;
	iov[0].iov_len = first;
	iov[1].iov_base = r->data;
	iov[1].iov_len = len - first;
	return first < len ? 2 : 1;
}

/* Forget @len bytes that are in order; memory goes when nothing is left. */
void tcp_ring_drop(struct tcp_ring *r, uint32_t len)
{
	r->base += len;
	if (r->base == r->end && !r->nearly)
		tcp_ring_done(r);
}

/* @len bytes in order went past the ring, which held none in order. */
void tcp_ring_skip(struct tcp_ring *r, uint32_t len)
{
	r->base += len;
	r->end += len;
	absorb(r);
	if (r->base == r->end && !r->nearly)
		tcp_ring_done(r);
}

/**
 * tcp_ring_sack - blocks for a SACK option
 * @r: the ring
 * @edges: filled in, the block that grew last first (RFC 2018)
 * @max: most blocks
 *
 * Return: how many.
 */
unsigned int tcp_ring_sack(const struct tcp_ring *r, uint32_t (*edges)[2], unsigned int max)
{
	unsigned int i, n = 0;

	if (!r->nearly)
		return 0;
	edges[n][0] = r->early[r->latest].from;
	edges[n++][1] = r->early[r->latest].to;
	for (i = 0; i < r->nearly && n < max; i++) {
		if (i == r->latest)
			continue;
		edges[n][0] = r->early[i].from;
		edges[n++][1] = r->early[i].to;
	}
	return n;
}
