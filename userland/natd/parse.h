/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What guests send, taken apart: pure functions that do no I/O, keep nothing
 * and trust nothing. Each says why it refuses something, so that it is counted.
 */
#ifndef VMNET_NATD_PARSE_H
#define VMNET_NATD_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "pkt.h"
#include "tcp_opt.h"

/**
 * enum pkt_why - why something is refused
 * @PKT_FINE: it is not
 * @PKT_SHORT: it ends within a header
 * @PKT_TYPE: no protocol that we speak, or a frame with a VLAN's tag
 * @PKT_VERSION: an IP version that is not that of its frame
 * @PKT_LENGTH: a length that contradicts another
 * @PKT_CHECKSUM: it is wrong
 * @PKT_ROUTED: it names its own route (RFC 7126 4.3 and 4.4, RFC 5095)
 * @PKT_HEADERS: IPv6 extension headers that are too many, or ask to be refused
 * @PKT_FRAGMENT: a fragment that does not go with the others
 * @PKT_ADDRESS: from an address that is no guest's
 * @PKT_PORT: from port 0
 * @PKT_WHYS: how many there are
 */
enum pkt_why {
	PKT_FINE,
	PKT_SHORT,
	PKT_TYPE,
	PKT_VERSION,
	PKT_LENGTH,
	PKT_CHECKSUM,
	PKT_ROUTED,
	PKT_HEADERS,
	PKT_FRAGMENT,
	PKT_ADDRESS,
	PKT_PORT,
	PKT_WHYS
};

/**
 * struct pkt_in - an IP packet of either family, checked
 * @ip: its IP header (options or extension headers may follow)
 * @src: addresses
 * @dst: see @src
 * @proto: protocol
 * @ttl: hops left; ip_deliver() takes one off for what goes through us
 * @tos: type of service
 * @df: not to be fragmented on its way (IPv6: it was not, as it came)
 * @more: a fragment that is not the last; or not the first, if @offset
 * @offset: of a fragment's data, bytes
 * @id: of its packet
 * @proto_at: where @proto was read, from @ip on
 * @l4: transport header, or a fragment's data
 * @l4_len: bytes from there to the end of the packet
 * @raw_len: bytes of the packet from @ip on
 * @csum_done: the transport checksum need not be checked (offload)
 * @in_frame: it lies in a frame of the batch, and stays there until that ends
 */
struct pkt_in {
	const uint8_t *ip;
	struct ipaddr src, dst;
	uint8_t proto, ttl, tos;
	bool df, more;
	uint16_t offset;
	uint32_t id;
	size_t proto_at;
	const uint8_t *l4;
	size_t l4_len;
	size_t raw_len;
	bool csum_done;
	bool in_frame;
};

/**
 * struct arp_in - an ARP message about IPv4 on Ethernet
 * @op: 1 for a question, 2 for an answer
 * @sha: sender
 * @spa: its address, network order
 * @tpa: whom it asks for, network order
 */
struct arp_in {
	uint16_t op;
	uint8_t sha[6];
	uint32_t spa, tpa;
};

/**
 * struct tcp_seg - a TCP segment
 * @sport: ports, host order
 * @dport: see @sport
 * @seq: sequence number
 * @ack: acknowledgement
 * @wnd: window as it stands there, not scaled
 * @flags: TCP_*
 * @urgent: so many bytes of it up to the urgent one, perhaps more than there are; 0
 *	when none is urgent (RFC 6093)
 * @opts: options
 * @data: payload
 * @len: bytes of it
 * @in_frame: as that of struct pkt_in
 */
struct tcp_seg {
	uint16_t sport, dport;
	uint32_t seq, ack;
	uint32_t wnd;
	uint8_t flags;
	uint16_t urgent;
	struct tcp_opts opts;
	const uint8_t *data;
	uint32_t len;
	bool in_frame;
};

/**
 * struct udp_in - a UDP datagram
 * @sport: ports, host order; @sport is not 0
 * @dport: see @sport
 * @data: payload
 * @len: bytes of it
 */
struct udp_in {
	uint16_t sport, dport;
	const uint8_t *data;
	size_t len;
};

const char *parse_why_name(enum pkt_why why);
enum pkt_why parse_eth(const uint8_t *at, size_t len, struct pkt_eth *eth);
enum pkt_why parse_arp(const uint8_t *at, size_t len, struct arp_in *arp);
enum pkt_why parse_ip4(const uint8_t *at, size_t room, struct pkt_in *p);
enum pkt_why parse_ip6(const uint8_t *at, size_t room, struct pkt_in *p);
enum pkt_why parse_tcp(const struct pkt_in *p, struct tcp_seg *s);
enum pkt_why parse_udp(const struct pkt_in *p, struct udp_in *u);
enum pkt_why parse_icmp(const struct pkt_in *p);

/* Is it a part of a packet only? */
static inline bool pkt_is_fragment(const struct pkt_in *p)
{
	return p->more || p->offset;
}

#endif
