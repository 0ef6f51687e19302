// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
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
#include "dns_relay.h"

/* id 0x1234, recursion desired, one question: a.test A IN */
static const uint8_t query[] = "\x12\x34\x01\x00\0\1\0\0\0\0\0\0"
			       "\1a\4test\0\0\1\0\1";
#define QLEN (sizeof(query) - 1)

/* --- messages ------------------------------------------------------------ */

static void test_query_check(void **state)
{
	uint8_t m[600];
	size_t i;

	(void)state;
	assert_int_equal(dns_query_check(query, QLEN), 0);
	for (i = 0; i < 12; i++)
		assert_int_equal(dns_query_check(query, i), -EBADMSG);
	for (; i < QLEN; i++)
		assert_int_equal(dns_query_check(query, i), -EINVAL);
	memcpy(m, query, QLEN);
	m[2] |= 0x80;
	assert_int_equal(dns_query_check(m, QLEN), -EBADMSG);
	memcpy(m, query, QLEN);
	m[5] = 2;
	assert_int_equal(dns_query_check(m, QLEN), -EINVAL);
	memcpy(m, query, QLEN);
	m[12] = 0xc0;
	assert_int_equal(dns_query_check(m, QLEN), -EINVAL);
	/* A name longer than 255. */
	memset(m + 12, 1, sizeof(m) - 12);
	assert_int_equal(dns_query_check(m, sizeof(m)), -EINVAL);
}

static void test_answers(void **state)
{
	uint8_t a[64];

	(void)state;
	memcpy(a, query, QLEN);
	assert_false(dns_answers(query, QLEN, a, QLEN));
	a[2] |= 0x80;
	assert_true(dns_answers(query, QLEN, a, QLEN));
	assert_false(dns_answers(query, QLEN, a, 11));
	assert_false(dns_answers(query, QLEN, a, QLEN - 1));
	a[13] = 'A';
	assert_true(dns_answers(query, QLEN, a, QLEN));
	a[13] = 'b';
	assert_false(dns_answers(query, QLEN, a, QLEN));
	a[13] = 'a';
	a[20] = 28;
	assert_false(dns_answers(query, QLEN, a, QLEN));
	a[20] = 1;
	a[0] ^= 1;
	assert_false(dns_answers(query, QLEN, a, QLEN));
	a[0] ^= 1;
	/* No question: only from a server that refuses. */
	a[5] = 0;
	assert_false(dns_answers(query, QLEN, a, 12));
	a[3] |= DNS_RCODE_FORMERR;
	assert_true(dns_answers(query, QLEN, a, 12));
}

static void test_error(void **state)
{
	uint8_t out[64], edns[64];
	size_t n = dns_error(query, QLEN, DNS_RCODE_SERVFAIL, out, sizeof(out));

	(void)state;
	assert_int_equal(n, QLEN);
	assert_true(dns_answers(query, QLEN, out, n));
	assert_int_equal(dns_rcode(out), 2);
	assert_int_equal(out[2] & 1, 1);
	/* What follows the question is not repeated. */
	memcpy(edns, query, QLEN);
	memset(edns + QLEN, 0, 11);
	edns[11] = 1;
	n = dns_error(edns, QLEN + 11, DNS_RCODE_SERVFAIL, out, sizeof(out));
	assert_int_equal(n, QLEN);
	assert_int_equal(out[11], 0);
	/* No question to repeat. */
	n = dns_error(query, 15, DNS_RCODE_FORMERR, out, sizeof(out));
	assert_int_equal(n, 12);
	assert_int_equal(out[5], 0);
	assert_int_equal(dns_error(query, QLEN, 2, out, 5), 0);
}

/* --- resolv.conf --------------------------------------------------------- */

