// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Private networks ("LAN segments"): hubs with a name instead of a number,
 * reached by SIOCSBIND alone. Names of tests are rows of ABI.md.
 */
#define _GNU_SOURCE
#define VT_HARNESS
#include "vmtest.h"

#include <pthread.h>
#include <sched.h>
#include <net/if.h>

#define HUB	60

static char text[1024], want[1024];

/* A name of 32 bytes: 20 that count, 12 that do not. */
struct name {
	uint8_t b[32];
};

static struct name name_of(const char *s)
{
	struct name n = { { 0 } };

	memcpy(n.b, s, strnlen(s, sizeof(n.b)));
	return n;
}

static int bind_pvn(int fd, struct name n)
{
	struct vmnet_bind b = { .version = 1, .type = VMNET_BIND_PVN,
				.number = -1 };

	memcpy(b.pvn, n.b, sizeof(b.pvn));
	return ioctl(fd, SIOCSBIND, &b);
}

/* K of the pvnK.M where a port is plugged in, or -1. */
static int pvn_of(const struct vt_port *p, int *slot)
{
	int k;

	if (vt_slot(p, text, sizeof(text)) ||
	    sscanf(text, "pvn%d.%d", &k, slot) != 2)
		return -1;
	return k;
}

/* Does what @from sends reach @to? */
static bool meets(struct vt_port *from, struct vt_port *to)
{
	if (vt_send(from->fd, 60, to->mac, from->mac, 1) != 60 ||
	    vt_send(from->fd, 60, vt_bcast, from->mac, 2) != 60)
		return false;
	return vt_drain(to->fd) == 2;
}

FIXTURE(pvn) {
	struct vt_port a, b;
};

FIXTURE_SETUP(pvn)
{
	ASSERT_EQ(0, vt_port_up(&self->a, HUB, VT_UP));
	ASSERT_EQ(0, vt_port_up(&self->b, HUB + 1, VT_UP));
}

FIXTURE_TEARDOWN(pvn)
{
	close(self->a.fd);
	close(self->b.fd);
}

/* The same in a network namespace of its own, for what makes interfaces. */
FIXTURE(links) {
	struct vt_port a, b;
};

FIXTURE_SETUP(links)
{
	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	ASSERT_EQ(0, vt_port_up(&self->a, HUB, VT_UP));
	ASSERT_EQ(0, vt_port_up(&self->b, HUB + 1, VT_UP));
}

FIXTURE_TEARDOWN(links)
{
	close(self->a.fd);
	close(self->b.fd);
}

TEST_F(pvn, row_2_7_pvn_twenty_bytes_are_the_name)
{
	struct name n = name_of("52 6f 7e c8 abcdefgh"), m = n;
	int slot;

	ASSERT_EQ(0, bind_pvn(self->a.fd, n));
	/* Another node, another tail: the same network. */
	memset(m.b + 20, 0xee, 12);
	ASSERT_EQ(0, bind_pvn(self->b.fd, m));
	EXPECT_EQ(pvn_of(&self->a, &slot), pvn_of(&self->b, &slot));
	EXPECT_EQ(1, slot);
	EXPECT_TRUE(meets(&self->a, &self->b));
	EXPECT_TRUE(meets(&self->b, &self->a));
	/* The first byte and the twentieth count. */
	for (int i = 0; i < 20; i += 19) {
		m = n;
		m.b[i] ^= 0x80;
		ASSERT_EQ(0, bind_pvn(self->b.fd, m));
		EXPECT_NE(pvn_of(&self->a, &slot), pvn_of(&self->b, &slot));
		EXPECT_FALSE(meets(&self->a, &self->b));
		EXPECT_FALSE(meets(&self->b, &self->a));
	}
}

