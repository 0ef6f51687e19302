// SPDX-License-Identifier: GPL-2.0-or-later
/* The host's side of UDP: sockets, what comes out of them, and their errors. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

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

static int sock_make(void)
{
	static const int opts[] = { IP_RECVERR, IP_RECVTTL, IP_RECVTOS };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int one = 1, err;
	size_t i;

	if (fd < 0)
		return -errno;
	for (i = 0; i < sizeof(opts) / sizeof(opts[0]); i++) {
		if (!setsockopt(fd, IPPROTO_IP, opts[i], &one, sizeof(one)))
			continue;
		err = -errno;
		close(fd);
		return err;
	}
	/* Datagrams that came together are read together. */
	setsockopt(fd, IPPROTO_UDP, UDP_GRO, &one, sizeof(one));
	return fd;
}

static int sock_bind_at(int fd, uint32_t addr, uint16_t port)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = addr,
	};

	return bind(fd, (struct sockaddr *)&sin, sizeof(sin)) ? -errno : 0;
}

static int sock_bind(int fd, uint16_t port)
{
	return sock_bind_at(fd, INADDR_ANY, port);
}

/* Any port below 1024, odd or even as @want is, chosen at random (RFC 7857, 9). */
static int bind_low(int fd, uint16_t want)
{
	int i, err = -EADDRINUSE;
	uint16_t r;

	for (i = 0; i < LOW_TRIES && err == -EADDRINUSE; i++) {
		if (getrandom(&r, sizeof(r), GRND_NONBLOCK) != sizeof(r))
			return -EAGAIN;
		err = sock_bind(fd, ((LOW_FIRST + r % (1024 - LOW_FIRST)) & ~1) | (want & 1));
	}
	return err;
}

static int sock_port(int fd, uint16_t *port)
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);

	if (getsockname(fd, (struct sockaddr *)&sin, &len))
		return -errno;
	*port = ntohs(sin.sin_port);
	return 0;
}

/*
 * A port that the system chooses, and if that is not odd or even as @want is, the
 * other one of its pair (RFC 4787, REQ-4): both are equally hard to guess.
 */
static int bind_alike(int *fd, uint16_t want)
{
	int i, other, err;
	uint16_t got = 0;

	for (i = 0;; i++) {
		err = sock_bind(*fd, 0);
		if (!err)
			err = sock_port(*fd, &got);
		if (err || !((got ^ want) & 1) || i == ALIKE_TRIES)
			return err;
		other = sock_make();
		if (other < 0)
			return 0;
		err = sock_bind(other, got ^ 1);
		close(*fd);
		*fd = other;
		if (!err)
			return 0;
	}
}

/**
 * udp_sock_open - open the socket of a guest's port
 * @want: the guest's port, kept when it is free, else its parity; host order
 * @privileged: a port below 1024 is to stay below 1024
 * @got: set to the port it has, host order
 *
 * Return: the socket or negative errno.
 */
