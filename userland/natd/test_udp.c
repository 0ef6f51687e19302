// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * UDP and ICMP between a port that is a socket pair and sockets in a network
 * namespace of our own.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "icmp.h"
#include "udp.h"

#define GUEST htonl(0x0a630080) /* 10.99.0.128 */
#define GW htonl(0x0a630002)
#define HOST htonl(0x0a620001) /* 10.98.0.1, an address of lo */
#define LOOP htonl(INADDR_LOOPBACK)

/**
 * struct bench - a NAT without a network
 * @wire: the guests' end of the port
 * @got: the last frame from there
 */
struct bench {
	struct nat *nat;
	int wire;
	uint8_t got[2048];
	size_t len;
	struct loop_fd wire_fd;
	struct loop_timer limit;
};

static const uint8_t guest_mac[6] = { 0, 0x0c, 0x29, 1, 2, 3 };

static void on_frame(struct loop *loop, struct loop_fd *self, uint32_t events)
{
	struct bench *b = (void *)((char *)self - offsetof(struct bench, wire_fd));
	ssize_t n = read(self->fd, b->got, sizeof(b->got));

	(void)events;
	b->len = n > 0 ? (size_t)n : 0;
	loop_quit(loop, 0);
}

static void on_limit(struct loop *loop, struct loop_timer *t)
{
	(void)t;
	loop_quit(loop, 1);
}

/* Wait for a frame to the guest. Return: its IP header, NULL for none. */
static const uint8_t *frame(struct bench *b, uint64_t wait)
{
	b->len = 0;
	loop_timer_set(&b->nat->loop, &b->limit, wait);
	nat_flush(b->nat);
	if (loop_run(&b->nat->loop))
		return NULL;
	assert_true(b->len >= 14 + 28);
	assert_memory_equal(b->got, guest_mac, 6);
	assert_int_equal(csum_ip(b->got + 14, 20), 0);
	return b->got + 14;
}

static struct pkt_ip4 ip_of(const uint8_t *p)
{
	struct pkt_ip4 ip;

	memcpy(&ip, p, sizeof(ip));
	return ip;
}

static struct pkt_udp udp_of(const uint8_t *p)
{
	struct pkt_udp h;

	memcpy(&h, p + 20, sizeof(h));
	return h;
}

/* The guest sends a datagram. */
static void guest_sends(struct bench *b, uint16_t sport, uint32_t dst, uint16_t dport,
			const char *text)
{
	size_t len = strlen(text);
	uint8_t pkt[600];
	struct pkt_ip4 ip = {
		.ver_ihl = 0x45,
		.len = htons((uint16_t)(28 + len)),
		.ttl = 64,
		.proto = IPPROTO_UDP,
		.src = GUEST,
		.dst = dst,
	};
	struct pkt_udp h = {
		.src = htons(sport),
		.dst = htons(dport),
		.len = htons((uint16_t)(8 + len)),
	};
	struct pkt_in in = {
		.ip = pkt,
		.src = ipaddr_v4(GUEST),
		.dst = ipaddr_v4(dst),
		.proto = IPPROTO_UDP,
		.ttl = 63,
		.l4 = pkt + 20,
		.l4_len = 8 + len,
		.raw_len = 28 + len,
	};

	ip.csum = csum_ip(&ip, sizeof(ip));
	memcpy(pkt, &ip, sizeof(ip));
	memcpy(pkt + 20, &h, sizeof(h));
	memcpy(pkt + 28, text, len);
	h.csum = csum_l4_v4(GUEST, dst, IPPROTO_UDP, pkt + 20, 8 + len);
	memcpy(pkt + 20, &h, sizeof(h));
	udp_input(b->nat, &in);
}

/* A socket of somebody on the host. */
static int host_socket(uint32_t addr, uint16_t *port)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = addr,
		.sin_port = htons(*port),
	};
	socklen_t len = sizeof(sin);
	struct timeval limit = { .tv_sec = 60 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	getsockname(fd, (struct sockaddr *)&sin, &len);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	*port = ntohs(sin.sin_port);
	return fd;
}

