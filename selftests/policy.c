// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Policy of ports: VLANs, isolation, own addresses, wrong values.
 */
#define _GNU_SOURCE
#define VT_HARNESS
#include "vmpolicy.h"
#include "vmnl_policy.h"

#define HUB	95

/* What a test means by "nothing arrives". */
#define NONE	(-1)

static const uint8_t m1[6] = { 2, 0, 0, 0, 9, 1 };
static const uint8_t m2[6] = { 2, 0, 0, 0, 9, 2 };
static const uint8_t m3[6] = { 2, 0, 0, 0, 9, 3 };

/* Sends a frame with up to two tags; a TCI of NONE is no tag. */
static ssize_t send_tags(int fd, const uint8_t *dst, const uint8_t *src,
			 int tci1, int tci2, uint8_t mark)
{
	uint8_t f[80];
	size_t at = 12;
	int tci[2] = { tci1, tci2 };

	vt_frame(f + 8, 60, dst, src, mark);
	memmove(f, f + 8, 12);
	for (int i = 0; i < 2; i++) {
		if (tci[i] == NONE)
			continue;
		f[at++] = 0x81;
		f[at++] = 0;
		f[at++] = (uint8_t)(tci[i] >> 8);
		f[at++] = (uint8_t)tci[i];
	}
	memmove(f + at, f + 20, 48);
	return write(fd, f, at + 48);
}

/*
 * The tags of the next frame, if it has @mark: 0 for none, the TCI of one, both
 * of two (the outer one above). NONE when there is no frame, -2 when it is
 * another one or is damaged.
 */
static int recv_tags(int fd, uint8_t mark)
{
	uint8_t f[200], want[60];
	ssize_t n = read(fd, f, sizeof(f));
	int tags = 0, at = 12;

	if (n < 0)
		return NONE;
	while (at + 4 < n && f[at] == 0x81 && !f[at + 1]) {
		tags = tags << 16 | f[at + 2] << 8 | f[at + 3];
		at += 4;
	}
	vt_frame(want, 60, f, f + 6, mark);
	if (n - at != 48 || memcmp(f + at, want + 12, 48))
		return -2;
	return tags;
}

/* Two access ports of VLAN 5, one of 6, a trunk, and one without a policy. */
FIXTURE(vlan) {
	struct vt_port a, b, c, t, p;
};

FIXTURE_SETUP(vlan)
{
	struct vt_port *all[] = { &self->a, &self->b, &self->c, &self->t,
				  &self->p };

	for (int i = 0; i < 5; i++)
		ASSERT_EQ(0, vt_tap_open(all[i], HUB, 0));
	ASSERT_EQ(0, vp_access(&self->a, 5));
	ASSERT_EQ(0, vp_access(&self->b, 5));
	ASSERT_EQ(0, vp_access(&self->c, 6));
	ASSERT_EQ(0, vp_trunk(&self->t, 6, 5, 7));
}

FIXTURE_TEARDOWN(vlan)
{
	close(self->a.fd);
	close(self->b.fd);
	close(self->c.fd);
	close(self->t.fd);
	close(self->p.fd);
}

