// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bad lines: rate, delay, jitter, loss and duplication, one direction each; and
 * that frames that wait go nowhere when their port does.
 *
 * An emulated machine is slow: what must not be early is judged strictly, what
 * may be late generously.
 */
#define _GNU_SOURCE
#define VT_HARNESS
#include "vmpolicy.h"
#include "inet.h"

#include <math.h>
#include <pthread.h>
#include <time.h>
#include <net/if.h>
#include <sys/syscall.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>

#define HUB	97
#define MS	1000000LL
/* How late a frame may be. */
#define LATE	(3000 * MS)

#define IN	VMNET_A_PORT_IMPAIR_IN
#define OUT	VMNET_A_PORT_IMPAIR_OUT
#define STAT(x)	VMNET_A_PORT_STATS_ ## x

static const uint8_t m1[6] = { 2, 0, 0, 0, 0x1a, 1 };

/**
 * struct line - what to set; 0 leaves a value out
 */
struct line {
	uint64_t rate;
	uint32_t burst, delay, jitter, loss, duplicate, frames, bytes;
	uint8_t reorder;
};

static int set_line(const struct vt_port *port, int dir, const struct line *l)
{
	struct vp m;

	vp_begin(&m, port);
	vp_nest(&m, dir);
	if (l->rate)
		vp_u64(&m, VMNET_A_PORT_IMPAIR_RATE, l->rate);
	if (l->burst)
		vp_u32(&m, VMNET_A_PORT_IMPAIR_BURST, l->burst);
	if (l->delay)
		vp_u32(&m, VMNET_A_PORT_IMPAIR_DELAY, l->delay);
	if (l->jitter)
		vp_u32(&m, VMNET_A_PORT_IMPAIR_JITTER, l->jitter);
	if (l->reorder)
		vp_u8(&m, VMNET_A_PORT_IMPAIR_REORDER, 1);
	if (l->loss)
		vp_u32(&m, VMNET_A_PORT_IMPAIR_LOSS, l->loss);
	if (l->duplicate)
		vp_u32(&m, VMNET_A_PORT_IMPAIR_DUPLICATE, l->duplicate);
	if (l->frames)
		vp_u32(&m, VMNET_A_PORT_IMPAIR_LIMIT_FRAMES, l->frames);
	if (l->bytes)
		vp_u32(&m, VMNET_A_PORT_IMPAIR_LIMIT_BYTES, l->bytes);
	vp_nest_end(&m);
	return vp_send(&m);
}

#define LINE(port, dir, ...) \
	set_line(port, dir, &(struct line){ __VA_ARGS__ })

/* On an emulated debug kernel; see run.sh. */
static bool is_slow(void)
{
	const char *slow = getenv("VMNET_SLOW");

	return slow && *slow;
}

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* A broadcast with a number in it. */
static ssize_t send_no(int fd, size_t len, unsigned int no)
{
	static uint8_t f[2000];

	vt_frame(f, len, vt_bcast, m1, 0);
	f[14] = (uint8_t)(no >> 8);
	f[15] = (uint8_t)no;
	return write(fd, f, len);
}

/* The number in the next frame; waits @ms for it, -1 when there is none. */
static int recv_no(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint8_t f[2000];

	if (poll(&p, 1, ms) != 1 || read(fd, f, sizeof(f)) < 16)
		return -1;
	return f[14] << 8 | f[15];
}

static long long waiting(const struct vt_port *port, int dir)
{
	return vp_value(port, dir, VMNET_A_PORT_IMPAIR_WAITING_FRAMES);
}

/* Sender and receiver. */
FIXTURE(impair) {
	struct vt_port a, b;
};

FIXTURE_SETUP(impair)
{
	ASSERT_EQ(0, vt_tap_open(&self->a, HUB, 0));
	ASSERT_EQ(0, vt_tap_open(&self->b, HUB, 0));
}

FIXTURE_TEARDOWN(impair)
{
	close(self->a.fd);
	close(self->b.fd);
}

