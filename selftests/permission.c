// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who may do what: each row of the table in linux/vmnet.h that no other test
 * looks at. The harness gives each test a process of its own, so what it gives
 * up is gone for it alone.
 */
#define _GNU_SOURCE
#define VT_HARNESS
#include "vmpolicy.h"

#include <net/if.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <linux/capability.h>
#include <linux/if_packet.h>

#define HUB	96

static const uint8_t m1[6] = { 2, 0, 0, 0, 9, 1 };
static const uint8_t m2[6] = { 2, 0, 0, 0, 9, 2 };

static int drop_cap(int cap)
{
	struct __user_cap_header_struct h = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct d[2];

	if (syscall(SYS_capget, &h, d))
		return -1;
	d[cap / 32].effective &= ~(1U << cap % 32);
	return (int)syscall(SYS_capset, &h, d);
}

static int set_parameter(const char *name, const char *value)
{
	char path[80];
	int fd, ret;

	snprintf(path, sizeof(path), "/sys/module/vmnet/parameters/%s", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	ret = fd < 0 || write(fd, value, 1) != 1 ? -1 : 0;
	close(fd);
	return ret;
}

static int set_promisc(const char *value)
{
	return set_parameter("promisc", value);
}

FIXTURE(may) {
	int none;
};

FIXTURE_SETUP(may)
{
	ASSERT_EQ(0, set_promisc("Y"));
	ASSERT_EQ(0, set_parameter("bind", "Y"));
}

FIXTURE_TEARDOWN(may)
{
	set_promisc("Y");
	set_parameter("bind", "Y");
}

TEST_F(may, open)
{
	ASSERT_EQ(0, setegid(65534));
	ASSERT_EQ(0, seteuid(65534));
	EXPECT_EQ(EACCES, VT_ERRNO(open("/dev/vmnet9", O_RDWR)));
	ASSERT_EQ(0, seteuid(0));
	EXPECT_LE(0, open("/dev/vmnet9", O_RDWR));
}

TEST_F(may, be_promiscuous)
{
	struct vt_port before, after;

	ASSERT_EQ(0, drop_cap(CAP_NET_RAW));
	ASSERT_EQ(0, vt_port_up(&before, HUB, VT_UP | VMNET_FLAG_PROMISC));
	ASSERT_EQ(0, set_promisc("N"));
	/* It was there before: it may go on. */
	EXPECT_EQ(0, vt_flags(before.fd, VT_UP | VMNET_FLAG_PROMISC));
	ASSERT_EQ(0, vt_port_up(&after, HUB, VT_UP));
	/* Ignored, so that a guest that tries is not cut off. */
	EXPECT_EQ(0, vt_flags(after.fd, VT_UP | VMNET_FLAG_PROMISC));
	EXPECT_EQ(0, vp_value(&after, 0, VMNET_A_PORT_PROMISC));
	EXPECT_EQ(1, vp_value(&before, 0, VMNET_A_PORT_PROMISC));
	ASSERT_EQ(60, vt_send(before.fd, 60, m2, m1, 1));
	EXPECT_EQ(0, vt_drain(after.fd));
	ASSERT_EQ(60, vt_send(before.fd, 60, after.mac, m1, 2));
	EXPECT_EQ(2, vt_recv_tag(after.fd));
	close(before.fd);
	close(after.fd);
}

TEST_F(may, be_promiscuous_with_net_raw)
{
	struct vt_port p;

	ASSERT_EQ(0, set_promisc("N"));
	EXPECT_EQ(0, vt_port_up(&p, HUB, VT_UP | VMNET_FLAG_PROMISC));
	close(p.fd);
}

TEST_F(may, move_to_another_hub)
{
	struct vt_port p;

	ASSERT_EQ(0, vt_port_up(&p, HUB, VT_UP));
	ASSERT_EQ(0, drop_cap(CAP_NET_ADMIN));
	EXPECT_EQ(0, vt_bind(p.fd, HUB + 1));
	ASSERT_EQ(0, set_parameter("bind", "N"));
	EXPECT_EQ(EPERM, VT_ERRNO(vt_bind(p.fd, HUB + 2)));
	EXPECT_EQ(0, vt_bind(p.fd, HUB));
	close(p.fd);
}

TEST_F(may, move_to_another_hub_with_net_admin)
{
	struct vt_port p;

	ASSERT_EQ(0, set_parameter("bind", "N"));
	ASSERT_EQ(0, vt_port_up(&p, HUB, VT_UP));
	EXPECT_EQ(0, vt_bind(p.fd, HUB + 2));
	close(p.fd);
}

/* Batches and views are no way around the mode of the open. */
TEST_F(may, move_frames_as_the_file_was_opened)
{
	uint8_t data[60] = { 0 };
	struct vmnet_buf buf = { .addr = (uintptr_t)data, .len = sizeof(data) };
	struct vmnet_batch b = { .size = sizeof(b), .count = 1,
				 .flags = VMNET_BATCH_DONTWAIT,
				 .bufs = (uintptr_t)&buf };
	int fd = open("/dev/vmnet9", O_RDONLY | O_CLOEXEC);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, vt_flags(fd, VT_UP));
	EXPECT_EQ(EBADF, VT_ERRNO(ioctl(fd, VMNET_IOC_SEND, &b)));
	EXPECT_EQ(EAGAIN, VT_ERRNO(ioctl(fd, VMNET_IOC_RECV, &b)));
	EXPECT_EQ(EBADF, VT_ERRNO(ioctl(fd, VMNET_IOC_SOCKET, 0)));
	close(fd);
	fd = open("/dev/vmnet9", O_WRONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(1, ioctl(fd, VMNET_IOC_SEND, &b));
	EXPECT_EQ(EBADF, VT_ERRNO(ioctl(fd, VMNET_IOC_RECV, &b)));
	EXPECT_EQ(EBADF, VT_ERRNO(ioctl(fd, VMNET_IOC_SOCKET, 0)));
	close(fd);
}

TEST_F(may, make_interfaces_and_uplinks)
{
	struct vt_port p;

	ASSERT_EQ(0, vt_port_up(&p, HUB, VT_UP));
	ASSERT_EQ(0, drop_cap(CAP_NET_ADMIN));
	EXPECT_EQ(EPERM, VT_ERRNO(vt_netif(p.fd, "vtpol0")));
	EXPECT_EQ(0, vt_peer(p.fd, "vtnone0", 0));
	ASSERT_EQ(0, drop_cap(CAP_NET_RAW));
	EXPECT_EQ(EACCES, VT_ERRNO(vt_peer(p.fd, "vtnone0", 0)));
	close(p.fd);
}

static int read_mac(const char *name, uint8_t *mac)
{
	struct ifreq ifr = { 0 };
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), ret;

	strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
	ret = ioctl(s, SIOCGIFHWADDR, &ifr);
	memcpy(mac, ifr.ifr_hwaddr.sa_data, 6);
	close(s);
	return ret;
}

