// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TCP connections, many at once, with data that can be checked.
 *
 *	tcpload serve PORT		a server for the others, until it is killed
 *	tcpload echo ADDR PORT N BYTES	N connections at once, all open before the
 *					first byte; each gets BYTES back as sent
 *	tcpload up ADDR PORT N BYTES	N connections send BYTES each; the server
 *					says what it got
 *	tcpload down ADDR PORT N BYTES	N connections get BYTES each
 *	tcpload slow ADDR PORT SECONDS BYTES
 *					reads nothing for SECONDS, then all
 *	tcpload random ADDR PORT N AT_ONCE MAX SEED
 *					N transfers one after the other, AT_ONCE at
 *					a time, each echo, up or down at random, of
 *					1 to MAX bytes, small ones as likely as large
 *	tcpload hold ADDR PORT		connects, prints "connected", sleeps
 *
 * Data is a pattern of its offset. Prints "ok MBIT/S"; else says what is wrong,
 * and the status is 1.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct request {
	char op;
	uint64_t bytes;
};

struct job {
	struct sockaddr_in to;
	struct request req;
	pthread_t thread;
	pthread_barrier_t *barrier;
	int seconds;
	const char *error;
	int err;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void fill(uint8_t *buf, size_t n, uint64_t at)
{
	for (size_t i = 0; i < n; i++)
		buf[i] = (uint8_t)((at + i) * 2654435761u >> 11);
}

static bool check(const uint8_t *buf, size_t n, uint64_t at)
{
	for (size_t i = 0; i < n; i++)
		if (buf[i] != (uint8_t)((at + i) * 2654435761u >> 11))
			return false;
	return true;
}

static bool write_all(int fd, const void *data, size_t n)
{
	const uint8_t *p = data;

	while (n) {
		ssize_t r = send(fd, p, n, MSG_NOSIGNAL);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return false;
		p += r;
		n -= (size_t)r;
	}
	return true;
}

static bool read_all(int fd, void *data, size_t n)
{
	uint8_t *p = data;

	while (n) {
		ssize_t r = recv(fd, p, n, 0);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return false;
		p += r;
		n -= (size_t)r;
	}
	return true;
}

static bool send_pattern(int fd, uint64_t bytes)
{
	uint8_t buf[65536];

	for (uint64_t at = 0; at < bytes;) {
		size_t n = bytes - at < sizeof(buf) ? (size_t)(bytes - at)
						    : sizeof(buf);

		fill(buf, n, at);
		if (!write_all(fd, buf, n))
			return false;
		at += n;
	}
	return true;
}

/* Up to the end of the stream. Return: bytes, or -1 for wrong ones. */
static int64_t recv_pattern(int fd)
{
	uint8_t buf[65536];
	uint64_t at = 0;
	ssize_t n;

	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0) {
		if (!check(buf, (size_t)n, at))
			return -1;
		at += (uint64_t)n;
	}
	return n < 0 ? -1 : (int64_t)at;
}

static void *serve_one(void *arg)
{
	int fd = (int)(intptr_t)arg;
	struct request r;
	int64_t got;
	uint8_t *buf;

	if (!read_all(fd, &r, sizeof(r)))
		goto out;
	switch (r.op) {
	case 'e':
		buf = malloc(r.bytes);
		if (buf && read_all(fd, buf, r.bytes))
			write_all(fd, buf, r.bytes);
		free(buf);
		break;
	case 'u':
		got = recv_pattern(fd);
		write_all(fd, &got, sizeof(got));
		break;
	case 'd':
		send_pattern(fd, r.bytes);
		break;
	case 'h':
		pause();
		break;
	}
	shutdown(fd, SHUT_WR);
	while (recv(fd, &r, sizeof(r), 0) > 0)
		;
out:
	close(fd);
	return NULL;
}

static int serve(int port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
				   .sin_port = htons((uint16_t)port) };
	int s = socket(AF_INET, SOCK_STREAM, 0), one = 1;
	pthread_attr_t attr;

	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(s, (struct sockaddr *)&sin, sizeof(sin)) || listen(s, 1024)) {
		perror("serve");
		return 1;
	}
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 256 << 10);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	for (;;) {
		int fd = accept(s, NULL, NULL);
		pthread_t t;

		if (fd >= 0 && pthread_create(&t, &attr, serve_one,
					      (void *)(intptr_t)fd))
			close(fd);
	}
}

static const char *run(struct job *j, int fd)
{
	int64_t got = 0;
	uint8_t *buf;
	bool good;

	if (!write_all(fd, &j->req, sizeof(j->req)))
		return "cannot send the request";
	switch (j->req.op) {
	case 'e':
		buf = malloc(j->req.bytes);
		fill(buf, j->req.bytes, 7);
		good = write_all(fd, buf, j->req.bytes) &&
		       read_all(fd, buf, j->req.bytes) &&
		       check(buf, j->req.bytes, 7);
		free(buf);
		return good ? NULL : "the echo is wrong";
	case 'u':
		if (!send_pattern(fd, j->req.bytes))
			return "cannot send all";
		shutdown(fd, SHUT_WR);
		if (!read_all(fd, &got, sizeof(got)))
			return "no answer after the half close";
		return got == (int64_t)j->req.bytes ? NULL
						    : "the server got other data";
	default:
		if (j->seconds)
			sleep((unsigned int)j->seconds);
		got = recv_pattern(fd);
		return got == (int64_t)j->req.bytes ? NULL : "other data arrived";
	}
}

