// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Load for measuring a NAT, and the plainest proxy to compare it with.
 *
 *	natbench serve PORT		for the others, until it is killed; uses
 *					PORT, PORT + 1 and, for UDP, PORT
 *	natbench proxy PORT ADDR	copies connections to PORT and PORT + 1 to
 *					the same of ADDR; one thread, big buffer
 *	natbench up|down ADDR PORT MS N	N streams: Mbit/s at the receiver, bytes
 *	natbench rr ADDR PORT MS	one byte there and back: microseconds
 *	natbench conn ADDR PORT MS N	connect, get a byte, close, N at once: a
 *					second
 *	natbench hold ADDR PORT N	N connections, to the next address after each
 *					25,000; then "held N", until it is killed
 *	natbench udpup|udpdown ADDR PORT MS
 *					64-byte packets, delivered: thousands a
 *					second
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BUF (256 << 10)
#define UDP_LEN 64
#define UDP_BATCH 32
#define PAIRS 4096
#define HOLD_AHEAD 64
/* The kernel takes ports of one parity first, and with more it looks long. */
#define HOLD_EACH 25000

/* The first tenth is for slow start. */
#define WARM(ms) ((ms) / 10)

struct request {
	char op;
	uint32_t ms;
};

struct result {
	uint64_t bytes, ns, total;
};

static atomic_uint_fast64_t udp_count;

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void die(const char *what)
{
	fprintf(stderr, "natbench: %s: %s\n", what, strerror(errno));
	exit(1);
}

static struct sockaddr_in address(const char *addr, int port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	if (addr && inet_pton(AF_INET, addr, &sin.sin_addr) != 1)
		die(addr);
	return sin;
}

static void set_int(int fd, int level, int opt, int value)
{
	setsockopt(fd, level, opt, &value, sizeof(value));
}

/* No wait may last for ever when an engine stalls. */
static void set_timeout(int fd, uint32_t ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
}

