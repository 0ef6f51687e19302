/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TCP and UDP frames of the offload tests: built with everything in place,
 * and judged by the bytes alone.
 */
#ifndef INET_H
#define INET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INET_ETH	14

/**
 * struct inet_spec - what to build
 * @v6: IPv6 instead of IPv4
 * @udp: UDP instead of TCP
 * @payload: bytes after the transport header
 * @seq: TCP sequence number
 * @partial: leave the pseudo header's sum in the checksum field, as a sender
 *	that asks for offload does; else the whole checksum
 * @more: more data follows: no PSH
 */
struct inet_spec {
	bool v6, udp;
	size_t payload;
	uint32_t seq;
	bool partial;
	bool more;
};

/**
 * struct inet_view - what a frame says about itself
 * @ip_ok: IPv4 header checksum (true for IPv6)
 * @l4_ok: TCP or UDP checksum
 * @len_ok: the lengths in the headers fit the frame
 * @seq: TCP sequence number
 * @id: IPv4 identification
 * @tcp_flags: flags of the TCP header
 * @data: the payload
 * @len: its length
 */
struct inet_view {
	bool ip_ok, l4_ok, len_ok;
	uint32_t seq;
	uint16_t id;
	uint8_t tcp_flags;
	const uint8_t *data;
	size_t len;
};

size_t inet_build(uint8_t *f, const uint8_t *dst, const uint8_t *src,
		  const struct inet_spec *s);
bool inet_parse(const uint8_t *f, size_t len, struct inet_view *v);
uint16_t inet_sum(const uint8_t *p, size_t len, uint32_t sum);
size_t inet_l4_start(bool v6);
size_t inet_hdr_len(bool v6, bool udp);
uint8_t inet_payload_byte(size_t i);

#endif /* INET_H */
