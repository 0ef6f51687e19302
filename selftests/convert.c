// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The calls that turn an open file into something else: SIOCNETIF and
 * SIOCSPEER3, with their errors, and SIOCGBRSTATUS.
 *
 * Each test has a network namespace of its own, so what it makes ends with it.
 */
#define _GNU_SOURCE
#define VT_HARNESS
#include "vmtest.h"

#include <dirent.h>
#include <sched.h>
#include <sys/syscall.h>
#include <net/if.h>
#include <linux/capability.h>

#define HUB	40

static uint8_t buf[70000];

static int run(const char *cmd)
{
	int rc = system(cmd);

	return rc == -1 ? -1 : rc;
}

/* Takes one capability from this thread's effective set. */
static int drop_cap(int cap)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2];

	if (syscall(SYS_capget, &h, d))
		return -1;
	d[CAP_TO_INDEX(cap)].effective &= ~CAP_TO_MASK(cap);
	return (int)syscall(SYS_capset, &h, d);
}

static uint32_t br_status(int fd)
{
	uint32_t v = 99;

	return ioctl(fd, SIOCGBRSTATUS, &v) ? 98 : v;
}

/* Waits for a status: a device event may be on its way. */
static uint32_t br_status_is(int fd, uint32_t want)
{
	uint32_t v = 99;

	for (int i = 0; i < VT_DEADLINE_MS / 20; i++) {
		v = br_status(fd);
		if (v == want)
			break;
		usleep(20000);
	}
	return v;
}

FIXTURE(convert) {
	struct vt_port a, b;
};

FIXTURE_SETUP(convert)
{
	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	ASSERT_EQ(0, vt_port_up(&self->a, HUB, VT_UP));
	ASSERT_EQ(0, vt_port_up(&self->b, HUB, VT_UP));
}

FIXTURE_TEARDOWN(convert)
{
	close(self->a.fd);
	close(self->b.fd);
}

TEST_F(convert, row_2_9_netif)
{
	char entry[32], text[256];
	uint8_t mac[6], want[6] = { 0, 0x50, 0x56, 0xc0, 0, HUB };
	struct pollfd p = { .events = POLLIN };

	snprintf(entry, sizeof(entry), "userif%d", self->a.n);
	ASSERT_EQ(0, vt_netif(self->a.fd, "vtn0"));
	EXPECT_NE(0, if_nametoindex("vtn0"));
	/* The user port has gone, the slot has a new tenant. */
	EXPECT_FALSE(vt_proc_exists(entry));
	ASSERT_LT(0, vt_proc_read("hub40.0", text, sizeof(text)));
	EXPECT_EQ(0, strncmp(text, "connected netif", 15));
	EXPECT_EQ(0, vt_get_mac(self->a.fd, mac));
	EXPECT_EQ(0, memcmp(mac, want, 6));
	/* It is no place to read or write. */
	EXPECT_EQ(EPERM, VT_ERRNO(read(self->a.fd, buf, sizeof(buf))));
	EXPECT_EQ(EPERM, VT_ERRNO(write(self->a.fd, buf, 60)));
	p.fd = self->a.fd;
	poll(&p, 1, 0);
	EXPECT_EQ(0, p.revents & POLLIN);
	/* One per network. */
	EXPECT_EQ(EBUSY, VT_ERRNO(vt_netif(self->b.fd, "vtn1")));
	EXPECT_EQ(EBUSY, VT_ERRNO(vt_netif(self->a.fd, "vtn1")));
	EXPECT_NE(0, if_nametoindex("vtn0"));
	EXPECT_EQ(0, if_nametoindex("vtn1"));
	/* It lives as long as the file. */
	close(self->a.fd);
	self->a.fd = -1;
	EXPECT_EQ(0, if_nametoindex("vtn0"));
	EXPECT_EQ(0, vt_netif(self->b.fd, "vtn1"));
	EXPECT_NE(0, if_nametoindex("vtn1"));
}

TEST_F(convert, row_2_9_netif_names)
{
	char eight[8] = { 'v', 't', 'e', 'i', 'g', 'h', 't', '8' };
	char slot[64];

	EXPECT_EQ(ENODEV, VT_ERRNO(vt_netif(self->a.fd, "lo")));
	EXPECT_EQ(ENODEV, VT_ERRNO(vt_netif(self->a.fd, "")));
	EXPECT_EQ(ENODEV, VT_ERRNO(vt_netif(self->a.fd, "a/b")));
	EXPECT_EQ(ENODEV, VT_ERRNO(vt_netif(self->a.fd, "..")));
	/* What failed left the port as it was, in its slot. */
	ASSERT_EQ(0, vt_slot(&self->a, slot, sizeof(slot)));
	EXPECT_STREQ("hub40.0", slot);
	EXPECT_EQ(60, vt_send(self->b.fd, 60, self->a.mac, self->b.mac, 1));
	EXPECT_EQ(1, vt_recv_tag(self->a.fd));

	/* Eight characters need no end. */
	ASSERT_EQ(0, ioctl(self->a.fd, SIOCNETIF, eight));
	EXPECT_NE(0, if_nametoindex("vteight8"));
	close(self->a.fd);
	self->a.fd = -1;
	/* A pattern is filled in. */
	ASSERT_EQ(0, vt_netif(self->b.fd, "vtp%d"));
	EXPECT_NE(0, if_nametoindex("vtp0"));
}

