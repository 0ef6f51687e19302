// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Listeners and injected link states. Names of tests are rows of ABI.md.
 */
#define _GNU_SOURCE
#define VT_HARNESS
#include "vmtest.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <net/if.h>
#include <linux/if_tun.h>

#define HUB	70

static char text[1024], want[1024];

static int run(const char *cmd)
{
	return system(cmd);
}

static int become_listener(int fd, uint32_t classes)
{
	struct vmnet_listen l = { .version = 1, .classes = classes };

	return ioctl(fd, SIOCSUSERLISTENER, &l);
}

/* A listener of a hub, non-blocking. */
static int listener(int hub, uint32_t classes)
{
	int fd = vt_open(hub, O_RDWR | O_NONBLOCK);

	return fd < 0 || become_listener(fd, classes) ? -1 : fd;
}

static int inject(int fd, uint8_t state)
{
	return ioctl(fd, SIOCINJECTLINKSTATE, &state);
}

/* "SENDER ADAPTER UP" of what waits, or what is wrong. */
static const char *next(int fd)
{
	static char s[64];
	struct vmnet_event e;
	ssize_t n = read(fd, &e, sizeof(e));

	if (n < 0)
		return errno == EAGAIN ? "none" : strerror(errno);
	if (n != 28 || e.size != 28 || e.event || e.classes != 1 || e.type ||
	    e.pad[0] || e.pad[1] || e.pad[2])
		return "no event";
	snprintf(s, sizeof(s), "%u %u %u", e.sender, e.adapter, e.up);
	return s;
}

/* The same, of one that may be on its way. */
static const char *soon(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	poll(&p, 1, VT_DEADLINE_MS);
	return next(fd);
}

FIXTURE(listen) {
	struct vt_port a, b;
	int l;
};

FIXTURE_SETUP(listen)
{
	ASSERT_EQ(0, vt_port_up(&self->a, HUB, VT_UP));
	ASSERT_EQ(0, vt_port_up(&self->b, HUB, VT_UP));
	self->l = listener(HUB, 1);
	ASSERT_LE(0, self->l);
}

FIXTURE_TEARDOWN(listen)
{
	close(self->a.fd);
	close(self->b.fd);
	close(self->l);
}

/* The same in a network namespace of its own, for what makes interfaces. */
FIXTURE(links) {
	struct vt_port a, b;
	int l;
};

FIXTURE_SETUP(links)
{
	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	ASSERT_EQ(0, vt_port_up(&self->a, HUB, VT_UP));
	ASSERT_EQ(0, vt_port_up(&self->b, HUB, VT_UP));
	self->l = listener(HUB, 1);
	ASSERT_LE(0, self->l);
}

FIXTURE_TEARDOWN(links)
{
	close(self->a.fd);
	close(self->b.fd);
	close(self->l);
}

/* Lines of the kernel's log from here on that have @what in them. */
static int log_lines(int fd, const char *what)
{
	char line[2048];
	int found = 0;
	ssize_t n;

	while ((n = read(fd, line, sizeof(line) - 1)) > 0 || errno == EPIPE) {
		line[n > 0 ? n : 0] = 0;
		found += !!strstr(line, what);
	}
	return found;
}

TEST_F(listen, row_2_13_inject)
{
	int kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	struct vt_port tap;
	int logged = 0;

	ASSERT_LE(0, kmsg);
	lseek(kmsg, 0, SEEK_END);
	EXPECT_EQ(EINVAL, VT_ERRNO(inject(self->a.fd, 2)));
	EXPECT_EQ(EINVAL, VT_ERRNO(inject(self->a.fd, 255)));
	EXPECT_EQ(EFAULT, VT_ERRNO(ioctl(self->a.fd, SIOCINJECTLINKSTATE,
					 NULL)));
	EXPECT_STREQ("none", next(self->l));
	/* natd's habit: down, then up, to make guests renew. */
	ASSERT_EQ(0, inject(self->a.fd, 0));
	ASSERT_EQ(0, inject(self->a.fd, 1));
	EXPECT_STREQ("0 0 0", next(self->l));
	EXPECT_STREQ("0 1 1", next(self->l));
	/* The log names the port and the direction, but not too often. */
	snprintf(want, sizeof(want), "userif%d: link state down", self->a.n);
	for (int i = 0; i < VT_DEADLINE_MS / 500; i++) {
		logged = log_lines(kmsg, want);
		if (logged)
			break;
		usleep(500000);
		ASSERT_EQ(0, inject(self->a.fd, 0));
	}
	EXPECT_EQ(1, logged);
	/* Frames go on as before. */
	EXPECT_EQ(60, vt_send(self->a.fd, 60, vt_bcast, self->a.mac, 4));
	EXPECT_EQ(4, vt_recv_tag(self->b.fd));
	ASSERT_EQ(0, vt_tap_open(&tap, HUB, 0));
	EXPECT_EQ(EINVAL, VT_ERRNO(inject(tap.fd, 1)));
	close(kmsg);
}

