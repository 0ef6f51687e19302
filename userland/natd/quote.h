/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ICMP errors of either family and the packet that each of them quotes. A NAT that passes one on
 * must put the addresses and ports back into the quote that its receiver had
 * put into the packet. Nothing here does I/O or keeps memory.
 */
#ifndef VMNET_NATD_QUOTE_H
#define VMNET_NATD_QUOTE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pkt.h"

#define ICMP4_ECHO_REPLY 0
#define ICMP4_UNREACH 3
#define ICMP4_ECHO 8
#define ICMP4_TIME_EXCEEDED 11
#define ICMP4_PARAMETER 12

#define ICMP6_UNREACH 1
#define ICMP6_TOOBIG 2
#define ICMP6_TIME_EXCEEDED 3
#define ICMP6_PARAMETER 4
#define ICMP6_ECHO 128
#define ICMP6_ECHO_REPLY 129

#define ICMP4_UNREACH_NET 0
#define ICMP4_UNREACH_HOST 1
#define ICMP4_UNREACH_PORT 3
#define ICMP4_UNREACH_NEEDFRAG 4
#define ICMP4_UNREACH_ADMIN 13

/**
 * struct quote - the packet that an ICMP error is about
 * @ip: where its IP header begins in the message
 * @l4: where its transport header begins
 * @end: where what is quoted ends; extensions may follow (RFC 4884)
 * @proto: IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_UDP or IPPROTO_TCP
 * @src: its sender
 * @dst: where it was going
 * @id: id of an echo, else the source port; host order
 * @dport: destination port, 0 for an echo; host order
 * @request: the echo is a request
 */
struct quote {
	size_t ip, l4, end;
	uint8_t proto;
	struct ipaddr src, dst;
	uint16_t id, dport;
	bool request;
};

bool icmp_is_error(uint8_t family, uint8_t type);
int quote_parse(uint8_t family, const uint8_t *icmp, size_t len, struct quote *q);
void quote_set_src(uint8_t *icmp, size_t len, const struct quote *q, const struct ipaddr *addr,
		   uint16_t id);
void quote_set_dst(uint8_t *icmp, size_t len, const struct quote *q, const struct ipaddr *addr,
		   uint16_t port);

/* Is it an echo that is quoted, and no datagram or segment? */
static inline bool quote_is_echo(const struct quote *q)
{
	return q->proto == IPPROTO_ICMP || q->proto == IPPROTO_ICMPV6;
}

size_t quote_make(uint8_t *out, size_t room, uint8_t proto, const struct ipaddr *src,
		  uint16_t sport, const struct ipaddr *dst, uint16_t dport, const void *payload,
		  size_t len);

#endif
