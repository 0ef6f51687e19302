// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A million random calls from four threads on files they share: every ioctl
 * there is, with arguments that are random, nearly right, or no memory; writes
 * with random headers, in pieces, from pages that fault; reads, messages, and
 * closes under all of it.
 *
 *	callfuzz [CALLS [MAX [SEED]]]
 *
 * Runs until CALLS calls were made (1,000,000), but MAX seconds at most (150);
 * a machine that does not make a fifth of them by then is too slow to tell.
 * The kernel log has the verdict on what happened; here it is judged that the
 * calls were made and that as many objects are left in the kernel's caches as
 * there were.
 */
#define _GNU_SOURCE
#include "vmtest.h"
#include "inet.h"

#include <dirent.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <net/if.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <linux/virtio_net.h>

#define THREADS	4
#define HUBS	3
#define HUB	190
#define FILES	48
/* Objects the rest of the system may make or free meanwhile. */
#define SLACK	400

static const unsigned long calls[] = {
	SIOCGETAPIVERSION2, SIOCSFILTERRULES, SIOCSUSERLISTENER,
	SIOCSMCASTFILTER, SIOCSPEER3, SIOCGETMACADDR, SIOCSPORTFLAGS,
	SIOCGBRSTATUS, SIOCSBIND, SIOCSLADRF, SIOCNETIF, SIOCSETMACADDR,
	SIOCUNSETNOTIFY, SIOCSETNOTIFY2, SIOCINJECTLINKSTATE,
	VMNET_IOC_SETUP, VMNET_IOC_SEND, VMNET_IOC_RECV, VMNET_IOC_SOCKET,
	TUNGETIFF, TUNSETIFF, TUNGETFEATURES, TUNSETOFFLOAD, TUNGETVNETHDRSZ,
	TUNSETVNETHDRSZ, TUNSETSNDBUF, TUNGETSNDBUF, TUNSETVNETLE,
	TUNGETVNETLE, TUNSETVNETBE, TUNSETQUEUE, TUNSETPERSIST, TUNSETOWNER,
	TUNSETLINK, TUNATTACHFILTER, TUNSETSTEERINGEBPF, SIOCGIFHWADDR,
	SIOCSIFHWADDR, 0x5401, 0x99f4, _IO(0x99, 0x44),
};

static char node[HUBS][40];
static atomic_int file[FILES];
static atomic_ulong done, worked, limit;
static atomic_bool stop;
/* A readable page between two that are none. */
static uint8_t *edge;