TEST_F(vlan, matrix)
{
	struct vt_port *all[] = { &self->a, &self->b, &self->c, &self->t,
				  &self->p };
	static const struct {
		int from, tci1, tci2;
		int to[5];
	} rows[] = {
		/* from an access port */
		{ 0, NONE, NONE, { NONE, 0, NONE, 5, 5 } },
		{ 2, NONE, NONE, { NONE, NONE, NONE, 0, 6 } },
		{ 0, 5, NONE, { NONE, NONE, NONE, NONE, NONE } },
		{ 0, 6, NONE, { NONE, NONE, NONE, NONE, NONE } },
		/* a priority is kept, a tag behind it is not let in */
		{ 0, 0x6000, NONE, { NONE, 0, NONE, 0x6005, 0x6005 } },
		{ 0, 0x6000, 7, { NONE, NONE, NONE, NONE, NONE } },
		/* from the trunk */
		{ 3, NONE, NONE, { NONE, NONE, 0, NONE, 6 } },
		{ 3, 0, NONE, { NONE, NONE, 0, NONE, 6 } },
		{ 3, 5, NONE, { 0, 0, NONE, NONE, 5 } },
		{ 3, 0xa005, NONE, { 0, 0, NONE, NONE, 0xa005 } },
		{ 3, 7, NONE, { NONE, NONE, NONE, NONE, 7 } },
		{ 3, 8, NONE, { NONE, NONE, NONE, NONE, NONE } },
		{ 3, 4095, NONE, { NONE, NONE, NONE, NONE, NONE } },
		/* two tags: the second chooses no VLAN */
		{ 3, 5, 7, { NONE, NONE, NONE, NONE, 5 << 16 | 7 } },
		/* from where there is no policy */
		{ 4, NONE, NONE, { NONE, NONE, NONE, NONE, NONE } },
		{ 4, 0, NONE, { NONE, NONE, NONE, NONE, NONE } },
		{ 4, 5, NONE, { 0, 0, NONE, 5, NONE } },
		{ 4, 6, NONE, { NONE, NONE, 0, 0, NONE } },
		{ 4, 7, NONE, { NONE, NONE, NONE, 7, NONE } },
		{ 4, 8, NONE, { NONE, NONE, NONE, NONE, NONE } },
		{ 4, 6, 7, { NONE, NONE, NONE, NONE, NONE } },
		{ 4, 5, 7, { NONE, NONE, NONE, 5 << 16 | 7, NONE } },
	};

	for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
		ASSERT_LT(0, send_tags(all[rows[r].from]->fd, vt_bcast, m1,
				       rows[r].tci1, rows[r].tci2, (uint8_t)r));
		for (int i = 0; i < 5; i++) {
			EXPECT_EQ(rows[r].to[i],
				  recv_tags(all[i]->fd, (uint8_t)r))
				TH_LOG("row %zu, port %d", r, i);
		}
	}
}

TEST_F(vlan, drops_are_counted)
{
	ASSERT_LT(0, send_tags(self->a.fd, vt_bcast, m1, 5, NONE, 1));
	EXPECT_EQ(1, vp_stat(&self->a, VMNET_A_PORT_STATS_DROP_VLAN));
	EXPECT_EQ(0, vp_stat(&self->a, VMNET_A_PORT_STATS_IN_FRAMES));
	EXPECT_EQ(0, vp_stat(&self->b, VMNET_A_PORT_STATS_DROP_VLAN));
	ASSERT_LT(0, send_tags(self->p.fd, vt_bcast, m1, NONE, NONE, 1));
	EXPECT_EQ(2, vp_stat(&self->a, VMNET_A_PORT_STATS_DROP_VLAN));
	EXPECT_EQ(1, vp_stat(&self->b, VMNET_A_PORT_STATS_DROP_VLAN));
	EXPECT_EQ(1, vp_stat(&self->t, VMNET_A_PORT_STATS_DROP_VLAN));
	EXPECT_EQ(0, vp_stat(&self->b, VMNET_A_PORT_STATS_OUT_FRAMES));
}

/* A tag that is cut short: dropped where tags matter. */
TEST_F(vlan, short_tag)
{
	uint8_t f[16] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1,
			  0x81, 0, 0, 5 };

	ASSERT_EQ(16, write(self->t.fd, f, 16));
	EXPECT_EQ(1, vp_stat(&self->t, VMNET_A_PORT_STATS_DROP_VLAN));
	ASSERT_EQ(16, write(self->p.fd, f, 16));
	EXPECT_EQ(1, vp_stat(&self->a, VMNET_A_PORT_STATS_DROP_VLAN));
	EXPECT_EQ(NONE, recv_tags(self->a.fd, 0));
	EXPECT_EQ(NONE, recv_tags(self->p.fd, 0));
}

TEST_F(vlan, off_is_as_before)
{
	struct vt_port *all[] = { &self->a, &self->b, &self->c, &self->t,
				  &self->p };

	for (int i = 0; i < 4; i++)
		ASSERT_EQ(0, vp_off(all[i]));
	for (int r = 0; r < 2; r++) {
		ASSERT_LT(0, send_tags(self->a.fd, vt_bcast, m1,
				       r ? 8 : NONE, NONE, 1));
		for (int i = 1; i < 5; i++)
			EXPECT_EQ(r ? 8 : 0, recv_tags(all[i]->fd, 1));
	}
	EXPECT_EQ(-1, vp_value(&self->a, VMNET_A_PORT_VLAN,
			       VMNET_A_PORT_VLAN_MODE));
}