static void reset_on_close(int fd)
{
	struct linger hard = { 1, 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
}

static int dial(const struct sockaddr_in *to)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		return -1;
	set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set_timeout(fd, 5000);
	if (connect(fd, (const struct sockaddr *)to, sizeof(*to))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Count what comes in @ms from the first byte on. */
static struct result drink(int fd, uint32_t ms)
{
	uint64_t first = 0, from = 0, end = 0, t;
	struct result r = { 0 };
	char *buf = malloc(BUF);
	ssize_t n;

	set_timeout(fd, ms + 2000);
	while ((n = recv(fd, buf, BUF, 0)) > 0) {
		t = now_ns();
		r.total += (uint64_t)n;
		if (!first) {
			first = t;
			end = first + ms * UINT64_C(1000000);
			set_timeout(fd, ms);
		}
		if (!from && t >= first + WARM(ms) * UINT64_C(1000000))
			from = t;
		else if (from)
			r.bytes += (uint64_t)n;
		if (t >= end)
			break;
	}
	/* One that stalled had the time all the same. */
	r.ns = from ? now_ns() - from : ms * UINT64_C(1000000);
	free(buf);
	return r;
}

static void pour(int fd, uint32_t ms)
{
	uint64_t end = now_ns() + ms * UINT64_C(1000000);
	char *buf = calloc(1, BUF);

	while (now_ns() < end && send(fd, buf, BUF, MSG_NOSIGNAL) > 0)
		;
	free(buf);
}

static void *serve_one(void *arg)
{
	int fd = (int)(intptr_t)arg;
	struct request q;
	struct result r = { 0 };
	char c;

	set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	if (recv(fd, &q, sizeof(q), MSG_WAITALL) != sizeof(q))
		goto out;
	switch (q.op) {
	case 'u':
		r = drink(fd, q.ms);
		send(fd, &r, sizeof(r), MSG_NOSIGNAL);
		usleep(100000);
		reset_on_close(fd);
		break;
	case 'd':
		/* Until the other side has had enough. */
		pour(fd, 3 * q.ms + 2000);
		reset_on_close(fd);
		break;
	case 'r':
		while (recv(fd, &c, 1, 0) == 1)
			send(fd, &c, 1, MSG_NOSIGNAL);
		break;
	case 'z':
		udp_count = 0;
		send(fd, &r, sizeof(r), MSG_NOSIGNAL);
		break;
	case 'q':
		r.total = udp_count;
		send(fd, &r, sizeof(r), MSG_NOSIGNAL);
		break;
	}
out:
	close(fd);
	return NULL;
}

static int listener(int port)
{
	struct sockaddr_in sin = address(NULL, port);
	int s = socket(AF_INET, SOCK_STREAM, 0);

	set_int(s, SOL_SOCKET, SO_REUSEADDR, 1);
	if (bind(s, (struct sockaddr *)&sin, sizeof(sin)) || listen(s, 4096))
		die("listen");
	return s;
}

/* A byte for each that connects; closed when the other side has. */
static void *serve_conn(void *arg)
{
	int s = listener((int)(intptr_t)arg), ep = epoll_create1(0), fd, n, i;
	struct epoll_event ev[64], one = { .events = EPOLLIN, .data.fd = s };

	epoll_ctl(ep, EPOLL_CTL_ADD, s, &one);
	for (;;) {
		n = epoll_wait(ep, ev, 64, -1);
		for (i = 0; i < n; i++) {
			if (ev[i].data.fd != s) {
				close(ev[i].data.fd);
				continue;
			}
			fd = accept(s, NULL, NULL);
			if (fd < 0)
				continue;
			send(fd, "x", 1, MSG_NOSIGNAL);
			one.data.fd = fd;
			epoll_ctl(ep, EPOLL_CTL_ADD, fd, &one);
		}
	}
	return NULL;
}

static void udp_vector(struct mmsghdr *m, struct iovec *iov, char (*buf)[UDP_LEN])
{
	memset(m, 0, UDP_BATCH * sizeof(*m));
	for (int i = 0; i < UDP_BATCH; i++) {
		iov[i].iov_base = buf[i];
		iov[i].iov_len = UDP_LEN;
		m[i].msg_hdr.msg_iov = &iov[i];
		m[i].msg_hdr.msg_iovlen = 1;
	}
}

static void udp_flood(int fd, const struct sockaddr_in *to, uint32_t ms)
{
	uint64_t end = now_ns() + ms * UINT64_C(1000000);
	char buf[UDP_BATCH][UDP_LEN] = { { 0 } };
	struct iovec iov[UDP_BATCH];
	struct mmsghdr m[UDP_BATCH];

	udp_vector(m, iov, buf);
	for (int i = 0; to && i < UDP_BATCH; i++) {
		m[i].msg_hdr.msg_name = (void *)(uintptr_t)to;
		m[i].msg_hdr.msg_namelen = sizeof(*to);
	}
	while (now_ns() < end)
		sendmmsg(fd, m, UDP_BATCH, 0);
}

static void *serve_udp(void *arg)
{
	struct sockaddr_in sin = address(NULL, (int)(intptr_t)arg), from;
	int fd = socket(AF_INET, SOCK_DGRAM, 0), n, one = 1;
	char buf[UDP_BATCH][UDP_LEN];
	char control[UDP_BATCH][64];
	struct iovec iov[UDP_BATCH];
	struct mmsghdr m[UDP_BATCH];
	uint32_t ms;

	setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof(one));
	set_int(fd, SOL_SOCKET, SO_RCVBUFFORCE, 4 << 20);
	if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)))
		die("bind");
	for (;;) {
		udp_vector(m, iov, buf);
		m[0].msg_hdr.msg_name = &from;
		m[0].msg_hdr.msg_namelen = sizeof(from);
		m[0].msg_hdr.msg_control = control[0];
		m[0].msg_hdr.msg_controllen = sizeof(control[0]);
		n = recvmmsg(fd, m, UDP_BATCH, MSG_WAITFORONE, NULL);
		if (n <= 0)
			continue;
		if (n == 1 && m[0].msg_len == sizeof(ms)) {
			/* The answer comes from the address that was asked. */
			struct cmsghdr *c = CMSG_FIRSTHDR(&m[0].msg_hdr);
			struct in_pktinfo info;
			int out = socket(AF_INET, SOCK_DGRAM, 0);

			memcpy(&ms, buf[0], sizeof(ms));
			memcpy(&info, CMSG_DATA(c), sizeof(info));
			sin.sin_addr = info.ipi_addr;
			set_int(out, SOL_SOCKET, SO_REUSEADDR, 1);
			set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
			if (bind(out, (struct sockaddr *)&sin, sizeof(sin)) == 0 &&
			    connect(out, (struct sockaddr *)&from, sizeof(from)) == 0)
				udp_flood(out, NULL, ms);
			close(out);
			continue;
		}
		udp_count += (unsigned int)n;
	}
	return NULL;
}

