/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DHCP messages as frames, for what makes load and what answers it.
 */
#ifndef DHCPWIRE_H
#define DHCPWIRE_H

#include <arpa/inet.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <netinet/ip.h>
#include <netinet/udp.h>

#define WIRE_OPTIONS 64 /* with these a message is as long as BOOTP's shortest */
#define WIRE_MAGIC 0x63825363U
#define WIRE_DISCOVER 1
#define WIRE_OFFER 2
#define WIRE_REQUEST 3
#define WIRE_ACK 5
#define WIRE_NAK 6

/* A message, with the options that fit into the shortest. */
struct wire {
	uint8_t dst[6], src[6];
	uint16_t type;
	struct iphdr ip;
	struct udphdr udp;
	uint8_t op, htype, hlen, hops;
	uint32_t xid;
	uint16_t secs, flags;
	uint32_t ciaddr, yiaddr, siaddr, giaddr;
	uint8_t chaddr[16], sname[64], file[128];
	uint32_t magic;
	uint8_t options[WIRE_OPTIONS];
} __attribute__((packed));

/* Up to the options. */
#define WIRE_HEAD offsetof(struct wire, options)

static inline uint16_t wire_sum(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint32_t s = 0;

	for (; len > 1; p += 2, len -= 2)
		s += (uint32_t)(p[0] << 8 | p[1]);
	if (len)
		s += (uint32_t)p[0] << 8;
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return htons((uint16_t)~s);
}

/* Return: what follows the option. */
static inline uint8_t *wire_put(uint8_t *at, uint8_t code, const void *data, size_t len)
{
	at[0] = code;
	at[1] = (uint8_t)len;
	memcpy(at + 2, data, len);
	return at + 2 + len;
}

/* Return: an option's value of at least @min bytes in a frame, or NULL. */
static inline const uint8_t *wire_get(const struct wire *w, size_t len, uint8_t code, size_t min)
{
	const uint8_t *o = w->options, *end = (const uint8_t *)w + len;

	while (o + 1 < end && *o != 255) {
		if (!*o) {
			o++;
			continue;
		}
		if (o + 2 + o[1] > end)
			return NULL;
		if (*o == code)
			return o[1] >= min ? o + 2 : NULL;
		o += 2 + o[1];
	}
	return NULL;
}

/* Is it a DHCP message of the kind @op? */
static inline int wire_is(const struct wire *w, size_t len, uint8_t op)
{
	return len > WIRE_HEAD && w->type == htons(0x0800) && w->ip.ihl == 5 &&
	       w->ip.protocol == IPPROTO_UDP && w->udp.dest == htons(op == 1 ? 67 : 68) &&
	       w->op == op && w->magic == htonl(WIRE_MAGIC);
}

/*
 * The headers of a message of sizeof(struct wire): broadcast, or an answer to a
 * relay with the hardware address @mac.
 */
static inline void wire_heads(struct wire *w, uint8_t op, uint32_t from, uint32_t relay,
			      const uint8_t *mac)
{
	const size_t len = sizeof(*w) - offsetof(struct wire, ip);

	if (relay)
		memcpy(w->dst, mac, 6);
	else
		memset(w->dst, 0xff, 6);
	w->type = htons(0x0800);
	memset(&w->ip, 0, sizeof(w->ip));
	w->ip.version = 4;
	w->ip.ihl = 5;
	w->ip.tot_len = htons((uint16_t)len);
	w->ip.ttl = 64;
	w->ip.protocol = IPPROTO_UDP;
	w->ip.saddr = from;
	w->ip.daddr = relay ? relay : 0xffffffff;
	w->ip.check = wire_sum(&w->ip, sizeof(w->ip));
	w->udp.source = htons(op == 1 ? 68 : 67);
	w->udp.dest = htons(op == 1 || relay ? 67 : 68);
	w->udp.len = htons((uint16_t)(len - sizeof(w->ip)));
	w->udp.check = 0;
	w->op = op;
	w->magic = htonl(WIRE_MAGIC);
}

#endif