TEST_F(vlan, what_is_set_is_told)
{
	uint8_t map[512];

	EXPECT_EQ(VMNET_VLAN_MODE_ACCESS,
		  vp_value(&self->a, VMNET_A_PORT_VLAN,
			   VMNET_A_PORT_VLAN_MODE));
	EXPECT_EQ(5, vp_value(&self->a, VMNET_A_PORT_VLAN,
			      VMNET_A_PORT_VLAN_VID));
	EXPECT_EQ(VMNET_VLAN_MODE_TRUNK,
		  vp_value(&self->t, VMNET_A_PORT_VLAN,
			   VMNET_A_PORT_VLAN_MODE));
	EXPECT_EQ(6, vp_value(&self->t, VMNET_A_PORT_VLAN,
			      VMNET_A_PORT_VLAN_VID));
	ASSERT_EQ(512, vp_data(&self->t, VMNET_A_PORT_VLAN,
			       VMNET_A_PORT_VLAN_ALLOWED, map, sizeof(map)));
	EXPECT_EQ(1 << 5 | 1 << 7, map[0]);
	for (int i = 1; i < 512; i++)
		EXPECT_EQ(0, map[i]);
	/* Other things of the port may change without it. */
	ASSERT_EQ(0, vp_isolated(&self->a, 1));
	EXPECT_EQ(1, vp_value(&self->a, 0, VMNET_A_PORT_ISOLATED));
	EXPECT_EQ(5, vp_value(&self->a, VMNET_A_PORT_VLAN,
			      VMNET_A_PORT_VLAN_VID));
}

/* Two isolated ports, and one that is not. */
TEST(isolation)
{
	struct vt_port i1, i2, n, s;

	ASSERT_EQ(0, vt_tap_open(&i1, HUB, 0));
	ASSERT_EQ(0, vt_tap_open(&i2, HUB, 0));
	ASSERT_EQ(0, vt_tap_open(&n, HUB, 0));
	ASSERT_EQ(0, vt_port_up(&s, HUB, VMNET_FLAG_UP | VMNET_FLAG_PROMISC));
	ASSERT_EQ(0, vp_isolated(&i1, 1));
	ASSERT_EQ(0, vp_isolated(&i2, 1));
	ASSERT_EQ(0, vp_isolated(&s, 1));

	ASSERT_EQ(60, vt_send(i1.fd, 60, vt_bcast, m1, 1));
	EXPECT_EQ(1, vt_recv_tag(n.fd));
	EXPECT_EQ(0, vt_drain(i2.fd));
	EXPECT_EQ(0, vt_drain(s.fd));
	EXPECT_EQ(1, vp_stat(&i2, VMNET_A_PORT_STATS_DROP_ISOLATED));
	EXPECT_EQ(1, vp_stat(&s, VMNET_A_PORT_STATS_DROP_ISOLATED));
	ASSERT_EQ(60, vt_send(i2.fd, 60, vt_bcast, m2, 2));
	EXPECT_EQ(2, vt_recv_tag(n.fd));
	EXPECT_EQ(0, vt_drain(i1.fd));
	/* Known or unknown, to its address. */
	ASSERT_EQ(60, vt_send(i1.fd, 60, m2, m1, 3));
	ASSERT_EQ(60, vt_send(i1.fd, 60, m3, m1, 4));
	EXPECT_EQ(4, vt_recv_tag(n.fd));
	EXPECT_EQ(0, vt_drain(i2.fd));
	/* The other way, and back. */
	ASSERT_EQ(60, vt_send(n.fd, 60, m1, m3, 5));
	EXPECT_EQ(5, vt_recv_tag(i1.fd));
	EXPECT_EQ(5, vt_recv_tag(s.fd));
	ASSERT_EQ(60, vt_send(i1.fd, 60, m3, m1, 6));
	EXPECT_EQ(6, vt_recv_tag(n.fd));
	/* No longer. */
	ASSERT_EQ(0, vp_isolated(&i2, 0));
	ASSERT_EQ(60, vt_send(i1.fd, 60, m2, m1, 7));
	EXPECT_EQ(7, vt_recv_tag(i2.fd));
	EXPECT_EQ(0, vt_drain(s.fd));
	close(i1.fd);
	close(i2.fd);
	close(n.fd);
	close(s.fd);
}

