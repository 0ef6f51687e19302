// SPDX-License-Identifier: GPL-2.0-only
/*
 * Single-MAC translation: guests behind a NIC whose other end accepts frames
 * of one address only, as an access point does (vmware-abi section 8.6).
 *
 * All that leaves a hub by such a NIC, to the wire or up to the host, leaves
 * with the NIC's address (here); what comes back is told apart by its IP
 * address (smac_in.c). Only headers are looked at, and made writable where they
 * change: a frame keeps its fragments, its segmentation, its pending checksum.
 */
#include <linux/icmpv6.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/ndisc.h>
#include "smac_priv.h"

#define PORT_DHCP_SERVER	67
/* So much of a BOOTP message must be there: DHCP's cookie, and an option. */
#define BOOTP_MIN		243
#define BOOTP_FLAGS		10
#define BOOTP_BROADCAST		0x80

/* More than that in a frame is nobody's honest packet. */
#define MAX_EXTENSIONS		8
#define MAX_OPTIONS		32

static void learn(struct vmnet_smac *t, struct net_device *dev,
		  const struct vmnet_smac_key *key, const u8 *mac, u32 age)
{
	u64 guest = ether_addr_to_u64(mac);

	if (vmnet_smac_refresh(t, key, guest))
		return;
	/* Who says that he is the NIC is no guest. */
	if (!is_valid_ether_addr(mac) || ether_addr_equal(mac, dev->dev_addr))
		return;
	if (!vmnet_smac_is_hosts(dev, key))
		vmnet_smac_add(t, key, guest, age);
}

static void learn4(struct vmnet_smac *t, struct net_device *dev, __be32 addr,
		   u16 vid, const u8 *mac, u32 age)
{
	struct vmnet_smac_key key;

	if (ipv4_is_zeronet(addr) || ipv4_is_multicast(addr) ||
	    ipv4_is_lbcast(addr) || ipv4_is_loopback(addr))
		return;
	vmnet_smac_key4(&key, addr, vid);
	learn(t, dev, &key, mac, age);
}

/* A sum that the receiver, not we, will complete? */
static bool is_pending(const struct sk_buff *skb, int l4)
{
	return skb->ip_summed == CHECKSUM_PARTIAL &&
	       skb_checksum_start_offset(skb) == l4;
}

/*
 * A DHCP client that asks for unicast will be answered by broadcast: an answer
 * to its hardware address would not come through.
 */
static int ask_for_broadcast(struct sk_buff *skb, int off,
			     const struct iphdr *ip)
{
	int l4 = off + ip->ihl * 4;
	const struct udphdr *udp;
	u8 buf[BOOTP_FLAGS + 2];
	struct udphdr udp_buf;
	const u8 *bootp;
	__be16 *flags;
	__be16 old;

	if (ip->protocol != IPPROTO_UDP || ip->frag_off & ~htons(IP_DF))
		return 0;
	udp = skb_header_pointer(skb, l4, sizeof(*udp), &udp_buf);
	if (!udp || udp->dest != htons(PORT_DHCP_SERVER) ||
	    ntohs(udp->len) < sizeof(*udp) + BOOTP_MIN ||
	    skb->len < l4 + sizeof(*udp) + BOOTP_MIN)
		return 0;
	bootp = skb_header_pointer(skb, l4 + sizeof(*udp), sizeof(buf), buf);
	/* A request, Ethernet, addresses of six bytes. */
	if (!bootp || bootp[0] != 1 || bootp[1] != 1 || bootp[2] != 6 ||
	    bootp[BOOTP_FLAGS] & BOOTP_BROADCAST)
		return 0;
	if (skb_ensure_writable(skb, l4 + sizeof(*udp) + sizeof(buf)))
		return -ENOMEM;
	flags = (__be16 *)(skb->data + l4 + sizeof(*udp) + BOOTP_FLAGS);
	old = *flags;
	*flags |= htons(BOOTP_BROADCAST << 8);
	if (!is_pending(skb, l4)) {
		struct udphdr *w = (struct udphdr *)(skb->data + l4);

		if (w->check) {
			csum_replace2(&w->check, old, *flags);
			if (!w->check)
				w->check = CSUM_MANGLED_0;
		}
	}
	return 0;
}

static int out_ip4(struct vmnet_smac *t, struct net_device *dev,
		   struct sk_buff *skb, const struct vmnet_smac_place *at, u32 age)
{
	const struct ethhdr *eth = (const void *)skb->data;
	const struct iphdr *ip;
	struct iphdr buf;

	ip = vmnet_smac_ip4(skb, at->off, &buf);
	if (!ip)
		return -EINVAL;
	learn4(t, dev, ip->saddr, at->vid, eth->h_source, age);
	return ask_for_broadcast(skb, at->off, ip);
}

/* Where the ICMPv6 header of an unfragmented packet is, or -1. */
static int find_icmp6(const struct sk_buff *skb, int off,
		      const struct ipv6hdr *ip)
{
	u8 next = ip->nexthdr, buf[2];
	const u8 *ext;
	int i;

	off += sizeof(*ip);
	for (i = 0; i < MAX_EXTENSIONS && next != IPPROTO_ICMPV6; i++) {
		ext = skb_header_pointer(skb, off, sizeof(buf), buf);
		if (!ext)
			return -1;
		switch (next) {
		case IPPROTO_HOPOPTS:
		case IPPROTO_ROUTING:
		case IPPROTO_DSTOPTS:
		case IPPROTO_MH:
			off += (ext[1] + 1) * 8;
			break;
		case IPPROTO_AH:
			off += (ext[1] + 2) * 4;
			break;
		default:
			return -1;
		}
		next = ext[0];
	}
	return next == IPPROTO_ICMPV6 ? off : -1;
}

