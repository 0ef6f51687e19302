// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>
#include "limit.h"
#include "loop.h"

/**
 * limit_take - a client has spoken
 * @l: the limit
 * @mac: its hardware address
 * @now: monotonic ns
 *
 * Return: it may; LIMIT_RATE a second, and LIMIT_BURST at once after a pause.
 */
bool limit_take(struct limit *l, const uint8_t mac[6], uint64_t now)
{
	const uint64_t one = SEC / LIMIT_RATE, burst = LIMIT_BURST * one;
	struct limit_client *c;
	uint32_t h = 2166136261U;
	int i;

	for (i = 0; i < 6; i++)
		h = (h ^ mac[i]) * 16777619U;
	c = &l->clients[h % LIMIT_CLIENTS];
	/* Two that share a place are not counted together: the new one begins. */
	if (memcmp(c->mac, mac, 6) != 0) {
		memcpy(c->mac, mac, 6);
		c->at = 0;
	}
	if (c->at + burst < now)
		c->at = now - burst;
	if (c->at + one > now)
		return false;
	c->at += one;
	return true;
}
