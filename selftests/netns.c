// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Network namespaces: interfaces live where their file was opened, hubs are
 * everybody's.
 */
#define _GNU_SOURCE
#define VT_HARNESS
#include "vmtest.h"

#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <net/if.h>

#define HUB	110

/* Opens the namespace we are in. */
static int here(void)
{
	return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

TEST(netif_lives_where_its_file_was_opened)
{
	struct vt_port p;
	int one, two;

	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	one = here();
	ASSERT_EQ(0, vt_port_open(&p, HUB, O_RDWR));
	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	two = here();
	/* Called from the second, made in the first. */
	ASSERT_EQ(0, vt_netif(p.fd, "vtn0"));
	EXPECT_EQ(0, if_nametoindex("vtn0"));
	ASSERT_EQ(0, setns(one, CLONE_NEWNET));
	EXPECT_NE(0, if_nametoindex("vtn0"));
	close(one);
	close(two);
}

TEST(hubs_are_global)
{
	struct vt_port a, b;

	ASSERT_EQ(0, vt_port_up(&a, HUB, VT_UP));
	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	ASSERT_EQ(0, vt_port_up(&b, HUB, VT_UP));
	ASSERT_EQ(60, vt_send(a.fd, 60, b.mac, a.mac, 1));
	EXPECT_EQ(1, vt_recv_tag(b.fd));
	EXPECT_EQ(2, vt_proc_count("hub110."));
}

/* The file does not keep its namespace alive. */
TEST(namespace_ends_before_the_file)
{
	int home = here();
	struct vt_port p, q;
	uint8_t mac[6];
	int err = 0;

	ASSERT_LE(0, home);
	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	ASSERT_EQ(0, vt_port_open(&p, HUB, O_RDWR));
	ASSERT_EQ(0, vt_port_open(&q, HUB, O_RDWR | O_NONBLOCK));
	ASSERT_EQ(0, vt_netif(p.fd, "vtn0"));
	ASSERT_EQ(0, setns(home, CLONE_NEWNET));
	/* It is torn down by a worker. */
	for (int i = 0; i < VT_DEADLINE_MS / 20; i++) {
		err = VT_ERRNO(read(p.fd, mac, sizeof(mac)));
		if (err == ENODEV)
			break;
		usleep(20000);
	}
	EXPECT_EQ(ENODEV, err);
	EXPECT_EQ(ENODEV, VT_ERRNO(write(p.fd, mac, sizeof(mac))));
	/* What needs the namespace says so, what does not goes on. */
	for (int i = 0; i < VT_DEADLINE_MS / 20; i++) {
		err = VT_ERRNO(vt_netif(q.fd, "vtn1"));
		if (err == ENODEV)
			break;
		usleep(20000);
	}
	EXPECT_EQ(ENODEV, err);
	EXPECT_EQ(0, vt_flags(q.fd, VT_UP));
	EXPECT_EQ(0, close(p.fd));
	/* The number of the network is free for a new interface. */
	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	ASSERT_EQ(0, vt_port_open(&p, HUB, O_RDWR));
	EXPECT_EQ(0, vt_netif(p.fd, "vtn0"));
}

/* Capabilities of the user namespace that owns the network namespace. */
TEST(root_of_a_user_namespace)
{
	int status;
	pid_t child = fork();

	ASSERT_LE(0, child);
	if (!child) {
		struct vt_port p;
		int fd = vt_open(HUB, O_RDWR), old;

		/* Opened outside: root in here is nobody there. */
		if (fd < 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET))
			_exit(2);
		old = VT_ERRNO(vt_netif(fd, "vtu0"));
		if (old != EPERM)
			_exit(3);
		if (VT_ERRNO(vt_peer(fd, "vtd0", 0)) != EACCES)
			_exit(4);
		/* Opened inside: the namespace is its own. */
		p.fd = open("/dev/vmnet9", O_RDWR);
		if (p.fd < 0)
			_exit(5);
		if (VT_ERRNO(vt_netif(p.fd, "vtu0")))
			_exit(6);
		_exit(if_nametoindex("vtu0") ? 0 : 7);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_TRUE(WIFEXITED(status));
	EXPECT_EQ(0, WEXITSTATUS(status));
}

TEST(uplink_of_the_own_namespace)
{
	struct vt_port p, q, watch;
	uint32_t v = 99;
	int one, two;

	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	one = here();
	ASSERT_EQ(0, system("ip link add vtd0 type dummy && ip link set vtd0 up"));
	ASSERT_EQ(0, vt_port_open(&p, HUB, O_RDWR));
	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	two = here();
	ASSERT_EQ(0, vt_port_open(&q, HUB + 1, O_RDWR));
	/* No device of that name where this was opened ... */
	ASSERT_EQ(0, vt_peer(q.fd, "vtd0", 0));
	ASSERT_EQ(0, vt_port_open(&watch, HUB + 1, O_RDWR));
	ASSERT_EQ(0, ioctl(watch.fd, SIOCGBRSTATUS, &v));
	EXPECT_EQ(VMNET_BRIDGE_INACTIVE, v);
	/* ... but there is where that was. */
	ASSERT_EQ(0, vt_peer(p.fd, "vtd0", 0));
	ASSERT_EQ(0, vt_bind(watch.fd, HUB));
	ASSERT_EQ(0, ioctl(watch.fd, SIOCGBRSTATUS, &v));
	EXPECT_EQ(VMNET_BRIDGE_ACTIVE, v);
	close(one);
	close(two);
}

TEST_HARNESS_MAIN
