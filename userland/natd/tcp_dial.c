// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Connecting to the outside as the guest would: from its port, with its time to
 * live and its service; and telling it what came of that, by whom.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "errqueue.h"
#include "icmp.h"
#include "policy.h"
#include "tcp.h"

/* Ports of our own choice: where the host chooses too. */
#define PORT_FIRST 32768U
#define PORT_COUNT 28000U
#define PORT_TRIES 4

/* The kernel's SYN is to live as long as half-open connections do. */
#define SYN_RETRIES 7

static void set_opt(int fd, int level, int opt, int value)
{
	setsockopt(fd, level, opt, &value, sizeof(value));
}

/**
 * tcp_set_up_socket - what every socket of a flow needs, ours or accepted
 * @fd: the socket
 *
 * At once, that is: TCP_NODELAY comes with the second piece of data (the first
 * waits for nothing), the rest by tcp_settle().
 */
void tcp_set_up_socket(int fd)
{
	/* Urgent bytes are bytes of the stream, not something beside it. */
	set_opt(fd, SOL_SOCKET, SO_OOBINLINE, 1);
}

/**
 * tcp_settle - what a socket needs that lives for longer than a second
 * @f: the flow
 *
 * Most do not, and each option costs a call.
 */
void tcp_settle(struct flow *f)
{
	f->settled = true;
	if (f->state == TCPS_CONNECTING)
		set_opt(f->sock.fd, IPPROTO_TCP, TCP_SYNCNT, SYN_RETRIES);
	/* A peer that has vanished would be held for as long as the guest lives. */
	set_opt(f->sock.fd, SOL_SOCKET, SO_KEEPALIVE, 1);
}

/**
 * tcp_follow - let the outside see the guest's time to live and service
 * @f: the flow
 * @p: a packet of it
 *
 * They seldom change, so that this costs two comparisons. ECN belongs to each
 * of the two connections, not to the guest's packets.
 */
void tcp_follow(struct flow *f, const struct pkt_in *p)
{
	const struct ip_options *o = ip_options_of(f->family);
	uint8_t tos = p->tos & 0xfc;

	if (f->ttl != p->ttl) {
		f->ttl = p->ttl;
		set_opt(f->sock.fd, o->level, o->ttl, p->ttl);
	}
	if (f->tos != tos) {
		f->tos = tos;
		set_opt(f->sock.fd, o->level, o->tos, tos);
	}
}

