// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A switch, not a repeater: who gets which frame.
 */
#define _GNU_SOURCE
#define VT_HARNESS
#include "vmtest.h"

#define HUB	90

static const uint8_t m1[6] = { 2, 0, 0, 0, 1, 1 };
static const uint8_t m2[6] = { 2, 0, 0, 0, 1, 2 };
static const uint8_t m3[6] = { 2, 0, 0, 0, 1, 3 };
static uint8_t buf[2000];

/* Three tap-like ports, and one of VMware's. */
FIXTURE(fdb) {
	struct vt_port t1, t2, t3, v;
};

FIXTURE_SETUP(fdb)
{
	ASSERT_EQ(0, vt_tap_open(&self->t1, HUB, 0));
	ASSERT_EQ(0, vt_tap_open(&self->t2, HUB, 0));
	ASSERT_EQ(0, vt_tap_open(&self->t3, HUB, 0));
	ASSERT_EQ(0, vt_port_up(&self->v, HUB, VT_UP));
}

FIXTURE_TEARDOWN(fdb)
{
	close(self->t1.fd);
	close(self->t2.fd);
	close(self->t3.fd);
	close(self->v.fd);
}

TEST_F(fdb, unknown_unicast_goes_to_learning_ports)
{
	ASSERT_EQ(60, vt_send(self->t1.fd, 60, m2, m1, 1));
	EXPECT_EQ(1, vt_recv_tag(self->t2.fd));
	EXPECT_EQ(1, vt_recv_tag(self->t3.fd));
	/* All of a VMware port's addresses are known: not to that. */
	EXPECT_TRUE(vt_quiet(self->v.fd));
	EXPECT_EQ(0, vt_counter(&self->v, "dropped.mismatch"));
}

TEST_F(fdb, learned_unicast_goes_to_its_port_only)
{
	/* t2 tells where m2 is. */
	ASSERT_EQ(60, vt_send(self->t2.fd, 60, vt_bcast, m2, 1));
	EXPECT_EQ(1, vt_recv_tag(self->t1.fd));
	EXPECT_EQ(1, vt_recv_tag(self->t3.fd));
	EXPECT_EQ(1, vt_recv_tag(self->v.fd));
	long long before = vt_counter(&self->t3, "queued");

	for (int i = 0; i < 20; i++)
		ASSERT_EQ(60, vt_send(self->t1.fd, 60, m2, m1, 2));
	EXPECT_EQ(20, vt_drain(self->t2.fd));
	EXPECT_EQ(before, vt_counter(&self->t3, "queued"));
	EXPECT_TRUE(vt_quiet(self->t3.fd));
	/* And back, m1 is known by now. */
	ASSERT_EQ(60, vt_send(self->t2.fd, 60, m1, m2, 3));
	EXPECT_EQ(3, vt_recv_tag(self->t1.fd));
	EXPECT_EQ(before, vt_counter(&self->t3, "queued"));
}

TEST_F(fdb, third_port_of_vmware_dialect_stays_at_zero)
{
	struct vt_port a, b, c;

	ASSERT_EQ(0, vt_port_up(&a, HUB + 1, VT_UP));
	ASSERT_EQ(0, vt_port_up(&b, HUB + 1, VT_UP));
	ASSERT_EQ(0, vt_port_up(&c, HUB + 1, VT_UP));
	for (int i = 0; i < 50; i++) {
		ASSERT_EQ(60, vt_send(a.fd, 60, b.mac, a.mac, 1));
		ASSERT_EQ(60, vt_send(b.fd, 60, a.mac, b.mac, 1));
	}
	EXPECT_EQ(50, vt_drain(a.fd));
	EXPECT_EQ(50, vt_drain(b.fd));
	EXPECT_EQ(0, vt_counter(&c, "queued"));
	EXPECT_EQ(0, vt_counter(&c, "dropped.mismatch"));
}

TEST_F(fdb, own_port_is_no_way_out)
{
	ASSERT_EQ(60, vt_send(self->t1.fd, 60, vt_bcast, m1, 1));
	ASSERT_EQ(60, vt_send(self->t1.fd, 60, vt_bcast, m2, 1));
	vt_drain(self->t2.fd);
	vt_drain(self->t3.fd);
	/* Both behind t1: nobody else needs to see this. */
	ASSERT_EQ(60, vt_send(self->t1.fd, 60, m2, m1, 2));
	EXPECT_TRUE(vt_quiet(self->t1.fd));
	EXPECT_TRUE(vt_quiet(self->t2.fd));
	EXPECT_TRUE(vt_quiet(self->t3.fd));
}

