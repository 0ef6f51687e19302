// SPDX-License-Identifier: GPL-2.0-or-later
/* vmnet-natctl: asks a running vmnet-natd, and changes its forwards. */
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctlprog.h"

static const char usage[] =
	"usage: vmnet-natctl [-n NETWORK | -S SOCKET] [-j] COMMAND [ARG...]\n"
	"\n"
	"Asks a running vmnet-natd.\n"
	"\n"
	"  flows [tcp|udp|icmp] [MOST]   what guests have open (1000 of it)\n"
	"  forwards                      ports of the host that lead to guests\n"
	"  services                      ports of the gateway that lead to the host\n"
	"  add tcp|udp [ADDRESS:]PORTS GUEST:PORT [NAME]\n"
	"                                lead ports to a guest, as nat.conf does\n"
	"  remove tcp|udp [ADDRESS:]PORTS\n"
	"                                no longer; connections that are open stay\n"
	"  reload                        have nat.conf read again\n"
	"  statistics                    what has happened so far\n"
	"  metrics                       the same as OpenMetrics text\n"
	"\n"
	"  -n NETWORK     its vmnet-natd is asked (vmnet8)\n"
	"  -S SOCKET      or the one that has this socket\n"
	"  -j, --json     the answer as it came, one line of JSON\n"
	"  -h, --help     this text\n"
	"  --version      the version\n";

static void show_flows(const json_t *answer)
{
	const json_t *list = json_object_get(answer, "flows"), *f;
	char name[32];
	size_t i;

	printf("%-5s %-22s %-22s %-11s %8s %8s %14s %14s\n", "PROTO", "GUEST", "PEER", "STATE",
	       "AGE", "IDLE", "OUT", "IN");
	json_array_foreach(list, i, f)
	{
		const char *proto = ctl_text(f, "proto"), *peer = ctl_text(f, "peer");
		bool echo = !strcmp(proto, "icmp");

		if (!*peer) {
			snprintf(name, sizeof(name), "%s %lld", echo ? "id" : "by port",
				 ctl_number(f, echo ? "id" : "host_port"));
			peer = name;
		}
		printf("%-5s %-22s %-22s %-11s %8lld %8lld %14lld %14lld\n", proto,
		       ctl_text(f, "guest"), peer, ctl_text(f, "state"), ctl_number(f, "age"),
		       ctl_number(f, "idle"), ctl_number(f, echo ? "packets_out" : "bytes_out"),
		       ctl_number(f, echo ? "packets_in" : "bytes_in"));
	}
	if (ctl_number(answer, "total") > (long long)json_array_size(list))
		printf("%zu of %lld flows\n", json_array_size(list), ctl_number(answer, "total"));
}

/* ADDRESS:PORT, [ADDRESS]:PORT, or PORT when there is no address. */
static void where(char *buf, size_t size, const char *addr, long long port)
{
	if (strchr(addr, ':'))
		snprintf(buf, size, "[%s]:%lld", addr, port);
	else
		snprintf(buf, size, "%s%s%lld", addr, *addr ? ":" : "", port);
}

static void show_forwards(const json_t *answer)
{
	const json_t *f;
	char host[64], guest[64];
	size_t i;

	json_array_foreach(json_object_get(answer, "forwards"), i, f)
	{
		const char *addr = ctl_text(f, "host"), *name = ctl_text(f, "name");

		where(host, sizeof(host), addr, ctl_number(f, "host_port"));
		where(guest, sizeof(guest), ctl_text(f, "guest"), ctl_number(f, "guest_port"));
		printf("%s %s -> %s, %s, %s%s%s%s%s\n", ctl_text(f, "proto"), host, guest,
		       ctl_text(f, "source"), ctl_text(f, "state"),
		       *ctl_text(f, "reason") ? ": " : "", ctl_text(f, "reason"),
		       *name ? " # " : "", name);
	}
}

static void show_services(const json_t *answer)
{
	const json_t *s;
	size_t i;

	json_array_foreach(json_object_get(answer, "services"), i, s)
	{
		const char *name = ctl_text(s, "name");

		printf("%s %lld -> %s:%lld%s%s\n", ctl_text(s, "proto"), ctl_number(s, "port"),
		       ctl_text(s, "host"), ctl_number(s, "host_port"), *name ? " # " : "", name);
	}
}

static void show_added(const json_t *answer)
{
	printf("%lld added", ctl_number(answer, "added"));
	if (ctl_number(answer, "not_listening"))
		printf(", %lld not listening: %s", ctl_number(answer, "not_listening"),
		       ctl_text(answer, "reason"));
	putchar('\n');
}

static void show_removed(const json_t *answer)
{
	printf("%lld removed%s\n", ctl_number(answer, "removed"),
	       strcmp(ctl_text(answer, "connections"), "kept") ? "" : ", open connections stay");
}

static void show_reloaded(const json_t *answer)
{
	(void)answer;
	puts("nat.conf was read again");
}

static const struct ctlprog_command commands[] = {
	{ .name = "flows",
	  .request = "flows",
	  .most = 2,
	  .members = { "proto", "limit" },
	  .show = show_flows },
	{ .name = "forwards", .request = "forwards", .show = show_forwards },
	{ .name = "services", .request = "services", .show = show_services },
	{ .name = "add",
	  .request = "add-forward",
	  .least = 3,
	  .most = 4,
	  .members = { "proto", "host", "guest", "name" },
	  .show = show_added },
	{ .name = "remove",
	  .request = "remove-forward",
	  .least = 2,
	  .most = 2,
	  .members = { "proto", "host" },
	  .show = show_removed },
	{ .name = "reload", .request = "reload", .show = show_reloaded },
	{ .name = "statistics", .request = "statistics", .show = ctl_show_statistics },
	{ .name = "metrics", .request = "metrics", .show = ctl_show_metrics },
};

int main(int argc, char **argv)
{
	static const struct ctlprog prog = {
		.name = "vmnet-natctl",
		.daemon = "vmnet-natd",
		.usage = usage,
		.commands = commands,
		.ncommands = sizeof(commands) / sizeof(commands[0]),
	};

	return ctlprog_main(&prog, argc, argv);
}