static void test_resolv(void **state)
{
	static const char text[] = "# made by a tool\n"
				   "domain test\r\n"
				   "nameserver 10.0.0.1\r\n"
				   " nameserver\t10.0.0.2 # second\n"
				   "nameserver 2001:db8::1\n"
				   "nameserver fe80::1%lo\n"
				   "nameserver 10.0.0.300\n"
				   "nameserver\n"
				   "nameserver 10.0.0.3%lo\n"
				   "options edns0 timeout:3 attempts:99 rotate\n"
				   "nameserver 10.0.0.4";
	struct resolv r;
	char buf[46];
	char many[1024] = "";
	int i;

	(void)state;
	resolv_parse(&r, text, sizeof(text) - 1);
	assert_int_equal(r.nservers, 5);
	assert_string_equal(ipaddr_format(&r.servers[0].addr, buf), "10.0.0.1");
	assert_string_equal(ipaddr_format(&r.servers[1].addr, buf), "10.0.0.2");
	assert_string_equal(ipaddr_format(&r.servers[2].addr, buf), "2001:db8::1");
	assert_string_equal(r.servers[3].scope, "lo");
	assert_string_equal(ipaddr_format(&r.servers[4].addr, buf), "10.0.0.4");
	assert_int_equal(r.timeout, 3);
	assert_int_equal(r.attempts, 5);
	assert_true(r.rotate);

	resolv_parse(&r, "", 0);
	assert_int_equal(r.nservers, 1);
	assert_string_equal(ipaddr_format(&r.servers[0].addr, buf), "127.0.0.1");
	assert_int_equal(r.attempts, 2);

	for (i = 0; i < 20; i++)
		strcat(many, "nameserver 10.0.0.1\n");
	resolv_parse(&r, many, strlen(many));
	assert_int_equal(r.nservers, RESOLV_SERVERS);
}

/* --- the relay, between servers on loopback addresses -------------------- */

#define MAX_ANSWERS 16

struct server {
	struct loop_fd lfd;
	int rcode; /* -1: silent */
	bool forge;
	unsigned int asked;
};

struct bench {
	struct loop loop;
	struct dns_relay *relay;
	struct resolv_policy policy;
	struct server servers[3];
	char dir[32], file[64];
	unsigned int nanswers;
	uint16_t id[MAX_ANSWERS];
	unsigned int rcode[MAX_ANSWERS];
	uint16_t port[MAX_ANSWERS];
	struct loop_timer limit;
	unsigned int wanted;
};

static void on_asked(struct loop *loop, struct loop_fd *self, uint32_t events)
{
	struct server *s = (void *)((char *)self - offsetof(struct server, lfd));
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	uint8_t m[512];
	ssize_t n = recvfrom(self->fd, m, sizeof(m), 0, (struct sockaddr *)&from, &len);

	(void)loop;
	(void)events;
	if (n < 12)
		return;
	s->asked++;
	m[2] |= 0x80;
	if (s->forge) {
		m[1] ^= 1;
		sendto(self->fd, m, (size_t)n, 0, (struct sockaddr *)&from, len);
		m[1] ^= 1;
	}
	if (s->rcode < 0)
		return;
	m[3] = (uint8_t)s->rcode;
	sendto(self->fd, m, (size_t)n, 0, (struct sockaddr *)&from, len);
}

static void on_reply(void *arg, const struct dns_client *client, const uint8_t *msg, size_t len)
{
	struct bench *b = arg;

	assert_true(len >= 12);
	assert_true(b->nanswers < MAX_ANSWERS);
	b->id[b->nanswers] = dns_id(msg);
	b->rcode[b->nanswers] = dns_rcode(msg);
	b->port[b->nanswers] = client->port;
	if (++b->nanswers == b->wanted)
		loop_quit(&b->loop, 0);
}

static void on_limit(struct loop *loop, struct loop_timer *t)
{
	(void)t;
	loop_quit(loop, 1);
}

/* Run until @n answers have come; 1 when they do not. */
static int run(struct bench *b, unsigned int n)
{
	b->wanted = n;
	if (b->nanswers >= n)
		return 0;
	loop_timer_set(&b->loop, &b->limit, 60 * SEC);
	return loop_run(&b->loop);
}

