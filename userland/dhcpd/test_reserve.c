// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "load.h"
#include "pkt.h"
#include "reload.h"
#include "server.h"

#define BASE                                         \
	"subnet 10.97.0.0 netmask 255.255.255.0 {\n" \
	"\trange 10.97.0.128 10.97.0.200;\n"         \
	"}\n"                                        \
	"host fixed { hardware ethernet 02:00:00:00:00:09; fixed-address 10.97.0.9; }\n"

/**
 * struct rig - a server without a port, and its files
 * @server: the server
 * @dir: where the files are
 * @conf: dhcpd.conf
 * @leases: the lease file, which is never made
 * @file: that of the reservations
 *
 * Lifetime: set_up() to tear_down().
 */
struct rig {
	struct server *server;
	char dir[32], conf[64], leases[64], file[64];
};

static void put(const char *path, const char *text)
{
	assert_int_equal(conf_write(path, text, strlen(text), 0644), 0);
}

static int start(struct rig *r, struct conf_err *err)
{
	struct server *s = calloc(1, sizeof(*s));
	int ret;

	assert_non_null(s);
	r->server = s;
	s->conf_path = r->conf;
	ret = reserve_load(&s->reserve, r->conf, &s->conf, err);
	if (!ret)
		ret = lease_db_init(&s->db, s->conf);
	return ret ? ret : reserve_open(s, r->leases, err);
}

static void stop(struct rig *r)
{
	lease_db_done(&r->server->db);
	load_free(r->server->conf);
	reserve_done(&r->server->reserve);
	free(r->server);
}

static int set_up(void **state)
{
	static struct rig r;
	struct conf_err err;

	strcpy(r.dir, "/tmp/vmnet-reserve-XXXXXX");
	assert_non_null(mkdtemp(r.dir));
	snprintf(r.conf, sizeof(r.conf), "%s/dhcpd.conf", r.dir);
	snprintf(r.leases, sizeof(r.leases), "%s/dhcpd.leases", r.dir);
	snprintf(r.file, sizeof(r.file), "%s/dhcpd.reservations", r.dir);
	put(r.conf, BASE);
	*state = &r;
	return start(&r, &err);
}

static int tear_down(void **state)
{
	struct rig *r = *state;

	stop(r);
	unlink(r->conf);
	unlink(r->file);
	return rmdir(r->dir);
}

static struct request wanted(const char *mac, const char *addr, const char *name)
{
	struct request q = { .op = REQUEST_OP_RESERVE, .has_addr = true, .has_mac = true };
	uint32_t be;

	assert_int_equal(mac_parse(mac, q.mac), 0);
	assert_int_equal(ip4_parse(addr, &be), 0);
	q.addr = ntohl(be);
	q.mask = ~0U;
	strcpy(q.name, name);
	return q;
}

static const char *host_at(const struct rig *r, const char *addr)
{
	const struct dhcp_host *h;
	uint32_t be;

	assert_int_equal(ip4_parse(addr, &be), 0);
	h = conf_hash_find(&r->server->conf->by_addr, &be, sizeof(be));
	return h ? h->name : "";
}

static void test_add(void **state)
{
	struct rig *r = *state;
	struct request q = wanted("02:00:00:00:00:01", "10.97.0.50", "web");
	struct request id = { .op = REQUEST_OP_RESERVE,
			      .has_addr = true,
			      .id_len = 1,
			      .id = { 5 },
			      .addr = 0x0a610033 };
	struct conf_err err;
	const uint8_t mac[6] = { 0 };

	assert_int_equal(reserve_add(r->server, &q, &err), 0);
	assert_string_equal(host_at(r, "10.97.0.50"), "web");
	/* One byte, which is no text. */
	assert_int_equal(reserve_add(r->server, &id, &err), 0);
	assert_non_null(dhcp_conf_host(r->server->conf, mac, id.id, 1));
	assert_string_equal(host_at(r, "10.97.0.51"), "reserved-10.97.0.51");
	stop(r);
	assert_int_equal(start(r, &err), 0);
	assert_string_equal(host_at(r, "10.97.0.50"), "web");
	assert_non_null(dhcp_conf_host(r->server->conf, mac, id.id, 1));
	assert_int_equal(server_reload(r->server, &err), 0);
	assert_string_equal(host_at(r, "10.97.0.50"), "web");
	assert_int_equal(reserve_remove(r->server, &id, &err), 0);
	assert_string_equal(host_at(r, "10.97.0.51"), "");
	assert_string_equal(host_at(r, "10.97.0.50"), "web");
}