/* Tap-like ports, and two of VMware's. */
FIXTURE(lock) {
	struct vt_port t1, t2, v1, v2;
};

FIXTURE_SETUP(lock)
{
	ASSERT_EQ(0, vt_tap_open(&self->t1, HUB, 0));
	ASSERT_EQ(0, vt_tap_open(&self->t2, HUB, 0));
	ASSERT_EQ(0, vt_port_up(&self->v1, HUB, VT_UP));
	ASSERT_EQ(0, vt_port_up(&self->v2, HUB, VT_UP));
}

FIXTURE_TEARDOWN(lock)
{
	close(self->t1.fd);
	close(self->t2.fd);
	close(self->v1.fd);
	close(self->v2.fd);
}

TEST_F(lock, first_heard)
{
	static const uint8_t group[6] = { 1, 0, 0x5e, 0, 0, 1 };
	uint8_t heard[6];

	ASSERT_EQ(0, vp_lock(&self->t1, 1, NULL, NULL));
	EXPECT_EQ(-1, vp_data(&self->t1, VMNET_A_PORT_LOCK,
			      VMNET_A_PORT_LOCK_HEARD, heard, 6));
	ASSERT_EQ(60, vt_send(self->t1.fd, 60, vt_bcast, group, 1));
	EXPECT_EQ(0, vt_drain(self->t2.fd));
	ASSERT_EQ(60, vt_send(self->t1.fd, 60, vt_bcast, m1, 2));
	EXPECT_EQ(2, vt_recv_tag(self->t2.fd));
	ASSERT_EQ(60, vt_send(self->t1.fd, 60, vt_bcast, m2, 3));
	ASSERT_EQ(60, vt_send(self->t1.fd, 60, vt_bcast, self->v1.mac, 3));
	EXPECT_EQ(0, vt_drain(self->t2.fd));
	EXPECT_EQ(3, vp_stat(&self->t1, VMNET_A_PORT_STATS_DROP_LOCK));
	ASSERT_EQ(6, vp_data(&self->t1, VMNET_A_PORT_LOCK,
			     VMNET_A_PORT_LOCK_HEARD, heard, 6));
	EXPECT_EQ(0, memcmp(heard, m1, 6));
	/* Something else changes: it stays. Anew: the next one heard. */
	ASSERT_EQ(0, vp_isolated(&self->t1, 1));
	ASSERT_EQ(60, vt_send(self->t1.fd, 60, vt_bcast, m2, 4));
	EXPECT_EQ(0, vt_drain(self->t2.fd));
	ASSERT_EQ(0, vp_off(&self->t1));
	ASSERT_EQ(0, vp_lock(&self->t1, 1, NULL, NULL));
	ASSERT_EQ(60, vt_send(self->t1.fd, 60, vt_bcast, m2, 5));
	EXPECT_EQ(5, vt_recv_tag(self->t2.fd));
	ASSERT_EQ(60, vt_send(self->t1.fd, 60, vt_bcast, m1, 6));
	EXPECT_EQ(0, vt_drain(self->t2.fd));
}

TEST_F(lock, list)
{
	uint8_t mac[6];

	ASSERT_EQ(0, vp_lock(&self->t1, 1, m1, m2));
	ASSERT_EQ(60, vt_send(self->t1.fd, 60, vt_bcast, m1, 1));
	EXPECT_EQ(1, vt_recv_tag(self->t2.fd));
	ASSERT_EQ(60, vt_send(self->t1.fd, 60, vt_bcast, m2, 2));
	EXPECT_EQ(2, vt_recv_tag(self->t2.fd));
	ASSERT_EQ(60, vt_send(self->t1.fd, 60, vt_bcast, m3, 3));
	EXPECT_EQ(0, vt_drain(self->t2.fd));
	ASSERT_EQ(6, vp_data(&self->t1, VMNET_A_PORT_LOCK,
			     VMNET_A_PORT_LOCK_MAC, mac, 6));
	EXPECT_EQ(0, memcmp(mac, m1, 6));
	EXPECT_EQ(1, vp_value(&self->t1, VMNET_A_PORT_LOCK,
			      VMNET_A_PORT_LOCK_ON));
}

