// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "pkt.h"
#include "server.h"

#define AT (PKT_ETH_LEN + sizeof(struct pkt_ip4) + sizeof(struct pkt_udp))

static const char conf_text[] = "allow unknown-clients;\n"
				"authoritative;\n"
				"default-lease-time 1800;\n"
				"max-lease-time 7200;\n"
				"subnet 10.9.0.0 netmask 255.255.255.0 {\n"
				"\trange 10.9.0.128 10.9.0.%u;\n"
				"}\n"
				"host known { hardware ethernet 02:00:00:00:00:77; }\n";

/* A server on a socket pair, and what it says. */
struct rig {
	struct server s;
	struct loop_timer stop;
	char path[64];
	uint8_t id; /* client identifier; 0: none */
	int wire;
};

static void set(struct rig *r, enum dhcp_setting what, uint32_t value)
{
	r->s.conf->global->value[what] = value;
	r->s.conf->global->has |= 1U << what;
}

static void begin(struct rig *r, unsigned int last)
{
	struct conf_err err = { 0 };
	char text[512];
	int fd[2];

	snprintf(text, sizeof(text), conf_text, last);
	r->s.conf = calloc(1, sizeof(*r->s.conf));
	assert_int_equal(dhcp_conf_parse(r->s.conf, text, strlen(text), &err), 0);
	assert_int_equal(loop_init(&r->s.loop), 0);
	assert_int_equal(lease_db_init(&r->s.db, r->s.conf), 0);
	set(r, DHCP_PING_CHECK, 0);
	assert_int_equal(leasefile_open(&r->s.file, r->path, &r->s.db), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fd), 0);
	r->s.port.fd = fd[0];
	r->s.port.node = -1;
	r->wire = fd[1];
	r->s.name = "test";
	assert_int_equal(server_init(&r->s), 0);
}

static struct rig *make(unsigned int last)
{
	struct rig *r = calloc(1, sizeof(*r));
	int fd;

	assert_non_null(r);
	snprintf(r->path, sizeof(r->path), "/tmp/test_dhcp.XXXXXX");
	fd = mkstemp(r->path);
	assert_true(fd >= 0);
	close(fd);
	begin(r, last);
	return r;
}

static void end(struct rig *r)
{
	server_done(&r->s);
	close(r->wire);
}

static void done(struct rig *r)
{
	end(r);
	unlink(r->path);
	free(r);
}

/* As after a crash: another server takes up the file. */
static void restart(struct rig *r, unsigned int last)
{
	char path[64];

	memcpy(path, r->path, sizeof(path));
	end(r);
	memset(r, 0, sizeof(*r));
	memcpy(r->path, path, sizeof(path));
	begin(r, last);
}

static uint32_t addr(unsigned int last)
{
	return htonl(0x0a090000 | last);
}

static void say_from(struct rig *r, uint8_t src, uint8_t who, uint8_t type, uint32_t wanted,
		     bool to_us)
{
	struct dhcp_from from = { .mac = { 2, 0, 0, 0, 0, src } };
	struct dhcp_head h = { .op = 1, .htype = 1, .hlen = 6, .xid = who };
	uint8_t m[400] = { 0 }, *at = m + sizeof(h);

	h.chaddr[0] = 2;
	h.chaddr[5] = who;
	memcpy(m, &h, sizeof(h));
	memcpy(at, "\x63\x82\x53\x63\x35\x01", 6);
	at[6] = type;
	at += 7;
	if (wanted) {
		*at++ = 50;
		*at++ = 4;
		memcpy(at, &wanted, 4);
		at += 4;
	}
	if (r->id) {
		memcpy(at, (uint8_t[]){ 61, 2, who, r->id }, 4);
		at += 4;
	}
	if (to_us) {
		*at++ = 54;
		*at++ = 4;
		memcpy(at, &r->s.conf->server, 4);
		at += 4;
	}
	*at = 255;
	server_dhcp(&r->s, &from, m, 300);
	server_flush(&r->s);
}

