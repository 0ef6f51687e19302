// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The TUN dialect, as QEMU, cloud-hypervisor and crosvm speak it.
 */
#define _GNU_SOURCE
#define VT_HARNESS
#include "vmtest.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <net/if.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>

#define HUB	60

#ifndef TUN_F_USO4
#define TUN_F_USO4	0x20
#define TUN_F_USO6	0x40
#endif

static uint8_t buf[70000];

static int tun_int(int fd, unsigned long nr, int v)
{
	return ioctl(fd, nr, &v);
}

static int tun_get_int(int fd, unsigned long nr)
{
	int v = -1;

	return ioctl(fd, nr, &v) ? -errno : v;
}

static int tun_setiff(int fd, int flags)
{
	struct ifreq ifr;

	/* Callers do not clear it. */
	memset(&ifr, 0xa5, sizeof(ifr));
	memset(ifr.ifr_name, 0, IFNAMSIZ);
	ifr.ifr_flags = (short)flags;
	return ioctl(fd, TUNSETIFF, &ifr);
}

/* A frame passes from one to the other, after whatever was set up. */
static bool passes(struct vt_port *from, struct vt_port *to, size_t hdr)
{
	uint8_t src[6] = { 2, 0, 0, 0, 0, 7 };

	memset(buf, 0, hdr);
	vt_frame(buf + hdr, 60, vt_bcast, src, 77);
	if (write(from->fd, buf, hdr + 60) != (ssize_t)(hdr + 60))
		return false;
	return vt_recv_tag(to->fd) == 77;
}

FIXTURE(tun) {
	struct vt_port p, peer;
};

FIXTURE_SETUP(tun)
{
	ASSERT_EQ(0, vt_port_open(&self->p, HUB, O_RDWR | O_NONBLOCK));
	ASSERT_EQ(0, vt_tap_open(&self->peer, HUB, 0));
}

FIXTURE_TEARDOWN(tun)
{
	close(self->p.fd);
	close(self->peer.fd);
}

/* QEMU 7.2 with -netdev tap,fd=N and a virtio-net device, traced. */
TEST_F(tun, qemu_sequence)
{
	int fd = self->p.fd, old;
	struct ifreq ifr;

	memset(&ifr, 0xa5, sizeof(ifr));
	ASSERT_EQ(0, ioctl(fd, TUNGETIFF, &ifr));
	EXPECT_EQ(IFF_TAP | IFF_NO_PI, (unsigned short)ifr.ifr_flags);
	EXPECT_STREQ("vmnet60", ifr.ifr_name);
	EXPECT_EQ(0, ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_UFO));
	EXPECT_EQ(0, ioctl(fd, TUNSETOFFLOAD, 0));
	EXPECT_EQ(0, ioctl(fd, TUNSETOFFLOAD, 0));
	old = tun_get_int(fd, TUNGETVNETHDRSZ);
	EXPECT_EQ(10, old);
	EXPECT_EQ(0, tun_int(fd, TUNSETVNETHDRSZ, 10));
	/* If the restore failed QEMU would abort. */
	EXPECT_EQ(0, tun_int(fd, TUNSETVNETHDRSZ, old));
	EXPECT_EQ(0, tun_int(fd, TUNSETVNETHDRSZ, 10));
	EXPECT_EQ(0, tun_int(fd, TUNSETSNDBUF, INT_MAX));
	/* Device realise and each guest reset. */
	for (int i = 0; i < 3; i++) {
		old = tun_get_int(fd, TUNGETVNETHDRSZ);
		EXPECT_LE(10, old);
		EXPECT_EQ(0, tun_int(fd, TUNSETVNETHDRSZ, 12));
		EXPECT_EQ(0, tun_int(fd, TUNSETVNETHDRSZ, old));
		EXPECT_EQ(0, tun_int(fd, TUNSETVNETHDRSZ, i ? 12 : 20));
		EXPECT_EQ(0, ioctl(fd, TUNSETOFFLOAD, 0));
		EXPECT_EQ(0, ioctl(fd, TUNSETOFFLOAD, 0x1f));
	}
	/* An fd given plainly has no header on its frames. */
	EXPECT_TRUE(passes(&self->p, &self->peer, 0));
	EXPECT_TRUE(passes(&self->peer, &self->p, 0));
}

