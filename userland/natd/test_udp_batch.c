// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Datagrams in batches, out and in, by the loopback of a network namespace of
 * our own.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "udp_map.h"

#define LOOP htonl(INADDR_LOOPBACK)
#define GUEST htonl(0x0a630080)
#define ROOM 4096

struct fixture {
	struct nat nat;
	struct udp_map *map;
	int wire, peer, other, gro;
	struct udp_addr to, to_other, to_gro, to_nobody;
	bool df;
	uint8_t text[ROOM];
};

/* What comes out of a socket. */
struct got {
	ssize_t len;
	int ttl, size;
	uint8_t data[65536];
};

static struct got got;

static int outside(struct udp_addr *at)
{
	struct ipaddr loop = ipaddr_v4(LOOP);
	union sockaddr_any sa;
	socklen_t len = sizeof(sa);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), one = 1;

	assert_int_equal(sockaddr_bind(fd, &loop, 0), 0);
	assert_int_equal(getsockname(fd, &sa.sa, &len), 0);
	at->addr = sockaddr_get(&sa, &at->port);
	setsockopt(fd, IPPROTO_IP, IP_RECVTTL, &one, sizeof(one));
	return fd;
}

static int make(void **state)
{
	static const uint8_t mac[6] = { 0, 0x50, 0x56, 1, 2, 3 };
	struct fixture *x = calloc(1, sizeof(*x));
	struct ipaddr guest = ipaddr_v4(GUEST);
	int sv[2], one = 1, fd;
	uint16_t ext;
	size_t i;

	assert_int_equal(loop_init(&x->nat.loop), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, sv), 0);
	x->nat.port.fd = sv[0];
	x->wire = sv[1];
	assert_int_equal(nat_init(&x->nat), 0);
	assert_int_equal(neigh_init(&x->nat), 0);
	assert_int_equal(udp_init(&x->nat), 0);
	neigh_learn(&x->nat, &guest, mac);
	fd = udp_sock_open(AF_INET, 0, false, &ext);
	assert_true(fd >= 0);
	x->map = calloc(1, sizeof(*x->map));
	*x->map = (struct udp_map){
		.udp = x->nat.udp,
		.guest = guest,
		.port = 1234,
		.ext = ext,
		.lfd.fd = fd,
		.family = AF_INET,
		.set = IP_SET_UNKNOWN,
		.gso_max = UINT16_MAX,
	};
	x->df = true;
	x->peer = outside(&x->to);
	x->other = outside(&x->to_other);
	x->gro = outside(&x->to_gro);
	setsockopt(x->gro, IPPROTO_UDP, UDP_GRO, &one, sizeof(one));
	close(outside(&x->to_nobody));
	for (i = 0; i < ROOM; i++)
		x->text[i] = (uint8_t)(i * 2654435761u >> 11);
	*state = x;
	return 0;
}

static int drop(void **state)
{
	struct fixture *x = *state;

	close(x->map->lfd.fd);
	free(x->map);
	udp_done(&x->nat);
	neigh_done(&x->nat);
	nat_done(&x->nat);
	close(x->nat.port.fd);
	close(x->wire);
	close(x->peer);
	close(x->other);
	close(x->gro);
	loop_done(&x->nat.loop);
	free(x);
	return 0;
}

/* The guest sends bytes of the text, in a frame of the batch. */
static void send_bytes(struct fixture *x, const struct udp_addr *to, size_t at, size_t len,
		       uint8_t ttl)
{
	struct pkt_in p = {
		.ip = x->text,
		.src = x->map->guest,
		.ttl = ttl,
		.proto = IPPROTO_UDP,
		.df = x->df,
		.in_frame = true,
	};

	udp_send(x->map, &p, to, NULL, x->text + at, len);
}

