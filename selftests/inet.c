// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TCP and UDP frames of the offload tests: see inet.h.
 */
#include "inet.h"

#include <string.h>

#define TCP_PSH	0x08
#define TCP_ACK	0x10

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

/* The Internet checksum, not inverted. */
uint16_t inet_sum(const uint8_t *p, size_t len, uint32_t sum)
{
	for (; len > 1; p += 2, len -= 2)
		sum += get16(p);
	if (len)
		sum += (uint32_t)*p << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

size_t inet_l4_start(bool v6)
{
	return INET_ETH + (v6 ? 40 : 20);
}

size_t inet_hdr_len(bool v6, bool udp)
{
	return inet_l4_start(v6) + (udp ? 8 : 20);
}

uint8_t inet_payload_byte(size_t i)
{
	return (uint8_t)(i * 13 + (i >> 7));
}

static uint16_t pseudo(const uint8_t *ip, bool v6, uint8_t proto, size_t len)
{
	uint32_t sum = v6 ? inet_sum(ip + 8, 32, 0) : inet_sum(ip + 12, 8, 0);

	return inet_sum(NULL, 0, sum + proto + (uint32_t)len);
}

size_t inet_build(uint8_t *f, const uint8_t *dst, const uint8_t *src,
		  const struct inet_spec *s)
{
	uint8_t proto = s->udp ? 17 : 6;
	size_t l4h = s->udp ? 8 : 20, l4len = l4h + s->payload;
	uint8_t *ip = f + INET_ETH, *l4 = f + inet_l4_start(s->v6);
	uint8_t *csum = l4 + (s->udp ? 6 : 16);
	uint16_t sum;

	memset(f, 0, inet_hdr_len(s->v6, s->udp));
	memcpy(f, dst, 6);
	memcpy(f + 6, src, 6);
	put16(f + 12, s->v6 ? 0x86dd : 0x0800);
	if (s->v6) {
		ip[0] = 0x60;
		put16(ip + 4, (uint32_t)l4len);
		ip[6] = proto;
		ip[7] = 64;
		ip[8] = 0xfd;
		ip[23] = 1;
		ip[24] = 0xfd;
		ip[39] = 2;
	} else {
		ip[0] = 0x45;
		put16(ip + 2, (uint32_t)(20 + l4len));
		put16(ip + 4, 0x1234);
		ip[6] = 0x40;
		ip[8] = 64;
		ip[9] = proto;
		put32(ip + 12, 0x0a000001);
		put32(ip + 16, 0x0a000002);
		put16(ip + 10, (uint16_t)~inet_sum(ip, 20, 0));
	}
	put16(l4, 1025);
	put16(l4 + 2, 80);
	if (s->udp) {
		put16(l4 + 4, (uint32_t)l4len);
	} else {
		put32(l4 + 4, s->seq);
		put32(l4 + 8, 77);
		l4[12] = 0x50;
		l4[13] = s->more ? TCP_ACK : TCP_ACK | TCP_PSH;
		put16(l4 + 14, 0xffff);
	}
	for (size_t i = 0; i < s->payload; i++)
		l4[l4h + i] = inet_payload_byte(i);
	sum = pseudo(ip, s->v6, proto, l4len);
	if (s->partial) {
		put16(csum, sum);
	} else {
		sum = (uint16_t)~inet_sum(l4, l4len, sum);
		put16(csum, s->udp && !sum ? 0xffff : sum);
	}
	return inet_l4_start(s->v6) + l4len;
}

bool inet_parse(const uint8_t *f, size_t len, struct inet_view *v)
{
	bool v6 = get16(f + 12) == 0x86dd, udp;
	const uint8_t *ip = f + INET_ETH, *l4;
	size_t l4len, l4h;

	memset(v, 0, sizeof(*v));
	if (len < INET_ETH + 20 || (!v6 && get16(f + 12) != 0x0800))
		return false;
	if (len < inet_l4_start(v6) + 8)
		return false;
	l4 = f + inet_l4_start(v6);
	l4len = v6 ? get16(ip + 4) : get16(ip + 2) - 20U;
	udp = (v6 ? ip[6] : ip[9]) == 17;
	l4h = udp ? 8 : 20;
	v->len_ok = inet_l4_start(v6) + l4len == len && l4len >= l4h;
	if (!v->len_ok)
		return true;
	v->ip_ok = v6 || inet_sum(ip, 20, 0) == 0xffff;
	v->id = v6 ? 0 : get16(ip + 4);
	v->l4_ok = inet_sum(l4, l4len, pseudo(ip, v6, udp ? 17 : 6, l4len)) ==
		   0xffff;
	if (!udp) {
		v->seq = get32(l4 + 4);
		v->tcp_flags = l4[13];
	}
	v->data = l4 + l4h;
	v->len = l4len - l4h;
	return true;
}
