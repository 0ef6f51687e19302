// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The netlink family: what it shows is so, what is set takes effect, what
 * happens is told, and not everybody may do everything.
 */
#define _GNU_SOURCE
#define VT_HARNESS
#include "vmtest.h"

#include <fcntl.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mount.h>
#include <time.h>
#include <linux/if_tun.h>
#include "vmnl.h"

#define HUB	60
#define HUB2	61
#define HUB3	62

static const uint8_t station1[6] = { 2, 0, 0, 0, 0x60, 1 };
static const uint8_t station2[6] = { 2, 0, 0, 0, 0x60, 2 };

#define BIT(attr)	(1U << (attr))

/* Find the port of an open file. */
struct finding {
	const struct vt_port *p;
	struct vmnl_port *out;
	int found;
};

static int is_it(const struct vmnl_port *p, void *arg)
{
	struct finding *f = arg;

	if (p->kind == VMNET_KIND_USER && (int)p->number == f->p->n) {
		*f->out = *p;
		f->found++;
	}
	return 0;
}

static int find(struct vmnl *nl, const struct vt_port *p,
		struct vmnl_port *out)
{
	struct finding f = { p, out, 0 };
	int err = vmnl_ports(nl, VMNL_NO_HUB, is_it, &f);

	if (err && err != -EINTR)
		return err;
	return f.found == 1 ? 0 : -ESRCH;
}

FIXTURE(genl) {
	struct vmnl *nl, *events;
	struct vt_port a, b;
	struct vmnl_port pa, pb;
};

FIXTURE_SETUP(genl)
{
	int err;

	self->nl = vmnl_open(&err);
	ASSERT_EQ(0, err);
	self->events = vmnl_open(&err);
	ASSERT_EQ(0, err);
	ASSERT_EQ(0, vt_port_up(&self->a, HUB, VT_UP));
	ASSERT_EQ(0, vt_port_up(&self->b, HUB, VT_UP));
	ASSERT_EQ(0, find(self->nl, &self->a, &self->pa));
	ASSERT_EQ(0, find(self->nl, &self->b, &self->pb));
}

FIXTURE_TEARDOWN(genl)
{
	close(self->a.fd);
	close(self->b.fd);
	vmnl_close(self->nl);
	vmnl_close(self->events);
}

/* --- what it shows --------------------------------------------------- */

struct comparing {
	int ports;
	int wrong;
};

static int compare(const struct vmnl_port *p, void *arg)
{
	static const char *const kinds[] = { "userif", "netif", "bridge" };
	char name[64], text[4096], want[256];
	struct comparing *c = arg;

	c->ports++;
	snprintf(name, sizeof(name), "%s%u", kinds[p->kind], p->number);
	if (vt_proc_read(name, text, sizeof(text)) < 0)
		return -ENOENT;
	snprintf(want, sizeof(want), "connected hub%u.%u mac %02x:%02x:%02x:%02x:%02x:%02x ",
		 p->hub, p->slot, p->mac[0], p->mac[1], p->mac[2], p->mac[3],
		 p->mac[4], p->mac[5]);
	if (strncmp(text, want, strlen(want)))
		c->wrong++;
	if (!!strstr(text, ",IFF_UP") != !!(p->flags & VMNET_FLAG_UP))
		c->wrong++;
	if (p->kind == VMNET_KIND_USER &&
	    (vt_field(text, "read") != (long long)p->stats[VMNET_A_PORT_STATS_READ] ||
	     vt_field(text, "written") != (long long)p->stats[VMNET_A_PORT_STATS_WRITTEN] ||
	     vt_field(text, "queued") != (long long)p->stats[VMNET_A_PORT_STATS_QUEUED] ||
	     vt_field(text, "dropped.down") != (long long)p->stats[VMNET_A_PORT_STATS_DROP_DOWN]))
		c->wrong++;
	return 0;
}

TEST_F(genl, dump_equals_proc)
{
	struct comparing c = { 0 };
	struct vt_port more[100];
	int i, fd;

	for (i = 0; i < 100; i++)
		ASSERT_EQ(0, vt_port_open(&more[i], i % 3 ? HUB : HUB2, O_RDWR));
	fd = vt_open(HUB3, O_RDWR);
	ASSERT_EQ(0, vt_netif(fd, "vmgenl"));
	ASSERT_EQ(64, vt_send(self->a.fd, 64, self->b.mac, self->a.mac, 1));
	EXPECT_EQ(1, vt_recv_tag(self->b.fd));
	ASSERT_EQ(64, vt_send(self->a.fd, 64, self->b.mac, self->a.mac, 2));

	EXPECT_EQ(0, vmnl_ports(self->nl, VMNL_NO_HUB, compare, &c));
	EXPECT_EQ(103, c.ports);
	EXPECT_EQ(0, c.wrong);
	EXPECT_EQ(c.ports, vt_proc_count("userif") + vt_proc_count("netif") +
		  vt_proc_count("bridge"));

	c.ports = 0;
	EXPECT_EQ(0, vmnl_ports(self->nl, HUB2, compare, &c));
	EXPECT_EQ(34, c.ports);
	close(fd);
	for (i = 0; i < 100; i++)
		close(more[i].fd);
}

