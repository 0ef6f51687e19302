// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The virtio-net header is honest: a frame with offloads arrives whole where
 * the reader said it can take it, and cut and summed up everywhere else.
 */
#define _GNU_SOURCE
#define VT_HARNESS
#include "vmtest.h"
#include "inet.h"

#include <net/if.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>

#define HUB	70
#define MSS	1448
#define HDR	10
#define ALL_OFFLOADS (TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN)

static uint8_t tx[80000], rx[80000];
static const uint8_t src[6] = { 2, 0, 0, 0, 0, 1 };
static const uint8_t dst[6] = { 2, 0, 0, 0, 0, 2 };

/* Sender with a header; readers that can take all, sums only, or nothing. */
FIXTURE(gso) {
	struct vt_port tx, whole, csum, bare, tap, vmw;
};

FIXTURE_SETUP(gso)
{
	ASSERT_EQ(0, vt_tap_open(&self->tx, HUB, IFF_VNET_HDR));
	ASSERT_EQ(0, vt_tap_open(&self->whole, HUB, IFF_VNET_HDR));
	ASSERT_EQ(0, vt_tap_open(&self->csum, HUB, IFF_VNET_HDR));
	ASSERT_EQ(0, vt_tap_open(&self->bare, HUB, IFF_VNET_HDR));
	ASSERT_EQ(0, vt_tap_open(&self->tap, HUB, 0));
	ASSERT_EQ(0, vt_port_up(&self->vmw, HUB, VT_UP | VMNET_FLAG_PROMISC));
	ASSERT_EQ(0, ioctl(self->whole.fd, TUNSETOFFLOAD, ALL_OFFLOADS));
	ASSERT_EQ(0, ioctl(self->csum.fd, TUNSETOFFLOAD, TUN_F_CSUM));
	ASSERT_EQ(0, ioctl(self->bare.fd, TUNSETOFFLOAD, 0));
}

FIXTURE_TEARDOWN(gso)
{
	close(self->tx.fd);
	close(self->whole.fd);
	close(self->csum.fd);
	close(self->bare.fd);
	close(self->tap.fd);
	close(self->vmw.fd);
}

/* Writes one frame as a guest's driver would hand it over. */
static ssize_t send_spec(int fd, const struct inet_spec *s, uint8_t gso_type,
			 uint16_t gso_size)
{
	struct virtio_net_hdr h = { 0 };
	size_t len = inet_build(tx + HDR, dst, src, s);

	if (s->partial) {
		h.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		h.csum_start = (uint16_t)inet_l4_start(s->v6);
		h.csum_offset = s->udp ? 6 : 16;
	}
	if (gso_type) {
		h.gso_type = gso_type;
		h.gso_size = gso_size;
		h.hdr_len = (uint16_t)inet_hdr_len(s->v6, s->udp);
	}
	memcpy(tx, &h, HDR);
	return write(fd, tx, HDR + len);
}

/* Completes the sum a reader was asked to complete. */
static void complete(const struct virtio_net_hdr *h, uint8_t *f, size_t len)
{
	uint16_t sum;

	if (!(h->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM))
		return;
	if ((size_t)h->csum_start + h->csum_offset + 2 > len)
		return;
	sum = (uint16_t)~inet_sum(f + h->csum_start, len - h->csum_start, 0);
	f[h->csum_start + h->csum_offset] = (uint8_t)(sum >> 8);
	f[h->csum_start + h->csum_offset + 1] = (uint8_t)sum;
}

/*
 * Reads the pieces of one frame until @total bytes of payload are there, and
 * judges each of them. Returns the number of pieces, or a negative line
 * number.
 */
