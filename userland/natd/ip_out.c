// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Packets to guests, of either family: headers, fragments, ICMP errors.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include "icmp.h"
#include "nat.h"
#include "policy.h"

/* RFC 1812 4.3.2.3: no more than 576 in all; RFC 4443 2.4: no more than 1280. */
#define QUOTE4_MAX 548
#define QUOTE6_MAX (1280 - 40 - 8)

static void header4(uint8_t *at, const struct ip_out *o, size_t l4_len, uint16_t id, uint16_t frag)
{
	struct pkt_ip4 ip = {
		.ver_ihl = 0x45,
		.tos = o->tos,
		.len = htons((uint16_t)(sizeof(ip) + l4_len)),
		.id = htons(id),
		.frag = htons(frag),
		.ttl = o->ttl ? o->ttl : NAT_TTL,
		.proto = o->proto,
		.src = o->src.a.v4,
		.dst = o->dst.a.v4,
	};

	ip.csum = csum_ip(&ip, sizeof(ip));
	memcpy(at, &ip, sizeof(ip));
}

static void header6(uint8_t *at, const struct ip_out *o, uint8_t next, size_t len)
{
	struct pkt_ip6 ip = {
		.ver_tc_flow = htonl(6U << 28 | (uint32_t)o->tos << 20),
		.len = htons((uint16_t)len),
		.next = next,
		.hops = o->ttl ? o->ttl : NAT_TTL,
	};

	memcpy(ip.src, o->src.a.b, 16);
	memcpy(ip.dst, o->dst.a.b, 16);
	memcpy(at, &ip, sizeof(ip));
}

/* Our address and the type; neigh_resolve() puts the guest's in. */
static uint8_t *eth_header(struct nat *n, struct frame *f, uint8_t family)
{
	struct pkt_eth eth = { .type = htons(family == AF_INET6 ? PKT_IP6 : PKT_IP4) };

	memcpy(eth.src, n->mac, 6);
	memcpy(f->data, &eth, sizeof(eth));
	return f->data + PKT_ETH_LEN;
}

/**
 * ip_start - begin a packet to a guest
 * @n: the NAT
 * @f: from nat_tx_get(); gets the headers of Ethernet and IP, and their length
 * @o: what goes into them
 * @l4_len: bytes that will follow, in the frame and its tail
 *
 * Return: where the transport header is to begin.
 */
uint8_t *ip_start(struct nat *n, struct frame *f, const struct ip_out *o, size_t l4_len)
{
	uint8_t *at = eth_header(n, f, o->dst.family);
	size_t hlen = ip_header_len(o->dst.family);

	if (o->dst.family == AF_INET6)
		header6(at, o, o->proto, l4_len);
	else
		header4(at, o, l4_len, n->next_id++, o->df ? PKT_IP4_DF : 0);
	f->len = (uint32_t)(PKT_ETH_LEN + hlen);
	return at + hlen;
}

/* One fragment. */
static void send_part(struct nat *n, const struct ip_out *o, uint32_t id, const uint8_t *data,
		      size_t len, size_t offset, bool more)
{
	struct frame *f = nat_tx_get(n);
	uint8_t *at = eth_header(n, f, o->dst.family);
	struct pkt_frag6 frag = {
		.next = o->proto,
		.offset = htons((uint16_t)(offset | more)),
		.id = htonl(id),
	};

	if (o->dst.family == AF_INET6) {
		header6(at, o, IPPROTO_FRAGMENT, sizeof(frag) + len);
		memcpy(at + sizeof(struct pkt_ip6), &frag, sizeof(frag));
		at += sizeof(struct pkt_ip6) + sizeof(frag);
	} else {
		header4(at, o, len, (uint16_t)id, (uint16_t)(offset / 8) | (more ? PKT_IP4_MF : 0));
		at += sizeof(struct pkt_ip4);
	}
	memcpy(at, data, len);
	f->len = (uint32_t)(at + len - f->data);
	if (neigh_resolve(n, &o->dst, f))
		nat_tx_put(n);
}

/**
 * ip_send - send a packet to a guest
 * @n: the NAT
 * @o: its header
 * @l4: transport header and data
 * @len: bytes
 *
 * Longer than the guests' MTU: it goes in fragments, unless @o->df.
 * Return: 0, -EMSGSIZE.
 */
int ip_send(struct nat *n, const struct ip_out *o, const void *l4, size_t len)
{
	size_t hlen = ip_header_len(o->dst.family), part, done;
	struct frame *f;
	uint32_t id;

	if (len > 65535 - hlen)
		return -EMSGSIZE;
	if (hlen + len <= n->mtu) {
		f = nat_tx_get(n);
		memcpy(ip_start(n, f, o, len), l4, len);
		f->len += (uint32_t)len;
		if (neigh_resolve(n, &o->dst, f))
			nat_tx_put(n);
		return 0;
	}
	if (o->df)
		return -EMSGSIZE;
	id = o->dst.family == AF_INET6 ? n->next_id6++ : n->next_id++;
	part = n->mtu - hlen - (o->dst.family == AF_INET6 ? sizeof(struct pkt_frag6) : 0);
	part &= ~(size_t)7;
	for (done = 0; done < len; done += part) {
		size_t now = len - done < part ? len - done : part;

		send_part(n, o, id, (const uint8_t *)l4 + done, now, done, done + now < len);
	}
	return 0;
}