TEST_F(genl, counters_are_exact)
{
	struct vmnl_port a, b;
	uint8_t buf[2000];
	int i;

	for (i = 0; i < 100; i++)
		ASSERT_EQ(100 + i, vt_send(self->a.fd, 100 + i, self->b.mac,
					   self->a.mac, i));
	for (i = 0; i < 40; i++)
		ASSERT_EQ(100 + i, vt_recv(self->b.fd, buf, sizeof(buf)));
	ASSERT_EQ(0, vmnl_port_get(self->nl, self->pa.id, &a));
	ASSERT_EQ(0, vmnl_port_get(self->nl, self->pb.id, &b));
	EXPECT_EQ(100, a.stats[VMNET_A_PORT_STATS_IN_FRAMES]);
	EXPECT_EQ(100, a.stats[VMNET_A_PORT_STATS_WRITTEN]);
	EXPECT_EQ(14950, a.stats[VMNET_A_PORT_STATS_IN_BYTES]);
	EXPECT_EQ(0, a.stats[VMNET_A_PORT_STATS_OUT_FRAMES]);
	EXPECT_EQ(100, b.stats[VMNET_A_PORT_STATS_OUT_FRAMES]);
	EXPECT_EQ(14950, b.stats[VMNET_A_PORT_STATS_OUT_BYTES]);
	EXPECT_EQ(100, b.stats[VMNET_A_PORT_STATS_QUEUED]);
	EXPECT_EQ(40, b.stats[VMNET_A_PORT_STATS_READ]);
	EXPECT_EQ(60, b.queue_frames);
	EXPECT_LT(60 * 100, b.queue_bytes);

	/* Dropped by the filter, and by a port that is down. */
	ASSERT_EQ(0, vt_flags(self->b.fd, VMNET_FLAG_UP));
	ASSERT_EQ(60, vt_send(self->a.fd, 60, vt_bcast, self->a.mac, 1));
	ASSERT_EQ(0, vt_flags(self->b.fd, 0));
	ASSERT_EQ(60, vt_send(self->a.fd, 60, vt_bcast, self->a.mac, 1));
	ASSERT_EQ(0, vmnl_port_get(self->nl, self->pb.id, &b));
	EXPECT_EQ(1, b.stats[VMNET_A_PORT_STATS_DROP_MISMATCH]);
	EXPECT_EQ(1, b.stats[VMNET_A_PORT_STATS_DROP_DOWN]);
	EXPECT_EQ(0, b.queue_frames);
	EXPECT_EQ(0, b.queue_bytes);
}

TEST_F(genl, opener_and_kinds)
{
	char comm[32] = "";
	struct vmnl_port p;
	struct vt_port t;
	FILE *f;

	f = fopen("/proc/self/comm", "r");
	ASSERT_NE(NULL, f);
	ASSERT_EQ(1, fscanf(f, "%31s", comm));
	fclose(f);
	EXPECT_TRUE(self->pa.has_opener);
	EXPECT_EQ(getpid(), self->pa.opener_pid);
	EXPECT_EQ(0, self->pa.opener_uid);
	EXPECT_STREQ(comm, self->pa.opener);
	EXPECT_EQ(VMNET_PORT_DIALECT_VMWARE, self->pa.dialect);
	EXPECT_TRUE(self->pa.link);
	EXPECT_TRUE(self->pa.mac_static);
	EXPECT_FALSE(self->pa.learning);

	ASSERT_EQ(0, vt_tap_open(&t, HUB, 0));
	ASSERT_EQ(0, find(self->nl, &t, &p));
	EXPECT_EQ(VMNET_PORT_DIALECT_TUN, p.dialect);
	EXPECT_TRUE(p.learning);
	EXPECT_FALSE(p.mac_static);
	close(t.fd);
	EXPECT_EQ(-ENOENT, vmnl_port_get(self->nl, p.id, &p));
	EXPECT_STREQ("There is no such port", vmnl_error(self->nl));
}

