// SPDX-License-Identifier: GPL-2.0-or-later
/* What a guest's FTP client says, and what the server gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "ftp.h"

/* A copy of exact size, so that a read behind the end is seen. */
static struct ftp_cmd scan(uint32_t passed, const char *text, size_t len, bool all)
{
	uint8_t *copy = malloc(len);
	struct ftp_cmd c;

	memcpy(copy, text, len);
	ftp_cmd_scan(&c, passed, copy, len, all);
	free(copy);
	return c;
}

static const struct {
	const char *line, *addr;
	uint16_t port;
	bool extended;
} good[] = {
	{ "PORT 10,9,0,5,4,1\r\n", "10.9.0.5", 1025, false },
	{ "port 10,9,0,5,0,21\n", "10.9.0.5", 21, false },
	{ "PoRt   010,009,0,5,255,255 \r\n", "10.9.0.5", 65535, false },
	{ "EPRT |1|10.9.0.5|6275|\r\n", "10.9.0.5", 6275, true },
	{ "eprt !2!fd00::5!6275!\r\n", "fd00::5", 6275, true },
};

static const char *const text[] = {
	"PORT 10,9,0,5,4\r\n",
	"PORT 10,9,0,5,4,1,1\r\n",
	"PORT 10,9,0,256,4,1\r\n",
	"PORT 10,9,0,,4,1\r\n",
	"PORT 10.9.0.5.4.1\r\n",
	"PORT -1,9,0,5,4,1\r\n",
	"PORT 10,9,0,5,4,99999999999999999999\r\n",
	"PORT 10, 9,0,5,4,1\r\n",
	"PORT \r\n",
	"PORT\r\n",
	"PORT\t10,9,0,5,4,1\r\n",
	"PORT 10,9,0,5,4,1\r \r\r10,\r\n",
	" PORT 10,9,0,5,4,1\r\n",
	"XPORT 10,9,0,5,4,1\r\n",
	"EPRT |1|10.9.0.5|6275\r\n",
	"EPRT |1|10.9.0.5|65536|\r\n",
	"EPRT |1|10.9.0.5||\r\n",
	"EPRT |1|10.9.0|6275|\r\n",
	"EPRT |1|fd00::5|6275|\r\n",
	"EPRT |2|10.9.0.5|6275|\r\n",
	"EPRT |3|10.9.0.5|6275|\r\n",
	"EPRT |0|10.9.0.5|6275|\r\n",
	"EPRT ||10.9.0.5|6275|\r\n",
	"EPRT |1|10.9.0.5!6275|\r\n",
	"EPRT |1|10.9.0.5|6275|x\r\n",
	"EPRT .1.10.9.0.5.6275.\r\n",
	"EPRT |\r\n",
	"EPRT \r\n",
	"PASV\r\n",
	"\r\n",
	"\n",
	"\xff\xf4\xff\xf2"
	"ABOR\r\n",
	"STOR \xc3\xa9t\xc3\xa9\r\n",
	"AUTH TLS\r\n",
};

static void test_lines(void **state)
{
	char addr[46];
	struct ftp_cmd c;
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		c = scan(0, good[i].line, strlen(good[i].line), false);
		assert_int_equal(c.what, FTP_ADDRESS);
		assert_int_equal(c.len, strlen(good[i].line));
		assert_string_equal(ipaddr_format(&c.addr, addr), good[i].addr);
		assert_int_equal(c.port, good[i].port);
		assert_int_equal(c.extended, good[i].extended);
		/* Each beginning of it waits, unless nothing more comes. */
		for (n = 1; n < strlen(good[i].line); n++) {
			c = scan(0, good[i].line, n, false);
			assert_int_equal(c.what, FTP_HOLD);
			assert_int_equal(c.len, 0);
			c = scan(0, good[i].line, n, true);
			assert_int_equal(c.what, FTP_TEXT);
			assert_int_equal(c.len, n);
		}
		/* In the middle of another line it is text. */
		c = scan(3, good[i].line, strlen(good[i].line), false);
		assert_int_equal(c.what, FTP_TEXT);
	}
	for (i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		c = scan(0, text[i], strlen(text[i]), false);
		if (c.what != FTP_TEXT || c.len != strlen(text[i]))
			fail_msg("row %zu is %d, %zu bytes", i, (int)c.what, c.len);
	}
}