/* Put our address into an option of a message at @l4. */
static int set_lladdr(struct sk_buff *skb, int l4, int opt, const u8 *addr)
{
	struct icmp6hdr *icmp;
	__be16 *word;
	int i;

	if (skb_ensure_writable(skb, opt + 2 + ETH_ALEN))
		return -ENOMEM;
	icmp = (struct icmp6hdr *)(skb->data + l4);
	word = (__be16 *)(skb->data + opt + 2);
	for (i = 0; i < ETH_ALEN / 2; i++, word++) {
		__be16 new = get_unaligned((const __be16 *)(addr + 2 * i));

		if (!is_pending(skb, l4))
			csum_replace2(&icmp->icmp6_cksum, *word, new);
		*word = new;
	}
	return 0;
}

/* Neighbour discovery tells addresses of the link: ours is the right one. */
static int translate_nd(struct net_device *dev, struct sk_buff *skb, int off,
			const struct ipv6hdr *ip)
{
	/* Where options start, from a router solicitation on. */
	static const u8 start[] = { 8, 16, 24, 24 };
	int l4 = find_icmp6(skb, off, ip), end, opt, i;
	u8 buf[2], kind, wanted = ND_OPT_SOURCE_LL_ADDR;
	const u8 *p;

	if (l4 < 0)
		return 0;
	p = skb_header_pointer(skb, l4, 1, buf);
	if (!p || p[0] < NDISC_ROUTER_SOLICITATION ||
	    p[0] > NDISC_NEIGHBOUR_ADVERTISEMENT)
		return 0;
	kind = p[0] - NDISC_ROUTER_SOLICITATION;
	if (p[0] == NDISC_NEIGHBOUR_ADVERTISEMENT)
		wanted = ND_OPT_TARGET_LL_ADDR;
	end = off + (int)sizeof(*ip) + ntohs(ip->payload_len);
	end = min_t(int, end, skb->len);
	opt = l4 + start[kind];
	for (i = 0; opt + 2 <= end; i++) {
		p = skb_header_pointer(skb, opt, sizeof(buf), buf);
		if (!p || !p[1] || i == MAX_OPTIONS)
			return -EINVAL;
		if (p[0] == wanted)
			return opt + 2 + ETH_ALEN <= end ?
			       set_lladdr(skb, l4, opt, dev->dev_addr) : 0;
		opt += p[1] * 8;
	}
	return 0;
}

static int out_ip6(struct vmnet_smac *t, struct net_device *dev,
		   struct sk_buff *skb, const struct vmnet_smac_place *at, u32 age)
{
	const struct ethhdr *eth = (const void *)skb->data;
	struct vmnet_smac_key key = { .vid = at->vid };
	const struct ipv6hdr *ip;
	struct ipv6hdr buf;

	ip = vmnet_smac_ip6(skb, at->off, &buf);
	if (!ip)
		return -EINVAL;
	key.addr = ip->saddr;
	if (!ipv6_addr_any(&key.addr) && !ipv6_addr_is_multicast(&key.addr) &&
	    !ipv6_addr_loopback(&key.addr) && !ipv6_addr_v4mapped(&key.addr))
		learn(t, dev, &key, eth->h_source, age);
	return translate_nd(dev, skb, at->off, ip);
}

static int out_arp(struct vmnet_smac *t, struct net_device *dev,
		   struct sk_buff *skb, const struct vmnet_smac_place *at, u32 age)
{
	const struct vmnet_smac_arp *arp;
	struct vmnet_smac_arp buf, *w;

	arp = vmnet_smac_get_arp(skb, at->off, &buf);
	if (!arp)
		return -EINVAL;
	if (arp->op != htons(ARPOP_RREQUEST))
		learn4(t, dev, get_unaligned(&arp->sip), at->vid, arp->sha,
		       age);
	if (skb_ensure_writable(skb, at->off + sizeof(*w)))
		return -ENOMEM;
	w = (struct vmnet_smac_arp *)(skb->data + at->off);
	memcpy(w->sha, dev->dev_addr, ETH_ALEN);
	return 0;
}

/**
 * vmnet_smac_out - a frame of the hub leaves with the NIC's address
 * @t: the table; learns whose the IP address is
 * @dev: the NIC
 * @skb: the frame; skb->data is its Ethernet header. The data may be shared.
 * @age: see vmnet_smac_add()
 *
 * Return: 0; -EINVAL when it cannot be translated, or makes no sense; -ENOMEM.
 * Context: RCU read lock, bottom halves disabled.
 */
int vmnet_smac_out(struct vmnet_smac *t, struct net_device *dev,
		   struct sk_buff *skb, u32 age)
{
	const struct ethhdr *eth = (const void *)skb->data;
	struct vmnet_smac_place at;
	int err = 0;

	if (!vmnet_smac_locate(skb, 0, &at))
		return -EINVAL;
	switch (at.proto) {
	case htons(ETH_P_IP):
		err = out_ip4(t, dev, skb, &at, age);
		break;
	case htons(ETH_P_IPV6):
		err = out_ip6(t, dev, skb, &at, age);
		break;
	case htons(ETH_P_ARP):
	case htons(ETH_P_RARP):
		err = out_arp(t, dev, skb, &at, age);
		break;
	case htons(ETH_P_PAE):
	case htons(ETH_P_PREAUTH):
		break;
	default:
		/* The answer could not be told from the host's. */
		if (!is_multicast_ether_addr(eth->h_dest))
			err = -EINVAL;
	}
	if (err)
		return err;
	if (skb_ensure_writable(skb, ETH_HLEN))
		return -ENOMEM;
	ether_addr_copy(((struct ethhdr *)skb->data)->h_source, dev->dev_addr);
	return 0;
}
