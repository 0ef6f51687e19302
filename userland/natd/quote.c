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
bool icmp4_is_error(uint8_t type)
{
	return type == ICMP4_UNREACH || type == ICMP4_TIME_EXCEEDED || type == ICMP4_PARAMETER;
}

/*
 * Where the quoted packet ends: with extensions behind it, the header says how
 * many words of it there are, 128 bytes at least (RFC 4884 4.1). Others may have
 * anything there.
 */
static size_t quote_end(const uint8_t *icmp, size_t len)
{
	size_t quoted = icmp[5] * 4U;

	return quoted >= 128 && ICMP_HDR + quoted <= len ? ICMP_HDR + quoted : len;
}

/**
 * quote_parse - find the packet that an ICMP error is about
 * @icmp: the ICMP message
 * @len: bytes
 * @q: filled
 *
 * Errors with a bad checksum, or about a packet with a bad IP checksum, or about
 * anything but an echo, UDP or TCP are refused; the transport checksum is not
 * looked at (RFC 5508, REQ-3).
 *
 * Return: 0, or -EBADMSG.
 */
int quote_parse(const uint8_t *icmp, size_t len, struct quote *q)
{
	struct pkt_icmp h;
	struct pkt_ip4 ip;
	size_t hlen, end;
	uint16_t w[4];

	if (len < ICMP_HDR + sizeof(ip) || csum_ip(icmp, len))
		return -EBADMSG;
	memcpy(&h, icmp, sizeof(h));
	if (!icmp4_is_error(h.type))
		return -EBADMSG;
	end = quote_end(icmp, len);
	memcpy(&ip, icmp + ICMP_HDR, sizeof(ip));
	hlen = (ip.ver_ihl & 15) * 4U;
	if (ip.ver_ihl >> 4 != 4 || hlen < sizeof(ip) || ICMP_HDR + hlen + 8 > end ||
	    csum_ip(icmp + ICMP_HDR, hlen))
		return -EBADMSG;
	/* Only the first fragment has ports. */
	if (ntohs(ip.frag) & PKT_IP4_OFFSET)
		return -EBADMSG;
	*q = (struct quote){
		.ip = ICMP_HDR,
		.l4 = ICMP_HDR + hlen,
		.end = end,
		.proto = ip.proto,
		.src = ip.src,
		.dst = ip.dst,
	};
	memcpy(w, icmp + q->l4, sizeof(w));
	switch (ip.proto) {
	case IPPROTO_ICMP:
		if (icmp[q->l4] != ICMP4_ECHO && icmp[q->l4] != ICMP4_ECHO_REPLY)
			return -EBADMSG;
		q->request = icmp[q->l4] == ICMP4_ECHO;
		q->id = ntohs(w[2]);
		return 0;
	case IPPROTO_UDP:
	case IPPROTO_TCP:
		q->id = ntohs(w[0]);
		q->dport = ntohs(w[1]);
		return 0;
	default:
		return -EBADMSG;
	}
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
	uint8_t old[4];
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

static void set_addr(uint8_t *icmp, size_t len, const struct quote *q, size_t addr_at,
		     uint32_t addr, size_t port_at, uint16_t port)
{
	uint8_t *inner = inner_csum(icmp, q);
	uint8_t *ip = icmp + q->ip;
	uint16_t sum, be = htons(port);
	uint32_t old;

	memcpy(&old, ip + addr_at, 4);
	/* The transport checksum covers the addresses, but not ICMP's. */
	if (inner && q->proto != IPPROTO_ICMP) {
		uint8_t scratch[4];

		put(scratch, &old, 4);
		patch(scratch, &addr, 4, inner);
	}
	patch(ip + addr_at, &addr, 4, ip + offsetof(struct pkt_ip4, csum));
	patch(icmp + q->l4 + port_at, &be, 2, inner);

	memset(icmp + offsetof(struct pkt_icmp, csum), 0, 2);
	sum = csum_ip(icmp, len);
	put(icmp + offsetof(struct pkt_icmp, csum), &sum, 2);
}

/**
 * quote_set_src - say that the quoted packet came from there
 * @icmp: the ICMP message, changed in place
 * @len: bytes
 * @q: from quote_parse()
 * @addr: network order
 * @id: id of the echo or source port
 */
void quote_set_src(uint8_t *icmp, size_t len, const struct quote *q, uint32_t addr, uint16_t id)
{
	size_t at = q->proto == IPPROTO_ICMP ? offsetof(struct pkt_icmp, u.echo.id) : 0;

	set_addr(icmp, len, q, offsetof(struct pkt_ip4, src), addr, at, id);
}

/**
 * quote_set_dst - say that the quoted packet was going there
 * @icmp: the ICMP message, changed in place
 * @len: bytes
 * @q: from quote_parse()
 * @addr: network order
 * @port: id of the echo or destination port
 */
void quote_set_dst(uint8_t *icmp, size_t len, const struct quote *q, uint32_t addr, uint16_t port)
{
	size_t at = q->proto == IPPROTO_ICMP ? offsetof(struct pkt_icmp, u.echo.id) : 2;

	set_addr(icmp, len, q, offsetof(struct pkt_ip4, dst), addr, at, port);
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
size_t quote_make(uint8_t *out, size_t room, uint8_t proto, uint32_t src, uint16_t sport,
		  uint32_t dst, uint16_t dport, const void *payload, size_t len)
{
	size_t l4 = proto == IPPROTO_TCP ? sizeof(struct pkt_tcp) : UDP_HDR;
	struct pkt_ip4 ip = {
		.ver_ihl = 0x45,
		.ttl = 64,
		.proto = proto,
		.src = src,
		.dst = dst,
	};
	struct pkt_udp udp = { .src = htons(sport), .dst = htons(dport) };

	if (sizeof(ip) + l4 > room)
		return 0;
	if (len > room - sizeof(ip) - l4)
		len = room - sizeof(ip) - l4;
	if (sizeof(ip) + l4 + len > 65535)
		len = 65535 - sizeof(ip) - l4;
	ip.len = htons((uint16_t)(sizeof(ip) + l4 + len));
	ip.csum = csum_ip(&ip, sizeof(ip));
	memset(out, 0, sizeof(ip) + l4);
	memcpy(out, &ip, sizeof(ip));
	if (proto == IPPROTO_UDP)
		udp.len = htons((uint16_t)(UDP_HDR + len));
	memcpy(out + sizeof(ip), &udp, sizeof(udp));
	if (proto == IPPROTO_TCP) {
		memset(out + sizeof(ip) + 4, 0, 4);
		out[sizeof(ip) + 12] = 5 << 4;
	}
	if (len)
		memcpy(out + sizeof(ip) + l4, payload, len);
	return sizeof(ip) + l4 + len;
}
