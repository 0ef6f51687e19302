// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The file operations of /dev/vmnetN in VMware's dialect: open, read, write,
 * poll, close.
 */
#define _GNU_SOURCE
#define VT_HARNESS
#include "vmtest.h"

#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define HUB	20

static uint8_t buf[70000], frame[70000];

/* Two running ports on one hub. */
FIXTURE(chardev) {
	struct vt_port a, b;
};

FIXTURE_SETUP(chardev)
{
	ASSERT_EQ(0, vt_port_up(&self->a, HUB, VT_UP));
	ASSERT_EQ(0, vt_port_up(&self->b, HUB, VT_UP));
}

FIXTURE_TEARDOWN(chardev)
{
	close(self->a.fd);
	close(self->b.fd);
}

TEST(row_1_fresh_port_is_running_and_not_up)
{
	struct vt_port p, up;

	ASSERT_EQ(0, vt_port_open(&p, HUB, O_RDWR | O_NONBLOCK));
	ASSERT_EQ(0, vt_port_up(&up, HUB, VT_UP));

	/* What it writes is taken and thrown away ... */
	EXPECT_EQ(60, vt_send(p.fd, 60, vt_bcast, p.mac, 1));
	EXPECT_EQ(1, vt_counter(&p, "dropped.down"));
	EXPECT_EQ(0, vt_counter(&p, "written"));
	EXPECT_TRUE(vt_quiet(up.fd));
	/* ... and what is sent to it too. */
	EXPECT_EQ(60, vt_send(up.fd, 60, vt_bcast, up.mac, 1));
	EXPECT_EQ(2, vt_counter(&p, "dropped.down"));
	EXPECT_EQ(EAGAIN, VT_ERRNO(read(p.fd, buf, sizeof(buf))));
	EXPECT_EQ(0, vt_counter(&p, "queued"));
}

TEST(row_1_major_and_minors)
{
	const char *path = "/dev/.vmtest-256";
	int fd = vt_open(255, O_RDWR);

	EXPECT_EQ(119, vt_major());
	EXPECT_LE(0, fd);
	close(fd);
	unlink(path);
	ASSERT_EQ(0, mknod(path, S_IFCHR | 0600,
			   makedev((unsigned int)vt_major(), 256)));
	EXPECT_EQ(ENXIO, VT_ERRNO(open(path, O_RDWR)));
	unlink(path);
}

TEST(devtmpfs_nodes)
{
	struct stat st;
	char path[32];

	for (unsigned int i = 0; i < 10; i++) {
		snprintf(path, sizeof(path), "/dev/vmnet%u", i);
		ASSERT_EQ(0, stat(path, &st));
		EXPECT_TRUE(S_ISCHR(st.st_mode));
		EXPECT_EQ(makedev(119, i), st.st_rdev);
		EXPECT_EQ(0660, st.st_mode & 0777);
	}
	EXPECT_EQ(119, vt_major());
}

TEST_F(chardev, row_3_1_frame_goes_through_unchanged)
{
	static const size_t len[] = { 14, 15, 59, 60, 61, 1514, 1518, 4000,
				      9000, 9215, 9216 };

	for (size_t i = 0; i < sizeof(len) / sizeof(len[0]); i++) {
		ssize_t want = (ssize_t)len[i];

		EXPECT_EQ(want, vt_send(self->a.fd, len[i], self->b.mac,
					self->a.mac, 5));
		vt_frame(frame, len[i], self->b.mac, self->a.mac, 5);
		ASSERT_EQ(want, vt_recv(self->b.fd, buf, sizeof(buf)));
		EXPECT_EQ(0, memcmp(buf, frame, len[i]));
	}
	EXPECT_EQ(11, vt_counter(&self->a, "written"));
	EXPECT_EQ(11, vt_counter(&self->b, "queued"));
	EXPECT_EQ(11, vt_counter(&self->b, "read"));
}