static void host_sends(int fd, uint32_t dst, uint16_t dport, const char *text)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = dst,
		.sin_port = htons(dport),
	};

	assert_int_equal(sendto(fd, text, strlen(text), 0, (struct sockaddr *)&sin, sizeof(sin)),
			 strlen(text));
}

static struct sockaddr_in host_gets(int fd, const char *text)
{
	struct sockaddr_in from = { 0 };
	socklen_t len = sizeof(from);
	char buf[600] = "";

	assert_true(recvfrom(fd, buf, sizeof(buf) - 1, 0, (struct sockaddr *)&from, &len) >= 0);
	assert_string_equal(buf, text);
	return from;
}

static void assert_error(const uint8_t *p, uint8_t type, uint8_t code, uint32_t from, uint32_t dst)
{
	size_t len;
	struct quote q;

	assert_non_null(p);
	len = ntohs(ip_of(p).len) - 20U;
	assert_int_equal(ip_of(p).proto, IPPROTO_ICMP);
	assert_int_equal(ip_of(p).src, from);
	assert_int_equal(p[20], type);
	assert_int_equal(p[21], code);
	assert_int_equal(quote_parse(AF_INET, p + 20, len, &q), 0);
	assert_int_equal(q.src.a.v4, GUEST);
	assert_int_equal(q.dst.a.v4, dst);
}

static void test_out_and_in(void **state)
{
	struct bench *b = *state;
	uint16_t port = 0;
	int fd = host_socket(HOST, &port);
	struct sockaddr_in from;
	const uint8_t *p;

	guest_sends(b, 40001, HOST, port, "hello");
	from = host_gets(fd, "hello");
	assert_int_equal(ntohs(from.sin_port), 40001);
	host_sends(fd, from.sin_addr.s_addr, 40001, "answer");
	p = frame(b, 60 * SEC);
	assert_non_null(p);
	assert_int_equal(ip_of(p).src, HOST);
	assert_int_equal(ip_of(p).dst, GUEST);
	assert_int_equal(ip_of(p).ttl, 63);
	assert_int_equal(ntohs(udp_of(p).src), port);
	assert_int_equal(ntohs(udp_of(p).dst), 40001);
	assert_int_equal(ntohs(udp_of(p).len), 8 + 6);
	assert_int_equal(csum_l4_v4(HOST, GUEST, IPPROTO_UDP, p + 20, 14), 0);
	assert_int_equal(udp_flows(b->nat), 1);
	close(fd);
	/* Now the port is closed. */
	guest_sends(b, 40001, HOST, port, "hello");
	assert_error(frame(b, 60 * SEC), 3, 3, HOST, HOST);
	assert_int_equal(udp_flows(b->nat), 1);
}

static void test_refused_targets(void **state)
{
	struct bench *b = *state;
	uint16_t port = 0;
	int fd = host_socket(LOOP, &port);

	/* The host's loopback, by any name, is not for guests. */
	guest_sends(b, 40001, LOOP, port, "x");
	assert_error(frame(b, 60 * SEC), 3, 13, GW, LOOP);
	guest_sends(b, 40001, 0, port, "x");
	assert_error(frame(b, 60 * SEC), 3, 13, GW, 0);
	guest_sends(b, 40001, GW, 4000, "x");
	assert_error(frame(b, 60 * SEC), 3, 3, GW, GW);
	/* Groups are passed over in silence. */
	guest_sends(b, 40001, INADDR_BROADCAST, port, "x");
	guest_sends(b, 40001, htonl(0xe00000fb), 5353, "x");
	guest_sends(b, 40001, htonl(0x0a6300ff), 137, "x");
	assert_null(frame(b, SEC / 2));
	assert_int_equal(udp_flows(b->nat), 0);
	assert_int_equal(recv(fd, &port, 1, MSG_DONTWAIT), -1);
	close(fd);
}

