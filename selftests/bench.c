// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What moving a frame costs: here, on a Linux bridge with taps, and on any
 * other module with VMware's calls.
 *
 *	bench SYSTEM PORTS MEASURE...
 *
 *	SYSTEM	vmnet, bridge, peer (as vmnet, with nothing but VMware's calls)
 *	MEASURE	u60, u1514	one unicast frame of that size, written and read
 *		b60, b1514	one broadcast frame, written, per receiving port
 *		m60, m1514	as u, 64 frames a call (vmnet only)
 *		g64k		a TCP segment of 64,000 bytes, written and read
 *		p1, p2		frames a second from one pair of ports, or from two
 *				at once, a CPU for each (needs 4 ports; no
 *				median: ask several times)
 *
 * Prints a line for each, "SYSTEM PORTS MEASURE WRITE READ", in nanoseconds:
 * in a VM that counts instructions (tools/vm -i) these are instructions. All
 * figures are medians. Root; makes and removes what it needs.
 */
#define _GNU_SOURCE
#include "vmtest.h"
#include "inet.h"
#include "measure.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <net/if.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <linux/virtio_net.h>

#define HUB	210
#define BRIDGE	"vtbench"
#define ROUNDS	40
#define BATCH	64
#define GSO_LEN	64000

enum system { VMNET, PEER, LINUX_BRIDGE };

struct rig {
	enum system	system;
	bool		hdr;
	int		n;
	struct vt_port	*port;
};

/* --- a Linux bridge with taps ---------------------------------------------- */

static void add_tap(int sock, struct vt_port *p, int i, bool hdr)
{
	struct ifreq ifr = { 0 };

	p->fd = open("/dev/net/tun", O_RDWR);
	ifr.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | (hdr ? IFF_VNET_HDR : 0));
	snprintf(ifr.ifr_name, IFNAMSIZ, "vtb%d", i);
	if (p->fd < 0 || ioctl(p->fd, TUNSETIFF, &ifr))
		die("TUNSETIFF");
	enslave(sock, BRIDGE, ifr.ifr_name);
	set_up(sock, ifr.ifr_name, true);
	memcpy(p->mac, (uint8_t[]){ 2, 0, 0, 1, (uint8_t)(i >> 8), (uint8_t)i }, 6);
}

/* --- any of them ------------------------------------------------------------ */

static void offloads(int fd)
{
	if (ioctl(fd, TUNSETOFFLOAD, (unsigned long)(TUN_F_CSUM | TUN_F_TSO4)))
		die("TUNSETOFFLOAD");
}

static void make_rig(struct rig *r)
{
	int sock = -1;

	r->port = calloc((size_t)r->n, sizeof(*r->port));
	if (!r->port)
		die("memory");
	if (r->system == LINUX_BRIDGE)
		sock = make_bridge(BRIDGE);
	for (int i = 0; i < r->n; i++) {
		struct vt_port *p = &r->port[i];

		if (r->system == LINUX_BRIDGE)
			add_tap(sock, p, i, r->hdr);
		else if (r->hdr && vt_tap_open(p, HUB, IFF_VNET_HDR))
			die("port");
		else if (!r->hdr && vt_port_up(p, HUB, VT_UP))
			die("port");
		if (r->hdr)
			offloads(p->fd);
		if (fcntl(p->fd, F_SETFL, O_NONBLOCK))
			die("O_NONBLOCK");
	}
	if (sock >= 0)
		close(sock);
}

static void end_rig(struct rig *r)
{
	for (int i = 0; i < r->n; i++)
		close(r->port[i].fd);
	free(r->port);
	if (r->system == LINUX_BRIDGE) {
		int sock = socket(AF_INET, SOCK_DGRAM, 0);

		set_up(sock, BRIDGE, false);
		if (ioctl(sock, SIOCBRDELBR, BRIDGE))
			die("SIOCBRDELBR");
		close(sock);
	}
}

static uint8_t buf[70000];

static void drain(struct rig *r)
{
	for (int i = 0; i < r->n; i++)
		while (read(r->port[i].fd, buf, sizeof(buf)) > 0)
			;
}