static void serve(int port)
{
	pthread_attr_t attr;
	pthread_t t;
	int s = listener(port);

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_create(&t, &attr, serve_conn, (void *)(intptr_t)(port + 1));
	pthread_create(&t, &attr, serve_udp, (void *)(intptr_t)port);
	for (;;) {
		int fd = accept(s, NULL, NULL);

		if (fd >= 0 && pthread_create(&t, &attr, serve_one, (void *)(intptr_t)fd))
			close(fd);
	}
}

/* One direction of a proxied connection, for one turn. False: it is over. */
static bool copy(int from, int to, char *buf)
{
	ssize_t n = recv(from, buf, BUF, MSG_DONTWAIT), sent;

	if (n < 0)
		return errno == EAGAIN;
	if (!n)
		return false;
	for (ssize_t done = 0; done < n; done += sent) {
		sent = send(to, buf + done, (size_t)(n - done), MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && errno == EAGAIN) {
			struct pollfd p = { to, POLLOUT, 0 };

			poll(&p, 1, 1000);
			sent = 0;
		} else if (sent < 0) {
			return false;
		}
	}
	return true;
}

static void proxy(int port, const char *addr)
{
	struct sockaddr_in to[2] = { address(addr, port), address(addr, port + 1) };
	int s[2] = { listener(port), listener(port + 1) };
	static int other[PAIRS];
	struct epoll_event ev[64], one = { .events = EPOLLIN };
	int ep = epoll_create1(0), n, i, a, b;
	char *buf = malloc(BUF);

	for (i = 0; i < 2; i++) {
		one.data.fd = s[i];
		epoll_ctl(ep, EPOLL_CTL_ADD, s[i], &one);
	}
	for (;;) {
		n = epoll_wait(ep, ev, 64, -1);
		for (i = 0; i < n; i++) {
			int fd = ev[i].data.fd;

			if (fd != s[0] && fd != s[1]) {
				if (other[fd] && !copy(fd, other[fd], buf)) {
					close(other[fd]);
					close(fd);
					other[other[fd]] = 0;
					other[fd] = 0;
				}
				continue;
			}
			a = accept(fd, NULL, NULL);
			b = a < 0 ? -1 : dial(&to[fd == s[1]]);
			if (b < 0 || a >= PAIRS || b >= PAIRS) {
				close(a);
				close(b);
				continue;
			}
			set_int(a, IPPROTO_TCP, TCP_NODELAY, 1);
			other[a] = b;
			other[b] = a;
			one.data.fd = a;
			epoll_ctl(ep, EPOLL_CTL_ADD, a, &one);
			one.data.fd = b;
			epoll_ctl(ep, EPOLL_CTL_ADD, b, &one);
		}
	}
}

struct job {
	pthread_t thread;
	struct sockaddr_in to;
	struct request q;
	struct result r;
	bool ok;
};