/* One thing after the other. */
static void test_mix(void **state)
{
	static const char mix[] = "CWD /PORT \r\nSTAT\r\nPORT 10,9,0,5,4,1\r\nRETR x\r\nEP";
	struct ftp_cmd c = scan(0, mix, strlen(mix), false);

	(void)state;
	assert_int_equal(c.what, FTP_TEXT);
	assert_int_equal(c.len, 18);
	c = scan(0, mix + 18, strlen(mix) - 18, false);
	assert_int_equal(c.what, FTP_ADDRESS);
	assert_int_equal(c.len, 19);
	c = scan(0, mix + 37, strlen(mix) - 37, false);
	assert_int_equal(c.what, FTP_TEXT);
	assert_int_equal(c.len, 8);
	assert_int_equal(scan(0, mix + 45, 2, false).what, FTP_HOLD);

	assert_int_equal(ftp_cmd_passed(7, (const uint8_t *)"abc", 3), 10);
	assert_int_equal(ftp_cmd_passed(7, (const uint8_t *)"abc\nde", 6), 2);
	assert_int_equal(ftp_cmd_passed(7, (const uint8_t *)"\n", 1), 0);
}

static void test_limits(void **state)
{
	char line[FTP_CMD_MAX + 8];
	struct ftp_cmd c;

	(void)state;
	/* Held no longer than the longest that is looked at. */
	memset(line, ' ', sizeof(line));
	memcpy(line, "PORT", 4);
	assert_int_equal(scan(0, line, FTP_CMD_MAX - 1, false).what, FTP_HOLD);
	assert_int_equal(scan(0, line, FTP_CMD_MAX, false).what, FTP_TEXT);
	/* A line that no server would take, and TLS, are the end of it. */
	assert_int_equal(scan(FTP_LINE_MAX - 4, "abcd", 4, false).what, FTP_TEXT);
	assert_int_equal(scan(FTP_LINE_MAX - 3, "abcd", 4, false).what, FTP_OPAQUE);
	assert_int_equal(scan(0, "\x16\x03\x01", 3, false).what, FTP_OPAQUE);
	c = scan(0, "AUTH TLS\r\n\x16\x03\x01", 13, false);
	assert_int_equal(c.what, FTP_TEXT);
	assert_int_equal(c.len, 10);
	assert_int_equal(scan(0, "PORT\0", 5, false).what, FTP_OPAQUE);
}

static void test_format(void **state)
{
	struct ipaddr a4 = ipaddr_v4(htonl(0xffffffff)), a6 = { 0 };
	char out[FTP_CMD_OUT];

	(void)state;
	assert_int_equal(ftp_cmd_format(out, false, &a4, 65535), 30);
	assert_string_equal(out, "PORT 255,255,255,255,255,255\r\n");
	assert_int_equal(ftp_cmd_format(out, true, &a4, 1024), 31);
	assert_string_equal(out, "EPRT |1|255.255.255.255|1024|\r\n");
	assert_int_equal(ipaddr_parse("ff02:1111:2222:3333:4444:5555:6666:7777", &a6), 0);
	assert_int_equal(ftp_cmd_format(out, true, &a6, 65535), 56);
	assert_string_equal(out, "EPRT |2|ff02:1111:2222:3333:4444:5555:6666:7777|65535|\r\n");
	assert_int_equal(ftp_cmd_format(out, false, &a6, 65535), 0);
}

struct fixture {
	struct nat nat;
	struct flow flow;
	int server;
};

/* A control connection to a server on the loopback. */
static int set_up(void **state)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);
	struct fixture *x = calloc(1, sizeof(*x));
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(loop_init(&x->nat.loop), 0);
	assert_int_equal(ftp_init(&x->nat), 0);
	assert_int_equal(tcp_init(&x->nat), 0);
	x->nat.conf.active_ftp = true;
	x->flow.nat = &x->nat;
	x->flow.state = TCPS_OPEN;
	x->flow.key.guest = ipaddr_v4(htonl(0x0a090005));
	tcp_ring_init(&x->flow.ring, UINT32_MAX - 20);
	assert_int_equal(bind(listener, (struct sockaddr *)&sin, sizeof(sin)), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&sin, &len), 0);
	x->flow.sock.fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(x->flow.sock.fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	x->server = accept(listener, NULL, NULL);
	assert_true(x->server >= 0);
	close(listener);
	ftp_begin(&x->flow);
	*state = x;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *x = *state;

	ftp_end(&x->flow);
	close(x->flow.sock.fd);
	close(x->server);
	tcp_ring_done(&x->flow.ring);
	tcp_done(&x->nat);
	ftp_done(&x->nat);
	loop_done(&x->nat.loop);
	free(x);
	return 0;
}