static void test_refused(void **state)
{
	static const struct {
		const char *mac, *addr, *name, *why;
	} rows[] = {
		{ "02:00:00:00:00:02", "10.97.0.9", "", "host fixed of dhcpd.conf (line 4)" },
		{ "02:00:00:00:00:09", "10.97.0.10", "", "hardware address already" },
		{ "02:00:00:00:00:02", "10.97.0.10", "fixed", "this name already" },
		{ "02:00:00:00:00:02", "10.97.0.254", "", "own address" },
		{ "02:00:00:00:00:02", "10.97.0.255", "", "10.97.0.255 of host" },
		{ "02:00:00:00:00:02", "10.98.0.1", "", "10.98.0.1 of host" },
	};
	struct rig *r = *state;
	struct conf_err err;
	struct request q;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		q = wanted(rows[i].mac, rows[i].addr, rows[i].name);
		assert_int_equal(reserve_add(r->server, &q, &err), -EINVAL);
		if (!strstr(err.text, rows[i].why))
			fail_msg("row %zu: %s", i, err.text);
	}
	assert_int_equal(r->server->reserve.n, 0);
	assert_int_equal(access(r->file, F_OK), -1);
	q = wanted("02:00:00:00:00:09", "10.97.0.9", "");
	assert_int_equal(reserve_remove(r->server, &q, &err), -EINVAL);
	assert_non_null(strstr(err.text, "remove it there"));
}

/* What goes no longer with dhcpd.conf rests, and is never lost. */
static void test_unfit(void **state)
{
	struct rig *r = *state;
	struct request q = wanted("02:00:00:00:00:01", "10.97.0.50", "web");
	struct request p = wanted("02:00:00:00:00:02", "10.97.0.51", "mail");
	struct conf_err err;
	json_t *list;

	assert_int_equal(reserve_add(r->server, &q, &err), 0);
	assert_int_equal(reserve_add(r->server, &p, &err), 0);
	put(r->conf, BASE "host new { hardware ethernet 02:00:00:00:00:07;"
			  " fixed-address 10.97.0.50; }\n");
	assert_int_equal(server_reload(r->server, &err), 0);
	assert_string_equal(host_at(r, "10.97.0.50"), "new");
	assert_string_equal(host_at(r, "10.97.0.51"), "mail");
	assert_true(r->server->reserve.list[0].why[0]);
	list = reserve_json(r->server);
	assert_int_equal(json_array_size(list), 4);
	json_decref(list);
	/* In the start too. */
	stop(r);
	assert_int_equal(start(r, &err), 0);
	assert_string_equal(host_at(r, "10.97.0.51"), "mail");
	assert_int_equal(r->server->reserve.n, 2);
	put(r->conf, BASE);
	assert_int_equal(server_reload(r->server, &err), 0);
	assert_string_equal(host_at(r, "10.97.0.50"), "web");
	put(r->conf, BASE "host web { hardware ethernet 02:00:00:00:00:01; }\n");
	assert_int_equal(server_reload(r->server, &err), 0);
	q.has_addr = false;
	assert_int_equal(reserve_remove(r->server, &q, &err), 0);
	assert_int_equal(r->server->reserve.n, 1);
}

/* A fault of dhcpd.conf is told as such, and all stays as it was. */
static void test_bad_conf(void **state)
{
	static const char *const bad[] = { BASE "nonsense;\n", BASE "group {\n", "", "subnet" };
	struct rig *r = *state;
	struct request q = wanted("02:00:00:00:00:01", "10.97.0.50", "web");
	struct conf_err err;
	size_t i;

	assert_int_equal(reserve_add(r->server, &q, &err), 0);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put(r->conf, bad[i]);
		assert_int_equal(server_reload(r->server, &err), -EINVAL);
		assert_true(err.line <= 6);
		assert_string_equal(host_at(r, "10.97.0.50"), "web");
	}
	/* What was read last counts, not what is there now. */
	q = wanted("02:00:00:00:00:03", "10.97.0.53", "");
	assert_int_equal(reserve_add(r->server, &q, &err), 0);
}

/* A file that somebody has put his hand to. */
static void test_strange_file(void **state)
{
	struct rig *r = *state;
	struct conf_err err;

	put(r->file, "# comment\n\n  host a { hardware ethernet 02:00:00:00:00:01; "
		     "fixed-address 10.97.0.50; }\nhost b {\n}\nrubbish\n");
	stop(r);
	assert_int_equal(start(r, &err), 0);
	assert_string_equal(host_at(r, "10.97.0.50"), "a");
	assert_int_equal(r->server->conf->nhosts, 2);
	assert_int_equal(r->server->reserve.n, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_add, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unfit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bad_conf, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_strange_file, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
