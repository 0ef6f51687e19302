// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Many frames a call: VMNET_IOC_SEND and VMNET_IOC_RECV, the socket view with
 * sendmmsg() and recvmmsg(), and io_uring.
 */
#define _GNU_SOURCE
#define VT_HARNESS
#include "vmtest.h"

#include <dirent.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <linux/if_packet.h>
#include <linux/io_uring.h>
#include <net/if.h>
#include <linux/if_tun.h>

#define HUB	24
#define N	VMNET_MAX_BATCH

static uint8_t out[N][2048], in[N][2048];
static struct vmnet_buf tx[N], rx[N];

static long batch(int fd, unsigned long call, struct vmnet_buf *bufs,
		  uint32_t count, uint32_t flags)
{
	struct vmnet_batch b = { .size = sizeof(b), .count = count,
				 .bufs = (uintptr_t)bufs, .flags = flags };

	return ioctl(fd, call, &b);
}

/* Frames of 60, 61, ... bytes from @a to @b, numbered. */
static void fill_tx(const struct vt_port *a, const struct vt_port *b)
{
	for (uint32_t i = 0; i < N; i++)
		tx[i] = (struct vmnet_buf){
			.addr = (uintptr_t)out[i],
			.len = (uint32_t)vt_frame(out[i], 60 + i, b->mac,
						  a->mac, (uint8_t)i),
		};
}

static void fill_rx(uint32_t room)
{
	memset(in, 0, sizeof(in));
	for (int i = 0; i < N; i++)
		rx[i] = (struct vmnet_buf){ .addr = (uintptr_t)in[i],
					    .len = room };
}

FIXTURE(batch) {
	struct vt_port a, b;
};

FIXTURE_VARIANT(batch) {
	bool tap;
};

FIXTURE_VARIANT_ADD(batch, vmware) { .tap = false };
FIXTURE_VARIANT_ADD(batch, tun) { .tap = true };

FIXTURE_SETUP(batch)
{
	if (variant->tap) {
		ASSERT_EQ(0, vt_tap_open(&self->a, HUB, 0));
		ASSERT_EQ(0, vt_tap_open(&self->b, HUB, 0));
	} else {
		ASSERT_EQ(0, vt_port_up(&self->a, HUB, VT_UP));
		ASSERT_EQ(0, vt_port_up(&self->b, HUB, VT_UP));
	}
	fill_tx(&self->a, &self->b);
	fill_rx(sizeof(in[0]));
}

FIXTURE_TEARDOWN(batch)
{
	close(self->a.fd);
	close(self->b.fd);
}

TEST_F(batch, order_lengths_and_bytes)
{
	ASSERT_EQ(N, batch(self->a.fd, VMNET_IOC_SEND, tx, N, 0));
	/* In two goes: 1, and the 63 that are left of the 64 asked for. */
	ASSERT_EQ(1, batch(self->b.fd, VMNET_IOC_RECV, rx, 1, 0));
	ASSERT_EQ(N - 1, batch(self->b.fd, VMNET_IOC_RECV, rx + 1, N - 1, 0));
	for (int i = 0; i < N; i++) {
		ASSERT_EQ(60 + i, rx[i].len);
		ASSERT_EQ(0, rx[i].flags);
		ASSERT_EQ(0, memcmp(in[i], out[i], rx[i].len));
		ASSERT_EQ(0, in[i][rx[i].len]);
	}
	fill_rx(sizeof(in[0]));
	EXPECT_EQ(EAGAIN, VT_ERRNO(batch(self->b.fd, VMNET_IOC_RECV, rx, N,
					 VMNET_BATCH_DONTWAIT)));
}

TEST_F(batch, takes_what_is_there)
{
	ASSERT_EQ(20, batch(self->a.fd, VMNET_IOC_SEND, tx, 20, 0));
	ASSERT_EQ(20, batch(self->b.fd, VMNET_IOC_RECV, rx, N, 0));
	EXPECT_EQ(79, rx[19].len);
	EXPECT_EQ(sizeof(in[0]), rx[20].len);
	EXPECT_EQ(20, vt_counter(&self->b, "read"));
	EXPECT_EQ(20, vt_counter(&self->a, "written"));
}