TEST_F(chardev, row_3_1_write_sizes)
{
	static const size_t bad[] = { 0, 1, 13, 9217, 65536 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (!bad[i])
			continue;
		vt_frame(frame, bad[i] < 14 ? 14 : bad[i], self->b.mac,
			 self->a.mac, 1);
		EXPECT_EQ(EINVAL, VT_ERRNO(write(self->a.fd, frame, bad[i])))
			TH_LOG("%zu bytes", bad[i]);
	}
	EXPECT_EQ(EINVAL, VT_ERRNO(write(self->a.fd, frame, 0)));
	EXPECT_EQ(0, vt_counter(&self->a, "written"));
	EXPECT_TRUE(vt_quiet(self->b.fd));
	/* The size is looked at before anything else, the state too. */
	EXPECT_EQ(0, vt_flags(self->a.fd, 0));
	EXPECT_EQ(EINVAL, VT_ERRNO(write(self->a.fd, frame, 13)));
	EXPECT_EQ(0, vt_counter(&self->a, "dropped.down"));
}

TEST_F(chardev, row_3_2_short_buffer_keeps_the_frame)
{
	ASSERT_EQ(100, vt_send(self->a.fd, 100, self->b.mac, self->a.mac, 1));
	ASSERT_EQ(200, vt_send(self->a.fd, 200, self->b.mac, self->a.mac, 2));
	EXPECT_EQ(EMSGSIZE, VT_ERRNO(read(self->b.fd, buf, 99)));
	EXPECT_EQ(EMSGSIZE, VT_ERRNO(read(self->b.fd, buf, 1)));
	EXPECT_EQ(EMSGSIZE, VT_ERRNO(read(self->b.fd, buf, 0)));
	EXPECT_EQ(0, vt_counter(&self->b, "read"));
	EXPECT_EQ(100, read(self->b.fd, buf, 100));
	EXPECT_EQ(1, buf[14]);
	EXPECT_EQ(200, read(self->b.fd, buf, sizeof(buf)));
	EXPECT_EQ(2, buf[14]);
	EXPECT_EQ(EAGAIN, VT_ERRNO(read(self->b.fd, buf, sizeof(buf))));
}

TEST_F(chardev, row_3_2_bad_buffers)
{
	void *bad = mmap(NULL, 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);

	ASSERT_NE(MAP_FAILED, bad);
	EXPECT_EQ(EFAULT, VT_ERRNO(write(self->a.fd, bad, 60)));
	EXPECT_TRUE(vt_quiet(self->b.fd));
	ASSERT_EQ(60, vt_send(self->a.fd, 60, self->b.mac, self->a.mac, 1));
	ASSERT_EQ(60, vt_send(self->a.fd, 60, self->b.mac, self->a.mac, 2));
	/* The frame that could not be stored is lost, the next is not. */
	EXPECT_EQ(EFAULT, VT_ERRNO(read(self->b.fd, bad, 8192)));
	EXPECT_EQ(60, read(self->b.fd, buf, sizeof(buf)));
	EXPECT_EQ(2, buf[14]);
}

TEST_F(chardev, row_1_writev_sends_a_frame_per_element)
{
	uint8_t f[3][80];
	struct iovec iov[3];

	for (int i = 0; i < 3; i++) {
		iov[i].iov_base = f[i];
		iov[i].iov_len = vt_frame(f[i], 60 + (size_t)i, self->b.mac,
					  self->a.mac, (uint8_t)i);
	}
	EXPECT_EQ(60 + 61 + 62, writev(self->a.fd, iov, 3));
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(60 + i, vt_recv(self->b.fd, buf, sizeof(buf)));
		EXPECT_EQ(i, buf[14]);
	}
	EXPECT_EQ(3, vt_counter(&self->a, "written"));

	/* A bad element ends the call; what went before it has been sent. */
	iov[1].iov_len = 13;
	EXPECT_EQ(60, writev(self->a.fd, iov, 3));
	EXPECT_EQ(0, vt_recv_tag(self->b.fd));
	EXPECT_TRUE(vt_quiet(self->b.fd));
	iov[0].iov_len = 13;
	EXPECT_EQ(EINVAL, VT_ERRNO(writev(self->a.fd, iov, 3)));
}

