// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "quote.h"

#define ICMP_HDR sizeof(struct pkt_icmp)
#define UDP_HDR sizeof(struct pkt_udp)

/* Where the checksum is in the transport header, -1 for none. */
static int csum_at(uint8_t proto)
{
	switch (proto) {
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return offsetof(struct pkt_icmp, csum);
	case IPPROTO_UDP:
		return offsetof(struct pkt_udp, csum);
	case IPPROTO_TCP:
		return offsetof(struct pkt_tcp, csum);
	default:
		return -1;
	}
}

/* Does a message of this type quote a packet? (No source quench, no redirect.) */
bool icmp_is_error(uint8_t family, uint8_t type)
{
	if (family == AF_INET6)
		return type >= ICMP6_UNREACH && type <= ICMP6_PARAMETER;
	return type == ICMP4_UNREACH || type == ICMP4_TIME_EXCEEDED || type == ICMP4_PARAMETER;
}

/*
 * Where the quoted packet ends: with extensions behind it, the header says how
 * many words of it there are, 128 bytes at least (RFC 4884 4.1 to 4.5). Others may
 * have anything there.
 */
static size_t quote_end(uint8_t family, const uint8_t *icmp, size_t len)
{
	size_t quoted = family == AF_INET6 ? icmp[4] * 8U : icmp[5] * 4U;

	if (family == AF_INET6 && icmp[0] != ICMP6_UNREACH && icmp[0] != ICMP6_TIME_EXCEEDED)
		return len;
	return quoted >= 128 && ICMP_HDR + quoted <= len ? ICMP_HDR + quoted : len;
}

/* The quoted IPv4 header. Only the first fragment has ports. */
static bool parse_ip4_quote(const uint8_t *icmp, struct quote *q)
{
	struct pkt_ip4 ip;
	size_t hlen;

	if (q->end < ICMP_HDR + sizeof(ip))
		return false;
	memcpy(&ip, icmp + ICMP_HDR, sizeof(ip));
	hlen = (ip.ver_ihl & 15) * 4U;
	if (ip.ver_ihl >> 4 != 4 || hlen < sizeof(ip) || ICMP_HDR + hlen > q->end ||
	    csum_ip(icmp + ICMP_HDR, hlen) || ntohs(ip.frag) & PKT_IP4_OFFSET)
		return false;
	q->l4 = ICMP_HDR + hlen;
	q->proto = ip.proto;
	q->src = ipaddr_v4(ip.src);
	q->dst = ipaddr_v4(ip.dst);
	return true;
}

/* The quoted IPv6 header; the host's kernel sends no others but of fragments. */
static bool parse_ip6_quote(const uint8_t *icmp, struct quote *q)
{
	struct pkt_frag6 frag;
	struct pkt_ip6 ip;

	if (q->end < ICMP_HDR + sizeof(ip) || icmp[ICMP_HDR] >> 4 != 6)
		return false;
	memcpy(&ip, icmp + ICMP_HDR, sizeof(ip));
	q->l4 = ICMP_HDR + sizeof(ip);
	q->proto = ip.next;
	q->src = ipaddr_v6(ip.src);
	q->dst = ipaddr_v6(ip.dst);
	if (ip.next != IPPROTO_FRAGMENT)
		return true;
	if (q->l4 + sizeof(frag) > q->end)
		return false;
	memcpy(&frag, icmp + q->l4, sizeof(frag));
	q->l4 += sizeof(frag);
	q->proto = frag.next;
	return !(ntohs(frag.offset) & PKT_IP6_OFFSET);
}

/**
 * quote_parse - find the packet that an ICMP error is about
 * @family: of ICMP: AF_INET, or AF_INET6 for ICMPv6
 * @icmp: the ICMP message; that of ICMPv6 has its checksum looked at already
 * @len: bytes
 * @q: filled
 *
 * Errors with a bad checksum, or about a packet with a bad IP checksum, or about
 * anything but an echo, UDP or TCP are refused; the transport checksum is not
 * looked at (RFC 5508, REQ-3).
 *
 * Return: 0, or -EBADMSG.
 */