/* 4 Mbit/s are 500 frames of 1,000 bytes a second, on the way in or out. */
static void rate(struct __test_metadata *_metadata, struct vt_port *a,
		 struct vt_port *b, int dir)
{
	long long start, took, most = is_slow() ? 60000 * MS : 1100 * MS;

	/* Never too fast; a busy machine may be late now and then. */
	for (int try = 0; try < 5; try++) {
		ASSERT_EQ(0, LINE(dir == IN ? a : b, dir,
				  .rate = 4000000 + try));
		start = now();
		for (int i = 0; i < 501; i++)
			ASSERT_EQ(1000, send_no(a->fd, 1000, i));
		for (int i = 0; i < 501; i++)
			ASSERT_EQ(i, recv_no(b->fd, VT_DEADLINE_MS));
		took = now() - start;
		/* The first goes at once. */
		EXPECT_LE(999 * MS, took);
		if (took <= most)
			break;
	}
	EXPECT_GE(most, took) TH_LOG("%lld ms", took / MS);
	EXPECT_EQ(0, vp_stat(a, STAT(DROP_WAITING)));
}

TEST_F(impair, rate_in)
{
	rate(_metadata, &self->a, &self->b, IN);
}

TEST_F(impair, rate_out)
{
	rate(_metadata, &self->a, &self->b, OUT);
}

/* After a pause ten frames' worth pass, and one more that began. */
TEST_F(impair, burst)
{
	int n = 0;

	ASSERT_EQ(0, LINE(&self->a, IN, .rate = 1000, .burst = 10000));
	for (int i = 0; i < 20; i++)
		ASSERT_EQ(1000, send_no(self->a.fd, 1000, i));
	while (recv_no(self->b.fd, 0) >= 0)
		n++;
	EXPECT_LE(11, n);
	EXPECT_GE(13, n);
	EXPECT_GE(20 - n, waiting(&self->a, IN));
	EXPECT_LE(20 - n - 2, waiting(&self->a, IN));
}

/* Segments have headers of their own: 54 bytes for each 100 of payload. */
TEST_F(impair, rate_counts_segments)
{
	struct inet_spec s = { .payload = 20000, .partial = true };
	static uint8_t f[30000], r[30000];
	struct virtio_net_hdr h = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
		.gso_size = 100,
		.csum_offset = 16,
	};
	struct vt_port tx, rx;
	long long start;
	size_t len;

	ASSERT_EQ(0, vt_tap_open(&tx, HUB, IFF_VNET_HDR));
	ASSERT_EQ(0, vt_tap_open(&rx, HUB, IFF_VNET_HDR));
	ASSERT_EQ(0, ioctl(rx.fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4));
	ASSERT_EQ(0, LINE(&tx, IN, .rate = 800000));
	len = inet_build(f + 10, vt_bcast, m1, &s);
	h.hdr_len = (uint16_t)inet_hdr_len(false, false);
	h.csum_start = (uint16_t)inet_l4_start(false);
	memcpy(f, &h, 10);
	start = now();
	ASSERT_EQ(10 + len, write(tx.fd, f, 10 + len));
	ASSERT_EQ(10 + len, write(tx.fd, f, 10 + len));
	for (int i = 0; i < 2; i++) {
		/* They arrive whole. */
		ASSERT_EQ(10 + len, vt_recv(rx.fd, r, sizeof(r)));
		EXPECT_EQ(VIRTIO_NET_HDR_GSO_TCPV4, r[1]);
	}
	/* 20,000 bytes and 200 times 54 at 100 a millisecond. */
	EXPECT_LE(308 * MS, now() - start);
	EXPECT_GE(308 * MS + LATE, now() - start);
	close(tx.fd);
	close(rx.fd);
}

static void delay(struct __test_metadata *_metadata, struct vt_port *a,
		  struct vt_port *b, int dir)
{
	long long start, took;

