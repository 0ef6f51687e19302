// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VMware's ioctls: what they do and the errno of every call that is wrong.
 */
#define _GNU_SOURCE
#define VT_HARNESS
#include "vmtest.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <linux/capability.h>
#include <linux/sockios.h>

#define HUB	30

FIXTURE(vmw) {
	struct vt_port a, b;
};

FIXTURE_SETUP(vmw)
{
	ASSERT_EQ(0, vt_port_up(&self->a, HUB, VT_UP));
	ASSERT_EQ(0, vt_port_up(&self->b, HUB, VT_UP));
}

FIXTURE_TEARDOWN(vmw)
{
	close(self->a.fd);
	close(self->b.fd);
}

/* The flags of a port as /proc prints them. */
static void flags_text(const struct vt_port *p, char *out, size_t size)
{
	char name[32], text[1024];

	snprintf(name, sizeof(name), "userif%d", p->n);
	out[0] = 0;
	if (vt_proc_read(name, text, sizeof(text)) < 0)
		return;
	char *s = strstr(text, " flags ");
	char *e = s ? strstr(s, " read ") : NULL;

	if (e) {
		*e = 0;
		snprintf(out, size, "%s", s + 7);
	}
}

/* Numbers and layouts are the contract with binaries we cannot rebuild. */
TEST(row_2_numbers_and_layouts)
{
	EXPECT_EQ(0xC00499E0, SIOCGETAPIVERSION2);
	EXPECT_EQ(0x400C99E1, SIOCSFILTERRULES);
	EXPECT_EQ(0x400899E2, SIOCSUSERLISTENER);
	EXPECT_EQ(0x40CC99E3, SIOCSMCASTFILTER);
	EXPECT_EQ(0x402499E4, SIOCSPEER3);
	EXPECT_EQ(0x800699E5, SIOCGETMACADDR);
	EXPECT_EQ(0x400499E6, SIOCSPORTFLAGS);
	EXPECT_EQ(0x800499FD, SIOCGBRSTATUS);
	EXPECT_EQ(0x402C99FF, SIOCSBIND);
	EXPECT_EQ(0x99F2, SIOCSLADRF);
	EXPECT_EQ(0x99F5, SIOCNETIF);
	EXPECT_EQ(0x99F6, SIOCSETMACADDR);
	EXPECT_EQ(0x99F9, SIOCUNSETNOTIFY);
	EXPECT_EQ(0x99FB, SIOCSETNOTIFY2);
	EXPECT_EQ(0x99FD, SIOCINJECTLINKSTATE);
	EXPECT_EQ(8, sizeof(struct vmnet_listen));
	EXPECT_EQ(28, sizeof(struct vmnet_event));
	EXPECT_EQ(24, offsetof(struct vmnet_event, up));
	EXPECT_EQ(40, sizeof(struct vmnet_notify));
	EXPECT_EQ(16, sizeof(struct vmnet_mac));
	EXPECT_EQ(12, offsetof(struct vmnet_mac, flags));
	EXPECT_EQ(204, sizeof(struct vmnet_mcast_filter));
	EXPECT_EQ(44, sizeof(struct vmnet_bind));
	EXPECT_EQ(36, sizeof(struct vmnet_peer));
}

TEST_F(vmw, row_2_1_api_version)
{
	static const uint32_t in[] = { 0, 1, 0x40000, 0x30000, 0xffffffff };

	for (int i = 0; i < 5; i++) {
		uint32_t v = in[i];

		EXPECT_EQ(0, ioctl(self->a.fd, SIOCGETAPIVERSION2, &v));
		EXPECT_EQ(0x00040000, v);
	}
}