TEST_F(fdb, a_station_moves)
{
	ASSERT_EQ(60, vt_send(self->t2.fd, 60, vt_bcast, m2, 1));
	ASSERT_EQ(60, vt_send(self->t3.fd, 60, vt_bcast, m2, 1));
	vt_drain(self->t1.fd);
	vt_drain(self->t2.fd);
	vt_drain(self->t3.fd);
	ASSERT_EQ(60, vt_send(self->t1.fd, 60, m2, m1, 2));
	EXPECT_EQ(2, vt_recv_tag(self->t3.fd));
	EXPECT_TRUE(vt_quiet(self->t2.fd));
}

TEST_F(fdb, close_forgets)
{
	ASSERT_EQ(60, vt_send(self->t2.fd, 60, vt_bcast, m2, 1));
	vt_drain(self->t1.fd);
	vt_drain(self->t3.fd);
	close(self->t2.fd);
	self->t2.fd = -1;
	/* Unknown again: the others may have it. */
	ASSERT_EQ(60, vt_send(self->t1.fd, 60, m2, m1, 2));
	EXPECT_EQ(2, vt_recv_tag(self->t3.fd));
}

TEST_F(fdb, bind_forgets)
{
	ASSERT_EQ(60, vt_send(self->t2.fd, 60, vt_bcast, m2, 1));
	vt_drain(self->t1.fd);
	vt_drain(self->t3.fd);
	if (vt_bind(self->t2.fd, HUB + 1)) {
		/* Moving is VMware's call; a tap-like port may refuse it. */
		EXPECT_EQ(EINVAL, errno);
		return;
	}
	ASSERT_EQ(60, vt_send(self->t1.fd, 60, m2, m1, 2));
	EXPECT_EQ(2, vt_recv_tag(self->t3.fd));
	EXPECT_TRUE(vt_quiet(self->t2.fd));
}

TEST_F(fdb, learning_never_overrides_an_owner)
{
	/* t1 pretends to be the VMware port. */
	ASSERT_EQ(60, vt_send(self->t1.fd, 60, vt_bcast, self->v.mac, 1));
	vt_drain(self->t2.fd);
	vt_drain(self->t3.fd);
	vt_drain(self->v.fd);
	ASSERT_EQ(60, vt_send(self->t2.fd, 60, self->v.mac, m2, 2));
	EXPECT_EQ(2, vt_recv_tag(self->v.fd));
	EXPECT_TRUE(vt_quiet(self->t1.fd));
	EXPECT_TRUE(vt_quiet(self->t3.fd));
}

TEST_F(fdb, all_owners_of_an_address_receive)
{
	struct vt_port a, b;

	ASSERT_EQ(0, vt_port_up(&a, HUB, VT_UP));
	ASSERT_EQ(0, vt_port_up(&b, HUB, VT_UP));
	ASSERT_EQ(0, vt_set_mac(a.fd, m3, 0));
	ASSERT_EQ(0, vt_set_mac(b.fd, m3, 0));
	ASSERT_EQ(60, vt_send(self->t1.fd, 60, m3, m1, 1));
	EXPECT_EQ(1, vt_recv_tag(a.fd));
	EXPECT_EQ(1, vt_recv_tag(b.fd));
	EXPECT_TRUE(vt_quiet(self->t2.fd));
	/* Also when one of them sends it. */
	ASSERT_EQ(60, vt_send(a.fd, 60, m3, m3, 2));
	EXPECT_EQ(2, vt_recv_tag(b.fd));
	EXPECT_TRUE(vt_quiet(a.fd));
	/* One leaves, the other stays. */
	close(a.fd);
	ASSERT_EQ(60, vt_send(self->t1.fd, 60, m3, m1, 3));
	EXPECT_EQ(3, vt_recv_tag(b.fd));
}

/* Their own address counts, whatever the flags; a dead port gets nothing. */
TEST_F(fdb, owner_that_is_down)
{
	ASSERT_EQ(0, vt_flags(self->v.fd, 0));
	ASSERT_EQ(60, vt_send(self->t1.fd, 60, self->v.mac, m1, 1));
	EXPECT_EQ(1, vt_counter(&self->v, "dropped.down"));
	EXPECT_TRUE(vt_quiet(self->t2.fd));
}