static void say(struct fixture *x, const char *data, size_t len)
{
	tcp_to_host(&x->flow, (const uint8_t *)data, (uint32_t)len, false);
}

/* What the server has got. */
static const char *heard(struct fixture *x, char buf[4096])
{
	ssize_t n = recv(x->server, buf, 4095, MSG_DONTWAIT);

	buf[n > 0 ? n : 0] = '\0';
	return buf;
}

/* Is it a PORT to the loopback, with @rest behind it? Return: the port. */
static int replaced(const char *line, const char *rest)
{
	unsigned int hi, lo;
	int end = 0;

	assert_int_equal(sscanf(line, "PORT 127,0,0,1,%u,%u\r\n%n", &hi, &lo, &end), 2);
	assert_string_equal(line + end, rest);
	return (int)(hi << 8 | lo);
}

static bool listens(int port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
				   .sin_port = htons((uint16_t)port),
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	bool ok = !connect(fd, (struct sockaddr *)&sin, sizeof(sin));

	close(fd);
	return ok;
}

static void test_replaced(void **state)
{
	struct fixture *x = *state;
	char buf[4096];
	int port;

	say(x, "USER a\r\nPORT 10,9,0,5,4,1\r\nRETR x\r\n", 35);
	heard(x, buf);
	assert_memory_equal(buf, "USER a\r\n", 8);
	port = replaced(buf + 8, "RETR x\r\n");
	assert_true(port >= 1024);
	assert_true(listens(port));
	assert_int_equal(tcp_ring_ready(&x->flow.ring), 0);
	assert_null(x->flow.ring.data);

	/* Off: what is awaited is over, and nothing else comes. */
	x->nat.conf.active_ftp = false;
	ftp_conf_changed(&x->nat);
	assert_false(listens(port));
	say(x, "PORT 10,9,0,5,4,1\r\n", 19);
	assert_string_equal(heard(x, buf), "PORT 10,9,0,5,4,1\r\n");
}

static void test_byte_by_byte(void **state)
{
	static const char in[] = "PASS p\r\nPORT 10,9,0,5,4,1\r\nQUIT\r\n";
	struct fixture *x = *state;
	char buf[4096], all[4096] = "";
	size_t i;

	for (i = 0; i < strlen(in); i++) {
		say(x, in + i, 1);
		strcat(all, heard(x, buf));
		/* "P", and the whole of the command. */
		if (i == 0 || (i >= 8 && i < 26))
			assert_string_equal(buf, "");
	}
	assert_memory_equal(all, "PASS p\r\n", 8);
	replaced(all + 8, "QUIT\r\n");
	assert_int_equal(x->flow.bytes_out, strlen(all));
	assert_null(x->flow.ring.data);
}

/* The command lies in two frames, and what is behind it came first. */
static void test_early(void **state)
{
	struct fixture *x = *state;
	uint32_t start = x->flow.ring.end;
	char buf[4096];

	assert_int_equal(tcp_ring_put(&x->flow.ring, start + 10,
				      (const uint8_t *)"5,4,1\r\nNOOP\r\n", 13),
			 0);
	tcp_to_host(&x->flow, (const uint8_t *)"PORT 10,9,", 10, true);
	tcp_batch_end(&x->nat);
	tcp_drain(&x->flow);
	/* One number is missing, so it is none. */
	assert_string_equal(heard(x, buf), "PORT 10,9,5,4,1\r\nNOOP\r\n");

	start = x->flow.ring.end;
	tcp_ring_put(&x->flow.ring, start + 10, (const uint8_t *)"0,5,4,1\r\nNOOP\r\n", 15);
	tcp_to_host(&x->flow, (const uint8_t *)"PORT 10,9,", 10, true);
	tcp_batch_end(&x->nat);
	tcp_drain(&x->flow);
	replaced(heard(x, buf), "NOOP\r\n");
}

