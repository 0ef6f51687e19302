// SPDX-License-Identifier: GPL-2.0-or-later
/* What ICMP asks of the host's kernel. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/icmp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "icmp.h"

/**
 * icmp_open_raw - open the socket that carries echoes
 *
 * To be done while there are privileges. The socket is bound to nothing and
 * takes only what can be about an echo of ours.
 *
 * Return: a descriptor or negative errno.
 */
int icmp_open_raw(void)
{
	struct icmp_filter filter = {
		.data = ~(1U << ICMP4_ECHO_REPLY | 1U << ICMP4_UNREACH | 1U << ICMP4_TIME_EXCEEDED |
			  1U << ICMP4_PARAMETER),
	};
	int fd = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMP);
	int err;

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_RAW, ICMP_FILTER, &filter, sizeof(filter))) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
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

/**
 * icmp_path_mtu - what fits through to an address
 * @dst: network order
 *
 * Return: bytes, 0 when that cannot be found out.
 */
uint16_t icmp_path_mtu(uint32_t dst)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = dst,
		.sin_port = htons(9),
	};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), mtu = 0;
	socklen_t len = sizeof(mtu);

	if (fd < 0)
		return 0;
	if (connect(fd, (struct sockaddr *)&sin, sizeof(sin)) ||
	    getsockopt(fd, IPPROTO_IP, IP_MTU, &mtu, &len))
		mtu = 0;
	close(fd);
	return mtu < 0 || mtu > 65535 ? 0 : (uint16_t)mtu;
}

/* The address of the host that packets to @dst leave from, 0 for none. */
static uint32_t local_addr(uint32_t dst)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = dst,
		.sin_port = htons(9),
	};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(sin);

	if (fd < 0)
		return 0;
	if (connect(fd, (struct sockaddr *)&sin, sizeof(sin)) ||
	    getsockname(fd, (struct sockaddr *)&sin, &len))
		sin.sin_addr.s_addr = 0;
	close(fd);
	return sin.sin_addr.s_addr;
}

static void put_cmsg(struct cmsghdr *cm, int type, const void *data, size_t len)
{
	cm->cmsg_len = CMSG_LEN(len);
	cm->cmsg_level = IPPROTO_IP;
	cm->cmsg_type = type;
	memcpy(CMSG_DATA(cm), data, len);
}

/**
 * icmp_send_out - pass a guest's error on to whoever caused it
 * @n: the NAT
 * @dst: who sent the datagram that the guest did not want, network order
 * @local: the host's address it was sent to, 0 when not known
 * @p: the guest's ICMP error
 * @q: the datagram it quotes
 * @ext_port: the host's port it was sent to
 * @peer_port: the port it was sent from
 */
void icmp_send_out(struct nat *n, uint32_t dst, uint32_t local, const struct pkt_in *p,
		   const struct quote *q, uint16_t ext_port, uint16_t peer_port)
{
	union {
		char buf[CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(struct in_pktinfo))];
		size_t align;
	} c = { 0 };
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = dst,
	};
	struct in_pktinfo info = { 0 };
	uint8_t msg[576];
	struct iovec iov = { msg, p->l4_len };
	struct msghdr mh = {
		.msg_name = &to,
		.msg_namelen = sizeof(to),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &c,
		.msg_controllen = sizeof(c),
	};
	struct cmsghdr *cm = CMSG_FIRSTHDR(&mh);
	int ttl = p->ttl;

	if (n->icmp_fd < 0 || p->l4_len > sizeof(msg) || !icmp_may_send_error(n))
		return;
	if (!local)
		local = local_addr(dst);
	if (!local)
		return;
	memcpy(msg, p->l4, p->l4_len);
	quote_set_dst(msg, p->l4_len, q, local, ext_port);
	quote_set_src(msg, p->l4_len, q, dst, peer_port);
	put_cmsg(cm, IP_TTL, &ttl, sizeof(ttl));
	info.ipi_spec_dst.s_addr = local;
	put_cmsg(CMSG_NXTHDR(&mh, cm), IP_PKTINFO, &info, sizeof(info));
	sendmsg(n->icmp_fd, &mh, MSG_DONTWAIT);
}