/* Ports: one to send from, the one that waits. */
static void *send_later(void *arg)
{
	const struct vt_port *p = arg;
	uint8_t mac[6];

	usleep(100000);
	if (!vt_get_mac(p[1].fd, mac))
		batch(p[0].fd, VMNET_IOC_SEND, tx, 3, 0);
	return NULL;
}

TEST_F(batch, waits_for_the_first_and_lets_others_call)
{
	struct vt_port p[2] = { self->a, self->b };
	pthread_t t;

	ASSERT_EQ(0, fcntl(self->b.fd, F_SETFL, 0));
	ASSERT_EQ(0, pthread_create(&t, NULL, send_later, p));
	ASSERT_LE(1, batch(self->b.fd, VMNET_IOC_RECV, rx, N, 0));
	ASSERT_EQ(0, pthread_join(t, NULL));
}

TEST_F(batch, stops_at_the_first_bad_one)
{
	tx[5].len = 13;
	EXPECT_EQ(5, batch(self->a.fd, VMNET_IOC_SEND, tx, N, 0));
	EXPECT_EQ(EINVAL, VT_ERRNO(batch(self->a.fd, VMNET_IOC_SEND, tx + 5, 1, 0)));
	tx[5].len = 60;
	tx[5].flags = 1;
	EXPECT_EQ(EINVAL, VT_ERRNO(batch(self->a.fd, VMNET_IOC_SEND, tx + 5, 1, 0)));
	tx[17].addr = 1;
	EXPECT_EQ(11, batch(self->a.fd, VMNET_IOC_SEND, tx + 6, N - 6, 0));
	EXPECT_EQ(EFAULT, VT_ERRNO(batch(self->a.fd, VMNET_IOC_SEND, tx + 17, 1, 0)));
	tx[17].addr = (uintptr_t)-4096;
	EXPECT_EQ(EFAULT, VT_ERRNO(batch(self->a.fd, VMNET_IOC_SEND, tx + 17, 1, 0)));
	EXPECT_EQ(16, batch(self->b.fd, VMNET_IOC_RECV, rx, N, 0));

	rx[1].addr = 1;
	ASSERT_EQ(3, batch(self->a.fd, VMNET_IOC_SEND, tx, 3, 0));
	rx[0].len = sizeof(in[0]);
	rx[1].len = sizeof(in[0]);
	EXPECT_EQ(1, batch(self->b.fd, VMNET_IOC_RECV, rx, 3, 0));
	/* As with read(): a frame that could not be copied is lost. */
	rx[2].len = sizeof(in[0]);
	EXPECT_EQ(1, batch(self->b.fd, VMNET_IOC_RECV, rx + 2, 1, 0));
}

TEST_F(batch, bad_arguments)
{
	struct vmnet_batch b = { .size = sizeof(b), .count = 1,
				 .bufs = (uintptr_t)tx };
	struct { struct vmnet_batch b; uint32_t more; } big = { .b = b };

	EXPECT_EQ(EINVAL, VT_ERRNO(batch(self->a.fd, VMNET_IOC_SEND, tx, 0, 0)));
	EXPECT_EQ(EINVAL, VT_ERRNO(batch(self->a.fd, VMNET_IOC_SEND, tx, N + 1, 0)));
	EXPECT_EQ(EINVAL, VT_ERRNO(batch(self->a.fd, VMNET_IOC_SEND, tx, 1, 2)));
	EXPECT_EQ(EFAULT, VT_ERRNO(batch(self->a.fd, VMNET_IOC_SEND, NULL, 1, 0)));
	EXPECT_EQ(EFAULT, VT_ERRNO(ioctl(self->a.fd, VMNET_IOC_SEND, NULL)));
	b.size = 8;
	EXPECT_EQ(EINVAL, VT_ERRNO(ioctl(self->a.fd, VMNET_IOC_SEND, &b)));
	big.b.size = sizeof(big);
	EXPECT_EQ(1, ioctl(self->a.fd, VMNET_IOC_SEND, &big));
	big.more = 1;
	EXPECT_EQ(E2BIG, VT_ERRNO(ioctl(self->a.fd, VMNET_IOC_SEND, &big)));
}

