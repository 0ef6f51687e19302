// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The host interface and its offloads: what arrives whole, what is merged,
 * what is counted, and what happens to a flood when the interface goes. Each
 * test has a network namespace of its own.
 */
#define _GNU_SOURCE
#define VT_HARNESS
#include "vmtest.h"
#include "inet.h"

#include <pthread.h>
#include <sched.h>
#include <time.h>
#include <net/if.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <linux/virtio_net.h>

#define HUB	71
#define IF	"vmo0"
#define MSS	1448
#define HDR	10
#define FRAMES	16
#define OFFLOADS (TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN)

static uint8_t tx[80000], rx[80000];
static const uint8_t host_mac[6] = { 0x00, 0x50, 0x56, 0xc0, 0x00, HUB };
static const uint8_t far_mac[6] = { 2, 0, 0, 0, 0, 9 };
static const uint8_t src_mac[6] = { 2, 0, 0, 0, 0, 1 };

/* Runs a command line; 0 when it succeeds. */
static int run(const char *line)
{
	return system(line);
}

/* A number that sysfs knows of the interface, -1 when it does not. */
static long long value(const char *name)
{
	char path[128];
	long long v;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/class/net/" IF "/%s", name);
	f = fopen(path, "re");
	if (!f || fscanf(f, "%lld", &v) != 1)
		v = -1;
	if (f)
		fclose(f);
	return v;
}

/* A counter of ip -s link. */
static long long stat_of(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "statistics/%s", name);
	return value(path);
}

/* Sets such a number; 0 when that succeeds. */
static int set_value(const char *name, long v)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "/sys/class/net/" IF "/%s", name);
	f = fopen(path, "we");
	if (!f)
		return -1;
	fprintf(f, "%ld\n", v);
	return fclose(f);
}

/* A counter of ethtool -S, -1 when there is none of that name. */
static long long counter(const char *name)
{
	static struct {
		struct ethtool_gstrings head;
		char name[32][ETH_GSTRING_LEN];
	} names;
	static struct {
		struct ethtool_stats head;
		uint64_t value[32];
	} values;
	struct ifreq ifr = { .ifr_name = IF };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	long long v = -1;

	names.head = (struct ethtool_gstrings){ .cmd = ETHTOOL_GSTRINGS,
						.string_set = ETH_SS_STATS };
	values.head = (struct ethtool_stats){ .cmd = ETHTOOL_GSTATS };
	ifr.ifr_data = (void *)&names;
	if (!ioctl(fd, SIOCETHTOOL, &ifr)) {
		ifr.ifr_data = (void *)&values;
		if (!ioctl(fd, SIOCETHTOOL, &ifr))
			for (uint32_t i = 0; i < names.head.len; i++)
				if (!strcmp(names.name[i], name))
					v = (long long)values.value[i];
	}
	close(fd);
	return v;
}

/* A packet socket on an interface: what comes in, with its offloads. */
static int listen_on(const char *name)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET,
				  .sll_protocol = htobe16(ETH_P_ALL),
				  .sll_ifindex = (int)if_nametoindex(name) };
	int fd, one = 1, size = 32 << 20;

	fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof(one)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) ||
	    bind(fd, (struct sockaddr *)&ll, sizeof(ll))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Sends a plain frame of @len bytes out of the interface. */
static ssize_t send_plain(int fd, size_t len, const uint8_t *dst, uint8_t tag)
{
	memset(tx, 0, HDR);
	vt_frame(tx + HDR, len, dst, host_mac, tag);
	return send(fd, tx, HDR + len, 0);
}

/* Builds a frame with offloads in tx; returns its length with the header. */
static size_t build_tso(const uint8_t *dst, size_t payload, uint16_t mss)
{
	struct inet_spec s = { .payload = payload, .seq = 1, .partial = true };
	struct virtio_net_hdr h = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
		.hdr_len = (uint16_t)inet_hdr_len(false, false),
		.gso_size = mss,
		.csum_start = (uint16_t)inet_l4_start(false),
		.csum_offset = 16,
	};

	memcpy(tx, &h, HDR);
	return HDR + inet_build(tx + HDR, dst, src_mac, &s);
}

/* Is rx the frame of @len bytes in tx, with the same offloads? */
static bool same_tso(ssize_t n, size_t len)
{
	struct virtio_net_hdr a, b;

	memcpy(&a, tx, HDR);
	memcpy(&b, rx, HDR);
	return n == (ssize_t)len && a.gso_type == b.gso_type &&
	       a.gso_size == b.gso_size && a.flags == b.flags &&
	       a.csum_start == b.csum_start && a.csum_offset == b.csum_offset &&
	       !memcmp(tx + HDR, rx + HDR, len - HDR);
}

