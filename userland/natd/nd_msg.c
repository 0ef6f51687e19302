// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <string.h>
#include "nd_msg.h"

#define HOPS 255 /* of a message that no router has passed on */
#define OPT_SOURCE 1
#define OPT_TARGET 2
#define OPT_PREFIX 3
#define OPT_MTU 5
#define OPT_RDNSS 25
#define OPT_DNSSL 31

#define HEADER 8 /* of ICMPv6, with the word behind it */
#define WITH_TARGET (HEADER + 16)

static void put16(uint8_t *at, uint16_t v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

static void put32(uint8_t *at, uint32_t v)
{
	put16(at, (uint16_t)(v >> 16));
	put16(at + 2, (uint16_t)v);
}

static bool is_unspecified(const struct ipaddr *a)
{
	static const uint8_t zero[16];

	return !memcmp(a->a.b, zero, 16);
}

/* The options; @kind is the one that has the hardware address wanted. */
static enum pkt_why parse_options(const uint8_t *opt, size_t len, uint8_t kind, struct nd_in *out)
{
	while (len) {
		size_t one = len < 2 ? 0 : opt[1] * 8U;

		if (!one || one > len)
			return PKT_LENGTH;
		if (opt[0] == kind && one == 8) {
			memcpy(out->mac, opt + 2, 6);
			out->has_mac = !mac_is_group(out->mac);
		}
		opt += one;
		len -= one;
	}
	return PKT_FINE;
}

/**
 * nd_parse - read a message of a neighbour (RFC 4861 6.1.1, 7.1)
 * @p: its packet, the checksum of which is right
 * @out: set
 *
 * Return: PKT_TYPE for what is no such message, or a router's.
 */
enum pkt_why nd_parse(const struct pkt_in *p, struct nd_in *out)
{
	const uint8_t *m = p->l4;
	uint8_t kind = OPT_SOURCE;
	size_t head = HEADER;
	enum pkt_why why;

	*out = (struct nd_in){ .type = p->l4_len ? m[0] : 0 };
	if (out->type != ND_RS && out->type != ND_NS && out->type != ND_NA)
		return PKT_TYPE;
	if (p->l4_len < HEADER)
		return PKT_SHORT;
	/* From this very link, or nothing is true of it. */
	if (p->ttl != HOPS || m[1])
		return PKT_ADDRESS;
	if (out->type != ND_RS) {
		head = WITH_TARGET;
		if (p->l4_len < head)
			return PKT_SHORT;
		out->target = ipaddr_v6(m + HEADER);
		if (out->target.a.b[0] == 0xff)
			return PKT_ADDRESS;
	}
	if (out->type == ND_NA) {
		out->flags = m[4];
		kind = OPT_TARGET;
		/* To all, nobody has asked for it. */
		if (p->dst.a.b[0] == 0xff && out->flags & ND_SOLICITED)
			return PKT_ADDRESS;
	}
	why = parse_options(m + head, p->l4_len - head, kind, out);
	if (why)
		return why;
	/* Who has no address yet has nothing to be answered at. */
	if (out->type != ND_NA && is_unspecified(&p->src) && out->has_mac)
		return PKT_ADDRESS;
	return PKT_FINE;
}

/**
 * nd_make - make a solicitation or an advertisement
 * @out: the message
 * @type: ND_NS or ND_NA
 * @flags: of an advertisement, else 0
 * @target: whom it is about
 * @mac: our address
 *
 * Return: its length.
 */
size_t nd_make(uint8_t out[ND_NS_LEN], uint8_t type, uint8_t flags, const struct ipaddr *target,
	       const uint8_t mac[6])
{
	memset(out, 0, ND_NS_LEN);
	out[0] = type;
	out[4] = flags;
	memcpy(out + HEADER, target->a.b, 16);
	out[WITH_TARGET] = type == ND_NA ? OPT_TARGET : OPT_SOURCE;
	out[WITH_TARGET + 1] = 1;
	memcpy(out + WITH_TARGET + 2, mac, 6);
	return ND_NS_LEN;
}

/**
 * nd_domain - a name as DNS writes it (RFC 1035 3.1)
 * @out: where
 * @room: bytes there
 * @name: "a.b", without a dot at its end
 *
 * Return: bytes, 0 when it is no name or there is no room.
 */
size_t nd_domain(uint8_t *out, size_t room, const char *name)
{
	size_t n = 0, label;

	while (*name) {
		label = strcspn(name, ".");
		if (!label || label > 63 || n + label + 2 > room)
			return 0;
		out[n++] = (uint8_t)label;
		memcpy(out + n, name, label);
		n += label;
		name += label;
		if (*name == '.' && !*++name)
			return 0;
	}
	if (!n)
		return 0;
	out[n++] = 0;
	return n;
}

static size_t put_prefix(uint8_t *at, const struct nd_ra *ra)
{
	memset(at, 0, 32);
	at[0] = OPT_PREFIX;
	at[1] = 4;
	at[2] = 64;
	at[3] = 0xc0; /* on this link, and for addresses of one's own */
	put32(at + 4, ra->valid);
	put32(at + 8, ra->preferred);
	memcpy(at + 16, ra->prefix.a.b, 8);
	return 32;
}

static size_t put_dns(uint8_t *at, const struct nd_ra *ra)
{
	memset(at, 0, 24);
	at[0] = OPT_RDNSS;
	at[1] = 3;
	put32(at + 4, ra->dns_time);
	memcpy(at + 8, ra->dns.a.b, 16);
	return 24;
}

static size_t put_domain(uint8_t *at, const struct nd_ra *ra)
{
	size_t n;

	memset(at, 0, 8 + ND_DOMAIN);
	n = nd_domain(at + 8, ND_DOMAIN, ra->domain);
	if (!n)
		return 0;
	n = (8 + n + 7) / 8;
	at[0] = OPT_DNSSL;
	at[1] = (uint8_t)n;
	put32(at + 4, ra->dns_time);
	return 8 * n;
}

/**
 * nd_make_ra - make a router's advertisement (RFC 4861 4.2, 8106 5)
 * @out: the message
 * @ra: what it says
 *
 * DHCPv6 is named as the place for other settings (O), not for addresses.
 * Return: its length.
 */
size_t nd_make_ra(uint8_t out[ND_RA_ROOM], const struct nd_ra *ra)
{
	size_t n = 16;

	memset(out, 0, n);
	out[0] = ND_RA;
	out[4] = 64;
	out[5] = 0x40;
	put16(out + 6, ra->router);
	out[n] = OPT_SOURCE;
	out[n + 1] = 1;
	memcpy(out + n + 2, ra->mac, 6);
	n += 8;
	memset(out + n, 0, 8);
	out[n] = OPT_MTU;
	out[n + 1] = 1;
	put32(out + n + 4, ra->mtu);
	n += 8;
	n += put_prefix(out + n, ra);
	if (ra->dns.family) {
		n += put_dns(out + n, ra);
		n += put_domain(out + n, ra);
	}
	return n;
}

/* The link-local address of a hardware address (RFC 4291, appendix A). */
struct ipaddr nd_link_local(const uint8_t mac[6])
{
	uint8_t b[16] = { 0xfe, 0x80 };

	memcpy(b + 8, mac, 3);
	b[8] ^= 2;
	b[11] = 0xff;
	b[12] = 0xfe;
	memcpy(b + 13, mac + 3, 3);
	return ipaddr_v6(b);
}

/* The group of those who may have @target (RFC 4291 2.7.1). */
struct ipaddr nd_solicited_node(const struct ipaddr *target)
{
	uint8_t b[16] = { 0xff, 2 };

	b[11] = 1;
	b[12] = 0xff;
	memcpy(b + 13, target->a.b + 13, 3);
	return ipaddr_v6(b);
}