TEST_F(chardev, row_1_readv_takes_one_frame)
{
	uint8_t one[64], two[2000];
	struct iovec iov[2] = { { one, 64 }, { two, sizeof(two) } };

	for (uint8_t i = 0; i < 3; i++)
		ASSERT_EQ(60, vt_send(self->a.fd, 60, self->b.mac,
				      self->a.mac, i));
	/* The first element is not filled exactly, so the call ends there. */
	EXPECT_EQ(60, readv(self->b.fd, iov, 2));
	EXPECT_EQ(0, one[14]);
	/* Filled exactly: the next element takes the next frame. */
	iov[0].iov_len = 60;
	EXPECT_EQ(120, readv(self->b.fd, iov, 2));
	EXPECT_EQ(1, one[14]);
	EXPECT_EQ(2, two[14]);
}

TEST_F(chardev, row_1_pread_and_pwrite_ignore_the_offset)
{
	vt_frame(frame, 60, self->b.mac, self->a.mac, 9);
	EXPECT_EQ(60, pwrite(self->a.fd, frame, 60, 4096));
	EXPECT_EQ(60, pread(self->b.fd, buf, sizeof(buf), 12345));
	EXPECT_EQ(9, buf[14]);
}

TEST_F(chardev, row_1_what_a_port_is_not)
{
	EXPECT_EQ(ESPIPE, VT_ERRNO(lseek(self->a.fd, 0, SEEK_SET)));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ, MAP_SHARED,
				   self->a.fd, 0));
	EXPECT_EQ(ENODEV, errno);
}

TEST(row_1_access_mode)
{
	struct vt_port r, w;

	ASSERT_EQ(0, vt_port_open(&r, HUB, O_RDONLY | O_NONBLOCK));
	ASSERT_EQ(0, vt_port_open(&w, HUB, O_WRONLY | O_NONBLOCK));
	/* The mode is for read and write; calls work on both. */
	EXPECT_EQ(0, vt_flags(r.fd, VT_UP));
	EXPECT_EQ(0, vt_flags(w.fd, VT_UP));
	EXPECT_EQ(60, vt_send(w.fd, 60, r.mac, w.mac, 3));
	EXPECT_EQ(3, vt_recv_tag(r.fd));
	EXPECT_EQ(EBADF, VT_ERRNO(write(r.fd, frame, 60)));
	EXPECT_EQ(EBADF, VT_ERRNO(read(w.fd, buf, 60)));
}

TEST_F(chardev, row_3_2_nonblock_is_looked_at_each_time)
{
	int fl = fcntl(self->b.fd, F_GETFL);

	EXPECT_EQ(EAGAIN, VT_ERRNO(read(self->b.fd, buf, sizeof(buf))));
	ASSERT_EQ(0, fcntl(self->b.fd, F_SETFL, fl & ~O_NONBLOCK));
	ASSERT_EQ(60, vt_send(self->a.fd, 60, self->b.mac, self->a.mac, 1));
	EXPECT_EQ(60, read(self->b.fd, buf, sizeof(buf)));
	ASSERT_EQ(0, fcntl(self->b.fd, F_SETFL, fl));
	EXPECT_EQ(EAGAIN, VT_ERRNO(read(self->b.fd, buf, sizeof(buf))));
}

static void on_alarm(int signo)
{
	(void)signo;
}

TEST_F(chardev, row_3_2_signal_ends_a_read_even_with_sa_restart)
{
	struct sigaction sa = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	pid_t me = getpid(), child;

	ASSERT_EQ(0, fcntl(self->b.fd, F_SETFL, 0));
	ASSERT_EQ(0, sigaction(SIGUSR1, &sa, NULL));
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		/* More than one, since the first may come before the read. */
		for (int i = 0; i < 600; i++) {
			usleep(100000);
			if (kill(me, SIGUSR1))
				break;
		}
		_exit(0);
	}
	EXPECT_EQ(EINTR, VT_ERRNO(read(self->b.fd, buf, sizeof(buf))));
	kill(child, SIGKILL);
}

struct reader {
	int fd;
	ssize_t ret;
	int err;
	volatile int started;
};

static void *read_one(void *arg)
{
	struct reader *r = arg;
	static uint8_t rbuf[70000];

	r->started = 1;
	r->ret = read(r->fd, rbuf, sizeof(rbuf));
	r->err = r->ret < 0 ? errno : 0;
	return NULL;
}

