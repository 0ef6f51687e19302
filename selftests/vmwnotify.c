// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The pending word of SIOCSETNOTIFY2: its errors, when it changes, and that
 * nothing is touched after its end. Names of tests are rows of ABI.md.
 */
#define _GNU_SOURCE
#define VT_HARNESS
#include "vmtest.h"

#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <linux/capability.h>
#include <linux/if_tun.h>

#define HUB	80
#define BIT	0x10u
#define OTHERS	0x80000201u

static uint8_t buf[10000];

static int set_at(int fd, uint64_t pending, uint64_t cluster, uint32_t mask)
{
	struct vmnet_notify n = {
		.version = 6,
		.pad0 = ~0u, .pad1 = ~0ull, .pad2 = ~0u,
		.pending = pending, .cluster = cluster, .mask = mask,
	};

	return ioctl(fd, SIOCSETNOTIFY2, &n);
}

static int set(int fd, volatile uint32_t *word, uint32_t mask)
{
	return set_at(fd, (uintptr_t)word, (uintptr_t)(word + 1), mask);
}

static int unset(int fd)
{
	return ioctl(fd, SIOCUNSETNOTIFY, NULL);
}

/* kB of pinned memory, as the kernel counts them for this process. */
static long pinned(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[128];
	long kb = -1;

	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "VmPin: %ld", &kb);
	if (f)
		fclose(f);
	return kb;
}