int udp_sock_open(uint16_t want, bool privileged, uint16_t *got)
{
	int fd = sock_make(), err = -EACCES;

	if (fd < 0)
		return fd;
	if (want >= 1024 || privileged)
		err = sock_bind(fd, want);
	if (err && want < 1024 && privileged)
		err = bind_low(fd, want);
	if (err)
		err = bind_alike(&fd, want);
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
int udp_sock_open_service(const struct sockaddr_in *to, uint16_t *got)
{
	int fd = sock_make(), err;

	if (fd < 0)
		return fd;
	err = connect(fd, (const struct sockaddr *)to, sizeof(*to)) ? -errno : sock_port(fd, got);
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* Have the socket tell which address of the host a datagram came to. */
int udp_sock_want_local(int fd)
{
	int one = 1;

	return setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof(one)) ? -errno : 0;
}

/**
 * udp_sock_open_forward - open the socket of a forward
 * @bind: the host's address it is for, family 0 for all
 * @port: host order
 *
 * Return: it or negative errno.
 */
int udp_sock_open_forward(const struct ipaddr *bind, uint16_t port)
{
	int fd = sock_make(), err;

	if (fd < 0)
		return fd;
	err = sock_bind_at(fd, bind->a.v4, port);
	if (!err)
		err = udp_sock_want_local(fd);
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* Tell the guest what came back about a datagram of its. */
static void error_to_guest(struct udp_map *m, const struct sockaddr_in *to,
			   const struct sock_extended_err *ee, const struct sockaddr_in *offender,
			   uint8_t tos, const uint8_t *data, size_t len)
{
	struct nat *n = m->udp->nat;
	struct ipaddr from = nat_gateway(n, &m->guest), who, dst;
	uint16_t dport = ntohs(to->sin_port);
	enum ip_err what = IP_ERR_TOOBIG;
	struct udp_peer *peer;
	struct icmp_error e;
	uint8_t quoted[600];
	size_t qlen;

	dst = ipaddr_v4(to->sin_addr.s_addr);
	if (ee->ee_origin == SO_EE_ORIGIN_ICMP) {
		e = (struct icmp_error){ .type = ee->ee_type, .code = ee->ee_code };
		if (!icmp4_is_error(e.type))
			return;
		if (e.type == ICMP4_UNREACH && e.code == ICMP4_UNREACH_NEEDFRAG)
			e.rest = htonl(ee->ee_info & 0xffff);
		else if (e.type == ICMP4_PARAMETER)
			e.rest = htonl(ee->ee_info << 24);
		who = ipaddr_v4(offender->sin_addr.s_addr);
		if (offender->sin_family == AF_INET && !nat_hides(n, &who))
			from = who;
	} else {
		if (ee->ee_errno != EMSGSIZE && icmp_from_errno((int)ee->ee_errno, &what))
			return;
		e = ip_error(m->guest.family, what, ee->ee_info & 0xffff);
	}
	e.tos = tos;
	if (m->service) {
		dst = nat_gateway(n, &m->guest);
		dport = m->service;
	} else if (m->forward) {
		peer = udp_peer_of(m, to);
		if (peer) {
			dst = ipaddr_v4(peer->shown);
			dport = peer->shown_port;
		}
	}
	if (nat_is_forbidden(&dst))
		return;
	qlen = quote_make(quoted, sizeof(quoted), IPPROTO_UDP, m->guest.a.v4, m->port, dst.a.v4,
			  dport, data, len);
	m->udp->stats.errors++;
	ip_send_error(n, &m->guest, &from, &e, quoted, qlen);
}

/* Read one error. Return: false when there is none. */
static bool one_error(struct udp_map *m)
{
	union control c;
	uint8_t data[576];
	struct sockaddr_in to = { 0 };
	struct iovec iov = { data, sizeof(data) };
	struct msghdr msg = {
		.msg_name = &to,
		.msg_namelen = sizeof(to),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &c,
		.msg_controllen = sizeof(c),
	};
	struct cmsghdr *cm;
	ssize_t len = recvmsg(m->lfd.fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT);
	uint8_t tos = 0;

	if (len < 0)
		return false;
	for (cm = CMSG_FIRSTHDR(&msg); cm; cm = CMSG_NXTHDR(&msg, cm)) {
		struct {
			struct sock_extended_err ee;
			struct sockaddr_in offender;
		} e = { 0 };
		size_t n = cm->cmsg_len - CMSG_LEN(0);

		/* Of the packet that brought the error; it comes before the error. */
		if (cm->cmsg_level == IPPROTO_IP && cm->cmsg_type == IP_TOS)
			tos = *CMSG_DATA(cm);
		if (cm->cmsg_level != IPPROTO_IP || cm->cmsg_type != IP_RECVERR)
			continue;
		memcpy(&e, CMSG_DATA(cm), n < sizeof(e) ? n : sizeof(e));
		error_to_guest(m, &to, &e.ee, &e.offender, tos, data, (size_t)len);
	}
	return true;
}

/* Tell the guest of the errors that the socket has been told. */
void udp_sock_read_errors(struct udp_map *m)
{
	int i;

	for (i = 0; i < ERR_BUDGET && one_error(m); i++)
		;
}

/* Hand on a message: a datagram, or several of one size (the last may be shorter). */
static unsigned int take(struct udp_map *m, struct msghdr *msg, uint8_t *buf, size_t len)
{
	struct sockaddr_in from;
	struct in_pktinfo info;
	struct cmsghdr *cm;
	uint32_t local = 0;
	int ttl = NAT_TTL, size = 0;
	size_t at = 0, now;
	unsigned int n = 0;
	uint8_t tos = 0;

	memcpy(&from, msg->msg_name, sizeof(from));
	for (cm = CMSG_FIRSTHDR(msg); cm; cm = CMSG_NXTHDR(msg, cm)) {
		if (cm->cmsg_level == IPPROTO_UDP && cm->cmsg_type == UDP_GRO)
			memcpy(&size, CMSG_DATA(cm), sizeof(size));
		if (cm->cmsg_level != IPPROTO_IP)
			continue;
		switch (cm->cmsg_type) {
		case IP_TTL:
			memcpy(&ttl, CMSG_DATA(cm), sizeof(ttl));
			break;
		case IP_TOS:
			tos = *CMSG_DATA(cm);
			break;
		case IP_PKTINFO:
			memcpy(&info, CMSG_DATA(cm), sizeof(info));
			local = info.ipi_spec_dst.s_addr;
			break;
		}
	}
	/* The next one's header takes the place of bytes that are gone by then. */
	do {
		now = size > 0 && len - at > (size_t)size ? (size_t)size : len - at;
		udp_inbound(m, &from, local, ttl > 1 ? (uint8_t)(ttl - 1) : 1, tos, buf + at, now);
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
	struct sockaddr_in from[UDP_RX_BATCH];
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
