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

#include <cmocka.h>

#include "dns_local.h"
#include "dns_msg.h"

static const char hosts[] = "# a comment\n"
			    "127.0.0.1\tlocalhost localhost.localdomain\n"
			    "127.0.1.1 Desk.example.org desk # this machine\r\n"
			    "::1 localhost ip6-localhost ip6-loopback\n"
			    "ff02::1 ip6-allnodes\n"
			    "10.1.0.5   printer.example.org. printer\n"
			    "fd00::5 printer.example.org\n"
			    "10.1.0.6 printer\n"
			    "0.0.0.0 ads.example\n"
			    "10.1.0.300 wrong\n"
			    "10.1.0.7\n"
			    "10.1.0.8 bad..name .bad -also!bad good_one\n"
			    "10.1.0.9 last";

static struct names load(const char *text, const char *self)
{
	struct ipaddr me = { 0 };
	struct names t;

	if (self)
		assert_int_equal(ipaddr_parse(self, &me), 0);
	assert_int_equal(names_hosts(&t, text, strlen(text), &me), 0);
	return t;
}

/* The addresses of a name, with a blank behind each. */
static const char *all_of(const struct names *t, const char *name)
{
	static char text[512];
	const struct names_entry *e = NULL;
	char buf[46];

	text[0] = '\0';
	while ((e = names_by_name(t, name, e)))
		sprintf(text + strlen(text), "%s ", ipaddr_format(&e->addr, buf));
	return text;
}

static const char *name_of(const struct names *t, const char *addr)
{
	const struct names_entry *e;
	struct ipaddr a;

	assert_int_equal(ipaddr_parse(addr, &a), 0);
	e = names_by_addr(t, &a);
	return e ? t->pool + e->name : "";
}

static void test_hosts(void **state)
{
	struct names t = load(hosts, "10.99.0.1");

	(void)state;
	assert_string_equal(all_of(&t, "localhost"), "");
	assert_string_equal(all_of(&t, "ip6-allnodes"), "");
	assert_string_equal(all_of(&t, "desk"), "10.99.0.1 ");
	assert_string_equal(all_of(&t, "desk.example.org"), "10.99.0.1 ");
	assert_string_equal(all_of(&t, "printer"), "10.1.0.5 10.1.0.6 ");
	assert_string_equal(all_of(&t, "printer.example.org"), "10.1.0.5 fd00::5 ");
	assert_string_equal(all_of(&t, "ads.example"), "0.0.0.0 ");
	assert_string_equal(all_of(&t, "wrong"), "");
	assert_string_equal(all_of(&t, "bad..name"), "");
	assert_string_equal(all_of(&t, "-also!bad"), "");
	assert_string_equal(all_of(&t, "good_one"), "10.1.0.8 ");
	assert_string_equal(all_of(&t, "last"), "10.1.0.9 ");
	assert_string_equal(all_of(&t, "last.example.org"), "");
	assert_string_equal(name_of(&t, "10.1.0.5"), "printer.example.org");
	assert_string_equal(name_of(&t, "10.1.0.6"), "printer");
	assert_string_equal(name_of(&t, "10.1.0.8"), "good_one");
	assert_string_equal(name_of(&t, "10.99.0.1"), "desk.example.org");
	assert_string_equal(name_of(&t, "10.1.0.7"), "");
	names_done(&t);
	/* Its own loopback is what a guest would take it for. */
	t = load(hosts, NULL);
	assert_string_equal(all_of(&t, "desk"), "");
	names_done(&t);
	t = load("", NULL);
	assert_string_equal(all_of(&t, "desk"), "");
	assert_string_equal(name_of(&t, "10.1.0.5"), "");
	names_done(&t);
	names_done(&t);
}

static void test_many(void **state)
{
	char *text = malloc(40 * 20000), *p = text, name[32], want[32];
	struct names t;
	unsigned int i;

	(void)state;
	for (i = 0; i < 20000; i++)
		p += sprintf(p, "10.2.%u.%u host%u\n", i / 256, i % 256, i);
	t = load(text, NULL);
	assert_int_equal(t.n, 20000);
	for (i = 0; i < 20000; i += 7) {
		sprintf(name, "host%u", i);
		sprintf(want, "10.2.%u.%u ", i / 256, i % 256);
		assert_string_equal(all_of(&t, name), want);
	}
	names_done(&t);
	free(text);
}

static void test_limit(void **state)
{
	struct ipaddr none = { 0 };
	char *text = malloc(12 * (NAMES_MAX + 1) + 1), *p = text;
	struct names t;
	unsigned int i;

	(void)state;
	for (i = 0; i <= NAMES_MAX; i++) {
		memcpy(p, "10.2.3.4 ab\n", 12);
		p += 12;
	}
	assert_int_equal(names_hosts(&t, text, (size_t)(p - text), &none), -E2BIG);
	assert_null(t.list);
	assert_int_equal(names_hosts(&t, text, (size_t)(p - text - 12), &none), 0);
	assert_int_equal(t.n, NAMES_MAX);
	names_done(&t);
	free(text);
}