TEST_F(listen, row_2_10_versions_and_masks)
{
	static const uint32_t bad[] = { 0, 2, 6, 0xffffffff };
	static const uint32_t masks[] = { 0, 1, 2, 0xffffffff };
	struct vmnet_listen l = { .classes = 1 };
	struct vt_port tap;

	for (int i = 0; i < 4; i++) {
		l.version = bad[i];
		EXPECT_EQ(EINVAL, VT_ERRNO(ioctl(self->a.fd, SIOCSUSERLISTENER,
						 &l)));
	}
	EXPECT_EQ(EFAULT, VT_ERRNO(ioctl(self->a.fd, SIOCSUSERLISTENER, NULL)));
	/* It is what it was. */
	EXPECT_EQ(60, vt_send(self->a.fd, 60, vt_bcast, self->a.mac, 3));
	EXPECT_EQ(3, vt_recv_tag(self->b.fd));
	for (int i = 0; i < 4; i++)
		EXPECT_EQ(0, become_listener(self->a.fd, masks[i]));
	ASSERT_EQ(0, vt_tap_open(&tap, HUB, 0));
	EXPECT_EQ(EINVAL, VT_ERRNO(become_listener(tap.fd, 1)));
}

TEST_F(listen, row_10_record)
{
	const uint32_t up[7] = { 28, 0, 0, 1, 0, 1, 1 };
	const uint32_t down[7] = { 28, 0, 0, 1, 0, 0, 0 };
	uint32_t raw[16];

	ASSERT_EQ(0, inject(self->a.fd, 1));
	ASSERT_EQ(0, inject(self->a.fd, 0));
	/* All 28 bytes, the padding too, and none behind. */
	memset(raw, 0xee, sizeof(raw));
	ASSERT_EQ(28, read(self->l, raw, sizeof(raw)));
	EXPECT_EQ(0, memcmp(up, raw, 28));
	EXPECT_EQ(0xeeeeeeee, raw[7]);
	ASSERT_EQ(28, read(self->l, raw, sizeof(raw)));
	EXPECT_EQ(0, memcmp(down, raw, 28));
}

TEST_F(listen, row_10_read_gives_one_event_and_discards_the_rest)
{
	void *bad = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);
	uint8_t raw[64];

	ASSERT_EQ(0, inject(self->a.fd, 0));
	ASSERT_EQ(0, inject(self->b.fd, 1));
	ASSERT_EQ(0, inject(self->a.fd, 1));
	EXPECT_EQ(5, read(self->l, raw, 5));
	EXPECT_EQ(28, raw[0]);
	EXPECT_STREQ("1 1 1", next(self->l));
	EXPECT_EQ(28, read(self->l, raw, sizeof(raw)));
	EXPECT_EQ(EAGAIN, VT_ERRNO(read(self->l, raw, sizeof(raw))));
	/* A bad buffer costs the event too. */
	ASSERT_EQ(0, inject(self->a.fd, 0));
	EXPECT_EQ(EFAULT, VT_ERRNO(read(self->l, bad, 28)));
	EXPECT_STREQ("none", next(self->l));
}

TEST_F(listen, row_10_classes)
{
	int none = listener(HUB, 0), other = listener(HUB, ~1u);
	int all = listener(HUB, ~0u);

	ASSERT_EQ(0, inject(self->a.fd, 1));
	EXPECT_STREQ("none", next(none));
	EXPECT_STREQ("none", next(other));
	EXPECT_STREQ("0 1 1", next(all));
	EXPECT_STREQ("0 1 1", next(self->l));
	/* The same of what is told to those who come later. */
	close(none);
	none = listener(HUB, 0);
	EXPECT_STREQ("none", next(none));
	close(none);
	close(other);
	close(all);
}

