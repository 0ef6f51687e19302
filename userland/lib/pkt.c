// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "pkt.h"

/**
 * csum_add - add data to a running Internet checksum (RFC 1071)
 * @sum: so far; an even number of bytes went into it
 * @data: what to add
 * @len: bytes
 */
uint32_t csum_add(uint32_t sum, const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t s = sum;
	uint32_t w;

	for (; len >= 4; p += 4, len -= 4) {
		memcpy(&w, p, 4);
		s += w;
	}
	if (len) {
		w = 0;
		memcpy(&w, p, len);
		s += w;
	}
	s = (s & 0xffffffff) + (s >> 32);
	s = (s & 0xffffffff) + (s >> 32);
	return (uint32_t)s;
}

/* The 16 bit sum, complemented, ready for the header. */
uint16_t csum_fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

uint16_t csum_ip(const void *data, size_t len)
{
	return csum_fold(csum_add(0, data, len));
}

/* The IPv4 pseudo header (RFC 793, 768); @len of transport header and data. */
uint32_t csum_pseudo4(uint32_t src, uint32_t dst, uint8_t proto, size_t len)
{
	struct {
		uint32_t src, dst;
		uint8_t zero, proto;
		uint16_t len;
	} ph = { src, dst, 0, proto, htons((uint16_t)len) };

	return csum_add(0, &ph, sizeof(ph));
}

/* Over pseudo header, transport header (its field zero) and data. */
uint16_t csum_l4_v4(uint32_t src, uint32_t dst, uint8_t proto, const void *data, size_t len)
{
	return csum_fold(csum_add(csum_pseudo4(src, dst, proto, len), data, len));
}

/* The pseudo header of either family (RFC 793, 768, 8200 8.1); see csum_pseudo4(). */
uint32_t csum_pseudo(const struct ipaddr *src, const struct ipaddr *dst, uint8_t proto, size_t len)
{
	struct {
		uint8_t src[16], dst[16];
		uint32_t len;
		uint8_t zero[3], next;
	} ph = { .len = htonl((uint32_t)len), .next = proto };

	if (src->family != AF_INET6)
		return csum_pseudo4(src->a.v4, dst->a.v4, proto, len);
	memcpy(ph.src, src->a.b, 16);
	memcpy(ph.dst, dst->a.b, 16);
	return csum_add(0, &ph, sizeof(ph));
}

/* As csum_l4_v4(), for either family. */
uint16_t csum_l4(const struct ipaddr *src, const struct ipaddr *dst, uint8_t proto,
		 const void *data, size_t len)
{
	return csum_fold(csum_add(csum_pseudo(src, dst, proto, len), data, len));
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/**
 * mac_parse - read "00:50:56:e1:22:33"
 * @text: octets may lack the leading zero; '-' is taken too
 * @mac: result, unchanged on error
 *
 * Return: 0 or -EINVAL.
 */
int mac_parse(const char *text, uint8_t mac[6])
{
	const char *p = text;
	uint8_t out[6];
	char sep = 0;
	int i;

	for (i = 0; i < 6; i++) {
		int high, low;

		if (i) {
			if ((*p != ':' && *p != '-') || (sep && *p != sep))
				return -EINVAL;
			sep = *p++;
		}
		high = hex_digit(*p);
		if (high < 0)
			return -EINVAL;
		low = hex_digit(*++p);
		out[i] = (uint8_t)(low < 0 ? high : high << 4 | low);
		p += low >= 0;
	}
	if (*p)
		return -EINVAL;
	memcpy(mac, out, 6);
	return 0;
}

char *mac_format(const uint8_t mac[6], char buf[18])
{
	snprintf(buf, 18, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
		 mac[5]);
	return buf;
}

struct ipaddr ipaddr_v4(uint32_t be)
{
	struct ipaddr a = { .family = AF_INET };

	a.a.v4 = be;
	return a;
}

struct ipaddr ipaddr_v6(const uint8_t b[16])
{
	struct ipaddr a = { .family = AF_INET6 };

	memcpy(a.a.b, b, 16);
	return a;
}

bool ipaddr_equal(const struct ipaddr *a, const struct ipaddr *b)
{
	return a->family == b->family && !memcmp(a->a.b, b->a.b, 16);
}

/* Return: 0 or -EINVAL. */
int ipaddr_parse(const char *text, struct ipaddr *out)
{
	struct ipaddr a = { 0 };

	if (inet_pton(AF_INET, text, a.a.b) == 1)
		a.family = AF_INET;
	else if (inet_pton(AF_INET6, text, a.a.b) == 1)
		a.family = AF_INET6;
	else
		return -EINVAL;
	*out = a;
	return 0;
}

/**
 * ip6_prefix_parse - read a prefix of which hosts can make addresses (RFC 4862)
 * @text: PREFIX or PREFIX/64
 * @out: set to it, the bits behind it 0
 *
 * Return: 0, or -EINVAL when it is none, or not one of single hosts that are
 * reached from elsewhere: of a link (fe80::), of groups, or reserved.
 */
int ip6_prefix_parse(const char *text, struct ipaddr *out)
{
	size_t len = strcspn(text, "/");
	struct ipaddr a;
	char addr[46];

	if (len >= sizeof(addr) || (text[len] && strcmp(text + len, "/64") != 0))
		return -EINVAL;
	memcpy(addr, text, len);
	addr[len] = '\0';
	if (ipaddr_parse(addr, &a) || a.family != AF_INET6 || a.a.b[0] < 0x20 || a.a.b[0] >= 0xfe)
		return -EINVAL;
	memset(a.a.b + 8, 0, 8);
	*out = a;
	return 0;
}

const char *ipaddr_format(const struct ipaddr *a, char buf[46])
{
	if (!a->family || !inet_ntop(a->family, a->a.b, buf, 46))
		strcpy(buf, "?");
	return buf;
}

/* "10.9.0.5:80" or "[fd00::5]:80"; @port in host order. Return: @buf. */
const char *ipaddr_port_format(const struct ipaddr *a, uint16_t port, char buf[54])
{
	char addr[46];

	snprintf(buf, 54, a->family == AF_INET6 ? "[%s]:%u" : "%s:%u", ipaddr_format(a, addr),
		 port);
	return buf;
}

/* Dotted quad to network order. Return: 0 or -EINVAL. */
int ip4_parse(const char *text, uint32_t *be)
{
	struct in_addr in;

	if (inet_pton(AF_INET, text, &in) != 1)
		return -EINVAL;
	*be = in.s_addr;
	return 0;
}

const char *ip4_format(uint32_t be, char buf[16])
{
	struct in_addr in = { .s_addr = be };

	inet_ntop(AF_INET, &in, buf, 16);
	return buf;
}

/* Leading ones of a mask in network order, or -EINVAL when it has a hole. */
int netmask_bits(uint32_t be)
{
	uint32_t m = ntohl(be);
	int bits = 0;

	while (m & 0x80000000) {
		m <<= 1;
		bits++;
	}
	return m ? -EINVAL : bits;
}
