/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SipHash-1-3 over whole words: a hash that guests cannot foresee. */
#ifndef VMNET_SIPHASH_H
#define VMNET_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

static inline uint64_t siphash_rotl(uint64_t v, int by)
{
	return v << by | v >> (64 - by);
}

static inline void siphash_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = siphash_rotl(v[1], 13) ^ v[0];
	v[0] = siphash_rotl(v[0], 32);
	v[2] += v[3];
	v[3] = siphash_rotl(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = siphash_rotl(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = siphash_rotl(v[1], 17) ^ v[2];
	v[2] = siphash_rotl(v[2], 32);
}

/**
 * siphash13 - hash some words
 * @secret: nobody else knows
 * @in: the words
 * @n: how many, always the same for one table
 *
 * Return: 64 bits.
 */
static inline uint64_t siphash13(const uint64_t secret[2], const uint64_t *in, size_t n)
{
	uint64_t v[4] = { secret[0] ^ 0x736f6d6570736575ULL, secret[1] ^ 0x646f72616e646f6dULL,
			  secret[0] ^ 0x6c7967656e657261ULL, secret[1] ^ 0x7465646279746573ULL };
	size_t i;

	for (i = 0; i < n; i++) {
		v[3] ^= in[i];
		siphash_round(v);
		v[0] ^= in[i];
	}
	v[2] ^= 0xff;
	for (i = 0; i < 3; i++)
		siphash_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

#endif