static void write_conf(struct bench *b, const char *text)
{
	char tmp[80];
	FILE *f;

	snprintf(tmp, sizeof(tmp), "%s.new", b->file);
	f = fopen(tmp, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(rename(tmp, b->file), 0);
}

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	uint16_t port = 0;
	int i;

	strcpy(b->dir, "/tmp/test_dns.XXXXXX");
	assert_non_null(mkdtemp(b->dir));
	snprintf(b->file, sizeof(b->file), "%s/resolv.conf", b->dir);
	assert_int_equal(loop_init(&b->loop), 0);
	b->limit.fn = on_limit;
	for (i = 0; i < 3; i++) {
		struct server *s = &b->servers[i];

		s->lfd.fn = on_asked;
		s->lfd.fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
		sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (uint32_t)i);
		sin.sin_port = port;
		assert_int_equal(bind(s->lfd.fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
		getsockname(s->lfd.fd, (struct sockaddr *)&sin, &len);
		port = sin.sin_port;
		loop_fd_add(&b->loop, &s->lfd, EPOLLIN);
	}
	write_conf(b, "nameserver 127.0.0.1\nnameserver 127.0.0.2\n"
		      "nameserver 127.0.0.3\noptions timeout:3 attempts:1\n");
	b->relay = malloc(sizeof(*b->relay));
	b->policy.retries = -1;
	assert_int_equal(dns_relay_init(b->relay, &b->loop, b->file, &b->policy, on_reply, b), 0);
	b->relay->port = ntohs(port);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;
	int i;

	dns_relay_done(b->relay);
	free(b->relay);
	for (i = 0; i < 3; i++) {
		loop_fd_del(&b->loop, &b->servers[i].lfd);
		close(b->servers[i].lfd.fd);
	}
	loop_done(&b->loop);
	unlink(b->file);
	rmdir(b->dir);
	free(b);
	return 0;
}

static void ask(struct bench *b, uint16_t port, uint16_t id)
{
	struct dns_client c = {
		.addr = ipaddr_v4(htonl(0x0a630080)),
		.port = port,
	};
	uint8_t m[QLEN];

	memcpy(m, query, QLEN);
	dns_set_id(m, id);
	dns_relay_ask(b->relay, &c, m, QLEN);
}

static void test_relay(void **state)
{
	struct bench *b = *state;

	ask(b, 1000, 7);
	assert_int_equal(run(b, 1), 0);
	assert_int_equal(b->id[0], 7);
	assert_int_equal(b->port[0], 1000);
	assert_int_equal(b->servers[0].asked, 1);
	assert_int_equal(b->servers[1].asked, 0);
	assert_int_equal(b->relay->nqueries, 0);
}

static void test_failover(void **state)
{
	struct bench *b = *state;

	/* The first is silent, the second fails, the third knows. */
	b->servers[0].rcode = -1;
	b->servers[1].rcode = DNS_RCODE_SERVFAIL;
	ask(b, 1000, 7);
	/* The guest asks again: still one answer. */
	ask(b, 1000, 7);
	assert_int_equal(b->relay->nqueries, 1);
	assert_int_equal(run(b, 1), 0);
	assert_int_equal(b->rcode[0], 0);
	assert_int_equal(b->servers[2].asked, 1);
	/* From now on the third is asked first. */
	ask(b, 1000, 8);
	assert_int_equal(run(b, 2), 0);
	assert_int_equal(b->servers[2].asked, 2);
	assert_int_equal(b->servers[1].asked, 1);
}

static void follow(struct bench *b, struct resolv_policy policy)
{
	b->policy = policy;
	dns_servers_changed(&b->relay->servers);
}

static void test_rotate(void **state)
{
	struct bench *b = *state;
	uint16_t i;

	follow(b, (struct resolv_policy){ .order = RESOLV_ROTATE, .retries = -1 });
	for (i = 0; i < 6; i++) {
		ask(b, 1000, i);
		assert_int_equal(run(b, i + 1U), 0);
	}
	for (i = 0; i < 3; i++)
		assert_int_equal(b->servers[i].asked, 2);
	follow(b, (struct resolv_policy){ .order = RESOLV_ORDER, .retries = -1 });
	for (i = 0; i < 6; i++) {
		ask(b, 1000, i);
		assert_int_equal(run(b, i + 7U), 0);
	}
	assert_int_equal(b->servers[0].asked, 8);
}

static void test_burst(void **state)
{
	struct bench *b = *state;
	int i;

	follow(b, (struct resolv_policy){ .order = RESOLV_BURST, .timeout = 30, .retries = 0 });
	/* One is silent, one fails, the third knows: nobody is waited for. */
	b->servers[0].rcode = -1;
	b->servers[1].rcode = DNS_RCODE_SERVFAIL;
	ask(b, 1000, 7);
	assert_int_equal(run(b, 1), 0);
	assert_int_equal(b->rcode[0], 0);
	assert_int_equal(b->relay->stats.failovers, 0);
	assert_int_equal(b->relay->nqueries, 0);
	/* It is so each time: no server is preferred. */
	ask(b, 1000, 8);
	assert_int_equal(run(b, 2), 0);
	for (i = 0; i < 3; i++)
		assert_int_equal(b->servers[i].asked, 2);
	/* All fail: the last one's word is passed on, and only then. */
	b->servers[0].rcode = DNS_RCODE_SERVFAIL;
	b->servers[2].rcode = DNS_RCODE_SERVFAIL;
	ask(b, 1000, 9);
	assert_int_equal(run(b, 3), 0);
	assert_int_equal(b->rcode[2], DNS_RCODE_SERVFAIL);
	assert_int_equal(b->servers[2].asked, 3);
	assert_int_equal(b->relay->stats.failed, 0);
	/* The second round asks all of them again. */
	follow(b, (struct resolv_policy){ .order = RESOLV_BURST, .timeout = 1, .retries = 1 });
	for (i = 0; i < 3; i++)
		b->servers[i].rcode = -1;
	ask(b, 1000, 10);
	assert_int_equal(run(b, 4), 0);
	assert_int_equal(b->rcode[3], DNS_RCODE_SERVFAIL);
	for (i = 0; i < 3; i++)
		assert_int_equal(b->servers[i].asked, 5);
	assert_int_equal(b->relay->stats.failovers, 1);
	assert_int_equal(b->relay->stats.failed, 1);
}

static void test_all_fail(void **state)
{
	struct bench *b = *state;
	int i;

	for (i = 0; i < 3; i++)
		b->servers[i].rcode = DNS_RCODE_REFUSED;
	ask(b, 1000, 7);
	assert_int_equal(run(b, 1), 0);
	assert_int_equal(b->rcode[0], DNS_RCODE_REFUSED);
	for (i = 0; i < 3; i++)
		b->servers[i].rcode = -1;
	ask(b, 1000, 8);
	assert_int_equal(run(b, 2), 0);
	assert_int_equal(b->rcode[1], DNS_RCODE_SERVFAIL);
	assert_int_equal(b->id[1], 8);
	assert_int_equal(b->relay->stats.failed, 1);
}

static void test_forged(void **state)
{
	struct bench *b = *state;

	b->servers[0].forge = true;
	ask(b, 1000, 7);
	assert_int_equal(run(b, 1), 0);
	assert_int_equal(b->id[0], 7);
	assert_int_equal(b->servers[0].asked, 1);
}

static void test_limits(void **state)
{
	struct bench *b = *state;
	uint16_t i;

	b->servers[0].rcode = -1;
	for (i = 0; i < DNS_MAX_PER_GUEST; i++)
		ask(b, (uint16_t)(2000 + i), i);
	assert_int_equal(b->nanswers, 0);
	assert_int_equal(b->relay->nqueries, DNS_MAX_PER_GUEST);
	ask(b, 1999, 9);
	assert_int_equal(b->nanswers, 1);
	assert_int_equal(b->rcode[0], DNS_RCODE_SERVFAIL);
	assert_int_equal(b->port[0], 1999);
	/* Those that wait are given up by teardown; nothing may leak. */
}

static void test_reread(void **state)
{
	struct bench *b = *state;

	write_conf(b, "nameserver 127.0.0.3\n");
	/* Queries go on meanwhile. */
	while (!b->servers[2].asked && b->nanswers < 4) {
		loop_timer_set(&b->loop, &b->limit, SEC);
		b->wanted = 0;
		loop_run(&b->loop);
		ask(b, 1000, 1);
		run(b, b->nanswers + 1);
	}
	assert_true(b->servers[2].asked > 0);
	assert_int_equal(b->relay->servers.conf.nservers, 1);
	/* Gone for a moment: what was known stays. */
	unlink(b->file);
	loop_timer_set(&b->loop, &b->limit, SEC);
	b->wanted = 0;
	loop_run(&b->loop);
	assert_int_equal(b->relay->servers.conf.nservers, 1);
	write_conf(b, "");
}

static void test_apply(void **state)
{
	static const char text[] = "nameserver 10.0.0.1\nnameserver 10.0.0.2\n"
				   "options timeout:3 attempts:4 rotate\n";
	struct resolv_policy p = { .retries = -1 };
	struct resolv host, r;
	char buf[46];
	int i;

	(void)state;
	resolv_parse(&host, text, sizeof(text) - 1);
	r = host;
	resolv_apply(&r, &p);
	assert_memory_equal(&r, &host, sizeof(r));
	p = (struct resolv_policy){
		.order = RESOLV_ORDER,
		.timeout = 7,
		.retries = 0,
		.named[1] = ipaddr_v4(htonl(0x0a090909)),
	};
	resolv_apply(&r, &p);
	assert_int_equal(r.nservers, 3);
	assert_string_equal(ipaddr_format(&r.servers[0].addr, buf), "10.9.9.9");
	assert_string_equal(ipaddr_format(&r.servers[2].addr, buf), "10.0.0.2");
	assert_int_equal(r.timeout, 7);
	assert_int_equal(r.attempts, 1);
	assert_false(r.rotate);
	p.only_named = true;
	resolv_apply(&r, &p);
	assert_int_equal(r.nservers, 1);
	p.named[1].family = 0;
	r = host;
	resolv_apply(&r, &p);
	assert_int_equal(r.nservers, 2);
	/* More than there is room for: the host's last ones are left out. */
	for (i = 0; i < RESOLV_SERVERS; i++)
		r.servers[i].addr = ipaddr_v4(htonl(0x0a000000U + (uint32_t)i));
	r.nservers = RESOLV_SERVERS;
	p = (struct resolv_policy){ .retries = -1 };
	for (i = 0; i < RESOLV_NAMED; i++)
		p.named[i] = ipaddr_v4(htonl(0x0b000000U + (uint32_t)i));
	resolv_apply(&r, &p);
	assert_int_equal(r.nservers, RESOLV_SERVERS);
	assert_string_equal(ipaddr_format(&r.servers[2].addr, buf), "11.0.0.2");
	assert_string_equal(ipaddr_format(&r.servers[7].addr, buf), "10.0.0.4");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_query_check),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_error),
		cmocka_unit_test(test_resolv),
		cmocka_unit_test(test_apply),
		cmocka_unit_test_setup_teardown(test_relay, setup, teardown),
		cmocka_unit_test_setup_teardown(test_failover, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rotate, setup, teardown),
		cmocka_unit_test_setup_teardown(test_burst, setup, teardown),
		cmocka_unit_test_setup_teardown(test_all_fail, setup, teardown),
		cmocka_unit_test_setup_teardown(test_forged, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reread, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