	ASSERT_EQ(0, LINE(dir == IN ? a : b, dir, .delay = 200000));
	start = now();
	ASSERT_EQ(60, send_no(a->fd, 60, 1));
	ASSERT_EQ(60, send_no(a->fd, 60, 2));
	EXPECT_EQ(1, recv_no(b->fd, VT_DEADLINE_MS));
	took = now() - start;
	EXPECT_LE(200 * MS, took);
	EXPECT_GE(200 * MS + LATE, took) TH_LOG("%lld ms", took / MS);
	EXPECT_EQ(2, recv_no(b->fd, VT_DEADLINE_MS));
	/* The other way is as good as ever. */
	ASSERT_EQ(60, send_no(b->fd, 60, 3));
	EXPECT_EQ(3, recv_no(a->fd, 0));
}

TEST_F(impair, delay_in)
{
	delay(_metadata, &self->a, &self->b, IN);
}

TEST_F(impair, delay_out)
{
	delay(_metadata, &self->a, &self->b, OUT);
}

/* 60 to 140 ms, in order, and out of order when that is allowed. */
TEST_F(impair, jitter)
{
	for (int reorder = 0; reorder < 2; reorder++) {
		long long sent[200];
		int swaps = 0, last = -1;
		bool seen[200] = { false };

		ASSERT_EQ(0, LINE(&self->a, IN, .delay = 100000,
				  .jitter = 40000, .reorder = reorder));
		for (int i = 0; i < 200; i++) {
			sent[i] = now();
			ASSERT_EQ(60, send_no(self->a.fd, 60, i));
		}
		for (int i = 0; i < 200; i++) {
			int no = recv_no(self->b.fd, VT_DEADLINE_MS);
			long long took;

			ASSERT_LE(0, no);
			ASSERT_GT(200, no);
			took = now() - sent[no];
			EXPECT_FALSE(seen[no]);
			seen[no] = true;
			EXPECT_LE(60 * MS, took);
			EXPECT_GE(140 * MS + LATE, took);
			swaps += no < last;
			last = no;
		}
		EXPECT_EQ(reorder, swaps > 10);
		EXPECT_EQ(!reorder, swaps == 0);
	}
}

/* A fifth is lost, within four sigma, and what is left stays in order. */
static void loss(struct __test_metadata *_metadata, struct vt_port *a,
		 struct vt_port *b, int dir)
{
	struct vt_port *line = dir == IN ? a : b;
	int n = 0, total = is_slow() ? 1000 : 4000, last = -1;
	double sigma = sqrt(total * 0.2 * 0.8);

	ASSERT_EQ(0, LINE(line, dir, .loss = 200000));
	for (int i = 0; i < total; i++) {
		int no;

		ASSERT_EQ(60, send_no(a->fd, 60, i));
		no = recv_no(b->fd, 0);
		if (no < 0)
			continue;
		EXPECT_LT(last, no);
		last = no;
		n++;
	}
	EXPECT_LE(total * 0.8 - 4 * sigma, n);
	EXPECT_GE(total * 0.8 + 4 * sigma, n);
	EXPECT_EQ(total - n, vp_stat(line, STAT(DROP_LOSS)));
	/* Nothing at all, and only this way. */
	ASSERT_EQ(0, LINE(line, dir, .loss = 1000000));
	for (int i = 0; i < 100; i++) {
		ASSERT_EQ(60, send_no(a->fd, 60, i));
		ASSERT_EQ(60, send_no(b->fd, 60, i));
	}
	EXPECT_EQ(0, vt_drain(b->fd));
	EXPECT_EQ(100, vt_drain(a->fd));
}

TEST_F(impair, loss_in)
{
	loss(_metadata, &self->a, &self->b, IN);
}

TEST_F(impair, loss_out)
{
	loss(_metadata, &self->a, &self->b, OUT);
}

