// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A file speaks the dialect of its opener: the first call that belongs to one
 * fixes it, and VMNET_IOC_SETUP adds to either.
 */
#define _GNU_SOURCE
#define VT_HARNESS
#include "vmtest.h"
#include "inet.h"

#include <net/if.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>

#define HUB	80

static uint8_t buf[70000];

static int setup(int fd, uint32_t hdr, uint32_t offload, uint32_t qlen)
{
	struct vmnet_setup s = { sizeof(s), hdr, offload, qlen };

	return ioctl(fd, VMNET_IOC_SETUP, &s);
}

TEST(vmware_refuses_tun)
{
	struct ifreq ifr = { 0 };
	struct vt_port p;
	int v = 12;

	ifr.ifr_flags = IFF_TAP | IFF_NO_PI;
	ASSERT_EQ(0, vt_port_up(&p, HUB, VT_UP));
	EXPECT_EQ(EINVAL, VT_ERRNO(ioctl(p.fd, TUNSETIFF, &ifr)));
	EXPECT_EQ(EINVAL, VT_ERRNO(ioctl(p.fd, TUNSETOFFLOAD, 0)));
	EXPECT_EQ(EINVAL, VT_ERRNO(ioctl(p.fd, TUNSETVNETHDRSZ, &v)));
	EXPECT_EQ(EINVAL, VT_ERRNO(ioctl(p.fd, TUNSETSNDBUF, &v)));
	/* It is what it was: short reads keep the frame. */
	struct vt_port q;

	ASSERT_EQ(0, vt_port_up(&q, HUB, VT_UP));
	vt_send(q.fd, 60, p.mac, q.mac, 1);
	EXPECT_EQ(EMSGSIZE, VT_ERRNO(read(p.fd, buf, 20)));
	EXPECT_EQ(1, vt_recv_tag(p.fd));
}

/* Each of VMware's state calls does it. */
TEST(every_vmware_call_fixes)
{
	uint8_t mac[6] = { 0, 0x0c, 0x29, 1, 2, 3 }, f[8] = { 0 };
	struct vmnet_bind pvn = { .version = 1, .type = VMNET_BIND_PVN,
				  .pvn = { 1 } };
	struct vmnet_mcast_filter m = { 0 };

	for (int i = 0; i < 8; i++) {
		struct vt_port p;

		ASSERT_EQ(0, vt_port_open(&p, HUB, O_RDWR | O_NONBLOCK));
		switch (i) {
		case 0:
			ASSERT_EQ(0, vt_flags(p.fd, VT_UP));
			break;
		case 1:
			ASSERT_EQ(0, vt_set_mac(p.fd, mac, 0));
			break;
		case 2:
			ASSERT_EQ(0, ioctl(p.fd, SIOCSLADRF, f));
			break;
		case 3:
			ASSERT_EQ(0, ioctl(p.fd, SIOCSMCASTFILTER, &m));
			break;
		case 4:
			ASSERT_EQ(0, vt_bind(p.fd, HUB));
			break;
		case 5:
			ASSERT_EQ(0, ioctl(p.fd, SIOCSBIND, &pvn));
			break;
		case 6:
			ASSERT_EQ(0, ioctl(p.fd, SIOCINJECTLINKSTATE, "\1"));
			break;
		case 7:
			ASSERT_EQ(-1, ioctl(p.fd, SIOCUNSETNOTIFY, NULL));
			break;
		}
		EXPECT_EQ(EINVAL, VT_ERRNO(ioctl(p.fd, TUNSETOFFLOAD, 0)))
			TH_LOG("call %d", i);
		close(p.fd);
	}
}

