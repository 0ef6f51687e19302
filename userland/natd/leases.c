// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "leases.h"
#include "siphash.h"

/*
 * Names that would have guests led astray: their own loopback, the gateway, and
 * those that programs ask for by themselves to learn what to trust (a proxy, a
 * tunnel).
 */
static const char *const reserved[] = { "localhost", "gateway", "wpad", "isatap" };

/* Begin without any. */
void leases_init(struct leases *t, const uint64_t secret[2])
{
	memset(t, 0, sizeof(*t));
	memcpy(t->secret, secret, sizeof(t->secret));
}

/* Forget all of them; may be done twice. */
void leases_done(struct leases *t)
{
	free(t->list);
	memset(t, 0, sizeof(*t));
}

static uint32_t *slot_of_addr(struct leases *t, uint32_t addr)
{
	const uint64_t in = addr;

	return &t->by_addr[siphash13(t->secret, &in, 1) % LEASES_BUCKETS];
}

static uint32_t *slot_of_name(struct leases *t, const char name[LEASES_LABEL])
{
	uint64_t in[LEASES_LABEL / sizeof(uint64_t)];

	memcpy(in, name, sizeof(in));
	return &t->by_name[siphash13(t->secret, in, sizeof(in) / sizeof(in[0])) % LEASES_BUCKETS];
}

/* A label of letters, digits, and hyphens between them (RFC 1123 2.1), in lower case. */
static bool take_label(char out[LEASES_LABEL], const char *text, size_t len)
{
	size_t i;

	if (!len || len >= LEASES_LABEL || text[0] == '-' || text[len - 1] == '-')
		return false;
	memset(out, 0, LEASES_LABEL);
	for (i = 0; i < len; i++) {
		char c = text[i];

		if (c >= 'A' && c <= 'Z')
			c |= 0x20;
		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
			return false;
		out[i] = c;
	}
	return true;
}