TEST_F(impair, duplication)
{
	int n = 0, total = is_slow() ? 500 : 2000, last = 0;
	double sigma = sqrt(total * 0.3 * 0.7);

	ASSERT_EQ(0, LINE(&self->a, IN, .duplicate = 300000));
	for (int i = 0; i < total; i++) {
		int no;

		ASSERT_EQ(60, send_no(self->a.fd, 60, i));
		while ((no = recv_no(self->b.fd, 0)) >= 0) {
			EXPECT_EQ(i, no);
			last = no;
			n++;
		}
	}
	EXPECT_EQ(total - 1, last);
	EXPECT_LE(total * 1.3 - 4 * sigma, n);
	EXPECT_GE(total * 1.3 + 4 * sigma, n);
	EXPECT_EQ(n - total, vp_stat(&self->a, STAT(DUPLICATED)));
	/* All, and late: twins stay together. */
	ASSERT_EQ(0, LINE(&self->a, IN, .duplicate = 1000000, .delay = 20000));
	for (int i = 0; i < 50; i++)
		ASSERT_EQ(60, send_no(self->a.fd, 60, i));
	for (int i = 0; i < 100; i++)
		EXPECT_EQ(i / 2, recv_no(self->b.fd, VT_DEADLINE_MS));
	EXPECT_EQ(-1, recv_no(self->b.fd, VT_QUIET_MS));
}

TEST_F(impair, queue_is_bounded)
{
	long long bytes;

	ASSERT_EQ(0, LINE(&self->a, IN, .delay = 60000000, .frames = 10));
	for (int i = 0; i < 25; i++)
		ASSERT_EQ(60, send_no(self->a.fd, 60, i));
	EXPECT_EQ(10, waiting(&self->a, IN));
	EXPECT_EQ(15, vp_stat(&self->a, STAT(DROP_WAITING)));
	EXPECT_EQ(0, vp_stat(&self->a, STAT(IN_FRAMES)));
	ASSERT_EQ(0, LINE(&self->b, OUT, .delay = 60000000, .bytes = 65536));
	ASSERT_EQ(0, vp_off(&self->a));
	for (int i = 0; i < 200; i++)
		ASSERT_EQ(1000, send_no(self->a.fd, 1000, i));
	bytes = vp_value(&self->b, OUT, VMNET_A_PORT_IMPAIR_WAITING_BYTES);
	EXPECT_GE(65536, bytes);
	EXPECT_LT(65536 - 8192, bytes);
	EXPECT_EQ(200, waiting(&self->b, OUT) +
		  vp_stat(&self->b, STAT(DROP_WAITING)));
	EXPECT_EQ(0, vt_drain(self->b.fd));
}

TEST_F(impair, what_is_set_is_told)
{
	ASSERT_EQ(0, LINE(&self->a, OUT, .rate = 5000000000, .burst = 3000,
			  .delay = 70000, .jitter = 6000, .reorder = 1,
			  .loss = 1, .duplicate = 2, .frames = 5,
			  .bytes = 70000));
#define TOLD(x) vp_value(&self->a, OUT, VMNET_A_PORT_IMPAIR_ ## x)
	EXPECT_EQ(5000000000, TOLD(RATE));
	EXPECT_EQ(3000, TOLD(BURST));
	EXPECT_EQ(70000, TOLD(DELAY));
	EXPECT_EQ(6000, TOLD(JITTER));
	EXPECT_EQ(1, TOLD(REORDER));
	EXPECT_EQ(1, TOLD(LOSS));
	EXPECT_EQ(2, TOLD(DUPLICATE));
	EXPECT_EQ(5, TOLD(LIMIT_FRAMES));
	EXPECT_EQ(70000, TOLD(LIMIT_BYTES));
	EXPECT_EQ(0, TOLD(WAITING_FRAMES));
	EXPECT_EQ(-1, vp_value(&self->a, IN, VMNET_A_PORT_IMPAIR_RATE));
	/* What is not named is not as before, but off. */
	ASSERT_EQ(0, LINE(&self->a, OUT, .delay = 1));
	EXPECT_EQ(0, TOLD(RATE));
	EXPECT_EQ(1, TOLD(DELAY));
	EXPECT_EQ(1024, TOLD(LIMIT_FRAMES));
}