static int packet_socket(const char *name)
{
	struct sockaddr_ll ll = {
		.sll_family = AF_PACKET,
		.sll_ifindex = (int)if_nametoindex(name),
	};
	int s = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	return bind(s, (struct sockaddr *)&ll, sizeof(ll)) ? -1 : s;
}

/* Is there a frame of ours among those that wait? */
static bool saw_ours(int fd)
{
	uint8_t f[2000];
	bool saw = false;

	while (read(fd, f, sizeof(f)) > 14)
		saw |= f[12] == VT_ETHERTYPE >> 8 &&
		       f[13] == (VT_ETHERTYPE & 0xff);
	return saw;
}

/* A promiscuous port sees what a NIC gets for the host alone, or does not. */
TEST_F(may, see_the_hosts_own)
{
	struct vt_port up, raw, plain;
	uint8_t f[60], nic[6];
	int s;

	ASSERT_EQ(0, system("ip link add vtpol1 type veth peer name vtpol2 && "
			    "ip link set vtpol1 up && ip link set vtpol2 up"));
	ASSERT_EQ(0, read_mac("vtpol1", nic));
	s = packet_socket("vtpol2");
	ASSERT_LE(0, s);
	ASSERT_EQ(0, vt_port_up(&up, HUB, VT_UP));
	ASSERT_EQ(0, vt_peer(up.fd, "vtpol1", 0));
	ASSERT_EQ(0, vt_port_up(&raw, HUB, VT_UP | VMNET_FLAG_PROMISC));
	ASSERT_EQ(0, drop_cap(CAP_NET_RAW));
	ASSERT_EQ(0, vt_port_up(&plain, HUB, VT_UP | VMNET_FLAG_PROMISC));
	/* One for the host alone, then one for everybody. */
	vt_frame(f, sizeof(f), nic, m1, 1);
	ASSERT_EQ(60, send(s, f, sizeof(f), 0));
	EXPECT_EQ(1, vt_recv_tag(raw.fd));
	EXPECT_FALSE(saw_ours(plain.fd));
	vt_frame(f, sizeof(f), vt_bcast, m1, 2);
	ASSERT_EQ(60, send(s, f, sizeof(f), 0));
	EXPECT_EQ(2, vt_recv_tag(plain.fd));
	close(up.fd);
	close(raw.fd);
	close(plain.fd);
	EXPECT_EQ(0, system("ip link del vtpol1"));
}

TEST_F(may, set_policy)
{
	struct vt_port p;

	ASSERT_EQ(0, vt_port_up(&p, HUB, VT_UP));
	ASSERT_EQ(0, vp_isolated(&p, 1));
	ASSERT_EQ(0, drop_cap(CAP_NET_ADMIN));
	EXPECT_EQ(-EPERM, vp_isolated(&p, 0));
	/* Looking is free. */
	EXPECT_EQ(1, vp_value(&p, 0, VMNET_A_PORT_ISOLATED));
	close(p.fd);
}

TEST_HARNESS_MAIN