FIXTURE(netifoff) {
	struct vt_port host, guest, plain;
	int in;
};

FIXTURE_SETUP(netifoff)
{
	cpu_set_t one;

	/* A writer that stays on its CPU: so do its frames. */
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(one), &one));
	ASSERT_EQ(0, unshare(CLONE_NEWNET | CLONE_NEWNS));
	ASSERT_EQ(0, mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	ASSERT_EQ(0, mount("sysfs", "/sys", "sysfs", 0, NULL));
	run("sysctl -qw net.ipv6.conf.default.disable_ipv6=1 2>/dev/null");
	ASSERT_EQ(0, vt_port_open(&self->host, HUB, O_RDWR));
	ASSERT_EQ(0, vt_netif(self->host.fd, IF));
	ASSERT_EQ(0, run("ip link set " IF " up"));
	ASSERT_EQ(0, vt_tap_open(&self->guest, HUB, IFF_VNET_HDR));
	ASSERT_EQ(0, ioctl(self->guest.fd, TUNSETOFFLOAD, OFFLOADS));
	ASSERT_EQ(0, vt_tap_open(&self->plain, HUB, 0));
	self->in = listen_on(IF);
	ASSERT_LE(0, self->in);
	vt_drain(self->guest.fd);
	vt_drain(self->plain.fd);
}

FIXTURE_TEARDOWN(netifoff)
{
	close(self->in);
	close(self->guest.fd);
	close(self->plain.fd);
	close(self->host.fd);
}

TEST_F(netifoff, tso_arrives_whole)
{
	size_t len = build_tso(host_mac, 60000, MSS);

	ASSERT_EQ((ssize_t)len, write(self->guest.fd, tx, len));
	EXPECT_TRUE(same_tso(vt_recv(self->in, rx, sizeof(rx)), len));
	EXPECT_TRUE(vt_quiet(self->in));
	EXPECT_EQ(0, counter("segmented"));
	EXPECT_EQ(0, counter("checksummed"));
	EXPECT_EQ(1, stat_of("rx_packets"));
	EXPECT_EQ((long long)len - HDR, stat_of("rx_bytes"));
}

/* And the other way: whole to who can, in pieces to who cannot. */
TEST_F(netifoff, tso_leaves_whole)
{
	size_t len = build_tso(vt_bcast, 60000, MSS);

	ASSERT_EQ((ssize_t)len, send(self->in, tx, len, 0));
	EXPECT_TRUE(same_tso(vt_recv(self->guest.fd, rx, sizeof(rx)), len));
	EXPECT_TRUE(vt_quiet(self->guest.fd));
	EXPECT_EQ((60000 + MSS - 1) / MSS, vt_drain(self->plain.fd));
	EXPECT_EQ(1, stat_of("tx_packets"));
	EXPECT_EQ((long long)len - HDR, stat_of("tx_bytes"));
}

/* A run of segments from a port without offloads; @bad has a wrong checksum. */
static int send_run(int fd, int bad)
{
	for (int i = 0; i < FRAMES; i++) {
		struct inet_spec s = { .payload = MSS, .more = i < FRAMES - 1,
				       .seq = 1000 + (uint32_t)i * MSS };
		size_t len = inet_build(tx, host_mac, src_mac, &s);

		if (i == bad)
			tx[len - 1] ^= 0x55;
		if (write(fd, tx, len) != (ssize_t)len)
			return -1;
	}
	return 0;
}

/*
 * How many pieces the run arrived in; < 0 when something is wrong with it. A
 * merged piece has the sum of its pseudo header; the others are as they were
 * sent, a bad one too, which may have overtaken those that wait.
 */