TEST_F(lock, own_address)
{
	ASSERT_EQ(0, vp_lock(&self->v1, 1, NULL, NULL));
	ASSERT_EQ(60, vt_send(self->v1.fd, 60, vt_bcast, self->v1.mac, 1));
	EXPECT_EQ(1, vt_recv_tag(self->t1.fd));
	ASSERT_EQ(60, vt_send(self->v1.fd, 60, vt_bcast, m1, 2));
	EXPECT_EQ(0, vt_drain(self->t1.fd));
	/* It cannot get another by asking for it, unless it is on the list. */
	EXPECT_EQ(EPERM, VT_ERRNO(vt_set_mac(self->v1.fd, m1, 0)));
	EXPECT_EQ(0, vt_set_mac(self->v1.fd, self->v1.mac, 0));
	ASSERT_EQ(0, vp_lock(&self->v1, 1, m1, NULL));
	EXPECT_EQ(EPERM, VT_ERRNO(vt_set_mac(self->v1.fd, m2, 0)));
	EXPECT_EQ(0, vt_set_mac(self->v1.fd, m1, 0));
	ASSERT_EQ(60, vt_send(self->v1.fd, 60, vt_bcast, m1, 3));
	EXPECT_EQ(3, vt_recv_tag(self->t1.fd));
	ASSERT_EQ(0, vp_lock(&self->v1, 0, NULL, NULL));
	EXPECT_EQ(0, vt_set_mac(self->v1.fd, m2, 0));
}

/* Who may not move into its hub stays what it was where it is. */
TEST_F(lock, refused_move)
{
	struct vt_port far, peer;

	ASSERT_EQ(0, vt_port_up(&far, HUB + 1, VT_UP));
	ASSERT_EQ(0, vt_port_up(&peer, HUB + 1, VT_UP));
	ASSERT_EQ(0, vp_lock(&self->t1, 1, NULL, NULL));
	ASSERT_EQ(60, vt_send(self->t1.fd, 60, vt_bcast, far.mac, 1));
	EXPECT_EQ(EINVAL, VT_ERRNO(vt_bind(far.fd, HUB)));
	ASSERT_EQ(60, vt_send(peer.fd, 60, far.mac, peer.mac, 2));
	EXPECT_EQ(2, vt_recv_tag(far.fd));
	close(far.fd);
	close(peer.fd);
}

/* One request is done whole or not at all. */
TEST_F(lock, refused_address_changes_nothing)
{
	struct vp m;

	ASSERT_EQ(0, vp_lock(&self->t1, 1, NULL, NULL));
	ASSERT_EQ(60, vt_send(self->t1.fd, 60, vt_bcast, m1, 1));
	vp_begin(&m, &self->v1);
	vp_u8(&m, VMNET_A_PORT_ISOLATED, 1);
	vp_put(&m, VMNET_A_PORT_MAC, m1, 6);
	EXPECT_EQ(-EBUSY, vp_send(&m));
	EXPECT_EQ(0, vp_value(&self->v1, 0, VMNET_A_PORT_ISOLATED));
	EXPECT_EQ(1, vt_recv_tag(self->v1.fd));
	ASSERT_EQ(60, vt_send(self->v2.fd, 60, self->v1.mac, self->v2.mac, 3));
	EXPECT_EQ(3, vt_recv_tag(self->v1.fd));
}

/* Nobody gets the frames of a locked port by using its address. */
TEST_F(lock, nobody_takes_it)
{
	ASSERT_EQ(0, vp_lock(&self->t1, 1, NULL, NULL));
	ASSERT_EQ(60, vt_send(self->t1.fd, 60, vt_bcast, m1, 1));
	vt_drain(self->t2.fd);
	vt_drain(self->v1.fd);
	ASSERT_EQ(60, vt_send(self->t2.fd, 60, vt_bcast, m1, 2));
	vt_drain(self->t1.fd);
	vt_drain(self->v1.fd);
	ASSERT_EQ(60, vt_send(self->v1.fd, 60, m1, self->v1.mac, 3));
	EXPECT_EQ(3, vt_recv_tag(self->t1.fd));
	EXPECT_EQ(0, vt_drain(self->t2.fd));
	/* Nor by claiming it. */
	EXPECT_EQ(EBUSY, VT_ERRNO(vt_set_mac(self->v2.fd, m1, 0)));
	ASSERT_EQ(0, vp_lock(&self->v1, 1, NULL, NULL));
	EXPECT_EQ(EBUSY, VT_ERRNO(vt_set_mac(self->v2.fd, self->v1.mac, 0)));
	/* Nor from another hub. */
	ASSERT_EQ(0, vt_bind(self->v2.fd, HUB + 1));
	ASSERT_EQ(0, vt_set_mac(self->v2.fd, self->v1.mac, 0));
	EXPECT_EQ(EINVAL, VT_ERRNO(vt_bind(self->v2.fd, HUB)));
	/* Unlocked, a station moves as ever. */
	ASSERT_EQ(0, vp_off(&self->t1));
	ASSERT_EQ(60, vt_send(self->t2.fd, 60, vt_bcast, m1, 4));
	vt_drain(self->t1.fd);
	vt_drain(self->v1.fd);
	ASSERT_EQ(60, vt_send(self->v1.fd, 60, m1, self->v1.mac, 5));
	EXPECT_EQ(5, vt_recv_tag(self->t2.fd));
	EXPECT_EQ(0, vt_drain(self->t1.fd));
}