/* N of the only file of /proc/vmnet that begins like this, or -1. */
static int number_of(const char *kind)
{
	DIR *d = opendir("/proc/vmnet");
	int n = -1, found = -1;
	char pat[32];
	struct dirent *e;

	snprintf(pat, sizeof(pat), "%s%%d", kind);
	while (d && (e = readdir(d)))
		if (sscanf(e->d_name, pat, &n) == 1)
			found = n;
	if (d)
		closedir(d);
	return found;
}

TEST_F(convert, row_2_9_second_call_on_an_interface)
{
	uint8_t mac[6] = { 2, 0, 0, 0, 0, 5 }, now[6];

	ASSERT_EQ(0, vt_netif(self->a.fd, "vtn0"));
	EXPECT_EQ(EBUSY, VT_ERRNO(vt_netif(self->a.fd, "vtn1")));
	/* With another address it is replaced, and has the first again. */
	ASSERT_EQ(0, vt_set_mac(self->a.fd, mac, 0));
	ASSERT_EQ(0, vt_netif(self->a.fd, "vtn1"));
	EXPECT_EQ(0, if_nametoindex("vtn0"));
	EXPECT_NE(0, if_nametoindex("vtn1"));
	mac[0] = 0, mac[1] = 0x50, mac[2] = 0x56;
	mac[3] = 0xc0, mac[4] = 0, mac[5] = HUB;
	EXPECT_EQ(0, vt_get_mac(self->a.fd, now));
	EXPECT_EQ(0, memcmp(mac, now, 6));
}

TEST_F(convert, row_4_1_what_takes_a_number)
{
	int n;

	ASSERT_EQ(0, vt_netif(self->a.fd, "vtn0"));
	n = number_of("netif");
	ASSERT_LE(0, n);
	/* An address that is taken, a name that is. */
	EXPECT_EQ(EBUSY, VT_ERRNO(vt_netif(self->b.fd, "vtn1")));
	ASSERT_EQ(0, vt_peer(self->a.fd, "vtnone", 0));
	EXPECT_EQ(ENODEV, VT_ERRNO(vt_netif(self->b.fd, "lo")));
	ASSERT_EQ(0, vt_netif(self->b.fd, "vtn2"));
	EXPECT_EQ(n + 3, number_of("netif"));

	n = number_of("bridge");
	ASSERT_LE(0, n);
	/* Flags and name are looked at before, loops after. */
	EXPECT_EQ(EINVAL, VT_ERRNO(vt_peer(self->b.fd, "vtnone", 2)));
	EXPECT_EQ(EINVAL, VT_ERRNO(vt_peer(self->b.fd, "", 0)));
	EXPECT_EQ(EDEADLK, VT_ERRNO(vt_peer(self->b.fd, "vtnone", 0)));
	ASSERT_EQ(0, vt_peer(self->a.fd, "vtnone2", 0));
	EXPECT_EQ(n + 2, number_of("bridge"));
}

/* Whatever is plugged in: everybody meets everybody. */
TEST_F(convert, row_13_all_ports_of_a_hub_meet)
{
	struct vt_port tap, moved, promisc;
	struct vt_port *p[5] = { &self->a, &self->b, &moved, &tap, &promisc };

	ASSERT_EQ(0, vt_port_up(&moved, HUB + 1, VT_UP));
	ASSERT_EQ(0, vt_bind(moved.fd, HUB));
	ASSERT_EQ(0, vt_tap_open(&tap, HUB, 0));
	ASSERT_EQ(0, vt_port_up(&promisc, HUB, VT_UP | VMNET_FLAG_PROMISC));
	/* The tap is known by what it sends. */
	EXPECT_EQ(60, vt_send(tap.fd, 60, vt_bcast, tap.mac, 9));
	for (int i = 0; i < 5; i++)
		if (p[i] != &tap)
			EXPECT_EQ(9, vt_recv_tag(p[i]->fd));
	for (int i = 0; i < 5; i++)
		for (int k = 0; k < 5; k++) {
			uint8_t tag = (uint8_t)(i * 5 + k + 1);

			if (i == k)
				continue;
			EXPECT_EQ(60, vt_send(p[i]->fd, 60, p[k]->mac,
					      p[i]->mac, tag));
			EXPECT_EQ(tag, vt_recv_tag(p[k]->fd))
				TH_LOG("from %d to %d", i, k);
			EXPECT_EQ(k != 4 && i != 4, vt_drain(promisc.fd) == 1);
		}
}