int quote_parse(uint8_t family, const uint8_t *icmp, size_t len, struct quote *q)
{
	bool v6 = family == AF_INET6;
	uint16_t w[4];

	if (len < ICMP_HDR || (!v6 && csum_ip(icmp, len)) || !icmp_is_error(family, icmp[0]))
		return -EBADMSG;
	*q = (struct quote){ .ip = ICMP_HDR, .end = quote_end(family, icmp, len) };
	if (!(v6 ? parse_ip6_quote(icmp, q) : parse_ip4_quote(icmp, q)) || q->l4 + 8 > q->end)
		return -EBADMSG;
	memcpy(w, icmp + q->l4, sizeof(w));
	if (q->proto == (v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP)) {
		uint8_t ask = v6 ? ICMP6_ECHO : ICMP4_ECHO;

		if (icmp[q->l4] != ask && icmp[q->l4] != (v6 ? ICMP6_ECHO_REPLY : ICMP4_ECHO_REPLY))
			return -EBADMSG;
		q->request = icmp[q->l4] == ask;
		q->id = ntohs(w[2]);
		return 0;
	}
	if (q->proto != IPPROTO_UDP && q->proto != IPPROTO_TCP)
		return -EBADMSG;
	q->id = ntohs(w[0]);
	q->dport = ntohs(w[1]);
	return 0;
}

static void put(uint8_t *p, const void *v, size_t n)
{
	memcpy(p, v, n);
}

/*
 * Replace @n bytes (even, at an even offset) and bring a checksum that covers
 * them up to date (RFC 1624, eqn. 3).
 */
static void patch(uint8_t *p, const void *v, size_t n, uint8_t *csum)
{
	uint8_t old[16];
	uint16_t sum, m;
	uint32_t s;
	size_t i;

	memcpy(old, p, n);
	put(p, v, n);
	if (!csum)
		return;
	memcpy(&sum, csum, 2);
	s = (uint16_t)~sum;
	for (i = 0; i < n; i += 2) {
		memcpy(&m, old + i, 2);
		s += (uint16_t)~m;
		memcpy(&m, p + i, 2);
		s += m;
	}
	sum = csum_fold(s);
	put(csum, &sum, 2);
}

/* The field of the quoted checksum, when it was quoted and is in use. */
static uint8_t *inner_csum(uint8_t *icmp, const struct quote *q)
{
	int at = csum_at(q->proto);
	uint8_t *p = icmp + q->l4 + at;

	if (at < 0 || q->l4 + (size_t)at + 2 > q->end)
		return NULL;
	if (q->proto == IPPROTO_UDP && !p[0] && !p[1])
		return NULL;
	return p;
}

static void set_addr(uint8_t *icmp, size_t len, const struct quote *q, bool is_dst,
		     const struct ipaddr *addr, uint16_t port)
{
	uint8_t *inner = inner_csum(icmp, q), *ip = icmp + q->ip;
	size_t port_at = is_dst ? 2 : 0;
	uint16_t sum, be = htons(port);
	uint8_t scratch[16];

	if (quote_is_echo(q))
		port_at = offsetof(struct pkt_icmp, u.echo.id);
	if (addr->family == AF_INET6) {
		ip += is_dst ? offsetof(struct pkt_ip6, dst) : offsetof(struct pkt_ip6, src);
		patch(ip, addr->a.b, 16, inner);
		patch(icmp + q->l4 + port_at, &be, 2, inner);
		return;
	}
	ip += is_dst ? offsetof(struct pkt_ip4, dst) : offsetof(struct pkt_ip4, src);
	/* The transport checksum covers the addresses, but not ICMP's. */
	if (inner && q->proto != IPPROTO_ICMP) {
		put(scratch, ip, 4);
		patch(scratch, addr->a.b, 4, inner);
	}
	patch(ip, addr->a.b, 4, icmp + q->ip + offsetof(struct pkt_ip4, csum));
	patch(icmp + q->l4 + port_at, &be, 2, inner);

	memset(icmp + offsetof(struct pkt_icmp, csum), 0, 2);
	sum = csum_ip(icmp, len);
	put(icmp + offsetof(struct pkt_icmp, csum), &sum, 2);
}

