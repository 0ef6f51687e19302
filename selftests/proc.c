// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The text of /proc/vmnet, byte for byte.
 */
#define _GNU_SOURCE
#define VT_HARNESS
#include "vmtest.h"

#include <dirent.h>
#include <sched.h>
#include <sys/stat.h>
#include <net/if.h>

#define HUB	50

static char text[4096], want[4096];

TEST(row_4_directory_and_modes)
{
	struct stat st;
	struct vt_port p;
	char path[64];

	ASSERT_EQ(0, stat("/proc/vmnet", &st));
	EXPECT_EQ(S_IFDIR | 0555, st.st_mode);
	ASSERT_EQ(0, vt_port_open(&p, HUB, O_RDWR));
	snprintf(path, sizeof(path), "/proc/vmnet/userif%d", p.n);
	ASSERT_EQ(0, stat(path, &st));
	EXPECT_EQ(S_IFREG | 0444, st.st_mode);
	EXPECT_EQ(0, st.st_size);
	ASSERT_EQ(0, stat("/proc/vmnet/hub50.0", &st));
	EXPECT_EQ(S_IFREG | 0444, st.st_mode);
	EXPECT_EQ(0, st.st_uid);
}

TEST(empty_when_nothing_is_open)
{
	EXPECT_EQ(0, vt_proc_count(""));
}

TEST(row_4_2_fresh_port)
{
	struct vt_port p;
	char name[32];

	ASSERT_EQ(0, vt_port_open(&p, HUB, O_RDWR));
	snprintf(name, sizeof(name), "userif%d", p.n);
	snprintf(want, sizeof(want),
		 "connected hub50.0 mac %02x:%02x:%02x:%02x:%02x:%02x "
		 "ladrf 00:00:00:00:00:00:00:00 flags IFF_RUNNING "
		 "read 0 written 0 queued 0 dropped.down 0 dropped.mismatch 0 "
		 "dropped.overflow 0 dropped.largePacket 0\n",
		 p.mac[0], p.mac[1], p.mac[2], p.mac[3], p.mac[4], p.mac[5]);
	ASSERT_LT(0, vt_proc_read(name, text, sizeof(text)));
	EXPECT_STREQ(want, text);
	snprintf(want, sizeof(want), "connected %s tx 0 \n", name);
	ASSERT_LT(0, vt_proc_read("hub50.0", text, sizeof(text)));
	EXPECT_STREQ(want, text);
}

/* The example of the issue: what a running guest's port looks like. */
TEST(row_4_2_published_line)
{
	uint8_t mac[6] = { 0x00, 0x0c, 0x29, 0x1b, 0x85, 0x3d };
	uint8_t ladrf[8] = { 0, 0, 0, 0x80, 0, 0, 0x40, 0x40 };
	uint8_t group[6] = { 0x01, 0x00, 0x5e, 0x00, 0x00, 0xfb };
	static uint8_t buf[10000];
	struct vt_port a, b;
	char name[32];

	ASSERT_EQ(0, vt_port_up(&a, HUB, VT_UP));
	ASSERT_EQ(0, vt_port_open(&b, HUB, O_RDWR | O_NONBLOCK));
	ASSERT_EQ(0, vt_set_mac(b.fd, mac, 1));
	ASSERT_EQ(0, ioctl(b.fd, SIOCSLADRF, ladrf));
	/* Two while it is down, one for a group it is not in. */
	vt_send(a.fd, 60, vt_bcast, a.mac, 0);
	vt_send(a.fd, 60, vt_bcast, a.mac, 0);
	ASSERT_EQ(0, vt_flags(b.fd, 0x1003));
	vt_send(a.fd, 60, group, a.mac, 0);
	/* Five that it gets, three that it reads, one that it sends. */
	for (int i = 0; i < 5; i++)
		vt_send(a.fd, 60, i & 1 ? vt_bcast : mac, a.mac, 0);
	for (int i = 0; i < 3; i++)
		ASSERT_EQ(60, read(b.fd, buf, sizeof(buf)));
	vt_send(b.fd, 60, vt_bcast, mac, 0);

	snprintf(name, sizeof(name), "userif%d", b.n);
	ASSERT_LT(0, vt_proc_read(name, text, sizeof(text)));
	EXPECT_STREQ("connected hub50.1 mac 00:0c:29:1b:85:3d "
		     "ladrf 00:00:00:80:00:00:40:40 "
		     "flags IFF_RUNNING,IFF_UP,IFF_BROADCAST,IFF_MULTICAST "
		     "read 3 written 1 queued 5 dropped.down 2 "
		     "dropped.mismatch 1 dropped.overflow 0 "
		     "dropped.largePacket 0\n", text);
	snprintf(want, sizeof(want), "connected userif%d tx 8 \n", a.n);
	ASSERT_LT(0, vt_proc_read("hub50.0", text, sizeof(text)));
	EXPECT_STREQ(want, text);
	snprintf(want, sizeof(want), "connected userif%d tx 1 \n", b.n);
	ASSERT_LT(0, vt_proc_read("hub50.1", text, sizeof(text)));
	EXPECT_STREQ(want, text);
}