TEST(tun_refuses_vmware)
{
	uint8_t mac[6] = { 0, 0x0c, 0x29, 1, 2, 3 }, f[8] = { 0 };
	struct vmnet_mcast_filter m = { 0 };
	struct vt_port p, q;
	uint32_t v = 0;

	ASSERT_EQ(0, vt_tap_open(&p, HUB, 0));
	EXPECT_EQ(EINVAL, VT_ERRNO(vt_flags(p.fd, 0)));
	EXPECT_EQ(EINVAL, VT_ERRNO(vt_set_mac(p.fd, mac, 0)));
	EXPECT_EQ(EINVAL, VT_ERRNO(ioctl(p.fd, SIOCSLADRF, f)));
	EXPECT_EQ(EINVAL, VT_ERRNO(ioctl(p.fd, SIOCSMCASTFILTER, &m)));
	/* Questions are free. */
	EXPECT_EQ(0, ioctl(p.fd, SIOCGETAPIVERSION2, &v));
	EXPECT_EQ(0, ioctl(p.fd, SIOCGBRSTATUS, &v));
	EXPECT_EQ(0, vt_get_mac(p.fd, mac));
	/* It is still up, and still takes everything. */
	ASSERT_EQ(0, vt_port_up(&q, HUB, VT_UP));
	vt_send(q.fd, 60, vt_bcast, q.mac, 4);
	EXPECT_EQ(4, vt_recv_tag(p.fd));
}

/* A terminal's TCGETS has the letter of TUN's calls, and fixes nothing. */
TEST(terminal_calls_fix_nothing)
{
	struct vt_port p;

	ASSERT_EQ(0, vt_port_open(&p, HUB, O_RDWR | O_NONBLOCK));
	EXPECT_EQ(0, isatty(p.fd));
	EXPECT_EQ(ENOTTY, VT_ERRNO(ioctl(p.fd, 0x5401, buf)));
	EXPECT_EQ(ENOTTY, VT_ERRNO(ioctl(p.fd, 0x5413, buf)));
	EXPECT_EQ(0, vt_flags(p.fd, VT_UP));
}

/* API version and our own set-up leave the choice open. */
TEST(neutral_calls)
{
	struct vt_port p, q;
	uint32_t v = 0;

	ASSERT_EQ(0, vt_port_open(&p, HUB, O_RDWR | O_NONBLOCK));
	ASSERT_EQ(0, ioctl(p.fd, SIOCGETAPIVERSION2, &v));
	ASSERT_EQ(0, setup(p.fd, 0, 0, 0));
	EXPECT_EQ(0, vt_flags(p.fd, VT_UP));
	ASSERT_EQ(0, vt_port_open(&q, HUB, O_RDWR | O_NONBLOCK));
	ASSERT_EQ(0, ioctl(q.fd, SIOCGETAPIVERSION2, &v));
	ASSERT_EQ(0, setup(q.fd, 0, 0, 0));
	EXPECT_EQ(0, ioctl(q.fd, TUNSETOFFLOAD, 0));
}

TEST(setup_values)
{
	struct vmnet_setup s = { sizeof(s), 12, TUN_F_CSUM | TUN_F_TSO4, 0 };
	static const uint32_t bad_hdr[] = { 1, 9, 11, 13, 65536, 0xffffffff };
	struct { struct vmnet_setup s; uint32_t more[4]; } big;
	struct vt_port p;

	ASSERT_EQ(0, vt_port_up(&p, HUB, VT_UP));
	ASSERT_EQ(0, ioctl(p.fd, VMNET_IOC_SETUP, &s));
	EXPECT_EQ(sizeof(s), s.size);
	EXPECT_EQ(12, s.vnet_hdr_sz);
	EXPECT_EQ(TUN_F_CSUM | TUN_F_TSO4, s.offload);
	EXPECT_EQ(VMNET_QUEUE_LEN, s.queue_len);

	for (size_t i = 0; i < sizeof(bad_hdr) / sizeof(bad_hdr[0]); i++)
		EXPECT_EQ(EINVAL, VT_ERRNO(setup(p.fd, bad_hdr[i], 0, 0)));
	/* Offloads need a header to speak of them. */
	EXPECT_EQ(EINVAL, VT_ERRNO(setup(p.fd, 0, TUN_F_CSUM, 0)));
	EXPECT_EQ(EINVAL, VT_ERRNO(setup(p.fd, 12, 0x80000000, 0)));
	EXPECT_EQ(EINVAL, VT_ERRNO(setup(p.fd, 12, 0, VMNET_QUEUE_LEN + 1)));
	/* A caller of tomorrow: what we do not know must be 0. */
	memset(&big, 0, sizeof(big));
	big.s = (struct vmnet_setup){ sizeof(big), 12, 0, 0 };
	EXPECT_EQ(0, ioctl(p.fd, VMNET_IOC_SETUP, &big));
	memset(&big, 0, sizeof(big));
	big.s = (struct vmnet_setup){ sizeof(big), 12, 0, 0 };
	big.more[1] = 1;
	EXPECT_EQ(E2BIG, VT_ERRNO(ioctl(p.fd, VMNET_IOC_SETUP, &big)));
}

