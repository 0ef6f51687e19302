// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include "parse.h"

#define MAX_HEADERS 8 /* extension headers of a packet; nobody sends three */

/* IPv4 options that are looked at (RFC 791) */
#define OPT_END 0
#define OPT_NOP 1
#define OPT_LSRR 0x83
#define OPT_SSRR 0x89

/* The name of a reason, as figures have it. */
const char *parse_why_name(enum pkt_why why)
{
	static const char *const names[PKT_WHYS] = {
		[PKT_FINE] = "fine",	   [PKT_SHORT] = "short",     [PKT_TYPE] = "type",
		[PKT_VERSION] = "version", [PKT_LENGTH] = "length",   [PKT_CHECKSUM] = "checksum",
		[PKT_ROUTED] = "routed",   [PKT_HEADERS] = "headers", [PKT_FRAGMENT] = "fragment",
		[PKT_ADDRESS] = "address", [PKT_PORT] = "port",
	};

	return names[why];
}

/**
 * parse_eth - read a frame's header
 * @at: the frame
 * @len: bytes of it
 * @eth: set; its type stays in network order
 *
 * Return: PKT_FINE for a frame of IPv4, ARP or IPv6.
 */
enum pkt_why parse_eth(const uint8_t *at, size_t len, struct pkt_eth *eth)
{
	if (len < sizeof(*eth))
		return PKT_SHORT;
	memcpy(eth, at, sizeof(*eth));
	if (mac_is_group(eth->src))
		return PKT_ADDRESS;
	switch (ntohs(eth->type)) {
	case PKT_IP4:
	case PKT_IP6:
	case PKT_ARP:
		return PKT_FINE;
	default:
		return PKT_TYPE;
	}
}

/**
 * parse_arp - read an ARP message (RFC 826)
 * @at: what follows the frame's header
 * @len: bytes of it
 * @arp: set
 */
enum pkt_why parse_arp(const uint8_t *at, size_t len, struct arp_in *arp)
{
	struct pkt_arp a;

	if (len < sizeof(a))
		return PKT_SHORT;
	memcpy(&a, at, sizeof(a));
	if (a.hw != htons(1) || a.proto != htons(PKT_IP4))
		return PKT_TYPE;
	if (a.hlen != 6 || a.plen != 4)
		return PKT_LENGTH;
	if (mac_is_group(a.sha))
		return PKT_ADDRESS;
	arp->op = ntohs(a.op);
	memcpy(arp->sha, a.sha, 6);
	arp->spa = a.spa;
	arp->tpa = a.tpa;
	return PKT_FINE;
}

/* Does a list of IPv4 options hold together, and name no route? */
static enum pkt_why check_options4(const uint8_t *opt, size_t len)
{
	while (len && opt[0] != OPT_END) {
		size_t one = 1;

		if (opt[0] != OPT_NOP) {
			if (len < 2 || opt[1] < 2 || opt[1] > len)
				return PKT_LENGTH;
			if (opt[0] == OPT_LSRR || opt[0] == OPT_SSRR)
				return PKT_ROUTED;
			one = opt[1];
		}
		opt += one;
		len -= one;
	}
	return PKT_FINE;
}

/**
 * parse_ip4 - read an IPv4 packet (RFC 791)
 * @at: its header
 * @room: bytes there; what is behind the packet is padding
 * @p: set, but for what the frame knows (csum_done, in_frame)
 */
enum pkt_why parse_ip4(const uint8_t *at, size_t room, struct pkt_in *p)
{
	struct pkt_ip4 ip;
	size_t hlen, len;
	enum pkt_why why;
	uint16_t frag;