/**
 * quote_set_src - say that the quoted packet came from there
 * @icmp: the ICMP message, changed in place; the checksum of ICMPv6 is whoever
 *	sends it to make
 * @len: bytes
 * @q: from quote_parse()
 * @addr: of the same family
 * @id: id of the echo or source port
 */
void quote_set_src(uint8_t *icmp, size_t len, const struct quote *q, const struct ipaddr *addr,
		   uint16_t id)
{
	set_addr(icmp, len, q, false, addr, id);
}

/**
 * quote_set_dst - say that the quoted packet was going there
 * @icmp: as that of quote_set_src()
 * @len: bytes
 * @q: from quote_parse()
 * @addr: of the same family
 * @port: id of the echo or destination port
 */
void quote_set_dst(uint8_t *icmp, size_t len, const struct quote *q, const struct ipaddr *addr,
		   uint16_t port)
{
	set_addr(icmp, len, q, true, addr, port);
}

static void make_ip(uint8_t *out, uint8_t proto, const struct ipaddr *src, const struct ipaddr *dst,
		    size_t len)
{
	struct pkt_ip6 ip6 = {
		.ver_tc_flow = htonl(6U << 28),
		.len = htons((uint16_t)len),
		.next = proto,
		.hops = 64,
	};
	struct pkt_ip4 ip = {
		.ver_ihl = 0x45,
		.len = htons((uint16_t)(sizeof(ip) + len)),
		.ttl = 64,
		.proto = proto,
		.src = src->a.v4,
		.dst = dst->a.v4,
	};

	if (dst->family == AF_INET6) {
		memcpy(ip6.src, src->a.b, 16);
		memcpy(ip6.dst, dst->a.b, 16);
		memcpy(out, &ip6, sizeof(ip6));
		return;
	}
	ip.csum = csum_ip(&ip, sizeof(ip));
	memcpy(out, &ip, sizeof(ip));
}

/**
 * quote_make - make up a packet to quote
 * @out: the packet
 * @room: bytes there
 * @proto: IPPROTO_UDP or IPPROTO_TCP
 * @src: sender
 * @sport: its port, host order
 * @dst: receiver
 * @dport: its port, host order
 * @payload: what is known of what is behind the ports' header
 * @len: bytes of it
 *
 * For errors of which the host's kernel tells the meaning but not the packet.
 * Return: length, 0 when there is no room.
 */
size_t quote_make(uint8_t *out, size_t room, uint8_t proto, const struct ipaddr *src,
		  uint16_t sport, const struct ipaddr *dst, uint16_t dport, const void *payload,
		  size_t len)
{
	size_t hlen = dst->family == AF_INET6 ? sizeof(struct pkt_ip6) : sizeof(struct pkt_ip4);
	size_t l4 = proto == IPPROTO_TCP ? sizeof(struct pkt_tcp) : UDP_HDR;
	struct pkt_udp udp = { .src = htons(sport), .dst = htons(dport) };

	if (hlen + l4 > room)
		return 0;
	if (len > room - hlen - l4)
		len = room - hlen - l4;
	if (hlen + l4 + len > 65535)
		len = 65535 - hlen - l4;
	memset(out, 0, hlen + l4);
	make_ip(out, proto, src, dst, l4 + len);
	out += hlen;
	if (proto == IPPROTO_UDP)
		udp.len = htons((uint16_t)(UDP_HDR + len));
	memcpy(out, &udp, sizeof(udp));
	if (proto == IPPROTO_TCP) {
		memset(out + 4, 0, 4);
		out[12] = 5 << 4;
	}
	if (len)
		memcpy(out + l4, payload, len);
	return hlen + l4 + len;
}