TEST(setup_queue_length)
{
	struct vt_port p, q;

	ASSERT_EQ(0, vt_port_up(&p, HUB, VT_UP));
	ASSERT_EQ(0, vt_port_up(&q, HUB, VT_UP));
	ASSERT_EQ(0, setup(p.fd, 0, 0, 3));
	for (int i = 0; i < 5; i++)
		vt_send(q.fd, 60, p.mac, q.mac, 1);
	EXPECT_EQ(3, vt_counter(&p, "queued"));
	EXPECT_EQ(2, vt_counter(&p, "dropped.overflow"));
	EXPECT_EQ(3, vt_drain(p.fd));
}

/* VMware's addressing with a header: how the daemons use a port. */
TEST(setup_keeps_the_addressing)
{
	struct inet_spec s = { .payload = 20000, .partial = true };
	uint8_t nobody[6] = { 0, 0x0c, 0x29, 9, 9, 9 };
	struct virtio_net_hdr h = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
		.hdr_len = 54, .gso_size = 1448,
		.csum_start = 34, .csum_offset = 16,
	};
	struct vt_port p, q, r;
	static uint8_t f[70000];
	size_t len;

	ASSERT_EQ(0, vt_port_up(&p, HUB, VT_UP));
	ASSERT_EQ(0, vt_port_up(&q, HUB, VT_UP));
	ASSERT_EQ(0, vt_port_up(&r, HUB, VT_UP));
	ASSERT_EQ(0, setup(p.fd, 12, TUN_F_CSUM | TUN_F_TSO4, 0));
	ASSERT_EQ(0, setup(q.fd, 12, TUN_F_CSUM | TUN_F_TSO4, 0));
	/* Not for its address: not for it. */
	memset(f, 0, 12);
	vt_frame(f + 12, 60, nobody, p.mac, 1);
	EXPECT_EQ(72, write(p.fd, f, 72));
	EXPECT_TRUE(vt_quiet(q.fd));
	/* A large one to the address, whole. */
	memcpy(f, &h, 10);
	len = 12 + inet_build(f + 12, q.mac, p.mac, &s);
	EXPECT_EQ((ssize_t)len, write(p.fd, f, len));
	ASSERT_EQ((ssize_t)len, vt_recv(q.fd, buf, sizeof(buf)));
	EXPECT_EQ(VIRTIO_NET_HDR_GSO_TCPV4, buf[1]);
	EXPECT_EQ(0, memcmp(buf + 12, f + 12, len - 12));
	/* To a port without: in pieces it can take. */
	len = 12 + inet_build(f + 12, r.mac, p.mac, &s);
	EXPECT_EQ((ssize_t)len, write(p.fd, f, len));
	EXPECT_EQ(14, vt_drain(r.fd));
	EXPECT_EQ(0, vt_counter(&r, "dropped.largePacket"));
}

TEST_HARNESS_MAIN