static void test_bad_packets(void **state)
{
	struct bench *b = *state;
	struct pkt_udp h = {
		.src = htons(1),
		.dst = htons(2),
		.len = htons(8),
	};
	uint8_t *pkt = calloc(1, 28);
	struct pkt_in in = {
		.ip = pkt,
		.src = ipaddr_v4(GUEST),
		.dst = ipaddr_v4(HOST),
		.proto = IPPROTO_UDP,
		.ttl = 63,
		.l4 = pkt + 20,
		.raw_len = 28,
	};

	for (in.l4_len = 0; in.l4_len < 8; in.l4_len++)
		udp_input(b->nat, &in);
	in.l4_len = 8;
	h.len = htons(9); /* longer than the packet */
	memcpy(pkt + 20, &h, sizeof(h));
	udp_input(b->nat, &in);
	h.len = htons(7); /* shorter than its header */
	memcpy(pkt + 20, &h, sizeof(h));
	udp_input(b->nat, &in);
	h.len = htons(8);
	h.csum = htons(0x1234); /* wrong */
	memcpy(pkt + 20, &h, sizeof(h));
	udp_input(b->nat, &in);
	h.csum = 0;
	h.src = 0; /* nowhere to answer to */
	memcpy(pkt + 20, &h, sizeof(h));
	udp_input(b->nat, &in);
	assert_int_equal(b->nat->stats.bad[PKT_SHORT], 8);
	assert_int_equal(b->nat->stats.bad[PKT_LENGTH], 2);
	assert_int_equal(b->nat->stats.bad[PKT_CHECKSUM], 1);
	assert_int_equal(b->nat->stats.bad[PKT_PORT], 1);
	assert_int_equal(udp_flows(b->nat), 0);
	free(pkt);
}

static void test_idle(void **state)
{
	struct bench *b = *state;
	uint16_t port = 0;
	int fd = host_socket(HOST, &port), i;

	b->nat->conf.udp_timeout = 1;
	guest_sends(b, 40001, HOST, port, "x");
	host_gets(fd, "x");
	assert_int_equal(udp_flows(b->nat), 1);
	for (i = 0; i < 60 && udp_flows(b->nat); i++)
		assert_null(frame(b, SEC));
	assert_int_equal(udp_flows(b->nat), 0);
	close(fd);
}

static void test_limit(void **state)
{
	struct bench *b = *state;
	uint16_t port = 0, i;
	int fd = host_socket(HOST, &port);

	for (i = 0; i < UDP_MAX_PER_GUEST; i++)
		guest_sends(b, (uint16_t)(2000 + i), HOST, port, "x");
	assert_int_equal(udp_flows(b->nat), UDP_MAX_PER_GUEST);
	nat_flush(b->nat);
	guest_sends(b, 1999, HOST, port, "x");
	assert_error(frame(b, 60 * SEC), 3, 13, GW, HOST);
	assert_int_equal(udp_flows(b->nat), UDP_MAX_PER_GUEST);
	/* What nobody has answered for a while makes room. */
	b->nat->loop.now += 20 * SEC;
	guest_sends(b, 1999, HOST, port, "x");
	guest_sends(b, 1998, HOST, port, "x");
	assert_int_equal(udp_flows(b->nat), UDP_MAX_PER_GUEST);
	assert_int_equal(b->nat->stats.refused, 1);
	close(fd);
}

static struct nat_forward forward_to_guest(uint16_t host_port, uint16_t guest_port)
{
	return (struct nat_forward){ IPPROTO_UDP, .bind.family = AF_INET, .host_port = host_port,
				     .guest = ipaddr_v4(GUEST), .guest_port = guest_port };
}

