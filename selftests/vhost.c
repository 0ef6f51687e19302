// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vhost-net on the socket view of a port: the kernel's own driver moves the
 * frames of virtqueues that are ours, as a hypervisor's guest has them.
 */
#define _GNU_SOURCE
#define VT_HARNESS
#include "vmtest.h"
#include "inet.h"

#include <sys/eventfd.h>
#include <sys/mman.h>
#include <net/if.h>
#include <linux/if_tun.h>
#include <linux/vhost.h>
#include <linux/virtio_config.h>
#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>

#define HUB	25
#define NUM	64
#define HDR	sizeof(struct virtio_net_hdr_mrg_rxbuf)
#define ROOM	70000
#define RX	0
#define TX	1

#define OFFLOADS (TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6)

/* One virtqueue, with a buffer for each descriptor. */
struct queue {
	struct vring_desc desc[NUM];
	struct {
		uint16_t flags, idx, ring[NUM], event;
	} avail;
	struct {
		uint16_t flags, idx;
		struct vring_used_elem ring[NUM];
		uint16_t event;
	} used __attribute__((aligned(4)));
	uint8_t buf[NUM][ROOM];
};

struct guest {
	struct queue *q;	/* RX, TX */
	int vhost, kick[2], call[2];
	uint16_t seen[2];
};