static void say(struct rig *r, uint8_t who, uint8_t type, uint32_t wanted, bool to_us)
{
	say_from(r, who, who, type, wanted, to_us);
}

/* The next reply: its type, for whom, which address. Return: 0 when none. */
static uint8_t reply(struct rig *r, uint8_t *who, uint32_t *yiaddr)
{
	uint8_t f[SERVER_FRAME];
	struct dhcp_head h;
	ssize_t n;

	do {
		n = recv(r->wire, f, sizeof(f), 0);
		if (n < 0)
			return 0;
	} while (f[12] != 8 || f[13] != 0);
	assert_true((size_t)n > AT + sizeof(h) + 7);
	memcpy(&h, f + AT, sizeof(h));
	*who = h.chaddr[5];
	*yiaddr = h.yiaddr;
	assert_int_equal(f[AT + sizeof(h) + 4], 53);
	return f[AT + sizeof(h) + 6];
}

static void expect(struct rig *r, uint8_t type, uint8_t who, uint32_t yiaddr)
{
	uint8_t w = 0;
	uint32_t a = 0;

	assert_int_equal(reply(r, &w, &a), type);
	if (!type)
		return;
	assert_int_equal(w, who);
	if (yiaddr)
		assert_int_equal(a, yiaddr);
}

static void on_stop(struct loop *loop, struct loop_timer *t)
{
	(void)t;
	loop_quit(loop, 0);
}

static void pass(struct rig *r, uint64_t ms)
{
	r->stop.fn = on_stop;
	loop_timer_set(&r->s.loop, &r->stop, ms * MSEC);
	loop_run(&r->s.loop);
}

static void lease_out(struct rig *r, uint8_t who, uint32_t a)
{
	say(r, who, DHCP_DISCOVER, a, false);
	expect(r, DHCP_OFFER, who, a);
	say(r, who, DHCP_REQUEST, a, true);
	expect(r, DHCP_ACK, who, a);
}

static void release(struct rig *r, uint8_t who, uint32_t a)
{
	struct lease *l = lease_by_addr(&r->s.db, ntohl(a));

	(void)who;
	assert_non_null(l);
	lease_set_state(&r->s.db, l, LEASE_FREE);
}

/* Everybody learns where the server is now. */
static void announces(void **state)
{
	struct rig *r = make(128);
	uint8_t f[SERVER_FRAME];
	struct pkt_eth eth;
	struct pkt_arp a;

	(void)state;
	pass(r, 50);
	assert_int_equal(recv(r->wire, f, sizeof(f), 0), 60);
	memcpy(&eth, f, sizeof(eth));
	memcpy(&a, f + sizeof(eth), sizeof(a));
	assert_int_equal(eth.type, htons(PKT_ARP));
	assert_true(mac_is_group(eth.dst));
	assert_memory_equal(a.sha, r->s.mac, 6);
	assert_int_equal(a.spa, r->s.conf->server);
	assert_int_equal(a.tpa, r->s.conf->server);
	assert_true(recv(r->wire, f, sizeof(f), 0) < 0);
	done(r);
}

/* Two clients want the one address that was another's. */
static void one_address_two_probes(void **state)
{
	struct rig *r = make(128);
	uint8_t who = 0;
	uint32_t a = 0;

	(void)state;
	lease_out(r, 1, addr(128));
	release(r, 1, addr(128));
	set(r, DHCP_PING_CHECK, 1);
	say(r, 2, DHCP_DISCOVER, 0, false);
	pass(r, 100);
	say(r, 3, DHCP_DISCOVER, 0, false);
	pass(r, 700);
	expect(r, DHCP_OFFER, 2, addr(128));
	say(r, 2, DHCP_REQUEST, addr(128), true);
	expect(r, DHCP_ACK, 2, addr(128));
	pass(r, 700);
	say(r, 3, DHCP_REQUEST, addr(128), true);
	assert_int_equal(reply(r, &who, &a), DHCP_NAK);
	done(r);
}