static void test_forward(void **state)
{
	struct bench *b = *state;
	struct udp_map *m;
	struct nat_forward f = forward_to_guest(0, 6001);
	uint16_t taken = 0, p1 = 0, p2 = 0, lport = 0;
	int fd = host_socket(INADDR_ANY, &taken), l, h;
	struct sockaddr_in from;
	const uint8_t *p;

	f.host_port = taken;
	assert_int_equal(udp_forward_add(b->nat, &f, &m), -EADDRINUSE);
	close(fd);
	assert_int_equal(udp_forward_add(b->nat, &f, &m), 0);
	p1 = f.host_port;
	fd = host_socket(INADDR_ANY, &p2);
	close(fd);
	f.host_port = p2;
	assert_int_equal(udp_forward_add(b->nat, &f, &m), 0);

	/* From the loopback: shown as the gateway, answered from loopback. */
	l = host_socket(LOOP, &lport);
	host_sends(l, LOOP, p1, "one");
	p = frame(b, 60 * SEC);
	assert_non_null(p);
	assert_int_equal(ip_of(p).src, GW);
	assert_int_equal(ntohs(udp_of(p).src), lport);
	assert_int_equal(ntohs(udp_of(p).dst), 6001);
	guest_sends(b, 6001, GW, lport, "two");
	from = host_gets(l, "two");
	assert_int_equal(from.sin_addr.s_addr, LOOP);
	assert_int_equal(ntohs(from.sin_port), p1);

	/* The same peer by the other port: it must not take the first's place. */
	host_sends(l, LOOP, p2, "three");
	p = frame(b, 60 * SEC);
	assert_non_null(p);
	assert_int_equal(ip_of(p).src, GW);
	assert_int_not_equal(ntohs(udp_of(p).src), lport);
	guest_sends(b, 6001, GW, ntohs(udp_of(p).src), "four");
	assert_int_equal(ntohs(host_gets(l, "four").sin_port), p2);

	/* A true address is shown as it is. */
	lport = 0;
	h = host_socket(HOST, &lport);
	host_sends(h, HOST, p2, "five");
	p = frame(b, 60 * SEC);
	assert_non_null(p);
	assert_int_equal(ip_of(p).src, HOST);
	assert_int_equal(ntohs(udp_of(p).src), lport);
	guest_sends(b, 6001, HOST, lport, "six");
	assert_int_equal(ntohs(host_gets(h, "six").sin_port), p2);
	close(l);
	close(h);
}

/* A port the guest has by itself becomes a forward, and is its own again. */
static void test_forward_of_own_port(void **state)
{
	struct bench *b = *state;
	struct nat_forward f = forward_to_guest(40001, 40001);
	uint16_t port = 0, lport = 0;
	int fd = host_socket(HOST, &port), l = host_socket(LOOP, &lport);
	struct udp_map *m;

	guest_sends(b, 40001, HOST, port, "x");
	assert_int_equal(ntohs(host_gets(fd, "x").sin_port), 40001);
	assert_int_equal(udp_forward_add(b->nat, &f, &m), 0);
	assert_int_equal(udp_flows(b->nat), 1);
	host_sends(l, LOOP, 40001, "in");
	assert_non_null(frame(b, 60 * SEC));
	udp_forward_remove(m);
	assert_int_equal(udp_flows(b->nat), 1);
	host_sends(l, LOOP, 40001, "no");
	assert_null(frame(b, SEC / 2));
	guest_sends(b, 40001, HOST, port, "y");
	assert_int_equal(ntohs(host_gets(fd, "y").sin_port), 40001);

	f.host_port = f.guest_port = 40002; /* nothing sent from: free at once */
	assert_int_equal(udp_forward_add(b->nat, &f, &m), 0);
	host_sends(fd, HOST, 40002, "in");
	assert_non_null(frame(b, 60 * SEC));
	udp_forward_remove(m);
	assert_int_equal(udp_flows(b->nat), 1);
	close(fd);
	close(l);
}

/* At one address of the host only, and what the guest sends is not bound to it. */
static void test_forward_at_address(void **state)
{
	struct bench *b = *state;
	struct nat_forward f = forward_to_guest(40003, 40003);
	uint16_t port = 0, lport = 0;
	int fd = host_socket(HOST, &port), l = host_socket(LOOP, &lport);
	struct udp_map *m;

	f.bind = ipaddr_v4(LOOP);
	assert_int_equal(udp_forward_add(b->nat, &f, &m), 0);
	host_sends(fd, HOST, 40003, "no");
	assert_null(frame(b, SEC / 2));
	host_sends(l, LOOP, 40003, "in");
	assert_non_null(frame(b, 60 * SEC));
	guest_sends(b, 40003, HOST, port, "out");
	assert_int_equal(host_gets(fd, "out").sin_addr.s_addr, HOST);
	close(fd);
	close(l);
}

/* Nobody reaches a guest from the loopback but through a forward. */
static void test_no_forward(void **state)
{
	struct bench *b = *state;
	uint16_t port = 0, lport = 0;
	int fd = host_socket(HOST, &port), l = host_socket(LOOP, &lport);

	guest_sends(b, 40001, HOST, port, "x");
	host_gets(fd, "x");
	host_sends(l, LOOP, 40001, "no");
	assert_null(frame(b, SEC / 2));
	host_sends(fd, HOST, 40001, "yes");
	assert_non_null(frame(b, 60 * SEC));
	close(fd);
	close(l);
}

