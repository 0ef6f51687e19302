// SPDX-License-Identifier: GPL-2.0-or-later
/* vmnet-dhcpctl: asks a running vmnet-dhcpd, and changes what is reserved. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctlprog.h"
#include "pkt.h"

static const char usage[] =
	"usage: vmnet-dhcpctl [-n NETWORK | -S SOCKET] [-j] COMMAND [ARG...]\n"
	"\n"
	"Asks a running vmnet-dhcpd.\n"
	"\n"
	"  leases [FILTER...]            leases that are or were (1000 of them)\n"
	"  show ADDRESS                  one lease\n"
	"  release ADDRESS               end a lease, as if the client had said so\n"
	"  reservations                  addresses that are reserved\n"
	"  reserve WHO ADDRESS [NAME]    reserve one\n"
	"  unreserve ADDRESS|NAME        no longer; for what 'reserve' has made\n"
	"  watch                         tell what happens to leases, as it happens\n"
	"  reload                        have dhcpd.conf read again\n"
	"  statistics                    what has happened so far\n"
	"  metrics                       the same as OpenMetrics text\n"
	"\n"
	"  FILTER: active, offered, probed, free or abandoned; ADDRESS or ADDRESS/BITS;\n"
	"  a hardware address; id=CLIENT-IDENTIFIER; the most to be listed\n"
	"  WHO: a hardware address, or id=CLIENT-IDENTIFIER, 01:00:50:56:...\n"
	"\n"
	"  -n NETWORK     its vmnet-dhcpd is asked (vmnet8)\n"
	"  -S SOCKET      or the one that has this socket\n"
	"  -j, --json     the answer as it came, one line of JSON\n"
	"  -h, --help     this text\n"
	"  --version      the version\n";

static uint32_t address_of(const json_t *lease)
{
	uint32_t be;

	return ip4_parse(ctl_text(lease, "address"), &be) ? 0 : ntohl(be);
}

static int compare(const void *a, const void *b)
{
	uint32_t x = address_of(*(json_t *const *)a), y = address_of(*(json_t *const *)b);

	return x < y ? -1 : x > y;
}

/* "-" where there is none; what never ends has none either. */
static const char *or_dash(const json_t *j, const char *key)
{
	const char *s = ctl_text(j, key);

	return *s ? s : "-";
}

static const char *end_of(const json_t *j)
{
	const json_t *ends = json_object_get(j, "ends");

	return ends && json_is_null(ends) ? "never" : or_dash(j, "ends");
}

static void show_lease_line(const json_t *l)
{
	printf("%-15s %-17s %-9s %-20s %-20s %s\n", ctl_text(l, "address"), ctl_text(l, "mac"),
	       ctl_text(l, "state"), end_of(l), or_dash(l, "hostname"), or_dash(l, "client_id"));
}

static void show_leases(const json_t *answer)
{
	const json_t *list = json_object_get(answer, "leases");
	size_t i, n = json_array_size(list);
	json_t **order = calloc(n + 1, sizeof(json_t *));

	if (!order)
		return;
	for (i = 0; i < n; i++)
		order[i] = json_array_get(list, i);
	qsort(order, n, sizeof(json_t *), compare);
	printf("%-15s %-17s %-9s %-20s %-20s %s\n", "ADDRESS", "MAC", "STATE", "ENDS", "NAME",
	       "CLIENT ID");
	for (i = 0; i < n; i++)
		show_lease_line(order[i]);
	free(order);
	if (ctl_number(answer, "total") > (long long)n)
		printf("%zu of %lld leases\n", n, ctl_number(answer, "total"));
}

static void show_lease(const json_t *answer)
{
	const json_t *l = json_object_get(answer, "lease");

	printf("address    %s\nstate      %s\nmac        %s\n", ctl_text(l, "address"),
	       ctl_text(l, "state"), ctl_text(l, "mac"));
	printf("client id  %s\nname       %s\n", or_dash(l, "client_id"), or_dash(l, "hostname"));
	printf("starts     %s\nends       %s\n", or_dash(l, "starts"), end_of(l));
	printf("reserved   %s\n", json_is_true(json_object_get(l, "reserved")) ? "yes" : "no");
}

