// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Flows by their key: comparison, and a keyed hash.
 */
#include <string.h>
#include "nat.h"

bool flow_key_equal(const struct flow_key *a, const struct flow_key *b)
{
	return a->gport == b->gport && a->pport == b->pport && ipaddr_equal(&a->guest, &b->guest) &&
	       ipaddr_equal(&a->peer, &b->peer);
}

static uint64_t rotl(uint64_t v, int by)
{
	return v << by | v >> (64 - by);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[0] = rotl(v[0], 32);
	v[2] += v[3];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[2] = rotl(v[2], 32);
}

/**
 * flow_key_hash - a hash that guests cannot foresee
 * @n: the NAT, which has the secret
 * @k: the key; members that do not count are zero
 *
 * SipHash-1-3 over the words of the key. Return: 64 bits.
 */
uint64_t flow_key_hash(const struct nat *n, const struct flow_key *k)
{
	uint64_t v[4] = { n->secret[0] ^ 0x736f6d6570736575ULL,
			  n->secret[1] ^ 0x646f72616e646f6dULL,
			  n->secret[0] ^ 0x6c7967656e657261ULL,
			  n->secret[1] ^ 0x7465646279746573ULL };
	uint64_t in[5];
	int i;

	memcpy(in, k->guest.a.b, 16);
	memcpy(in + 2, k->peer.a.b, 16);
	in[4] = (uint64_t)k->guest.family << 40 | (uint64_t)k->gport << 16 | k->pport;
	for (i = 0; i < 5; i++) {
		v[3] ^= in[i];
		sip_round(v);
		v[0] ^= in[i];
	}
	v[2] ^= 0xff;
	for (i = 0; i < 3; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
