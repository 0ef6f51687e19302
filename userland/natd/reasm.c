// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include "loop.h"
#include "reasm.h"

#define PACKETS 32
#define RANGES 64
#define TIMEOUT (15 * SEC)
#define HEADER_MAX sizeof(struct pkt_ip6)
#define DATA_MAX 65535U

/**
 * struct packet - a packet that is not complete
 * @src: key, with the next three
 * @dst: see @src
 * @id: see @src
 * @proto: see @src; of IPv6, what the first fragment says
 * @used: in use
 * @born: when its first fragment came
 * @total: bytes of data in all, 0 while the last fragment is missing
 * @nranges: what is there, sorted, no two of them touching
 * @hlen: bytes of the header in @data, 0 while the first fragment is missing
 * @data: room for a header, which ends at HEADER_MAX, then the data
 */
struct packet {
	struct ipaddr src, dst;
	uint32_t id;
	uint8_t proto;
	bool used;
	uint64_t born;
	size_t total;
	unsigned int nranges;
	struct {
		size_t from, to;
	} range[RANGES];
	size_t hlen;
	uint8_t data[HEADER_MAX + DATA_MAX];
};

/**
 * struct reasm - the packets that are not complete
 *
 * It does not grow: a flood of orphans pushes out the oldest, of the guest that
 * has the most. Lifetime: reasm_new() to reasm_free(); a packet lasts until it is
 * complete, contradicts itself, has waited for TIMEOUT or is pushed out. Its
 * memory, once taken, stays.
 */
struct reasm {
	struct packet *table[PACKETS];
};

static bool same(const struct packet *p, const struct pkt_in *part)
{
	return p->id == part->id && ipaddr_equal(&p->src, &part->src) &&
	       ipaddr_equal(&p->dst, &part->dst) &&
	       (part->src.family == AF_INET6 || p->proto == part->proto);
}

/* How many packets of the sender of @p wait? All are in use. */
static unsigned int share_of(const struct reasm *r, const struct packet *p)
{
	unsigned int i, n = 0;

	for (i = 0; i < PACKETS; i++)
		n += ipaddr_equal(&r->table[i]->src, &p->src);
	return n;
}

/* A place for a new packet: a free one, else that of whoever has the most. */
static struct packet **place(struct reasm *r)
{
	struct packet **worst = NULL;
	unsigned int i, n, most = 0;

	for (i = 0; i < PACKETS; i++)
		if (!r->table[i] || !r->table[i]->used)
			return &r->table[i];
	for (i = 0; i < PACKETS; i++) {
		n = share_of(r, r->table[i]);
		if (n < most || (n == most && r->table[i]->born >= (*worst)->born))
			continue;
		most = n;
		worst = &r->table[i];
	}
	return worst;
}

static struct packet *get(struct reasm *r, const struct pkt_in *part, uint64_t now)
{
	struct packet *p, **at;
	unsigned int i;

	for (i = 0; i < PACKETS; i++) {
		p = r->table[i];
		if (p && p->used && now - p->born > TIMEOUT)
			p->used = false;
		if (p && p->used && same(p, part))
			return p;
	}
	at = place(r);
	if (!*at)
		*at = malloc(sizeof(**at));
	p = *at;
	if (!p)
		return NULL;
	p->used = true;
	p->src = part->src;
	p->dst = part->dst;
	p->id = part->id;
	p->proto = part->proto;
	p->born = now;
	p->total = 0;
	p->nranges = 0;
	p->hlen = 0;
	return p;
}

/* Note that [from, to) is there. False: it overlaps what is, or there are too many. */
static bool add_range(struct packet *p, size_t from, size_t to)
{
	unsigned int i = 0, j;

	while (i < p->nranges && p->range[i].to < from)
		i++;
	/* A copy of what is there does no harm. */
	if (i < p->nranges && p->range[i].from <= from && p->range[i].to >= to)
		return true;
	if (i < p->nranges && p->range[i].to == from) {
		/* It goes on where this one ends, perhaps up to the next. */
		if (i + 1 < p->nranges && p->range[i + 1].from < to)
			return false;
		p->range[i].to = to;
		if (i + 1 == p->nranges || p->range[i + 1].from != to)
			return true;
		p->range[i].to = p->range[i + 1].to;
		for (j = i + 1; j + 1 < p->nranges; j++)
			p->range[j] = p->range[j + 1];
		p->nranges--;
		return true;
	}
	if (i < p->nranges && p->range[i].from == to) {
		p->range[i].from = from;
		return true;
	}
	if ((i < p->nranges && p->range[i].from < to) || p->nranges == RANGES)
		return false;
	for (j = p->nranges; j > i; j--)
		p->range[j] = p->range[j - 1];
	p->range[i].from = from;
	p->range[i].to = to;
	p->nranges++;
	return true;
}

