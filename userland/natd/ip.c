// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Packets of guests, of either family: who may send, being a hop, and to which
 * protocol they go.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include "nat.h"
#include "nd.h"
#include "policy.h"

/* Something unsound has come. */
void nat_bad(struct nat *n, enum pkt_why why)
{
	n->stats.bad[why]++;
}

/* Are we, or is the host's adapter, who has this address on the guests' network? */
static bool is_ours(const struct nat *n, const struct ipaddr *a)
{
	return nat_is_gateway(n, a) || (a->family == AF_INET && a->a.v4 == n->host4);
}

/* Hand a whole packet to its protocol. */
static void deliver(struct nat *n, struct pkt_in *p)
{
	if (n->advertise_only)
		return;
	/* We are a hop for what goes through, not for what is for us, or for all. */
	if (!nat_is_gateway(n, &p->dst) && !nat_is_group(n, &p->dst)) {
		if (p->ttl <= 1) {
			ip_refuse(n, p, IP_ERR_TTL, 0);
			return;
		}
		p->ttl--;
		if (nat_is_guest(n, &p->dst) || is_ours(n, &p->dst))
			return;
	}
	switch (p->proto) {
	case IPPROTO_TCP:
		tcp_input(n, p);
		break;
	case IPPROTO_UDP:
		udp_input(n, p);
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		if (p->proto == (p->src.family == AF_INET6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP)) {
			icmp_input(n, p);
			break;
		}
		ip_refuse(n, p, IP_ERR_PROTO, 0);
		break;
	default:
		ip_refuse(n, p, IP_ERR_PROTO, 0);
		break;
	}
}

/* Who has no address yet may look for one, and no more (RFC 4862 5.4.2). */
static bool is_homeless(const struct pkt_in *p)
{
	static const uint8_t zero[16];

	return p->src.family == AF_INET6 && !memcmp(p->src.a.b, zero, 16);
}

/* Whole, or with others that came before: it goes on. */
static void take_fragment(struct nat *n, const struct pkt_in *part, ip_parser *parse)
{
	const uint8_t *whole;
	struct pkt_in p;
	enum pkt_why why;
	size_t len;

	why = reasm_add(n->reasm, part, loop_now(&n->loop), &whole, &len);
	if (!why && whole)
		why = parse(whole, len, &p);
	if (why) {
		nat_bad(n, why);
	} else if (whole) {
		p.df = false;
		deliver(n, &p);
	}
}

/**
 * ip_input - a frame of a guest with an IP packet
 * @n: the NAT
 * @f: the frame
 * @parse: of its family
 */
void ip_input(struct nat *n, const struct frame *f, ip_parser *parse)
{
	struct pkt_in p;
	enum pkt_why why = parse(f->data + PKT_ETH_LEN, f->len - PKT_ETH_LEN, &p);

	if (!why && is_homeless(&p)) {
		if (nd_is_for_link(&p))
			nd_input(n, &p, f->data + 6);
		return;
	}
	/* The host's own adapter is no guest, and nobody else belongs here. */
	if (!why && (!nat_is_guest(n, &p.src) || is_ours(n, &p.src)))
		why = PKT_ADDRESS;
	if (why) {
		nat_bad(n, why);
		return;
	}
	neigh_learn(n, &p.src, f->data + 6);
	if (pkt_is_fragment(&p)) {
		take_fragment(n, &p, parse);
		return;
	}
	if (nd_is_for_link(&p)) {
		nd_input(n, &p, f->data + 6);
		return;
	}
	p.csum_done = f->csum != FRAME_CSUM_NONE;
	p.in_frame = true;
	deliver(n, &p);
}
