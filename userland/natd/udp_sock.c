// SPDX-License-Identifier: GPL-2.0-or-later
/* The host's side of UDP: sockets, what comes out of them, and their errors. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "errqueue.h"
#include "icmp.h"
#include "policy.h"
#include "quote.h"
#include "udp_map.h"

/* Datagrams taken from one socket before others get their turn. */
#define RX_BUDGET 64
#define ERR_BUDGET 64
/* Where a port below 1024 is looked for when the guest's own is taken. */
#define LOW_FIRST 512
#define LOW_TRIES 32
/* How often one of the guest's parity is looked for. */
#define ALIKE_TRIES 8

/* Room for IP_TTL, IP_TOS, IP_PKTINFO and UDP_GRO, or for an error. */
union control {
	char buf[256];
	size_t align;
};

static int sock_make(uint8_t family)
{
	const struct ip_options *o = ip_options_of(family);
	const int opts[] = { o->recverr, o->recvttl, o->recvtos, IPV6_V6ONLY };
	size_t i, n = family == AF_INET6 ? 4 : 3;
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int one = 1, err;

	if (fd < 0)
		return -errno;
	for (i = 0; i < n; i++) {
		if (!setsockopt(fd, o->level, opts[i], &one, sizeof(one)))
			continue;
		err = -errno;
		close(fd);
		return err;
	}
	/* Datagrams that came together are read together. */
	setsockopt(fd, IPPROTO_UDP, UDP_GRO, &one, sizeof(one));
	return fd;
}

static int sock_bind(int fd, uint8_t family, uint16_t port)
{
	return sockaddr_bind(fd, &(struct ipaddr){ .family = family }, port);
}

/* Any port below 1024, odd or even as @want is, chosen at random (RFC 7857, 9). */
static int bind_low(int fd, uint8_t family, uint16_t want)
{
	int i, err = -EADDRINUSE;
	uint16_t r;

	for (i = 0; i < LOW_TRIES && err == -EADDRINUSE; i++) {
		if (getrandom(&r, sizeof(r), GRND_NONBLOCK) != sizeof(r))
			return -EAGAIN;
		err = sock_bind(fd, family,
				((LOW_FIRST + r % (1024 - LOW_FIRST)) & ~1) | (want & 1));
	}
	return err;
}

static int sock_port(int fd, uint16_t *port)
{
	union sockaddr_any sa;
	socklen_t len = sizeof(sa);

	if (getsockname(fd, &sa.sa, &len))
		return -errno;
	sockaddr_get(&sa, port);
	return 0;
}

/*
 * A port that the system chooses, and if that is not odd or even as @want is, the
 * other one of its pair (RFC 4787, REQ-4): both are equally hard to guess.
 */
static int bind_alike(int *fd, uint8_t family, uint16_t want)
{
	int i, other, err;
	uint16_t got = 0;

	for (i = 0;; i++) {
		err = sock_bind(*fd, family, 0);
		if (!err)
			err = sock_port(*fd, &got);
		if (err || !((got ^ want) & 1) || i == ALIKE_TRIES)
			return err;
		other = sock_make(family);
		if (other < 0)
			return 0;
		err = sock_bind(other, family, got ^ 1);
		close(*fd);
		*fd = other;
		if (!err)
			return 0;
	}
}

/**
 * udp_sock_open - open the socket of a guest's port
 * @family: of its address
 * @want: the guest's port, kept when it is free, else its parity; host order
 * @privileged: a port below 1024 is to stay below 1024
 * @got: set to the port it has, host order
 *
 * Return: the socket or negative errno.
 */
int udp_sock_open(uint8_t family, uint16_t want, bool privileged, uint16_t *got)
{
	int fd = sock_make(family), err = -EACCES;

	if (fd < 0)
		return fd;
	if (want >= 1024 || privileged)
		err = sock_bind(fd, family, want);
	if (err && want < 1024 && privileged)
		err = bind_low(fd, family, want);
	if (err)
		err = bind_alike(&fd, family, want);
	if (!err)
		err = sock_port(fd, got);
	if (!err)
		return fd;
	close(fd);
	return err;
}