/* Starts a reader and waits until the kernel shows it asleep. */
static int start_reader(pthread_t *t, struct reader *r)
{
	if (pthread_create(t, NULL, read_one, r))
		return -1;
	while (!r->started)
		usleep(1000);
	usleep(200000);
	return 0;
}

TEST_F(chardev, row_3_2_frame_wakes_a_sleeping_reader)
{
	struct reader r = { .fd = self->b.fd };
	pthread_t t;

	ASSERT_EQ(0, fcntl(self->b.fd, F_SETFL, 0));
	ASSERT_EQ(0, start_reader(&t, &r));
	ASSERT_EQ(60, vt_send(self->a.fd, 60, self->b.mac, self->a.mac, 1));
	ASSERT_EQ(0, pthread_join(t, NULL));
	EXPECT_EQ(60, r.ret);
}

TEST_F(chardev, row_2_conversion_wakes_a_sleeping_reader)
{
	struct reader r = { .fd = self->b.fd };
	pthread_t t;

	ASSERT_EQ(0, fcntl(self->b.fd, F_SETFL, 0));
	ASSERT_EQ(0, start_reader(&t, &r));
	ASSERT_EQ(0, vt_peer(self->b.fd, "vtnone0", 0));
	ASSERT_EQ(0, pthread_join(t, NULL));
	EXPECT_EQ(-1, r.ret);
	EXPECT_EQ(EPERM, r.err);
}

TEST_F(chardev, row_3_4_poll_mask)
{
	struct pollfd p = { .fd = self->b.fd,
			    .events = POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM };

	EXPECT_EQ(0, poll(&p, 1, 0)) TH_LOG("revents %#x", p.revents);
	ASSERT_EQ(60, vt_send(self->a.fd, 60, self->b.mac, self->a.mac, 1));
	EXPECT_EQ(1, poll(&p, 1, VT_DEADLINE_MS));
	EXPECT_EQ(POLLIN, p.revents & (POLLIN | POLLOUT | POLLERR | POLLHUP));
	EXPECT_EQ(60, read(self->b.fd, buf, sizeof(buf)));
	EXPECT_EQ(0, poll(&p, 1, 0));
}

TEST_F(chardev, row_3_4_select_for_read)
{
	struct timeval tv = { 0, 0 };
	fd_set set;

	FD_ZERO(&set);
	FD_SET(self->b.fd, &set);
	EXPECT_EQ(0, select(self->b.fd + 1, &set, NULL, NULL, &tv));
	ASSERT_EQ(60, vt_send(self->a.fd, 60, self->b.mac, self->a.mac, 1));
	FD_SET(self->b.fd, &set);
	tv.tv_sec = 60;
	EXPECT_EQ(1, select(self->b.fd + 1, &set, NULL, NULL, &tv));
}

TEST_F(chardev, row_3_4_edge_triggered_epoll_fires_for_each_frame)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET };
	int ep = epoll_create1(0);

	ASSERT_LE(0, ep);
	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, self->b.fd, &ev));
	EXPECT_EQ(0, epoll_wait(ep, &ev, 1, 0));
	for (uint8_t i = 0; i < 3; i++) {
		ASSERT_EQ(60, vt_send(self->a.fd, 60, self->b.mac,
				      self->a.mac, i));
		EXPECT_EQ(1, epoll_wait(ep, &ev, 1, VT_DEADLINE_MS));
		EXPECT_EQ(0, epoll_wait(ep, &ev, 1, 0));
	}
}

TEST_F(chardev, row_2_2_going_down_empties_the_queue)
{
	ASSERT_EQ(60, vt_send(self->a.fd, 60, self->b.mac, self->a.mac, 1));
	/* Up to up keeps it ... */
	EXPECT_EQ(0, vt_flags(self->b.fd, VT_UP | VMNET_FLAG_MULTICAST));
	EXPECT_EQ(1, vt_recv_tag(self->b.fd));
	ASSERT_EQ(60, vt_send(self->a.fd, 60, self->b.mac, self->a.mac, 2));
	/* ... and down does not. */
	EXPECT_EQ(0, vt_flags(self->b.fd, 0));
	EXPECT_EQ(EAGAIN, VT_ERRNO(read(self->b.fd, buf, sizeof(buf))));
	EXPECT_EQ(0, vt_flags(self->b.fd, VT_UP));
	EXPECT_TRUE(vt_quiet(self->b.fd));
	EXPECT_EQ(0, vt_counter(&self->b, "dropped.down"));
	ASSERT_EQ(60, vt_send(self->a.fd, 60, self->b.mac, self->a.mac, 3));
	EXPECT_EQ(3, vt_recv_tag(self->b.fd));
}