	if (room < sizeof(ip))
		return PKT_SHORT;
	memcpy(&ip, at, sizeof(ip));
	hlen = (size_t)(ip.ver_ihl & 15) * 4;
	len = ntohs(ip.len);
	frag = ntohs(ip.frag);
	if (ip.ver_ihl >> 4 != 4)
		return PKT_VERSION;
	if (hlen < sizeof(ip) || len < hlen || len > room)
		return PKT_LENGTH;
	if (csum_ip(at, hlen))
		return PKT_CHECKSUM;
	why = check_options4(at + sizeof(ip), hlen - sizeof(ip));
	if (why)
		return why;
	*p = (struct pkt_in){
		.ip = at,
		.src = ipaddr_v4(ip.src),
		.dst = ipaddr_v4(ip.dst),
		.proto = ip.proto,
		.ttl = ip.ttl,
		.tos = ip.tos,
		.df = frag & PKT_IP4_DF,
		.more = frag & PKT_IP4_MF,
		.offset = (uint16_t)((frag & PKT_IP4_OFFSET) * 8),
		.id = ntohs(ip.id),
		.proto_at = offsetof(struct pkt_ip4, proto),
		.l4 = at + hlen,
		.l4_len = len - hlen,
		.raw_len = len,
	};
	return PKT_FINE;
}

/* Options of a header that says what to do with those unknown (RFC 8200 4.2). */
static enum pkt_why check_options6(const uint8_t *opt, size_t len)
{
	while (len) {
		size_t one = 1;

		if (opt[0]) {
			if (len < 2 || opt[1] + 2U > len)
				return PKT_LENGTH;
			/* We know none but padding and router alert, type 5. */
			if (opt[0] >> 6)
				return PKT_HEADERS;
			one = opt[1] + 2U;
		}
		opt += one;
		len -= one;
	}
	return PKT_FINE;
}

/* One extension header. Return: PKT_FINE; @len is 0 when it is none. */
static enum pkt_why extension6(struct pkt_in *p, size_t *len)
{
	const uint8_t *at = p->l4;
	struct pkt_frag6 frag;
	uint16_t off;

	*len = 0;
	switch (p->proto) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_DSTOPTS:
	case IPPROTO_ROUTING:
		if (p->l4_len < 8)
			return PKT_SHORT;
		*len = (at[1] + 1U) * 8;
		if (*len > p->l4_len)
			return PKT_LENGTH;
		/* With segments left it has a way of its own to go. */
		if (p->proto == IPPROTO_ROUTING)
			return at[3] ? PKT_ROUTED : PKT_FINE;
		return check_options6(at + 2, *len - 2);
	case IPPROTO_FRAGMENT:
		if (p->l4_len < sizeof(frag))
			return PKT_SHORT;
		memcpy(&frag, at, sizeof(frag));
		off = ntohs(frag.offset);
		p->offset = off & PKT_IP6_OFFSET;
		p->more = off & PKT_IP6_MF;
		p->id = ntohl(frag.id);
		p->df = false;
		*len = sizeof(frag);
		return PKT_FINE;
	default:
		return PKT_FINE;
	}
}

/**
 * parse_ip6 - read an IPv6 packet (RFC 8200), over its extension headers
 * @at: its header
 * @room: bytes there; what is behind the packet is padding
 * @p: set, but for what the frame knows (csum_done, in_frame)
 *
 * Behind a fragment header nothing is looked at: reassembled, it comes again.
 */
enum pkt_why parse_ip6(const uint8_t *at, size_t room, struct pkt_in *p)
{
	size_t len, ext, i;
	struct pkt_ip6 ip;
	enum pkt_why why;
	bool fragment;