static uint64_t rnd(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

/* Bytes in a way that makes them matter: often few bits are set. */
static void fill(uint64_t *s, uint8_t *buf, size_t len)
{
	unsigned int style = (unsigned int)(rnd(s) % 4);

	for (size_t i = 0; i < len; i++)
		buf[i] = style == 0 ? (uint8_t)rnd(s) :
			 style == 1 && rnd(s) % 8 == 0 ? (uint8_t)rnd(s) :
			 style == 2 && i % 4 == 0 ? (uint8_t)(rnd(s) % 8) : 0;
}

static void known_argument(uint64_t *s, unsigned long cmd, uint8_t *buf)
{
	switch (cmd) {
	case SIOCSPORTFLAGS:
		*(uint32_t *)buf = rnd(s) % 3 ? VT_UP : (uint32_t)rnd(s);
		break;
	case SIOCSBIND:
		*(struct vmnet_bind *)buf = (struct vmnet_bind){
			.version = 1, .type = 1 + (uint32_t)(rnd(s) % 2),
			.number = HUB + (int)(rnd(s) % HUBS),
			.pvn = { (uint8_t)(rnd(s) % 3) },
		};
		break;
	case SIOCSPEER3:
		snprintf((char *)buf, 32, "vtd%d", (int)(rnd(s) % 3));
		break;
	case SIOCNETIF:
		snprintf((char *)buf, 8, "vtf%d", (int)(rnd(s) % 4));
		break;
	case SIOCSUSERLISTENER:
	case SIOCSETMACADDR:
		*(uint32_t *)buf = 1;
		break;
	case TUNSETIFF:
		((struct ifreq *)buf)->ifr_flags = (short)(IFF_TAP | IFF_NO_PI |
			(rnd(s) % 2 ? IFF_VNET_HDR : 0));
		break;
	case TUNSETVNETHDRSZ:
		*(uint32_t *)buf = (const uint32_t[]){ 10, 12, 20, 11 }[rnd(s) % 4];
		break;
	case VMNET_IOC_SETUP:
		*(struct vmnet_setup *)buf = (struct vmnet_setup){
			.size = sizeof(struct vmnet_setup),
			.vnet_hdr_sz = rnd(s) % 2 ? 12 : 0,
			.queue_len = (uint32_t)(rnd(s) % 1200),
		};
		break;
	case SIOCSETNOTIFY2:
		*(struct vmnet_notify *)buf = (struct vmnet_notify){
			.version = VMNET_NOTIFY_VERSION,
			.pending = (uintptr_t)edge + 8 * (rnd(s) % 600),
			.cluster = (uintptr_t)edge,
			.mask = (uint32_t)rnd(s),
		};
		break;
	case VMNET_IOC_SEND:
	case VMNET_IOC_RECV:
		*(struct vmnet_batch *)buf = (struct vmnet_batch){
			.size = sizeof(struct vmnet_batch),
			.count = 1 + (uint32_t)(rnd(s) % 70),
			.bufs = (uintptr_t)buf + 64,
			.flags = VMNET_BATCH_DONTWAIT,
		};
		for (int i = 0; i < 64; i++)
			((struct vmnet_buf *)(buf + 64))[i] = (struct vmnet_buf){
				.addr = (uintptr_t)buf + 2048,
				.len = 60 + (uint32_t)(rnd(s) % 1500) };
		break;
	}
}

static long random_ioctl(uint64_t *s, int fd, uint8_t *buf)
{
	unsigned long cmd = calls[rnd(s) % (sizeof(calls) / sizeof(calls[0]))];
	void *arg = buf;
	int new;

	/* Those take the host's locks, or wait for a grace period. */
	if (((cmd == SIOCNETIF || cmd == SIOCSPEER3) && rnd(s) % 50) ||
	    ((cmd == SIOCSBIND || cmd == TUNSETOFFLOAD || cmd == TUNSETIFF ||
	      cmd == VMNET_IOC_SETUP) && rnd(s) % 10))
		cmd = SIOCSPORTFLAGS;
	if (rnd(s) % 16 == 0)
		cmd ^= 1UL << rnd(s) % 32;
	/* A file that waits would wait for ever. */
	if (cmd == FIONBIO)
		cmd = SIOCGETMACADDR;
	fill(s, buf, 512);
	if (rnd(s) % 4)
		known_argument(s, cmd, buf);
	switch (rnd(s) % 24) {
	case 0:
		arg = NULL;
		break;
	case 1:
		arg = edge + 4096 - rnd(s) % 64;
		break;
	case 2:
		arg = (void *)(uintptr_t)rnd(s);
		break;
	}
	if (cmd == TUNSETOFFLOAD)
		arg = (void *)(uintptr_t)(rnd(s) % 128);
	if (cmd != VMNET_IOC_SOCKET)
		return ioctl(fd, cmd, arg);
	new = ioctl(fd, cmd, rnd(s) % 8);
	if (new >= 0) {
		fcntl(new, F_SETFL, O_NONBLOCK);
		close(atomic_exchange(&file[rnd(s) % FILES], new));
	}
	return new;
}

/* A frame that may be one, behind a header that may fit it. */
static size_t random_frame(uint64_t *s, uint8_t *buf)
{
	struct virtio_net_hdr h = { 0 };
	struct inet_spec spec = {
		.v6 = rnd(s) % 2, .udp = rnd(s) % 2,
		.payload = rnd(s) % 8 ? rnd(s) % 1400 : rnd(s) % 60000,
		.partial = rnd(s) % 2,
	};
	uint8_t dst[6] = { 2, 0, 0, 0, 9, (uint8_t)(rnd(s) % 8) };
	uint8_t src[6] = { 2, 0, 0, 0, 9, (uint8_t)(rnd(s) % 64) };
	size_t hdr = (const size_t[]){ 0, 10, 12, 20 }[rnd(s) % 4], len;

	memset(buf, 0, 32);
	len = inet_build(buf + hdr, rnd(s) % 4 ? dst : vt_bcast, src, &spec);
	if (rnd(s) % 2) {
		h.flags = (uint8_t)(rnd(s) % 8);
		h.gso_type = (uint8_t)(rnd(s) % 4 ? rnd(s) % 8 : rnd(s));
		h.hdr_len = (uint16_t)(rnd(s) % 2 ? 54 : rnd(s));
		h.gso_size = (uint16_t)(rnd(s) % 2 ? 1448 : rnd(s) % 3 ? rnd(s) : 1);
		h.csum_start = (uint16_t)(rnd(s) % 2 ? 34 : rnd(s));
		h.csum_offset = (uint16_t)(rnd(s) % 2 ? 16 : rnd(s));
	}
	if (hdr)
		memcpy(buf, &h, sizeof(h));
	if (rnd(s) % 8 == 0)
		fill(s, buf + hdr, 64);
	return rnd(s) % 8 ? hdr + len : rnd(s) % (hdr + len);
}

static long random_write(uint64_t *s, int fd, uint8_t *buf)
{
	size_t len = random_frame(s, buf), cut = rnd(s) % (len + 1);
	struct iovec v[3] = {
		{ buf, cut }, { edge, 0 }, { buf + cut, len - cut },
	};
	struct msghdr m = { .msg_iov = v, .msg_iovlen = 3,
			    .msg_control = buf, .msg_controllen = 64 };

	switch (rnd(s) % 8) {
	case 0:
		return writev(fd, v, 3);
	case 1:
		return sendmsg(fd, &m, MSG_DONTWAIT);
	case 2:
		len = rnd(s) % 5000;
		return write(fd, edge + 4096 - rnd(s) % 2000, len);
	}
	return write(fd, buf, len);
}

static long random_read(uint64_t *s, int fd, uint8_t *buf)
{
	size_t room = rnd(s) % 4 ? 70000 : rnd(s) % 200;
	struct iovec v[2] = { { buf, room / 2 }, { buf + room / 2, room / 2 } };

	switch (rnd(s) % 8) {
	case 0:
		return readv(fd, v, 2);
	case 1:
		return recv(fd, buf, room, MSG_DONTWAIT | (rnd(s) % 2 ? MSG_TRUNC : 0));
	case 2:
		return read(fd, edge + 4096 - rnd(s) % 100, room);
	}
	return read(fd, buf, room);
}

static void *caller(void *arg)
{
	uint64_t seed = (uint64_t)(uintptr_t)arg * 0x9e3779b97f4a7c15ULL;
	static _Thread_local uint8_t buf[80000];
	unsigned int i;
	long ret;
	int fd;

	while (!stop && atomic_fetch_add(&done, 1) < limit) {
		i = (unsigned int)(rnd(&seed) % FILES);
		fd = file[i];
		switch (rnd(&seed) % 16) {
		case 0:
			fd = open(node[rnd(&seed) % HUBS],
				  O_RDWR | O_NONBLOCK | O_CLOEXEC);
			ret = fd;
			close(atomic_exchange(&file[i], fd));
			break;
		case 1:
			ret = close(atomic_exchange(&file[i], -1));
			break;
		case 2:
			ret = poll(&(struct pollfd){ .fd = fd,
						     .events = POLLIN | POLLOUT },
				   1, 0);
			break;
		case 3 ... 6:
			ret = random_ioctl(&seed, fd, buf);
			break;
		case 7 ... 11:
			ret = random_write(&seed, fd, buf);
			break;
		default:
			ret = random_read(&seed, fd, buf);
		}
		if (ret >= 0)
			worked++;
	}
	return NULL;
}

/* Objects in use in the caches that everybody allocates from, after a sweep. */
static long objects(void)
{
	char path[400], text[32];
	DIR *d = opendir("/sys/kernel/slab");
	struct dirent *e;
	long sum = 0;
	FILE *f;

	while (d && (e = readdir(d))) {
		if (strncmp(e->d_name, "kmalloc-", 8) &&
		    strncmp(e->d_name, "skbuff_", 7))
			continue;
		snprintf(path, sizeof(path), "/sys/kernel/slab/%s/shrink", e->d_name);
		f = fopen(path, "we");
		if (f) {
			fputs("1", f);
			fclose(f);
		}
		snprintf(path, sizeof(path), "/sys/kernel/slab/%s/objects", e->d_name);
		f = fopen(path, "re");
		if (f && fgets(text, sizeof(text), f))
			sum += strtol(text, NULL, 10);
		if (f)
			fclose(f);
	}
	if (d)
		closedir(d);
	return sum;
}

/* Memory comes back a grace period, or a few, after the last close. */
static long settled(long want)
{
	long n;

	sleep(8);
	n = objects();
	for (int i = 0; i < 10 && n > want; i++) {
		sleep(1);
		n = objects();
	}
	return n;
}

static void run(unsigned long n, uint64_t seed, unsigned long max)
{
	struct timespec end, now;
	pthread_t t[THREADS];

	done = 0;
	worked = 0;
	limit = n;
	stop = false;
	for (int i = 0; i < FILES; i++)
		file[i] = -1;
	for (uintptr_t i = 0; i < THREADS; i++)
		if (pthread_create(&t[i], NULL, caller,
				   (void *)(seed * THREADS + i + 1)))
			abort();
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += (time_t)max;
	do {
		usleep(100000);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (done < n && now.tv_sec < end.tv_sec);
	stop = true;
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	for (int i = 0; i < FILES; i++)
		close(file[i]);
}

int main(int argc, char **argv)
{
	unsigned long n = argc > 1 ? strtoul(argv[1], NULL, 0) : 1000000;
	unsigned long max = argc > 2 ? strtoul(argv[2], NULL, 0) : 150;
	uint64_t seed = argc > 3 ? strtoull(argv[3], NULL, 0)
				 : (uint64_t)time(NULL);
	struct rlimit lim = { 4096, 4096 };
	long before, after;
	bool ok, none_left;

	printf("TAP version 13\n1..2\n# seed %llu\n", (unsigned long long)seed);
	fflush(stdout);
	setrlimit(RLIMIT_NOFILE, &lim);
	signal(SIGPIPE, SIG_IGN);
	edge = mmap(NULL, 3 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (edge == MAP_FAILED || unshare(CLONE_NEWNET) ||
	    mprotect(edge + 4096, 4096, PROT_READ | PROT_WRITE)) {
		printf("Bail out! %s\n", strerror(errno));
		return 1;
	}
	edge += 4096;
	for (int i = 0; i < HUBS; i++) {
		snprintf(node[i], sizeof(node[i]), "/dev/.vmcallfuzz-%d", i);
		unlink(node[i]);
		if (vt_mknod(node[i], HUB + i)) {
			printf("Bail out! %s\n", strerror(errno));
			return 1;
		}
	}
	if (system("ip link add vtd0 type dummy && ip link add vtd1 type dummy && "
		   "ip link set vtd0 up && ip link set vtd1 up"))
		printf("# no dummy interfaces\n");

	/* Caches of all sorts fill once. */
	run(n / 10, seed, max);
	before = settled(LONG_MAX);
	run(n, seed + 1, max);
	after = settled(before + SLACK);
	for (int i = 0; i < HUBS; i++)
		unlink(node[i]);
	ok = done >= n / 5 && worked > done / 8 && vt_proc_count("") == 0;
	printf("%sok 1 - %lu random calls (%lu succeeded), nothing left in /proc/vmnet\n",
	       ok ? "" : "not ", n < done ? n : done, worked);
	printf("# objects of the caches: %ld before, %ld after\n", before, after);
	none_left = before > 0 && after > 0 && after <= before + SLACK;
	printf("%sok 2 - as many objects as before\n", none_left ? "" : "not ");
	return ok && none_left ? 0 : 1;
}
