// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "icmp.h"
#include "quote.h"

#define GUEST htonl(0x0a630080)
#define HOST htonl(0x0a620001)
#define PEER htonl(0x0a620002)

/* An ICMP error about a whole packet with right checksums. Return: length. */
static size_t make_error(uint8_t *out, uint8_t type, uint8_t proto, uint32_t src, uint16_t id,
			 size_t payload, unsigned int options)
{
	struct pkt_icmp h = { .type = type };
	size_t hlen = sizeof(struct pkt_ip4) + options;
	uint8_t *l4 = out + sizeof(h) + hlen;
	size_t l4_len = 8 + payload, i;
	struct pkt_ip4 ip = {
		.ver_ihl = (uint8_t)(0x40 | hlen / 4),
		.len = htons((uint16_t)(hlen + l4_len)),
		.ttl = 3,
		.proto = proto,
		.src = src,
		.dst = PEER,
	};
	uint16_t w[4] = { htons(id), htons(53), htons((uint16_t)l4_len), 0 };
	uint16_t sum;

	memset(out + sizeof(h), 1, hlen);
	memcpy(out + sizeof(h), &ip, sizeof(ip));
	sum = csum_ip(out + sizeof(h), hlen);
	memcpy(out + sizeof(h) + 10, &sum, 2);
	for (i = 0; i < payload; i++)
		l4[8 + i] = (uint8_t)(i * 11);
	if (proto == IPPROTO_ICMP) {
		w[0] = htons(0x0800);
		w[1] = 0;
		w[2] = htons(id);
		w[3] = htons(7);
		memcpy(l4, w, 8);
		w[1] = csum_ip(l4, l4_len);
	} else {
		memcpy(l4, w, 8);
		w[3] = csum_l4_v4(src, PEER, proto, l4, l4_len);
	}
	memcpy(l4, w, 8);
	memcpy(out, &h, sizeof(h));
	h.csum = csum_ip(out, sizeof(h) + hlen + l4_len);
	memcpy(out, &h, sizeof(h));
	return sizeof(h) + hlen + l4_len;
}

/* Are all the checksums of an error right, the quoted ones too? */
static void assert_sound(const uint8_t *msg, size_t len, const struct quote *q)
{
	size_t l4_len = len - q->l4;

	assert_int_equal(csum_ip(msg, len), 0);
	assert_int_equal(csum_ip(msg + q->ip, q->l4 - q->ip), 0);
	if (q->proto == IPPROTO_ICMP)
		assert_int_equal(csum_ip(msg + q->l4, l4_len), 0);
	else
		assert_int_equal(csum_l4(&q->src, &q->dst, q->proto, msg + q->l4, l4_len), 0);
}

static void rewrite(uint8_t proto, size_t payload, unsigned int options)
{
	uint8_t msg[600];
	size_t len = make_error(msg, ICMP4_TIME_EXCEEDED, proto, HOST, 40000, payload, options);
	struct quote q;

	assert_int_equal(quote_parse(AF_INET, msg, len, &q), 0);
	assert_int_equal(q.proto, proto);
	assert_int_equal(q.src.a.v4, HOST);
	assert_int_equal(q.dst.a.v4, PEER);
	assert_int_equal(q.id, 40000);
	assert_int_equal(q.dport, proto == IPPROTO_ICMP ? 0 : 53);
	assert_sound(msg, len, &q);
	quote_set_src(msg, len, &q, &(struct ipaddr){ AF_INET, { .v4 = GUEST } }, 4711);
	assert_int_equal(quote_parse(AF_INET, msg, len, &q), 0);
	assert_int_equal(q.src.a.v4, GUEST);
	assert_int_equal(q.id, 4711);
	assert_sound(msg, len, &q);
	quote_set_dst(msg, len, &q, &(struct ipaddr){ AF_INET, { .v4 = HOST } },
		      proto == IPPROTO_ICMP ? 4711 : 99);
	assert_int_equal(quote_parse(AF_INET, msg, len, &q), 0);
	assert_int_equal(q.dst.a.v4, HOST);
	assert_int_equal(q.src.a.v4, GUEST);
	assert_sound(msg, len, &q);
}

static void test_rewrite(void **state)
{
	(void)state;
	rewrite(IPPROTO_ICMP, 56, 0);
	rewrite(IPPROTO_ICMP, 57, 0);
	rewrite(IPPROTO_UDP, 56, 0);
	rewrite(IPPROTO_UDP, 1, 0);
	rewrite(IPPROTO_UDP, 56, 40);
	rewrite(IPPROTO_ICMP, 0, 4);
}

/* A router may quote eight bytes of the transport only. */
static void test_short_quote(void **state)
{
	uint8_t msg[600];
	size_t len = make_error(msg, ICMP4_UNREACH, IPPROTO_UDP, HOST, 40000, 56, 0);
	uint16_t sum;
	struct quote q;
	uint8_t *copy;

	(void)state;
	len -= 56;
	memset(msg + 2, 0, 2);
	sum = csum_ip(msg, len);
	memcpy(msg + 2, &sum, 2);
	copy = malloc(len);
	memcpy(copy, msg, len);
	assert_int_equal(quote_parse(AF_INET, copy, len, &q), 0);
	quote_set_src(copy, len, &q, &(struct ipaddr){ AF_INET, { .v4 = GUEST } }, 4711);
	assert_int_equal(csum_ip(copy, len), 0);
	assert_int_equal(csum_ip(copy + 8, 20), 0);
	free(copy);
}

