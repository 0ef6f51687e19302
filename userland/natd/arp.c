// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ARP (RFC 826): we answer for the gateway's address alone.
 */
#include <arpa/inet.h>
#include <string.h>
#include "nat.h"
#include "policy.h"

#define FRAME_MIN 60

enum { ARP_ASK = 1, ARP_ANSWER = 2 };

static void send_arp(struct nat *n, uint16_t op, const uint8_t dst[6], const uint8_t tha[6],
		     uint32_t tpa)
{
	struct frame *f = nat_tx_get(n);
	struct pkt_eth eth = { .type = htons(PKT_ARP) };
	struct pkt_arp arp = {
		.hw = htons(1),
		.proto = htons(PKT_IP4),
		.hlen = 6,
		.plen = 4,
		.op = htons(op),
		.spa = n->ip4,
		.tpa = tpa,
	};

	memcpy(eth.dst, dst, 6);
	memcpy(eth.src, n->mac, 6);
	memcpy(arp.sha, n->mac, 6);
	memcpy(arp.tha, tha, 6);
	memset(f->data, 0, FRAME_MIN);
	memcpy(f->data, &eth, sizeof(eth));
	memcpy(f->data + sizeof(eth), &arp, sizeof(arp));
	f->len = FRAME_MIN;
	nat_tx_put(n);
}

/* Who has @addr? */
void arp_ask(struct nat *n, uint32_t addr)
{
	static const uint8_t all[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, nobody[6];

	send_arp(n, ARP_ASK, all, nobody, addr);
}

/**
 * arp_input - a guest asks or answers
 * @n: the NAT
 * @f: the frame
 */
void arp_input(struct nat *n, const struct frame *f)
{
	struct ipaddr sender;
	struct arp_in arp;
	enum pkt_why why = parse_arp(f->data + PKT_ETH_LEN, f->len - PKT_ETH_LEN, &arp);

	if (why) {
		nat_bad(n, why);
		return;
	}
	sender = ipaddr_v4(arp.spa);
	if (nat_is_guest(n, &sender))
		neigh_learn(n, &sender, arp.sha);
	if (arp.op == ARP_ASK && arp.tpa == n->ip4 && arp.spa != n->ip4)
		send_arp(n, ARP_ANSWER, arp.sha, arp.sha, arp.spa);
}
