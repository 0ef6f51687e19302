// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A minute of everything at once: opens and closes, conversions (some under a
 * reader that sleeps), moves, flags, frames of all kinds, readers of /proc.
 * The verdict is the kernel log's; here it is only counted that enough
 * happened.
 *
 *	stress [SECONDS [PERCENT [MAX]]]
 *
 * Runs for SECONDS (60) at least and until the counts are reached (50,000
 * opens, 10,000 conversions, 1,000,000 frames; PERCENT of them), but MAX (300)
 * seconds at most.
 */
#define _GNU_SOURCE
#include "vmtest.h"
#include "inet.h"

#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <net/if.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>

#define HUBS	3
#define HUB	200

enum { OPENS, CLOSES, CONVERSIONS, UNDER_READER, MOVES, FRAMES, READS, PROC,
       COUNTS };

static const char *const what[COUNTS] = {
	"opens", "closes", "conversions", "of them under a reader", "moves",
	"frames written", "frames read", "/proc files read",
};

static atomic_ulong counts[COUNTS];
static atomic_bool stop;

static void count(int i)
{
	atomic_fetch_add_explicit(&counts[i], 1, memory_order_relaxed);
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static int hub_of(unsigned int *seed)
{
	return HUB + (int)((unsigned int)rand_r(seed) % HUBS);
}

static char node[HUBS][32];

static int open_hub(int hub)
{
	int fd = open(node[hub - HUB], O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		count(OPENS);
	return fd;
}

static void close_hub(int fd)
{
	if (fd >= 0 && !close(fd))
		count(CLOSES);
}

static void become_tap(int fd, int ifflags)
{
	struct ifreq ifr = { 0 };

	ifr.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | ifflags);
	if (!ioctl(fd, TUNSETIFF, &ifr) && ifflags & IFF_VNET_HDR)
		ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6);
}

/* Opens and closes, in all states a port may be closed in. */
static void *opener(void *arg)
{
	unsigned int seed = (unsigned int)(uintptr_t)arg;
	uint8_t mac[6] = { 2, 2, 2, 2, 2, 2 };
	int fd[16], i;

	for (i = 0; i < 16; i++)
		fd[i] = -1;
	while (!stop) {
		/* Opens are cheap: leave the processor to the conversions. */
		if (counts[OPENS] > 6 * counts[CONVERSIONS] + 1000)
			usleep(1000);
		i = rand_r(&seed) & 15;
		close_hub(fd[i]);
		fd[i] = open_hub(hub_of(&seed));
		switch (rand_r(&seed) % 8) {
		case 0:
			become_tap(fd[i], 0);
			break;
		case 1:
			become_tap(fd[i], IFF_VNET_HDR);
			break;
		case 2:
			vt_flags(fd[i], VT_UP | VMNET_FLAG_PROMISC);
			break;
		case 3:
			mac[5] = (uint8_t)rand_r(&seed);
			vt_set_mac(fd[i], mac, rand_r(&seed) & 1);
			vt_flags(fd[i], VT_UP | VMNET_FLAG_ALLMULTI);
			break;
		case 4:
			vt_flags(fd[i], VT_UP);
			vt_flags(fd[i], 0);
			break;
		}
	}
	for (i = 0; i < 16; i++)
		close_hub(fd[i]);
	return NULL;
}

/* A file that changes under a reader that sleeps in it. */
struct victim {
	atomic_int fd;
	atomic_bool reading;
};

static void on_usr1(int signo)
{
	(void)signo;
}

static void *sleeper(void *arg)
{
	static _Thread_local uint8_t buf[70000];
	struct victim *v = arg;

	while (!stop) {
		int fd = v->fd;

		if (fd < 0) {
			sched_yield();
			continue;
		}
		v->reading = true;
		if (read(fd, buf, sizeof(buf)) >= 0)
			count(READS);
		v->reading = false;
		if (errno == EPERM)
			sched_yield();
	}
	return NULL;
}