static void *pour_until_told(void *arg)
{
	struct job *j = arg;
	int fd = dial(&j->to);
	struct pollfd p = { fd, POLLIN, 0 };
	char *buf = calloc(1, BUF);
	uint64_t end = now_ns() + (j->q.ms + 5000) * UINT64_C(1000000);

	if (fd < 0 || send(fd, &j->q, sizeof(j->q), MSG_NOSIGNAL) != sizeof(j->q))
		goto out;
	while (now_ns() < end && poll(&p, 1, 0) == 0) {
		ssize_t n = send(fd, buf, BUF, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EAGAIN) {
			p.events = POLLIN | POLLOUT;
			poll(&p, 1, 1000);
			p.events = POLLIN;
		} else if (n < 0) {
			break;
		}
	}
	j->ok = recv(fd, &j->r, sizeof(j->r), MSG_WAITALL) == sizeof(j->r);
out:
	reset_on_close(fd);
	close(fd);
	free(buf);
	return NULL;
}

static void *drink_down(void *arg)
{
	struct job *j = arg;
	int fd = dial(&j->to);

	if (fd < 0 || send(fd, &j->q, sizeof(j->q), MSG_NOSIGNAL) != sizeof(j->q))
		goto out;
	j->r = drink(fd, j->q.ms);
	j->ok = true;
out:
	reset_on_close(fd);
	close(fd);
	return NULL;
}

static void *connect_many(void *arg)
{
	struct job *j = arg;
	uint64_t end = now_ns() + j->q.ms * UINT64_C(1000000);
	char c;

	while (now_ns() < end) {
		int fd = dial(&j->to);

		if (fd < 0)
			continue;
		if (recv(fd, &c, 1, 0) == 1)
			j->r.total++;
		close(fd);
	}
	j->ok = true;
	return NULL;
}

static int jobs(void *(*fn)(void *), char op, const struct sockaddr_in *to, uint32_t ms, int n)
{
	struct job *j = calloc((size_t)n, sizeof(*j));
	uint64_t start = now_ns(), total = 0;
	double rate = 0;

	for (int i = 0; i < n; i++) {
		j[i].to = *to;
		j[i].q = (struct request){ op, ms };
		pthread_create(&j[i].thread, NULL, fn, &j[i]);
	}
	for (int i = 0; i < n; i++) {
		pthread_join(j[i].thread, NULL);
		if (!j[i].ok) {
			printf("0 0\n");
			return 1;
		}
		total += j[i].r.total;
		if (j[i].r.ns)
			rate += (double)j[i].r.bytes * 8e3 / (double)j[i].r.ns;
	}
	if (op == 'c')
		printf("%.0f %" PRIu64 "\n", (double)total * 1e9 / (double)(now_ns() - start),
		       total);
	else
		printf("%.1f %" PRIu64 "\n", rate, total);
	return 0;
}

static int hold(struct sockaddr_in *to, int n)
{
	int begun = 0, fds[HOLD_AHEAD];
	char c;

	to->sin_port = htons((uint16_t)(ntohs(to->sin_port) + 1));
	/* The oldest is awaited while others are on their way. */
	for (int i = 0; i < n; i++) {
		struct pollfd p = { .events = POLLIN };

		for (; begun < n && begun < i + HOLD_AHEAD; begun++) {
			int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

			if (begun && begun % HOLD_EACH == 0)
				to->sin_addr.s_addr = htonl(ntohl(to->sin_addr.s_addr) + 1);
			if (fd >= 0 && connect(fd, (const struct sockaddr *)to, sizeof(*to)) &&
			    errno != EINPROGRESS) {
				printf("failed after %d: %s\n", i, strerror(errno));
				return 1;
			}
			fds[begun % HOLD_AHEAD] = fd;
		}
		p.fd = fds[i % HOLD_AHEAD];
		if (p.fd < 0 || poll(&p, 1, 10000) != 1 || recv(p.fd, &c, 1, 0) != 1) {
			printf("failed after %d: %s\n", i, strerror(errno));
			return 1;
		}
	}
	printf("held %d\n", n);
	fflush(stdout);
	pause();
	return 0;
}