/* What a launcher does for QEMU first, and QEMU then finds. */
TEST_F(tun, qemu_with_a_header)
{
	struct ifreq ifr;

	ASSERT_EQ(0, tun_setiff(self->p.fd, IFF_TAP | IFF_NO_PI | IFF_VNET_HDR));
	memset(&ifr, 0xa5, sizeof(ifr));
	ASSERT_EQ(0, ioctl(self->p.fd, TUNGETIFF, &ifr));
	EXPECT_EQ(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR,
		  (unsigned short)ifr.ifr_flags);
	EXPECT_EQ(0, tun_int(self->p.fd, TUNSETVNETHDRSZ, 12));
	EXPECT_TRUE(passes(&self->p, &self->peer, 12));
	ASSERT_EQ(60, vt_send(self->peer.fd, 60, vt_bcast, self->peer.mac, 5));
	memset(buf, 0xff, 100);
	ASSERT_EQ(72, vt_recv(self->p.fd, buf, sizeof(buf)));
	/* A plain frame has an empty header, the two bytes beyond it too. */
	for (int i = 0; i < 10; i++)
		EXPECT_EQ(0, buf[i]);
	EXPECT_EQ(5, buf[12 + 14]);
}

TEST_F(tun, cloud_hypervisor_sequence)
{
	int fd = self->p.fd;
	struct ifreq ifr;

	memset(&ifr, 0xa5, sizeof(ifr));
	ASSERT_EQ(0, ioctl(fd, TUNGETIFF, &ifr));
	ASSERT_EQ(0, tun_setiff(fd, IFF_TAP | IFF_NO_PI | IFF_VNET_HDR));
	ASSERT_EQ(0, tun_int(fd, TUNSETVNETHDRSZ, 12));
	ASSERT_EQ(0, ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 |
			   TUN_F_TSO6 | TUN_F_TSO_ECN | TUN_F_UFO));
	EXPECT_TRUE(passes(&self->p, &self->peer, 12));
	ASSERT_EQ(60, vt_send(self->peer.fd, 60, vt_bcast, self->peer.mac, 5));
	EXPECT_EQ(72, vt_recv(fd, buf, sizeof(buf)));
}

TEST_F(tun, crosvm_sequence)
{
	int fd = self->p.fd;
	struct ifreq ifr;

	ASSERT_EQ(0, tun_setiff(fd, IFF_TAP | IFF_NO_PI | IFF_VNET_HDR));
	memset(&ifr, 0xa5, sizeof(ifr));
	ASSERT_EQ(0, ioctl(fd, TUNGETIFF, &ifr));
	EXPECT_TRUE(ifr.ifr_flags & IFF_VNET_HDR);
	EXPECT_EQ(0, tun_int(fd, TUNSETVNETHDRSZ, 12));
	EXPECT_EQ(0, ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_UFO |
			   TUN_F_TSO4 | TUN_F_TSO6));
	EXPECT_TRUE(passes(&self->p, &self->peer, 12));
}

/* libvirt looks first, then turns the header on. */
TEST_F(tun, libvirt_sequence)
{
	unsigned int features = 0;
	struct ifreq ifr;

	memset(&ifr, 0, sizeof(ifr));
	ASSERT_EQ(0, ioctl(self->p.fd, TUNGETIFF, &ifr));
	ASSERT_EQ(0, ioctl(self->p.fd, TUNGETFEATURES, &features));
	EXPECT_EQ(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR, features);
	ifr.ifr_flags |= IFF_VNET_HDR;
	ASSERT_EQ(0, ioctl(self->p.fd, TUNSETIFF, &ifr));
	EXPECT_TRUE(passes(&self->p, &self->peer, 10));
}