/* It goes where the port goes, and ends with it. */
TEST_F(lock, moves_with_the_port)
{
	struct vt_port far;

	ASSERT_EQ(0, vt_tap_open(&far, HUB + 1, 0));
	ASSERT_EQ(0, vp_lock(&self->v1, 1, NULL, NULL));
	ASSERT_EQ(0, vt_bind(self->v1.fd, HUB + 1));
	ASSERT_EQ(60, vt_send(self->v1.fd, 60, vt_bcast, m1, 1));
	ASSERT_EQ(60, vt_send(self->v1.fd, 60, vt_bcast, self->v1.mac, 2));
	EXPECT_EQ(2, vt_recv_tag(far.fd));
	ASSERT_EQ(60, vt_send(far.fd, 60, vt_bcast, self->v1.mac, 3));
	ASSERT_EQ(60, vt_send(far.fd, 60, self->v1.mac, m2, 4));
	EXPECT_EQ(3, vt_recv_tag(self->v1.fd));
	EXPECT_EQ(4, vt_recv_tag(self->v1.fd));
	close(far.fd);
}

/* Each wrong value is refused with a reason, and changes nothing. */
TEST(wrong_values)
{
	static const uint8_t group[6] = { 1, 0, 0x5e, 0, 0, 1 };
	uint8_t map[512] = { 1 };
	struct vt_port p;

	ASSERT_EQ(0, vt_tap_open(&p, HUB, 0));
#define REFUSED(nest, ...) ({						\
	struct vp m;							\
	int err;							\
									\
	vp_begin(&m, &p);						\
	vp_u8(&m, VMNET_A_PORT_ISOLATED, 1);				\
	vp_nest(&m, nest);						\
	__VA_ARGS__;							\
	vp_nest_end(&m);						\
	vp_error[0] = 0;						\
	err = vp_send(&m);						\
	EXPECT_TRUE(err == -EINVAL || err == -ERANGE)			\
		TH_LOG(#__VA_ARGS__ ": %d", err);			\
	EXPECT_NE(0, vp_error[0]) TH_LOG(#__VA_ARGS__);			\
})
#define V(x)	VMNET_A_PORT_VLAN_ ## x
#define L(x)	VMNET_A_PORT_LOCK_ ## x
#define I(x)	VMNET_A_PORT_IMPAIR_ ## x
	REFUSED(VMNET_A_PORT_VLAN);
	REFUSED(VMNET_A_PORT_VLAN, vp_u32(&m, V(MODE), 3));
	REFUSED(VMNET_A_PORT_VLAN, vp_u32(&m, V(MODE), 1));
	REFUSED(VMNET_A_PORT_VLAN, vp_u32(&m, V(MODE), 2));
	REFUSED(VMNET_A_PORT_VLAN, vp_u32(&m, V(MODE), 1),
		vp_u32(&m, V(VID), 0));
	REFUSED(VMNET_A_PORT_VLAN, vp_u32(&m, V(MODE), 1),
		vp_u32(&m, V(VID), 4095));
	REFUSED(VMNET_A_PORT_VLAN, vp_u32(&m, V(MODE), 0),
		vp_u32(&m, V(VID), 5));
	REFUSED(VMNET_A_PORT_VLAN, vp_u32(&m, V(MODE), 2),
		vp_put(&m, V(ALLOWED), map, 512));
	map[0] = 2;
	REFUSED(VMNET_A_PORT_VLAN, vp_u32(&m, V(MODE), 2),
		vp_put(&m, V(ALLOWED), map, 511));
	REFUSED(VMNET_A_PORT_VLAN, vp_u32(&m, V(MODE), 1),
		vp_u32(&m, V(VID), 5), vp_put(&m, V(ALLOWED), map, 512));
	map[511] = 0x80;
	REFUSED(VMNET_A_PORT_VLAN, vp_u32(&m, V(MODE), 2),
		vp_put(&m, V(ALLOWED), map, 512));
	REFUSED(VMNET_A_PORT_LOCK);
	REFUSED(VMNET_A_PORT_LOCK, vp_u8(&m, L(ON), 2));
	REFUSED(VMNET_A_PORT_LOCK, vp_u8(&m, L(ON), 0),
		vp_put(&m, L(MAC), m1, 6));
	REFUSED(VMNET_A_PORT_LOCK, vp_u8(&m, L(ON), 1),
		vp_put(&m, L(MAC), group, 6));
	REFUSED(VMNET_A_PORT_LOCK, vp_u8(&m, L(ON), 1),
		vp_put(&m, L(MAC), m1, 5));
	REFUSED(VMNET_A_PORT_LOCK, vp_u8(&m, L(ON), 1),
		({ for (int i = 0; i < 17; i++)
			vp_put(&m, L(MAC), m1, 6); }));
	REFUSED(VMNET_A_PORT_IMPAIR_IN, vp_u64(&m, I(RATE), 999));
	REFUSED(VMNET_A_PORT_IMPAIR_IN, vp_u64(&m, I(RATE), 1000000000001));
	REFUSED(VMNET_A_PORT_IMPAIR_IN, vp_u32(&m, I(BURST), 1));
	REFUSED(VMNET_A_PORT_IMPAIR_IN, vp_u32(&m, I(DELAY), 60000001));
	REFUSED(VMNET_A_PORT_IMPAIR_IN, vp_u32(&m, I(DELAY), 10),
		vp_u32(&m, I(JITTER), 11));
	REFUSED(VMNET_A_PORT_IMPAIR_IN, vp_u32(&m, I(DELAY), 10),
		vp_u8(&m, I(REORDER), 1));
	REFUSED(VMNET_A_PORT_IMPAIR_OUT, vp_u32(&m, I(LOSS), 1000001));
	REFUSED(VMNET_A_PORT_IMPAIR_OUT, vp_u32(&m, I(DUPLICATE), 1000001));
	REFUSED(VMNET_A_PORT_IMPAIR_OUT, vp_u32(&m, I(LIMIT_FRAMES), 0));
	REFUSED(VMNET_A_PORT_IMPAIR_OUT, vp_u32(&m, I(LIMIT_FRAMES), 16385));
	REFUSED(VMNET_A_PORT_IMPAIR_OUT, vp_u32(&m, I(LIMIT_BYTES), 65535));
	EXPECT_EQ(0, vp_value(&p, 0, VMNET_A_PORT_ISOLATED));
	EXPECT_EQ(-1, vp_value(&p, VMNET_A_PORT_VLAN, V(MODE)));
	EXPECT_EQ(-1, vp_value(&p, VMNET_A_PORT_IMPAIR_IN, I(DELAY)));
	close(p.fd);
}