static void *pages(int n, int prot, int flags)
{
	void *p = mmap(NULL, (size_t)n * 4096, prot, MAP_ANONYMOUS | flags,
		       -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

FIXTURE(notify) {
	struct vt_port a, b;
	volatile uint32_t *word;
};

FIXTURE_SETUP(notify)
{
	ASSERT_EQ(0, vt_port_up(&self->a, HUB, VT_UP));
	ASSERT_EQ(0, vt_port_up(&self->b, HUB, VT_UP));
	self->word = pages(1, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	ASSERT_NE(NULL, self->word);
}

FIXTURE_TEARDOWN(notify)
{
	close(self->a.fd);
	close(self->b.fd);
}

static int frame(const struct vt_port *from, const struct vt_port *to)
{
	return vt_send(from->fd, 60, to->mac, from->mac, 1) == 60 ? 0 : -1;
}

TEST_F(notify, row_2_12_layout)
{
	EXPECT_EQ(16, offsetof(struct vmnet_notify, pending));
	EXPECT_EQ(24, offsetof(struct vmnet_notify, cluster));
	EXPECT_EQ(36, offsetof(struct vmnet_notify, mask));
}

TEST_F(notify, row_2_12_errors)
{
	uintptr_t w = (uintptr_t)self->word;
	uintptr_t ro = (uintptr_t)pages(1, PROT_READ, MAP_PRIVATE);
	uintptr_t two = (uintptr_t)pages(2, PROT_READ | PROT_WRITE,
					 MAP_PRIVATE);
	static const uint32_t bad[] = { 0, 1, 5, 7, 0xffffffff };
	struct vmnet_notify n = { .pending = w, .cluster = w };
	int fd = self->b.fd;
	struct vt_port tap;

	for (int i = 0; i < 5; i++) {
		n.version = bad[i];
		EXPECT_EQ(ENOTTY, VT_ERRNO(ioctl(fd, SIOCSETNOTIFY2, &n)));
	}
	EXPECT_EQ(EFAULT, VT_ERRNO(ioctl(fd, SIOCSETNOTIFY2, NULL)));
	EXPECT_EQ(EINVAL, VT_ERRNO(unset(fd)));
	/* Across the end of a page, readable or not. */
	EXPECT_EQ(EINVAL, VT_ERRNO(set_at(fd, two + 4093, w, 1)));
	EXPECT_EQ(EINVAL, VT_ERRNO(set_at(fd, 4093, w, 1)));
	EXPECT_EQ(EINVAL, VT_ERRNO(set_at(fd, w, two + 4094, 1)));
	/* Not readable. */
	EXPECT_EQ(EFAULT, VT_ERRNO(set_at(fd, 0, w, 1)));
	EXPECT_EQ(EFAULT, VT_ERRNO(set_at(fd, w, 0, 1)));
	EXPECT_EQ(EFAULT, VT_ERRNO(set_at(fd, 0xffff888000000000, w, 1)));
	EXPECT_EQ(EFAULT, VT_ERRNO(set_at(fd, w, 0xffff888000000000, 1)));
	/* Not writable. */
	EXPECT_EQ(EAGAIN, VT_ERRNO(set_at(fd, ro, w, 1)));
	EXPECT_EQ(EAGAIN, VT_ERRNO(set_at(fd, w, ro, 1)));
	/* In this order: the end of the page, readable, writable, alignment;
	 * the pending word before the other.
	 */
	EXPECT_EQ(EAGAIN, VT_ERRNO(set_at(fd, ro + 2, 0, 1)));
	EXPECT_EQ(EFAULT, VT_ERRNO(set_at(fd, w + 2, 4093, 1)));
	for (int i = 1; i < 4; i++)
		EXPECT_EQ(EFAULT, VT_ERRNO(set_at(fd, w + i, w, 1)));
	/* The other need not be aligned. */
	EXPECT_EQ(0, set_at(fd, w + 4092, two + 4091, 1));
	EXPECT_EQ(EBUSY, VT_ERRNO(set_at(fd, w, w, 1)));
	EXPECT_EQ(EBUSY, VT_ERRNO(set_at(fd, 0, 0, 1)));
	EXPECT_EQ(0, unset(fd));
	EXPECT_EQ(EINVAL, VT_ERRNO(unset(fd)));
	/* Nothing stays pinned after an error. */
	EXPECT_EQ(0, pinned());
	ASSERT_EQ(0, vt_tap_open(&tap, HUB, 0));
	EXPECT_EQ(EINVAL, VT_ERRNO(set(tap.fd, self->word, 1)));
	EXPECT_EQ(EINVAL, VT_ERRNO(unset(tap.fd)));
}

TEST_F(notify, row_2_12_set_at_enqueue_cleared_by_an_empty_read)
{
	volatile uint32_t *word = self->word;

	*word = OTHERS;
	word[1] = 0x12345678;
	ASSERT_EQ(0, set(self->b.fd, word, BIT));
	EXPECT_EQ(OTHERS, *word);
	ASSERT_EQ(0, frame(&self->a, &self->b));
	EXPECT_EQ(OTHERS | BIT, *word);
	ASSERT_EQ(0, frame(&self->a, &self->b));
	/* Too short a buffer, and the last frame, clear nothing. */
	EXPECT_EQ(EMSGSIZE, VT_ERRNO(read(self->b.fd, buf, 10)));
	EXPECT_EQ(OTHERS | BIT, *word);
	EXPECT_EQ(60, read(self->b.fd, buf, sizeof(buf)));
	EXPECT_EQ(60, read(self->b.fd, buf, sizeof(buf)));
	EXPECT_EQ(OTHERS | BIT, *word);
	EXPECT_EQ(EAGAIN, VT_ERRNO(read(self->b.fd, buf, sizeof(buf))));
	EXPECT_EQ(OTHERS, *word);
	/* A frame that is refused sets nothing, poll changes nothing. */
	EXPECT_EQ(60, vt_send(self->b.fd, 60, self->a.mac, self->b.mac, 1));
	vt_flags(self->b.fd, VMNET_FLAG_UP);
	EXPECT_EQ(60, vt_send(self->a.fd, 60, vt_bcast, self->a.mac, 1));
	EXPECT_EQ(OTHERS, *word);
	ASSERT_EQ(0, frame(&self->a, &self->b));
	EXPECT_FALSE(vt_quiet(self->b.fd));
	EXPECT_EQ(OTHERS | BIT, *word);
	/* The other word is never written. */
	EXPECT_EQ(0x12345678, word[1]);
}

TEST_F(notify, row_2_12_down_clears)
{
	*self->word = OTHERS;
	ASSERT_EQ(0, set(self->b.fd, self->word, BIT));
	ASSERT_EQ(0, frame(&self->a, &self->b));
	EXPECT_EQ(0, vt_flags(self->b.fd, VT_UP));
	EXPECT_EQ(OTHERS | BIT, *self->word);
	EXPECT_EQ(0, vt_flags(self->b.fd, 0));
	EXPECT_EQ(OTHERS, *self->word);
	ASSERT_EQ(0, frame(&self->a, &self->b));
	EXPECT_EQ(OTHERS, *self->word);
}

TEST_F(notify, row_2_12_frames_that_wait_already)
{
	ASSERT_EQ(0, frame(&self->a, &self->b));
	ASSERT_EQ(0, set(self->b.fd, self->word, BIT));
	EXPECT_EQ(0, *self->word);
	EXPECT_EQ(60, read(self->b.fd, buf, sizeof(buf)));
	EXPECT_EQ(0, *self->word);
}

TEST_F(notify, row_2_12_masks)
{
	static const uint32_t masks[] = { 0, 1, 0xffffffff, 0x80000000 };

	for (int i = 0; i < 4; i++) {
		*self->word = 0x00ff00ff;
		ASSERT_EQ(0, set(self->b.fd, self->word, masks[i]));
		ASSERT_EQ(0, frame(&self->a, &self->b));
		EXPECT_EQ(0x00ff00ff | masks[i], *self->word);
		EXPECT_EQ(1, vt_drain(self->b.fd));
		EXPECT_EQ(0x00ff00ff & ~masks[i], *self->word);
		ASSERT_EQ(0, unset(self->b.fd));
	}
}

TEST_F(notify, row_2_12_left_as_it_is)
{
	/* By SIOCUNSETNOTIFY. */
	ASSERT_EQ(0, set(self->b.fd, self->word, BIT));
	ASSERT_EQ(0, frame(&self->a, &self->b));
	ASSERT_EQ(0, unset(self->b.fd));
	EXPECT_EQ(BIT, *self->word);
	EXPECT_EQ(1, vt_drain(self->b.fd));
	EXPECT_EQ(BIT, *self->word);
	*self->word = 0;
	ASSERT_EQ(0, frame(&self->a, &self->b));
	EXPECT_EQ(0, *self->word);
	/* By a conversion. */
	ASSERT_EQ(0, set(self->b.fd, self->word, BIT));
	ASSERT_EQ(0, frame(&self->a, &self->b));
	ASSERT_EQ(0, vt_peer(self->b.fd, "vtnone", 0));
	EXPECT_EQ(BIT, *self->word);
	EXPECT_EQ(0, pinned());
	/* By a close. */
	close(self->b.fd);
	ASSERT_EQ(0, vt_port_up(&self->b, HUB, VT_UP));
	ASSERT_EQ(0, set(self->b.fd, self->word, BIT));
	ASSERT_EQ(0, frame(&self->a, &self->b));
	close(self->b.fd);
	EXPECT_EQ(BIT, *self->word);
	EXPECT_EQ(0, pinned());
	self->b.fd = -1;
}

TEST_F(notify, row_2_7_notification_moves_along)
{
	struct vt_port far;

	ASSERT_EQ(0, vt_port_up(&far, HUB + 1, VT_UP));
	ASSERT_EQ(0, set(self->b.fd, self->word, BIT));
	ASSERT_EQ(0, vt_bind(self->b.fd, HUB + 1));
	EXPECT_EQ(0, *self->word);
	ASSERT_EQ(0, frame(&far, &self->b));
	EXPECT_EQ(BIT, *self->word);
}

struct reader {
	int fd;
	ssize_t ret;
};

static void *read_one(void *arg)
{
	struct reader *r = arg;

	r->ret = read(r->fd, buf, sizeof(buf));
	return NULL;
}

TEST_F(notify, row_2_12_a_read_that_sleeps_clears)
{
	struct reader r = { .fd = self->b.fd };
	pthread_t t;

	ASSERT_EQ(0, set(self->b.fd, self->word, BIT));
	ASSERT_EQ(0, fcntl(self->b.fd, F_SETFL, 0));
	*self->word = OTHERS | BIT;
	ASSERT_EQ(0, pthread_create(&t, NULL, read_one, &r));
	for (int i = 0; i < VT_DEADLINE_MS && *self->word & BIT; i++)
		usleep(1000);
	EXPECT_EQ(OTHERS, *self->word);
	ASSERT_EQ(0, frame(&self->a, &self->b));
	ASSERT_EQ(0, pthread_join(t, NULL));
	EXPECT_EQ(60, r.ret);
	EXPECT_EQ(OTHERS | BIT, *self->word);
}

/* One of our own: what is pinned is counted, and limited. */
TEST_F(notify, pinned_memory_is_accounted)
{
	struct rlimit none = { 0, 4096 };
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2];

	EXPECT_EQ(0, pinned());
	ASSERT_EQ(0, set(self->a.fd, self->word, 1));
	ASSERT_EQ(0, set(self->b.fd, self->word, 2));
	EXPECT_EQ(8, pinned());
	ASSERT_EQ(0, unset(self->a.fd));
	EXPECT_EQ(4, pinned());
	ASSERT_EQ(0, unset(self->b.fd));
	EXPECT_EQ(0, pinned());
	ASSERT_EQ(0, setrlimit(RLIMIT_MEMLOCK, &none));
	EXPECT_EQ(0, set(self->a.fd, self->word, 1));
	ASSERT_EQ(0, unset(self->a.fd));
	ASSERT_EQ(0, syscall(SYS_capget, &h, d));
	d[CAP_TO_INDEX(CAP_IPC_LOCK)].effective &= ~CAP_TO_MASK(CAP_IPC_LOCK);
	ASSERT_EQ(0, syscall(SYS_capset, &h, d));
	EXPECT_EQ(EAGAIN, VT_ERRNO(set(self->a.fd, self->word, 1)));
	EXPECT_EQ(0, pinned());
	none.rlim_cur = 4096;
	ASSERT_EQ(0, setrlimit(RLIMIT_MEMLOCK, &none));
	EXPECT_EQ(0, set(self->a.fd, self->word, 1));
	EXPECT_EQ(EAGAIN, VT_ERRNO(set(self->b.fd, self->word, 1)));
}

/* The mapping goes, the page does not. */
TEST_F(notify, memory_may_be_unmapped)
{
	volatile uint32_t *shared = pages(1, PROT_READ | PROT_WRITE,
					  MAP_SHARED);
	void *at = (void *)self->word;

	ASSERT_NE(NULL, shared);
	ASSERT_EQ(0, set(self->b.fd, self->word, BIT));
	ASSERT_EQ(0, set(self->a.fd, shared, BIT));
	ASSERT_EQ(0, munmap(at, 4096));
	ASSERT_EQ(0, frame(&self->a, &self->b));
	/* Another page at the same place is another page. */
	ASSERT_EQ(at, mmap(at, 4096, PROT_READ | PROT_WRITE, MAP_FIXED |
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	ASSERT_EQ(0, frame(&self->a, &self->b));
	EXPECT_EQ(0, *self->word);
	EXPECT_EQ(2, vt_drain(self->b.fd));
	EXPECT_EQ(8, pinned());
	ASSERT_EQ(0, unset(self->b.fd));
	/* Memory that is shared is the same everywhere. */
	ASSERT_EQ(0, frame(&self->b, &self->a));
	EXPECT_EQ(BIT, *shared);
}

/* A child must not take the page along. */
TEST_F(notify, fork_leaves_the_word_with_the_parent)
{
	int status, fd[2];
	pid_t child;
	char c;

	*self->word = OTHERS;
	ASSERT_EQ(0, set(self->b.fd, self->word, BIT));
	ASSERT_EQ(0, pipe(fd));
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		close(fd[1]);
		/* Until the parent has written and received. */
		_exit(read(fd[0], &c, 1) == 0 && *self->word == OTHERS ? 0 : 1);
	}
	*self->word = 1;
	ASSERT_EQ(0, frame(&self->a, &self->b));
	EXPECT_EQ(1 | BIT, *self->word);
	close(fd[1]);
	close(fd[0]);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
}

/* Who set it has gone, with all its memory; the port lives on. */
TEST_F(notify, process_may_end_before_the_port)
{
	int status;
	pid_t child;

	for (int i = 0; i < 8; i++) {
		child = fork();
		ASSERT_LE(0, child);
		if (!child)
			_exit(set(self->b.fd, self->word, BIT) ? 1 : 0);
		ASSERT_EQ(child, waitpid(child, &status, 0));
		ASSERT_EQ(0, status);
		ASSERT_EQ(0, frame(&self->a, &self->b));
		EXPECT_EQ(EBUSY, VT_ERRNO(set(self->b.fd, self->word, BIT)));
		EXPECT_EQ(1, vt_drain(self->b.fd));
		ASSERT_EQ(0, unset(self->b.fd));
	}
	EXPECT_EQ(0, *self->word);
	EXPECT_EQ(0, pinned());
}

static volatile bool stop;

struct crowd {
	struct vt_port *from;
	volatile int fd;
	volatile uint32_t *word;
};

static void *flood(void *arg)
{
	uint8_t f[60], src[6] = { 2, 0, 0, 0, 0, 8 };
	struct crowd *c = arg;

	vt_frame(f, 60, vt_bcast, src, 1);
	while (!stop)
		if (write(c->from->fd, f, 60) != 60)
			break;
	return NULL;
}

static void *drain(void *arg)
{
	struct crowd *c = arg;
	uint8_t f[128];

	while (!stop)
		if (read(c->fd, f, sizeof(f)) < 0)
			sched_yield();
	return NULL;
}

static void *toggle(void *arg)
{
	struct crowd *c = arg;

	while (!stop) {
		set(c->fd, c->word, BIT);
		unset(c->fd);
	}
	return NULL;
}

TEST_F(notify, row_2_12_ends_under_threads)
{
	void *(*const fn[])(void *) = { flood, drain, toggle, toggle };
	struct crowd c = { .from = &self->a, .fd = self->b.fd };
	uint32_t *victim;
	pthread_t t[4];
	char name[16];

	c.word = self->word;
	for (int i = 0; i < 4; i++)
		ASSERT_EQ(0, pthread_create(&t[i], NULL, fn[i], &c));
	for (int i = 0; i < 40; i++) {
		int fresh = vt_open(HUB, O_RDWR | O_NONBLOCK), old = c.fd;

		ASSERT_EQ(0, vt_flags(fresh, VT_UP));
		victim = pages(1, PROT_READ | PROT_WRITE, MAP_PRIVATE);
		set(fresh, victim, 1);
		c.fd = fresh;
		munmap(victim, 4096);
		/* A close can wait for a call: names must not meet. */
		snprintf(name, sizeof(name), "vtn%d", i);
		if (i % 2)
			EXPECT_EQ(0, vt_peer(old, name, 0));
		close(old);
	}
	stop = true;
	for (int i = 0; i < 4; i++)
		ASSERT_EQ(0, pthread_join(t[i], NULL));
	close(c.fd);
	self->b.fd = -1;
	EXPECT_EQ(0, pinned());
	EXPECT_EQ(0, *self->word & ~BIT);
}

TEST_HARNESS_MAIN
