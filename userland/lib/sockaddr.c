// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include "sockaddr.h"

/**
 * sockaddr_put - an address and a port for the kernel
 * @out: set
 * @a: of either family
 * @port: host order
 *
 * Return: bytes of @out that count.
 */
socklen_t sockaddr_put(union sockaddr_any *out, const struct ipaddr *a, uint16_t port)
{
	memset(out, 0, sizeof(*out));
	if (a->family == AF_INET6) {
		out->in6.sin6_family = AF_INET6;
		out->in6.sin6_port = htons(port);
		memcpy(&out->in6.sin6_addr, a->a.b, 16);
		return sizeof(out->in6);
	}
	out->in.sin_family = AF_INET;
	out->in.sin_port = htons(port);
	out->in.sin_addr.s_addr = a->a.v4;
	return sizeof(out->in);
}

/**
 * sockaddr_get - an address that the kernel has told
 * @sa: the address
 * @port: set to its port, host order; NULL when that is of no interest
 *
 * Return: the address, its family 0 when it is of neither.
 */
struct ipaddr sockaddr_get(const union sockaddr_any *sa, uint16_t *port)
{
	uint16_t be = sa->sa.sa_family == AF_INET6 ? sa->in6.sin6_port : sa->in.sin_port;

	if (port)
		*port = ntohs(be);
	if (sa->sa.sa_family == AF_INET6)
		return ipaddr_v6(sa->in6.sin6_addr.s6_addr);
	if (sa->sa.sa_family == AF_INET)
		return ipaddr_v4(sa->in.sin_addr.s_addr);
	return (struct ipaddr){ 0 };
}

/* Bind a socket to an address and a port. Return: 0 or negative errno. */
int sockaddr_bind(int fd, const struct ipaddr *a, uint16_t port)
{
	union sockaddr_any sa;
	socklen_t len = sockaddr_put(&sa, a, port);

	return bind(fd, &sa.sa, len) ? -errno : 0;
}

/* The options of a family. */
const struct ip_options *ip_options_of(uint8_t family)
{
	static const struct ip_options v4 = {
		.level = IPPROTO_IP,
		.recverr = IP_RECVERR,
		.recvttl = IP_RECVTTL,
		.gotttl = IP_TTL,
		.recvtos = IP_RECVTOS,
		.recvpktinfo = IP_PKTINFO,
		.ttl = IP_TTL,
		.tos = IP_TOS,
		.mtu_discover = IP_MTU_DISCOVER,
		.pktinfo = IP_PKTINFO,
	};
	static const struct ip_options v6 = {
		.level = IPPROTO_IPV6,
		.recverr = IPV6_RECVERR,
		.recvttl = IPV6_RECVHOPLIMIT,
		.gotttl = IPV6_HOPLIMIT,
		.recvtos = IPV6_RECVTCLASS,
		.recvpktinfo = IPV6_RECVPKTINFO,
		.ttl = IPV6_UNICAST_HOPS,
		.tos = IPV6_TCLASS,
		.mtu_discover = IPV6_MTU_DISCOVER,
		.pktinfo = IPV6_PKTINFO,
	};

	return family == AF_INET6 ? &v6 : &v4;
}

static void set_opt(int fd, int level, int opt, int value, int *is)
{
	if (*is != value && !setsockopt(fd, level, opt, &value, sizeof(value)))
		*is = value;
}

/**
 * ip_set - have the next packets of a socket say something else
 * @fd: the socket
 * @family: of it
 * @is: what they say; what is the same costs no call
 * @want: what they are to say
 */
void ip_set(int fd, uint8_t family, struct ip_set *is, const struct ip_set *want)
{
	const struct ip_options *o = ip_options_of(family);

	set_opt(fd, o->level, o->ttl, want->ttl, &is->ttl);
	set_opt(fd, o->level, o->tos, want->tos, &is->tos);
	set_opt(fd, o->level, o->mtu_discover, want->df, &is->df);
}

/**
 * cmsg_add - add a control message
 * @msg: msg_controllen says how much of @room is used
 * @room: for all of them, aligned, and large enough
 * @level: see cmsg(3), as @type
 * @type: see @level
 * @len: bytes of data
 *
 * Return: where the data goes.
 */
void *cmsg_add(struct msghdr *msg, void *room, int level, int type, size_t len)
{
	struct cmsghdr *cm = (void *)((char *)room + msg->msg_controllen);

	msg->msg_control = room;
	msg->msg_controllen += CMSG_SPACE(len);
	memset(cm, 0, CMSG_SPACE(len));
	cm->cmsg_len = CMSG_LEN(len);
	cm->cmsg_level = level;
	cm->cmsg_type = type;
	return CMSG_DATA(cm);
}

/* Have a message leave from one address of the host; see cmsg_add(). */
void cmsg_add_local(struct msghdr *msg, void *room, const struct ipaddr *local)
{
	struct in_pktinfo info = { .ipi_spec_dst.s_addr = local->a.v4 };
	const struct ip_options *o = ip_options_of(local->family);
	struct in6_pktinfo info6 = { 0 };

	memcpy(&info6.ipi6_addr, local->a.b, 16);
	if (local->family == AF_INET6)
		memcpy(cmsg_add(msg, room, o->level, o->pktinfo, sizeof(info6)), &info6,
		       sizeof(info6));
	else
		memcpy(cmsg_add(msg, room, o->level, o->pktinfo, sizeof(info)), &info,
		       sizeof(info));
}