/**
 * udp_sock_open_service - open a socket for a service of the host and no one else
 * @to: where it is
 * @got: set to the port the socket has, host order
 *
 * Return: the socket or negative errno.
 */
int udp_sock_open_service(const struct udp_addr *to, uint16_t *got)
{
	union sockaddr_any sa;
	socklen_t len = sockaddr_put(&sa, &to->addr, to->port);
	int fd = sock_make(to->addr.family), err;

	if (fd < 0)
		return fd;
	err = connect(fd, &sa.sa, len) ? -errno : sock_port(fd, got);
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* Have the socket tell which address of the host a datagram came to. */
int udp_sock_want_local(int fd, uint8_t family)
{
	const struct ip_options *o = ip_options_of(family);
	int one = 1;

	return setsockopt(fd, o->level, o->recvpktinfo, &one, sizeof(one)) ? -errno : 0;
}

/**
 * udp_sock_open_forward - open the socket of a forward
 * @bind: the host's address it is for, all bits 0 for all
 * @port: host order
 *
 * Return: it or negative errno.
 */
int udp_sock_open_forward(const struct ipaddr *bind, uint16_t port)
{
	int fd = sock_make(bind->family), err;

	if (fd < 0)
		return fd;
	err = sockaddr_bind(fd, bind, port);
	if (!err)
		err = udp_sock_want_local(fd, bind->family);
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* What it says. Return: false when that is none of a guest's business. */
static bool read_error(const struct udp_map *m, const struct sock_error *e, struct icmp_error *out)
{
	uint8_t family = m->guest.family;
	enum ip_err what = IP_ERR_TOOBIG;

	if (errqueue_is_icmp(family, e)) {
		*out = errqueue_icmp(family, e);
		return true;
	}
	/* A message that is no error, or the host's own word. */
	if (e->ee.ee_origin != SO_EE_ORIGIN_LOCAL && family == m->family)
		return false;
	if (e->ee.ee_errno != EMSGSIZE && icmp_from_errno((int)e->ee.ee_errno, &what))
		return false;
	*out = ip_error(family, what, e->ee.ee_info & 0xffff);
	return true;
}

/* Tell the guest what came back about a datagram of its. */
static void error_to_guest(struct udp_map *m, const struct sock_error *err, const uint8_t *data)
{
	struct nat *n = m->udp->nat;
	struct ipaddr from = nat_gateway(n, &m->guest);
	struct udp_peer *peer;
	struct udp_addr dst;
	struct icmp_error e;
	uint8_t quoted[600];
	size_t qlen;

	if (!read_error(m, err, &e))
		return;
	if (errqueue_is_icmp(m->family, err) && err->offender.family == m->guest.family &&
	    !nat_hides(n, &err->offender))
		from = err->offender;
	dst.addr = sockaddr_get(&err->to, &dst.port);
	if (m->service) {
		dst = (struct udp_addr){ from, m->service };
	} else if (m->forward) {
		peer = udp_peer_of(m, &dst);
		if (peer)
			dst = peer->shown;
	}
	if (nat_is_forbidden(&dst.addr))
		return;
	qlen = quote_make(quoted, sizeof(quoted), IPPROTO_UDP, &m->guest, m->port, &dst.addr,
			  dst.port, data, err->len);
	m->udp->stats.errors++;
	ip_send_error(n, &m->guest, &from, &e, quoted, qlen);
}

/* Tell the guest of the errors that the socket has been told. */
void udp_sock_read_errors(struct udp_map *m)
{
	struct sock_error e;
	uint8_t data[576];
	int i;

	for (i = 0; i < ERR_BUDGET && errqueue_read(m->lfd.fd, m->family, &e, data, sizeof(data));
	     i++)
		error_to_guest(m, &e, data);
}

/* The host's address that a datagram came to. */
static struct ipaddr read_local(uint8_t family, const struct cmsghdr *cm)
{
	struct in6_pktinfo info6;
	struct in_pktinfo info;

	if (family == AF_INET6) {
		memcpy(&info6, CMSG_DATA(cm), sizeof(info6));
		return ipaddr_v6(info6.ipi6_addr.s6_addr);
	}
	memcpy(&info, CMSG_DATA(cm), sizeof(info));
	return ipaddr_v4(info.ipi_spec_dst.s_addr);
}

/* Hand on a message: a datagram, or several of one size (the last may be shorter). */
static unsigned int take(struct udp_map *m, struct msghdr *msg, uint8_t *buf, size_t len)
{
	uint8_t family = m->family, tos = 0;
	const struct ip_options *o = ip_options_of(family);
	struct ipaddr local = { 0 };
	struct udp_addr from;
	struct cmsghdr *cm;
	int ttl = NAT_TTL, size = 0;
	size_t at = 0, now;
	unsigned int n = 0;

	from.addr = sockaddr_get(msg->msg_name, &from.port);
	for (cm = CMSG_FIRSTHDR(msg); cm; cm = CMSG_NXTHDR(msg, cm)) {
		if (cm->cmsg_level == IPPROTO_UDP && cm->cmsg_type == UDP_GRO)
			memcpy(&size, CMSG_DATA(cm), sizeof(size));
		if (cm->cmsg_level != o->level)
			continue;
		if (cm->cmsg_type == o->gotttl)
			memcpy(&ttl, CMSG_DATA(cm), sizeof(ttl));
		else if (cm->cmsg_type == o->tos)
			tos = *CMSG_DATA(cm);
		else if (cm->cmsg_type == o->pktinfo)
			local = read_local(family, cm);
	}
	/* The next one's header takes the place of bytes that are gone by then. */
	do {
		now = size > 0 && len - at > (size_t)size ? (size_t)size : len - at;
		udp_inbound(m, &from, &local, ttl > 1 ? (uint8_t)(ttl - 1) : 1, tos, buf + at, now);
		at += now;
		n++;
	} while (at < len);
	return n;
}

/*
 * Read what one call can. Return: messages, or negative errno; @left counts the
 * datagrams in them.
 */
static int read_batch(struct udp_map *m, unsigned int *left)
{
	struct mmsghdr msgs[UDP_RX_BATCH];
	struct iovec iov[UDP_RX_BATCH];
	union sockaddr_any from[UDP_RX_BATCH];
	union control c[UDP_RX_BATCH];
	struct udp *udp = m->udp;
	unsigned int got;
	int i, n;

	for (i = 0; i < UDP_RX_BATCH; i++) {
		iov[i].iov_base = udp->rx[i] + sizeof(struct pkt_udp);
		iov[i].iov_len = UDP_RX_ROOM - sizeof(struct pkt_udp);
		msgs[i].msg_hdr = (struct msghdr){
			.msg_name = &from[i],
			.msg_namelen = sizeof(from[i]),
			.msg_iov = &iov[i],
			.msg_iovlen = 1,
			.msg_control = &c[i],
			.msg_controllen = sizeof(c[i]),
		};
	}
	n = recvmmsg(m->lfd.fd, msgs, UDP_RX_BATCH, MSG_DONTWAIT, NULL);
	if (n < 0)
		return -errno;
	for (i = 0; i < n; i++) {
		got = take(m, &msgs[i].msg_hdr, udp->rx[i], msgs[i].msg_len);
		*left -= got < *left ? got : *left;
	}
	return n;
}

/* Something has come, or gone wrong, on the socket of a map. */
void udp_sock_event(struct loop *loop, struct loop_fd *self, uint32_t events)
{
	struct udp_map *m = (void *)((char *)self - offsetof(struct udp_map, lfd));
	unsigned int left = RX_BUDGET;
	int n;

	(void)loop;
	if (events & EPOLLERR)
		udp_sock_read_errors(m);
	while (left) {
		n = read_batch(m, &left);
		/* An error that is pending is in the queue as well. */
		if (n == -EAGAIN || (n >= 0 && n < UDP_RX_BATCH))
			break;
		if (n < 0)
			left--;
	}
}