/* Ask where there are no guests. */
static size_t ask(const struct names *t, const uint8_t *q, size_t len, uint8_t *out)
{
	static const struct leases none;
	const struct dns_known k = { .hosts = t, .leases = &none, .domain = "localdomain" };

	return dns_local(&k, q, len, out);
}

/* A query for @name, with @edns bytes to be had if not 0. Return: its length. */
static size_t make_query(uint8_t *q, const char *name, uint16_t type, uint16_t edns)
{
	size_t used = 12, n;

	memcpy(q, "\x12\x34\x01\x00\0\1\0\0\0\0\0\0", 12);
	for (;; name += n + 1) {
		n = strcspn(name, ".");
		q[used++] = (uint8_t)n;
		memcpy(q + used, name, n);
		used += n;
		if (!name[n])
			break;
	}
	memcpy(q + used, "\0\0\0\0\1", 5);
	q[used + 1] = (uint8_t)(type >> 8);
	q[used + 2] = (uint8_t)type;
	used += 5;
	if (edns) {
		q[11] = 1;
		memset(q + used, 0, 11);
		q[used + 2] = 41;
		q[used + 3] = (uint8_t)(edns >> 8);
		q[used + 4] = (uint8_t)edns;
		used += 11;
	}
	return used;
}

static void test_answer(void **state)
{
	struct names t = load(hosts, "10.99.0.1");
	uint8_t q[400], out[DNS_LOCAL_ROOM];
	size_t len, n;

	(void)state;
	len = make_query(q, "Printer.Example.ORG", 1, 0);
	n = ask(&t, q, len, out);
	assert_int_equal(n, len + 16);
	assert_true(dns_answers(q, len, out, n));
	assert_int_equal(dns_rcode(out), 0);
	assert_int_equal(out[2] & 0x85, 0x85);
	assert_int_equal(out[7], 1);
	assert_memory_equal(out + len, "\xc0\x0c\0\1\0\1\0\0\0\x0a\0\4\x0a\1\0\5", 16);

	len = make_query(q, "printer.example.org", 28, 4096);
	n = ask(&t, q, len, out);
	assert_int_equal(n, len + 28);
	assert_int_equal(out[7], 1);
	assert_int_equal(out[11], 1);
	assert_memory_equal(out + len - 11 + 10, "\0\x10\xfd\0", 4);
	assert_memory_equal(out + n - 11, "\0\0\x29\4\xd0", 5);

	/* Known, but not this: empty, no error. */
	len = make_query(q, "ads.example", 28, 0);
	assert_int_equal(ask(&t, q, len, out), len);
	assert_int_equal(dns_rcode(out), 0);
	assert_int_equal(out[7], 0);
	len = make_query(q, "printer.example.org", 15, 0);
	assert_int_equal(ask(&t, q, len, out), len);

	/* Not ours: others are asked. */
	len = make_query(q, "printer.example.com", 1, 0);
	assert_int_equal(ask(&t, q, len, out), 0);
	len = make_query(q, "printer.example.org", 1, 0);
	q[len - 1] = 3;
	assert_int_equal(ask(&t, q, len, out), 0);
	q[len - 1] = 1;
	q[2] |= 0x10;
	assert_int_equal(ask(&t, q, len, out), 0);
	/* One label with dots in it is another name. */
	len = make_query(q, "printer.example-org", 1, 0);
	memcpy(q + 12, "\x13printer.example.org", 20);
	assert_int_equal(ask(&t, q, len, out), 0);
	names_done(&t);
}

static void test_reverse(void **state)
{
	struct names t = load(hosts, NULL);
	uint8_t q[400], out[DNS_LOCAL_ROOM];
	size_t len, n;

	(void)state;
	len = make_query(q, "5.0.1.10.IN-addr.arpa", 12, 0);
	n = ask(&t, q, len, out);
	assert_int_equal(n, len + 12 + 21);
	assert_memory_equal(out + len + 12, "\7printer\7example\3org", 21);
	len = make_query(q,
			 "5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."
			 "0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa",
			 12, 0);
	n = ask(&t, q, len, out);
	assert_int_equal(n, len + 12 + 21);
	len = make_query(q, "7.0.1.10.in-addr.arpa", 12, 0);
	assert_int_equal(ask(&t, q, len, out), 0);
	len = make_query(q, "0.1.10.in-addr.arpa", 12, 0);
	assert_int_equal(ask(&t, q, len, out), 0);
	len = make_query(q,
			 "g.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."
			 "0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa",
			 12, 0);
	assert_int_equal(ask(&t, q, len, out), 0);
	names_done(&t);
}

/*
 * What guests ask about each other. Return: the bytes of answers, which begin at
 * *@answer; -1 when others are to be asked.
 */
static int ask_guests(const struct leases *l, const struct names *t, const char *name,
		      uint16_t type, const uint8_t **answer)
{
	const struct dns_known k = { .hosts = t, .leases = l, .domain = "lab.test", .now = 1000 };
	static uint8_t out[DNS_LOCAL_ROOM];
	uint8_t q[400];
	size_t len = make_query(q, name, type, 0), n = dns_local(&k, q, len, out);

	*answer = out + len;
	assert_true(!n || dns_rcode(out) == 0);
	return n ? (int)(n - len) : -1;
}

