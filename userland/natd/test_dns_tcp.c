// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "dns_msg.h"
#include "dns_tcp.h"

#define QLEN 24
#define FRAME (2 + QLEN)

/* Queries for "a.test"; those with an odd id are known here. */
static const uint8_t query[QLEN + 1] = "\0\0\1\0\0\1\0\0\0\0\0\0\1a\4test\0\0\1\0\1";

/**
 * struct bench - a guest, the program, and a server
 * @peer: of the server, -1 while nobody is connected to it
 * @dials: how often somebody was
 */
struct bench {
	struct loop loop;
	struct loop_timer step;
	struct dns_relay *relay;
	struct dns_tcp tcp;
	struct resolv_policy policy;
	char file[32];
	int listener, peer;
	unsigned int dials;
};

static size_t known(void *arg, const uint8_t *msg, size_t len, uint8_t out[DNS_LOCAL_ROOM])
{
	(void)arg;
	if (!(dns_id(msg) & 1))
		return 0;
	memcpy(out, msg, len);
	out[2] |= 0x84;
	return len;
}

static void no_reply(void *arg, const struct dns_client *client, const uint8_t *msg, size_t len)
{
	(void)arg;
	(void)client;
	(void)msg;
	(void)len;
	fail();
}

static void on_step(struct loop *loop, struct loop_timer *t)
{
	(void)t;
	loop_quit(loop, 0);
}

/* Let the program do what there is to do. */
static void turn(struct bench *b)
{
	int fd, one = 1;

	loop_timer_set(&b->loop, &b->step, 5 * MSEC);
	assert_int_equal(loop_run(&b->loop), 0);
	fd = accept4(b->listener, NULL, NULL, SOCK_NONBLOCK);
	if (fd < 0)
		return;
	if (b->peer >= 0)
		close(b->peer);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	b->peer = fd;
	b->dials++;
	loop_timer_set(&b->loop, &b->step, 5 * MSEC);
	assert_int_equal(loop_run(&b->loop), 0);
}

static int setup(void **state)
{
	static const char text[] = "nameserver 127.0.0.1\noptions attempts:3 timeout:30\n";
	struct bench *b = calloc(1, sizeof(*b));
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(sin);
	int fd;

	strcpy(b->file, "/tmp/test_dns_tcp.XXXXXX");
	fd = mkstemp(b->file);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	assert_int_equal(loop_init(&b->loop), 0);
	b->step.fn = on_step;
	b->peer = -1;
	b->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(b->listener, (struct sockaddr *)&sin, sizeof(sin)), 0);
	assert_int_equal(listen(b->listener, 300), 0);
	assert_int_equal(getsockname(b->listener, (struct sockaddr *)&sin, &len), 0);
	b->policy.retries = -1;
	b->relay = malloc(sizeof(*b->relay));
	assert_int_equal(dns_relay_init(b->relay, &b->loop, b->file, &b->policy, no_reply, b), 0);
	b->relay->port = ntohs(sin.sin_port);
	dns_tcp_init(&b->tcp, b->relay, known, b);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	dns_tcp_done(&b->tcp);
	dns_relay_done(b->relay);
	free(b->relay);
	if (b->peer >= 0)
		close(b->peer);
	close(b->listener);
	loop_timer_cancel(&b->loop, &b->step);
	loop_done(&b->loop);
	unlink(b->file);
	free(b);
	return 0;
}