static void converted(bool under_reader)
{
	count(CONVERSIONS);
	if (under_reader)
		count(UNDER_READER);
}

/*
 * Conversions: user to bridge, bridge to bridge, to interface and back, of NICs
 * that are there (vts0), and that are not.
 */
static void *converter(void *arg)
{
	unsigned int seed = (unsigned int)(uintptr_t)arg;
	struct vmnet_listen listen = { .version = 1, .classes = 1 };
	struct victim v = { .fd = -1 };
	char name[16];
	pthread_t t;
	int fd, n;

	if (pthread_create(&t, NULL, sleeper, &v))
		return NULL;
	while (!stop) {
		fd = open_hub(hub_of(&seed));
		if (fd < 0)
			continue;
		fcntl(fd, F_SETFL, 0);
		vt_flags(fd, VT_UP);
		v.fd = fd;
		for (n = 0; n < 100 && !v.reading; n++)
			sched_yield();
		for (n = rand_r(&seed) % 6; n >= 0; n--) {
			bool under = v.reading;
			int ret;

			switch (rand_r(&seed) % 24) {
			case 0:
				snprintf(name, sizeof(name), "vt%%d");
				ret = vt_netif(fd, name);
				break;
			case 1:
			case 2:
				ret = vt_peer(fd, "vts0", 0);
				break;
			case 4:
				ret = ioctl(fd, SIOCSUSERLISTENER, &listen);
				break;
			case 3:
				ret = -1;
				if (!vt_bind(fd, hub_of(&seed)))
					count(MOVES);
				break;
			default:
				snprintf(name, sizeof(name), "vtn%u",
					 (unsigned int)rand_r(&seed) % 100);
				ret = vt_peer(fd, name, 0);
			}
			if (!ret)
				converted(under);
		}
		/* The sleeper must have let go, or it reads another file. */
		v.fd = -1;
		while (v.reading) {
			pthread_kill(t, SIGUSR1);
			sched_yield();
		}
		close_hub(fd);
	}
	v.fd = -1;
	while (pthread_tryjoin_np(t, NULL)) {
		pthread_kill(t, SIGUSR1);
		sched_yield();
	}
	return NULL;
}

/* Two ports that stay, and talk; others come and go around them. */
static void *talker(void *arg)
{
	static _Thread_local uint8_t buf[70000], rx[70000];
	unsigned int seed = (unsigned int)(uintptr_t)arg;
	struct inet_spec s = { .payload = 6000, .partial = true };
	struct virtio_net_hdr h = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
		.hdr_len = 54, .gso_size = 1448,
		.csum_start = 34, .csum_offset = 16,
	};
	uint8_t src[6] = { 2, 0, 0, 0, 7, (uint8_t)seed }, mac[6] = { 0 };
	size_t big;
	int a = -1, b = -1, hub;

	while (!stop) {
		hub = hub_of(&seed);
		a = open_hub(hub);
		b = open_hub(hub);
		become_tap(a, IFF_VNET_HDR);
		vt_flags(b, VT_UP);
		vt_get_mac(b, mac);
		memcpy(buf, &h, 10);
		big = 10 + inet_build(buf + 10, mac, src, &s);
		for (int i = 0; i < 2000 && !stop; i++) {
			size_t len = big;

			if (i % 64) {
				memset(rx, 0, 10);
				vt_frame(rx + 10, 60, i % 16 ? mac : vt_bcast,
					 src, 1);
				len = 70;
			}
			if (write(a, i % 64 ? rx : buf, len) > 0)
				count(FRAMES);
			if (i % 8 == 0 &&
			    vt_send(b, 60, i % 32 ? src : vt_bcast, mac, 2) > 0)
				count(FRAMES);
			if (i % 16 == 15) {
				while (read(b, rx, sizeof(rx)) > 0)
					count(READS);
				while (read(a, rx, sizeof(rx)) > 0)
					count(READS);
			}
			if (i % 500 == 499 && !vt_bind(b, hub_of(&seed)))
				count(MOVES);
		}
		close_hub(a);
		close_hub(b);
	}
	return NULL;
}