/* A change lets go what waits, in order; another of the port does not. */
TEST_F(impair, change)
{
	ASSERT_EQ(0, LINE(&self->a, IN, .delay = 60000000));
	for (int i = 0; i < 300; i++)
		ASSERT_EQ(60, send_no(self->a.fd, 60, i));
	ASSERT_EQ(0, vp_isolated(&self->a, 1));
	EXPECT_EQ(300, waiting(&self->a, IN));
	EXPECT_EQ(-1, recv_no(self->b.fd, VT_QUIET_MS));
	ASSERT_EQ(0, LINE(&self->a, IN, .delay = 1000));
	ASSERT_EQ(60, send_no(self->a.fd, 60, 300));
	for (int i = 0; i <= 300; i++)
		ASSERT_EQ(i, recv_no(self->b.fd, VT_DEADLINE_MS));
	EXPECT_EQ(0, vp_stat(&self->a, STAT(DROP_WAITING)));
}

/* Off: what waits is lost, what comes passes at once. */
TEST_F(impair, off)
{
	ASSERT_EQ(0, LINE(&self->a, IN, .delay = 60000000));
	ASSERT_EQ(0, LINE(&self->b, OUT, .delay = 60000000));
	for (int i = 0; i < 30; i++)
		ASSERT_EQ(60, send_no(self->a.fd, 60, i));
	ASSERT_EQ(0, vp_off(&self->a));
	EXPECT_EQ(30, vp_stat(&self->a, STAT(DROP_WAITING)));
	ASSERT_EQ(60, send_no(self->a.fd, 60, 99));
	ASSERT_EQ(0, vp_off(&self->b));
	EXPECT_EQ(1, vp_stat(&self->b, STAT(DROP_WAITING)));
	EXPECT_EQ(-1, waiting(&self->a, IN));
	for (int i = 0; i < 30; i++) {
		ASSERT_EQ(60, send_no(self->a.fd, 60, i));
		EXPECT_EQ(i, recv_no(self->b.fd, 0));
	}
	EXPECT_EQ(-1, recv_no(self->b.fd, VT_QUIET_MS));
}

/* Both ends full of waiting frames, some about to leave. */
static void fill(struct __test_metadata *_metadata, struct vt_port *a,
		 struct vt_port *b)
{
	ASSERT_EQ(0, LINE(a, IN, .delay = 2000, .jitter = 2000, .reorder = 1));
	ASSERT_EQ(0, LINE(b, OUT, .delay = 100000, .jitter = 100000,
			  .reorder = 1));
	for (int i = 0; i < 300; i++)
		ASSERT_EQ(60, send_no(a->fd, 60, i));
}

TEST_F(impair, close)
{
	for (int i = 0; i < (is_slow() ? 6 : 20); i++) {
		struct vt_port a, b;

		ASSERT_EQ(0, vt_tap_open(&a, HUB, 0));
		ASSERT_EQ(0, vt_tap_open(&b, HUB, 0));
		fill(_metadata, &a, &b);
		close(i % 2 ? a.fd : b.fd);
		close(i % 2 ? b.fd : a.fd);
	}
	/* All that came to others came before. */
	vt_drain(self->a.fd);
	vt_drain(self->b.fd);
	EXPECT_EQ(-1, recv_no(self->b.fd, 250));
}