static int receive_run(int fd, int bad)
{
	size_t got = 0, bad_at = (size_t)bad * MSS;
	bool bad_seen = bad < 0;
	int pieces = 0;

	while (got < (size_t)FRAMES * MSS || !bad_seen) {
		ssize_t n = vt_recv(fd, rx, sizeof(rx));
		struct virtio_net_hdr h;
		struct inet_view v;

		if (n < HDR + 54)
			return -__LINE__;
		memcpy(&h, rx, HDR);
		if (!inet_parse(rx + HDR, (size_t)n - HDR, &v) || !v.len_ok)
			return -__LINE__;
		pieces++;
		if (!bad_seen && v.seq == 1000 + bad_at) {
			if (v.len != MSS || v.l4_ok)
				return -__LINE__;
			bad_seen = true;
			continue;
		}
		if (bad >= 0 && got == bad_at)
			got += MSS;
		if (v.seq != 1000 + got || v.len % MSS)
			return -__LINE__;
		if (v.len > MSS ? h.gso_type != VIRTIO_NET_HDR_GSO_TCPV4 ||
				  h.gso_size != MSS : !v.l4_ok)
			return -__LINE__;
		for (size_t i = 0; i < v.len; i++)
			if (v.data[i] != inet_payload_byte(i % MSS))
				return -__LINE__;
		got += v.len;
	}
	return vt_quiet(fd) ? pieces : -__LINE__;
}

/* The fewest pieces of some runs: a run may meet the end of a clock tick. */
static int best_run(struct vt_port *p, int in, int bad)
{
	int best = FRAMES + 1;

	for (int i = 0; i < 6 && best > 2; i++) {
		int n;

		if (send_run(p->fd, bad))
			return -__LINE__;
		n = receive_run(in, bad);
		if (n < 0)
			return n;
		best = n < best ? n : best;
	}
	return best;
}

TEST_F(netifoff, segments_are_merged)
{
	int n;

	/* One write at a time: each frame comes alone, most often. */
	n = best_run(&self->plain, self->in, -1);
	EXPECT_LT(0, n);
	TH_LOG("one at a time: %d frames in %d pieces", FRAMES, n);
	/* Told to wait for each other, they are merged. */
	ASSERT_EQ(0, set_value("gro_flush_timeout", 100000000));
	n = best_run(&self->plain, self->in, -1);
	EXPECT_LT(0, n);
	EXPECT_GT(FRAMES / 2, n);
	TH_LOG("%d frames in %d pieces", FRAMES, n);
	/* The one with the wrong checksum is not. */
	n = best_run(&self->plain, self->in, 7);
	EXPECT_LT(2, n);
	EXPECT_GT(FRAMES, n);
	/* Polled by the clock alone. */
	ASSERT_EQ(0, set_value("napi_defer_hard_irqs", 3));
	ASSERT_EQ(0, set_value("gro_flush_timeout", 5000000));
	n = best_run(&self->plain, self->in, -1);
	EXPECT_LT(0, n);
	EXPECT_GT(FRAMES / 2, n);
	ASSERT_EQ(0, set_value("napi_defer_hard_irqs", 0));
	ASSERT_EQ(0, set_value("gro_flush_timeout", 100000000));
	/* Off and on again. */
	ASSERT_EQ(0, run("ethtool -K " IF " gro off"));
	EXPECT_EQ(FRAMES, best_run(&self->plain, self->in, -1));
	ASSERT_EQ(0, run("ethtool -K " IF " gro on"));
	n = best_run(&self->plain, self->in, -1);
	EXPECT_LT(0, n);
	EXPECT_GT(FRAMES / 2, n);
	EXPECT_EQ(0, stat_of("rx_dropped"));
}

TEST_F(netifoff, counters_are_exact)
{
	for (int i = 0; i < 100; i++)
		ASSERT_EQ(100 + i, vt_send(self->plain.fd, 100 + (size_t)i,
					   host_mac, src_mac, 1));
	EXPECT_EQ(100, stat_of("rx_packets"));
	EXPECT_EQ(100 * 100 + 99 * 50, stat_of("rx_bytes"));
	EXPECT_EQ(100, counter("hub_rx_frames"));
	EXPECT_EQ(100 * 100 + 99 * 50, counter("hub_rx_bytes"));
	for (int i = 0; i < 50; i++)
		ASSERT_EQ(HDR + 200, send_plain(self->in, 200, far_mac, 1));
	EXPECT_EQ(50, stat_of("tx_packets"));
	EXPECT_EQ(50 * 200, stat_of("tx_bytes"));
	EXPECT_EQ(50, counter("hub_tx_frames"));
	EXPECT_EQ(50 * 200, counter("hub_tx_bytes"));
	EXPECT_EQ(0, stat_of("rx_dropped"));
	EXPECT_EQ(0, stat_of("tx_dropped"));
	/* Somebody else's: refused, and counted nowhere else. */
	ASSERT_EQ(60, vt_send(self->plain.fd, 60, vt_bcast, src_mac, 1));
	EXPECT_EQ(101, stat_of("rx_packets"));
	EXPECT_EQ(0, counter("drop_mismatch"));
}