static int rr(const struct sockaddr_in *to, uint32_t ms)
{
	uint64_t start, end, count = 0;
	struct request q = { 'r', ms };
	int fd = dial(to);
	char c = 'x';

	if (fd < 0 || send(fd, &q, sizeof(q), 0) != sizeof(q))
		die("connect");
	start = now_ns();
	for (end = start + ms * UINT64_C(1000000); now_ns() < end; count++)
		if (send(fd, &c, 1, 0) != 1 || recv(fd, &c, 1, 0) != 1)
			die("round trip");
	printf("%.1f %" PRIu64 "\n", (double)(now_ns() - start) / 1e3 / (double)count, count);
	return 0;
}

static uint64_t ask(const struct sockaddr_in *to, char op)
{
	struct request q = { op, 0 };
	struct result r;
	int fd = dial(to);

	if (fd < 0 || send(fd, &q, sizeof(q), 0) != sizeof(q) ||
	    recv(fd, &r, sizeof(r), MSG_WAITALL) != sizeof(r))
		die("ask the server");
	close(fd);
	return r.total;
}

static int udp(bool up, const struct sockaddr_in *to, uint32_t ms)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0), n;
	char buf[UDP_BATCH][UDP_LEN];
	struct iovec iov[UDP_BATCH];
	struct mmsghdr m[UDP_BATCH];
	uint64_t count = 0, first = 0, last = 0;

	if (connect(fd, (const struct sockaddr *)to, sizeof(*to)))
		die("connect");
	set_int(fd, SOL_SOCKET, SO_RCVBUFFORCE, 4 << 20);
	if (up) {
		ask(to, 'z');
		udp_flood(fd, NULL, ms);
		usleep(50000);
		count = ask(to, 'q');
		printf("%.1f %" PRIu64 "\n", (double)count / ms, count);
		return 0;
	}
	send(fd, &ms, sizeof(ms), 0);
	set_timeout(fd, 500);
	for (;;) {
		udp_vector(m, iov, buf);
		n = recvmmsg(fd, m, UDP_BATCH, MSG_WAITFORONE, NULL);
		if (n <= 0)
			break;
		last = now_ns();
		if (!first)
			first = last;
		count += (unsigned int)n;
	}
	printf("%.1f %" PRIu64 "\n",
	       last > first ? (double)count * 1e6 / (double)(last - first) : 0, count);
	return 0;
}

int main(int argc, char **argv)
{
	const char *op = argc > 1 ? argv[1] : "";
	struct sockaddr_in to;
	uint32_t ms;
	int n;

	signal(SIGPIPE, SIG_IGN);
	if (argc == 3 && !strcmp(op, "serve"))
		serve(atoi(argv[2]));
	if (argc == 4 && !strcmp(op, "proxy"))
		proxy(atoi(argv[2]), argv[3]);
	if (argc < 5) {
		fprintf(stderr, "usage: natbench serve PORT | proxy PORT ADDR | "
				"up|down|rr|conn|udpup|udpdown ADDR PORT MS [N] | hold ADDR PORT N\n");
		return 2;
	}
	to = address(argv[2], atoi(argv[3]));
	ms = (uint32_t)atoi(argv[4]);
	n = argc > 5 ? atoi(argv[5]) : 1;
	if (!strcmp(op, "up"))
		return jobs(pour_until_told, 'u', &to, ms, n);
	if (!strcmp(op, "down"))
		return jobs(drink_down, 'd', &to, ms, n);
	if (!strcmp(op, "conn")) {
		to.sin_port = htons((uint16_t)(ntohs(to.sin_port) + 1));
		return jobs(connect_many, 'c', &to, ms, n);
	}
	if (!strcmp(op, "hold"))
		return hold(&to, (int)ms);
	if (!strcmp(op, "rr"))
		return rr(&to, ms);
	return udp(!strcmp(op, "udpup"), &to, ms);
}