TEST_F(vmw, row_2_2_flags)
{
	static const struct { uint32_t in; const char *text; } t[] = {
		{ 0, "IFF_RUNNING" },
		{ 0x1, "IFF_RUNNING,IFF_UP" },
		{ 0x40, "IFF_RUNNING" },
		{ 0x1003, "IFF_RUNNING,IFF_UP,IFF_BROADCAST,IFF_MULTICAST" },
		{ 0xffffffff, "IFF_RUNNING,IFF_UP,IFF_BROADCAST,IFF_DEBUG,"
			      "IFF_PROMISC,IFF_MULTICAST,IFF_ALLMULTI" },
		{ ~0x1307u, "IFF_RUNNING" },
		{ 0x4, "IFF_RUNNING,IFF_DEBUG" },
		{ 0x201, "IFF_RUNNING,IFF_UP,IFF_ALLMULTI" },
	};
	char text[256];

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		EXPECT_EQ(0, vt_flags(self->a.fd, t[i].in));
		flags_text(&self->a, text, sizeof(text));
		EXPECT_STREQ(t[i].text, text);
	}
}

TEST_F(vmw, row_9_address_filter)
{
	uint8_t group[6] = { 0x01, 0x00, 0x5e, 0x00, 0x00, 0x01 };
	static const struct { uint32_t flags; bool uni, bcast, mcast; } t[] = {
		{ 0x0001, true, false, false },
		{ 0x0003, true, true, false },
		{ 0x0201, true, true, true },
		{ 0x0101, true, true, true },
		{ 0x1001, true, false, false },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		ASSERT_EQ(0, vt_flags(self->b.fd, t[i].flags));
		vt_send(self->a.fd, 60, self->b.mac, self->a.mac, 1);
		EXPECT_EQ(t[i].uni, vt_drain(self->b.fd) == 1);
		vt_send(self->a.fd, 60, vt_bcast, self->a.mac, 2);
		EXPECT_EQ(t[i].bcast, vt_drain(self->b.fd) == 1)
			TH_LOG("broadcast, flags %#x", t[i].flags);
		vt_send(self->a.fd, 60, group, self->a.mac, 3);
		EXPECT_EQ(t[i].mcast, vt_drain(self->b.fd) == 1)
			TH_LOG("multicast, flags %#x", t[i].flags);
	}
	/* What a filter refused is counted. */
	EXPECT_EQ(5, vt_counter(&self->b, "dropped.mismatch"));
}

TEST_F(vmw, row_7_own_mac)
{
	uint8_t mac[6], set[6] = { 0x00, 0x0c, 0x29, 0x1b, 0x85, 0x3d };

	/* Generated: 00:50:56:E0:00:00 to FF:FF:FF. */
	EXPECT_EQ(0x00, self->a.mac[0]);
	EXPECT_EQ(0x50, self->a.mac[1]);
	EXPECT_EQ(0x56, self->a.mac[2]);
	EXPECT_LE(0xe0, self->a.mac[3]);

	EXPECT_EQ(0, vt_set_mac(self->b.fd, set, 0));
	EXPECT_EQ(0, vt_get_mac(self->b.fd, mac));
	EXPECT_EQ(0, memcmp(mac, set, 6));
	EXPECT_EQ(60, vt_send(self->a.fd, 60, set, self->a.mac, 4));
	EXPECT_EQ(4, vt_recv_tag(self->b.fd));
	/* The old one is gone. */
	EXPECT_EQ(60, vt_send(self->a.fd, 60, self->b.mac, self->a.mac, 5));
	EXPECT_TRUE(vt_quiet(self->b.fd));
}