/* What came to @fd next. Return: false for nothing. */
static bool receive(int fd)
{
	_Alignas(struct cmsghdr) char control[256];
	struct iovec iov = { got.data, sizeof(got.data) };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *cm;

	got.size = 0;
	got.len = recvmsg(fd, &msg, 0);
	for (cm = CMSG_FIRSTHDR(&msg); got.len >= 0 && cm; cm = CMSG_NXTHDR(&msg, cm)) {
		if (cm->cmsg_level == IPPROTO_IP && cm->cmsg_type == IP_TTL)
			memcpy(&got.ttl, CMSG_DATA(cm), sizeof(got.ttl));
		if (cm->cmsg_level == IPPROTO_UDP && cm->cmsg_type == UDP_GRO)
			memcpy(&got.size, CMSG_DATA(cm), sizeof(got.size));
	}
	return got.len >= 0;
}

static void expect(struct fixture *x, int fd, size_t at, size_t len, int ttl)
{
	assert_true(receive(fd));
	assert_int_equal(got.len, len);
	assert_memory_equal(got.data, x->text + at, len);
	assert_int_equal(got.ttl, ttl);
}

/* Sizes, peers and hops change in the middle; each gets its own, in order. */
static void test_mixed(void **state)
{
	static const size_t len[] = { 64, 64, 64, 10, 64, 0, 0, 100, 64, 64, 200, 200, 7 };
	struct fixture *x = *state;
	size_t i, n = sizeof(len) / sizeof(len[0]);

	for (i = 0; i < n; i++) {
		send_bytes(x, &x->to, i, len[i], i < 9 ? 50 : 40);
		send_bytes(x, &x->to_other, i + 1, len[i], i < 9 ? 50 : 40);
		send_bytes(x, &x->to_other, i + 2, len[i], i < 9 ? 50 : 40);
	}
	assert_false(receive(x->peer));
	udp_batch_end(&x->nat);
	for (i = 0; i < n; i++) {
		expect(x, x->peer, i, len[i], i < 9 ? 50 : 40);
		expect(x, x->other, i + 1, len[i], i < 9 ? 50 : 40);
		expect(x, x->other, i + 2, len[i], i < 9 ? 50 : 40);
	}
	assert_false(receive(x->peer));
	assert_int_equal(x->map->packets_out, 3 * n);
	assert_int_equal(x->nat.udp->nout, 0);
}

/* Of one size to one peer: one message, the last of which may be shorter. */
static void test_run(void **state)
{
	struct fixture *x = *state;
	unsigned int i;

	for (i = 0; i < UDP_TX_BATCH - 1; i++)
		send_bytes(x, &x->to_gro, 64 * i, 64, 50);
	send_bytes(x, &x->to_gro, 64 * i, 20, 50);
	udp_batch_end(&x->nat);
	expect(x, x->gro, 0, 64 * i + 20, 50);
	assert_int_equal(got.size, 64);
	assert_false(receive(x->gro));
	/* One more than the batch holds goes at once, behind the others. */
	for (i = 0; i < UDP_TX_BATCH + 1; i++)
		send_bytes(x, &x->to, i, 9, 50);
	expect(x, x->peer, 0, 9, 50);
	udp_batch_end(&x->nat);
	for (i = 1; i < UDP_TX_BATCH + 1; i++)
		expect(x, x->peer, i, 9, 50);
}

/* What may be fragmented leaves one by one: each has an identification of its own. */
static void test_no_df(void **state)
{
	struct fixture *x = *state;
	unsigned int i;

	x->df = false;
	for (i = 0; i < 5; i++)
		send_bytes(x, &x->to_gro, 2000 + i, i & 1 ? 64 : 2000, 50);
	for (i = 0; i < 5; i++)
		send_bytes(x, &x->to_gro, i, 64, 50);
	udp_batch_end(&x->nat);
	for (i = 0; i < 5; i++)
		expect(x, x->gro, 2000 + i, i & 1 ? 64 : 2000, 50);
	for (i = 0; i < 5; i++)
		expect(x, x->gro, i, 64, 50);
}

