// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /proc/vmnet as published: a host with three networks and one guest with
 * three NICs, whose dhcpd on vmnet8 was killed. Names, numbers, counters and
 * blanks are those of the example.
 *
 * Needs a module that was loaded just now (numbers start at 0): it is reloaded
 * from the file that VMNET_KO names.
 */
#define _GNU_SOURCE
#define VT_HARNESS
#include "vmtest.h"

#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <linux/if_packet.h>

static const uint8_t guest_mac[6] = { 0x00, 0x0c, 0x29, 0x1b, 0x85, 0x3d };
static const uint8_t lan_mac[6] = { 2, 0, 0, 0, 0, 0x99 };
static uint8_t buf[10000];
static char text[4096];

static int reload(void)
{
	const char *ko = getenv("VMNET_KO");
	int fd, ret;

	if (!ko)
		return -1;
	for (int i = 0; syscall(SYS_delete_module, "vmnet", O_NONBLOCK); i++) {
		if (errno == ENOENT)
			break;
		if (i == 100)
			return -1;
		usleep(100000);
	}
	fd = open(ko, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ret = (int)syscall(SYS_finit_module, fd, "", 0);
	close(fd);
	return ret;
}

/* A daemon that can be killed: opens its node, comes up, waits. */
static pid_t daemon_on(int hub)
{
	int pipefd[2];
	char c = 0;
	pid_t pid;

	if (pipe(pipefd))
		return -1;
	pid = fork();
	if (!pid) {
		struct vt_port p;

		c = vt_port_up(&p, hub, VT_UP) ? 0 : 1;
		if (write(pipefd[1], &c, 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(pipefd[1]);
	if (read(pipefd[0], &c, 1) != 1 || !c)
		pid = -1;
	close(pipefd[0]);
	return pid;
}

static int by_name(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

/* All names of /proc/vmnet in one line, sorted as people count. */
static const char *names(void)
{
	static char line[1024];
	DIR *d = opendir("/proc/vmnet");
	char *name[100];
	struct dirent *e;
	size_t n = 0;

	line[0] = 0;
	if (!d)
		return line;
	while ((e = readdir(d)) && n < 100)
		if (e->d_name[0] != '.')
			name[n++] = strdup(e->d_name);
	closedir(d);
	qsort(name, n, sizeof(name[0]), by_name);
	for (size_t i = 0; i < n; i++) {
		if (i)
			strcat(line, " ");
		strcat(line, name[i]);
		free(name[i]);
	}
	return line;
}

/* Frames on the LAN, as a neighbour sends them. */
static int lan_send(int sock, int n, const uint8_t *dst)
{
	vt_frame(buf, 60, dst, lan_mac, 1);
	for (int i = 0; i < n; i++)
		while (send(sock, buf, 60, 0) != 60)
			if (errno != ENOBUFS && errno != EAGAIN)
				return -1;
	return 0;
}

/* Waits until so many frames came from the wire. */
static bool from_wire(long long want)
{
	for (int i = 0; i < VT_DEADLINE_MS / 10; i++) {
		if (vt_slot_tx(0, 0) >= want)
			return true;
		usleep(10000);
	}
	return false;
}

static int lan_socket(const char *ifname)
{
	struct sockaddr_ll sll = {
		.sll_family = AF_PACKET,
		.sll_ifindex = (int)if_nametoindex(ifname),
	};
	int s = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (s < 0 || bind(s, (struct sockaddr *)&sll, sizeof(sll)))
		return -1;
	return s;
}

TEST(published_example)
{
	uint8_t ladrf[8] = { 0, 0, 0x80, 0, 0, 0, 0x40, 0x40 };
	uint8_t other[6] = { 0x01, 0x00, 0x5e, 0x00, 0x00, 0xfb };
	struct vt_port bridge, natd, n8, n1, probe, g0, g1, g8;
	pid_t dhcpd8, dhcpd1;
	long long wire = 0;
	int lan, got = 0;

	ASSERT_EQ(0, reload());
	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	ASSERT_EQ(0, system("for f in all default; do echo 1 >"
			    "/proc/sys/net/ipv6/conf/$f/disable_ipv6; done 2>&1;"
			    "ip link add eth0 type veth peer name lan0 &&"
			    "ip link set eth0 arp off up &&"
			    "ip link set lan0 arp off up"));
	lan = lan_socket("lan0");
	ASSERT_LE(0, lan);

	/* The host starts. */
	ASSERT_EQ(0, vt_port_open(&bridge, 0, O_RDWR));
	ASSERT_EQ(0, vt_peer(bridge.fd, "eth0", 0));
	ASSERT_EQ(0, vt_port_up(&natd, 8, VT_UP));
	ASSERT_EQ(0, vt_port_open(&n8, 8, O_RDWR));
	ASSERT_EQ(0, vt_netif(n8.fd, "vmnet8"));
	dhcpd8 = daemon_on(8);
	ASSERT_LT(0, dhcpd8);
	ASSERT_EQ(0, vt_port_open(&n1, 1, O_RDWR));
	ASSERT_EQ(0, vt_netif(n1.fd, "vmnet1"));
	dhcpd1 = daemon_on(1);
	ASSERT_LT(0, dhcpd1);
	/* A neighbour is heard, then the guest's monitor tries its nodes. */
	ASSERT_EQ(0, lan_send(lan, 15, vt_bcast));
	EXPECT_TRUE(from_wire(wire += 15));
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, vt_port_open(&probe, i == 0 ? 0 : i == 1 ? 1 : 8,
					  O_RDWR));
		close(probe.fd);
	}
	ASSERT_EQ(0, vt_port_open(&g0, 0, O_RDWR | O_NONBLOCK));
	ASSERT_EQ(0, vt_port_open(&g1, 1, O_RDWR | O_NONBLOCK));
	ASSERT_EQ(0, vt_port_open(&g8, 8, O_RDWR | O_NONBLOCK));
	ASSERT_EQ(0, vt_set_mac(g0.fd, guest_mac, 1));
	ASSERT_EQ(0, ioctl(g0.fd, SIOCSLADRF, ladrf));

	EXPECT_STREQ("bridge0 hub0.0 hub0.1 hub1.0 hub1.1 hub1.2 hub8.0 hub8.1 "
		     "hub8.2 hub8.3 netif0 netif1 userif1 userif3 userif5 "
		     "userif9 userif10 userif11", names());
	ASSERT_LT(0, vt_proc_read("hub8.3", text, sizeof(text)));
	EXPECT_STREQ("connected userif11 tx 0 \n", text);

	/* Killing dhcpd removes its slot and its port, and nothing else. */
	ASSERT_EQ(0, kill(dhcpd8, SIGKILL));
	ASSERT_EQ(dhcpd8, waitpid(dhcpd8, NULL, 0));
	EXPECT_TRUE(vt_proc_gone("hub8.2"));
	EXPECT_STREQ("bridge0 hub0.0 hub0.1 hub1.0 hub1.1 hub1.2 hub8.0 hub8.1 "
		     "hub8.3 netif0 netif1 userif1 userif5 userif9 userif10 "
		     "userif11", names());
	ASSERT_LT(0, vt_proc_read("hub8.3", text, sizeof(text)));
	EXPECT_STREQ("connected userif11 tx 0 \n", text);
	ASSERT_LT(0, vt_proc_read("hub8.0", text, sizeof(text)));
	EXPECT_STREQ("connected userif1 tx 0 \n", text);
	ASSERT_LT(0, vt_proc_read("hub8.1", text, sizeof(text)));
	EXPECT_EQ(0, strncmp(text, "connected netif0 tx ", 20));

	/* The guest boots, and lives for a while. */
	ASSERT_EQ(0, lan_send(lan, 12, vt_bcast));
	EXPECT_TRUE(from_wire(wire += 12));
	ASSERT_EQ(0, vt_flags(g0.fd, 0x1003));
	for (int left = 8147; left > 0; left -= 500) {
		int n = left < 500 ? left : 500;

		ASSERT_EQ(0, lan_send(lan, n, other));
		EXPECT_TRUE(from_wire(wire += n));
	}
	for (int left = 4286; left > 0; left -= 500) {
		int n = left < 500 ? left : 500;

		ASSERT_EQ(0, lan_send(lan, n, vt_bcast));
		EXPECT_TRUE(from_wire(wire += n));
		got += vt_drain(g0.fd);
	}
	EXPECT_EQ(4286, got);
	for (int i = 0; i < 366; i++)
		ASSERT_EQ(60, vt_send(g0.fd, 60, lan_mac, guest_mac, 1));

	ASSERT_LT(0, vt_proc_read("hub0.0", text, sizeof(text)));
	EXPECT_STREQ("connected bridge0 tx 12460 \n", text);
	ASSERT_LT(0, vt_proc_read("hub0.1", text, sizeof(text)));
	EXPECT_STREQ("connected userif9 tx 366 \n", text);
	ASSERT_LT(0, vt_proc_read("userif9", text, sizeof(text)));
	EXPECT_STREQ("connected hub0.1 mac 00:0c:29:1b:85:3d "
		     "ladrf 00:00:80:00:00:00:40:40 "
		     "flags IFF_RUNNING,IFF_UP,IFF_BROADCAST,IFF_MULTICAST "
		     "read 4286 written 366 queued 4286 dropped.down 12 "
		     "dropped.mismatch 8147 dropped.overflow 0 "
		     "dropped.largePacket 0\n", text);
	ASSERT_LT(0, vt_proc_read("bridge0", text, sizeof(text)));
	EXPECT_STREQ("connected hub0.0 mac 00:50:56:00:00:00 "
		     "ladrf 00:00:00:00:00:00:00:00 flags IFF_RUNNING "
		     "dev eth0 \n", text);
	ASSERT_LT(0, vt_proc_read("netif0", text, sizeof(text)));
	EXPECT_STREQ("connected hub8.1 mac 00:50:56:c0:00:08 "
		     "ladrf 00:00:00:00:00:00:00:00 flags IFF_RUNNING "
		     "dev vmnet8 \n", text);
	kill(dhcpd1, SIGKILL);
}

TEST_HARNESS_MAIN