static void test_guests(void **state)
{
	static const uint64_t secret[2] = { 1, 2 };
	struct lease_record r = {
		.addr = 0x0a630080, .starts = 900, .ends = 2000, .hostname = "Web"
	};
	struct names t = load(hosts, "10.99.0.1");
	struct leases *l = malloc(sizeof(*l));
	const uint8_t *a;

	(void)state;
	leases_init(l, secret);
	leases_add(l, &r, 1000);
	assert_int_equal(ask_guests(l, &t, "wEb", 1, &a), 16);
	assert_memory_equal(a, "\xc0\x0c\0\1\0\1\0\0\0\x0a\0\4\x0a\x63\0\x80", 16);
	assert_int_equal(ask_guests(l, &t, "web.lab.test", 1, &a), 16);
	/* IPv6 it has none, and nothing else. */
	assert_int_equal(ask_guests(l, &t, "web", 28, &a), 0);
	assert_int_equal(ask_guests(l, &t, "web.lab.test", 15, &a), 0);
	/* A zone of this name is another's. */
	assert_int_equal(ask_guests(l, &t, "web", 2, &a), -1);
	assert_int_equal(ask_guests(l, &t, "web", 43, &a), -1);
	assert_int_equal(ask_guests(l, &t, "web.lab.test", 2, &a), 0);
	assert_int_equal(ask_guests(l, &t, "128.0.99.10.in-addr.arpa", 12, &a), 12 + 14);
	assert_memory_equal(a + 12, "\3web\3lab\4test", 14);
	/* Others are asked about others. */
	assert_int_equal(ask_guests(l, &t, "web.test", 1, &a), -1);
	assert_int_equal(ask_guests(l, &t, "web.lab.test.org", 1, &a), -1);
	assert_int_equal(ask_guests(l, &t, "www.web.lab.test", 1, &a), -1);
	assert_int_equal(ask_guests(l, &t, "db", 1, &a), -1);
	assert_int_equal(ask_guests(l, &t, "129.0.99.10.in-addr.arpa", 12, &a), -1);
	/* An answer is good for as long as the lease is. */
	r.ends = 1003;
	leases_add(l, &r, 1000);
	ask_guests(l, &t, "web", 1, &a);
	assert_memory_equal(a, "\xc0\x0c\0\1\0\1\0\0\0\3", 10);
	/* The host's own names are not to be had, in neither form. */
	strcpy(r.hostname, "printer");
	leases_add(l, &r, 1000);
	ask_guests(l, &t, "printer", 1, &a);
	assert_memory_equal(a + 12, "\x0a\1\0\5", 4);
	assert_int_equal(ask_guests(l, &t, "printer.lab.test", 1, &a), -1);
	assert_int_equal(ask_guests(l, &t, "128.0.99.10.in-addr.arpa", 12, &a), -1);
	names_done(&t);
	t = load("10.1.0.5 printer.lab.test\n10.99.0.128 box\n", NULL);
	assert_int_equal(ask_guests(l, &t, "printer", 1, &a), -1);
	/* Nor the name of an address. */
	ask_guests(l, &t, "128.0.99.10.in-addr.arpa", 12, &a);
	assert_memory_equal(a + 12, "\3box", 5);
	/* The older of two is not known by the name of both. */
	names_done(&t);
	t = load("", NULL);
	r.addr++;
	r.starts++;
	leases_add(l, &r, 1000);
	ask_guests(l, &t, "printer", 1, &a);
	assert_memory_equal(a + 12, "\x0a\x63\0\x81", 4);
	assert_int_equal(ask_guests(l, &t, "128.0.99.10.in-addr.arpa", 12, &a), -1);
	assert_int_equal(ask_guests(l, &t, "129.0.99.10.in-addr.arpa", 12, &a), 12 + 18);
	names_done(&t);
	leases_done(l);
	free(l);
}

/* More addresses than fit: the answer is as long as the guest takes. */
static void test_room(void **state)
{
	uint8_t q[400], out[DNS_LOCAL_ROOM];
	char text[200 * 20] = "";
	struct names t;
	size_t len, n;
	int i;

	(void)state;
	for (i = 0; i < 200; i++)
		sprintf(text + strlen(text), "10.3.0.%d many\n", i);
	t = load(text, NULL);
	len = make_query(q, "many", 1, 0);
	n = ask(&t, q, len, out);
	assert_true(n <= 512 && n > 512 - 16);
	assert_int_equal(out[7], (n - len) / 16);
	len = make_query(q, "many", 1, 100);
	n = ask(&t, q, len, out);
	assert_true(n <= 512 && n > 512 - 16);
	len = make_query(q, "many", 1, 60000);
	n = ask(&t, q, len, out);
	assert_true(n <= DNS_LOCAL_ROOM && n > DNS_LOCAL_ROOM - 16);
	names_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hosts),	cmocka_unit_test(test_many),
		cmocka_unit_test(test_limit),	cmocka_unit_test(test_answer),
		cmocka_unit_test(test_reverse), cmocka_unit_test(test_room),
		cmocka_unit_test(test_guests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