/* A conversion makes another port, without a policy; an uplink has no lock. */
TEST(conversion)
{
	struct vt_port p, q;
	struct vp m;

	ASSERT_EQ(0, vt_port_up(&p, HUB, VT_UP));
	ASSERT_EQ(0, vt_tap_open(&q, HUB, 0));
	ASSERT_EQ(0, vp_isolated(&p, 1));
	ASSERT_EQ(0, vp_isolated(&q, 1));
	ASSERT_EQ(0, vt_peer(p.fd, "vtnone0", 0));
	vp_begin_id(&m, vp_first(VMNET_KIND_BRIDGE));
	vp_nest(&m, VMNET_A_PORT_LOCK);
	vp_u8(&m, VMNET_A_PORT_LOCK_ON, 1);
	vp_nest_end(&m);
	EXPECT_EQ(-EINVAL, vp_send(&m));
	EXPECT_STREQ("an uplink has no address of its own", vp_error);
	vp_begin_id(&m, vp_first(VMNET_KIND_BRIDGE));
	vp_u8(&m, VMNET_A_PORT_ISOLATED, 1);
	EXPECT_EQ(0, vp_send(&m));
	ASSERT_EQ(0, vt_netif(p.fd, "vtpol0"));
	ASSERT_EQ(0, vp_off(&q));
	close(p.fd);
	close(q.fd);
}