static int read_pieces(int fd, size_t hdr, bool csum_allowed,
		       const struct inet_spec *s)
{
	size_t got = 0;
	int pieces = 0;

	while (got < s->payload) {
		struct virtio_net_hdr h = { 0 };
		struct inet_view v;
		ssize_t n = vt_recv(fd, rx, sizeof(rx));

		if (n < (ssize_t)(hdr + 54))
			return -__LINE__;
		n -= (ssize_t)hdr;
		if (n > (ssize_t)inet_hdr_len(s->v6, false) + MSS)
			return -__LINE__;
		if (hdr) {
			memcpy(&h, rx, HDR);
			if (h.gso_type != VIRTIO_NET_HDR_GSO_NONE)
				return -__LINE__;
			if (h.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM &&
			    !csum_allowed)
				return -__LINE__;
			complete(&h, rx + hdr, (size_t)n);
		}
		if (!inet_parse(rx + hdr, (size_t)n, &v) || !v.len_ok)
			return -__LINE__;
		if (!v.ip_ok)
			return -__LINE__;
		if (!v.l4_ok)
			return -__LINE__;
		if (v.seq != (uint32_t)(s->seq + got))
			return -__LINE__;
		if (!s->v6 && v.id != (uint16_t)(0x1234 + pieces))
			return -__LINE__;
		/* PSH belongs to the last piece alone. */
		if (!!(v.tcp_flags & 0x08) != (got + v.len == s->payload))
			return -__LINE__;
		for (size_t i = 0; i < v.len; i++)
			if (v.data[i] != inet_payload_byte(got + i))
				return -__LINE__;
		got += v.len;
		pieces++;
	}
	return got == s->payload && vt_quiet(fd) ? pieces : -__LINE__;
}

static void tcp_gso(struct __test_metadata *_metadata,
		    FIXTURE_DATA(gso) *self, bool v6, size_t payload)
{
	struct inet_spec s = { .v6 = v6, .payload = payload, .seq = 0xfffff000,
			       .partial = true };
	uint8_t type = v6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4;
	size_t len = inet_hdr_len(v6, false) + payload;
	int pieces = (int)((payload + MSS - 1) / MSS);
	struct virtio_net_hdr h;
	ssize_t n;

	ASSERT_EQ((ssize_t)(HDR + len), send_spec(self->tx.fd, &s, type, MSS));
	/* Whole, and its header says what to do with it. */
	n = vt_recv(self->whole.fd, rx, sizeof(rx));
	ASSERT_EQ((ssize_t)(HDR + len), n);
	memcpy(&h, rx, HDR);
	EXPECT_EQ(type, h.gso_type);
	EXPECT_EQ(MSS, h.gso_size);
	/* A hint: at least the headers. */
	EXPECT_LE(inet_hdr_len(v6, false), h.hdr_len);
	EXPECT_GE(len, h.hdr_len);
	EXPECT_EQ(VIRTIO_NET_HDR_F_NEEDS_CSUM, h.flags);
	EXPECT_EQ(inet_l4_start(v6), h.csum_start);
	EXPECT_EQ(16, h.csum_offset);
	EXPECT_EQ(0, memcmp(rx + HDR, tx + HDR, len));
	EXPECT_TRUE(vt_quiet(self->whole.fd));
	EXPECT_EQ(1, vt_counter(&self->whole, "queued"));
	/* Cut for those who cannot, and counted as what is read. */
	EXPECT_EQ(pieces, read_pieces(self->csum.fd, HDR, true, &s));
	EXPECT_EQ(pieces, read_pieces(self->bare.fd, HDR, false, &s));
	EXPECT_EQ(pieces, read_pieces(self->tap.fd, 0, false, &s));
	EXPECT_EQ(pieces, read_pieces(self->vmw.fd, 0, false, &s));
	EXPECT_EQ(pieces, vt_counter(&self->vmw, "queued"));
	EXPECT_EQ(pieces, vt_counter(&self->vmw, "read"));
	EXPECT_EQ(1, vt_counter(&self->tx, "written"));
}

TEST_F(gso, tcp4)
{
	tcp_gso(_metadata, self, false, 10000);
}

TEST_F(gso, tcp6)
{
	tcp_gso(_metadata, self, true, 10000);
}

TEST_F(gso, tcp4_largest)
{
	tcp_gso(_metadata, self, false, 65535 - 40);
}

TEST_F(gso, tcp6_whole_segments)
{
	tcp_gso(_metadata, self, true, MSS * 20);
}

