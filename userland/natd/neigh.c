// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Neighbours: which guest has which address, of either family. Learned from
 * whatever guests send; asked for when we must speak first (forwards).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nd.h"

#define SLOTS 1024 /* a direct-mapped table: an old guest may be asked for anew */
#define PENDING 2048 /* bytes of the one frame that waits for an answer */
#define ASK_AGAIN (1 * SEC)

/**
 * struct entry - one neighbour
 * @addr: its address, family 0 for an empty entry
 * @mac: valid when @known
 * @asked: when we last asked
 * @waiting: a frame that waits for the answer, or NULL
 */
struct entry {
	struct ipaddr addr;
	uint8_t mac[6];
	bool known;
	uint64_t asked;
	uint8_t *waiting;
	uint32_t waiting_len;
};

struct neigh {
	struct entry table[SLOTS];
};

static struct entry *slot(struct nat *n, const struct ipaddr *addr)
{
	struct flow_key key = { .guest = *addr };

	return &n->neigh->table[flow_key_hash(n, &key) % SLOTS];
}

static void drop_waiting(struct entry *e)
{
	free(e->waiting);
	e->waiting = NULL;
}

/* Take the slot for @addr; whoever had it is forgotten. */
static struct entry *claim(struct nat *n, const struct ipaddr *addr)
{
	struct entry *e = slot(n, addr);

	if (!ipaddr_equal(&e->addr, addr)) {
		drop_waiting(e);
		memset(e, 0, sizeof(*e));
		e->addr = *addr;
	}
	return e;
}

/* Send the frame that waited. */
static void release(struct nat *n, struct entry *e)
{
	struct frame *f;

	if (!e->waiting)
		return;
	f = nat_tx_get(n);
	memcpy(f->data, e->waiting, e->waiting_len);
	memcpy(f->data, e->mac, 6);
	f->len = e->waiting_len;
	nat_tx_put(n);
	drop_waiting(e);
}

/**
 * neigh_learn - a guest has shown its address
 * @n: the NAT
 * @addr: a guest's
 * @mac: where it is
 */
void neigh_learn(struct nat *n, const struct ipaddr *addr, const uint8_t mac[6])
{
	struct entry *e = slot(n, addr);

	if (e->known && ipaddr_equal(&e->addr, addr) && !memcmp(e->mac, mac, 6))
		return;
	e = claim(n, addr);
	memcpy(e->mac, mac, 6);
	e->known = true;
	release(n, e);
}

/**
 * neigh_resolve - put a guest's hardware address into a frame
 * @n: the NAT
 * @addr: a guest's
 * @f: a frame with the rest filled in
 *
 * Return: true when it can be sent. Else the guest is asked for, and the frame,
 * if it is a short one and the first, is sent when the answer comes.
 */
bool neigh_resolve(struct nat *n, const struct ipaddr *addr, struct frame *f)
{
	struct entry *e = claim(n, addr);

	if (e->known) {
		memcpy(f->data, e->mac, 6);
		return true;
	}
	if (!e->waiting && f->len <= PENDING && !f->tail_len && f->gso_type == FRAME_GSO_NONE &&
	    f->csum != FRAME_CSUM_PARTIAL) {
		e->waiting = malloc(f->len);
		if (e->waiting) {
			memcpy(e->waiting, f->data, f->len);
			e->waiting_len = f->len;
		}
	}
	if (!e->asked || loop_now(&n->loop) - e->asked > ASK_AGAIN) {
		e->asked = loop_now(&n->loop);
		if (addr->family == AF_INET6)
			nd_ask(n, addr);
		else
			arp_ask(n, addr->a.v4);
	}
	return false;
}

int neigh_init(struct nat *n)
{
	n->neigh = calloc(1, sizeof(*n->neigh));
	return n->neigh ? 0 : -ENOMEM;
}

void neigh_done(struct nat *n)
{
	size_t i;

	if (!n->neigh)
		return;
	for (i = 0; i < SLOTS; i++)
		drop_waiting(&n->neigh->table[i]);
	free(n->neigh);
	n->neigh = NULL;
}