static void test_error_rate(void **state)
{
	struct bench *b = *state;
	struct icmp_stats s;
	int i;

	for (i = 0; i < 5000; i++)
		guest_sends(b, 40001, GW, 4000, "x");
	icmp_get_stats(b->nat, &s);
	assert_true(s.errors_out <= 1000 && s.errors_limited >= 4000);
	/* The loop's clock has not moved: now let it. */
	b->nat->loop.now += 2 * SEC;
	guest_sends(b, 40001, GW, 4000, "x");
	icmp_get_stats(b->nat, &s);
	assert_int_equal(s.errors_out, 1001);
}

static void flush(struct loop *loop, void *arg)
{
	(void)loop;
	nat_flush(arg);
}

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct nat *n = calloc(1, sizeof(*n));
	int sp[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, sp), 0);
	n->port.fd = sp[0];
	b->wire = sp[1];
	n->conf.ip = ipaddr_v4(GW);
	n->conf.prefix = 24;
	n->conf.udp_timeout = 300;
	n->ip4 = GW;
	n->mask4 = nat_conf_mask4(&n->conf);
	n->net4 = GW & n->mask4;
	n->icmp_fd = n->icmp6_fd = -1;
	assert_int_equal(loop_init(&n->loop), 0);
	assert_int_equal(nat_init(n), 0);
	/* There is no TCP whose turn could end. */
	loop_set_turn_end(&n->loop, flush, n);
	assert_int_equal(neigh_init(n), 0);
	assert_int_equal(icmp_init(n), 0);
	assert_int_equal(udp_init(n), 0);
	neigh_learn(n, &(struct ipaddr){ AF_INET, { .v4 = GUEST } }, guest_mac);
	b->nat = n;
	b->limit.fn = on_limit;
	b->wire_fd.fd = b->wire;
	b->wire_fd.fn = on_frame;
	loop_fd_add(&n->loop, &b->wire_fd, EPOLLIN);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;
	struct nat *n = b->nat;

	udp_done(n);
	icmp_done(n);
	neigh_done(n);
	nat_done(n);
	loop_fd_del(&n->loop, &b->wire_fd);
	loop_done(&n->loop);
	close(n->port.fd);
	close(b->wire);
	free(n);
	free(b);
	return 0;
}

static int put(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));

	if (fd >= 0)
		close(fd);
	return n < 0 ? -1 : 0;
}

/* A network of our own: lo with one more address. Return: 0, or why not. */
static int own_network(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	struct rlimit rl = { 16384, 16384 };
	struct ifreq ifr = { 0 };
	char map[64];
	unsigned int uid = getuid();
	int fd;

	setrlimit(RLIMIT_NOFILE, &rl);
	if (unshare(uid ? CLONE_NEWUSER | CLONE_NEWNET : CLONE_NEWNET))
		return -errno;
	if (uid) {
		snprintf(map, sizeof(map), "0 %u 1", uid);
		if (put("/proc/self/uid_map", map))
			return -errno;
	}
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	strcpy(ifr.ifr_name, "lo");
	ifr.ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING;
	if (ioctl(fd, SIOCSIFFLAGS, &ifr))
		return -errno;
	strcpy(ifr.ifr_name, "lo:1");
	sin.sin_addr.s_addr = HOST;
	memcpy(&ifr.ifr_addr, &sin, sizeof(sin));
	if (ioctl(fd, SIOCSIFADDR, &ifr))
		return -errno;
	close(fd);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_out_and_in, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused_targets, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bad_packets, setup, teardown),
		cmocka_unit_test_setup_teardown(test_idle, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_forward, setup, teardown),
		cmocka_unit_test_setup_teardown(test_forward_of_own_port, setup, teardown),
		cmocka_unit_test_setup_teardown(test_forward_at_address, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_forward, setup, teardown),
		cmocka_unit_test_setup_teardown(test_error_rate, setup, teardown),
	};
	int err = own_network();

	if (err) {
		fprintf(stderr, "no network namespace: %s\n", strerror(-err));
		return 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