/* The first fragment's header becomes that of the packet, without options. */
static void keep_header(struct packet *p, const struct pkt_in *part)
{
	p->hlen = part->src.family == AF_INET6 ? sizeof(struct pkt_ip6) : sizeof(struct pkt_ip4);
	memcpy(p->data + HEADER_MAX - p->hlen, part->ip, p->hlen);
	p->proto = part->proto;
}

/* Make the header say what the packet is now: it may be quoted. */
static void finish_header(struct packet *p)
{
	uint8_t *at = p->data + HEADER_MAX - p->hlen;
	struct pkt_ip4 ip;
	struct pkt_ip6 ip6;

	if (p->src.family == AF_INET6) {
		memcpy(&ip6, at, sizeof(ip6));
		ip6.len = htons((uint16_t)p->total);
		ip6.next = p->proto;
		memcpy(at, &ip6, sizeof(ip6));
		return;
	}
	memcpy(&ip, at, sizeof(ip));
	ip.ver_ihl = 0x45;
	ip.len = htons((uint16_t)(p->hlen + p->total));
	ip.frag = 0;
	ip.csum = 0;
	ip.csum = csum_ip(&ip, sizeof(ip));
	memcpy(at, &ip, sizeof(ip));
}

static bool complete(const struct packet *p)
{
	return p->total && p->hlen && p->nranges == 1 && !p->range[0].from &&
	       p->range[0].to == p->total;
}

/**
 * reasm_add - a fragment has come
 * @r: the table
 * @part: the fragment
 * @now: ns, of any clock that does not go back
 * @whole: set to its packet when that is complete, else to NULL; it lies in the
 *	table until the next call, and is to be parsed as any other
 * @len: bytes of @whole
 *
 * Return: why it is refused; one that contradicts what is there ends the packet
 * (RFC 5722).
 */
enum pkt_why reasm_add(struct reasm *r, const struct pkt_in *part, uint64_t now,
		       const uint8_t **whole, size_t *len)
{
	size_t from = part->offset, to = from + part->l4_len;
	size_t most = DATA_MAX - (part->src.family == AF_INET6 ? 0 : sizeof(struct pkt_ip4));
	struct packet *p;

	*whole = NULL;
	if (!part->l4_len || (part->more && part->l4_len % 8) || to > most)
		return PKT_LENGTH;
	p = get(r, part, now);
	if (!p)
		return PKT_FINE;
	if ((p->total && (to > p->total || (!part->more && to != p->total))) ||
	    (!part->more && p->nranges && p->range[p->nranges - 1].to > to) ||
	    !add_range(p, from, to)) {
		p->used = false;
		return PKT_FRAGMENT;
	}
	if (!from)
		keep_header(p, part);
	memcpy(p->data + HEADER_MAX + from, part->l4, part->l4_len);
	if (!part->more)
		p->total = to;
	if (!complete(p))
		return PKT_FINE;
	finish_header(p);
	p->used = false;
	*whole = p->data + HEADER_MAX - p->hlen;
	*len = p->hlen + p->total;
	return PKT_FINE;
}

/* Packets that are not complete. */
unsigned int reasm_waiting(const struct reasm *r)
{
	unsigned int i, n = 0;

	for (i = 0; i < PACKETS; i++)
		n += r->table[i] && r->table[i]->used;
	return n;
}

struct reasm *reasm_new(void)
{
	return calloc(1, sizeof(struct reasm));
}

void reasm_free(struct reasm *r)
{
	unsigned int i;

	for (i = 0; r && i < PACKETS; i++)
		free(r->table[i]);
	free(r);
}
