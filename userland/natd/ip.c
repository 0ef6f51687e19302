// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * IPv4: checks, being a hop, fragments toward the guests, ICMP errors.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <errno.h>
#include <string.h>
#include "icmp.h"
#include "nat.h"

#define IP_LEN ((size_t)sizeof(struct pkt_ip4))
#define QUOTE_MAX 548 /* RFC 1812 4.3.2.3: no more than 576 in all */

/**
 * ip4_header - write an IPv4 header
 * @n: the NAT
 * @at: where
 * @o: what goes into it
 * @l4_len: bytes behind it
 */
void ip4_header(struct nat *n, uint8_t *at, const struct ip4_out *o, size_t l4_len)
{
	struct pkt_ip4 ip = {
		.ver_ihl = 0x45,
		.tos = o->tos,
		.len = htons((uint16_t)(IP_LEN + l4_len)),
		.id = htons(n->next_id++),
		.frag = o->df ? htons(PKT_IP4_DF) : 0,
		.ttl = o->ttl ? o->ttl : NAT_TTL,
		.proto = o->proto,
		.src = o->src,
		.dst = o->dst,
	};

	ip.csum = csum_ip(&ip, sizeof(ip));
	memcpy(at, &ip, sizeof(ip));
}

/* Our address and the type; neigh_resolve() puts the guest's in. */
void ip4_eth_header(struct nat *n, struct frame *f)
{
	struct pkt_eth eth = { .type = htons(PKT_IP4) };

	memcpy(eth.src, n->mac, 6);
	memcpy(f->data, &eth, sizeof(eth));
}

static void send_part(struct nat *n, const struct ip4_out *o, uint16_t id, const uint8_t *data,
		      size_t len, size_t offset, bool more)
{
	struct frame *f = nat_tx_get(n);
	struct pkt_ip4 ip;

	ip4_eth_header(n, f);
	ip4_header(n, f->data + PKT_ETH_LEN, o, len);
	memcpy(&ip, f->data + PKT_ETH_LEN, sizeof(ip));
	ip.id = htons(id);
	ip.frag = htons((uint16_t)(offset / 8) | (more ? PKT_IP4_MF : 0));
	ip.csum = 0;
	ip.csum = csum_ip(&ip, sizeof(ip));
	memcpy(f->data + PKT_ETH_LEN, &ip, sizeof(ip));
	memcpy(f->data + PKT_ETH_LEN + IP_LEN, data, len);
	f->len = (uint32_t)(PKT_ETH_LEN + IP_LEN + len);
	if (neigh_resolve(n, o->dst, f))
		nat_tx_put(n);
}

/**
 * ip4_send - send a packet to a guest
 * @n: the NAT
 * @o: its header
 * @l4: transport header and data, checksum done
 * @len: bytes
 *
 * Longer than the guests' MTU: it goes in fragments, unless @o->df.
 * Return: 0, -EMSGSIZE.
 */
int ip4_send(struct nat *n, const struct ip4_out *o, const void *l4, size_t len)
{
	size_t part = (n->mtu - IP_LEN) & ~(size_t)7, done;
	uint16_t id = n->next_id++;
	struct frame *f;

	if (len > 65535 - IP_LEN)
		return -EMSGSIZE;
	if (IP_LEN + len <= n->mtu) {
		f = nat_tx_get(n);
		ip4_eth_header(n, f);
		ip4_header(n, f->data + PKT_ETH_LEN, o, len);
		memcpy(f->data + PKT_ETH_LEN + IP_LEN, l4, len);
		f->len = (uint32_t)(PKT_ETH_LEN + IP_LEN + len);
		if (neigh_resolve(n, o->dst, f))
			nat_tx_put(n);
		return 0;
	}
	if (o->df)
		return -EMSGSIZE;
	for (done = 0; done < len; done += part) {
		size_t now = len - done < part ? len - done : part;

		send_part(n, o, id, (const uint8_t *)l4 + done, now, done, done + now < len);
	}
	return 0;
}

/**
 * ip4_icmp_error_raw - tell a guest what became of its packet
 * @n: the NAT
 * @to: the guest
 * @from: who says so
 * @type: of the ICMP error
 * @code: see @type
 * @rest: second word of the ICMP header, network order (MTU for 3/4)
 * @quoted: the packet it is about, from its IP header on
 * @len: bytes of it; cut to what the standards allow
 */