TEST_F(listen, row_10_replay_newest_sender_first)
{
	struct vt_port c;
	int late;

	ASSERT_EQ(0, vt_port_up(&c, HUB, VT_UP));
	ASSERT_EQ(0, inject(self->b.fd, 0));
	ASSERT_EQ(0, inject(self->a.fd, 1));
	ASSERT_EQ(0, inject(c.fd, 1));
	ASSERT_EQ(0, inject(self->b.fd, 1));
	ASSERT_EQ(0, inject(c.fd, 0));
	late = listener(HUB, 1);
	/* The latest of each. */
	EXPECT_STREQ("2 0 0", next(late));
	EXPECT_STREQ("1 1 1", next(late));
	EXPECT_STREQ("0 1 1", next(late));
	EXPECT_STREQ("none", next(late));
	/* And then what comes. */
	ASSERT_EQ(0, inject(self->a.fd, 0));
	EXPECT_STREQ("1 0 0", next(late));
	close(late);
	/* Whoever was there from the start saw all, in order. */
	EXPECT_STREQ("0 0 0", next(self->l));
	EXPECT_STREQ("1 1 1", next(self->l));
	EXPECT_STREQ("2 1 1", next(self->l));
	EXPECT_STREQ("0 1 1", next(self->l));
	EXPECT_STREQ("2 0 0", next(self->l));
	EXPECT_STREQ("1 0 0", next(self->l));
	EXPECT_STREQ("none", next(self->l));
}

TEST_F(listen, row_10_sender_gone_is_not_replayed)
{
	int late;

	ASSERT_EQ(0, inject(self->a.fd, 1));
	ASSERT_EQ(0, inject(self->b.fd, 1));
	/* By a close, and by a conversion. */
	ASSERT_EQ(0, close(self->a.fd));
	late = listener(HUB, 1);
	EXPECT_STREQ("1 1 1", next(late));
	EXPECT_STREQ("none", next(late));
	close(late);
	ASSERT_EQ(0, become_listener(self->b.fd, 0));
	late = listener(HUB, 1);
	EXPECT_STREQ("none", next(late));
	close(late);
	/* A port that closes is no link that goes down. */
	EXPECT_STREQ("0 1 1", next(self->l));
	EXPECT_STREQ("1 1 1", next(self->l));
	EXPECT_STREQ("none", next(self->l));
	/* Its number is not used again. */
	self->a.fd = vt_open(HUB, O_RDWR);
	ASSERT_EQ(0, inject(self->a.fd, 0));
	EXPECT_STREQ("2 0 0", next(self->l));
}

TEST_F(listen, row_10_sender_ids_start_anew_with_the_hub)
{
	ASSERT_EQ(0, inject(self->a.fd, 1));
	ASSERT_EQ(0, inject(self->b.fd, 1));
	EXPECT_STREQ("0 1 1", next(self->l));
	EXPECT_STREQ("1 1 1", next(self->l));
	close(self->a.fd);
	close(self->b.fd);
	close(self->l);
	EXPECT_EQ(0, vt_proc_count("hub70."));
	self->l = listener(HUB, 1);
	EXPECT_STREQ("none", next(self->l));
	ASSERT_EQ(0, vt_port_up(&self->a, HUB, VT_UP));
	ASSERT_EQ(0, inject(self->a.fd, 0));
	EXPECT_STREQ("0 0 0", next(self->l));
	self->b.fd = -1;
}