/* A UDP checksum of zero says that there is none, and goes on saying so. */
static void test_no_checksum(void **state)
{
	uint8_t msg[600];
	size_t len = make_error(msg, ICMP4_UNREACH, IPPROTO_UDP, HOST, 40000, 10, 0);
	uint16_t sum;
	struct quote q;

	(void)state;
	memset(msg + 8 + 20 + 6, 0, 2);
	memset(msg + 2, 0, 2);
	sum = csum_ip(msg, len);
	memcpy(msg + 2, &sum, 2);
	assert_int_equal(quote_parse(AF_INET, msg, len, &q), 0);
	quote_set_src(msg, len, &q, &(struct ipaddr){ AF_INET, { .v4 = GUEST } }, 4711);
	assert_int_equal(msg[q.l4 + 6] | msg[q.l4 + 7], 0);
}

static void test_bad(void **state)
{
	uint8_t good[600], msg[600];
	size_t len = make_error(good, ICMP4_UNREACH, IPPROTO_ICMP, HOST, 1, 20, 0);
	uint16_t sum;
	struct quote q;
	size_t i;

	(void)state;
	for (i = 0; i < 8 + 20 + 8; i++)
		assert_int_equal(quote_parse(AF_INET, good, i, &q), -EBADMSG);
	/* A wrong outer checksum. */
	memcpy(msg, good, len);
	msg[len - 1] ^= 1;
	assert_int_equal(quote_parse(AF_INET, msg, len, &q), -EBADMSG);
	/* A wrong checksum of the quoted IP header. */
	memcpy(msg, good, len);
	msg[8 + 8]++;
	memset(msg + 2, 0, 2);
	sum = csum_ip(msg, len);
	memcpy(msg + 2, &sum, 2);
	assert_int_equal(quote_parse(AF_INET, msg, len, &q), -EBADMSG);
	/* Source quench and redirect are not passed on. */
	len = make_error(msg, 4, IPPROTO_UDP, HOST, 1, 20, 0);
	assert_int_equal(quote_parse(AF_INET, msg, len, &q), -EBADMSG);
	len = make_error(msg, 5, IPPROTO_UDP, HOST, 1, 20, 0);
	assert_int_equal(quote_parse(AF_INET, msg, len, &q), -EBADMSG);
	/* Nor what is about another protocol. */
	len = make_error(msg, ICMP4_UNREACH, IPPROTO_GRE, HOST, 1, 20, 0);
	assert_int_equal(quote_parse(AF_INET, msg, len, &q), -EBADMSG);
}

static void test_make(void **state)
{
	uint8_t out[100], data[200] = { 1, 2, 3 };
	struct ipaddr guest = ipaddr_v4(GUEST), peer = ipaddr_v4(PEER);
	struct pkt_ip4 ip;
	size_t n;

	(void)state;
	n = quote_make(out, sizeof(out), IPPROTO_UDP, &guest, 5, &peer, 6, data, 3);
	assert_int_equal(n, 31);
	memcpy(&ip, out, sizeof(ip));
	assert_int_equal(csum_ip(out, 20), 0);
	assert_int_equal(ntohs(ip.len), 31);
	assert_memory_equal(out + 28, data, 3);
	n = quote_make(out, sizeof(out), IPPROTO_UDP, &guest, 5, &peer, 6, data, sizeof(data));
	assert_int_equal(n, sizeof(out));
	n = quote_make(out, sizeof(out), IPPROTO_TCP, &guest, 5, &peer, 6, NULL, 0);
	assert_int_equal(n, 40);
	assert_int_equal(out[32], 0x50);
	assert_int_equal(quote_make(out, 27, IPPROTO_UDP, &guest, 0, &peer, 0, NULL, 0), 0);
}

static void test_errno(void **state)
{
	enum ip_err what = IP_ERR_TTL;

	(void)state;
	assert_int_equal(icmp_from_errno(ENETUNREACH, &what), 0);
	assert_int_equal(what, IP_ERR_NET);
	assert_int_equal(icmp_from_errno(EHOSTUNREACH, &what), 0);
	assert_int_equal(what, IP_ERR_HOST);
	assert_int_equal(icmp_from_errno(ETIMEDOUT, &what), 0);
	assert_int_equal(what, IP_ERR_HOST);
	assert_int_equal(icmp_from_errno(ECONNREFUSED, &what), 0);
	assert_int_equal(what, IP_ERR_PORT);
	assert_int_equal(icmp_from_errno(EACCES, &what), 0);
	assert_int_equal(what, IP_ERR_ADMIN);
	assert_int_equal(icmp_from_errno(EINVAL, &what), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rewrite),	    cmocka_unit_test(test_short_quote),
		cmocka_unit_test(test_no_checksum), cmocka_unit_test(test_bad),
		cmocka_unit_test(test_make),	    cmocka_unit_test(test_errno),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