TEST_F(convert, row_6_netif_mac_is_of_the_node_that_was_opened)
{
	uint8_t mac[6], want[6] = { 0, 0x50, 0x56, 0xc0, 0, HUB };

	ASSERT_EQ(0, vt_bind(self->a.fd, HUB + 1));
	ASSERT_EQ(0, vt_netif(self->a.fd, "vtn0"));
	EXPECT_EQ(0, vt_get_mac(self->a.fd, mac));
	EXPECT_EQ(0, memcmp(mac, want, 6));
}

TEST_F(convert, netif_needs_net_admin)
{
	ASSERT_EQ(0, drop_cap(CAP_NET_ADMIN));
	EXPECT_EQ(EPERM, VT_ERRNO(vt_netif(self->a.fd, "vtn0")));
	EXPECT_EQ(60, vt_send(self->b.fd, 60, self->a.mac, self->b.mac, 1));
	EXPECT_EQ(1, vt_recv_tag(self->a.fd));
}

TEST_F(convert, row_2_8_peer_needs_net_raw)
{
	ASSERT_EQ(0, drop_cap(CAP_NET_RAW));
	EXPECT_EQ(EACCES, VT_ERRNO(vt_peer(self->a.fd, "vtd0", 0)));
	EXPECT_EQ(EACCES, VT_ERRNO(vt_peer(self->a.fd, "", 0)));
	EXPECT_EQ(EACCES, VT_ERRNO(vt_peer(self->a.fd, "vtd0", 0xff)));
	EXPECT_EQ(EFAULT, VT_ERRNO(ioctl(self->a.fd, SIOCSPEER3, NULL)));
}

TEST_F(convert, row_2_8_peer_errors)
{
	EXPECT_EQ(EINVAL, VT_ERRNO(vt_peer(self->a.fd, "", 0)));
	EXPECT_EQ(EINVAL, VT_ERRNO(vt_peer(self->a.fd, "vtd0", 2)));
	EXPECT_EQ(EINVAL, VT_ERRNO(vt_peer(self->a.fd, "vtd0", 0x80000001)));
	EXPECT_EQ(0, vt_peer(self->a.fd, "vtd0", 0));
	/* The same NIC twice on one hub would be a loop. */
	EXPECT_EQ(EDEADLK, VT_ERRNO(vt_peer(self->b.fd, "vtd0", 0)));
	EXPECT_EQ(60, vt_send(self->b.fd, 60, vt_bcast, self->b.mac, 1));
	/* On the bridge's own file it is a new bridge. */
	EXPECT_EQ(0, vt_peer(self->a.fd, "vtd0", 0));
	EXPECT_EQ(EPERM, VT_ERRNO(read(self->a.fd, buf, sizeof(buf))));
	EXPECT_EQ(EPERM, VT_ERRNO(write(self->a.fd, buf, 60)));
}

TEST_F(convert, row_5_netif_and_bridge_of_one_name)
{
	ASSERT_EQ(0, vt_netif(self->a.fd, "vtn0"));
	EXPECT_EQ(EDEADLK, VT_ERRNO(vt_peer(self->b.fd, "vtn0", 0)));
	close(self->a.fd);
	self->a.fd = vt_open(HUB, O_RDWR);
	ASSERT_LE(0, self->a.fd);
	ASSERT_EQ(0, vt_peer(self->b.fd, "vtn0", 0));
	EXPECT_EQ(EDEADLK, VT_ERRNO(vt_netif(self->a.fd, "vtn0")));
	/* And no interface stays behind. */
	EXPECT_EQ(0, if_nametoindex("vtn0"));
}

TEST_F(convert, row_2_7_moving_into_a_loop)
{
	struct vt_port c;

	ASSERT_EQ(0, vt_port_open(&c, HUB + 1, O_RDWR));
	ASSERT_EQ(0, vt_peer(self->a.fd, "vtd0", 0));
	ASSERT_EQ(0, vt_peer(c.fd, "vtd0", 0));
	EXPECT_EQ(EDEADLK, VT_ERRNO(vt_bind(c.fd, HUB)));
	EXPECT_TRUE(vt_proc_exists("hub41.0"));
}

TEST_F(convert, every_kind_into_every_other)
{
	char text[256];

	for (int i = 0; i < 5; i++) {
		ASSERT_EQ(0, vt_peer(self->a.fd, "vtnone", 0));
		ASSERT_LT(0, vt_proc_read("hub40.0", text, sizeof(text)));
		EXPECT_EQ(0, strncmp(text, "connected bridge", 16));
		ASSERT_EQ(0, vt_netif(self->a.fd, "vtn0"));
		ASSERT_LT(0, vt_proc_read("hub40.0", text, sizeof(text)));
		EXPECT_EQ(0, strncmp(text, "connected netif", 15));
	}
}