TEST_F(genl, fdinfo)
{
	char path[64], text[1024] = "", want[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", self->b.fd);
	f = fopen(path, "r");
	ASSERT_NE(NULL, f);
	ASSERT_LT(0, fread(text, 1, sizeof(text) - 1, f));
	fclose(f);
	snprintf(want, sizeof(want), "vmnet-port:\t%u\n", self->pb.id);
	EXPECT_NE(NULL, strstr(text, want));
	snprintf(want, sizeof(want), "vmnet-kind:\tuserif%d\n", self->b.n);
	EXPECT_NE(NULL, strstr(text, want));
	EXPECT_NE(NULL, strstr(text, "vmnet-place:\thub60.1\n"));
	EXPECT_NE(NULL, strstr(text, "vmnet-dialect:\tvmware\n"));
	EXPECT_NE(NULL, strstr(text, "vmnet-queue:\t0 of 1024 frames, 0 bytes\n"));
}

/* --- what is set ----------------------------------------------------- */

TEST_F(genl, set_flags)
{
	struct vmnl_port_set s = {
		.id = self->pb.id,
		.what = BIT(VMNET_A_PORT_FLAGS) | BIT(VMNET_A_PORT_FLAGS_MASK),
		.flags_mask = VMNET_FLAG_UP,
	};
	struct vmnl_port p;

	ASSERT_EQ(0, vmnl_port_set(self->nl, &s));
	ASSERT_EQ(0, vmnl_port_get(self->nl, s.id, &p));
	EXPECT_EQ(VMNET_FLAG_RUNNING | VMNET_FLAG_BROADCAST, p.flags);
	EXPECT_FALSE(p.link);
	ASSERT_EQ(64, vt_send(self->a.fd, 64, self->b.mac, self->a.mac, 3));
	EXPECT_TRUE(vt_quiet(self->b.fd));
	s.flags = VMNET_FLAG_UP;
	ASSERT_EQ(0, vmnl_port_set(self->nl, &s));
	ASSERT_EQ(64, vt_send(self->a.fd, 64, self->b.mac, self->a.mac, 4));
	EXPECT_EQ(4, vt_recv_tag(self->b.fd));

	s.flags = s.flags_mask = 0x8000;
	EXPECT_EQ(-EINVAL, vmnl_port_set(self->nl, &s));
	EXPECT_STREQ("Unknown flags", vmnl_error(self->nl));
	s.what = BIT(VMNET_A_PORT_FLAGS_MASK);
	EXPECT_EQ(-EINVAL, vmnl_port_set(self->nl, &s));
	EXPECT_STREQ("A mask without flags", vmnl_error(self->nl));
}

TEST_F(genl, set_mac)
{
	struct vmnl_port_set s = { .id = self->pb.id,
				   .what = BIT(VMNET_A_PORT_MAC) };
	uint8_t mac[6];

	memcpy(s.mac, station1, 6);
	ASSERT_EQ(0, vmnl_port_set(self->nl, &s));
	ASSERT_EQ(0, vt_get_mac(self->b.fd, mac));
	EXPECT_EQ(0, memcmp(mac, station1, 6));
	ASSERT_EQ(64, vt_send(self->a.fd, 64, station1, self->a.mac, 5));
	EXPECT_EQ(5, vt_recv_tag(self->b.fd));
	ASSERT_EQ(64, vt_send(self->a.fd, 64, self->b.mac, self->a.mac, 6));
	EXPECT_TRUE(vt_quiet(self->b.fd));

	memcpy(s.mac, self->a.mac, 6);
	EXPECT_EQ(-EBUSY, vmnl_port_set(self->nl, &s));
	EXPECT_STREQ("Another port has this address", vmnl_error(self->nl));
	s.mac[0] |= 1;
	EXPECT_EQ(-EADDRNOTAVAIL, vmnl_port_set(self->nl, &s));
}

TEST_F(genl, set_queue_len)
{
	struct vmnl_port_set s = { .id = self->pb.id, .queue_len = 3,
				   .what = BIT(VMNET_A_PORT_QUEUE_LEN) };
	struct vmnl_port p;
	int i;

	ASSERT_EQ(0, vmnl_port_set(self->nl, &s));
	for (i = 0; i < 5; i++)
		ASSERT_EQ(64, vt_send(self->a.fd, 64, self->b.mac, self->a.mac, i));
	ASSERT_EQ(0, vmnl_port_get(self->nl, s.id, &p));
	EXPECT_EQ(3, p.queue_len);
	EXPECT_EQ(3, p.queue_frames);
	EXPECT_EQ(2, p.stats[VMNET_A_PORT_STATS_DROP_OVERFLOW]);
	s.queue_len = 0;
	EXPECT_EQ(-ERANGE, vmnl_port_set(self->nl, &s));
	s.queue_len = VMNET_QUEUE_LEN + 1;
	EXPECT_EQ(-ERANGE, vmnl_port_set(self->nl, &s));
}

TEST_F(genl, promiscuity_is_a_permission)
{
	struct vmnl_port_set s = { .id = self->pb.id,
				   .what = BIT(VMNET_A_PORT_PROMISC_ALLOWED) };
	struct vmnl_port p;

	ASSERT_EQ(0, vt_flags(self->b.fd, VT_UP | VMNET_FLAG_PROMISC));
	ASSERT_EQ(64, vt_send(self->a.fd, 64, station2, self->a.mac, 1));
	EXPECT_EQ(1, vt_recv_tag(self->b.fd));

	ASSERT_EQ(0, vmnl_port_set(self->nl, &s));
	ASSERT_EQ(0, vmnl_port_get(self->nl, s.id, &p));
	EXPECT_FALSE(p.promisc);
	EXPECT_FALSE(p.promisc_allowed);
	EXPECT_EQ(0, p.flags & VMNET_FLAG_PROMISC);
	ASSERT_EQ(0, vt_flags(self->b.fd, VT_UP | VMNET_FLAG_PROMISC));
	ASSERT_EQ(64, vt_send(self->a.fd, 64, station2, self->a.mac, 2));
	EXPECT_TRUE(vt_quiet(self->b.fd));

	s.promisc_allowed = true;
	ASSERT_EQ(0, vmnl_port_set(self->nl, &s));
	ASSERT_EQ(0, vt_flags(self->b.fd, VT_UP | VMNET_FLAG_PROMISC));
	ASSERT_EQ(64, vt_send(self->a.fd, 64, station2, self->a.mac, 3));
	EXPECT_EQ(3, vt_recv_tag(self->b.fd));
}

TEST_F(genl, set_learning)
{
	struct vmnl_port_set s = { .what = BIT(VMNET_A_PORT_LEARNING) };
	struct vmnl_station where;
	struct vmnl_port p;
	struct vt_port t;

	ASSERT_EQ(0, vt_tap_open(&t, HUB, 0));
	ASSERT_EQ(0, find(self->nl, &t, &p));
	s.id = p.id;
	ASSERT_EQ(64, vt_send(t.fd, 64, self->a.mac, station1, 1));
	ASSERT_EQ(0, vmnl_station_get(self->nl, HUB, station1, &where));
	EXPECT_EQ(p.id, where.port);

	/* Without: what was learned is forgotten, its own address counts. */
	ASSERT_EQ(0, vmnl_port_set(self->nl, &s));
	EXPECT_EQ(-ENOENT, vmnl_station_get(self->nl, HUB, station1, &where));
	EXPECT_STREQ("There is no such station", vmnl_error(self->nl));
	ASSERT_EQ(64, vt_send(t.fd, 64, self->a.mac, station1, 2));
	EXPECT_EQ(-ENOENT, vmnl_station_get(self->nl, HUB, station1, &where));
	ASSERT_EQ(64, vt_send(self->a.fd, 64, station1, self->a.mac, 3));
	EXPECT_TRUE(vt_quiet(t.fd));
	ASSERT_EQ(64, vt_send(self->a.fd, 64, p.mac, self->a.mac, 4));
	EXPECT_EQ(4, vt_recv_tag(t.fd));

	s.learning = true;
	ASSERT_EQ(0, vmnl_port_set(self->nl, &s));
	ASSERT_EQ(64, vt_send(self->a.fd, 64, station1, self->a.mac, 5));
	EXPECT_EQ(5, vt_recv_tag(t.fd));
	EXPECT_EQ(-ENOENT, vmnl_station_get(self->nl, HUB, p.mac, &where));
	close(t.fd);
}

TEST_F(genl, interfaces_have_no_program)
{
	struct vmnl_port_set s = { .what = BIT(VMNET_A_PORT_LEARNING) };
	struct vmnl_port p;
	int fd = vt_open(HUB2, O_RDWR), id;

	ASSERT_EQ(0, vt_netif(fd, "vmgenl"));
	for (id = self->pb.id; id < (int)self->pb.id + 10; id++)
		if (!vmnl_port_get(self->nl, id, &p) && p.kind == VMNET_KIND_NETIF)
			break;
	ASSERT_EQ(VMNET_KIND_NETIF, p.kind);
	EXPECT_STREQ("vmgenl", p.ifname);
	EXPECT_EQ(HUB2, p.hub);
	EXPECT_EQ(getpid(), p.opener_pid);
	s.id = p.id;
	EXPECT_EQ(-EOPNOTSUPP, vmnl_port_set(self->nl, &s));
	EXPECT_STREQ("Only ports of programs have this setting", vmnl_error(self->nl));
	close(fd);
}

static int count_hub(const struct vmnl_hub *h, void *arg)
{
	if (h->number == HUB || h->number == HUB3)
		++*(int *)arg;
	return 0;
}

TEST_F(genl, settings_of_a_hub)
{
	struct vmnl_hub h, set = { .number = HUB3, .port_limit = 2, .ageing = 7 };
	struct vmnl_station s;
	uint8_t mac[6] = { 2, 0, 0, 0, 0x61, 0 };
	struct vmnl_port p;
	struct vt_port t;
	int n = 0;

	EXPECT_EQ(-ENOENT, vmnl_hub_get(self->nl, HUB3, &h));
	EXPECT_STREQ("There is no such hub", vmnl_error(self->nl));
	ASSERT_EQ(0, vmnl_hub_get(self->nl, HUB, &h));
	EXPECT_EQ(2, h.ports);
	EXPECT_EQ(2, h.stations);
	EXPECT_EQ(300, h.ageing);

	/* It needs no ports, and outlives them. */
	ASSERT_EQ(0, vmnl_hub_set(self->nl, &set));
	ASSERT_EQ(0, vt_tap_open(&t, HUB3, 0));
	ASSERT_EQ(0, find(self->nl, &t, &p));
	for (mac[5] = 1; mac[5] <= 3; mac[5]++)
		ASSERT_EQ(64, vt_send(t.fd, 64, vt_bcast, mac, 1));
	ASSERT_EQ(0, vmnl_hub_get(self->nl, HUB3, &h));
	EXPECT_EQ(2, h.stations);
	mac[5] = 1;
	EXPECT_EQ(-ENOENT, vmnl_station_get(self->nl, HUB3, mac, &s));
	mac[5] = 3;
	EXPECT_EQ(0, vmnl_station_get(self->nl, HUB3, mac, &s));
	close(t.fd);
	EXPECT_EQ(0, vmnl_hubs(self->nl, count_hub, &n));
	EXPECT_EQ(2, n);
	ASSERT_EQ(0, vmnl_hub_get(self->nl, HUB3, &h));
	EXPECT_EQ(0, h.ports);
	EXPECT_EQ(7, h.ageing);
	EXPECT_EQ(2, h.port_limit);
	EXPECT_EQ(16384, h.local_limit);
	EXPECT_EQ(0, h.group_fwd);

	/* With the defaults it is as if nothing had been set. */
	set.port_limit = 1024;
	set.ageing = 300;
	set.group_fwd = 0xc001;
	set.set_group_fwd = true;
	ASSERT_EQ(0, vmnl_hub_set(self->nl, &set));
	ASSERT_EQ(0, vmnl_hub_get(self->nl, HUB3, &h));
	EXPECT_EQ(0xc001, h.group_fwd);
	set.group_fwd = 0;
	ASSERT_EQ(0, vmnl_hub_set(self->nl, &set));
	EXPECT_EQ(-ENOENT, vmnl_hub_get(self->nl, HUB3, &h));
	set.number = 256;
	EXPECT_EQ(-ENOENT, vmnl_hub_set(self->nl, &set));
}

/* Without an uplink there is no link to follow. niclife.sh has the rest. */
TEST_F(genl, link_of_a_hub)
{
	struct vmnl_hub h, set = { .number = HUB3, .set_follows = true };
	struct vmnl_port p;
	struct vt_port u;

	ASSERT_EQ(0, vt_port_up(&u, HUB3, VT_UP));
	ASSERT_EQ(0, find(self->nl, &u, &p));
	EXPECT_TRUE(p.link);
	ASSERT_EQ(0, vmnl_hub_get(self->nl, HUB3, &h));
	EXPECT_FALSE(h.link_follows);
	EXPECT_TRUE(h.link);

	set.link_follows = true;
	ASSERT_EQ(0, vmnl_hub_set(self->nl, &set));
	ASSERT_EQ(0, vmnl_hub_get(self->nl, HUB3, &h));
	EXPECT_TRUE(h.link_follows);
	EXPECT_FALSE(h.link);
	ASSERT_EQ(0, find(self->nl, &u, &p));
	EXPECT_FALSE(p.link);
	close(u.fd);
	ASSERT_EQ(0, vmnl_hub_get(self->nl, HUB3, &h));
	EXPECT_FALSE(h.link);

	set.link_follows = false;
	ASSERT_EQ(0, vmnl_hub_set(self->nl, &set));
	EXPECT_EQ(-ENOENT, vmnl_hub_get(self->nl, HUB3, &h));
}

/* --- stations and events --------------------------------------------- */

static int count_stations(const struct vmnl_station *s, void *arg)
{
	uint8_t *seen = arg;

	if (!s->is_static)
		seen[s->mac[4] << 8 | s->mac[5]]++;
	return 0;
}

TEST_F(genl, all_stations)
{
	static uint8_t seen[65536];
	uint8_t mac[6] = { 2, 0, 0, 0 };
	struct vt_port t;
	int i, n = 0;

	ASSERT_EQ(0, vt_tap_open(&t, HUB, 0));
	for (i = 0; i < 1000; i++) {
		mac[4] = i >> 8;
		mac[5] = i;
		ASSERT_EQ(60, vt_send(t.fd, 60, station1, mac, 0));
	}
	ASSERT_EQ(0, vmnl_stations(self->nl, HUB, count_stations, seen));
	for (i = 0; i < 1000; i++)
		n += seen[i] == 1;
	EXPECT_EQ(1000, n);
	memset(seen, 0, sizeof(seen));
	ASSERT_EQ(0, vmnl_stations(self->nl, HUB2, count_stations, seen));
	EXPECT_EQ(0, seen[0]);
	close(t.fd);
}

struct awaited {
	int cmd;
	uint32_t id;
	const uint8_t *mac;
	struct vmnl_event got;
	int seen;
};

static int is_awaited(const struct vmnl_event *ev, void *arg)
{
	struct awaited *a = arg;

	if (ev->cmd != a->cmd)
		return 0;
	if (a->mac ? memcmp(ev->station.mac, a->mac, 6)
		   : a->id && ev->port.id != a->id)
		return 0;
	a->got = *ev;
	a->seen = 1;
	return 1;
}

/* Wait for an event. */
static struct vmnl_event *await(struct vmnl *nl, struct awaited *a)
{
	struct pollfd p = { .fd = vmnl_fd(nl), .events = POLLIN };

	a->seen = 0;
	while (!a->seen && poll(&p, 1, VT_DEADLINE_MS) == 1)
		if (vmnl_events(nl, is_awaited, a) < 0)
			break;
	return a->seen ? &a->got : NULL;
}

/* Unread events of a batch are not lost: one message is one datagram. */
TEST_F(genl, events_of_ports)
{
	struct awaited a = { .cmd = VMNET_CMD_PORT_NEW_NTF };
	struct vmnl_event *ev;
	struct vt_port p;
	uint32_t id;

	ASSERT_EQ(0, vmnl_subscribe(self->events, VMNET_MCGRP_PORT));
	ASSERT_EQ(0, vmnl_subscribe(self->events, VMNET_MCGRP_LINK));
	EXPECT_EQ(-ENOENT, vmnl_subscribe(self->events, "none"));
	ASSERT_EQ(0, vt_port_open(&p, HUB, O_RDWR));
	ev = await(self->events, &a);
	ASSERT_NE(NULL, ev);
	EXPECT_EQ(p.n, ev->port.number);
	EXPECT_EQ(HUB, ev->port.hub);
	EXPECT_EQ(2, ev->port.slot);
	EXPECT_FALSE(ev->port.has_opener);
	a.id = id = ev->port.id;

	ASSERT_EQ(0, vt_flags(p.fd, VT_UP));
	a.cmd = VMNET_CMD_PORT_CHANGE_NTF;
	ev = await(self->events, &a);
	ASSERT_NE(NULL, ev);
	EXPECT_EQ(VT_UP | VMNET_FLAG_RUNNING, ev->port.flags);
	a.cmd = VMNET_CMD_LINK_NTF;
	ev = await(self->events, &a);
	ASSERT_NE(NULL, ev);
	EXPECT_TRUE(ev->port.link);

	ASSERT_EQ(0, vt_bind(p.fd, HUB2));
	a.cmd = VMNET_CMD_PORT_NEW_NTF;
	ev = await(self->events, &a);
	ASSERT_NE(NULL, ev);
	EXPECT_EQ(HUB2, ev->port.hub);
	EXPECT_EQ(id, ev->port.id);

	ASSERT_EQ(60, vt_send(p.fd, 60, vt_bcast, p.mac, 0));
	close(p.fd);
	a.cmd = VMNET_CMD_PORT_DEL_NTF;
	ev = await(self->events, &a);
	ASSERT_NE(NULL, ev);
	EXPECT_EQ(HUB2, ev->port.hub);
	EXPECT_EQ(1, ev->port.stats[VMNET_A_PORT_STATS_IN_FRAMES]);
}

TEST_F(genl, events_of_stations)
{
	struct awaited a = { .cmd = VMNET_CMD_FDB_NEW_NTF, .mac = station1 };
	struct vmnl_event *ev;
	struct vmnl_port p, q;
	struct vt_port t, u;

	ASSERT_EQ(0, vmnl_subscribe(self->events, VMNET_MCGRP_FDB));
	ASSERT_EQ(0, vt_tap_open(&t, HUB, 0));
	ASSERT_EQ(0, vt_tap_open(&u, HUB, 0));
	ASSERT_EQ(0, find(self->nl, &t, &p));
	ASSERT_EQ(0, find(self->nl, &u, &q));
	ASSERT_EQ(60, vt_send(t.fd, 60, vt_bcast, station1, 0));
	ev = await(self->events, &a);
	ASSERT_NE(NULL, ev);
	EXPECT_EQ(HUB, ev->station.hub);
	EXPECT_EQ(p.id, ev->station.port);
	EXPECT_FALSE(ev->station.is_static);

	ASSERT_EQ(60, vt_send(u.fd, 60, vt_bcast, station1, 0));
	a.cmd = VMNET_CMD_FDB_MOVE_NTF;
	ev = await(self->events, &a);
	ASSERT_NE(NULL, ev);
	EXPECT_EQ(q.id, ev->station.port);
	EXPECT_EQ(p.id, ev->station.from);

	close(u.fd);
	a.cmd = VMNET_CMD_FDB_DEL_NTF;
	ev = await(self->events, &a);
	ASSERT_NE(NULL, ev);
	EXPECT_EQ(q.id, ev->station.port);
	close(t.fd);
}

static int add_up(const struct vmnl_event *ev, void *arg)
{
	*(unsigned int *)arg += 1 + ev->station.lost;
	return 0;
}

/* More than the ring holds: what is not told is counted. */
TEST_F(genl, lost_events_are_counted)
{
	struct pollfd pfd = { .fd = vmnl_fd(self->events), .events = POLLIN };
	uint8_t mac[6] = { 2, 0, 0, 0, 0, 0 };
	static uint8_t buf[60];
	unsigned int sum = 0;
	struct vt_port t;
	int i, size = 8 << 20;

	ASSERT_EQ(0, setsockopt(pfd.fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)));
	ASSERT_EQ(0, vt_tap_open(&t, HUB, 0));
	ASSERT_EQ(0, vmnl_subscribe(self->events, VMNET_MCGRP_FDB));
	/* What came before us may be told late. */
	while (poll(&pfd, 1, 300) == 1)
		ASSERT_EQ(0, vmnl_events(self->events, add_up, &sum));
	sum = 0;
	/* The last ones are told after all is quiet, with what was lost. */
	for (i = 0; i < 1001; i++) {
		if (i == 1000)
			usleep(200000);
		mac[4] = i >> 8;
		mac[5] = i;
		vt_frame(buf, sizeof(buf), station2, mac, 0);
		ASSERT_EQ(60, write(t.fd, buf, sizeof(buf)));
	}
	while (sum < 1001 && poll(&pfd, 1, VT_DEADLINE_MS) == 1)
		ASSERT_EQ(0, vmnl_events(self->events, add_up, &sum));
	EXPECT_EQ(1001, sum);
	close(t.fd);
}