/* Its owner comes back while somebody else waits for it. */
static void owner_returns(void **state)
{
	struct rig *r = make(128);

	(void)state;
	lease_out(r, 1, addr(128));
	release(r, 1, addr(128));
	set(r, DHCP_PING_CHECK, 1);
	say(r, 2, DHCP_DISCOVER, 0, false);
	lease_out(r, 1, addr(128));
	pass(r, 700);
	/* Nothing is left for the other. */
	expect(r, 0, 0, 0);
	assert_int_equal(lease_by_addr(&r->s.db, ntohl(addr(128)))->state, LEASE_ACTIVE);
	done(r);
}

static void unknown_clients(void **state)
{
	struct rig *r = make(130);
	uint8_t who;
	uint32_t a;

	(void)state;
	set(r, DHCP_UNKNOWN, DHCP_DENY);
	say(r, 1, DHCP_DISCOVER, 0, false);
	expect(r, 0, 0, 0);
	say(r, 1, DHCP_REQUEST, addr(129), true);
	assert_int_not_equal(reply(r, &who, &a), DHCP_ACK);
	say(r, 1, DHCP_REQUEST, addr(129), false);
	assert_int_not_equal(reply(r, &who, &a), DHCP_ACK);
	done(r);
}

/* A known machine with two systems, each with an identifier of its own. */
static void duplicates(void **state)
{
	struct rig *r = make(140);
	unsigned int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		set(r, DHCP_DUPLICATES, i ? DHCP_DENY : DHCP_ALLOW);
		r->id = (uint8_t)(1 + i * 2);
		lease_out(r, 0x77, addr(128 + i * 4));
		lease_out(r, 0x78, addr(129 + i * 4));
		r->id = (uint8_t)(2 + i * 2);
		lease_out(r, 0x77, addr(130 + i * 4));
		lease_out(r, 0x78, addr(131 + i * 4));
		assert_int_equal(lease_by_addr(&r->s.db, ntohl(addr(128)))->state,
				 i ? LEASE_FREE : LEASE_ACTIVE);
		/* Nobody has said anything of this one. */
		assert_int_equal(lease_by_addr(&r->s.db, ntohl(addr(129)))->state, LEASE_ACTIVE);
		say(r, 0x77, DHCP_REQUEST, addr(130 + i * 4), false);
		expect(r, DHCP_ACK, 0x77, addr(130 + i * 4));
	}
	assert_int_equal(lease_by_addr(&r->s.db, ntohl(addr(132)))->state, LEASE_FREE);
	assert_int_equal(lease_by_addr(&r->s.db, ntohl(addr(130)))->state, LEASE_FREE);
	assert_int_equal(lease_by_addr(&r->s.db, ntohl(addr(134)))->state, LEASE_ACTIVE);
	done(r);
}

/* Nobody ends another's lease, or empties the pool by saying no. */
static void hostile(void **state)
{
	struct rig *r = make(129);
	unsigned int i;

	(void)state;
	lease_out(r, 1, addr(128));
	say_from(r, 9, 1, DHCP_DECLINE, addr(128), true);
	assert_int_equal(lease_by_addr(&r->s.db, ntohl(addr(128)))->state, LEASE_ACTIVE);
	/* An offer is not a lease. */
	say(r, 2, DHCP_DISCOVER, 0, false);
	expect(r, DHCP_OFFER, 2, addr(129));
	say(r, 2, DHCP_DECLINE, addr(129), true);
	assert_int_equal(lease_by_addr(&r->s.db, ntohl(addr(129)))->state, LEASE_OFFERED);
	/* What was declined is the last that is given out, but it is. */
	lease_out(r, 2, addr(129));
	say(r, 2, DHCP_DECLINE, addr(129), true);
	assert_int_equal(lease_by_addr(&r->s.db, ntohl(addr(129)))->state, LEASE_ABANDONED);
	say(r, 3, DHCP_DISCOVER, 0, false);
	pass(r, 700);
	expect(r, DHCP_OFFER, 3, addr(129));
	/* A flood is cut, and costs nobody else. */
	for (i = 0; i < 1000; i++)
		say(r, 4, DHCP_DISCOVER, 0, false);
	for (i = 0; reply(r, &(uint8_t){ 0 }, &(uint32_t){ 0 }); i++)
		;
	assert_true(i <= LIMIT_BURST + LIMIT_RATE);
	say(r, 1, DHCP_REQUEST, addr(128), false);
	expect(r, DHCP_ACK, 1, addr(128));
	done(r);
}