static void show_released(const json_t *answer)
{
	printf("%s is free\n", ctl_text(json_object_get(answer, "lease"), "address"));
}

static void show_reservations(const json_t *answer)
{
	const json_t *r;
	size_t i;

	json_array_foreach(json_object_get(answer, "reservations"), i, r)
	{
		const char *mac = ctl_text(r, "mac");

		if (*ctl_text(r, "reason"))
			printf("not used: %s: %s\n", ctl_text(r, "text"), ctl_text(r, "reason"));
		else
			printf("%-15s %-17s %s, %s\n", ctl_text(r, "address"),
			       *mac ? mac : or_dash(r, "client_id"), ctl_text(r, "name"),
			       ctl_text(r, "source"));
	}
}

static void show_done(const json_t *answer)
{
	(void)answer;
	puts("done");
}

static void show_reloaded(const json_t *answer)
{
	(void)answer;
	puts("dhcpd.conf was read again");
}

static void show_nothing(const json_t *answer)
{
	(void)answer;
}

static void show_event(const json_t *e)
{
	printf("%s %-9s %-15s %s %s, ends %s\n", ctl_text(e, "time"), ctl_text(e, "event"),
	       ctl_text(e, "address"), ctl_text(e, "mac"), or_dash(e, "hostname"), end_of(e));
}

static bool put(json_t *request, const char *key, const char *value)
{
	/* One of a kind. */
	return !json_object_get(request, key) &&
	       !json_object_set_new(request, key, json_string(value));
}

/* Who is meant: a hardware address, or id=... */
static bool put_who(json_t *request, const char *who)
{
	if (!strncmp(who, "id=", 3))
		return put(request, "client_id", who + 3);
	return put(request, "mac", who);
}

static bool fill_leases(json_t *request, int argc, char **argv)
{
	bool good = true;
	char *end;
	int i;

	for (i = 0; i < argc && good; i++) {
		const char *a = argv[i];
		long long n = strtoll(a, &end, 10);

		if (*a && !*end)
			good = !json_object_set_new(request, "limit", json_integer(n));
		else if (!strncmp(a, "id=", 3) || strchr(a, ':'))
			good = put_who(request, a);
		else if (strchr(a, '.'))
			good = put(request, "address", a);
		else
			good = put(request, "state", a);
	}
	return good;
}

static bool fill_reserve(json_t *request, int argc, char **argv)
{
	return put_who(request, argv[0]) && put(request, "address", argv[1]) &&
	       (argc < 3 || put(request, "name", argv[2]));
}

static bool fill_unreserve(json_t *request, int argc, char **argv)
{
	uint32_t be;

	(void)argc;
	return put(request, ip4_parse(argv[0], &be) ? "name" : "address", argv[0]);
}

static const struct ctlprog_command commands[] = {
	{ .name = "leases",
	  .request = "leases",
	  .most = 6,
	  .fill = fill_leases,
	  .show = show_leases },
	{ .name = "show",
	  .request = "lease",
	  .least = 1,
	  .most = 1,
	  .members = { "address" },
	  .show = show_lease },
	{ .name = "release",
	  .request = "release",
	  .least = 1,
	  .most = 1,
	  .members = { "address" },
	  .show = show_released },
	{ .name = "reservations", .request = "reservations", .show = show_reservations },
	{ .name = "reserve",
	  .request = "reserve",
	  .least = 2,
	  .most = 3,
	  .fill = fill_reserve,
	  .show = show_done },
	{ .name = "unreserve",
	  .request = "unreserve",
	  .least = 1,
	  .most = 1,
	  .fill = fill_unreserve,
	  .show = show_done },
	{ .name = "watch", .request = "watch", .show = show_nothing, .event = show_event },
	{ .name = "reload", .request = "reload", .show = show_reloaded },
	{ .name = "statistics", .request = "statistics", .show = ctl_show_statistics },
	{ .name = "metrics", .request = "metrics", .show = ctl_show_metrics },
};

int main(int argc, char **argv)
{
	static const struct ctlprog prog = {
		.name = "vmnet-dhcpctl",
		.daemon = "vmnet-dhcpd",
		.usage = usage,
		.commands = commands,
		.ncommands = sizeof(commands) / sizeof(commands[0]),
	};

	return ctlprog_main(&prog, argc, argv);
}