TEST_F(links, row_10_bridge_events_follow_the_nic)
{
	unsigned int index;
	int late;

	ASSERT_EQ(0, run("ip link add vtl0 type dummy && ip link set vtl0 up"));
	index = if_nametoindex("vtl0");
	ASSERT_EQ(0, vt_peer(self->a.fd, "vtl0", 0));
	/* Told before the call has returned. */
	snprintf(want, sizeof(want), "0 %u 1", index);
	EXPECT_STREQ(want, next(self->l));
	ASSERT_EQ(0, run("ip link set vtl0 down"));
	snprintf(want, sizeof(want), "0 %u 0", index);
	EXPECT_STREQ(want, soon(self->l));
	late = listener(HUB, 1);
	EXPECT_STREQ(want, next(late));
	ASSERT_EQ(0, run("ip link set vtl0 up"));
	snprintf(want, sizeof(want), "0 %u 1", index);
	EXPECT_STREQ(want, soon(self->l));
	EXPECT_STREQ(want, soon(late));
	ASSERT_EQ(0, run("ip link del vtl0"));
	snprintf(want, sizeof(want), "0 %u 0", index);
	EXPECT_STREQ(want, soon(self->l));
	/* One of the same name is another adapter. */
	ASSERT_EQ(0, run("ip link add vtl1 type dummy;"
			 "ip link add vtl0 type dummy && ip link set vtl0 up"));
	index = if_nametoindex("vtl0");
	snprintf(want, sizeof(want), "0 %u 1", index);
	EXPECT_STREQ(want, soon(self->l));
	/* Replaced: down as the old bridge, up as the new one. */
	ASSERT_EQ(0, vt_peer(self->a.fd, "vtl0", 0));
	snprintf(want, sizeof(want), "0 %u 0", index);
	EXPECT_STREQ(want, next(self->l));
	snprintf(want, sizeof(want), "1 %u 1", index);
	EXPECT_STREQ(want, next(self->l));
	ASSERT_EQ(0, close(self->a.fd));
	snprintf(want, sizeof(want), "1 %u 0", index);
	EXPECT_STREQ(want, next(self->l));
	EXPECT_STREQ("none", next(self->l));
	close(late);
	self->a.fd = -1;
}

TEST_F(links, row_10_no_event_of_a_nic_that_was_never_up)
{
	int late;

	ASSERT_EQ(0, vt_peer(self->a.fd, "vtl0", 0));
	ASSERT_EQ(0, run("ip link add vtl0 type dummy"));
	late = listener(HUB, 1);
	EXPECT_STREQ("none", next(late));
	EXPECT_STREQ("none", next(self->l));
	/* It has its number all the same. */
	ASSERT_EQ(0, inject(self->b.fd, 1));
	EXPECT_STREQ("1 1 1", next(late));
	close(late);
	ASSERT_EQ(0, close(self->a.fd));
	EXPECT_STREQ("1 1 1", next(self->l));
	EXPECT_STREQ("none", next(self->l));
	self->a.fd = -1;
}

TEST_F(links, row_10_carrier_is_no_event)
{
	uint32_t status = 99;

	ASSERT_EQ(0, run("ip link add vtl0 type veth peer name vtl1 && "
			 "ip link set vtl0 up && ip link set vtl1 up"));
	ASSERT_EQ(0, vt_peer(self->a.fd, "vtl0", 0));
	EXPECT_STRNE("none", next(self->l));
	ASSERT_EQ(0, run("ip link set vtl1 down; ip link set vtl0 mtu 1400;"
			 "ip link set vtl0 address 02:00:00:00:00:44"));
	EXPECT_TRUE(vt_quiet(self->l));
	EXPECT_STREQ("none", next(self->l));
	EXPECT_EQ(0, ioctl(self->b.fd, SIOCGBRSTATUS, &status));
	EXPECT_EQ(VMNET_BRIDGE_ACTIVE, status);
}

TEST_F(links, row_2_7_events_stay_with_the_first_hub)
{
	int far = listener(HUB + 1, 1);

	ASSERT_EQ(0, run("ip link add vtl0 type dummy && ip link set vtl0 up"));
	ASSERT_EQ(0, vt_peer(self->a.fd, "vtl0", 0));
	ASSERT_EQ(0, inject(self->b.fd, 1));
	EXPECT_STRNE("none", next(self->l));
	EXPECT_STREQ("1 1 1", next(self->l));
	/* The bridge. */
	ASSERT_EQ(0, vt_bind(self->a.fd, HUB + 1));
	ASSERT_EQ(0, run("ip link set vtl0 down"));
	snprintf(want, sizeof(want), "0 %u 0", if_nametoindex("vtl0"));
	EXPECT_STREQ(want, soon(self->l));
	/* A user port that has told something, and one that has not. */
	ASSERT_EQ(0, vt_bind(self->b.fd, HUB + 1));
	ASSERT_EQ(0, inject(self->b.fd, 0));
	EXPECT_STREQ("1 0 0", next(self->l));
	EXPECT_STREQ("none", next(far));
	close(self->a.fd);
	self->a.fd = vt_open(HUB, O_RDWR);
	ASSERT_EQ(0, vt_bind(self->a.fd, HUB + 1));
	ASSERT_EQ(0, inject(self->a.fd, 1));
	EXPECT_STREQ("0 1 1", next(far));
	EXPECT_STREQ("none", next(self->l));
	/* The listener; the old hub ends, who tells on it stays. */
	ASSERT_EQ(0, vt_bind(self->l, HUB + 2));
	EXPECT_EQ(0, vt_proc_count("hub70."));
	ASSERT_EQ(0, inject(self->b.fd, 1));
	EXPECT_STREQ("1 1 1", next(self->l));
	ASSERT_EQ(0, inject(self->a.fd, 0));
	EXPECT_STREQ("none", next(self->l));
	close(far);
}

