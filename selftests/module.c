// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Loading and unloading: 200 cycles (or VMNET_CYCLES) with users at work, EBUSY
 * while a file is open, parameters. The module is the file that VMNET_KO names.
 */
#define _GNU_SOURCE
#define VT_HARNESS
#include "vmtest.h"

#include <dirent.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

static int load(const char *param)
{
	const char *ko = getenv("VMNET_KO");
	int fd, ret, err;

	fd = open(ko ? ko : "", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ret = (int)syscall(SYS_finit_module, fd, param, 0);
	err = errno;
	close(fd);
	errno = err;
	return ret;
}

static int unload(void)
{
	return (int)syscall(SYS_delete_module, "vmnet", O_NONBLOCK);
}

/* Somebody may hold a file for a moment. */
static int unload_soon(void)
{
	for (int i = 0; i < VT_DEADLINE_MS / 10; i++) {
		if (!unload())
			return 0;
		if (errno != EAGAIN && errno != EBUSY && errno != EWOULDBLOCK)
			return -1;
		usleep(10000);
	}
	return -1;
}

static volatile bool stop;

/* Opens nodes and reads /proc while both come and go. */
static void *busybody(void *arg)
{
	unsigned long opens = 0;
	char name[300], c[512];

	(void)arg;
	while (!stop) {
		DIR *d = opendir("/proc/vmnet");
		struct dirent *e;
		int fd = open("/dev/vmnet3", O_RDWR | O_NONBLOCK | O_CLOEXEC);

		if (fd >= 0) {
			vt_flags(fd, VT_UP);
			vt_send(fd, 60, vt_bcast, vt_bcast, 1);
			opens++;
		}
		while (d && (e = readdir(d))) {
			int p;

			snprintf(name, sizeof(name), "/proc/vmnet/%s", e->d_name);
			p = open(name, O_RDONLY | O_CLOEXEC);
			if (p >= 0) {
				while (read(p, c, sizeof(c)) > 0)
					;
				close(p);
			}
		}
		if (d)
			closedir(d);
		if (fd >= 0)
			close(fd);
		usleep(1000);
	}
	return (void *)opens;
}

FIXTURE(module) {
	bool was_loaded;
};

FIXTURE_SETUP(module)
{
	ASSERT_NE(NULL, getenv("VMNET_KO"));
	self->was_loaded = access("/proc/vmnet", F_OK) == 0;
	if (self->was_loaded)
		ASSERT_EQ(0, unload_soon());
}

FIXTURE_TEARDOWN(module)
{
	if (self->was_loaded)
		load("");
}

TEST_F(module, in_use)
{
	int fd, copy;

	ASSERT_EQ(0, load(""));
	EXPECT_EQ(EEXIST, VT_ERRNO(load("")));
	fd = vt_open(8, O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(EAGAIN, VT_ERRNO(unload()));
	/* As a bridge and as an interface too. */
	ASSERT_EQ(0, vt_peer(fd, "vtnone0", 0));
	EXPECT_EQ(EAGAIN, VT_ERRNO(unload()));
	ASSERT_EQ(0, vt_netif(fd, "vtmod0"));
	EXPECT_EQ(EAGAIN, VT_ERRNO(unload()));
	copy = dup(fd);
	close(fd);
	EXPECT_EQ(EAGAIN, VT_ERRNO(unload()));
	close(copy);
	ASSERT_EQ(0, unload_soon());
	EXPECT_NE(0, access("/proc/vmnet", F_OK));
	EXPECT_NE(0, access("/dev/vmnet8", F_OK));
	EXPECT_EQ(-1, vt_major());
}

TEST_F(module, parameters)
{
	struct stat st;

	ASSERT_EQ(0, load("major=0 nodes=3,200-201"));
	EXPECT_LT(0, vt_major());
	EXPECT_NE(119, vt_major());
	ASSERT_EQ(0, stat("/dev/vmnet200", &st));
	EXPECT_EQ(makedev(vt_major(), 200), st.st_rdev);
	EXPECT_EQ(0, access("/dev/vmnet3", F_OK));
	EXPECT_NE(0, access("/dev/vmnet0", F_OK));
	ASSERT_EQ(0, unload_soon());
	/* Refused: nothing is left of it. */
	EXPECT_EQ(EINVAL, VT_ERRNO(load("nodes=0-256")));
	EXPECT_EQ(EINVAL, VT_ERRNO(load("nodes=x")));
	EXPECT_EQ(-1, vt_major());
	EXPECT_NE(0, access("/proc/vmnet", F_OK));
	ASSERT_EQ(0, load("nodes="));
	EXPECT_NE(0, access("/dev/vmnet0", F_OK));
	/* A node made by hand works. */
	EXPECT_LE(0, vt_open(0, O_RDWR));
}

/* How many of 1,030 frames a port keeps. */
static long long kept(void)
{
	struct vt_port a, b;
	long long n;

	if (vt_port_up(&a, 8, VT_UP) || vt_port_up(&b, 8, VT_UP))
		return -1;
	for (int i = 0; i < 1030; i++)
		vt_send(a.fd, 60, b.mac, a.mac, 1);
	n = vt_counter(&b, "queued");
	close(a.fd);
	close(b.fd);
	return n;
}

TEST_F(module, row_11_vnet_max_qlen)
{
	static const struct { const char *param; int frames; } t[] = {
		{ "", 1024 }, { "vnet_max_qlen=512", 512 },
		{ "vnet_max_qlen=700", 700 }, { "vnet_max_qlen=1024", 1024 },
		{ "vnet_max_qlen=511", 1024 }, { "vnet_max_qlen=1025", 1024 },
		{ "vnet_max_qlen=0", 1024 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		ASSERT_EQ(0, load(t[i].param));
		EXPECT_EQ(t[i].frames, kept()) TH_LOG("%s", t[i].param);
		EXPECT_NE(0, access("/sys/module/vmnet/parameters/vnet_max_qlen",
				    F_OK));
		ASSERT_EQ(0, unload_soon());
	}
}

/* An emulated debug kernel takes a second for each. */
static int cycles(void)
{
	const char *n = getenv("VMNET_CYCLES");

	return n ? atoi(n) : 200;
}

TEST_F(module, cycles)
{
	void *opens;
	pthread_t t;
	int n = cycles(), held = 0;

	ASSERT_EQ(0, pthread_create(&t, NULL, busybody, NULL));
	for (int i = 0; i < n; i++) {
		int fd;

		ASSERT_EQ(0, load("")) TH_LOG("cycle %d: %d", i, errno);
		fd = vt_open(i % 256, O_RDWR | O_NONBLOCK);
		ASSERT_LE(0, fd);
		if (i % 4 == 1)
			ASSERT_EQ(0, vt_peer(fd, "vtnone0", 0));
		if (i % 10 == 2)
			ASSERT_EQ(0, vt_netif(fd, "vtmod0"));
		if (unload() && errno == EAGAIN)
			held++;
		close(fd);
		ASSERT_EQ(0, unload_soon()) TH_LOG("cycle %d: %d", i, errno);
	}
	stop = true;
	ASSERT_EQ(0, pthread_join(t, &opens));
	EXPECT_EQ(n, held);
	TH_LOG("%d cycles, %lu opens beside them", n, (unsigned long)opens);
}

TEST_HARNESS_MAIN