	if (room < sizeof(ip))
		return PKT_SHORT;
	memcpy(&ip, at, sizeof(ip));
	len = ntohs(ip.len);
	if (at[0] >> 4 != 6)
		return PKT_VERSION;
	if (len > room - sizeof(ip))
		return PKT_LENGTH;
	*p = (struct pkt_in){
		.ip = at,
		.src = ipaddr_v6(ip.src),
		.dst = ipaddr_v6(ip.dst),
		.proto = ip.next,
		.ttl = ip.hops,
		.tos = (uint8_t)(at[0] << 4 | at[1] >> 4),
		.df = true,
		.proto_at = offsetof(struct pkt_ip6, next),
		.l4 = at + sizeof(ip),
		.l4_len = len,
		.raw_len = sizeof(ip) + len,
	};
	for (i = 0; i <= MAX_HEADERS; i++) {
		/* Options for every hop stand first or nowhere. */
		if (i && p->proto == IPPROTO_HOPOPTS)
			return PKT_HEADERS;
		fragment = p->proto == IPPROTO_FRAGMENT;
		why = extension6(p, &ext);
		if (why || !ext)
			return why;
		p->proto_at = (size_t)(p->l4 - at);
		p->proto = p->l4[0];
		p->l4 += ext;
		p->l4_len -= ext;
		if (fragment && pkt_is_fragment(p))
			return PKT_FINE;
	}
	return PKT_HEADERS;
}

/* Is the checksum over pseudo header and packet right? */
static bool sum_is_right(const struct pkt_in *p, size_t len)
{
	return p->csum_done || !csum_l4(&p->src, &p->dst, p->proto, p->l4, len);
}

/**
 * parse_tcp - read a segment (RFC 9293)
 * @p: its packet, whole
 * @s: set
 */
enum pkt_why parse_tcp(const struct pkt_in *p, struct tcp_seg *s)
{
	struct pkt_tcp h;
	size_t off;

	if (p->l4_len < sizeof(h))
		return PKT_SHORT;
	memcpy(&h, p->l4, sizeof(h));
	off = (size_t)(h.off >> 4) * 4;
	if (off < sizeof(h) || off > p->l4_len)
		return PKT_LENGTH;
	if (!sum_is_right(p, p->l4_len))
		return PKT_CHECKSUM;
	s->sport = ntohs(h.src);
	s->dport = ntohs(h.dst);
	s->seq = ntohl(h.seq);
	s->ack = ntohl(h.ack);
	s->wnd = ntohs(h.win);
	s->flags = h.flags;
	s->urgent = h.flags & TCP_URG ? ntohs(h.urg) : 0;
	s->data = p->l4 + off;
	s->len = (uint32_t)(p->l4_len - off);
	s->in_frame = p->in_frame;
	tcp_opts_parse(p->l4 + sizeof(h), off - sizeof(h), &s->opts);
	return PKT_FINE;
}

/**
 * parse_udp - read a datagram (RFC 768)
 * @p: its packet, whole
 * @u: set
 *
 * With IPv4 the sender may do without a checksum, with IPv6 not (RFC 8200 8.1).
 */
enum pkt_why parse_udp(const struct pkt_in *p, struct udp_in *u)
{
	struct pkt_udp h;
	size_t len;

	if (p->l4_len < sizeof(h))
		return PKT_SHORT;
	memcpy(&h, p->l4, sizeof(h));
	len = ntohs(h.len);
	if (len < sizeof(h) || len > p->l4_len)
		return PKT_LENGTH;
	if ((h.csum || p->src.family == AF_INET6) && !sum_is_right(p, len))
		return PKT_CHECKSUM;
	if (!h.csum && p->src.family == AF_INET6 && !p->csum_done)
		return PKT_CHECKSUM;
	if (!h.src)
		return PKT_PORT;
	u->sport = ntohs(h.src);
	u->dport = ntohs(h.dst);
	u->data = p->l4 + sizeof(h);
	u->len = len - sizeof(h);
	return PKT_FINE;
}

/**
 * parse_icmp - check a message of ICMP (RFC 792) or ICMPv6 (RFC 4443)
 * @p: its packet, whole
 */
enum pkt_why parse_icmp(const struct pkt_in *p)
{
	uint16_t sum;

	if (p->l4_len < sizeof(struct pkt_icmp))
		return PKT_SHORT;
	/* Of ICMP alone, offloads know nothing. */
	if (p->src.family == AF_INET6)
		sum = csum_l4(&p->src, &p->dst, p->proto, p->l4, p->l4_len);
	else
		sum = csum_ip(p->l4, p->l4_len);
	return sum ? PKT_CHECKSUM : PKT_FINE;
}
