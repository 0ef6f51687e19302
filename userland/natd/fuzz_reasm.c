// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any sequence of fragments. Each byte of a packet follows from its place, so
 * that whatever comes out whole can be checked.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "reasm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One step: who and which packet, where, how much, what else. */
struct step {
	uint8_t who, flags;
	uint16_t offset, len;
} __attribute__((packed));

#define F_MORE 1
#define F_IP6 2
#define F_LATE 4

static uint8_t byte_at(uint8_t who, size_t at)
{
	return (uint8_t)(who * 31 + at * 7 + (at >> 8));
}

static size_t make(uint8_t *out, const struct step *s, size_t offset, size_t len)
{
	struct pkt_ip4 ip = {
		.ver_ihl = 0x45,
		.len = htons((uint16_t)(sizeof(ip) + len)),
		.id = htons(s->who & 3),
		.frag = htons((uint16_t)(offset / 8) | (s->flags & F_MORE ? PKT_IP4_MF : 0)),
		.ttl = 9,
		.proto = IPPROTO_UDP,
		.src = htonl(0x0a000000U + s->who),
	};
	struct pkt_ip6 ip6 = {
		.ver_tc_flow = htonl(6U << 28),
		.len = htons((uint16_t)(sizeof(struct pkt_frag6) + len)),
		.next = IPPROTO_FRAGMENT,
		.hops = 9,
		.src = { 0xfd, s->who },
	};
	struct pkt_frag6 frag = {
		.next = IPPROTO_UDP,
		.offset = htons((uint16_t)(offset | (s->flags & F_MORE))),
		.id = htonl(s->who & 3),
	};
	size_t hlen = sizeof(ip), i;

	ip.csum = csum_ip(&ip, sizeof(ip));
	memcpy(out, &ip, sizeof(ip));
	if (s->flags & F_IP6) {
		memcpy(out, &ip6, sizeof(ip6));
		memcpy(out + sizeof(ip6), &frag, sizeof(frag));
		hlen = sizeof(ip6) + sizeof(frag);
	}
	for (i = 0; i < len; i++)
		out[hlen + i] = byte_at(s->who, offset + i);
	return hlen + len;
}

static void check(const uint8_t *whole, size_t len, const struct step *s)
{
	struct pkt_in p;
	size_t i;

	if (s->flags & F_IP6 ? parse_ip6(whole, len, &p) : parse_ip4(whole, len, &p))
		abort();
	if (pkt_is_fragment(&p) || p.proto != IPPROTO_UDP || p.raw_len != len)
		abort();
	for (i = 0; i < p.l4_len; i++)
		if (p.l4[i] != byte_at(s->who, i))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t pkt[65536 + 64];
	struct reasm *r = reasm_new();
	uint64_t now = 1;
	struct step s;

	for (; size >= sizeof(s); data += sizeof(s), size -= sizeof(s)) {
		const uint8_t *whole = NULL;
		struct pkt_in p;
		size_t offset, len;

		memcpy(&s, data, sizeof(s));
		offset = s.offset & 0xfff8U;
		len = s.len % 2000U;
		if (s.flags & F_LATE)
			now += 6000000000ULL;
		len = make(pkt, &s, offset, len);
		if (s.flags & F_IP6 ? parse_ip6(pkt, len, &p) : parse_ip4(pkt, len, &p))
			abort();
		if (!pkt_is_fragment(&p))
			continue;
		if (!reasm_add(r, &p, now, &whole, &len) && whole)
			check(whole, len, &s);
		if (reasm_waiting(r) > 32)
			abort();
	}
	reasm_free(r);
	return 0;
}
