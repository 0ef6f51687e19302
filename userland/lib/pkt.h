/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Headers on the wire and the Internet checksum. Multi-byte fields are in
 * network order. Nothing here does I/O.
 */
#ifndef VMNET_PKT_H
#define VMNET_PKT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PKT_ETH_LEN 14
#define PKT_IP4 0x0800
#define PKT_ARP 0x0806
#define PKT_IP6 0x86dd

struct pkt_eth {
	uint8_t dst[6];
	uint8_t src[6];
	uint16_t type;
} __attribute__((packed));

struct pkt_arp {
	uint16_t hw, proto;
	uint8_t hlen, plen;
	uint16_t op;
	uint8_t sha[6];
	uint32_t spa;
	uint8_t tha[6];
	uint32_t tpa;
} __attribute__((packed));

struct pkt_ip4 {
	uint8_t ver_ihl;
	uint8_t tos;
	uint16_t len;
	uint16_t id;
	uint16_t frag;
	uint8_t ttl;
	uint8_t proto;
	uint16_t csum;
	uint32_t src, dst;
} __attribute__((packed));

#define PKT_IP4_DF 0x4000
#define PKT_IP4_MF 0x2000
#define PKT_IP4_OFFSET 0x1fff

struct pkt_ip6 {
	uint32_t ver_tc_flow;
	uint16_t len; /* of what follows this header */
	uint8_t next;
	uint8_t hops;
	uint8_t src[16], dst[16];
} __attribute__((packed));

struct pkt_frag6 {
	uint8_t next, reserved;
	uint16_t offset;
	uint32_t id;
} __attribute__((packed));

#define PKT_IP6_OFFSET 0xfff8
#define PKT_IP6_MF 0x0001

struct pkt_icmp {
	uint8_t type, code;
	uint16_t csum;
	union {
		struct {
			uint16_t id, seq;
		} echo;
		struct {
			uint16_t unused, mtu;
		} frag;
		uint32_t rest;
	} u;
} __attribute__((packed));

struct pkt_udp {
	uint16_t src, dst, len, csum;
} __attribute__((packed));

struct pkt_tcp {
	uint16_t src, dst;
	uint32_t seq, ack;
	uint8_t off;
	uint8_t flags;
	uint16_t win, csum, urg;
} __attribute__((packed));

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_PSH 0x08
#define TCP_ACK 0x10
#define TCP_URG 0x20

/**
 * struct ipaddr - an address of either family
 * @family: AF_INET, AF_INET6, or 0 for none
 * @a: 4 or 16 bytes, network order; the rest is zero
 */
struct ipaddr {
	uint8_t family;
	union {
		uint8_t b[16];
		uint32_t v4;
	} a;
};

/* A number of two bytes at any place. */
static inline uint16_t pkt_get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline void pkt_put16(uint8_t *p, unsigned int v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

uint32_t csum_add(uint32_t sum, const void *data, size_t len);
uint16_t csum_fold(uint32_t sum);
uint16_t csum_ip(const void *data, size_t len);
uint32_t csum_pseudo4(uint32_t src, uint32_t dst, uint8_t proto, size_t len);
uint16_t csum_l4_v4(uint32_t src, uint32_t dst, uint8_t proto, const void *data, size_t len);
uint32_t csum_pseudo(const struct ipaddr *src, const struct ipaddr *dst, uint8_t proto, size_t len);
uint16_t csum_l4(const struct ipaddr *src, const struct ipaddr *dst, uint8_t proto,
		 const void *data, size_t len);

int mac_parse(const char *text, uint8_t mac[6]);
char *mac_format(const uint8_t mac[6], char buf[18]);
static inline bool mac_is_group(const uint8_t mac[6])
{
	return mac[0] & 1;
}

struct ipaddr ipaddr_v4(uint32_t be);
struct ipaddr ipaddr_v6(const uint8_t b[16]);
bool ipaddr_equal(const struct ipaddr *a, const struct ipaddr *b);
int ipaddr_parse(const char *text, struct ipaddr *out);
int ip6_prefix_parse(const char *text, struct ipaddr *out);
const char *ipaddr_format(const struct ipaddr *a, char buf[46]);
const char *ipaddr_port_format(const struct ipaddr *a, uint16_t port, char buf[54]);
int ip4_parse(const char *text, uint32_t *be);
const char *ip4_format(uint32_t be, char buf[16]);
int netmask_bits(uint32_t be);

#endif
