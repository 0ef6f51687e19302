// SPDX-License-Identifier: GPL-2.0-or-later
/* What ICMP asks of the host's kernel. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "icmp.h"

static int set_filter4(int fd)
{
	struct icmp_filter filter = {
		.data = ~(1U << ICMP4_ECHO_REPLY | 1U << ICMP4_UNREACH | 1U << ICMP4_TIME_EXCEEDED |
			  1U << ICMP4_PARAMETER),
	};

	return setsockopt(fd, SOL_RAW, ICMP_FILTER, &filter, sizeof(filter)) ? -errno : 0;
}

static int set_filter6(int fd)
{
	struct icmp6_filter filter;
	int one = 1, type;

	ICMP6_FILTER_SETBLOCKALL(&filter);
	ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
	for (type = ICMP6_UNREACH; type <= ICMP6_PARAMETER; type++)
		ICMP6_FILTER_SETPASS(type, &filter);
	if (setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof(filter)) ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, &one, sizeof(one)) ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, &one, sizeof(one)))
		return -errno;
	return 0;
}

/**
 * icmp_open_raw - open the socket that carries echoes
 * @family: AF_INET or AF_INET6
 *
 * To be done while there are privileges. The socket is bound to nothing and
 * takes only what can be about an echo of ours.
 *
 * Return: a descriptor or negative errno.
 */
int icmp_open_raw(int family)
{
	int proto = family == AF_INET6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	int fd = socket(family, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, proto);
	int err;

	if (fd < 0)
		return -errno;
	err = family == AF_INET6 ? set_filter6(fd) : set_filter4(fd);
	if (!err)
		return fd;
	close(fd);
	return err;
}

/**
 * icmp_from_errno - which error says what a socket said
 * @err: errno, positive
 * @what: set
 *
 * Return: 0, or -ENOENT when this error is none of a guest's business.
 */
int icmp_from_errno(int err, enum ip_err *what)
{
	switch (err) {
	case ENETUNREACH:
	case ENETDOWN:
		*what = IP_ERR_NET;
		return 0;
	case EHOSTUNREACH:
	case EHOSTDOWN:
	case ETIMEDOUT:
		*what = IP_ERR_HOST;
		return 0;
	case ECONNREFUSED:
		*what = IP_ERR_PORT;
		return 0;
	case EACCES:
	case EPERM:
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		*what = IP_ERR_ADMIN;
		return 0;
	default:
		return -ENOENT;
	}
}

/* A socket that would send to @dst. Return: it or negative errno. */
static int route_to(const struct ipaddr *dst)
{
	union sockaddr_any sa;
	socklen_t len = sockaddr_put(&sa, dst, 9);
	int fd = socket(dst->family, SOCK_DGRAM | SOCK_CLOEXEC, 0), err;

	if (fd < 0)
		return -errno;
	if (!connect(fd, &sa.sa, len))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

/**
 * icmp_path_mtu - what fits through to an address
 * @dst: the address
 *
 * Return: bytes, 0 when that cannot be found out.
 */
uint16_t icmp_path_mtu(const struct ipaddr *dst)
{
	bool v6 = dst->family == AF_INET6;
	int fd = route_to(dst), mtu = 0;
	socklen_t len = sizeof(mtu);

	if (fd < 0)
		return 0;
	if (getsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_MTU : IP_MTU, &mtu, &len))
		mtu = 0;
	close(fd);
	return mtu < 0 || mtu > 65535 ? 0 : (uint16_t)mtu;
}

/* The address of the host that packets to @dst leave from; family 0 for none. */
static struct ipaddr local_addr(const struct ipaddr *dst)
{
	struct ipaddr a = { 0 };
	union sockaddr_any sa;
	socklen_t len = sizeof(sa);
	int fd = route_to(dst);

	if (fd < 0)
		return a;
	if (!getsockname(fd, &sa.sa, &len))
		a = sockaddr_get(&sa, NULL);
	close(fd);
	return a;
}

/**
 * icmp_send_out - pass a guest's error on to whoever caused it
 * @n: the NAT
 * @p: the guest's ICMP error
 * @q: the datagram it quotes
 * @dst: who sent that datagram
 * @dst_port: the port it was sent from
 * @local: the host's address it was sent to, family 0 when not known
 * @local_port: the host's port it was sent to
 */
void icmp_send_out(struct nat *n, const struct pkt_in *p, const struct quote *q,
		   const struct ipaddr *dst, uint16_t dst_port, const struct ipaddr *local,
		   uint16_t local_port)
{
	int fd = dst->family == AF_INET6 ? n->icmp6_fd : n->icmp_fd;
	union {
		char buf[CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(struct in6_pktinfo))];
		size_t align;
	} c = { 0 };
	uint8_t msg[1280];
	struct iovec iov = { msg, p->l4_len };
	struct ipaddr from = *local;
	union sockaddr_any to;
	struct msghdr mh = {
		.msg_name = &to,
		.msg_namelen = sockaddr_put(&to, dst, 0),
		.msg_iov = &iov,
		.msg_iovlen = 1,
	};
	const struct ip_options *o = ip_options_of(dst->family);
	int ttl = p->ttl;

	if (fd < 0 || p->l4_len > sizeof(msg) || !icmp_may_send_error(n))
		return;
	if (!from.family)
		from = local_addr(dst);
	if (!from.family)
		return;
	memcpy(msg, p->l4, p->l4_len);
	quote_set_dst(msg, p->l4_len, q, &from, local_port);
	quote_set_src(msg, p->l4_len, q, dst, dst_port);
	memcpy(cmsg_add(&mh, &c, o->level, o->gotttl, sizeof(ttl)), &ttl, sizeof(ttl));
	cmsg_add_local(&mh, &c, &from);
	sendmsg(fd, &mh, MSG_DONTWAIT);
}