TEST_F(tun, flags_of_setiff)
{
	static const int bad[] = {
		0, IFF_TAP, IFF_NO_PI, IFF_TUN | IFF_NO_PI,
		IFF_TAP | IFF_TUN | IFF_NO_PI,
		IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE,
		IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE,
		IFF_TAP | IFF_NO_PI | IFF_ONE_QUEUE,
		IFF_TAP | IFF_NO_PI | IFF_TUN_EXCL,
		IFF_TAP | IFF_NO_PI | 0x0010,
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		EXPECT_EQ(EINVAL, VT_ERRNO(tun_setiff(self->p.fd, bad[i])))
			TH_LOG("flags %#x", bad[i]);
	}
	EXPECT_EQ(EFAULT, VT_ERRNO(ioctl(self->p.fd, TUNSETIFF, NULL)));
	EXPECT_EQ(EFAULT, VT_ERRNO(ioctl(self->p.fd, TUNGETIFF, NULL)));
	/* On, off and on again, on this file alone. */
	for (int i = 0; i < 3; i++) {
		int hdr = i & 1 ? 0 : IFF_VNET_HDR;

		ASSERT_EQ(0, tun_setiff(self->p.fd, IFF_TAP | IFF_NO_PI | hdr));
		EXPECT_TRUE(passes(&self->p, &self->peer, hdr ? 10 : 0));
		ASSERT_EQ(60, vt_send(self->peer.fd, 60, vt_bcast,
				      self->peer.mac, 8));
		EXPECT_EQ(hdr ? 70 : 60, vt_recv(self->p.fd, buf, sizeof(buf)));
	}
}

TEST_F(tun, header_size)
{
	static const int good[] = { 10, 12, 20 };
	static const int bad[] = { 0, -1, 1, 9, INT_MAX, INT_MIN, 65536 };

	ASSERT_EQ(0, tun_setiff(self->p.fd, IFF_TAP | IFF_NO_PI | IFF_VNET_HDR));
	EXPECT_EQ(10, tun_get_int(self->p.fd, TUNGETVNETHDRSZ));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		EXPECT_EQ(EINVAL, VT_ERRNO(tun_int(self->p.fd, TUNSETVNETHDRSZ,
						   bad[i])));
	EXPECT_EQ(10, tun_get_int(self->p.fd, TUNGETVNETHDRSZ));
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		size_t hdr = (size_t)good[i];

		EXPECT_EQ(0, tun_int(self->p.fd, TUNSETVNETHDRSZ, good[i]));
		EXPECT_EQ(good[i], tun_get_int(self->p.fd, TUNGETVNETHDRSZ));
		EXPECT_TRUE(passes(&self->p, &self->peer, hdr));
		ASSERT_EQ(60, vt_send(self->peer.fd, 60, vt_bcast,
				      self->peer.mac, 6));
		memset(buf, 0xff, 128);
		ASSERT_EQ(60 + good[i], vt_recv(self->p.fd, buf, sizeof(buf)));
		EXPECT_EQ(6, buf[hdr + 14]);
		for (size_t k = 12; k < hdr; k++)
			EXPECT_EQ(0, buf[k]);
	}
	EXPECT_EQ(EFAULT, VT_ERRNO(ioctl(self->p.fd, TUNSETVNETHDRSZ, NULL)));
	/* A frame needs its header and 14 bytes. */
	EXPECT_EQ(EINVAL, VT_ERRNO(write(self->p.fd, buf, 20)));
	EXPECT_EQ(EINVAL, VT_ERRNO(write(self->p.fd, buf, 33)));
}

TEST_F(tun, offload)
{
	int fd = self->p.fd;
	int uso = ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_USO4 | TUN_F_USO6);

	/* USO is known to newer kernels only, but never by halves. */
	EXPECT_EQ(true, uso == 0 || errno == EINVAL);
	EXPECT_EQ(EINVAL, VT_ERRNO(ioctl(fd, TUNSETOFFLOAD,
					 TUN_F_CSUM | TUN_F_USO4)));
	EXPECT_EQ(EINVAL, VT_ERRNO(ioctl(fd, TUNSETOFFLOAD,
					 TUN_F_CSUM | TUN_F_USO6)));
	EXPECT_EQ(EINVAL, VT_ERRNO(ioctl(fd, TUNSETOFFLOAD, 0x80)));
	EXPECT_EQ(EINVAL, VT_ERRNO(ioctl(fd, TUNSETOFFLOAD, 0xffffffffUL)));
	EXPECT_EQ(0, ioctl(fd, TUNSETOFFLOAD, TUN_F_TSO4));
	EXPECT_EQ(0, ioctl(fd, TUNSETOFFLOAD, 0x1f));
}