TEST_F(listen, row_10_slot_and_no_file_of_its_own)
{
	int n, before = vt_proc_count("");

	ASSERT_LT(0, vt_proc_read("hub70.2", text, sizeof(text)));
	ASSERT_EQ(1, sscanf(text, "connected userListener%d", &n));
	snprintf(want, sizeof(want), "connected userListener%d tx 0 \n", n);
	EXPECT_STREQ(want, text);
	EXPECT_EQ(0, vt_proc_count("userListener"));
	/* Two user ports with two files each, and one slot. */
	EXPECT_EQ(5, before);
	/* The next has the next number. */
	ASSERT_EQ(0, become_listener(self->l, 1));
	ASSERT_LT(0, vt_proc_read("hub70.2", text, sizeof(text)));
	snprintf(want, sizeof(want), "connected userListener%d tx 0 \n", n + 1);
	EXPECT_STREQ(want, text);
	/* Frames go past it. */
	EXPECT_EQ(60, vt_send(self->a.fd, 60, vt_bcast, self->a.mac, 1));
	EXPECT_EQ(1, vt_recv_tag(self->b.fd));
	EXPECT_STREQ("none", next(self->l));
}

TEST_F(listen, row_10_calls_on_a_listener)
{
	uint8_t mac[6] = { 1, 1, 1, 1, 1, 1 }, zero[8] = { 0 };
	struct vmnet_mcast_filter f = { .n = 1 };
	struct vmnet_notify note = { .version = 6 };
	uint32_t v = 1;
	char word = 0;

	EXPECT_EQ(0, ioctl(self->l, SIOCGETAPIVERSION2, &v));
	EXPECT_EQ(VMNET_API_VERSION, v);
	EXPECT_EQ(0, ioctl(self->l, SIOCGBRSTATUS, &v));
	EXPECT_EQ(VMNET_BRIDGE_NONE, v);
	EXPECT_EQ(0, vt_get_mac(self->l, mac));
	EXPECT_EQ(0, memcmp(mac, zero, 6));
	EXPECT_EQ(0, vt_flags(self->l, 0x1103));
	EXPECT_EQ(0, ioctl(self->l, SIOCSLADRF, zero));
	EXPECT_EQ(0, ioctl(self->l, SIOCSMCASTFILTER, &f));
	EXPECT_EQ(0, vt_bind(self->l, HUB + 1));
	EXPECT_EQ(EPERM, VT_ERRNO(write(self->l, text, 60)));
	/* These are of user ports. */
	EXPECT_EQ(ENOTTY, VT_ERRNO(inject(self->l, 1)));
	EXPECT_EQ(ENOTTY, VT_ERRNO(ioctl(self->l, SIOCSETNOTIFY2, &note)));
	EXPECT_EQ(ENOTTY, VT_ERRNO(ioctl(self->l, SIOCUNSETNOTIFY, &word)));
	EXPECT_EQ(0, vt_peer(self->l, "vtnone", 0));
	EXPECT_EQ(ENOTTY, VT_ERRNO(inject(self->l, 1)));
	EXPECT_EQ(ENOTTY, VT_ERRNO(ioctl(self->l, SIOCSETNOTIFY2, &note)));
	EXPECT_EQ(ENOTTY, VT_ERRNO(ioctl(self->l, SIOCUNSETNOTIFY, &word)));
}