static int connect_guest(struct bench *b, uint32_t guest)
{
	struct ipaddr a = ipaddr_v4(htonl(guest));
	int fd = dns_tcp_open(&b->tcp, &a), one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static void put_frame(uint8_t *to, uint16_t id, bool answer)
{
	pkt_put16(to, QLEN);
	memcpy(to + 2, query, QLEN);
	dns_set_id(to + 2, id);
	if (answer)
		to[4] |= 0x80;
}

static void send_frame(int fd, uint16_t id, bool answer)
{
	uint8_t f[FRAME];

	put_frame(f, id, answer);
	assert_int_equal(send(fd, f, sizeof(f), MSG_NOSIGNAL), sizeof(f));
}

/* Return: the id of the next message; -1 for none yet, -2 at the end. */
static int next_id(int fd, unsigned int *rcode)
{
	uint8_t f[FRAME];
	ssize_t n = recv(fd, f, sizeof(f), MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN)
		return -1;
	if (n <= 0)
		return -2;
	assert_int_equal(n, sizeof(f));
	if (rcode)
		*rcode = dns_rcode(f + 2);
	return dns_id(f + 2);
}

static void test_both(void **state)
{
	struct bench *b = *state;
	int fd = connect_guest(b, 1), i;
	uint8_t f[4 * FRAME];

	assert_true(fd >= 0);
	/* In pieces of any size: known, asked, known, asked. */
	for (i = 0; i < 4; i++)
		put_frame(f + i * FRAME, (uint16_t)(7 + i), false);
	for (i = 0; i < (int)sizeof(f); i += 13) {
		assert_int_equal(send(fd, f + i, i + 13 < (int)sizeof(f) ? 13 : sizeof(f) - i, 0),
				 i + 13 < (int)sizeof(f) ? 13 : sizeof(f) - i);
		turn(b);
	}
	assert_int_equal(next_id(fd, NULL), 7);
	assert_int_equal(b->dials, 1);
	assert_int_equal(next_id(b->peer, NULL), 8);
	send_frame(b->peer, 8, true);
	turn(b);
	assert_int_equal(next_id(fd, NULL), 8);
	assert_int_equal(next_id(fd, NULL), 9);
	assert_int_equal(next_id(b->peer, NULL), 10);
	/* An answer of three messages, the guest having said all. */
	shutdown(fd, SHUT_WR);
	turn(b);
	assert_int_equal(next_id(fd, NULL), -1);
	for (i = 0; i < 3; i++) {
		send_frame(b->peer, 10, true);
		turn(b);
		assert_int_equal(next_id(fd, NULL), 10);
	}
	/* The server has heard that there is nothing more, and closes. */
	assert_int_equal(next_id(b->peer, NULL), -2);
	close(b->peer);
	b->peer = -1;
	turn(b);
	assert_int_equal(next_id(fd, NULL), -2);
	assert_int_equal(b->tcp.n, 0);
	assert_int_equal(b->relay->stats.queries, 2);
	assert_int_equal(b->relay->stats.answers, 2);
	close(fd);
}

static void test_server_fails(void **state)
{
	struct bench *b = *state;
	int fd = connect_guest(b, 1), i;
	unsigned int rcode = 0;

	/* It closes without a word each time. */
	send_frame(fd, 2, false);
	for (i = 0; i < 4; i++) {
		turn(b);
		close(b->peer);
		b->peer = -1;
	}
	turn(b);
	assert_int_equal(next_id(fd, &rcode), 2);
	assert_int_equal(rcode, DNS_RCODE_SERVFAIL);
	assert_int_equal(b->dials, 3);
	assert_int_equal(b->relay->stats.failed, 1);
	/* The second time it knows. */
	send_frame(fd, 4, false);
	turn(b);
	close(b->peer);
	b->peer = -1;
	turn(b);
	assert_int_equal(next_id(b->peer, NULL), 4);
	send_frame(b->peer, 4, true);
	turn(b);
	assert_int_equal(next_id(fd, &rcode), 4);
	assert_int_equal(rcode, 0);
	/* It stops within a message: nothing can follow. */
	send_frame(fd, 6, false);
	turn(b);
	assert_int_equal(send(b->peer, "\0\30half", 6, 0), 6);
	turn(b);
	close(b->peer);
	b->peer = -1;
	turn(b);
	assert_int_equal(next_id(fd, NULL), -2);
	assert_int_equal(b->tcp.n, 0);
	close(fd);
}

static void test_rubbish(void **state)
{
	struct bench *b = *state;
	int fd = connect_guest(b, 1);

	assert_int_equal(send(fd, "\0\0", 2, 0), 2);
	turn(b);
	assert_int_equal(next_id(fd, NULL), -2);
	close(fd);
	/* Long, and cut off. */
	fd = connect_guest(b, 1);
	assert_int_equal(send(fd, "\xff\xff\0\2\1\0", 6, 0), 6);
	shutdown(fd, SHUT_WR);
	turn(b);
	assert_int_equal(next_id(fd, NULL), -2);
	assert_int_equal(b->tcp.n, 0);
	close(fd);
}

static void test_limits(void **state)
{
	struct bench *b = *state;
	int fds[DNS_TCP_MAX], i;

	for (i = 0; i < DNS_TCP_MAX; i++) {
		fds[i] = connect_guest(b, 1 + (uint32_t)i / DNS_TCP_MAX_PER_GUEST);
		assert_true(fds[i] >= 0);
		if (i + 1 == DNS_TCP_MAX_PER_GUEST)
			assert_int_equal(connect_guest(b, 1), -EBUSY);
	}
	assert_int_equal(connect_guest(b, 99), -EBUSY);
	for (i = 0; i < DNS_TCP_MAX_PER_GUEST; i++)
		close(fds[i]);
	/* One turn takes 64 events, and the server's are among them. */
	turn(b);
	turn(b);
	assert_int_equal(b->tcp.n, DNS_TCP_MAX - DNS_TCP_MAX_PER_GUEST);
	fds[0] = connect_guest(b, 1);
	assert_true(fds[0] >= 0);
	close(fds[0]);
	for (; i < DNS_TCP_MAX; i++)
		close(fds[i]);
}

/* Whatever both sides do, and in whatever order. */
static void test_any_order(void **state)
{
	const struct linger hard = { .l_onoff = 1 };
	struct bench *b = *state;
	int fds[4] = { -1, -1, -1, -1 }, i, *fd;
	uint8_t f[FRAME];

	srandom(1);
	for (i = 0; i < 600; i++) {
		fd = &fds[random() % 4];
		if (*fd < 0) {
			*fd = connect_guest(b, 1);
			assert_true(*fd >= 0);
		}
		put_frame(f, (uint16_t)random(), false);
		switch (random() % 8) {
		case 0:
			setsockopt(*fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
			/* fall through */
		case 1:
			close(*fd);
			*fd = -1;
			break;
		case 2:
			shutdown(*fd, SHUT_WR);
			break;
		case 3:
			if (b->peer < 0)
				break;
			if (random() % 2)
				setsockopt(b->peer, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
			close(b->peer);
			b->peer = -1;
			break;
		case 4:
			f[4] |= 0x80;
			if (b->peer >= 0 &&
			    send(b->peer, f, 1 + (size_t)random() % FRAME, MSG_NOSIGNAL) < 0)
				break;
			break;
		default:
			if (send(*fd, f, random() % 4 ? FRAME : 1 + (size_t)random() % FRAME,
				 MSG_NOSIGNAL) < 0)
				break;
		}
		if (random() % 2)
			turn(b);
	}
	for (i = 0; i < 4; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	turn(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_both, setup, teardown),
		cmocka_unit_test_setup_teardown(test_server_fails, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rubbish, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_any_order, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