TEST_F(batch, a_frame_without_room)
{
	ASSERT_EQ(2, batch(self->a.fd, VMNET_IOC_SEND, tx, 2, 0));
	rx[0].len = 30;
	if (variant->tap) {
		EXPECT_EQ(1, batch(self->b.fd, VMNET_IOC_RECV, rx, 1, 0));
		EXPECT_EQ(30, rx[0].len);
		EXPECT_EQ(VMNET_BUF_CUT, rx[0].flags);
		return;
	}
	EXPECT_EQ(EMSGSIZE, VT_ERRNO(batch(self->b.fd, VMNET_IOC_RECV, rx, 1, 0)));
	rx[0].len = 100;
	EXPECT_EQ(2, batch(self->b.fd, VMNET_IOC_RECV, rx, 2, 0));
}

/* --- the socket view ------------------------------------------------------ */

FIXTURE(sock) {
	struct vt_port a, b;
	int sa, sb;
};

FIXTURE_SETUP(sock)
{
	ASSERT_EQ(0, vt_port_up(&self->a, HUB, VT_UP));
	ASSERT_EQ(0, vt_port_up(&self->b, HUB, VT_UP));
	self->sa = ioctl(self->a.fd, VMNET_IOC_SOCKET, VMNET_SOCKET_CLOEXEC);
	ASSERT_LE(0, self->sa);
	self->sb = ioctl(self->b.fd, VMNET_IOC_SOCKET, VMNET_SOCKET_VHOST);
	ASSERT_LE(0, self->sb);
	fill_tx(&self->a, &self->b);
}

FIXTURE_TEARDOWN(sock)
{
	close(self->a.fd);
	close(self->b.fd);
	close(self->sa);
	close(self->sb);
}

TEST_F(sock, many_messages)
{
	struct mmsghdr ms[N] = { 0 }, mr[N] = { 0 };
	struct iovec vs[N], vr[N];

	for (int i = 0; i < N; i++) {
		vs[i] = (struct iovec){ out[i], tx[i].len };
		vr[i] = (struct iovec){ in[i], sizeof(in[i]) };
		ms[i].msg_hdr = (struct msghdr){ .msg_iov = &vs[i], .msg_iovlen = 1 };
		mr[i].msg_hdr = (struct msghdr){ .msg_iov = &vr[i], .msg_iovlen = 1 };
	}
	ASSERT_EQ(N, sendmmsg(self->sa, ms, N, 0));
	ASSERT_EQ(N, recvmmsg(self->sb, mr, N, MSG_WAITFORONE, NULL));
	for (int i = 0; i < N; i++) {
		ASSERT_EQ(60 + i, mr[i].msg_len);
		ASSERT_EQ(0, memcmp(in[i], out[i], mr[i].msg_len));
	}
	EXPECT_EQ(EAGAIN, VT_ERRNO(recv(self->sb, in, 100, MSG_DONTWAIT)));
	EXPECT_EQ(N, vt_counter(&self->a, "written"));
	EXPECT_EQ(N, vt_counter(&self->b, "read"));
}

TEST_F(sock, a_message_that_is_cut)
{
	struct iovec v = { in, 30 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };

	ASSERT_EQ(60, send(self->sa, out[0], 60, 0));
	ASSERT_EQ(60, send(self->sa, out[0], 60, 0));
	EXPECT_EQ(30, recvmsg(self->sb, &m, 0));
	EXPECT_EQ(MSG_TRUNC, m.msg_flags & MSG_TRUNC);
	EXPECT_EQ(60, recv(self->sb, in, 30, MSG_TRUNC));
}

TEST_F(sock, same_port_as_the_device)
{
	struct pollfd p = { .fd = self->sb, .events = POLLIN | POLLOUT };
	uint8_t mac[6];

	EXPECT_EQ(1, poll(&p, 1, 0));
	EXPECT_EQ(POLLOUT, p.revents);
	ASSERT_EQ(60, write(self->a.fd, out[0], 60));
	EXPECT_EQ(1, poll(&p, 1, 0));
	EXPECT_EQ(POLLIN | POLLOUT, p.revents);
	EXPECT_EQ(60, read(self->sb, in, sizeof(in)));
	ASSERT_EQ(60, write(self->sa, out[0], 60));
	EXPECT_EQ(60, read(self->b.fd, in, sizeof(in)));
	/* All calls of the device are there. */
	EXPECT_EQ(0, vt_get_mac(self->sb, mac));
	EXPECT_EQ(0, memcmp(mac, self->b.mac, 6));
	EXPECT_EQ(0, vt_flags(self->sb, 0));
	ASSERT_EQ(60, write(self->sa, out[0], 60));
	EXPECT_TRUE(vt_quiet(self->b.fd));
	EXPECT_EQ(ENOTTY, VT_ERRNO(ioctl(self->sb, _IO(0x99, 0x7f))));
}