/**
 * ip_send_error - tell a guest what became of its packet
 * @n: the NAT
 * @to: the guest
 * @from: who says so
 * @e: what
 * @quoted: the packet it is about, from its IP header on
 * @len: bytes of it; cut to what the standards allow
 */
void ip_send_error(struct nat *n, const struct ipaddr *to, const struct ipaddr *from,
		   const struct icmp_error *e, const uint8_t *quoted, size_t len)
{
	struct ip_out o = { .src = *from, .dst = *to, .tos = e->tos };
	uint8_t msg[sizeof(struct pkt_icmp) + QUOTE6_MAX];
	struct pkt_icmp icmp = { .type = e->type, .code = e->code, .u.rest = e->rest };
	size_t most = to->family == AF_INET6 ? QUOTE6_MAX : QUOTE4_MAX;

	if (!icmp_may_send_error(n))
		return;
	if (len > most)
		len = most;
	memcpy(msg, &icmp, sizeof(icmp));
	memcpy(msg + sizeof(icmp), quoted, len);
	len += sizeof(icmp);
	if (to->family == AF_INET6) {
		o.proto = IPPROTO_ICMPV6;
		icmp.csum = csum_l4(from, to, o.proto, msg, len);
	} else {
		o.proto = IPPROTO_ICMP;
		icmp.csum = csum_ip(msg, len);
	}
	memcpy(msg, &icmp, sizeof(icmp));
	ip_send(n, &o, msg, len);
}

/**
 * ip_error - how a family says it
 * @family: AF_INET or AF_INET6
 * @what: what
 * @rest: MTU for IP_ERR_TOOBIG, where it stands in the packet for IP_ERR_PROTO
 *	(IPv6)
 */
struct icmp_error ip_error(uint8_t family, enum ip_err what, uint32_t rest)
{
	static const struct icmp_error v4[] = {
		[IP_ERR_NET] = { .type = 3, .code = 0 },
		[IP_ERR_HOST] = { .type = 3, .code = 1 },
		[IP_ERR_PROTO] = { .type = 3, .code = 2 },
		[IP_ERR_PORT] = { .type = 3, .code = 3 },
		[IP_ERR_TOOBIG] = { .type = 3, .code = 4 },
		[IP_ERR_ADMIN] = { .type = 3, .code = 13 },
		[IP_ERR_TTL] = { .type = 11, .code = 0 },
	};
	static const struct icmp_error v6[] = {
		[IP_ERR_NET] = { .type = 1, .code = 0 },
		[IP_ERR_HOST] = { .type = 1, .code = 3 },
		[IP_ERR_PROTO] = { .type = 4, .code = 1 },
		[IP_ERR_PORT] = { .type = 1, .code = 4 },
		[IP_ERR_TOOBIG] = { .type = 2, .code = 0 },
		[IP_ERR_ADMIN] = { .type = 1, .code = 1 },
		[IP_ERR_TTL] = { .type = 3, .code = 0 },
	};
	struct icmp_error e = family == AF_INET6 ? v6[what] : v4[what];

	if (what == IP_ERR_TOOBIG || (what == IP_ERR_PROTO && family == AF_INET6))
		e.rest = htonl(rest);
	return e;
}

/* Never about an ICMP error or a packet to a group (RFC 1122 3.2.2, 4443 2.4). */
static bool may_have_error(const struct pkt_in *p)
{
	uint8_t type = p->l4_len ? p->l4[0] : 0;

	if (p->dst.family == AF_INET6)
		return p->dst.a.b[0] != 0xff && (p->proto != IPPROTO_ICMPV6 || type >= 128);
	if (p->proto == IPPROTO_ICMP &&
	    (!p->l4_len || icmp_is_error(AF_INET, type) || type == 4 || type == 5))
		return false;
	return (p->dst.a.b[0] >> 4) != 0xe && p->dst.a.v4 != INADDR_BROADCAST;
}

/**
 * ip_refuse - the gateway says why a packet just received does not go on
 * @n: the NAT
 * @p: the packet
 * @what: why
 * @mtu: for IP_ERR_TOOBIG
 */
void ip_refuse(struct nat *n, const struct pkt_in *p, enum ip_err what, uint32_t mtu)
{
	struct ipaddr from = nat_gateway(n, &p->src);
	struct icmp_error e;

	if (!may_have_error(p))
		return;
	e = ip_error(p->src.family, what, what == IP_ERR_PROTO ? (uint32_t)p->proto_at : mtu);
	/* That of the packet, but for ECN (RFC 1812 4.3.2.5). */
	e.tos = p->tos & 0xfc;
	ip_send_error(n, &p->src, &from, &e, p->ip, p->raw_len);
}