/* What a guest calls itself, without a domain of its choice. */
static bool take_name(char out[LEASES_LABEL], const char *hostname)
{
	size_t i;

	if (!take_label(out, hostname, strcspn(hostname, ".")))
		return false;
	for (i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (!strcmp(out, reserved[i]))
			return false;
	return true;
}

static struct leases_entry *find(struct leases *t, uint32_t addr)
{
	uint32_t i = *slot_of_addr(t, addr);

	while (i && t->list[i - 1].addr != addr)
		i = t->list[i - 1].next_addr;
	return i ? &t->list[i - 1] : NULL;
}

static void unlink_name(struct leases *t, struct leases_entry *e)
{
	uint32_t *at = slot_of_name(t, e->name), i = (uint32_t)(e - t->list) + 1;

	while (*at != i)
		at = &t->list[*at - 1].next_name;
	*at = e->next_name;
}

static void link_name(struct leases *t, struct leases_entry *e)
{
	uint32_t *slot = slot_of_name(t, e->name);

	e->next_name = *slot;
	*slot = (uint32_t)(e - t->list) + 1;
}

static void drop(struct leases *t, struct leases_entry *e)
{
	uint32_t *at = slot_of_addr(t, e->addr), i = (uint32_t)(e - t->list) + 1;

	unlink_name(t, e);
	while (*at != i)
		at = &t->list[*at - 1].next_addr;
	*at = e->next_addr;
	e->name[0] = '\0';
	e->next_addr = t->free;
	t->free = i;
	t->n--;
}

/*
 * Of guests that call themselves the same the newest counts. A few are kept, for
 * when that one goes; more would make a long way to every one of them.
 */
static void thin_out(struct leases *t, const char *name)
{
	struct leases_entry *e, *oldest = NULL;
	unsigned int same = 0;
	uint32_t i;

	for (i = *slot_of_name(t, name); i; i = e->next_name) {
		e = &t->list[i - 1];
		if (strcmp(e->name, name) != 0)
			continue;
		same++;
		if (!oldest || e->starts <= oldest->starts)
			oldest = e;
	}
	if (same > LEASES_SAME)
		drop(t, oldest);
}

/* Drop those that have ended, or that were not seen in the round that ends. */
static void sweep(struct leases *t, time_t now, bool old)
{
	uint32_t i;

	for (i = 0; i < t->used; i++) {
		struct leases_entry *e = &t->list[i];

		if (e->name[0] && (e->ends <= now || (old && e->round != t->round)))
			drop(t, e);
	}
}

/* Return: a new entry, or NULL. */
static struct leases_entry *make(struct leases *t, uint32_t addr, time_t now)
{
	struct leases_entry *e;
	uint32_t *slot, room;
	void *more;

	if (t->n == LEASES_MAX && t->swept != now) {
		t->swept = now;
		sweep(t, now, false);
	}
	if (t->free) {
		e = &t->list[t->free - 1];
		t->free = e->next_addr;
	} else {
		if (t->used == t->room) {
			room = t->room ? t->room * 2 : 64;
			more = room <= LEASES_MAX ? realloc(t->list, room * sizeof(*e)) : NULL;
			if (!more)
				return NULL;
			t->list = more;
			t->room = room;
		}
		e = &t->list[t->used++];
	}
	slot = slot_of_addr(t, addr);
	e->addr = addr;
	e->next_addr = *slot;
	*slot = (uint32_t)(e - t->list) + 1;
	t->n++;
	return e;
}

/**
 * leases_add - a block of the DHCP server's file
 * @t: the names
 * @r: the block: it counts instead of what was known of its address
 * @now: wall clock
 */
void leases_add(struct leases *t, const struct lease_record *r, time_t now)
{
	uint32_t addr = htonl(r->addr);
	struct leases_entry *e = find(t, addr);
	char name[LEASES_LABEL];

	if (r->abandoned || r->released || r->ends <= now || !take_name(name, r->hostname)) {
		if (e)
			drop(t, e);
		return;
	}
	if (e)
		unlink_name(t, e);
	else
		e = make(t, addr, now);
	if (!e) {
		t->refused++;
		return;
	}
	memcpy(e->name, name, sizeof(e->name));
	e->starts = r->starts;
	e->ends = r->ends;
	e->round = t->round;
	link_name(t, e);
	thin_out(t, name);
}

/* The file is read from its beginning. */
void leases_begin(struct leases *t)
{
	t->round++;
}

/* It has been read to its end: what is not in it is known no more. */
void leases_end(struct leases *t, time_t now)
{
	sweep(t, now, true);
}

/* How many guests have a name now. */
unsigned int leases_count(const struct leases *t, time_t now)
{
	unsigned int n = 0;
	uint32_t i;

	for (i = 0; i < t->used; i++)
		n += t->list[i].name[0] && t->list[i].ends > now;
	return n;
}

/**
 * leases_by_name - who has a name?
 * @t: the names
 * @name: one label, in lower case
 * @len: bytes
 * @now: wall clock
 *
 * Return: of the leases that have not ended the one that began last, or NULL.
 */
const struct leases_entry *leases_by_name(const struct leases *t, const char *name, size_t len,
					  time_t now)
{
	const struct leases_entry *e, *best = NULL;
	char label[LEASES_LABEL];
	uint32_t i;

	if (!take_label(label, name, len))
		return NULL;
	for (i = *slot_of_name((struct leases *)(uintptr_t)t, label); i; i = e->next_name) {
		e = &t->list[i - 1];
		if (e->ends > now && !strcmp(e->name, label) && (!best || e->starts > best->starts))
			best = e;
	}
	return best;
}

/* Return: the name of an address (network order), or NULL. */
const struct leases_entry *leases_by_addr(const struct leases *t, uint32_t addr, time_t now)
{
	const struct leases_entry *e = find((struct leases *)(uintptr_t)t, addr);

	return e && e->ends > now ? e : NULL;
}