TEST_F(gso, partial_checksum_without_gso)
{
	for (int v6 = 0; v6 < 2; v6++) {
		for (int udp = 0; udp < 2; udp++) {
			struct inet_spec s = { .v6 = v6, .udp = udp,
					       .payload = 700, .partial = true };
			struct virtio_net_hdr h;
			struct inet_view v;
			ssize_t len = (ssize_t)inet_hdr_len(v6, udp) + 700;
			struct vt_port *plain[] = { &self->bare, &self->tap,
						    &self->vmw };

			ASSERT_EQ(HDR + len, send_spec(self->tx.fd, &s, 0, 0));
			ASSERT_EQ(HDR + len, vt_recv(self->whole.fd, rx,
						     sizeof(rx)));
			memcpy(&h, rx, HDR);
			EXPECT_EQ(VIRTIO_NET_HDR_F_NEEDS_CSUM, h.flags);
			EXPECT_EQ(0, memcmp(rx + HDR, tx + HDR, (size_t)len));
			for (int i = 0; i < 3; i++) {
				size_t hdr = i ? 0 : HDR;

				ASSERT_EQ((ssize_t)hdr + len,
					  vt_recv(plain[i]->fd, rx, sizeof(rx)));
				EXPECT_TRUE(inet_parse(rx + hdr, (size_t)len,
						       &v));
				EXPECT_TRUE(v.l4_ok)
					TH_LOG("v6 %d udp %d reader %d", v6,
					       udp, i);
			}
			vt_drain(self->csum.fd);
		}
	}
}

/* A whole checksum that is wrong stays wrong: it is the receiver's to see. */
TEST_F(gso, no_checksum_is_repaired)
{
	struct inet_spec s = { .payload = 100 };
	size_t len = inet_build(tx + HDR, dst, src, &s);
	struct inet_view v;

	memset(tx, 0, HDR);
	tx[HDR + len - 1] ^= 0x55;
	ASSERT_EQ((ssize_t)(HDR + len), write(self->tx.fd, tx, HDR + len));
	ASSERT_EQ((ssize_t)len, vt_recv(self->vmw.fd, rx, sizeof(rx)));
	EXPECT_TRUE(inet_parse(rx, len, &v));
	EXPECT_FALSE(v.l4_ok);
	EXPECT_EQ(0, memcmp(rx, tx + HDR, len));
}

/* UDP fragmentation offload is always done in software. */
TEST_F(gso, ufo_is_taken_and_cut)
{
	struct inet_spec s = { .udp = true, .payload = 8000, .partial = true };
	size_t got = 0;

	ASSERT_EQ(0, ioctl(self->whole.fd, TUNSETOFFLOAD,
			   ALL_OFFLOADS | TUN_F_UFO));
	ASSERT_LT(0, send_spec(self->tx.fd, &s, VIRTIO_NET_HDR_GSO_UDP, 1480));
	while (got < 8008) {
		ssize_t n = vt_recv(self->whole.fd, rx, sizeof(rx));

		ASSERT_LT(HDR + 34, n);
		ASSERT_GE(HDR + 1514, n);
		EXPECT_EQ(VIRTIO_NET_HDR_GSO_NONE, rx[1]);
		got += (size_t)n - HDR - 34;
	}
	EXPECT_EQ(8008, got);
}