TEST_F(vmw, row_2_4_mac_rules)
{
	struct vmnet_mac m = { .version = 1, .mac = { 0, 0x0c, 0x29, 9, 9, 9 } };
	static const uint8_t odd[][6] = {
		{ 0, 0, 0, 0, 0, 0 },
		{ 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
		{ 0x01, 0x00, 0x5e, 0, 0, 1 },
		{ 0xde, 0xad, 0xbe, 0xef, 0, 1 },
		{ 0x00, 0x50, 0x56, 0xc0, 0, 8 },
	};
	struct vt_port other;
	uint8_t mac[6];

	m.version = 0;
	EXPECT_EQ(EINVAL, VT_ERRNO(ioctl(self->a.fd, SIOCSETMACADDR, &m)));
	m.version = 2;
	EXPECT_EQ(EINVAL, VT_ERRNO(ioctl(self->a.fd, SIOCSETMACADDR, &m)));
	m.version = 1;
	/* Unknown flag bits are ignored. */
	m.flags = 0xfffffffe;
	EXPECT_EQ(0, ioctl(self->a.fd, SIOCSETMACADDR, &m));

	/* Unique: over all hubs. */
	ASSERT_EQ(0, vt_port_up(&other, HUB + 1, VT_UP));
	ASSERT_EQ(0, vt_set_mac(other.fd, odd[3], 1));
	EXPECT_EQ(EBUSY, VT_ERRNO(vt_set_mac(self->a.fd, odd[3], 1)));
	EXPECT_EQ(0, vt_get_mac(self->a.fd, mac));
	EXPECT_EQ(0, memcmp(mac, m.mac, 6));
	EXPECT_EQ(0, vt_set_mac(other.fd, odd[3], 1));
	/* The netif's range is never a port's own. */
	for (int last = 0; last < 256; last += 51) {
		uint8_t c0[6] = { 0, 0x50, 0x56, 0xc0, 0, (uint8_t)last };

		EXPECT_EQ(EBUSY, VT_ERRNO(vt_set_mac(self->a.fd, c0, 1)));
	}
	/* Not unique: anything goes, a duplicate too. */
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		EXPECT_EQ(0, vt_set_mac(self->a.fd, odd[i], 0));
		EXPECT_EQ(0, vt_get_mac(self->a.fd, mac));
		EXPECT_EQ(0, memcmp(mac, odd[i], 6));
	}
	/* When the other has gone its address is free again. */
	close(other.fd);
	EXPECT_EQ(0, vt_set_mac(self->a.fd, odd[3], 1));
}

/* Does @p take a frame to @dst? */
static bool takes(struct vt_port *from, struct vt_port *p, const uint8_t *dst)
{
	vt_send(from->fd, 60, dst, from->mac, 1);
	return vt_drain(p->fd) == 1;
}