/* The stack polls from a thread, and cannot follow. */
TEST_F(netifoff, what_overflows_is_counted)
{
	struct sched_param p = { .sched_priority = 1 };
	const int n = 3000;
	long long got = 0, lost = 0;

	ASSERT_EQ(0, run("ethtool -G " IF " rx 4"));
	EXPECT_NE(0, run("ethtool -G " IF " rx 0 2>/dev/null"));
	EXPECT_NE(0, run("ethtool -G " IF " rx 8193 2>/dev/null"));
	ASSERT_EQ(0, set_value("threaded", 1));
	ASSERT_EQ(0, sched_setscheduler(0, SCHED_FIFO, &p));
	for (int i = 0; i < n; i++)
		ASSERT_EQ(60, vt_send(self->plain.fd, 60, host_mac, src_mac, 1));
	p.sched_priority = 0;
	ASSERT_EQ(0, sched_setscheduler(0, SCHED_OTHER, &p));
	for (int i = 0; i < 600 && got + lost < n; i++) {
		usleep(10000);
		got = stat_of("rx_packets");
		lost = stat_of("rx_dropped");
	}
	EXPECT_EQ(n, got + lost);
	EXPECT_LE(4, got);
	EXPECT_LT(0, lost);
	EXPECT_EQ(lost, counter("drop_overflow"));
	EXPECT_EQ(got, vt_drain(self->in));
}

TEST_F(netifoff, mtu)
{
	struct vt_port vmw;

	ASSERT_EQ(0, vt_port_up(&vmw, HUB, VT_UP));
	ASSERT_EQ(0, run("ip link set " IF " mtu 9000"));
	ASSERT_EQ(HDR + 9014, send_plain(self->in, 9014, vmw.mac, 1));
	EXPECT_EQ(9014, vt_recv(vmw.fd, rx, sizeof(rx)));
	EXPECT_EQ(0, memcmp(rx, tx + HDR, 9014));
	EXPECT_NE(0, run("ip link set " IF " mtu 65522 2>/dev/null"));
	ASSERT_EQ(0, run("ip link set " IF " mtu 65521"));
	/* More than VMware's readers can take; others do. */
	ASSERT_EQ(HDR + 65535, send_plain(self->in, 65535, vmw.mac, 2));
	EXPECT_TRUE(vt_quiet(vmw.fd));
	EXPECT_EQ(1, vt_counter(&vmw, "dropped.largePacket"));
	ASSERT_EQ(HDR + 65535, send_plain(self->in, 65535, src_mac, 3));
	EXPECT_EQ(65535, vt_recv(self->plain.fd, rx, sizeof(rx)));
	EXPECT_EQ(0, memcmp(rx, tx + HDR, 65535));
	EXPECT_EQ(65535, vt_send(self->plain.fd, 65535, host_mac, src_mac, 4));
	EXPECT_EQ(HDR + 65535, vt_recv(self->in, rx, sizeof(rx)));
	close(vmw.fd);
}

TEST_F(netifoff, carrier)
{
	EXPECT_EQ(1, value("carrier"));
	EXPECT_EQ(10000, value("speed"));
	ASSERT_EQ(0, run("ip link set " IF " carrier off"));
	EXPECT_EQ(0, value("carrier"));
	EXPECT_EQ(0, run("ip link show " IF " | grep -q NO-CARRIER"));
	EXPECT_EQ(0, run("ethtool " IF " | grep -q 'Link detected: no'"));
	ASSERT_EQ(60, vt_send(self->plain.fd, 60, host_mac, src_mac, 1));
	EXPECT_TRUE(vt_quiet(self->in));
	EXPECT_EQ(1, counter("drop_down"));
	EXPECT_EQ(0, stat_of("rx_packets"));
	/* Whether the stack has noticed yet or not. */
	send_plain(self->in, 60, vt_bcast, 2);
	EXPECT_TRUE(vt_quiet(self->plain.fd));
	ASSERT_EQ(0, run("ip link set " IF " carrier on"));
	ASSERT_EQ(60, vt_send(self->plain.fd, 60, host_mac, src_mac, 3));
	EXPECT_EQ(HDR + 60, vt_recv(self->in, rx, sizeof(rx)));
	for (int i = 0; i < 100 && vt_quiet(self->plain.fd); i++)
		send_plain(self->in, 60, vt_bcast, 4);
	EXPECT_EQ(4, vt_recv_tag(self->plain.fd));
}