void ip4_icmp_error_raw(struct nat *n, uint32_t to, uint32_t from, uint8_t type, uint8_t code,
			uint32_t rest, const uint8_t *quoted, size_t len)
{
	struct ip4_out o = { .src = from, .dst = to, .proto = IPPROTO_ICMP };
	uint8_t msg[sizeof(struct pkt_icmp) + QUOTE_MAX];
	struct pkt_icmp icmp = { .type = type, .code = code };

	if (!icmp_may_send_error(n))
		return;
	if (len > QUOTE_MAX)
		len = QUOTE_MAX;
	icmp.u.rest = rest;
	memcpy(msg, &icmp, sizeof(icmp));
	memcpy(msg + sizeof(icmp), quoted, len);
	icmp.csum = csum_ip(msg, sizeof(icmp) + len);
	memcpy(msg, &icmp, sizeof(icmp));
	ip4_send(n, &o, msg, sizeof(icmp) + len);
}

/* Never about an ICMP error, a fragment, or a packet to a group (RFC 1122). */
static bool may_have_error(const struct pkt_in *p)
{
	if (p->proto == IPPROTO_ICMP) {
		uint8_t type = p->l4_len ? p->l4[0] : 3;

		if (type == 3 || type == 4 || type == 5 || type == 11 || type == 12)
			return false;
	}
	return (p->dst.a.b[0] >> 4) != 0xe && p->dst.a.v4 != 0xffffffff;
}

/**
 * ip4_icmp_error - an ICMP error about a packet just received
 * @n: the NAT
 * @p: the packet
 * @from: who says so; 0 for the gateway
 * @type: see ip4_icmp_error_raw()
 * @code: see ip4_icmp_error_raw()
 * @rest: see ip4_icmp_error_raw()
 */
void ip4_icmp_error(struct nat *n, const struct pkt_in *p, uint32_t from, uint8_t type,
		    uint8_t code, uint32_t rest)
{
	if (may_have_error(p))
		ip4_icmp_error_raw(n, p->src.a.v4, from ? from : n->ip4, type, code, rest, p->ip,
				   p->raw_len);
}

/**
 * ip4_deliver - hand a whole packet to its protocol
 * @n: the NAT
 * @p: the packet, TTL not yet looked at
 */
void ip4_deliver(struct nat *n, const struct pkt_in *p)
{
	struct pkt_in in = *p;

	/* We are a hop for what goes through, not for what is for us. */
	if (in.dst.a.v4 != n->ip4) {
		if (in.ttl <= 1) {
			ip4_icmp_error(n, &in, 0, 11, 0, 0);
			return;
		}
		in.ttl--;
		if (nat_is_guest(n, in.dst.a.v4) || in.dst.a.v4 == n->host4)
			return;
	}
	switch (in.proto) {
	case IPPROTO_TCP:
		tcp_input(n, &in);
		break;
	case IPPROTO_UDP:
		udp_input(n, &in);
		break;
	case IPPROTO_ICMP:
		icmp_input(n, &in);
		break;
	default:
		ip4_icmp_error(n, &in, 0, 3, 2, 0);
		break;
	}
}

/**
 * ip4_input - an IPv4 frame of a guest
 * @n: the NAT
 * @f: the frame
 */
void ip4_input(struct nat *n, const struct frame *f)
{
	const uint8_t *at = f->data + PKT_ETH_LEN;
	size_t room = f->len - PKT_ETH_LEN, hlen, len;
	struct pkt_in p = { .ip = at };
	struct pkt_ip4 ip;

	if (room < IP_LEN)
		goto bad;
	memcpy(&ip, at, sizeof(ip));
	hlen = (size_t)(ip.ver_ihl & 15) * 4;
	len = ntohs(ip.len);
	if (ip.ver_ihl >> 4 != 4 || hlen < IP_LEN || len < hlen || len > room ||
	    csum_ip(at, hlen) != 0)
		goto bad;
	/* The host's own adapter is no guest, and nobody else belongs here. */
	if (!nat_is_guest(n, ip.src) || ip.src == n->host4)
		return;
	neigh_learn(n, ip.src, f->data + 6);
	if (ntohs(ip.frag) & (PKT_IP4_MF | PKT_IP4_OFFSET)) {
		frag_input(n, at, len);
		return;
	}
	p.src = ipaddr_v4(ip.src);
	p.dst = ipaddr_v4(ip.dst);
	p.proto = ip.proto;
	p.ttl = ip.ttl;
	p.tos = ip.tos;
	p.df = ntohs(ip.frag) & PKT_IP4_DF;
	p.l4 = at + hlen;
	p.l4_len = len - hlen;
	p.raw_len = len;
	p.csum_done = f->csum != FRAME_CSUM_NONE;
	p.in_frame = true;
	ip4_deliver(n, &p);
	return;
bad:
	n->stats.bad++;
}