/* --- tracepoints ------------------------------------------------------ */

#define TRACING	"/sys/kernel/tracing/"

static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));

	close(fd);
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

TEST_F(genl, tracepoints)
{
	static char text[65536];
	char want[128];
	struct vt_port t;
	size_t n;
	FILE *f;

	mount("tracefs", TRACING, "tracefs", 0, NULL);
	ASSERT_EQ(0, put(TRACING "trace", " "));
	ASSERT_EQ(0, put(TRACING "events/vmnet/enable", "1"));
	ASSERT_EQ(0, vt_tap_open(&t, HUB, 0));
	ASSERT_EQ(60, vt_send(t.fd, 60, self->b.mac, station1, 0));
	ASSERT_EQ(0, vt_flags(self->b.fd, 0));
	ASSERT_EQ(60, vt_send(t.fd, 60, self->b.mac, station1, 0));
	close(t.fd);
	ASSERT_EQ(0, put(TRACING "events/vmnet/enable", "0"));
	f = fopen(TRACING "trace", "r");
	ASSERT_NE(NULL, f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	EXPECT_NE(NULL, strstr(text, "place=hub60.2 kind=userif"));
	EXPECT_NE(NULL, strstr(text, "vmnet_port_del"));
	EXPECT_NE(NULL, strstr(text, "vmnet_fdb: learn hub=60 mac=02:00:00:00:60:01"));
	EXPECT_NE(NULL, strstr(text, "vmnet_fdb: delete hub=60 mac=02:00:00:00:60:01"));
	snprintf(want, sizeof(want), "vmnet_drop: port=%u reason=down", self->pb.id);
	EXPECT_NE(NULL, strstr(text, want));
}

/* --- permissions ----------------------------------------------------- */

TEST_F(genl, others_may_look_only)
{
	struct vmnl_port_set s = { .id = self->pb.id,
				   .what = BIT(VMNET_A_PORT_FLAGS) };
	struct vmnl_hub h = { .number = HUB, .ageing = 5 };
	struct vmnl_port p;
	struct vmnl *nl;
	int err;

	/* A test has a process of its own. */
	ASSERT_EQ(0, setgid(65534));
	ASSERT_EQ(0, setuid(65534));
	nl = vmnl_open(&err);
	ASSERT_EQ(0, err);
	ASSERT_EQ(0, vmnl_port_get(nl, self->pb.id, &p));
	EXPECT_EQ(HUB, p.hub);
	EXPECT_FALSE(p.has_opener);
	EXPECT_STREQ("", p.opener);
	ASSERT_EQ(0, find(nl, &self->b, &p));
	EXPECT_FALSE(p.has_opener);
	EXPECT_EQ(-EPERM, vmnl_port_set(nl, &s));
	EXPECT_EQ(-EPERM, vmnl_hub_set(nl, &h));

	/* And nothing has changed. */
	ASSERT_EQ(0, vmnl_port_get(nl, self->pb.id, &p));
	EXPECT_NE(0, p.flags & VMNET_FLAG_UP);
	vmnl_close(nl);
}

TEST_F(genl, not_in_other_namespaces)
{
	int err = 0;

	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	EXPECT_EQ(NULL, vmnl_open(&err));
	EXPECT_EQ(-ENOENT, err);
}

/* --- while all changes ----------------------------------------------- */

static bool stop;

static void *come_and_go(void *arg)
{
	int fds[30], i;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		for (i = 0; i < 30; i++)
			fds[i] = vt_open(HUB + i % 3, O_RDWR);
		for (i = 0; i < 30; i++)
			close(fds[i]);
	}
	return NULL;
}