/* The kernel does not cut into pieces that are longer than the MTU, and sends none. */
static void test_too_long(void **state)
{
	struct fixture *x = *state;
	unsigned int round, i;

	for (round = 0; round < 2; round++) {
		send_bytes(x, &x->to_gro, 0, 2000, 50);
		send_bytes(x, &x->to_gro, 0, 2000, 50);
		for (i = 0; i < 10; i++)
			send_bytes(x, &x->to_gro, 100 * i, 100, 50);
		udp_batch_end(&x->nat);
		expect(x, x->gro, 0, 1000, 50);
		assert_false(receive(x->gro));
		assert_int_equal(x->map->gso_max, 1999);
	}
	assert_int_equal(x->nat.udp->stats.dropped, 4);
}

/* What an earlier one has met costs the later ones nothing. */
static void test_error(void **state)
{
	struct fixture *x = *state;
	unsigned int i, round;

	for (round = 0; round < 10; round++) {
		send_bytes(x, &x->to_nobody, 0, 10, 50);
		for (i = 0; i < 5; i++)
			send_bytes(x, &x->to, i, 64, 50);
		send_bytes(x, &x->to_nobody, 0, 10, 50);
		send_bytes(x, &x->to_nobody, 0, 10, 50);
		send_bytes(x, &x->to, 5, 10, 50);
		udp_batch_end(&x->nat);
		for (i = 0; i < 5; i++)
			expect(x, x->peer, i, 64, 50);
		expect(x, x->peer, 5, 10, 50);
	}
	assert_int_equal(x->nat.udp->stats.dropped, 0);
}

/* What the outside sends as one message comes to the guest as it was meant. */
static void test_in(void **state)
{
	struct fixture *x = *state;
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = htons(x->map->ext),
		.sin_addr.s_addr = LOOP,
	};
	struct pkt_udp h;
	uint8_t frame[2048];
	int size = 100;
	size_t at;

	/* A forward knows its senders, and those of the host have the gateway's address. */
	x->map->forward = true;
	assert_int_equal(udp_sock_want_local(x->map->lfd.fd, AF_INET), 0);
	setsockopt(x->peer, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof(size));
	assert_int_equal(sendto(x->peer, x->text, 1030, 0, (struct sockaddr *)&sin, sizeof(sin)),
			 1030);
	udp_sock_event(&x->nat.loop, &x->map->lfd, EPOLLIN);
	nat_flush(&x->nat);
	for (at = 0; at < 1030; at += 100) {
		size_t len = at < 1000 ? 100 : 30;

		assert_int_equal(recv(x->wire, frame, sizeof(frame), MSG_DONTWAIT), 42 + len);
		memcpy(&h, frame + 34, sizeof(h));
		assert_int_equal(ntohs(h.len), 8 + len);
		assert_memory_equal(frame + 42, x->text + at, len);
		assert_int_equal(csum_l4_v4(x->nat.ip4, GUEST, IPPROTO_UDP, frame + 34, 8 + len),
				 0);
	}
	assert_int_equal(recv(x->wire, frame, sizeof(frame), MSG_DONTWAIT), -1);
	assert_int_equal(x->map->packets_in, 11);
	x->map->forward = false;
}

/* A network of our own: lo with an Ethernet's MTU. Return: 0 or negative errno. */
static int own_network(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING };
	int fd, bad;

	if (unshare(getuid() ? CLONE_NEWUSER | CLONE_NEWNET : CLONE_NEWNET))
		return -errno;
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	bad = ioctl(fd, SIOCSIFFLAGS, &ifr);
	ifr.ifr_mtu = 1500;
	bad = bad || ioctl(fd, SIOCSIFMTU, &ifr) ? -errno : 0;
	close(fd);
	return bad;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_mixed, make, drop),
		cmocka_unit_test_setup_teardown(test_run, make, drop),
		cmocka_unit_test_setup_teardown(test_no_df, make, drop),
		cmocka_unit_test_setup_teardown(test_too_long, make, drop),
		cmocka_unit_test_setup_teardown(test_error, make, drop),
		cmocka_unit_test_setup_teardown(test_in, make, drop),
	};
	int err = own_network();

	if (err) {
		fprintf(stderr, "no network namespace: %s\n", strerror(-err));
		return 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