/* A GSO frame passes an uplink whole, unless its segments are too long. */
TEST_F(netifoff, uplink_keeps_gso)
{
	struct vt_port up;
	size_t len;
	int wire;

	ASSERT_EQ(0, run("ip link add eth7 type veth peer name wire0"));
	ASSERT_EQ(0, run("ip link set eth7 up; ip link set wire0 up"));
	ASSERT_EQ(0, vt_port_open(&up, HUB, O_RDWR));
	ASSERT_EQ(0, vt_peer(up.fd, "eth7", 0));
	wire = listen_on("wire0");
	ASSERT_LE(0, wire);
	len = build_tso(far_mac, 60000, MSS);
	ASSERT_EQ((ssize_t)len, write(self->guest.fd, tx, len));
	EXPECT_TRUE(same_tso(vt_recv(wire, rx, sizeof(rx)), len));
	len = build_tso(far_mac, 60000, 4000);
	ASSERT_EQ((ssize_t)len, write(self->guest.fd, tx, len));
	EXPECT_TRUE(vt_quiet(wire));
	/* Back: the guest has been heard, and gets it alone. */
	vt_drain(self->plain.fd);
	len = build_tso(src_mac, 60000, MSS);
	memcpy(tx + HDR + 6, far_mac, 6);
	ASSERT_EQ((ssize_t)len, send(wire, tx, len, 0));
	EXPECT_TRUE(same_tso(vt_recv(self->guest.fd, rx, sizeof(rx)), len));
	EXPECT_TRUE(vt_quiet(self->plain.fd));
	/* To the host's interface too. */
	len = build_tso(host_mac, 60000, MSS);
	memcpy(tx + HDR + 6, far_mac, 6);
	vt_drain(self->in);
	ASSERT_EQ((ssize_t)len, send(wire, tx, len, 0));
	EXPECT_TRUE(same_tso(vt_recv(self->in, rx, sizeof(rx)), len));
	EXPECT_EQ(0, counter("segmented"));
	close(wire);
	close(up.fd);
}

struct flood {
	int fd;
	const uint8_t *dst;
	bool *stop;
	long sent;
};

static void *pour(void *arg)
{
	struct flood *f = arg;
	struct inet_spec s = { .payload = MSS, .more = true };
	uint8_t frame[2000];
	size_t len = inet_build(frame, f->dst, src_mac, &s);

	while (!__atomic_load_n(f->stop, __ATOMIC_RELAXED)) {
		if (write(f->fd, frame, len) == (ssize_t)len)
			f->sent++;
		/* The tests' kernel has others to care for. */
		if (f->sent % 64 == 0)
			usleep(200);
	}
	return NULL;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Down, up, other CPUs, threads, and in the end gone, all in a flood. */
TEST_F(netifoff, flood)
{
	bool stop = false;
	struct flood f[2] = {
		{ self->plain.fd, host_mac, &stop, 0 },
		{ self->plain.fd, vt_bcast, &stop, 0 },
	};
	double end = seconds() + 2;
	pthread_t t[2];
	cpu_set_t all;
	int turns = 0;

	memset(&all, 0xff, sizeof(all));
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(all), &all));
	ASSERT_EQ(0, set_value("gro_flush_timeout", 200000));
	ASSERT_EQ(0, set_value("napi_defer_hard_irqs", 1));
	for (int i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&t[i], NULL, pour, &f[i]));
	while (seconds() < end) {
		EXPECT_EQ(0, run("ip link set " IF " down"));
		if (turns++ % 2)
			set_value("threaded", 1);
		EXPECT_EQ(0, run("ip link set " IF " up"));
		vt_drain(self->in);
	}
	EXPECT_EQ(0, run("ip netns add vmo && ip link set " IF " netns vmo"));
	EXPECT_EQ(0, run("ip -n vmo link set " IF " up"));
	close(self->host.fd);
	self->host.fd = -1;
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (int i = 0; i < 2; i++) {
		pthread_join(t[i], NULL);
		EXPECT_LT(0, f[i].sent);
	}
	EXPECT_NE(0, run("ip -n vmo link show " IF " 2>/dev/null"));
	EXPECT_EQ(0, run("ip netns del vmo"));
	TH_LOG("%d times down and up, %ld frames", turns, f[0].sent + f[1].sent);
}

TEST_HARNESS_MAIN
