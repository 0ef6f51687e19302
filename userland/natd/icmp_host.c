// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The outside's side of ICMP: echoes leave by raw sockets, and what comes back
 * goes to the guest whose id it names.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "icmp_id.h"
#include "policy.h"

/* Messages taken from a raw socket before others get their turn. */
#define RAW_BUDGET 64

/**
 * struct from - who has sent a message
 * @src: the address
 * @ttl: hops that the message has left
 * @tos: its service
 */
struct from {
	struct ipaddr src;
	uint8_t ttl, tos;
};

/**
 * icmp_raw_send - send a message as a guest's packet asks
 * @r: the socket of the packet's family
 * @p: the packet
 * @msg: the message; the checksum of ICMPv6 is the kernel's to make
 * @len: bytes
 *
 * Return: 0 or negative errno.
 */
int icmp_raw_send(struct icmp_raw *r, const struct pkt_in *p, const uint8_t *msg, size_t len)
{
	struct ip_set want = { p->ttl, p->tos, p->df ? IP_PMTUDISC_DO : IP_PMTUDISC_DONT };
	union sockaddr_any to;
	socklen_t to_len = sockaddr_put(&to, &p->dst, 0);

	ip_set(r->lfd.fd, r->family, &r->set, &want);
	return sendto(r->lfd.fd, msg, len, 0, &to.sa, to_len) < 0 ? -errno : 0;
}

/* What a message from outside has in its IP header on the way to a guest. */
static struct ip_out out_header(const struct from *from, const struct ipaddr *guest)
{
	return (struct ip_out){
		.src = from->src,
		.dst = *guest,
		.ttl = from->ttl > 1 ? from->ttl - 1 : 1,
		.tos = from->tos,
	};
}

/* An answer from outside to one of our ids. */
static void reply_in(struct icmp_raw *r, const struct from *from, uint8_t *msg, size_t len)
{
	struct icmp *icmp = r->icmp;
	struct icmp_id *m = icmp_id_find(&icmp->ids, r->family, icmp_echo_id(msg));
	struct ip_out o;

	if (!m || nat_hides(icmp->nat, &from->src) || (r->family == AF_INET && csum_ip(msg, len))) {
		icmp->stats.dropped++;
		return;
	}
	o = out_header(from, &m->guest);
	icmp_make_echo(msg, msg[0], m->id);
	icmp->stats.echo_in++;
	m->packets_in++;
	icmp_send_guest(icmp, &o, msg, len);
}

/* An error from outside: about an echo of a guest, or not for us. */
static void error_in(struct icmp_raw *r, struct from *from, uint8_t *msg, size_t len)
{
	struct icmp *icmp = r->icmp;
	struct icmp_id *m;
	struct ip_out o;
	struct quote q;

	if (quote_parse(r->family, msg, len, &q) || !quote_is_echo(&q) || !q.request)
		return;
	m = icmp_id_find(&icmp->ids, r->family, q.id);
	if (!m) {
		icmp->stats.dropped++;
		return;
	}
	if (!icmp_may_send_error(icmp->nat))
		return;
	quote_set_src(msg, len, &q, &m->guest, m->id);
	if (nat_hides(icmp->nat, &from->src))
		from->src = nat_gateway(icmp->nat, &m->guest);
	o = out_header(from, &m->guest);
	icmp_send_guest(icmp, &o, msg, len);
}

/* With IPv6 the kernel tells apart from the message what its header said. */
static void read_control(struct msghdr *mh, struct from *from)
{
	struct cmsghdr *cm;
	int v;

	for (cm = CMSG_FIRSTHDR(mh); cm; cm = CMSG_NXTHDR(mh, cm)) {
		if (cm->cmsg_level != IPPROTO_IPV6 || cm->cmsg_len < CMSG_LEN(sizeof(v)))
			continue;
		memcpy(&v, CMSG_DATA(cm), sizeof(v));
		if (cm->cmsg_type == IPV6_HOPLIMIT)
			from->ttl = (uint8_t)v;
		else if (cm->cmsg_type == IPV6_TCLASS)
			from->tos = (uint8_t)v;
	}
}

/* With IPv4 the header comes too. Return: its length, 0 when it makes no sense. */
static size_t read_header(const uint8_t *at, size_t len, struct from *from)
{
	struct pkt_ip4 ip;

	if (len < sizeof(ip))
		return 0;
	memcpy(&ip, at, sizeof(ip));
	from->src = ipaddr_v4(ip.src);
	from->ttl = ip.ttl;
	from->tos = ip.tos;
	return (ip.ver_ihl & 15) * 4U;
}

/* Take one message. Return: false when there is none. */
static bool take(struct icmp_raw *r)
{
	struct icmp *icmp = r->icmp;
	union {
		char buf[2 * CMSG_SPACE(sizeof(int))];
		size_t align;
	} c;
	union sockaddr_any sa;
	struct iovec iov = { icmp->buf, sizeof(icmp->buf) };
	struct msghdr mh = {
		.msg_name = &sa,
		.msg_namelen = sizeof(sa),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &c,
		.msg_controllen = sizeof(c),
	};
	struct from from = { .ttl = NAT_TTL };
	ssize_t got = recvmsg(r->lfd.fd, &mh, 0);
	bool v6 = r->family == AF_INET6;
	uint8_t *msg = icmp->buf;
	size_t hlen = 0, len;

	if (got < 0)
		return errno != EAGAIN;
	if (v6) {
		from.src = sockaddr_get(&sa, NULL);
		read_control(&mh, &from);
	} else {
		hlen = read_header(msg, (size_t)got, &from);
		if (!hlen)
			return true;
	}
	if (hlen + sizeof(struct pkt_icmp) > (size_t)got)
		return true;
	len = (size_t)got - hlen;
	msg += hlen;
	if (msg[0] == (v6 ? ICMP6_ECHO_REPLY : ICMP4_ECHO_REPLY))
		reply_in(r, &from, msg, len);
	else
		error_in(r, &from, msg, len);
	return true;
}

static void on_raw(struct loop *loop, struct loop_fd *self, uint32_t events)
{
	struct icmp_raw *r = (void *)((char *)self - offsetof(struct icmp_raw, lfd));
	unsigned int i;

	(void)loop;
	(void)events;
	for (i = 0; i < RAW_BUDGET && take(r); i++)
		;
}

/* Begin to use a raw socket, -1 for none. Return: 0 or negative errno. */
int icmp_raw_init(struct icmp_raw *r, struct icmp *icmp, uint8_t family, int fd)
{
	*r = (struct icmp_raw){
		.icmp = icmp,
		.lfd = { .fd = fd, .fn = on_raw },
		.family = family,
		.set = IP_SET_UNKNOWN,
	};
	return fd < 0 ? 0 : loop_fd_add(&icmp->nat->loop, &r->lfd, EPOLLIN);
}
