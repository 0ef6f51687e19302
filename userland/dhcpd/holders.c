// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>
#include "holders.h"
#include "loop.h"

static unsigned int count(const struct lease_db *db, const uint8_t mac[6])
{
	unsigned int n = 0;
	size_t i;

	for (i = 0; i < db->n; i++)
		if ((db->all[i]->state == LEASE_ACTIVE || db->all[i]->state == LEASE_OFFERED) &&
		    !memcmp(db->all[i]->mac, mac, 6))
			n++;
	return n;
}

/**
 * holders_take - may a hardware address have one more address?
 * @h: the holders
 * @db: the leases
 * @mac: the hardware address
 * @now: monotonic ns
 *
 * Leases are counted only for one that was given @most, at most once a second.
 * Return: it may, and that it does is noted.
 */
bool holders_take(struct holders *h, const struct lease_db *db, const uint8_t mac[6], uint64_t now)
{
	uint32_t hash = 2166136261U, i;

	for (i = 0; i < 6; i++)
		hash = (hash ^ mac[i]) * 16777619U;
	i = hash % HOLDERS;
	if (memcmp(h->list[i].mac, mac, 6) != 0) {
		memcpy(h->list[i].mac, mac, 6);
		h->list[i].n = 0;
		h->list[i].counted = 0;
	}
	if (h->list[i].n >= h->most) {
		if (h->list[i].counted && now - h->list[i].counted < SEC)
			return false;
		h->list[i].counted = now;
		h->list[i].n = count(db, mac);
		if (h->list[i].n >= h->most)
			return false;
	}
	h->list[i].n++;
	return true;
}