TEST_F(convert, row_2_8_bridge_of_a_missing_nic)
{
	EXPECT_EQ(VMNET_BRIDGE_NONE, br_status(self->b.fd));
	ASSERT_EQ(0, vt_peer(self->a.fd, "vtd0", 0));
	/* The bridge does not see itself. */
	EXPECT_EQ(VMNET_BRIDGE_NONE, br_status(self->a.fd));
	EXPECT_EQ(VMNET_BRIDGE_INACTIVE, br_status(self->b.fd));
	ASSERT_EQ(0, run("ip link add vtd0 type dummy"));
	EXPECT_EQ(VMNET_BRIDGE_INACTIVE, br_status(self->b.fd));
	ASSERT_EQ(0, run("ip link set vtd0 up"));
	EXPECT_EQ(VMNET_BRIDGE_ACTIVE,
		  br_status_is(self->b.fd, VMNET_BRIDGE_ACTIVE));
	ASSERT_EQ(0, run("ip link set vtd0 down"));
	EXPECT_EQ(VMNET_BRIDGE_INACTIVE,
		  br_status_is(self->b.fd, VMNET_BRIDGE_INACTIVE));
	ASSERT_EQ(0, run("ip link set vtd0 up"));
	EXPECT_EQ(VMNET_BRIDGE_ACTIVE,
		  br_status_is(self->b.fd, VMNET_BRIDGE_ACTIVE));
	ASSERT_EQ(0, run("ip link del vtd0"));
	EXPECT_EQ(VMNET_BRIDGE_INACTIVE,
		  br_status_is(self->b.fd, VMNET_BRIDGE_INACTIVE));
	ASSERT_EQ(0, run("ip link add vtd0 type dummy && ip link set vtd0 up"));
	EXPECT_EQ(VMNET_BRIDGE_ACTIVE,
		  br_status_is(self->b.fd, VMNET_BRIDGE_ACTIVE));
}

TEST_F(convert, row_2_11_bridge_status_depends_on_the_order)
{
	struct vt_port c;

	ASSERT_EQ(0, vt_port_open(&c, HUB, O_RDWR));
	ASSERT_EQ(0, run("ip link add vtd0 type dummy && ip link set vtd0 up"));
	/* Active in the low slot, inactive in the high one. */
	ASSERT_EQ(0, vt_peer(self->a.fd, "vtd0", 0));
	ASSERT_EQ(0, vt_peer(c.fd, "vtnone", 0));
	EXPECT_EQ(VMNET_BRIDGE_MIXED, br_status(self->b.fd));
	/* The other way round. */
	ASSERT_EQ(0, vt_peer(self->a.fd, "vtnone2", 0));
	ASSERT_EQ(0, vt_peer(c.fd, "vtd0", 0));
	EXPECT_EQ(VMNET_BRIDGE_ACTIVE, br_status(self->b.fd));
}

TEST_F(convert, row_8_1_only_ethernet_is_bridged)
{
	ASSERT_EQ(0, run("ip link set lo up"));
	ASSERT_EQ(0, vt_peer(self->a.fd, "lo", 0));
	EXPECT_EQ(VMNET_BRIDGE_INACTIVE, br_status(self->b.fd));
}

TEST_F(convert, row_2_converted_port_starts_anew)
{
	char text[512], peer[64];
	uint8_t f[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	int n;

	ASSERT_EQ(0, vt_flags(self->a.fd, 0x1103));
	ASSERT_EQ(0, ioctl(self->a.fd, SIOCSLADRF, f));
	ASSERT_EQ(0, vt_peer(self->a.fd, "vtnone", 0));
	ASSERT_LT(0, vt_proc_read("hub40.0", text, sizeof(text)));
	ASSERT_EQ(1, sscanf(text, "connected %63s", peer));
	ASSERT_EQ(1, sscanf(peer, "bridge%d", &n));
	ASSERT_LT(0, vt_proc_read(peer, text, sizeof(text)));
	EXPECT_STREQ("connected hub40.0 mac 00:50:56:00:00:00 "
		     "ladrf 00:00:00:00:00:00:00:00 flags IFF_RUNNING "
		     "dev vtnone \n", text);
	/* Flags are kept for show. */
	EXPECT_EQ(0, vt_flags(self->a.fd, 0x1103));
	ASSERT_LT(0, vt_proc_read(peer, text, sizeof(text)));
	EXPECT_NE(NULL, strstr(text, "flags IFF_RUNNING,IFF_UP,IFF_BROADCAST,"
				     "IFF_PROMISC,IFF_MULTICAST dev vtnone \n"));
}

TEST_HARNESS_MAIN
