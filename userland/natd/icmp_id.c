// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <sys/random.h>
#include "icmp_id.h"

#define MAX_IDS 8192
#define MAX_PER_GUEST 2048
#define ID_IDLE (60 * SEC)

static struct icmp_id **guest_bucket(struct icmp_ids *t, const struct ipaddr *guest, uint16_t id)
{
	struct flow_key k = { .guest = *guest, .gport = id };

	return &t->by_guest[flow_key_hash(t->nat, &k) % ICMP_BUCKETS];
}

static void lru_remove(struct icmp_ids *t, struct icmp_id *m)
{
	*(m->older ? &m->older->newer : &t->oldest) = m->newer;
	*(m->newer ? &m->newer->older : &t->newest) = m->older;
}

static void lru_append(struct icmp_ids *t, struct icmp_id *m)
{
	m->used = loop_now(&t->nat->loop);
	m->older = t->newest;
	m->newer = NULL;
	*(t->newest ? &t->newest->newer : &t->oldest) = m;
	t->newest = m;
}

static void id_end(struct icmp_ids *t, struct icmp_id *m)
{
	struct icmp_id **p = guest_bucket(t, &m->guest, m->id);

	while (*p != m)
		p = &(*p)->next_guest;
	*p = m->next_guest;
	p = &t->by_ext[m->ext % ICMP_BUCKETS];
	while (*p != m)
		p = &(*p)->next_ext;
	*p = m->next_ext;
	lru_remove(t, m);
	t->n--;
	free(m);
}

static void on_expiry(struct loop *loop, struct loop_timer *timer)
{
	struct icmp_ids *t = (void *)((char *)timer - offsetof(struct icmp_ids, expiry));
	uint64_t now = loop_now(loop);

	while (t->oldest && now - t->oldest->used >= ID_IDLE)
		id_end(t, t->oldest);
	if (t->oldest)
		loop_timer_set(loop, timer, t->oldest->used + ID_IDLE - now);
}

static unsigned int ids_of(const struct icmp_ids *t, const struct ipaddr *guest)
{
	const struct icmp_id *m;
	unsigned int n = 0;

	for (m = t->oldest; m; m = m->newer)
		n += ipaddr_equal(&m->guest, guest);
	return n;
}

/**
 * icmp_id_find - whose id does the outside mean?
 * @t: the ids
 * @family: of the message
 * @ext: the id in it
 *
 * Return: it, or NULL.
 */
struct icmp_id *icmp_id_find(const struct icmp_ids *t, uint8_t family, uint16_t ext)
{
	struct icmp_id *m = t->by_ext[ext % ICMP_BUCKETS];

	while (m && (m->ext != ext || m->guest.family != family))
		m = m->next_ext;
	return m;
}

/**
 * icmp_id_get - the id of a guest, which uses it now
 * @t: the ids
 * @guest: the guest
 * @id: as it knows it
 *
 * Return: it, made when it is new; NULL when there are too many.
 */
struct icmp_id *icmp_id_get(struct icmp_ids *t, const struct ipaddr *guest, uint16_t id)
{
	struct icmp_id **at = guest_bucket(t, guest, id), **b, *m = *at;
	uint16_t ext;

	while (m && (m->id != id || !ipaddr_equal(&m->guest, guest)))
		m = m->next_guest;
	if (m) {
		lru_remove(t, m);
		lru_append(t, m);
		return m;
	}
	if (t->n >= MAX_IDS || (t->n >= MAX_PER_GUEST && ids_of(t, guest) >= MAX_PER_GUEST))
		return NULL;
	if (getrandom(&ext, sizeof(ext), GRND_NONBLOCK) != (ssize_t)sizeof(ext))
		return NULL;
	/* At most one id in eight is taken, so that this ends soon. */
	while (icmp_id_find(t, guest->family, ext))
		ext += 7919;
	m = calloc(1, sizeof(*m));
	if (!m)
		return NULL;
	m->guest = *guest;
	m->id = id;
	m->ext = ext;
	m->next_guest = *at;
	*at = m;
	b = &t->by_ext[ext % ICMP_BUCKETS];
	m->next_ext = *b;
	*b = m;
	lru_append(t, m);
	m->since = m->used;
	t->n++;
	if (!loop_timer_is_set(&t->expiry))
		loop_timer_set(&t->nat->loop, &t->expiry, ID_IDLE);
	return m;
}

void icmp_ids_init(struct icmp_ids *t, struct nat *n)
{
	t->nat = n;
	t->expiry.fn = on_expiry;
}

void icmp_ids_done(struct icmp_ids *t)
{
	while (t->oldest)
		id_end(t, t->oldest);
	loop_timer_cancel(&t->nat->loop, &t->expiry);
}