static int new_socket(const struct flow *f)
{
	uint8_t family = f->family;
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	const struct ip_options *o = ip_options_of(family);

	if (fd < 0)
		return -errno;
	set_opt(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	tcp_set_up_socket(fd);
	if (family == AF_INET6)
		set_opt(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	/* Who said that there is no way: kept with the socket. */
	set_opt(fd, o->level, o->recverr, 1);
	set_opt(fd, o->level, o->ttl, f->ttl);
	if (f->tos)
		set_opt(fd, o->level, o->tos, f->tos);
	return fd;
}

/*
 * The guest's port where it is free, else one that is the same for all of its
 * destinations (RFC 5382 REQ-1), and that nobody can foresee (RFC 7857 9).
 * Return: it, 0 when the kernel is to choose.
 */
static uint16_t bind_port(const struct flow *f, int fd, uint16_t dport)
{
	struct flow_key k = { .guest = f->key.guest, .gport = f->key.gport };
	struct ipaddr any = { .family = f->family };
	uint16_t port;
	int i;

	if ((f->key.gport >= 1024 || nat_privileged_wanted(&f->nat->conf.privileged_tcp, dport)) &&
	    !sockaddr_bind(fd, &any, f->key.gport))
		return f->key.gport;
	for (i = 1; i <= PORT_TRIES; i++) {
		k.pport = (uint16_t)i;
		port = (uint16_t)(PORT_FIRST + flow_key_hash(f->nat, &k) % PORT_COUNT);
		if (!sockaddr_bind(fd, &any, port))
			return port;
	}
	return 0;
}

/* hostIp is reached from itself, or it is not the host's at all. */
static int bind_address(int fd, const struct ipaddr *addr)
{
	set_opt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
	return sockaddr_bind(fd, addr, 0) ? -ECONNREFUSED : 0;
}

/*
 * Where nobody listens at an address of the host, a socket that has the same
 * port there meets its own SYN, and is connected to itself.
 */
static bool is_self(int fd)
{
	union sockaddr_any us = { 0 }, them = { 0 };
	socklen_t a = sizeof(us), b = sizeof(them);

	return !getsockname(fd, &us.sa, &a) && !getpeername(fd, &them.sa, &b) && a == b &&
	       !memcmp(&us, &them, a);
}

static int watch(struct flow *f, int fd)
{
	int err;

	f->sock.fd = fd;
	err = loop_fd_add(&f->nat->loop, &f->sock, TCP_EVENTS);
	if (err) {
		close(fd);
		f->sock.fd = -1;
	}
	return err;
}

/**
 * tcp_adopt - a socket of ours answers, instead of the outside
 * @f: a flow that has no socket
 * @fd: connected, the flow's from now on; or negative errno
 *
 * Return: 0 or negative errno.
 */
int tcp_adopt(struct flow *f, int fd)
{
	if (fd < 0)
		return fd;
	tcp_set_up_socket(fd);
	f->family = AF_INET;
	return watch(f, fd);
}

/**
 * tcp_dial - connect to the outside
 * @f: a flow that has no socket
 * @to: where
 * @len: of @to
 *
 * Return: 0 when it is under way (or done), negative errno.
 */
int tcp_dial(struct flow *f, const union sockaddr_any *to, socklen_t len)
{
	uint16_t bound = 0, dport;
	struct ipaddr dst = sockaddr_get(to, &dport);
	int fd, err = 0;

	f->family = dst.family;
	fd = new_socket(f);
	if (fd < 0)
		return fd;
	if (dst.family == AF_INET && dst.a.v4 == f->nat->host4)
		err = bind_address(fd, &dst);
	else if (!nat_is_forbidden(&dst))
		bound = bind_port(f, fd, dport);
	if (!err)
		err = connect(fd, &to->sa, len) ? -errno : 0;
	if (bound && (err == -EADDRNOTAVAIL || err == -EADDRINUSE)) {
		/* The pair of ports still rests; take any other. */
		bound = 0;
		close(fd);
		fd = new_socket(f);
		if (fd < 0)
			return fd;
		err = connect(fd, &to->sa, len) ? -errno : 0;
	}
	f->may_be_self = !bound || bound == dport;
	if (err && err != -EINPROGRESS) {
		close(fd);
		return err;
	}
	return watch(f, fd);
}

/**
 * tcp_not_connected - the outside refused, or could not be reached
 * @f: the flow; ends
 * @err: what the socket said, positive
 *
 * The guest is told what we were told: a reset, the ICMP error of a router or
 * of the other side, or nothing where nothing came (RFC 5382 REQ-9).
 */
void tcp_not_connected(struct flow *f, int err)
{
	struct ipaddr gateway = nat_gateway(f->nat, &f->key.guest), from;
	struct sock_error told;
	struct icmp_error e;
	enum ip_err what;

	if (errqueue_read(f->sock.fd, f->family, &told, NULL, 0) &&
	    errqueue_is_icmp(f->family, &told) && f->family == gateway.family) {
		e = errqueue_icmp(f->family, &told);
		from = told.offender;
		/* For the guest it is the gateway that has the host's services. */
		if (nat_is_gateway(f->nat, &f->key.peer) || nat_hides(f->nat, &from))
			from = gateway;
		ip_send_error(f->nat, &f->key.guest, &from, &e, f->quote, f->quote_len);
	} else if (err == ECONNREFUSED) {
		tcp_send_rst(f);
	} else if (err != ETIMEDOUT) {
		if (icmp_from_errno(err, &what)) {
			tcp_send_rst(f);
		} else {
			e = ip_error(f->key.guest.family, what, 0);
			ip_send_error(f->nat, &f->key.guest, &gateway, &e, f->quote, f->quote_len);
		}
	}
	tcp_flow_free(f);
}

/**
 * tcp_connected - the outside has accepted
 * @f: the flow
 *
 * From now on an ICMP error is a hint for the kernel's TCP and ends nothing
 * (RFC 5382 REQ-10), which it would if the socket went on keeping them.
 */
void tcp_connected(struct flow *f)
{
	const struct ip_options *o = ip_options_of(f->family);

	if (f->may_be_self && is_self(f->sock.fd)) {
		tcp_not_connected(f, ECONNREFUSED);
		return;
	}
	set_opt(f->sock.fd, o->level, o->recverr, 0);
	tcp_dialled(f);
	f->state = TCPS_SYN_RCVD;
	f->nxt = f->max = f->iss + 1;
	tcp_send_syn(f);
	loop_timer_set(&f->nat->loop, &f->timer, f->rto);
}
