// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http.h"
#include "metrics.h"

static void test_text(void **state)
{
	json_t *j = json_pack("{s:s, s:{s:s, s:s}, s:{s:i, s:i}, s:[{s:s}, {s:s}], s:{s:i, s:I}, "
			      "s:{s:i, s:i, s:i, s:[s]}}",
			      "version", "1", "network", "port", "a\"b\\c\nd", "ip", "10.0.0.2",
			      "flows", "tcp", 3, "udp", 0, "forwards", "state", "listening",
			      "state", "not listening", "frames", "rx", 5, "tx",
			      (json_int_t)1 << 40, "dns", "queries", 7, "host_names", 9,
			      "guest_names", 4, "servers", "10.0.0.1");
	char *text = metrics_text(j);

	(void)state;
	assert_non_null(text);
	assert_string_equal(
		text,
		"# TYPE vmnet_natd info\n"
		"# HELP vmnet_natd The program and its network.\n"
		"vmnet_natd_info{version=\"1\",port=\"a\\\"b\\\\c\\nd\",gateway=\"10.0.0.2\"} 1\n"
		"# TYPE vmnet_natd_flows gauge\n"
		"# HELP vmnet_natd_flows What guests have open.\n"
		"vmnet_natd_flows{proto=\"tcp\"} 3\n"
		"vmnet_natd_flows{proto=\"udp\"} 0\n"
		"# TYPE vmnet_natd_forwards gauge\n"
		"# HELP vmnet_natd_forwards Ports of the host that lead to guests.\n"
		"vmnet_natd_forwards{state=\"listening\"} 1\n"
		"vmnet_natd_forwards{state=\"not listening\"} 1\n"
		"# TYPE vmnet_natd_frames counter\n"
		"# HELP vmnet_natd_frames Ethernet frames on the guests' side.\n"
		"vmnet_natd_frames_total{event=\"rx\"} 5\n"
		"vmnet_natd_frames_total{event=\"tx\"} 1099511627776\n"
		"# TYPE vmnet_natd_bad counter\n"
		"# HELP vmnet_natd_bad What was refused as unsound, by the reason.\n"
		"# TYPE vmnet_natd_tcp counter\n"
		"# HELP vmnet_natd_tcp Connections of guests.\n"
		"# TYPE vmnet_natd_udp counter\n"
		"# HELP vmnet_natd_udp Datagrams of guests, and their mappings.\n"
		"# TYPE vmnet_natd_icmp counter\n"
		"# HELP vmnet_natd_icmp Echoes of guests, and ICMP errors.\n"
		"# TYPE vmnet_natd_dns counter\n"
		"# HELP vmnet_natd_dns Names that guests have asked for.\n"
		"vmnet_natd_dns_total{event=\"queries\"} 7\n"
		"# TYPE vmnet_natd_ftp counter\n"
		"# HELP vmnet_natd_ftp Connections of FTP servers to guests.\n"
		"# TYPE vmnet_natd_host_names gauge\n"
		"# HELP vmnet_natd_host_names Names that the host's own file has.\n"
		"vmnet_natd_host_names 9\n"
		"# TYPE vmnet_natd_guest_names gauge\n"
		"# HELP vmnet_natd_guest_names Guests that have a name by their lease.\n"
		"vmnet_natd_guest_names 4\n"
		"# EOF\n");
	free(text);
	json_decref(j);
}

static const struct {
	const char *data;
	bool all;
	enum http_kind kind;
	const char *path;
} requests[] = {
	{ "", false, HTTP_MORE, "" },
	{ "", true, HTTP_NONE, "" },
	{ "GET /metrics HTTP/1.1\r\nHost: x\r\n", false, HTTP_MORE, NULL },
	{ "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", false, HTTP_GET, "/metrics" },
	{ "GET /metrics?a=b HTTP/1.0\n\n", false, HTTP_GET, "/metrics" },
	{ "GET / HTTP/1.1\r\n", true, HTTP_GET, "/" },
	{ "GET / HTTP/1.1", true, HTTP_GET, "/" },
	{ "HEAD / HTTP/1.1\r\n\r\n", false, HTTP_HEAD, "/" },
	{ "POST /metrics HTTP/1.1\r\n\r\nx", false, HTTP_OTHER, "/metrics" },
	{ "GET /\r\n\r\n", false, HTTP_NONE, "" },
	{ "GET / HTTP/2\r\n\r\n", false, HTTP_NONE, "" },
	{ "hello\n", false, HTTP_NONE, "" },
	{ " GET / HTTP/1.1\r\n\r\n", false, HTTP_NONE, "" },
	{ "GET /a/path/that/is/longer/than/any/page/that/there/could/possibly/be/here HTTP/1.1\n\n",
	  false, HTTP_GET, "" },
};

static void test_http(void **state)
{
	struct http_request r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		http_parse(&r, requests[i].data, strlen(requests[i].data), requests[i].all);
		if (r.kind != requests[i].kind ||
		    (requests[i].path && strcmp(r.path, requests[i].path) != 0))
			fail_msg("row %zu: %d \"%s\"", i, r.kind, r.path);
	}
}

static void test_http_answer(void **state)
{
	struct http_request r = { .kind = HTTP_GET };
	char *text = http_answer(&r, 200, "text/plain", "four");

	(void)state;
	assert_non_null(strstr(text, "HTTP/1.0 200 OK\r\n"));
	assert_non_null(strstr(text, "\r\nContent-Length: 4\r\n"));
	assert_non_null(strstr(text, "\r\n\r\nfour"));
	free(text);
	r.kind = HTTP_HEAD;
	text = http_answer(&r, 200, "text/plain", "four");
	assert_non_null(strstr(text, "\r\nContent-Length: 4\r\n"));
	assert_null(strstr(text, "four"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_http),
		cmocka_unit_test(test_http_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