/* The hash of the table in section 9 of the ABI. */
static const struct {
	uint8_t mac[6];
	int byte, bit;
} lance[] = {
	{ { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, 5, 7 },
	{ { 0x01, 0x00, 0x5e, 0x00, 0x00, 0x01 }, 6, 6 },
	{ { 0x01, 0x00, 0x5e, 0x00, 0x00, 0xfb }, 4, 1 },
	{ { 0x33, 0x33, 0x00, 0x00, 0x00, 0x01 }, 2, 7 },
};

TEST_F(vmw, row_2_5_hash_filter)
{
	ASSERT_EQ(0, vt_flags(self->b.fd, 0x1001));
	for (int i = 0; i < 4; i++) {
		uint8_t f[8] = { 0 };

		EXPECT_EQ(0, ioctl(self->b.fd, SIOCSLADRF, f));
		EXPECT_FALSE(takes(&self->a, &self->b, lance[i].mac));
		f[lance[i].byte] = (uint8_t)(1 << lance[i].bit);
		EXPECT_EQ(0, ioctl(self->b.fd, SIOCSLADRF, f));
		EXPECT_TRUE(takes(&self->a, &self->b, lance[i].mac));
		for (int j = 0; j < 4; j++)
			EXPECT_EQ(i == j, takes(&self->a, &self->b,
						lance[j].mac));
		f[lance[i].byte] ^= 0xff;
		for (int k = 0; k < 8; k++)
			if (k != lance[i].byte)
				f[k] = 0xff;
		EXPECT_EQ(0, ioctl(self->b.fd, SIOCSLADRF, f));
		EXPECT_FALSE(takes(&self->a, &self->b, lance[i].mac));
	}
}

TEST_F(vmw, row_2_6_exact_filter)
{
	struct vmnet_mcast_filter f = { .n = 1 };
	uint8_t zero[8] = { 0 };

	ASSERT_EQ(0, vt_flags(self->b.fd, 0x1001));
	memset(f.ladrf, 0xff, 8);
	memcpy(f.addr[0], lance[1].mac, 6);
	EXPECT_EQ(0, ioctl(self->b.fd, SIOCSMCASTFILTER, &f));
	/* Only the list counts, whatever the hash says. */
	EXPECT_TRUE(takes(&self->a, &self->b, lance[1].mac));
	EXPECT_FALSE(takes(&self->a, &self->b, lance[2].mac));
	/* All 32 are used. */
	f.n = 32;
	memcpy(f.addr[31], lance[2].mac, 6);
	EXPECT_EQ(0, ioctl(self->b.fd, SIOCSMCASTFILTER, &f));
	EXPECT_TRUE(takes(&self->a, &self->b, lance[2].mac));
	/* None: the hash. */
	f.n = 0;
	EXPECT_EQ(0, ioctl(self->b.fd, SIOCSMCASTFILTER, &f));
	EXPECT_TRUE(takes(&self->a, &self->b, lance[3].mac));
	/* Too many: refused, and nothing changes. */
	f.n = 33;
	memset(f.ladrf, 0, 8);
	EXPECT_EQ(EFAULT, VT_ERRNO(ioctl(self->b.fd, SIOCSMCASTFILTER, &f)));
	f.n = 0xffffffff;
	EXPECT_EQ(EFAULT, VT_ERRNO(ioctl(self->b.fd, SIOCSMCASTFILTER, &f)));
	EXPECT_TRUE(takes(&self->a, &self->b, lance[3].mac));
	/* SIOCSLADRF empties the list. */
	f.n = 1;
	EXPECT_EQ(0, ioctl(self->b.fd, SIOCSMCASTFILTER, &f));
	EXPECT_TRUE(takes(&self->a, &self->b, lance[1].mac));
	EXPECT_EQ(0, ioctl(self->b.fd, SIOCSLADRF, zero));
	EXPECT_FALSE(takes(&self->a, &self->b, lance[1].mac));
}

TEST_F(vmw, row_2_7_bind)
{
	struct vmnet_bind b = { .version = 1, .type = 1, .number = HUB + 2 };
	struct vt_port far;
	char slot[64];
	uint8_t mac[6];

	ASSERT_EQ(0, vt_port_up(&far, HUB + 2, VT_UP));
	ASSERT_EQ(60, vt_send(self->a.fd, 60, self->b.mac, self->a.mac, 7));
	EXPECT_EQ(0, ioctl(self->b.fd, SIOCSBIND, &b));
	ASSERT_EQ(0, vt_slot(&self->b, slot, sizeof(slot)));
	EXPECT_STREQ("hub32.1", slot);
	/* It took along its address, its flags and its queue. */
	EXPECT_EQ(0, vt_get_mac(self->b.fd, mac));
	EXPECT_EQ(0, memcmp(mac, self->b.mac, 6));
	EXPECT_EQ(1, vt_counter(&self->b, "queued"));
	EXPECT_EQ(7, vt_recv_tag(self->b.fd));
	EXPECT_EQ(60, vt_send(far.fd, 60, self->b.mac, far.mac, 8));
	EXPECT_EQ(8, vt_recv_tag(self->b.fd));
	EXPECT_EQ(60, vt_send(self->a.fd, 60, self->b.mac, self->a.mac, 9));
	EXPECT_EQ(60, vt_send(self->a.fd, 60, vt_bcast, self->a.mac, 9));
	EXPECT_TRUE(vt_quiet(self->b.fd));
	/* To where it is: the new slot is taken before the old is left. */
	EXPECT_EQ(0, ioctl(self->b.fd, SIOCSBIND, &b));
	ASSERT_EQ(0, vt_slot(&self->b, slot, sizeof(slot)));
	EXPECT_STREQ("hub32.2", slot);
	/* And back. */
	EXPECT_EQ(0, vt_bind(self->b.fd, HUB));
	EXPECT_EQ(60, vt_send(self->a.fd, 60, self->b.mac, self->a.mac, 10));
	EXPECT_EQ(10, vt_recv_tag(self->b.fd));

	b.version = 0;
	EXPECT_EQ(EINVAL, VT_ERRNO(ioctl(self->b.fd, SIOCSBIND, &b)));
	b.version = 2;
	EXPECT_EQ(EINVAL, VT_ERRNO(ioctl(self->b.fd, SIOCSBIND, &b)));
	b.version = 1;
	b.type = 0;
	EXPECT_EQ(EINVAL, VT_ERRNO(ioctl(self->b.fd, SIOCSBIND, &b)));
	b.type = 3;
	EXPECT_EQ(EINVAL, VT_ERRNO(ioctl(self->b.fd, SIOCSBIND, &b)));
	b.type = 1;
	b.number = -1;
	EXPECT_EQ(EINVAL, VT_ERRNO(ioctl(self->b.fd, SIOCSBIND, &b)));
	b.number = 256;
	EXPECT_EQ(EINVAL, VT_ERRNO(ioctl(self->b.fd, SIOCSBIND, &b)));
	/* A private network without a name. */
	b.type = 2;
	b.pvn[20] = 1;
	EXPECT_EQ(EINVAL, VT_ERRNO(ioctl(self->b.fd, SIOCSBIND, &b)));
	ASSERT_EQ(0, vt_slot(&self->b, slot, sizeof(slot)));
	EXPECT_STREQ("hub30.1", slot);
}

TEST_F(vmw, row_2_unknown_calls)
{
	static const unsigned int nr[] = {
		0x99F0, 0x99F1, 0x99F3, 0x99F4, 0x99F7, 0x99F8, 0x99FA,
		0x99FC, 0x99FE, 0x99FF, 0x400899FE, 0x402099FE,
		SIOCSIFFLAGS, SIOCGIFFLAGS, SIOCGIFADDR, SIOCSIFADDR,
		0x541B /* FIONREAD */, 0x5401 /* TCGETS */,
		0x8906 /* SIOCGSTAMP */, 0, 0xffffffff,
	};
	static uint8_t arg[256];
	char text[256];

	for (size_t i = 0; i < sizeof(nr) / sizeof(nr[0]); i++) {
		EXPECT_EQ(ENOTTY, VT_ERRNO(ioctl(self->a.fd, nr[i], arg)))
			TH_LOG("ioctl %#x", nr[i]);
	}
	EXPECT_EQ(EINVAL, VT_ERRNO(ioctl(self->a.fd, SIOCSFILTERRULES, arg)));
	EXPECT_EQ(EINVAL, VT_ERRNO(ioctl(self->a.fd, SIOCSFILTERRULES, NULL)));
	flags_text(&self->a, text, sizeof(text));
	EXPECT_STREQ("IFF_RUNNING,IFF_UP,IFF_BROADCAST", text);
}

TEST_F(vmw, row_2_bad_pointers)
{
	static const unsigned int nr[] = {
		SIOCGETAPIVERSION2, SIOCSMCASTFILTER, SIOCSPEER3,
		SIOCGETMACADDR, SIOCSPORTFLAGS, SIOCGBRSTATUS, SIOCSBIND,
		SIOCSLADRF, SIOCNETIF, SIOCSETMACADDR, VMNET_IOC_SETUP,
		SIOCSUSERLISTENER, SIOCSETNOTIFY2,
	};
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char entry[32];

	ASSERT_NE(MAP_FAILED, page);
	ASSERT_EQ(0, munmap(page + 4096, 4096));
	for (size_t i = 0; i < sizeof(nr) / sizeof(nr[0]); i++) {
		EXPECT_EQ(EFAULT, VT_ERRNO(ioctl(self->a.fd, nr[i], NULL)))
			TH_LOG("ioctl %#x", nr[i]);
		/* One byte short of the whole argument. */
		EXPECT_EQ(EFAULT, VT_ERRNO(ioctl(self->a.fd, nr[i],
						 page + 4096 - 3)))
			TH_LOG("ioctl %#x at the end of a page", nr[i]);
	}
	/* All 204 bytes are read, even when no address is meant. */
	memset(page, 0, 4096);
	EXPECT_EQ(EFAULT, VT_ERRNO(ioctl(self->a.fd, SIOCSMCASTFILTER,
					 page + 4096 - 203)));
	EXPECT_EQ(0, ioctl(self->a.fd, SIOCSMCASTFILTER, page + 4096 - 204));
	snprintf(entry, sizeof(entry), "userif%d", self->a.n);
	EXPECT_TRUE(vt_proc_exists(entry));
}

TEST_HARNESS_MAIN