TEST_F(tun, sndbuf_and_endianness)
{
	int fd = self->p.fd;

	EXPECT_EQ(0, tun_int(fd, TUNSETSNDBUF, INT_MAX));
	EXPECT_EQ(INT_MAX, tun_get_int(fd, TUNGETSNDBUF));
	EXPECT_EQ(0, tun_int(fd, TUNSETSNDBUF, 1048576));
	EXPECT_EQ(1048576, tun_get_int(fd, TUNGETSNDBUF));
	EXPECT_EQ(EINVAL, VT_ERRNO(tun_int(fd, TUNSETSNDBUF, 0)));
	EXPECT_EQ(EINVAL, VT_ERRNO(tun_int(fd, TUNSETSNDBUF, -1)));
	EXPECT_EQ(0, tun_int(fd, TUNSETVNETLE, 1));
	EXPECT_EQ(1, tun_get_int(fd, TUNGETVNETLE));
	EXPECT_EQ(EINVAL, VT_ERRNO(tun_int(fd, TUNSETVNETBE, 1)));
}

TEST_F(tun, calls_of_tun_we_do_not_have)
{
	static const unsigned long nr[] = {
		TUNSETNOCSUM, TUNSETDEBUG, TUNSETPERSIST, TUNSETOWNER,
		TUNSETLINK, TUNSETGROUP, TUNATTACHFILTER, TUNDETACHFILTER,
		TUNSETTXFILTER, TUNSETIFINDEX, TUNGETFILTER, TUNSETVNETBE,
		TUNSETSTEERINGEBPF, TUNSETFILTEREBPF, TUNSETCARRIER,
	};
	static uint8_t arg[256];

	for (size_t i = 0; i < sizeof(nr) / sizeof(nr[0]); i++) {
		EXPECT_EQ(EINVAL, VT_ERRNO(ioctl(self->p.fd, nr[i], arg)))
			TH_LOG("ioctl %#lx", nr[i]);
	}
	/* Of type 'T' too, but a terminal's. */
	EXPECT_EQ(true, VT_ERRNO(ioctl(self->p.fd, 0x5401, arg)) != 0);
}

TEST_F(tun, poll_mask)
{
	struct pollfd p = { .fd = self->peer.fd,
			    .events = POLLIN | POLLRDNORM | POLLOUT };

	EXPECT_EQ(1, poll(&p, 1, 0));
	EXPECT_EQ(POLLOUT, p.revents);
	ASSERT_EQ(0, tun_setiff(self->p.fd, IFF_TAP | IFF_NO_PI));
	EXPECT_EQ(60, vt_send(self->p.fd, 60, vt_bcast, self->p.mac, 1));
	EXPECT_EQ(1, poll(&p, 1, VT_DEADLINE_MS));
	EXPECT_EQ(POLLIN | POLLRDNORM | POLLOUT, p.revents);
}

TEST_F(tun, short_read_truncates)
{
	ASSERT_EQ(0, tun_setiff(self->p.fd, IFF_TAP | IFF_NO_PI));
	ASSERT_EQ(100, vt_send(self->p.fd, 100, vt_bcast, self->p.mac, 1));
	ASSERT_EQ(101, vt_send(self->p.fd, 101, vt_bcast, self->p.mac, 2));
	EXPECT_EQ(50, read(self->peer.fd, buf, 50));
	EXPECT_EQ(1, buf[14]);
	/* The rest is lost, the next frame is not. */
	EXPECT_EQ(101, read(self->peer.fd, buf, sizeof(buf)));
	EXPECT_EQ(2, buf[14]);
}