static void *client(void *arg)
{
	struct job *j = arg;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	j->error = NULL;
	if (fd < 0 || connect(fd, (struct sockaddr *)&j->to, sizeof(j->to))) {
		j->err = errno;
		j->error = "connect";
	}
	pthread_barrier_wait(j->barrier);
	if (!j->error) {
		j->error = run(j, fd);
		j->err = errno;
	}
	if (fd >= 0)
		close(fd);
	return NULL;
}

static int clients(const char *op, char **argv, bool slow)
{
	int n = slow ? 1 : atoi(argv[4]), bad = 0;
	uint64_t bytes = strtoull(argv[5], NULL, 10);
	struct job *jobs = calloc((size_t)n, sizeof(*jobs));
	pthread_barrier_t barrier;
	pthread_attr_t attr;
	double start, took;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 256 << 10);
	pthread_barrier_init(&barrier, NULL, (unsigned int)n + 1);
	for (int i = 0; i < n; i++) {
		struct job *j = &jobs[i];

		j->to.sin_family = AF_INET;
		j->to.sin_port = htons((uint16_t)atoi(argv[3]));
		inet_pton(AF_INET, argv[2], &j->to.sin_addr);
		j->req.op = slow ? 'd' : op[0];
		j->req.bytes = bytes;
		j->seconds = slow ? atoi(argv[4]) : 0;
		j->barrier = &barrier;
		if (pthread_create(&j->thread, &attr, client, j)) {
			perror("thread");
			return 1;
		}
	}
	pthread_barrier_wait(&barrier);
	start = now();
	for (int i = 0; i < n; i++) {
		pthread_join(jobs[i].thread, NULL);
		if (jobs[i].error && bad++ < 5)
			printf("connection %d: %s (%s)\n", i, jobs[i].error,
			       strerror(jobs[i].err));
	}
	took = now() - start;
	if (bad) {
		printf("%d of %d failed\n", bad, n);
		return 1;
	}
	printf("ok %.0f\n", (double)n * (double)bytes * 8 / 1e6 / took);
	return 0;
}

/* What the workers of random() share. */
struct lot {
	struct sockaddr_in to;
	unsigned int n, seed;
	uint64_t max;
	_Atomic unsigned int next, bad;
	_Atomic uint64_t bytes;
};

/* Transfer number @i: the same for the same seed, whoever does it. */
static void draw(const struct lot *lot, unsigned int i, struct request *r)
{
	unsigned int state = lot->seed * 2654435761u + i;
	unsigned int bits = 0;

	while (lot->max >> (bits + 1))
		bits++;
	r->op = "eud"[rand_r(&state) % 3];
	bits = (unsigned int)rand_r(&state) % (bits + 1);
	r->bytes = (1u << bits) + (unsigned int)rand_r(&state) % (1u << bits);
	if (r->bytes > lot->max)
		r->bytes = lot->max;
}

static void *worker(void *arg)
{
	struct lot *lot = arg;
	unsigned int i;

	while ((i = lot->next++) < lot->n) {
		struct job j = { .to = lot->to };
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		draw(lot, i, &j.req);
		if (fd < 0 || connect(fd, (struct sockaddr *)&j.to, sizeof(j.to)))
			j.error = "connect";
		else
			j.error = run(&j, fd);
		if (j.error && lot->bad++ < 5)
			printf("transfer %u, %c, %" PRIu64 " bytes: %s (%s)\n", i, j.req.op,
			       j.req.bytes, j.error, strerror(errno));
		lot->bytes += j.req.bytes;
		if (fd >= 0)
			close(fd);
	}
	return NULL;
}

static int random_lot(char **argv)
{
	struct lot lot = {
		.to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[3])) },
		.n = (unsigned int)atoi(argv[4]),
		.max = strtoull(argv[6], NULL, 10),
		.seed = (unsigned int)atoi(argv[7]),
	};
	int workers = atoi(argv[5]);
	pthread_t t[256];
	double start = now();

	inet_pton(AF_INET, argv[2], &lot.to.sin_addr);
	if (workers < 1 || workers > 256 || lot.max < 1 || lot.max > 1u << 30)
		return 2;
	for (int i = 0; i < workers; i++)
		if (pthread_create(&t[i], NULL, worker, &lot))
			return 1;
	for (int i = 0; i < workers; i++)
		pthread_join(t[i], NULL);
	if (lot.bad) {
		printf("%u of %u failed\n", lot.bad, lot.n);
		return 1;
	}
	printf("%u transfers, %" PRIu64 " bytes, %.0f s\n", lot.n, lot.bytes, now() - start);
	return 0;
}

static int hold(char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)atoi(argv[3])) };
	struct request r = { .op = 'h' };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	inet_pton(AF_INET, argv[2], &to.sin_addr);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to))) {
		printf("%s\n", strerror(errno));
		return 1;
	}
	write_all(fd, &r, sizeof(r));
	printf("connected\n");
	fflush(stdout);
	pause();
	return 0;
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	if (argc == 3 && !strcmp(argv[1], "serve"))
		return serve(atoi(argv[2]));
	if (argc == 4 && !strcmp(argv[1], "hold"))
		return hold(argv);
	if (argc == 6 && !strcmp(argv[1], "slow"))
		return clients("down", argv, true);
	if (argc == 8 && !strcmp(argv[1], "random"))
		return random_lot(argv);
	if (argc == 6)
		return clients(argv[1], argv, false);
	fprintf(stderr, "usage: tcpload serve PORT | echo|up|down ADDR PORT N BYTES | slow ADDR PORT SECONDS BYTES | random ADDR PORT N AT_ONCE MAX SEED | hold ADDR PORT\n");
	return 2;
}
