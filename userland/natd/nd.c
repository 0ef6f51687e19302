// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Neighbour discovery and router advertisements (RFC 4861): guests find the
 * gateway, make addresses of its prefix (RFC 4862), and learn of its DNS server.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include "nd.h"
#include "nd_msg.h"
#include "policy.h"

/* RFC 4861 6.2.1 and 10, as a router has them by default */
#define RA_LIFETIME 1800U
#define RA_MIN (200 * SEC)
#define RA_SPREAD (400 * SEC)
#define RA_FIRST (16 * SEC) /* the most between the first ones */
#define RA_FIRSTS 3
#define RA_LEAST (3 * SEC) /* between two to all */
#define RA_DELAY (500 * MSEC)
/* Types of ICMPv6 that are about a link: of listeners, routers and neighbours. */
#define LINK_FIRST 130
#define LINK_LAST 137
#define LINK_MLD2 143
#define VALID 86400U
#define PREFERRED 14400U

/**
 * struct nd - the router's part
 * @timer: the next advertisement to all
 * @sent: when the last one was
 * @firsts: so many of the first, which come sooner, are to be sent still
 *
 * Lifetime: nd_init() to nd_done(), whether guests have IPv6 or not; idle then.
 */
struct nd {
	struct nat *nat;
	struct loop_timer timer;
	uint64_t sent;
	unsigned int firsts;
};

static const struct ipaddr all_nodes = { AF_INET6, { .b = { 0xff, 2, [15] = 1 } } };

static uint64_t random_below(uint64_t most)
{
	uint32_t r;

	if (getrandom(&r, sizeof(r), GRND_NONBLOCK) != (ssize_t)sizeof(r))
		return most / 2;
	return r % most;
}

/* To a group: its own hardware address (RFC 2464 7). */
static void send_group(struct nat *n, struct frame *f, const struct ipaddr *group)
{
	f->data[0] = f->data[1] = 0x33;
	memcpy(f->data + 2, group->a.b + 12, 4);
	nat_tx_put(n);
}

/* Send a message that never leaves this link. @mac is NULL for a group. */
static void send_msg(struct nat *n, const struct ipaddr *src, const struct ipaddr *dst,
		     const uint8_t *mac, uint8_t *msg, size_t len)
{
	struct ip_out o = { .src = *src, .dst = *dst, .proto = IPPROTO_ICMPV6, .ttl = 255 };
	struct frame *f = nat_tx_get(n);
	uint16_t sum = csum_l4(src, dst, IPPROTO_ICMPV6, msg, len);

	memcpy(msg + offsetof(struct pkt_icmp, csum), &sum, sizeof(sum));
	memcpy(ip_start(n, f, &o, len), msg, len);
	f->len += (uint32_t)len;
	if (!mac) {
		send_group(n, f, dst);
		return;
	}
	memcpy(f->data, mac, 6);
	nat_tx_put(n);
}

/* Tell all guests of us, or, with no @lifetime, that we are a router no more. */
static void advertise(struct nat *n, bool alive)
{
	bool routes = alive && !n->advertise_only;
	struct nd_ra ra = {
		.prefix = n->ip6,
		.router = routes ? RA_LIFETIME : 0,
		.valid = VALID,
		.preferred = alive ? PREFERRED : 0,
		.mtu = n->mtu,
		.domain = n->conf.domain,
		.dns_time = routes ? RA_LIFETIME : 0,
	};
	uint8_t msg[ND_RA_ROOM];
	size_t len;

	if (!n->advertise_only)
		ra.dns = n->ip6;
	memcpy(ra.mac, n->mac, 6);
	len = nd_make_ra(msg, &ra);
	send_msg(n, &n->ll6, &all_nodes, NULL, msg, len);
	n->nd->sent = loop_now(&n->loop);
}

static void on_timer(struct loop *loop, struct loop_timer *t)
{
	struct nd *nd = (void *)((char *)t - offsetof(struct nd, timer));
	uint64_t wait = RA_MIN + random_below(RA_SPREAD);

	advertise(nd->nat, true);
	if (nd->firsts) {
		nd->firsts--;
		wait = RA_FIRST;
	}
	loop_timer_set(loop, t, wait);
}

/* A guest asks for routers: all of them are told, soon, but not too often. */
static void solicited(struct nd *nd)
{
	struct loop *loop = &nd->nat->loop;
	uint64_t now = loop_now(loop), wait = random_below(RA_DELAY);

	if (nd->sent + RA_LEAST > now + wait)
		wait = nd->sent + RA_LEAST - now;
	if (nd->timer.index && nd->timer.due < now + wait)
		return;
	loop_timer_set(loop, &nd->timer, wait);
}