TEST(row_4_1_slots_and_numbers)
{
	struct vt_port p[4], q;
	char slot[64];

	for (int i = 0; i < 4; i++) {
		ASSERT_EQ(0, vt_port_up(&p[i], HUB, VT_UP));
		/* One number per open, never used again. */
		if (i)
			EXPECT_EQ(p[i - 1].n + 1, p[i].n);
	}
	vt_send(p[1].fd, 60, vt_bcast, p[1].mac, 0);
	vt_send(p[1].fd, 60, vt_bcast, p[1].mac, 0);
	EXPECT_EQ(2, vt_slot_tx(HUB, 1));
	close(p[1].fd);
	EXPECT_FALSE(vt_proc_exists("hub50.1"));
	EXPECT_TRUE(vt_proc_exists("hub50.2"));
	/* The lowest free slot; its counter is the slot's, not the port's. */
	ASSERT_EQ(0, vt_port_up(&q, HUB, VT_UP));
	EXPECT_EQ(p[3].n + 1, q.n);
	ASSERT_EQ(0, vt_slot(&q, slot, sizeof(slot)));
	EXPECT_STREQ("hub50.1", slot);
	EXPECT_EQ(2, vt_slot_tx(HUB, 1));
	vt_send(q.fd, 60, vt_bcast, q.mac, 0);
	EXPECT_EQ(3, vt_slot_tx(HUB, 1));
	/* A new hub counts from 0. */
	close(p[0].fd);
	close(p[2].fd);
	close(p[3].fd);
	close(q.fd);
	EXPECT_EQ(0, vt_proc_count("hub50."));
	ASSERT_EQ(0, vt_port_up(&q, HUB, VT_UP));
	EXPECT_EQ(0, vt_slot_tx(HUB, 0));
}

TEST(row_4_2_netif_and_bridge)
{
	struct vt_port a, b;
	char name[32];
	int n;

	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	ASSERT_EQ(0, vt_port_open(&a, HUB, O_RDWR));
	ASSERT_EQ(0, vt_port_open(&b, HUB, O_RDWR));
	ASSERT_EQ(0, vt_netif(a.fd, "vtproc0"));
	ASSERT_EQ(0, vt_peer(b.fd, "eth%d%s%n012345678", 0));

	ASSERT_LT(0, vt_proc_read("hub50.0", text, sizeof(text)));
	ASSERT_EQ(1, sscanf(text, "connected netif%d", &n));
	snprintf(want, sizeof(want), "connected netif%d tx 0 \n", n);
	EXPECT_STREQ(want, text);
	snprintf(name, sizeof(name), "netif%d", n);
	ASSERT_LT(0, vt_proc_read(name, text, sizeof(text)));
	EXPECT_STREQ("connected hub50.0 mac 00:50:56:c0:00:32 "
		     "ladrf 00:00:00:00:00:00:00:00 flags IFF_RUNNING "
		     "dev vtproc0 \n", text);
	/* The name follows the interface. */
	ASSERT_EQ(0, system("ip link set vtproc0 down name vtproc1"));
	ASSERT_LT(0, vt_proc_read(name, text, sizeof(text)));
	EXPECT_NE(NULL, strstr(text, " dev vtproc1 \n"));

	/* 15 characters of a name, and nothing in it is a format. */
	ASSERT_LT(0, vt_proc_read("hub50.1", text, sizeof(text)));
	ASSERT_EQ(1, sscanf(text, "connected bridge%d", &n));
	snprintf(want, sizeof(want), "connected bridge%d tx 0 \n", n);
	EXPECT_STREQ(want, text);
	snprintf(name, sizeof(name), "bridge%d", n);
	ASSERT_LT(0, vt_proc_read(name, text, sizeof(text)));
	EXPECT_STREQ("connected hub50.1 mac 00:50:56:00:00:00 "
		     "ladrf 00:00:00:00:00:00:00:00 flags IFF_RUNNING "
		     "dev eth%d%s%n012345 \n", text);
}

TEST(read_only_for_ever)
{
	struct vt_port p;
	char path[64];
	int fd;

	ASSERT_EQ(0, vt_port_open(&p, HUB, O_RDWR));
	snprintf(path, sizeof(path), "/proc/vmnet/userif%d", p.n);
	fd = open(path, O_WRONLY);
	/* Root may open it, but there is nothing to write to. */
	if (fd >= 0) {
		EXPECT_EQ(EIO, VT_ERRNO(write(fd, "x", 1)));
		close(fd);
	}
}

/* A file of /proc may be open when its port goes. */
TEST(open_entry_outlives_its_port)
{
	struct vt_port p;
	char path[64], c[256];
	int fd;

	ASSERT_EQ(0, vt_port_open(&p, HUB, O_RDWR));
	snprintf(path, sizeof(path), "/proc/vmnet/userif%d", p.n);
	fd = open(path, O_RDONLY);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, close(p.fd));
	EXPECT_GE(0, read(fd, c, sizeof(c)));
	close(fd);
}

/* In small pieces it is the same text. */
TEST(small_reads)
{
	struct vt_port p;
	char path[64];
	size_t n = 0;
	int fd;

	ASSERT_EQ(0, vt_port_open(&p, HUB, O_RDWR));
	snprintf(path, sizeof(path), "userif%d", p.n);
	ASSERT_LT(0, vt_proc_read(path, want, sizeof(want)));
	snprintf(path, sizeof(path), "/proc/vmnet/userif%d", p.n);
	fd = open(path, O_RDONLY);
	ASSERT_LE(0, fd);
	while (n < sizeof(text) - 1 && read(fd, text + n, 1) == 1)
		n++;
	text[n] = 0;
	close(fd);
	EXPECT_STREQ(want, text);
}

TEST_HARNESS_MAIN
