// SPDX-License-Identifier: GPL-2.0-or-later
/* Any frame: Ethernet, ARP, IP of both families, TCP and its options, UDP, ICMP. */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_sum(uint8_t *at, uint16_t sum)
{
	memcpy(at, &sum, sizeof(sum));
}

/* What is found must lie in the packet. */
static void check_inside(const struct pkt_in *p, const uint8_t *at, size_t len)
{
	if (at < p->ip || at + len > p->ip + p->raw_len)
		abort();
}

static void try_l4(const struct pkt_in *p)
{
	struct tcp_seg s;
	struct udp_in u;

	check_inside(p, p->l4, p->l4_len);
	check_inside(p, p->ip + p->proto_at, 1);
	if (!parse_tcp(p, &s)) {
		check_inside(p, s.data, s.len);
		if (s.opts.nsacks > TCP_OPT_SACKS || s.opts.wscale > 14)
			abort();
	}
	if (!parse_udp(p, &u)) {
		check_inside(p, u.data, u.len);
		if (!u.sport)
			abort();
	}
	parse_icmp(p);
}

/* No fuzzer finds checksums: put the one right that this protocol has. */
static void fix_l4(const struct pkt_in *p)
{
	uint8_t *l4 = (uint8_t *)(uintptr_t)p->l4;
	size_t at, len = p->l4_len;

	switch (p->proto) {
	case IPPROTO_TCP:
		at = offsetof(struct pkt_tcp, csum);
		break;
	case IPPROTO_UDP:
		at = offsetof(struct pkt_udp, csum);
		if (len >= sizeof(struct pkt_udp) && (l4[4] << 8 | l4[5]) < (int)len)
			len = (size_t)(l4[4] << 8 | l4[5]);
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		at = offsetof(struct pkt_icmp, csum);
		break;
	default:
		return;
	}
	if (at + 2 > len)
		return;
	put_sum(l4 + at, 0);
	if (p->proto == IPPROTO_ICMP)
		put_sum(l4 + at, csum_ip(l4, len));
	else
		put_sum(l4 + at, csum_l4(&p->src, &p->dst, p->proto, l4, len));
}

static void try_ip(uint8_t *at, size_t len,
		   enum pkt_why (*parse)(const uint8_t *, size_t, struct pkt_in *))
{
	struct pkt_in p;

	if (parse(at, len, &p))
		return;
	if (p.raw_len > len || p.ip != at)
		abort();
	try_l4(&p);
	fix_l4(&p);
	try_l4(&p);
	p.csum_done = true;
	try_l4(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *frame = malloc(size ? size : 1);
	struct tcp_opts opts;
	struct arp_in arp;
	struct pkt_eth eth;
	size_t hlen;

	memcpy(frame, data, size);
	tcp_opts_parse(frame, size, &opts);
	parse_arp(frame, size, &arp);
	if (!parse_eth(frame, size, &eth)) {
		parse_arp(frame + PKT_ETH_LEN, size - PKT_ETH_LEN, &arp);
		try_ip(frame + PKT_ETH_LEN, size - PKT_ETH_LEN, parse_ip6);
		hlen = size > PKT_ETH_LEN ? (frame[PKT_ETH_LEN] & 15) * 4U : 0;
		if (hlen >= sizeof(struct pkt_ip4) && PKT_ETH_LEN + hlen <= size) {
			put_sum(frame + PKT_ETH_LEN + 10, 0);
			put_sum(frame + PKT_ETH_LEN + 10, csum_ip(frame + PKT_ETH_LEN, hlen));
		}
		try_ip(frame + PKT_ETH_LEN, size - PKT_ETH_LEN, parse_ip4);
	}
	free(frame);
	return 0;
}