TEST_F(tun, writev_and_readv_are_one_frame)
{
	uint8_t f[80], g[3][40];
	struct iovec iov[3] = { { f, 14 }, { f + 14, 20 }, { f + 34, 46 } };
	struct iovec out[3] = { { g[0], 40 }, { g[1], 3 }, { g[2], 40 } };

	ASSERT_EQ(0, tun_setiff(self->p.fd, IFF_TAP | IFF_NO_PI));
	vt_frame(f, 80, vt_bcast, self->p.mac, 9);
	EXPECT_EQ(80, writev(self->p.fd, iov, 3));
	EXPECT_EQ(80, readv(self->peer.fd, out, 3));
	EXPECT_EQ(0, memcmp(g[0], f, 40));
	EXPECT_EQ(0, memcmp(g[1], f + 40, 3));
	EXPECT_EQ(0, memcmp(g[2], f + 43, 37));
}

TEST_F(tun, large_frames)
{
	struct vt_port vmw;

	ASSERT_EQ(0, vt_port_up(&vmw, HUB, VT_UP));
	ASSERT_EQ(0, tun_setiff(self->p.fd, IFF_TAP | IFF_NO_PI));
	EXPECT_EQ(EINVAL, VT_ERRNO(write(self->p.fd, buf, 13)));
	ASSERT_EQ(60000, vt_send(self->p.fd, 60000, vt_bcast, self->p.mac, 3));
	EXPECT_EQ(60000, read(self->peer.fd, buf, sizeof(buf)));
	EXPECT_EQ(3, buf[14]);
	/* A port of the other dialect cannot take it. */
	EXPECT_TRUE(vt_quiet(vmw.fd));
	EXPECT_EQ(1, vt_counter(&vmw, "dropped.largePacket"));
	ASSERT_EQ(9216, vt_send(self->p.fd, 9216, vt_bcast, self->p.mac, 4));
	EXPECT_EQ(4, vt_recv_tag(vmw.fd));
}

struct reader {
	int fd;
	ssize_t ret;
	volatile int started;
};

static void on_usr1(int signo)
{
	(void)signo;
}

static void *read_one(void *arg)
{
	struct reader *r = arg;
	static uint8_t rbuf[4096];

	r->started = 1;
	r->ret = read(r->fd, rbuf, sizeof(rbuf));
	return NULL;
}

TEST_F(tun, signal_restarts_a_read)
{
	struct sigaction sa = { .sa_handler = on_usr1, .sa_flags = SA_RESTART };
	struct reader r = { .fd = self->peer.fd, .ret = -2 };
	pthread_t t;

	ASSERT_EQ(0, tun_setiff(self->p.fd, IFF_TAP | IFF_NO_PI));
	ASSERT_EQ(0, fcntl(self->peer.fd, F_SETFL, 0));
	ASSERT_EQ(0, sigaction(SIGUSR1, &sa, NULL));
	ASSERT_EQ(0, pthread_create(&t, NULL, read_one, &r));
	while (!r.started)
		usleep(1000);
	for (int i = 0; i < 5; i++) {
		usleep(50000);
		pthread_kill(t, SIGUSR1);
	}
	EXPECT_EQ(60, vt_send(self->p.fd, 60, vt_bcast, self->p.mac, 1));
	ASSERT_EQ(0, pthread_join(t, NULL));
	EXPECT_EQ(60, r.ret);
}

TEST_F(tun, no_address_filter)
{
	uint8_t group[6] = { 0x01, 0, 0x5e, 0, 0, 0x33 };
	uint8_t nobody[6] = { 2, 9, 9, 9, 9, 9 };

	ASSERT_EQ(0, tun_setiff(self->p.fd, IFF_TAP | IFF_NO_PI));
	vt_send(self->p.fd, 60, vt_bcast, self->p.mac, 1);
	vt_send(self->p.fd, 60, group, self->p.mac, 2);
	vt_send(self->p.fd, 60, nobody, self->p.mac, 3);
	EXPECT_EQ(1, vt_recv_tag(self->peer.fd));
	EXPECT_EQ(2, vt_recv_tag(self->peer.fd));
	EXPECT_EQ(3, vt_recv_tag(self->peer.fd));
	EXPECT_EQ(0, vt_counter(&self->peer, "dropped.mismatch"));
}

TEST_HARNESS_MAIN
