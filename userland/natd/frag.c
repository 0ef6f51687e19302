// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reassembly of IPv4 fragments (RFC 791, RFC 815) in a table that does not grow:
 * a flood of orphans pushes out the oldest, and nothing else suffers.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nat.h"

#define PACKETS 32
#define HOLES 64
#define TIMEOUT (15 * SEC)
#define HEADER ((size_t)sizeof(struct pkt_ip4))

/**
 * struct packet - a packet that is not complete
 * @src: key, with the next three
 * @dst: see @src
 * @id: see @src
 * @proto: see @src
 * @used: in use
 * @born: when its first fragment came
 * @total: bytes of data in all, 0 while the last fragment is missing
 * @nparts: what is there, sorted, no two of them touching
 * @data: a header, then the data
 */
struct packet {
	uint32_t src, dst;
	uint16_t id;
	uint8_t proto;
	bool used;
	uint64_t born;
	size_t total;
	unsigned int nparts;
	struct {
		size_t from, to;
	} part[HOLES];
	uint8_t data[65536 + 64];
};

struct frag {
	struct packet *table[PACKETS];
};

static struct packet *find(struct nat *n, const struct pkt_ip4 *ip)
{
	struct frag *fr = n->frag;
	struct packet *p, **oldest = NULL;
	uint64_t now = loop_now(&n->loop);
	size_t i;

	for (i = 0; i < PACKETS; i++) {
		p = fr->table[i];
		if (p && p->used && now - p->born > TIMEOUT)
			p->used = false;
		if (p && p->used && p->src == ip->src && p->dst == ip->dst && p->id == ip->id &&
		    p->proto == ip->proto)
			return p;
	}
	for (i = 0; i < PACKETS; i++) {
		p = fr->table[i];
		if (!p || !p->used) {
			oldest = &fr->table[i];
			break;
		}
		if (!oldest || p->born < (*oldest)->born)
			oldest = &fr->table[i];
	}
	if (!*oldest)
		*oldest = malloc(sizeof(**oldest));
	p = *oldest;
	if (!p)
		return NULL;
	p->used = true;
	p->src = ip->src;
	p->dst = ip->dst;
	p->id = ip->id;
	p->proto = ip->proto;
	p->born = now;
	p->total = 0;
	p->nparts = 0;
	return p;
}

/* Note that [from, to) is there. False: it overlaps what is (RFC 5722's way). */
static bool add_part(struct packet *p, size_t from, size_t to)
{
	unsigned int i = 0, j;

	while (i < p->nparts && p->part[i].to < from)
		i++;
	if (i < p->nparts && p->part[i].from <= to) {
		/* Touches: a copy of what is there is harmless. */
		if (p->part[i].from <= from && p->part[i].to >= to)
			return true;
		if (p->part[i].to != from && p->part[i].from != to)
			return false;
		if (p->part[i].to == from) {
			if (i + 1 < p->nparts && p->part[i + 1].from < to)
				return false;
			p->part[i].to = to;
			if (i + 1 < p->nparts && p->part[i + 1].from == to) {
				p->part[i].to = p->part[i + 1].to;
				for (j = i + 1; j + 1 < p->nparts; j++)
					p->part[j] = p->part[j + 1];
				p->nparts--;
			}
		} else {
			p->part[i].from = from;
		}
		return true;
	}
	if (p->nparts == HOLES)
		return false;
	for (j = p->nparts; j > i; j--)
		p->part[j] = p->part[j - 1];
	p->part[i].from = from;
	p->part[i].to = to;
	p->nparts++;
	return true;
}

static void complete(struct nat *n, struct packet *p)
{
	struct pkt_in in = {
		.ip = p->data,
		.src = ipaddr_v4(p->src),
		.dst = ipaddr_v4(p->dst),
		.proto = p->proto,
		.l4 = p->data + HEADER,
		.l4_len = p->total,
		.raw_len = HEADER + p->total,
	};
	struct pkt_ip4 ip;

	memcpy(&ip, p->data, sizeof(ip));
	in.ttl = ip.ttl;
	in.tos = ip.tos;
	p->used = false;
	ip4_deliver(n, &in);
}

/**
 * frag_input - a fragment
 * @n: the NAT
 * @at: its IP header, checked
 * @len: bytes from there on
 */
void frag_input(struct nat *n, const uint8_t *at, size_t len)
{
	size_t hlen, offset, data;
	struct packet *p;
	struct pkt_ip4 ip;
	bool more;

	memcpy(&ip, at, sizeof(ip));
	hlen = (size_t)(ip.ver_ihl & 15) * 4;
	data = len - hlen;
	more = ntohs(ip.frag) & PKT_IP4_MF;
	offset = (size_t)(ntohs(ip.frag) & PKT_IP4_OFFSET) * 8;
	if (!data || (more && data % 8) || offset + data > 65535 - HEADER) {
		n->stats.bad++;
		return;
	}
	p = find(n, &ip);
	if (!p)
		return;
	if ((p->total && offset + data > p->total) ||
	    (!more && p->total && p->total != offset + data) ||
	    !add_part(p, offset, offset + data)) {
		p->used = false;
		n->stats.bad++;
		return;
	}
	if (!offset) {
		ip.ver_ihl = 0x45;
		ip.frag = 0;
		memcpy(p->data, &ip, sizeof(ip));
	}
	memcpy(p->data + HEADER + offset, at + hlen, data);
	if (!more)
		p->total = offset + data;
	if (p->total && p->nparts == 1 && p->part[0].from == 0 && p->part[0].to == p->total)
		complete(n, p);
}

int frag_init(struct nat *n)
{
	n->frag = calloc(1, sizeof(*n->frag));
	return n->frag ? 0 : -ENOMEM;
}

void frag_done(struct nat *n)
{
	size_t i;

	if (!n->frag)
		return;
	for (i = 0; i < PACKETS; i++)
		free(n->frag->table[i]);
	free(n->frag);
	n->frag = NULL;
}