TEST_F(links, row_2_every_kind_into_every_other)
{
	static const char *const kind[] = { "bridge", "userListener", "netif",
					    "bridge", "netif", "userListener",
					    "bridge" };
	char peer[64];

	for (size_t i = 0; i < sizeof(kind) / sizeof(kind[0]); i++) {
		switch (kind[i][0]) {
		case 'b':
			ASSERT_EQ(0, vt_peer(self->a.fd, "vtnone", 0));
			break;
		case 'n':
			ASSERT_EQ(0, vt_netif(self->a.fd, "vtl2"));
			EXPECT_NE(0, if_nametoindex("vtl2"));
			break;
		default:
			ASSERT_EQ(0, become_listener(self->a.fd, 1));
			EXPECT_EQ(0, if_nametoindex("vtl2"));
		}
		/* Always the same slot. */
		ASSERT_LT(0, vt_proc_read("hub70.0", text, sizeof(text)));
		ASSERT_EQ(1, sscanf(text, "connected %63[a-zA-Z]", peer));
		EXPECT_STREQ(kind[i], peer);
	}
}

TEST_F(listen, row_3_4_poll_listener)
{
	struct pollfd p = { .fd = self->l, .events = 0x7fff & ~POLLNVAL };
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET };
	int ep = epoll_create1(0);

	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, self->l, &ev));
	EXPECT_EQ(0, poll(&p, 1, 0));
	EXPECT_EQ(0, epoll_wait(ep, &ev, 1, 0));
	for (uint8_t i = 0; i < 3; i++) {
		ASSERT_EQ(0, inject(self->a.fd, i & 1));
		ASSERT_EQ(1, poll(&p, 1, 0));
		EXPECT_EQ(0x041, p.revents);
		/* Each event is an edge. */
		EXPECT_EQ(1, epoll_wait(ep, &ev, 1, 0));
		EXPECT_EQ(0, epoll_wait(ep, &ev, 1, 0));
	}
	for (int i = 0; i < 3; i++)
		EXPECT_STRNE("none", next(self->l));
	EXPECT_EQ(0, poll(&p, 1, 0));
	close(ep);
}

static volatile sig_atomic_t signals;

static void on_usr1(int signo)
{
	(void)signo;
	signals++;
}

struct reader {
	int fd;
	ssize_t ret;
	int err;
	volatile int done;
};

static void *read_one(void *arg)
{
	struct vmnet_event e;
	struct reader *r = arg;

	r->ret = read(r->fd, &e, sizeof(e));
	r->err = r->ret < 0 ? errno : 0;
	r->done = 1;
	return NULL;
}

TEST_F(listen, row_10_signal_restarts_a_read)
{
	struct sigaction sa = { .sa_handler = on_usr1, .sa_flags = SA_RESTART };
	struct reader r = { .fd = self->l };
	pthread_t t;

	ASSERT_EQ(0, fcntl(self->l, F_SETFL, 0));
	ASSERT_EQ(0, sigaction(SIGUSR1, &sa, NULL));
	ASSERT_EQ(0, pthread_create(&t, NULL, read_one, &r));
	usleep(100000);
	for (int i = 0; i < 3; i++) {
		pthread_kill(t, SIGUSR1);
		while (signals <= i)
			usleep(1000);
	}
	EXPECT_EQ(0, r.done);
	ASSERT_EQ(0, inject(self->a.fd, 1));
	ASSERT_EQ(0, pthread_join(t, NULL));
	EXPECT_EQ(28, r.ret);
	/* Without SA_RESTART it ends. */
	sa.sa_flags = 0;
	r.done = 0;
	ASSERT_EQ(0, sigaction(SIGUSR1, &sa, NULL));
	ASSERT_EQ(0, pthread_create(&t, NULL, read_one, &r));
	while (!r.done) {
		usleep(20000);
		pthread_kill(t, SIGUSR1);
	}
	ASSERT_EQ(0, pthread_join(t, NULL));
	EXPECT_EQ(EINTR, r.err);
}

