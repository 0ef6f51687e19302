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
