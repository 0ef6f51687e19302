// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Flows by their key: comparison, and a keyed hash.
 */
#include <string.h>
#include "nat.h"
#include "siphash.h"

bool flow_key_equal(const struct flow_key *a, const struct flow_key *b)
{
	return a->gport == b->gport && a->pport == b->pport && ipaddr_equal(&a->guest, &b->guest) &&
	       ipaddr_equal(&a->peer, &b->peer);
}

/**
 * flow_key_hash - a hash that guests cannot foresee
 * @n: the NAT, which has the secret
 * @k: the key; members that do not count are zero
 *
 * Return: 64 bits.
 */
uint64_t flow_key_hash(const struct nat *n, const struct flow_key *k)
{
	uint64_t in[5];

	memcpy(in, k->guest.a.b, 16);
	memcpy(in + 2, k->peer.a.b, 16);
	in[4] = (uint64_t)k->guest.family << 40 | (uint64_t)k->gport << 16 | k->pport;
	return siphash13(n->secret, in, 5);
}