static void barrier(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static int set_ring(struct guest *g, unsigned int i)
{
	struct queue *q = &g->q[i];
	struct vhost_vring_state num = { i, NUM }, base = { i, 0 };
	struct vhost_vring_addr addr = {
		.index = i,
		.desc_user_addr = (uintptr_t)q->desc,
		.avail_user_addr = (uintptr_t)&q->avail,
		.used_user_addr = (uintptr_t)&q->used,
	};
	struct vhost_vring_file kick = { i, 0 }, call = { i, 0 };

	g->kick[i] = kick.fd = eventfd(0, EFD_CLOEXEC);
	g->call[i] = call.fd = eventfd(0, EFD_CLOEXEC);
	return ioctl(g->vhost, VHOST_SET_VRING_NUM, &num) ||
	       ioctl(g->vhost, VHOST_SET_VRING_BASE, &base) ||
	       ioctl(g->vhost, VHOST_SET_VRING_ADDR, &addr) ||
	       ioctl(g->vhost, VHOST_SET_VRING_KICK, &kick) ||
	       ioctl(g->vhost, VHOST_SET_VRING_CALL, &call);
}

static int set_backend(struct guest *g, int fd)
{
	struct vhost_vring_file rx = { RX, fd }, tx = { TX, fd };

	return ioctl(g->vhost, VHOST_NET_SET_BACKEND, &rx) ||
	       ioctl(g->vhost, VHOST_NET_SET_BACKEND, &tx) ? -1 : 0;
}

static int guest_open(struct guest *g)
{
	uint64_t features = 1ULL << VIRTIO_F_VERSION_1 |
			    1ULL << VIRTIO_NET_F_MRG_RXBUF;
	struct vhost_memory *mem;
	size_t size = 2 * sizeof(struct queue);

	g->q = mmap(NULL, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	g->vhost = open("/dev/vhost-net", O_RDWR | O_CLOEXEC);
	if (g->q == MAP_FAILED || g->vhost < 0)
		return -1;
	mem = calloc(1, sizeof(*mem) + sizeof(mem->regions[0]));
	mem->nregions = 1;
	mem->regions[0].guest_phys_addr = (uintptr_t)g->q;
	mem->regions[0].userspace_addr = (uintptr_t)g->q;
	mem->regions[0].memory_size = size;
	if (ioctl(g->vhost, VHOST_SET_OWNER) ||
	    ioctl(g->vhost, VHOST_SET_FEATURES, &features) ||
	    ioctl(g->vhost, VHOST_SET_MEM_TABLE, mem))
		return -1;
	free(mem);
	return set_ring(g, RX) || set_ring(g, TX) ? -1 : 0;
}

static void guest_close(struct guest *g)
{
	close(g->vhost);
	for (int i = 0; i < 2; i++) {
		close(g->kick[i]);
		close(g->call[i]);
	}
	munmap(g->q, 2 * sizeof(struct queue));
}

static void kick(struct guest *g, int i)
{
	uint64_t one = 1;

	barrier();
	if (write(g->kick[i], &one, sizeof(one)) != sizeof(one))
		abort();
}

/* Hand descriptor @d, @len bytes, to the device. */
static void give(struct guest *g, int i, uint16_t d, uint32_t len)
{
	struct queue *q = &g->q[i];

	q->desc[d] = (struct vring_desc){
		.addr = (uintptr_t)q->buf[d], .len = len,
		.flags = i == RX ? VRING_DESC_F_WRITE : 0,
	};
	q->avail.ring[q->avail.idx % NUM] = d;
	barrier();
	*(volatile uint16_t *)&q->avail.idx = (uint16_t)(q->avail.idx + 1);
}

/* The next descriptor that came back, or -1 when none does. */
static int back(struct guest *g, int i, uint32_t *len)
{
	struct queue *q = &g->q[i];
	struct vring_used_elem *e;

	for (int ms = 0; ms < VT_DEADLINE_MS; ms++) {
		barrier();
		if (*(volatile uint16_t *)&q->used.idx != g->seen[i])
			break;
		usleep(1000);
	}
	if (*(volatile uint16_t *)&q->used.idx == g->seen[i])
		return -1;
	barrier();
	e = &q->used.ring[g->seen[i]++ % NUM];
	*len = e->len;
	return (int)e->id;
}

FIXTURE(vhost) {
	struct guest g;
	struct vt_port p, peer;
	int sock;
};

FIXTURE_SETUP(vhost)
{
	int hdr = HDR;

	ASSERT_EQ(0, guest_open(&self->g));
	ASSERT_EQ(0, vt_tap_open(&self->p, HUB, IFF_VNET_HDR));
	ASSERT_EQ(0, vt_tap_open(&self->peer, HUB, IFF_VNET_HDR));
	ASSERT_EQ(0, ioctl(self->peer.fd, TUNSETVNETHDRSZ, &hdr));
	ASSERT_EQ(0, ioctl(self->peer.fd, TUNSETOFFLOAD, (long)OFFLOADS));
	self->sock = ioctl(self->p.fd, VMNET_IOC_SOCKET,
			   VMNET_SOCKET_VHOST | VMNET_SOCKET_NONBLOCK);
	ASSERT_LE(0, self->sock);
	/* As QEMU does it: on the descriptor it was given. */
	ASSERT_EQ(0, ioctl(self->sock, TUNSETVNETHDRSZ, &hdr));
	ASSERT_EQ(0, ioctl(self->sock, TUNSETOFFLOAD, (long)OFFLOADS));
	/* QEMU asks for no limit; vhost-net must not see one lifted. */
	ASSERT_EQ(0, ioctl(self->sock, TUNSETSNDBUF, &(int){ INT32_MAX }));
	ASSERT_EQ(0, set_backend(&self->g, self->sock));
}

FIXTURE_TEARDOWN(vhost)
{
	guest_close(&self->g);
	close(self->sock);
	close(self->p.fd);
	close(self->peer.fd);
}

TEST_F(vhost, what_it_accepts)
{
	int plain = ioctl(self->peer.fd, VMNET_IOC_SOCKET, 0);

	ASSERT_LE(0, plain);
	EXPECT_EQ(0, set_backend(&self->g, -1));
	EXPECT_EQ(ENOTSOCK, VT_ERRNO(set_backend(&self->g, self->peer.fd)));
	EXPECT_NE(0, VT_ERRNO(set_backend(&self->g, plain)));
	EXPECT_EQ(0, set_backend(&self->g, self->sock));
	close(plain);
}

static uint8_t frame[ROOM], got[ROOM];

TEST_F(vhost, frames_both_ways)
{
	uint32_t len;

	for (uint32_t i = 0; i < 3 * NUM; i++) {
		uint16_t d = i % NUM;
		size_t n = vt_frame(frame, 60 + i, self->peer.mac, self->p.mac,
				    (uint8_t)i);

		memset(self->g.q[TX].buf[d], 0, HDR);
		memcpy(self->g.q[TX].buf[d] + HDR, frame, n);
		give(&self->g, TX, d, (uint32_t)(HDR + n));
		kick(&self->g, TX);
		ASSERT_EQ(d, back(&self->g, TX, &len));
		ASSERT_EQ(HDR + n, vt_recv(self->peer.fd, got, sizeof(got)));
		ASSERT_EQ(0, memcmp(frame, got + HDR, n));
	}
	for (uint32_t i = 0; i < 3 * NUM; i++) {
		uint16_t d = i % NUM;
		size_t n = vt_frame(frame + HDR, 60 + i, self->p.mac,
				    self->peer.mac, (uint8_t)i);

		memset(frame, 0, HDR);
		give(&self->g, RX, d, ROOM);
		kick(&self->g, RX);
		ASSERT_EQ(HDR + n, write(self->peer.fd, frame, HDR + n));
		ASSERT_EQ(d, back(&self->g, RX, &len));
		ASSERT_EQ(HDR + n, len);
		ASSERT_EQ(0, memcmp(frame + HDR, self->g.q[RX].buf[d] + HDR, n));
	}
	EXPECT_EQ(3 * NUM, vt_counter(&self->p, "written"));
	EXPECT_EQ(3 * NUM, vt_counter(&self->p, "read"));
	EXPECT_EQ(0, vt_counter(&self->p, "dropped.overflow"));
}

/* A TCP segment of 60,000 bytes, checksum and all left to be done. */
static size_t big_frame(uint8_t *f, const uint8_t *dst, const uint8_t *src)
{
	struct virtio_net_hdr_mrg_rxbuf h = { .hdr = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
		.hdr_len = 54, .gso_size = 1448,
		.csum_start = 34, .csum_offset = 16,
	} };

	memcpy(f, &h, sizeof(h));
	return sizeof(h) + inet_build(f + sizeof(h), dst, src,
		&(struct inet_spec){ .payload = 60000, .seq = 1, .partial = true });
}

TEST_F(vhost, large_segments_stay_whole)
{
	struct virtio_net_hdr *h;
	uint32_t len;
	size_t n;

	n = big_frame(self->g.q[TX].buf[0], self->peer.mac, self->p.mac);
	give(&self->g, TX, 0, (uint32_t)n);
	kick(&self->g, TX);
	ASSERT_EQ(0, back(&self->g, TX, &len));
	ASSERT_EQ(n, vt_recv(self->peer.fd, got, sizeof(got)));
	h = (struct virtio_net_hdr *)got;
	EXPECT_EQ(VIRTIO_NET_HDR_GSO_TCPV4, h->gso_type);
	EXPECT_EQ(1448, h->gso_size);
	EXPECT_EQ(0, memcmp(got + HDR, self->g.q[TX].buf[0] + HDR, n - HDR));

	n = big_frame(frame, self->p.mac, self->peer.mac);
	give(&self->g, RX, 0, ROOM);
	kick(&self->g, RX);
	ASSERT_EQ(n, write(self->peer.fd, frame, n));
	ASSERT_EQ(0, back(&self->g, RX, &len));
	EXPECT_EQ(n, len);
	h = (struct virtio_net_hdr *)self->g.q[RX].buf[0];
	EXPECT_EQ(VIRTIO_NET_HDR_GSO_TCPV4, h->gso_type);
	EXPECT_EQ(0, memcmp(frame + HDR, self->g.q[RX].buf[0] + HDR, n - HDR));
}

/* The descriptors of the port go, the hub's last one too: vhost-net has it. */
TEST_F(vhost, lives_on_its_own_reference)
{
	uint32_t len;
	size_t n;

	close(self->p.fd);
	close(self->sock);
	n = vt_frame(self->g.q[TX].buf[0] + HDR, 60, self->peer.mac,
		     self->p.mac, 1);
	give(&self->g, TX, 0, (uint32_t)(HDR + n));
	kick(&self->g, TX);
	ASSERT_EQ(0, back(&self->g, TX, &len));
	EXPECT_EQ(HDR + n, vt_recv(self->peer.fd, got, sizeof(got)));
	close(self->peer.fd);
	/* It takes what nobody is there to receive. */
	give(&self->g, TX, 1, (uint32_t)(HDR + n));
	kick(&self->g, TX);
	EXPECT_EQ(1, back(&self->g, TX, &len));
	self->p.fd = self->sock = self->peer.fd = -1;
}

TEST_HARNESS_MAIN