/* A header, when the ports have one, and @len bytes from port 0. */
static size_t make_frame(struct rig *r, uint8_t *f, const uint8_t *dst,
			 size_t len)
{
	size_t hdr = r->hdr ? sizeof(struct virtio_net_hdr) : 0;

	memset(f, 0, hdr);
	return hdr + vt_frame(f + hdr, len, dst, r->port[0].mac, 1);
}

/* Let everybody know who is where. */
static void introduce(struct rig *r)
{
	uint8_t frame[128];
	size_t n;

	for (int i = 0; i < r->n && i < 4; i++) {
		struct vt_port first = r->port[0];

		/* A frame is from port 0: each takes its place once. */
		r->port[0] = r->port[i];
		n = make_frame(r, frame, i == 1 ? first.mac : r->port[1].mac, 60);
		if (write(r->port[0].fd, frame, n) != (ssize_t)n)
			die("write");
		r->port[0] = first;
		drain(r);
	}
}

/* Frames written and read one by one. */
static void single(struct rig *r, const uint8_t *frame, size_t len, int batch,
		   double *wr, double *rd)
{
	double w[ROUNDS], q[ROUNDS], t;

	for (int i = 0; i < ROUNDS; i++) {
		t = now();
		for (int k = 0; k < batch; k++)
			if (write(r->port[0].fd, frame, len) != (ssize_t)len)
				die("write");
		w[i] = (now() - t) / batch;
		t = now();
		for (int k = 0; k < batch; k++)
			if (read(r->port[1].fd, buf, sizeof(buf)) != (ssize_t)len)
				die("a frame got lost: read");
		q[i] = (now() - t) / batch;
	}
	*wr = median(w, ROUNDS);
	*rd = median(q, ROUNDS);
}

static void unicast(struct rig *r, size_t size, double *wr, double *rd)
{
	uint8_t frame[2048];
	size_t len = make_frame(r, frame, r->port[1].mac, size);

	single(r, frame, len, BATCH, wr, rd);
}

static void broadcast(struct rig *r, size_t size, double *wr, double *rd)
{
	int batch = 8, rounds = r->n > 100 ? 5 : ROUNDS / 2;
	uint8_t frame[2048];
	size_t len = make_frame(r, frame, vt_bcast, size);
	double w[ROUNDS], t;

	for (int i = 0; i < rounds; i++) {
		t = now();
		for (int k = 0; k < batch; k++)
			if (write(r->port[0].fd, frame, len) != (ssize_t)len)
				die("write");
		w[i] = (now() - t) / batch / (r->n - 1);
		for (int k = 0; k < batch; k++)
			if (read(r->port[r->n - 1].fd, buf, sizeof(buf)) != (ssize_t)len)
				die("a broadcast got lost: read");
		drain(r);
	}
	*wr = median(w, rounds);
	*rd = 0;
}

static void gso(struct rig *r, double *wr, double *rd)
{
	static uint8_t frame[GSO_LEN + 128];
	struct virtio_net_hdr vh = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
		.hdr_len = 54, .gso_size = 1448,
		.csum_start = 34, .csum_offset = 16,
	};
	size_t len;

	len = inet_build(frame + sizeof(vh), r->port[1].mac, r->port[0].mac,
			 &(struct inet_spec){ .payload = GSO_LEN, .seq = 1,
					      .partial = true });
	memcpy(frame, &vh, sizeof(vh));
	single(r, frame, sizeof(vh) + len, 8, wr, rd);
}

static void many(struct rig *r, size_t size, double *wr, double *rd)
{
	static uint8_t in[BATCH][2048];
	struct vmnet_buf out[BATCH], got[BATCH];
	double w[ROUNDS], q[ROUNDS], t;
	struct vmnet_batch tx = { .size = sizeof(tx), .count = BATCH,
				  .bufs = (uintptr_t)out };
	struct vmnet_batch rx = { .size = sizeof(rx), .count = BATCH,
				  .bufs = (uintptr_t)got };
	uint8_t frame[2048];
	size_t len = make_frame(r, frame, r->port[1].mac, size);

	for (int i = 0; i < ROUNDS; i++) {
		for (int k = 0; k < BATCH; k++) {
			out[k] = (struct vmnet_buf){ .addr = (uintptr_t)frame,
						     .len = (uint32_t)len };
			got[k] = (struct vmnet_buf){ .addr = (uintptr_t)in[k],
						     .len = sizeof(in[k]) };
		}
		t = now();
		if (ioctl(r->port[0].fd, VMNET_IOC_SEND, &tx) != BATCH)
			die("VMNET_IOC_SEND");
		w[i] = (now() - t) / BATCH;
		t = now();
		if (ioctl(r->port[1].fd, VMNET_IOC_RECV, &rx) != BATCH)
			die("a frame got lost: VMNET_IOC_RECV");
		q[i] = (now() - t) / BATCH;
	}
	*wr = median(w, ROUNDS);
	*rd = median(q, ROUNDS);
}