/* Nobody reads: the oldest give way. */
TEST_F(listen, queue_is_bounded)
{
	char first[16];

	for (int i = 0; i < 1030; i++)
		ASSERT_EQ(0, inject(i == 6 ? self->b.fd : self->a.fd, i & 1));
	snprintf(first, sizeof(first), "1 0 0");
	EXPECT_STREQ(first, next(self->l));
	for (int i = 7; i < 1030; i++) {
		snprintf(want, sizeof(want), "0 %d %d", i & 1, i & 1);
		ASSERT_STREQ(want, next(self->l));
	}
	EXPECT_STREQ("none", next(self->l));
}

/* What was a user's port is his as a listener too. */
TEST(listener_counts_as_a_port_of_its_user)
{
	const char *path = "/sys/module/vmnet/parameters/max_user_ports";
	int status, limit = open(path, O_WRONLY);
	pid_t child;

	ASSERT_LE(0, limit);
	ASSERT_EQ(1, write(limit, "8", 1));
	ASSERT_EQ(0, chmod("/dev/vmnet9", 0666));
	child = fork();
	if (!child) {
		int n = 0, fd;

		if (setgid(65533) || setuid(65533))
			_exit(3);
		while (n < 20 && (fd = open("/dev/vmnet9", O_RDWR)) >= 0) {
			if (become_listener(fd, 1) || become_listener(fd, 0))
				_exit(5);
			/* The port that was goes a moment later. */
			usleep(200000);
			n++;
		}
		_exit(n == 8 && errno == EMFILE ? 0 : 4);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_EQ(4, write(limit, "1024", 4));
	ASSERT_EQ(0, chmod("/dev/vmnet9", 0660));
	close(limit);
	EXPECT_EQ(0, status);
}

static volatile bool stop;

struct crowd {
	volatile int fd, spare;
};

/* Read, poll and inject, whatever the file is at the moment. */
static void *use_it(void *arg)
{
	struct pollfd p = { .events = POLLIN };
	struct crowd *c = arg;
	uint8_t buf[128];

	while (!stop) {
		p.fd = c->fd;
		if (poll(&p, 1, 1) > 0 && p.revents & POLLIN &&
		    read(p.fd, buf, sizeof(buf)) < 0)
			sched_yield();
		inject(p.fd, 1);
		inject(c->spare, p.fd & 1);
	}
	return NULL;
}

/* Sleeps in read() until the file becomes another, or something comes. */
static void *sleep_in_it(void *arg)
{
	struct crowd *c = arg;
	uint8_t buf[128];

	while (!stop) {
		int fd = fcntl(c->fd, F_DUPFD_CLOEXEC, 0);

		if (fd < 0)
			continue;
		if (read(fd, buf, sizeof(buf)) < 0)
			sched_yield();
		close(fd);
	}
	return NULL;
}

TEST_F(links, row_2_conversions_and_closes_under_threads)
{
	struct sigaction sa = { .sa_handler = on_usr1 };
	struct crowd c = { .fd = -1, .spare = self->b.fd };
	pthread_t t[4];

	ASSERT_EQ(0, run("ip link add vtl0 type dummy && ip link set vtl0 up"));
	ASSERT_EQ(0, sigaction(SIGUSR1, &sa, NULL));
	c.fd = vt_open(HUB, O_RDWR);
	for (int i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&t[i], NULL, use_it, &c));
	for (int i = 2; i < 4; i++)
		ASSERT_EQ(0, pthread_create(&t[i], NULL, sleep_in_it, &c));
	for (int i = 0; i < 18; i++) {
		int fresh = vt_open(HUB, O_RDWR), old = c.fd;

		EXPECT_EQ(0, vt_flags(c.fd, VT_UP));
		EXPECT_EQ(0, become_listener(c.fd, 1));
		if (i % 3 == 0)
			EXPECT_EQ(0, vt_peer(c.fd, "vtl0", 0));
		if (i % 3 != 1)
			EXPECT_EQ(0, become_listener(c.fd, 1));
		EXPECT_EQ(0, vt_bind(c.fd, HUB + 1 + i % 2));
		c.fd = fresh;
		close(old);
		/* Who sleeps in the old one looks for the new one. */
		for (int k = 0; k < 4; k++)
			pthread_kill(t[k], SIGUSR1);
	}
	stop = true;
	for (int i = 0; i < 4; i++)
		while (pthread_tryjoin_np(t[i], NULL)) {
			pthread_kill(t[i], SIGUSR1);
			usleep(1000);
		}
	close(c.fd);
	stop = false;
}

TEST_HARNESS_MAIN
