// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Limits: many ports on a hub, one too many, and memory that is bounded.
 */
#define _GNU_SOURCE
#define VT_HARNESS
#include "vmtest.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <net/if.h>
#include <linux/if_tun.h>

#define HUB	100

static int fds[VMNET_MAX_PORTS + 16];

static int allow_files(void)
{
	struct rlimit r = { 65536, 65536 };

	return setrlimit(RLIMIT_NOFILE, &r);
}

TEST(thousand_ports)
{
	struct vt_port a, last;
	const int n = 1024;

	ASSERT_EQ(0, allow_files());
	ASSERT_EQ(0, vt_port_up(&a, HUB, VT_UP));
	for (int i = 0; i < n - 2; i++) {
		fds[i] = vt_open(HUB, O_RDWR | O_NONBLOCK);
		ASSERT_LE(0, fds[i]) TH_LOG("port %d: %s", i, strerror(errno));
	}
	ASSERT_EQ(0, vt_port_up(&last, HUB, VT_UP));
	EXPECT_EQ(n, vt_proc_count("hub100."));
	EXPECT_EQ(n, vt_proc_count("userif"));
	EXPECT_TRUE(vt_proc_exists("hub100.1023"));
	ASSERT_EQ(60, vt_send(a.fd, 60, last.mac, a.mac, 1));
	EXPECT_EQ(1, vt_recv_tag(last.fd));
	ASSERT_EQ(60, vt_send(a.fd, 60, vt_bcast, a.mac, 2));
	EXPECT_EQ(2, vt_recv_tag(last.fd));
	for (int i = 0; i < n - 2; i++)
		close(fds[i]);
	EXPECT_EQ(2, vt_proc_count("userif"));
	EXPECT_TRUE(vt_proc_exists("hub100.1023"));
}

/* A hub ends at 4,096 ports: one line of errno, nothing leaked. */
TEST(full_hub)
{
	int n = 0, err = 0, other;

	ASSERT_EQ(0, allow_files());
	while (n < VMNET_MAX_PORTS + 8) {
		fds[n] = vt_open(HUB, O_RDWR | O_NONBLOCK);
		if (fds[n] < 0) {
			err = errno;
			break;
		}
		n++;
	}
	EXPECT_EQ(EBUSY, err);
	EXPECT_EQ(VMNET_MAX_PORTS, n);
	EXPECT_EQ(n, vt_proc_count("hub100."));
	EXPECT_EQ(n, vt_proc_count("userif"));
	/* Other hubs do not mind; moving in is refused. */
	other = vt_open(HUB + 1, O_RDWR);
	ASSERT_LE(0, other);
	EXPECT_EQ(EINVAL, VT_ERRNO(vt_bind(other, HUB)));
	EXPECT_TRUE(vt_proc_exists("hub101.0"));
	/* A place that is left can be taken. */
	close(fds[17]);
	EXPECT_FALSE(vt_proc_exists("hub100.17"));
	fds[17] = vt_open(HUB, O_RDWR);
	EXPECT_LE(0, fds[17]);
	EXPECT_TRUE(vt_proc_exists("hub100.17"));
	for (int i = 0; i < n; i++)
		close(fds[i]);
	close(other);
	EXPECT_EQ(0, vt_proc_count(""));
}

static int parameter(const char *name)
{
	char path[128], text[32] = "";
	int fd;

	snprintf(path, sizeof(path), "/sys/module/vmnet/parameters/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return -1;
	close(fd);
	return atoi(text);
}

/* An ordinary user who may open a node still cannot have them all. */
TEST(ports_of_one_user)
{
	int status, limit = parameter("max_user_ports");
	pid_t child;

	ASSERT_LT(0, limit);
	ASSERT_EQ(0, allow_files());
	ASSERT_EQ(0, chmod("/dev/vmnet9", 0666));
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		int n = 0;

		if (setgid(65534) || setuid(65534))
			_exit(3);
		while (n <= limit && open("/dev/vmnet9", O_RDWR) >= 0)
			n++;
		/* 65,536 files were allowed: this is the module's answer. */
		_exit(n == limit && errno == EMFILE ? 0 : 4);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_EQ(0, chmod("/dev/vmnet9", 0660));
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(0, WEXITSTATUS(status));
	EXPECT_EQ(0, vt_proc_count(""));
}

/* Nobody reads: large frames are bounded by memory before they are 1,024. */
TEST(queue_is_bounded_in_bytes)
{
	struct vt_port a, b;
	long long queued, lost;

	ASSERT_EQ(0, vt_tap_open(&a, HUB, 0));
	ASSERT_EQ(0, vt_tap_open(&b, HUB, 0));
	for (int i = 0; i < 1200; i++)
		ASSERT_EQ(60000, vt_send(a.fd, 60000, vt_bcast, a.mac, 1));
	queued = vt_counter(&b, "queued");
	lost = vt_counter(&b, "dropped.overflow");
	EXPECT_LT(0, queued);
	/* 1,024 of these would be 60 MB. */
	EXPECT_GT(700, queued);
	EXPECT_EQ(1200, queued + lost);
	EXPECT_EQ(queued, vt_drain(b.fd));
	/* With room again it goes on. */
	ASSERT_EQ(60, vt_send(a.fd, 60, vt_bcast, a.mac, 2));
	EXPECT_EQ(2, vt_recv_tag(b.fd));
}

TEST(row_7_mac_addresses_differ)
{
	static uint8_t mac[1000][6];

	ASSERT_EQ(0, allow_files());
	for (int i = 0; i < 1000; i++) {
		fds[i] = vt_open(HUB + i % 7, O_RDWR);
		ASSERT_LE(0, fds[i]);
		ASSERT_EQ(0, vt_get_mac(fds[i], mac[i]));
	}
	for (int i = 0; i < 1000; i++)
		for (int k = 0; k < i; k++)
			ASSERT_NE(0, memcmp(mac[i], mac[k], 6));
	for (int i = 0; i < 1000; i++)
		close(fds[i]);
}

TEST_HARNESS_MAIN