/* --- pairs, each on a CPU of its own ---------------------------------------- */

struct pair {
	struct rig	*r;
	int		cpu;
	pthread_t	thread;
	unsigned long	frames;
};

static atomic_bool go, stop;

static void *pump(void *arg)
{
	struct pair *p = arg;
	struct vt_port *a = &p->r->port[2 * p->cpu], *b = a + 1;
	uint8_t frame[60], in[128];
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(p->cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	vt_frame(frame, sizeof(frame), b->mac, a->mac, 1);
	while (!go)
		;
	while (!stop) {
		for (int i = 0; i < BATCH; i++)
			if (write(a->fd, frame, sizeof(frame)) != sizeof(frame))
				die("write");
		for (int i = 0; i < BATCH; i++)
			if (read(b->fd, in, sizeof(in)) != sizeof(frame))
				die("a frame got lost: read");
		p->frames += BATCH;
	}
	return NULL;
}

static double pairs(struct rig *r, int n)
{
	struct pair p[2] = { 0 };
	double start, sum = 0;

	go = stop = false;
	for (int i = 0; i < n; i++) {
		p[i].r = r;
		p[i].cpu = i;
		if (pthread_create(&p[i].thread, NULL, pump, &p[i]))
			die("thread");
	}
	start = now();
	go = true;
	usleep(1000000);
	stop = true;
	for (int i = 0; i < n; i++) {
		pthread_join(p[i].thread, NULL);
		sum += (double)p[i].frames;
	}
	return sum / ((now() - start) / 1e9);
}

static void measure(struct rig *r, const char *what)
{
	size_t size = (size_t)atoi(what + 1);
	double wr, rd;

	for (int warm = 1; warm >= 0; warm--) {
		switch (what[0]) {
		case 'u':
			unicast(r, size, &wr, &rd);
			break;
		case 'b':
			broadcast(r, size, &wr, &rd);
			break;
		case 'm':
			many(r, size, &wr, &rd);
			break;
		case 'g':
			gso(r, &wr, &rd);
			break;
		case 'p':
			wr = pairs(r, (int)size);
			rd = 0;
			warm = 0;
			break;
		default:
			errno = EINVAL;
			die(what);
		}
	}
	printf("%s %d %s %.0f %.0f\n",
	       (const char *[]){ "vmnet", "peer", "bridge" }[r->system], r->n,
	       what, wr, rd);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct rlimit lim = { 1 << 16, 1 << 16 };
	struct rig r = { 0 };

	if (argc < 4) {
		fprintf(stderr, "usage: bench SYSTEM PORTS MEASURE...\n");
		return 2;
	}
	setrlimit(RLIMIT_NOFILE, &lim);
	r.system = !strcmp(argv[1], "bridge") ? LINUX_BRIDGE :
		   !strcmp(argv[1], "peer") ? PEER : VMNET;
	r.n = atoi(argv[2]);
	if (r.n < 2) {
		fprintf(stderr, "bench: two ports at least\n");
		return 2;
	}
	for (int i = 3; i < argc; i++)
		if (argv[i][0] == 'p' && (r.n < 4 || atoi(argv[i] + 1) < 1 ||
					  atoi(argv[i] + 1) > 2)) {
			fprintf(stderr, "bench: one pair or two, of four ports\n");
			return 2;
		}
	for (int i = 3; i < argc; i++) {
		bool hdr = argv[i][0] == 'g';

		if (i == 3 || hdr != r.hdr) {
			if (i > 3)
				end_rig(&r);
			r.hdr = hdr;
			make_rig(&r);
			introduce(&r);
		}
		measure(&r, argv[i]);
	}
	end_rig(&r);
	return 0;
}