/* The guest ends in the middle of the line. */
static void test_end(void **state)
{
	struct fixture *x = *state;
	char buf[4096];

	say(x, "PORT 10,9,0", 11);
	assert_string_equal(heard(x, buf), "");
	x->flow.guest_fin = true;
	tcp_drain(&x->flow);
	assert_string_equal(heard(x, buf), "PORT 10,9,0");
	assert_true(x->flow.shut);
}

static void test_refused(void **state)
{
	static const char *const in[] = {
		"PORT 10,9,0,6,4,1\r\n", /* of somebody else */
		"PORT 10,9,0,5,3,255\r\n", /* a service */
		"EPRT |2|fd00::5|1025|\r\n",
	};
	struct fixture *x = *state;
	struct ftp_stats s;
	char buf[4096];
	size_t i;

	for (i = 0; i < sizeof(in) / sizeof(in[0]); i++) {
		say(x, in[i], strlen(in[i]));
		assert_string_equal(heard(x, buf), in[i]);
	}
	ftp_get_stats(&x->nat, &s);
	assert_int_equal(s.refused, 3);
	assert_int_equal(s.awaited, 0);
}

/* Of many, the oldest gives way. */
static void test_many(void **state)
{
	struct fixture *x = *state;
	int ports[FTP_MAX_GUEST + 1];
	char buf[4096];
	size_t i;

	for (i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		say(x, "PORT 10,9,0,5,4,1\r\n", 19);
		ports[i] = replaced(heard(x, buf), "");
	}
	assert_false(listens(ports[0]));
	assert_true(listens(ports[1]));
	assert_true(listens(ports[FTP_MAX_GUEST]));
	ftp_end(&x->flow);
	assert_false(listens(ports[FTP_MAX_GUEST]));
}

static void test_opaque(void **state)
{
	struct fixture *x = *state;
	char buf[4096], in[2000];

	memset(in, '\x17', sizeof(in));
	memcpy(in, "AUTH TLS\r\n\x16\x03\x01", 13);
	say(x, in, sizeof(in));
	heard(x, buf);
	assert_memory_equal(buf, in, sizeof(in));
	assert_true(x->flow.ftp->opaque);
	say(x, "PORT 10,9,0,5,4,1\r\n", 19);
	assert_string_equal(heard(x, buf), "PORT 10,9,0,5,4,1\r\n");
}

/* The socket takes a part of the line. */
static void test_full(void **state)
{
	struct fixture *x = *state;
	char buf[4096], *in, *got;
	const size_t fill = 50000;
	size_t len = 0, lines = 0, i;
	int small = 4096, idle = 0;
	ssize_t n;

	setsockopt(x->flow.sock.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	setsockopt(x->server, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	in = malloc(fill + 1);
	got = calloc(1, 2 * fill);
	for (i = 0; i < fill; i += 20)
		memcpy(in + i, i % 400 ? "STOR some-long-name\n" : "PORT 10,9,0,5,4,1 \r\n", 20);
	say(x, in, fill);
	assert_true(x->flow.sock_full);
	do {
		n = recv(x->server, buf, 777, MSG_DONTWAIT);
		if (n > 0) {
			memcpy(got + len, buf, (size_t)n);
			for (i = 0; i < (size_t)n; i++)
				lines += buf[i] == '\n';
			len += (size_t)n;
			idle = 0;
		} else {
			usleep(1000);
		}
		x->flow.sock_full = false;
		tcp_drain(&x->flow);
	} while (lines < fill / 20 && ++idle < 5000);
	assert_int_equal(tcp_ring_ready(&x->flow.ring), 0);
	free(in);
	in = got;
	for (i = 0; i < fill / 20; i++) {
		char *nl = strchr(in, '\n');

		assert_non_null(nl);
		if (i % 20)
			assert_memory_equal(in, "STOR some-long-name\n", 20);
		else
			assert_memory_equal(in, "PORT 127,0,0,1,", 15);
		in = nl + 1;
	}
	assert_int_equal(in - got, len);
	free(got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_mix),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_format),
		cmocka_unit_test_setup_teardown(test_replaced, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_byte_by_byte, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_early, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_many, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_opaque, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_full, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
