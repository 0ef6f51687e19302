// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>
#include "probe.h"

static struct probe **client_bucket(struct probes *p, const uint8_t mac[6])
{
	return &p->by_client[(mac[3] * 31U + mac[4] * 7U + mac[5]) % PROBE_BUCKETS];
}

static struct probe **addr_bucket(struct probes *p, uint32_t addr)
{
	return &p->by_addr[addr % PROBE_BUCKETS];
}

/* Nothing is asked for. */
void probes_init(struct probes *p)
{
	unsigned int i;

	memset(p, 0, sizeof(*p));
	for (i = PROBES; i; i--) {
		p->list[i - 1].next_client = p->unused;
		p->unused = &p->list[i - 1];
	}
}

/**
 * probe_add - an address is asked for
 * @p: the probes
 * @l: the address
 * @a: who will have it; is copied
 * @until: when it is free if nobody has answered, monotonic ns, not 0
 *
 * Return: the probe, or NULL when there are too many.
 */
struct probe *probe_add(struct probes *p, struct lease *l, const struct ask *a, uint64_t until)
{
	struct probe *new = p->unused, **b;

	if (!new)
		return NULL;
	p->unused = new->next_client;
	p->n++;
	new->lease = l;
	new->addr = l->addr;
	new->from = *a->from;
	new->msg = *a->msg;
	new->until = until;
	b = client_bucket(p, a->msg->head.chaddr);
	new->next_client = *b;
	*b = new;
	b = addr_bucket(p, l->addr);
	new->next_addr = *b;
	*b = new;
	return new;
}

/* It is over. */
void probe_del(struct probes *p, struct probe *probe)
{
	struct probe **at = client_bucket(p, probe->msg.head.chaddr);

	while (*at != probe)
		at = &(*at)->next_client;
	*at = probe->next_client;
	at = addr_bucket(p, probe->addr);
	while (*at != probe)
		at = &(*at)->next_addr;
	*at = probe->next_addr;
	probe->until = 0;
	probe->next_client = p->unused;
	p->unused = probe;
	p->n--;
}

/* The one that a client waits for, or NULL. */
struct probe *probe_of_client(const struct probes *p, const uint8_t mac[6])
{
	struct probe *i = *client_bucket((struct probes *)p, mac);

	while (i && memcmp(i->msg.head.chaddr, mac, 6) != 0)
		i = i->next_client;
	return i;
}

/* The one for an address (host order) that still has its lease, or NULL. */
struct probe *probe_of_addr(const struct probes *p, uint32_t addr)
{
	struct probe *i = *addr_bucket((struct probes *)p, addr);

	while (i && (i->addr != addr || !i->lease))
		i = i->next_addr;
	return i;
}

/* The one that is over first, or NULL. Looks at all places. */
struct probe *probe_first(struct probes *p)
{
	struct probe *i, *first = NULL;

	if (!p->n)
		return NULL;
	for (i = p->list; i < p->list + PROBES; i++)
		if (i->until && (!first || i->until < first->until))
			first = i;
	return first;
}

/* An address (host order) did not answer. */
void probe_saw_free(struct probes *p, uint32_t addr, uint64_t now)
{
	p->seen[addr % PROBE_SEEN].addr = addr;
	p->seen[addr % PROBE_SEEN].at = now;
}

/* Did it lately not answer? */
bool probe_is_free(const struct probes *p, uint32_t addr, uint64_t now)
{
	return p->seen[addr % PROBE_SEEN].addr == addr &&
	       now - p->seen[addr % PROBE_SEEN].at < PROBE_GOOD_FOR;
}
