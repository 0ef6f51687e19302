/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMNET_NATD_TCP_RING_H
#define VMNET_NATD_TCP_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define TCP_RING_SMALL (1U << 16)
#define TCP_RING_BIG (1U << 20)
#define TCP_RING_HOLES 128

/* A range of sequence numbers [from, to). */
struct tcp_range {
	uint32_t from, to;
};

/**
 * struct tcp_ring - bytes of a guest that wait for the socket
 * @data: @size bytes, made when first needed, given back when empty
 * @size: the window, a power of two; changes only while there is no @data
 * @base: sequence number of the first byte that waits
 * @end: one behind the last byte that is there without a hole
 * @early: what came before its time, sorted by distance, no two touching; room
 *	for TCP_RING_HOLES, NULL while there is nothing
 * @nearly: how many
 * @latest: the block that grew last, for SACK's first block
 *
 * Positions are sequence numbers, so a byte has one place, and copies of it
 * land there. Part of its flow.
 */
struct tcp_ring {
	uint8_t *data;
	uint32_t size;
	uint32_t base, end;
	struct tcp_range *early;
	unsigned int nearly, latest;
};

void tcp_ring_init(struct tcp_ring *r, uint32_t seq);
bool tcp_ring_grow(struct tcp_ring *r);
void tcp_ring_done(struct tcp_ring *r);
int tcp_ring_put(struct tcp_ring *r, uint32_t seq, const uint8_t *data, uint32_t len);
unsigned int tcp_ring_peek(const struct tcp_ring *r, struct iovec iov[2]);
void tcp_ring_drop(struct tcp_ring *r, uint32_t len);
void tcp_ring_skip(struct tcp_ring *r, uint32_t len);
unsigned int tcp_ring_sack(const struct tcp_ring *r, uint32_t (*edges)[2], unsigned int max);

/* Bytes that wait in order. */
static inline uint32_t tcp_ring_ready(const struct tcp_ring *r)
{
	return r->end - r->base;
}

/* The first sequence number there is no room for. */
static inline uint32_t tcp_ring_edge(const struct tcp_ring *r)
{
	return r->base + r->size;
}

/* Bytes behind @end that there is room for. */
static inline uint32_t tcp_ring_room(const struct tcp_ring *r)
{
	return r->size - (r->end - r->base);
}

#endif