struct stayed {
	uint32_t last;
	int unordered, seen;
	const struct vmnl_port *a, *b;
};

static int check_stayed(const struct vmnl_port *p, void *arg)
{
	struct stayed *s = arg;

	s->unordered += p->id <= s->last;
	s->last = p->id;
	s->seen += p->id == s->a->id || p->id == s->b->id;
	return 0;
}

static int ignore(const struct vmnl_station *s, void *arg)
{
	++*(int *)arg;
	return 0;
}

TEST_F(genl, dumps_while_ports_come_and_go)
{
	int i, err, interrupted = 0, stations = 0;
	struct vt_port many[90];
	pthread_t thread;
	time_t end;

	for (i = 0; i < 90; i++)
		ASSERT_EQ(0, vt_port_open(&many[i], HUB2, O_RDWR));
	stop = false;
	ASSERT_EQ(0, pthread_create(&thread, NULL, come_and_go, NULL));
	end = time(NULL) + 2;
	for (i = 0; time(NULL) < end || !interrupted; i++) {
		struct stayed s = { .a = &self->pa, .b = &self->pb };

		err = vmnl_ports(self->nl, VMNL_NO_HUB, check_stayed, &s);
		ASSERT_TRUE(!err || err == -EINTR);
		interrupted += err == -EINTR;
		ASSERT_EQ(0, s.unordered);
		ASSERT_EQ(2, s.seen);
		err = vmnl_stations(self->nl, VMNL_NO_HUB, ignore, &stations);
		ASSERT_TRUE(!err || err == -EINTR);
		ASSERT_TRUE(time(NULL) < end + 60);
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	EXPECT_LT(0, interrupted);
	EXPECT_LT(0, stations);
	for (i = 0; i < 90; i++)
		close(many[i].fd);
}

TEST_HARNESS_MAIN
