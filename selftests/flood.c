// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Broadcasts from the wire on a hub with many ports: they come in softirq, and
 * wait for a work item. Each port gets each of them once, in order; what could
 * not wait is counted; ports and hub may end meanwhile.
 */
#define _GNU_SOURCE
#define VT_HARNESS
#include "vmtest.h"
#include "vmnl.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>
#include <linux/if_packet.h>

#define HUB	72
#define PORTS	40
#define FRAMES	200

static const uint8_t far_mac[6] = { 2, 0, 0, 0, 0, 0x72 };

FIXTURE(flood) {
	struct vt_port uplink, p[PORTS];
	struct vmnl *nl;
	int wire;
};

FIXTURE_SETUP(flood)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET };
	int err;

	/* The netlink family lives in the first namespace. */
	self->nl = vmnl_open(&err);
	ASSERT_EQ(0, err);
	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	ASSERT_EQ(0, system("echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6;"
			    "ip link add vtfl0 type veth peer name vtfl1 && "
			    "ip link set vtfl0 up && ip link set vtfl1 up"));
	ASSERT_EQ(0, vt_port_open(&self->uplink, HUB, O_RDWR));
	ASSERT_EQ(0, vt_peer(self->uplink.fd, "vtfl0", 0));
	for (int i = 0; i < PORTS; i++) {
		ASSERT_EQ(0, vt_port_up(&self->p[i], HUB, VT_UP));
		ASSERT_EQ(0, fcntl(self->p[i].fd, F_SETFL, O_NONBLOCK));
	}
	self->wire = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	ASSERT_LE(0, self->wire);
	ll.sll_ifindex = (int)if_nametoindex("vtfl1");
	ASSERT_EQ(0, bind(self->wire, (struct sockaddr *)&ll, sizeof(ll)));
}

FIXTURE_TEARDOWN(flood)
{
	for (int i = 0; i < PORTS; i++)
		close(self->p[i].fd);
	close(self->uplink.fd);
	close(self->wire);
	vmnl_close(self->nl);
}

static int send_numbered(int wire, uint32_t n)
{
	uint8_t frame[64];

	vt_frame(frame, sizeof(frame), vt_bcast, far_mac, 0);
	memcpy(frame + 16, &n, sizeof(n));
	return send(wire, frame, sizeof(frame), 0) == sizeof(frame) ? 0 : -1;
}

/* The next frame of the wire, or -1 when none comes. */
static long next_number(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	uint8_t frame[256];
	uint32_t n;

	do {
		if (read(fd, frame, sizeof(frame)) > 0) {
			if (memcmp(frame + 6, far_mac, 6))
				continue;
			memcpy(&n, frame + 16, sizeof(n));
			return n;
		}
	} while (poll(&pfd, 1, VT_DEADLINE_MS) == 1);
	return -1;
}

TEST_F(flood, each_port_gets_each_once_in_order)
{
	for (uint32_t n = 0; n < FRAMES; n++)
		ASSERT_EQ(0, send_numbered(self->wire, n));
	for (int i = 0; i < PORTS; i++) {
		for (long n = 0; n < FRAMES; n++)
			ASSERT_EQ(n, next_number(self->p[i].fd));
		EXPECT_TRUE(vt_quiet(self->p[i].fd));
	}
}

static int add_waiting(const struct vmnl_port *p, void *arg)
{
	*(unsigned long *)arg += p->stats[VMNET_A_PORT_STATS_DROP_WAITING];
	return 0;
}

/* One CPU for all: the work item cannot run while we send. */
TEST_F(flood, what_cannot_wait_is_counted)
{
	const int storm = 20000;
	unsigned long lost = 0;
	struct sched_param sp = { .sched_priority = 1 };
	struct pollfd pfd = { .fd = self->p[0].fd, .events = POLLIN };
	cpu_set_t set;
	long got;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(set), &set));
	ASSERT_EQ(0, sched_setscheduler(0, SCHED_FIFO, &sp));
	for (int i = 0; i < storm; i++)
		ASSERT_EQ(0, send_numbered(self->wire, (uint32_t)i));
	sp.sched_priority = 0;
	ASSERT_EQ(0, sched_setscheduler(0, SCHED_OTHER, &sp));
	/* All is over when nothing has come for a second. */
	got = 0;
	while (poll(&pfd, 1, 1000) == 1 && next_number(pfd.fd) >= 0)
		got++;
	vmnl_ports(self->nl, HUB, add_waiting, &lost);
	TH_LOG("%d sent, %ld came, %lu could not wait", storm, got, lost);
	EXPECT_LT(0, lost);
	EXPECT_EQ(storm, got + (long)lost +
			 vt_counter(&self->p[0], "dropped.overflow"));
}

TEST_F(flood, ports_and_hub_end_meanwhile)
{
	for (int round = 0; round < 5; round++) {
		for (uint32_t n = 0; n < 300; n++)
			ASSERT_EQ(0, send_numbered(self->wire, n));
		if (round == 4)
			break;
		for (int i = 20; i < PORTS; i++)
			close(self->p[i].fd);
		for (int i = 20; i < PORTS; i++)
			ASSERT_EQ(0, vt_port_up(&self->p[i], HUB, VT_UP));
	}
	close(self->uplink.fd);
	self->uplink.fd = -1;
}

TEST_HARNESS_MAIN