static void read_all(const char *dir)
{
	char path[300], text[1024];
	struct dirent *e;
	DIR *d;

	d = opendir(dir);
	while (d && (e = readdir(d)) && !stop) {
		int fd;

		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		while (read(fd, text, sizeof(text)) > 0)
			;
		close(fd);
		count(PROC);
	}
	if (d)
		closedir(d);
}

/* What /proc tells of ports, of our open ones too. */
static void *proc_reader(void *arg)
{
	(void)arg;
	while (!stop) {
		read_all("/proc/vmnet");
		read_all("/proc/self/fdinfo");
		usleep(10000);
	}
	return NULL;
}

/* The NIC that bridges attach to comes and goes too. */
static void *nic(void *arg)
{
	(void)arg;
	while (!stop) {
		if (system("ip link add vts0 type dummy && "
			   "ip link set vts0 up"))
			break;
		usleep(500000);
		if (system("ip link set vts0 down; ip link set vts0 up"))
			break;
		usleep(500000);
		if (system("ip link del vts0"))
			break;
	}
	return NULL;
}

static bool enough(unsigned long percent)
{
	return counts[OPENS] * 100 >= 50000 * percent &&
	       counts[CONVERSIONS] * 100 >= 10000 * percent &&
	       counts[FRAMES] * 100 >= 1000000 * percent &&
	       counts[UNDER_READER] > 100;
}

int main(int argc, char **argv)
{
	unsigned long seconds = argc > 1 ? strtoul(argv[1], NULL, 0) : 60;
	unsigned long percent = argc > 2 ? strtoul(argv[2], NULL, 0) : 100;
	unsigned long max = argc > 3 ? strtoul(argv[3], NULL, 0) : 300;
	void *(*const fn[])(void *) = { opener, opener, converter, converter,
					talker, talker, proc_reader, nic };
	const int threads = sizeof(fn) / sizeof(fn[0]);
	struct sigaction sa = { .sa_handler = on_usr1 };
	pthread_t t[sizeof(fn) / sizeof(fn[0])];
	uint64_t start;
	bool ok;

	printf("TAP version 13\n1..1\n");
	if (unshare(CLONE_NEWNET) || sigaction(SIGUSR1, &sa, NULL)) {
		printf("not ok 1 - stress: %s\n", strerror(errno));
		return 1;
	}
	for (int i = 0; i < HUBS; i++) {
		int fd = vt_open(HUB + i, O_RDWR);

		close(fd);
		snprintf(node[i], sizeof(node[i]), "/dev/.vmstress-%d", i);
		unlink(node[i]);
		if (vt_mknod(node[i], HUB + i)) {
			printf("not ok 1 - stress: %s\n", strerror(errno));
			return 1;
		}
	}
	start = now_ms();
	for (int i = 0; i < threads; i++)
		if (pthread_create(&t[i], NULL, fn[i],
				   (void *)(uintptr_t)(i + 1)))
			abort();
	do {
		sleep(1);
	} while (now_ms() - start < max * 1000 &&
		 (now_ms() - start < seconds * 1000 || !enough(percent)));
	stop = true;
	for (int i = 0; i < threads; i++)
		pthread_join(t[i], NULL);
	for (int i = 0; i < HUBS; i++)
		unlink(node[i]);
	printf("# %llu s, wanted %lu %% of the counts\n",
	       (unsigned long long)(now_ms() - start) / 1000, percent);
	for (int i = 0; i < COUNTS; i++)
		printf("# %lu %s\n", counts[i], what[i]);
	/* Every open was closed, and nothing is left of any. */
	ok = enough(percent) && counts[OPENS] == counts[CLOSES] &&
	     vt_proc_count("") == 0;
	printf("%sok 1 - stress: enough happened, and nothing is left\n",
	       ok ? "" : "not ");
	return ok ? 0 : 1;
}