/* With a full disk there are offers, which are not on it, and no leases. */
static void disk_full(void **state)
{
	struct rig *r = make(129);
	int full = open("/dev/full", O_WRONLY), fd = dup(r->s.file.fd);

	(void)state;
	assert_true(full >= 0 && fd >= 0);
	assert_int_equal(dup2(full, r->s.file.fd), r->s.file.fd);
	say(r, 1, DHCP_DISCOVER, 0, false);
	expect(r, DHCP_OFFER, 1, addr(128));
	say(r, 1, DHCP_REQUEST, addr(128), true);
	expect(r, 0, 0, 0);
	assert_int_equal(dup2(fd, r->s.file.fd), r->s.file.fd);
	say(r, 1, DHCP_REQUEST, addr(128), true);
	expect(r, DHCP_ACK, 1, addr(128));
	close(full);
	close(fd);
	done(r);
}

static void put(const char *path, const char *text, size_t len)
{
	int fd = open(path, O_WRONLY | O_TRUNC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), (ssize_t)len);
	close(fd);
}

/* What a crash may leave of the first record, or behind the last. */
static void torn(void **state)
{
	static const char tear[] = "lease 10.9.0.128 {\n\tstarts 4 2026/11";
	struct rig *r = make(130);
	struct stat st;
	int fd;

	(void)state;
	put(r->path, tear, sizeof(tear) - 1);
	restart(r, 130);
	lease_out(r, 1, addr(129));
	restart(r, 130);
	assert_int_equal(lease_by_addr(&r->s.db, ntohl(addr(129)))->state, LEASE_ACTIVE);

	/* Zeros, as after a loss of power. */
	fd = open(r->path, O_WRONLY | O_APPEND);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, (char[100]){ 0 }, 100), 100);
	close(fd);
	restart(r, 130);
	lease_out(r, 2, addr(130));
	restart(r, 130);
	assert_int_equal(lease_by_addr(&r->s.db, ntohl(addr(129)))->state, LEASE_ACTIVE);
	assert_int_equal(lease_by_addr(&r->s.db, ntohl(addr(130)))->state, LEASE_ACTIVE);
	assert_int_equal(stat(r->path, &st), 0);
	done(r);
}

/* A lease from a wrong clock is no longer than any. */
static void from_the_future(void **state)
{
	static const char text[] = "lease 10.9.0.128 {\n"
				   "\tstarts 4 2090/11/26 12:00:00;\n"
				   "\tends 4 2090/11/26 12:30:00;\n"
				   "\thardware ethernet 02:00:00:00:00:01;\n"
				   "}\n";
	struct rig *r = make(128);
	struct lease *l;

	(void)state;
	put(r->path, text, sizeof(text) - 1);
	restart(r, 128);
	l = lease_by_addr(&r->s.db, ntohl(addr(128)));
	assert_int_equal(l->state, LEASE_ACTIVE);
	assert_true(l->until <= loop_now(&r->s.loop) + (24 * 3600 + 1) * SEC);
	done(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(announces),	   cmocka_unit_test(one_address_two_probes),
		cmocka_unit_test(owner_returns),   cmocka_unit_test(unknown_clients),
		cmocka_unit_test(duplicates),	   cmocka_unit_test(hostile),
		cmocka_unit_test(disk_full),	   cmocka_unit_test(torn),
		cmocka_unit_test(from_the_future),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