/* The same through the client of the library: what goes in comes out. */
TEST(client)
{
	uint32_t all = 1U << VMNET_A_PORT_ISOLATED | 1U << VMNET_A_PORT_VLAN |
		       1U << VMNET_A_PORT_LOCK | 1U << VMNET_A_PORT_IMPAIR_IN |
		       1U << VMNET_A_PORT_IMPAIR_OUT;
	struct vmnl_policy set = {
		.isolated = true,
		.vlan = { VMNET_VLAN_MODE_TRUNK, 9, { 0x20, [511] = 0x40 } },
		.lock = { .on = true, .n = 2, .mac = { { 2, 1 }, { 2, 2 } } },
		.in = { .rate = 1ULL << 35, .burst = 4, .loss = 5,
			.limit_frames = 6, .limit_bytes = 70000 },
		.out = { .delay = 7, .jitter = 6, .reorder = true,
			 .duplicate = 8, .limit_frames = 9,
			 .limit_bytes = 1 << 20 },
	}, got, off = { .isolated = false };
	struct vt_port p;
	struct vmnl *nl;
	uint32_t id;
	int err;

	ASSERT_EQ(0, vt_port_up(&p, HUB, VT_UP));
	id = (uint32_t)vp_value(&p, 0, VMNET_A_PORT_ID);
	nl = vmnl_open(&err);
	ASSERT_NE(NULL, nl);
	ASSERT_EQ(0, vmnl_policy_set(nl, id, all, &set));
	memset(&got, 0xff, sizeof(got));
	ASSERT_EQ(0, vmnl_policy_get(nl, id, &got));
	EXPECT_EQ(0, memcmp(&set.vlan, &got.vlan, sizeof(set.vlan)));
	EXPECT_EQ(2, got.lock.n);
	EXPECT_EQ(0, memcmp(set.lock.mac, got.lock.mac, 12));
	EXPECT_TRUE(got.isolated && got.lock.on && !got.lock.has_heard);
	EXPECT_EQ(set.in.rate, got.in.rate);
	EXPECT_EQ(set.in.burst, got.in.burst);
	EXPECT_EQ(set.in.loss, got.in.loss);
	EXPECT_EQ(set.in.limit_frames, got.in.limit_frames);
	EXPECT_EQ(set.in.limit_bytes, got.in.limit_bytes);
	EXPECT_EQ(set.out.delay, got.out.delay);
	EXPECT_EQ(set.out.jitter, got.out.jitter);
	EXPECT_EQ(set.out.duplicate, got.out.duplicate);
	EXPECT_TRUE(got.out.reorder && !got.in.reorder);
	/* A part at a time; a wrong one is explained. */
	set.vlan.mode = VMNET_VLAN_MODE_ACCESS;
	set.vlan.vid = 0;
	EXPECT_EQ(-EINVAL, vmnl_policy_set(nl, id, 1U << VMNET_A_PORT_VLAN,
					   &set));
	EXPECT_STREQ("an access port has a VLAN", vmnl_error(nl));
	ASSERT_EQ(0, vmnl_policy_set(nl, id, 1U << VMNET_A_PORT_IMPAIR_IN,
				     &off));
	ASSERT_EQ(0, vmnl_policy_get(nl, id, &got));
	EXPECT_EQ(0, got.in.rate);
	EXPECT_EQ(7, got.out.delay);
	ASSERT_EQ(0, vmnl_policy_set(nl, id, all, &off));
	ASSERT_EQ(0, vmnl_policy_get(nl, id, &got));
	EXPECT_EQ(0, memcmp(&off, &got, sizeof(off)));
	EXPECT_EQ(-ENOENT, vmnl_policy_get(nl, 0x7fffffff, &got));
	vmnl_close(nl);
	close(p.fd);
}

TEST_HARNESS_MAIN