TEST_F(sock, the_port_lives_while_one_is_open)
{
	char name[32];

	snprintf(name, sizeof(name), "userif%d", self->b.n);
	close(self->b.fd);
	EXPECT_TRUE(vt_proc_exists(name));
	ASSERT_EQ(60, send(self->sa, out[0], 60, 0));
	EXPECT_EQ(60, recv(self->sb, in, sizeof(in), 0));
	close(self->sb);
	EXPECT_TRUE(vt_proc_gone(name));
	self->sb = -1;
	self->b.fd = -1;
}

TEST_F(sock, no_conversion_meanwhile)
{
	EXPECT_EQ(EBUSY, VT_ERRNO(vt_netif(self->a.fd, "vtsock")));
	EXPECT_EQ(0, if_nametoindex("vtsock"));
	close(self->sa);
	self->sa = -1;
	EXPECT_EQ(0, vt_netif(self->a.fd, "vtsock"));
	EXPECT_EQ(ENOTTY, VT_ERRNO(ioctl(self->a.fd, VMNET_IOC_SOCKET, 0)));
}

/* vhost-net would pass a list of kernel buffers here. It must not matter. */
TEST_F(sock, control_data_is_not_looked_at)
{
	char control[CMSG_SPACE(64)];
	struct iovec v = { out[0], 60 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };
	int big = INT32_MAX;
	socklen_t len = sizeof(big);

	memset(control, 0x41, sizeof(control));
	((struct cmsghdr *)control)->cmsg_len = sizeof(control);
	/* Not even with the buffer that makes vhost-net do it. */
	setsockopt(self->sa, SOL_SOCKET, SO_SNDBUFFORCE, &big, sizeof(big));
	ASSERT_EQ(0, getsockopt(self->sa, SOL_SOCKET, SO_SNDBUF, &big, &len));
	EXPECT_LT(big, INT32_MAX);
	EXPECT_EQ(0, ioctl(self->a.fd, VMNET_IOC_SETUP,
			   &(struct vmnet_setup){ .size = sizeof(struct vmnet_setup) }));
	EXPECT_EQ(60, sendmsg(self->sa, &m, 0));
	EXPECT_EQ(60, recv(self->sb, in, sizeof(in), 0));
}

TEST_F(sock, what_sockets_do_not_have)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET };
	int v = 1;

	EXPECT_EQ(EOPNOTSUPP, VT_ERRNO(bind(self->sa, (void *)&ll, sizeof(ll))));
	EXPECT_EQ(EOPNOTSUPP, VT_ERRNO(connect(self->sa, (void *)&ll, sizeof(ll))));
	EXPECT_EQ(EOPNOTSUPP, VT_ERRNO(listen(self->sa, 1)));
	EXPECT_EQ(EOPNOTSUPP, VT_ERRNO(shutdown(self->sa, SHUT_RDWR)));
	EXPECT_EQ(EOPNOTSUPP, VT_ERRNO(recv(self->sa, in, 10, MSG_PEEK)));
	EXPECT_EQ(EOPNOTSUPP, VT_ERRNO(setsockopt(self->sa, SOL_PACKET,
						  PACKET_VNET_HDR, &v, sizeof(v))));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ, MAP_SHARED, self->sa, 0));
	EXPECT_EQ(EINVAL, VT_ERRNO(ioctl(self->a.fd, VMNET_IOC_SOCKET, 0x80)));
	EXPECT_EQ(EINVAL, VT_ERRNO(send(self->sa, out, 13, 0)));
}

/* --- io_uring ------------------------------------------------------------- */

struct ring {
	int fd;
	uint8_t *sq, *cq;
	struct io_uring_params p;
	struct io_uring_sqe *sqe;
};