TEST_F(pvn, row_2_7_pvn_errors)
{
	struct name zero = { { 0 } }, n = name_of("x");

	EXPECT_EQ(EINVAL, VT_ERRNO(bind_pvn(self->a.fd, zero)));
	memset(zero.b + 20, 0xff, 12);
	EXPECT_EQ(EINVAL, VT_ERRNO(bind_pvn(self->a.fd, zero)));
	ASSERT_EQ(0, vt_slot(&self->a, text, sizeof(text)));
	EXPECT_STREQ("hub60.0", text);
	/* The same NIC twice would be a loop; the port stays where it was. */
	ASSERT_EQ(0, bind_pvn(self->a.fd, n));
	ASSERT_EQ(0, vt_peer(self->a.fd, "vtnone", 0));
	ASSERT_EQ(0, vt_peer(self->b.fd, "vtnone", 0));
	EXPECT_EQ(EDEADLK, VT_ERRNO(bind_pvn(self->b.fd, n)));
	EXPECT_TRUE(vt_proc_exists("hub61.0"));
}

TEST_F(pvn, row_2_7_pvn_keeps_the_port)
{
	uint8_t ladrf[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct vt_port far;
	char name[32];
	int k, slot;

	ASSERT_EQ(0, vt_port_up(&far, HUB, VT_UP));
	ASSERT_EQ(0, ioctl(self->a.fd, SIOCSLADRF, ladrf));
	ASSERT_EQ(60, vt_send(far.fd, 60, self->a.mac, far.mac, 7));
	ASSERT_EQ(0, bind_pvn(self->a.fd, name_of("keep")));
	k = pvn_of(&self->a, &slot);
	ASSERT_LE(0, k);
	snprintf(name, sizeof(name), "userif%d", self->a.n);
	snprintf(want, sizeof(want),
		 "connected pvn%d.0 mac %02x:%02x:%02x:%02x:%02x:%02x "
		 "ladrf 01:02:03:04:05:06:07:08 "
		 "flags IFF_RUNNING,IFF_UP,IFF_BROADCAST read 0 written 0 "
		 "queued 1 dropped.down 0 dropped.mismatch 0 "
		 "dropped.overflow 0 dropped.largePacket 0\n", k,
		 self->a.mac[0], self->a.mac[1], self->a.mac[2],
		 self->a.mac[3], self->a.mac[4], self->a.mac[5]);
	ASSERT_LT(0, vt_proc_read(name, text, sizeof(text)));
	EXPECT_STREQ(want, text);
	EXPECT_EQ(7, vt_recv_tag(self->a.fd));
	EXPECT_FALSE(meets(&far, &self->a));
	/* And back to a number. */
	ASSERT_EQ(0, vt_bind(self->a.fd, HUB));
	EXPECT_TRUE(meets(&far, &self->a));
}

TEST_F(pvn, row_4_1_pvn_numbers)
{
	int first, k, slot;

	ASSERT_EQ(0, bind_pvn(self->a.fd, name_of("one")));
	first = pvn_of(&self->a, &slot);
	ASSERT_LE(0, first);
	EXPECT_EQ(0, slot);
	ASSERT_EQ(0, bind_pvn(self->b.fd, name_of("two")));
	EXPECT_EQ(first + 1, pvn_of(&self->b, &slot));
	/* To its own: the new slot before the old, the same hub. */
	ASSERT_EQ(0, bind_pvn(self->b.fd, name_of("two")));
	EXPECT_EQ(first + 1, pvn_of(&self->b, &slot));
	EXPECT_EQ(1, slot);
	EXPECT_EQ(2, vt_proc_count("pvn"));
	snprintf(want, sizeof(want), "pvn%d.0", first);
	ASSERT_LT(0, vt_proc_read(want, text, sizeof(text)));
	snprintf(want, sizeof(want), "connected userif%d tx 0 \n", self->a.n);
	EXPECT_STREQ(want, text);
	/* It ends with its last port; under the old name it is a new one. */
	ASSERT_EQ(0, vt_bind(self->a.fd, HUB));
	snprintf(want, sizeof(want), "pvn%d.", first);
	EXPECT_EQ(0, vt_proc_count(want));
	ASSERT_EQ(0, bind_pvn(self->a.fd, name_of("one")));
	k = pvn_of(&self->a, &slot);
	EXPECT_EQ(first + 2, k);
	/* A name that looks like a number is no vnet. */
	EXPECT_FALSE(meets(&self->a, &self->b));
}

TEST_F(links, row_5_pvn_netif_has_the_address_of_the_node)
{
	int k, slot, n;

	ASSERT_EQ(0, bind_pvn(self->a.fd, name_of("net")));
	ASSERT_EQ(0, bind_pvn(self->b.fd, name_of("net")));
	k = pvn_of(&self->a, &slot);
	ASSERT_EQ(0, vt_netif(self->a.fd, "vtpvn0"));
	snprintf(want, sizeof(want), "pvn%d.0", k);
	ASSERT_LT(0, vt_proc_read(want, text, sizeof(text)));
	ASSERT_EQ(1, sscanf(text, "connected netif%d", &n));
	snprintf(want, sizeof(want), "netif%d", n);
	ASSERT_LT(0, vt_proc_read(want, text, sizeof(text)));
	snprintf(want, sizeof(want),
		 "connected pvn%d.0 mac 00:50:56:c0:00:3c "
		 "ladrf 00:00:00:00:00:00:00:00 flags IFF_RUNNING "
		 "dev vtpvn0 \n", k);
	EXPECT_STREQ(want, text);
	/* What the host sends is heard on the network. */
	ASSERT_EQ(0, system("ip addr add 10.99.0.1/24 dev vtpvn0 && "
			    "ip link set vtpvn0 up && "
			    "ping -c 1 -W 1 10.99.0.2 >/dev/null; true"));
	EXPECT_LT(0, vt_drain(self->b.fd));
}

TEST_F(links, row_5_pvn_bridge)
{
	uint32_t status = 99;
	struct vt_port c;
	int k, slot;

	ASSERT_EQ(0, system("ip link add vtd0 type dummy && "
			    "ip link set vtd0 up"));
	ASSERT_EQ(0, vt_port_up(&c, HUB, VT_UP));
	ASSERT_EQ(0, bind_pvn(self->a.fd, name_of("lan")));
	ASSERT_EQ(0, bind_pvn(self->b.fd, name_of("lan")));
	k = pvn_of(&self->a, &slot);
	ASSERT_EQ(0, vt_peer(self->a.fd, "vtd0", 0));
	snprintf(want, sizeof(want), "pvn%d.0", k);
	ASSERT_LT(0, vt_proc_read(want, text, sizeof(text)));
	EXPECT_EQ(0, strncmp("connected bridge", text, 16));
	EXPECT_EQ(0, ioctl(self->b.fd, SIOCGBRSTATUS, &status));
	EXPECT_EQ(VMNET_BRIDGE_ACTIVE, status);
	EXPECT_EQ(0, ioctl(c.fd, SIOCGBRSTATUS, &status));
	EXPECT_EQ(VMNET_BRIDGE_NONE, status);
}

struct mover {
	pthread_t thread;
	int seed, err;
};

/* Opens, moves among three names and the node, sends, closes. */
static void *move_about(void *arg)
{
	static const char *const names[] = { "p", "q", "r" };
	struct mover *m = arg;
	uint8_t frame[60];

	for (int i = 0; i < 50; i++) {
		int fd = vt_open(HUB + 2 + m->seed, O_RDWR | O_NONBLOCK);
		int at = (i + m->seed) % 4;

		if (fd < 0 || vt_flags(fd, VT_UP))
			m->err = errno;
		vt_frame(frame, 60, vt_bcast, vt_bcast, 1);
		if (at < 3 && bind_pvn(fd, name_of(names[at])))
			m->err = errno;
		if (write(fd, frame, 60) != 60)
			m->err = errno;
		if (at == 2 && bind_pvn(fd, name_of(names[0])))
			m->err = errno;
		close(fd);
	}
	return NULL;
}

TEST_F(pvn, row_5_pvn_comes_and_goes_under_threads)
{
	struct mover m[3] = { { .seed = 0 }, { .seed = 1 }, { .seed = 2 } };

	for (int i = 0; i < 3; i++)
		ASSERT_EQ(0, pthread_create(&m[i].thread, NULL, move_about,
					    &m[i]));
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, pthread_join(m[i].thread, NULL));
		EXPECT_EQ(0, m[i].err);
	}
	EXPECT_EQ(0, vt_proc_count("pvn"));
}

TEST_HARNESS_MAIN