TEST_F(chardev, row_5_never_to_itself)
{
	ASSERT_EQ(0, vt_flags(self->a.fd, VT_UP | VMNET_FLAG_PROMISC));
	ASSERT_EQ(60, vt_send(self->a.fd, 60, vt_bcast, self->a.mac, 1));
	ASSERT_EQ(60, vt_send(self->a.fd, 60, self->a.mac, self->a.mac, 2));
	EXPECT_TRUE(vt_quiet(self->a.fd));
}

TEST_F(chardev, row_3_5_queue_holds_1024_and_drops_the_newest)
{
	static uint8_t two[60];

	for (int i = 0; i < 1030; i++) {
		vt_frame(two, 60, self->b.mac, self->a.mac, (uint8_t)i);
		two[15] = (uint8_t)(i >> 8);
		ASSERT_EQ(60, write(self->a.fd, two, 60));
	}
	EXPECT_EQ(1024, vt_counter(&self->b, "queued"));
	EXPECT_EQ(6, vt_counter(&self->b, "dropped.overflow"));
	for (int i = 0; i < 1024; i++) {
		ASSERT_EQ(60, read(self->b.fd, buf, sizeof(buf)));
		ASSERT_EQ(i, buf[14] | buf[15] << 8);
	}
	EXPECT_EQ(EAGAIN, VT_ERRNO(read(self->b.fd, buf, sizeof(buf))));
	EXPECT_EQ(1024, vt_counter(&self->b, "read"));
	ASSERT_EQ(60, write(self->a.fd, two, 60));
	EXPECT_EQ(60, read(self->b.fd, buf, sizeof(buf)));
}

TEST_F(chardev, row_1_file_is_shared_and_ends_with_the_last_close)
{
	char entry[32];
	int fd = dup(self->b.fd);
	pid_t child;
	int pipefd[2];

	snprintf(entry, sizeof(entry), "userif%d", self->b.n);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, close(self->b.fd));
	ASSERT_EQ(60, vt_send(self->a.fd, 60, self->b.mac, self->a.mac, 1));
	EXPECT_EQ(1, vt_recv_tag(fd));

	ASSERT_EQ(0, pipe(pipefd));
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		char c;

		close(pipefd[1]);
		_exit(read(pipefd[0], &c, 1) == 0 ? 0 : 1);
	}
	close(pipefd[0]);
	ASSERT_EQ(0, close(fd));
	EXPECT_TRUE(vt_proc_exists(entry));
	/* The child ends, and so does the port. */
	close(pipefd[1]);
	EXPECT_TRUE(vt_proc_gone(entry));
	self->b.fd = -1;
}

TEST_F(chardev, row_1_every_open_is_a_port_of_its_own)
{
	char sa[64], sb[64];

	EXPECT_NE(self->a.n, self->b.n);
	EXPECT_NE(0, memcmp(self->a.mac, self->b.mac, 6));
	ASSERT_EQ(0, vt_slot(&self->a, sa, sizeof(sa)));
	ASSERT_EQ(0, vt_slot(&self->b, sb, sizeof(sb)));
	EXPECT_STREQ("hub20.0", sa);
	EXPECT_STREQ("hub20.1", sb);
}

TEST_F(chardev, row_5_hubs_are_apart)
{
	struct vt_port other;

	ASSERT_EQ(0, vt_port_up(&other, HUB + 1, VT_UP | VMNET_FLAG_PROMISC));
	ASSERT_EQ(60, vt_send(self->a.fd, 60, vt_bcast, self->a.mac, 1));
	ASSERT_EQ(60, vt_send(self->a.fd, 60, other.mac, self->a.mac, 1));
	EXPECT_EQ(1, vt_recv_tag(self->b.fd));
	EXPECT_TRUE(vt_quiet(other.fd));
	EXPECT_EQ(0, vt_counter(&other, "queued"));
}

TEST_HARNESS_MAIN
