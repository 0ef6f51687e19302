/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ICMP errors and the packet that each of them quotes. A NAT that passes one on
 * must put the addresses and ports back into the quote that its receiver had
 * put into the packet. Nothing here does I/O or keeps memory.
 */
#ifndef VMNET_NATD_QUOTE_H
#define VMNET_NATD_QUOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pkt.h"

#define ICMP4_ECHO_REPLY 0
#define ICMP4_UNREACH 3
#define ICMP4_ECHO 8
#define ICMP4_TIME_EXCEEDED 11
#define ICMP4_PARAMETER 12

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
 * @proto: IPPROTO_ICMP, IPPROTO_UDP or IPPROTO_TCP
 * @src: its sender
 * @dst: where it was going
 * @id: id of an echo, else the source port; host order
 * @dport: destination port, 0 for an echo; host order
 * @request: the echo is a request
 */
struct quote {
	size_t ip, l4, end;
	uint8_t proto;
	uint32_t src, dst;
	uint16_t id, dport;
	bool request;
};

bool icmp4_is_error(uint8_t type);
int quote_parse(const uint8_t *icmp, size_t len, struct quote *q);
void quote_set_src(uint8_t *icmp, size_t len, const struct quote *q, uint32_t addr, uint16_t id);
void quote_set_dst(uint8_t *icmp, size_t len, const struct quote *q, uint32_t addr, uint16_t port);

size_t quote_make(uint8_t *out, size_t room, uint8_t proto, uint32_t src, uint16_t sport,
		  uint32_t dst, uint16_t dport, const void *payload, size_t len);

#endif