/* What a guest may write into its header, and must not get away with. */
TEST_F(gso, hostile_headers)
{
	static const struct {
		const char *what;
		struct virtio_net_hdr h;
		size_t len;
	} t[] = {
		{ "checksum beyond the end",
		  { 1, 0, 0, 0, 1000, 16 }, 100 },
		{ "checksum field beyond the end",
		  { 1, 0, 0, 0, 34, 2000 }, 100 },
		{ "checksum start at the end",
		  { 1, 0, 0, 0, 100, 0 }, 100 },
		{ "all ones checksum",
		  { 1, 0, 0, 0, 0xffff, 0xffff }, 1000 },
		{ "type nobody knows",
		  { 1, 2, 54, 1448, 34, 16 }, 5000 },
		{ "type 0x7f",
		  { 1, 0x7f, 54, 1448, 34, 16 }, 5000 },
		{ "ECN alone",
		  { 1, 0x80, 54, 1448, 34, 16 }, 5000 },
		{ "segments of nothing",
		  { 1, 1, 54, 0, 34, 16 }, 5000 },
		{ "fragments of a byte",
		  { 1, 3, 42, 1, 34, 6 }, 5000 },
		{ "more segments than TCP makes",
		  { 1, 1, 54, 8, 34, 16 }, 20000 },
		{ "header longer than the frame",
		  { 1, 1, 6000, 1448, 34, 16 }, 5000 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct inet_spec s = { .payload = t[i].len - 54,
				       .partial = true };

		inet_build(tx + HDR, dst, src, &s);
		memcpy(tx, &t[i].h, HDR);
		EXPECT_EQ(EINVAL, VT_ERRNO(write(self->tx.fd, tx,
						 HDR + t[i].len)))
			TH_LOG("%s", t[i].what);
	}
	EXPECT_EQ(0, vt_drain(self->whole.fd));
	EXPECT_EQ(0, vt_drain(self->vmw.fd));
}

/*
 * So many segments that each receiver would cost its sender a lot: the station
 * it is for gets them, who else would is left out.
 */
TEST_F(gso, many_segments_are_for_one)
{
	struct inet_spec s = { .payload = 20000, .partial = true };
	const uint8_t learn[6] = { 2, 0, 0, 0, 0, 9 };
	int n = 0;

	/* The tap is the only one known to have the address. */
	ASSERT_EQ(60, vt_send(self->tap.fd, 60, learn, dst, 1));
	vt_drain(self->vmw.fd);
	vt_drain(self->whole.fd);
	ASSERT_LT(0, send_spec(self->tx.fd, &s, VIRTIO_NET_HDR_GSO_TCPV4, 64));
	while (vt_recv(self->tap.fd, rx, sizeof(rx)) > 0)
		n++;
	EXPECT_EQ(20000 / 64 + 1, n);
	EXPECT_EQ(0, vt_drain(self->vmw.fd));
	EXPECT_EQ(0, vt_drain(self->whole.fd));
}

/* Any header at all: whatever comes out is a frame, and nothing breaks. */
TEST_F(gso, random_headers)
{
	unsigned int seed = 20240607;
	int taken = 0, refused = 0;

	for (int i = 0; i < 3000; i++) {
		struct inet_spec s = {
			.v6 = rand_r(&seed) & 1,
			.udp = rand_r(&seed) & 1,
			.payload = (size_t)rand_r(&seed) %
				   (i % 50 ? 3000 : 60000),
			.partial = true,
		};
		struct virtio_net_hdr h = {
			.flags = rand_r(&seed) % 4 ? 1 : rand_r(&seed) & 0xff,
			.gso_type = rand_r(&seed) % 6,
			.hdr_len = (uint16_t)(rand_r(&seed) % 120),
			.gso_size = (uint16_t)(rand_r(&seed) % 4 ? 500 :
					       rand_r(&seed)),
			.csum_start = (uint16_t)(rand_r(&seed) % 100),
			.csum_offset = (uint16_t)(rand_r(&seed) % 40),
		};
		size_t len = inet_build(tx + HDR, vt_bcast, src, &s);

		/* Sometimes cut off, sometimes with bytes of its own. */
		if (rand_r(&seed) % 4 == 0)
			len = 14 + (size_t)rand_r(&seed) % (len - 13);
		for (int k = 0; k < (int)(rand_r(&seed) % 4); k++)
			tx[HDR + 12 + (size_t)rand_r(&seed) % 60] =
				(uint8_t)rand_r(&seed);
		memcpy(tx, &h, HDR);
		if (write(self->tx.fd, tx, HDR + len) < 0) {
			ASSERT_EQ(EINVAL, errno);
			refused++;
		} else {
			taken++;
		}
		if (i % 20 == 19) {
			vt_drain(self->whole.fd);
			vt_drain(self->csum.fd);
			vt_drain(self->bare.fd);
			vt_drain(self->tap.fd);
			vt_drain(self->vmw.fd);
		}
	}
	TH_LOG("%d taken, %d refused", taken, refused);
	EXPECT_LT(0, taken);
	EXPECT_LT(0, refused);
	/* And it still works. */
	vt_drain(self->vmw.fd);
	memset(tx, 0, HDR);
	vt_frame(tx + HDR, 60, vt_bcast, src, 99);
	EXPECT_EQ(HDR + 60, write(self->tx.fd, tx, HDR + 60));
	EXPECT_EQ(99, vt_recv_tag(self->vmw.fd));
}

TEST_HARNESS_MAIN