/* Somebody asks for an address: it may be one of ours. */
static void answer(struct nat *n, const struct pkt_in *p, const struct nd_in *in,
		   const uint8_t mac[6])
{
	bool known = nat_is_guest(n, &p->src);
	uint8_t msg[ND_NS_LEN];

	if (!nat_is_gateway(n, &in->target))
		return;
	nd_make(msg, ND_NA, ND_ROUTER | ND_OVERRIDE | (known ? ND_SOLICITED : 0), &in->target,
		n->mac);
	/* Who has no address yet wants one of ours: all are told (RFC 4862 5.4). */
	if (known)
		send_msg(n, &in->target, &p->src, mac, msg, sizeof(msg));
	else
		send_msg(n, &in->target, &all_nodes, NULL, msg, sizeof(msg));
}

/* A message of those that never leave a link? None comes in fragments (RFC 6980). */
bool nd_is_for_link(const struct pkt_in *p)
{
	uint8_t type;

	if (p->src.family != AF_INET6 || p->proto != IPPROTO_ICMPV6 || pkt_is_fragment(p) ||
	    !p->l4_len)
		return false;
	type = p->l4[0];
	return (type >= LINK_FIRST && type <= LINK_LAST) || type == LINK_MLD2;
}

/**
 * nd_input - an ICMPv6 message that may be a neighbour's
 * @n: the NAT
 * @p: its packet, just as it came
 * @mac: the hardware address it came from
 *
 * Others, of multicast listeners for example, are passed over.
 */
void nd_input(struct nat *n, const struct pkt_in *p, const uint8_t mac[6])
{
	enum pkt_why why = parse_icmp(p);
	struct nd_in in;

	if (!why) {
		why = nd_parse(p, &in);
		if (why == PKT_TYPE)
			return;
	}
	if (why) {
		nat_bad(n, why);
		return;
	}
	switch (in.type) {
	case ND_RS:
		solicited(n->nd);
		break;
	case ND_NS:
		answer(n, p, &in, mac);
		break;
	case ND_NA:
		if (in.has_mac && nat_is_guest(n, &in.target))
			neigh_learn(n, &in.target, in.mac);
		break;
	}
}

/* Who has @addr? */
void nd_ask(struct nat *n, const struct ipaddr *addr)
{
	struct ipaddr group = nd_solicited_node(addr), us = nat_gateway(n, addr);
	uint8_t msg[ND_NS_LEN];

	nd_make(msg, ND_NS, 0, addr, n->mac);
	send_msg(n, &us, &group, NULL, msg, sizeof(msg));
}

/* The gateway's addresses: the second one of the prefix, as that of IPv4 is. */
static void set_addresses(struct nat *n)
{
	n->ip6 = n->ll6 = (struct ipaddr){ 0 };
	if (!n->conf.ip6_enable && !n->advertise_only)
		return;
	n->ip6 = nat_conf_gateway6(&n->conf);
	n->ll6 = nd_link_local(n->mac);
}

static void begin(struct nd *nd)
{
	set_addresses(nd->nat);
	if (!nd->nat->ip6.family)
		return;
	nd->firsts = RA_FIRSTS;
	loop_timer_set(&nd->nat->loop, &nd->timer, 0);
}

static void end(struct nd *nd)
{
	if (nd->nat->ip6.family)
		advertise(nd->nat, false);
	loop_timer_cancel(&nd->nat->loop, &nd->timer);
}

/* natIp6Enable or natIp6Prefix is another one; guests are told of both. */
void nd_changed(struct nat *n)
{
	struct ipaddr old = n->ip6, now;

	set_addresses(n);
	now = n->ip6;
	if (ipaddr_equal(&old, &now))
		return;
	n->ip6 = old;
	if (old.family)
		n->ll6 = nd_link_local(n->mac);
	end(n->nd);
	begin(n->nd);
}

/**
 * nd_init - be the guests' IPv6 router, if they are to have one
 * @n: the NAT; its configuration and hardware address are there
 *
 * Return: 0 or negative errno.
 */
int nd_init(struct nat *n)
{
	n->nd = calloc(1, sizeof(*n->nd));
	if (!n->nd)
		return -ENOMEM;
	n->nd->nat = n;
	n->nd->timer.fn = on_timer;
	begin(n->nd);
	return 0;
}

/* Guests are told that we are no router any more (RFC 4861 6.2.5). */
void nd_done(struct nat *n)
{
	if (!n->nd)
		return;
	end(n->nd);
	free(n->nd);
	n->nd = NULL;
}