/* What waits on one hub never gets to another. */
TEST_F(impair, bind)
{
	uint32_t ms = is_slow() ? 5000 : 300;
	struct vt_port v, far;

	ASSERT_EQ(0, vt_tap_open(&far, HUB + 1, 0));
	ASSERT_EQ(0, vt_port_up(&v, HUB, VT_UP));
	ASSERT_EQ(0, LINE(&v, IN, .delay = ms * 1000));
	ASSERT_EQ(0, LINE(&v, OUT, .delay = ms * 1000));
	for (int i = 0; i < 50; i++) {
		ASSERT_EQ(60, send_no(v.fd, 60, i));
		ASSERT_EQ(60, send_no(self->b.fd, 60, i));
	}
	vt_drain(self->a.fd);
	ASSERT_EQ(0, vt_bind(v.fd, HUB + 1));
	EXPECT_EQ(0, waiting(&v, IN));
	EXPECT_EQ(-1, recv_no(far.fd, (int)ms + 200));
	EXPECT_EQ(-1, recv_no(self->a.fd, 0));
	EXPECT_EQ(-1, recv_no(v.fd, 0));
	/* The line has come along. */
	ASSERT_EQ(60, send_no(v.fd, 60, 7));
	EXPECT_EQ(1, waiting(&v, IN));
	EXPECT_EQ(7, recv_no(far.fd, VT_DEADLINE_MS));
	close(v.fd);
	close(far.fd);
}

TEST_F(impair, convert)
{
	for (int i = 0; i < 6; i++) {
		struct vt_port v;

		ASSERT_EQ(0, vt_port_up(&v, HUB, VT_UP));
		fill(_metadata, &v, &v);
		for (int k = 0; k < 100; k++)
			ASSERT_EQ(60, send_no(self->a.fd, 60, k));
		ASSERT_EQ(0, i % 2 ? vt_netif(v.fd, "vtimp0")
				   : vt_peer(v.fd, "vtnone0", 0));
		close(v.fd);
	}
}

/* The module goes the moment the last file does, and comes back. */
TEST(unload)
{
	const char *ko = getenv("VMNET_KO");
	struct vt_port a, b;
	int fd, tries = 0;

	ASSERT_EQ(0, vt_tap_open(&a, HUB, 0));
	ASSERT_EQ(0, vt_tap_open(&b, HUB, 0));
	fill(_metadata, &a, &b);
	close(a.fd);
	close(b.fd);
	while (syscall(SYS_delete_module, "vmnet", O_NONBLOCK)) {
		ASSERT_GT(1000, tries++);
		usleep(1000);
	}
	fd = open(ko ? ko : "", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, syscall(SYS_finit_module, fd, "", 0));
	close(fd);
}

static volatile bool stop;

static void *writer(void *arg)
{
	struct vt_port *p = arg;
	uint8_t f[60];

	vt_frame(f, sizeof(f), vt_bcast, m1, 0);
	while (!stop) {
		for (int i = 0; i < 20; i++)
			if (write(p->fd, f, sizeof(f)) < 0)
				break;
		usleep(500);
	}
	return NULL;
}

/* Not all there is: more may come as fast as it is read. */
static void read_some(int fd)
{
	for (int i = 0; i < 100; i++)
		if (recv_no(fd, 0) < 0)
			break;
}

/* Lines come, change and go under traffic; nothing may break. */
TEST_F(impair, change_under_traffic)
{
	pthread_t t[2];

	ASSERT_EQ(0, pthread_create(&t[0], NULL, writer, &self->a));
	ASSERT_EQ(0, pthread_create(&t[1], NULL, writer, &self->b));
	for (int i = 0; i < (is_slow() ? 40 : 150); i++) {
		ASSERT_EQ(0, LINE(&self->a, i % 3 ? IN : OUT,
				  .delay = i % 7 * 100, .rate = i % 5 * 100000,
				  .duplicate = i % 2 * 500000));
		if (i % 10 == 9)
			ASSERT_EQ(0, vp_off(&self->a));
		read_some(self->a.fd);
		read_some(self->b.fd);
	}
	stop = true;
	pthread_join(t[0], NULL);
	pthread_join(t[1], NULL);
	ASSERT_EQ(0, vp_off(&self->a));
	vt_drain(self->a.fd);
	vt_drain(self->b.fd);
	ASSERT_EQ(60, send_no(self->a.fd, 60, 5));
	EXPECT_EQ(5, recv_no(self->b.fd, 0));
}

TEST_HARNESS_MAIN