TEST_F(fdb, promiscuous_sees_the_whole_hub)
{
	struct vt_port s, gone;

	ASSERT_EQ(0, vt_port_up(&s, HUB, VMNET_FLAG_UP | VMNET_FLAG_PROMISC));
	ASSERT_EQ(60, vt_send(self->t2.fd, 60, vt_bcast, m2, 1));
	ASSERT_EQ(60, vt_send(self->t1.fd, 60, m2, m1, 2));
	ASSERT_EQ(60, vt_send(self->t1.fd, 60, self->v.mac, m1, 3));
	ASSERT_EQ(60, vt_send(self->v.fd, 60, m3, self->v.mac, 4));
	ASSERT_EQ(60, vt_send(self->t1.fd, 60, m1, m1, 5));
	for (int i = 1; i <= 5; i++)
		EXPECT_EQ(i, vt_recv_tag(s.fd));
	EXPECT_TRUE(vt_quiet(s.fd));
	/* Once each, also what is addressed to it. */
	ASSERT_EQ(60, vt_send(self->t1.fd, 60, s.mac, m1, 6));
	EXPECT_EQ(6, vt_recv_tag(s.fd));
	EXPECT_TRUE(vt_quiet(s.fd));
	/* No longer. */
	ASSERT_EQ(0, vt_flags(s.fd, VMNET_FLAG_UP));
	ASSERT_EQ(60, vt_send(self->t1.fd, 60, m2, m1, 7));
	EXPECT_TRUE(vt_quiet(s.fd));
	/* It needs to be up for that. */
	ASSERT_EQ(0, vt_port_up(&gone, HUB, VMNET_FLAG_PROMISC));
	ASSERT_EQ(60, vt_send(self->t1.fd, 60, m2, m1, 8));
	EXPECT_EQ(0, vt_counter(&gone, "queued"));
}

/* A group address as source teaches nothing. */
TEST_F(fdb, group_sources_are_not_learned)
{
	uint8_t group[6] = { 0x01, 0, 0x5e, 0, 0, 9 };

	ASSERT_EQ(60, vt_send(self->t2.fd, 60, m3, group, 1));
	vt_drain(self->t1.fd);
	vt_drain(self->t3.fd);
	ASSERT_EQ(60, vt_send(self->t1.fd, 60, group, m1, 2));
	EXPECT_EQ(2, vt_recv_tag(self->t2.fd));
	EXPECT_EQ(2, vt_recv_tag(self->t3.fd));
}

/* A port may have many stations, but not all there are. */
TEST_F(fdb, quota_of_a_port)
{
	uint8_t mac[6] = { 2, 0x77, 0, 0, 0, 0 };

	/* The first of very many must give way, the last is known. */
	for (int i = 0; i < 3000; i++) {
		mac[4] = (uint8_t)(i >> 8);
		mac[5] = (uint8_t)i;
		ASSERT_EQ(60, vt_send(self->t2.fd, 60, m3, mac, 1));
		if (i % 500 == 499) {
			vt_drain(self->t1.fd);
			vt_drain(self->t3.fd);
		}
	}
	vt_drain(self->t1.fd);
	vt_drain(self->t3.fd);
	/* Its own table alone: m1 at t1 is as known as before. */
	ASSERT_EQ(60, vt_send(self->t1.fd, 60, vt_bcast, m1, 1));
	vt_drain(self->t2.fd);
	vt_drain(self->t3.fd);
	ASSERT_EQ(60, vt_send(self->t2.fd, 60, m1, m2, 2));
	EXPECT_EQ(2, vt_recv_tag(self->t1.fd));
	EXPECT_TRUE(vt_quiet(self->t3.fd));
	EXPECT_EQ(0, vt_drain(self->t3.fd));
	(void)buf;
}

TEST_F(fdb, two_and_a_third_elsewhere)
{
	struct vt_port far;

	ASSERT_EQ(0, vt_tap_open(&far, HUB + 1, 0));
	ASSERT_EQ(60, vt_send(self->t1.fd, 60, vt_bcast, m1, 1));
	ASSERT_EQ(60, vt_send(self->t2.fd, 60, m1, m2, 2));
	EXPECT_EQ(1, vt_recv_tag(self->t2.fd));
	EXPECT_EQ(2, vt_recv_tag(self->t1.fd));
	EXPECT_TRUE(vt_quiet(far.fd));
	EXPECT_EQ(0, vt_counter(&far, "queued"));
}

TEST_HARNESS_MAIN
