// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "metrics.h"
#include "status.h"

static struct server *a_server(struct dhcp_subnet *local, struct dhcp_conf *conf)
{
	struct server *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	conf->local = local;
	s->conf = conf;
	s->name = "odd \"name\"\n\\";
	return s;
}

static void test_text(void **state)
{
	struct dhcp_subnet local = { .mask = 0x00ffffff };
	struct dhcp_conf conf = { 0 };
	struct server *s = a_server(&local, &conf);
	json_t *status;
	char *text;

	(void)state;
	s->db.nactive = 7;
	s->stats.sent[5] = 9;
	s->stats.dropped[DROP_OFTEN] = 3;
	status = status_json(s);
	assert_non_null(status);
	text = metrics_text(status);
	assert_non_null(text);
	assert_non_null(strstr(text, "name=\"odd \\\"name\\\"\\n\\\\\""));
	assert_non_null(strstr(text, "\nvmnet_dhcpd_leases_active 7\n"));
	assert_non_null(strstr(text, "\nvmnet_dhcpd_sent_total{type=\"ack\"} 9\n"));
	assert_non_null(strstr(text, "\nvmnet_dhcpd_dropped_total{reason=\"too_often\"} 3\n"));
	assert_string_equal(text + strlen(text) - 6, "# EOF\n");
	free(text);
	json_decref(status);
	free(s);
}

/* One TYPE for each family, before its samples: what the parser insists on. */
static void test_families(void **state)
{
	struct dhcp_subnet local = { 0 };
	struct dhcp_conf conf = { 0 };
	struct server *s = a_server(&local, &conf);
	json_t *status = status_json(s);
	char *text = metrics_text(status), *at, *end, family[64], *twice;

	(void)state;
	for (at = text; (at = strstr(at, "# TYPE ")); at = end) {
		end = strchr(at, '\n');
		assert_true((size_t)(end - at) < sizeof(family));
		memcpy(family, at, (size_t)(end - at));
		family[end - at] = '\0';
		twice = strstr(end, family);
		assert_null(twice);
	}
	free(text);
	json_decref(status);
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_families),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