static int ring_open(struct ring *r)
{
	memset(r, 0, sizeof(*r));
	r->fd = (int)syscall(__NR_io_uring_setup, 8, &r->p);
	if (r->fd < 0)
		return -1;
	r->sq = mmap(NULL, r->p.sq_off.array + r->p.sq_entries * 4,
		     PROT_READ | PROT_WRITE, MAP_SHARED, r->fd,
		     IORING_OFF_SQ_RING);
	r->cq = mmap(NULL, r->p.cq_off.cqes + r->p.cq_entries * sizeof(struct io_uring_cqe),
		     PROT_READ | PROT_WRITE, MAP_SHARED, r->fd,
		     IORING_OFF_CQ_RING);
	r->sqe = mmap(NULL, r->p.sq_entries * sizeof(*r->sqe),
		      PROT_READ | PROT_WRITE, MAP_SHARED, r->fd,
		      IORING_OFF_SQES);
	return r->sq == MAP_FAILED || r->cq == MAP_FAILED ||
	       r->sqe == MAP_FAILED ? -1 : 0;
}

static void ring_submit(struct ring *r, uint8_t op, int fd, void *addr,
			uint32_t len)
{
	uint32_t *tail = (uint32_t *)(r->sq + r->p.sq_off.tail);
	uint32_t mask = *(uint32_t *)(r->sq + r->p.sq_off.ring_mask);
	uint32_t i = *tail & mask;

	r->sqe[i] = (struct io_uring_sqe){ .opcode = op, .fd = fd,
					   .addr = (uintptr_t)addr, .len = len,
					   .off = (uint64_t)-1 };
	((uint32_t *)(r->sq + r->p.sq_off.array))[i] = i;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	syscall(__NR_io_uring_enter, r->fd, 1, 0, 0, NULL, 0);
}

static int ring_wait(struct ring *r)
{
	uint32_t *head = (uint32_t *)(r->cq + r->p.cq_off.head);
	uint32_t mask = *(uint32_t *)(r->cq + r->p.cq_off.ring_mask);
	struct io_uring_cqe *c;

	syscall(__NR_io_uring_enter, r->fd, 0, 1, IORING_ENTER_GETEVENTS, NULL, 0);
	c = (struct io_uring_cqe *)(r->cq + r->p.cq_off.cqes) + (*head & mask);
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return c->res;
}

/* Threads of the process that io_uring made to wait in. */
static int workers(void)
{
	char path[300], name[32];
	DIR *d = opendir("/proc/self/task");
	struct dirent *e;
	int n = 0, fd;

	while (d && (e = readdir(d))) {
		snprintf(path, sizeof(path), "/proc/self/task/%s/comm", e->d_name);
		fd = open(path, O_RDONLY);
		if (fd < 0)
			continue;
		if (read(fd, name, sizeof(name)) > 7 && !strncmp(name, "iou-wrk", 7))
			n++;
		close(fd);
	}
	closedir(d);
	return n;
}

TEST_F(batch, io_uring_works_inline)
{
	struct ring r;

	/* With O_NONBLOCK io_uring would not need to ask us. */
	ASSERT_EQ(0, fcntl(self->a.fd, F_SETFL, 0));
	ASSERT_EQ(0, fcntl(self->b.fd, F_SETFL, 0));
	if (ring_open(&r))
		SKIP(return, "this kernel has no io_uring");
	ring_submit(&r, IORING_OP_WRITE, self->a.fd, out[0], 60);
	EXPECT_EQ(60, ring_wait(&r));
	ring_submit(&r, IORING_OP_READ, self->b.fd, in[0], sizeof(in[0]));
	EXPECT_EQ(60, ring_wait(&r));
	/* Nothing there: it waits, and holds no thread. */
	ring_submit(&r, IORING_OP_READ, self->b.fd, in[1], sizeof(in[1]));
	usleep(50000);
	EXPECT_EQ(0, workers());
	ring_submit(&r, IORING_OP_WRITE, self->a.fd, out[1], 61);
	EXPECT_EQ(61, ring_wait(&r));
	EXPECT_EQ(61, ring_wait(&r));
	EXPECT_EQ(0, memcmp(in[1], out[1], 61));
	EXPECT_EQ(0, workers());
	close(r.fd);
}

TEST_HARNESS_MAIN
