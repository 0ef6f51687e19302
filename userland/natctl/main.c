// SPDX-License-Identifier: GPL-2.0-or-later
/* vmnet-natctl: asks a running vmnet-natd, and changes its forwards. */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctlclient.h"

#define WAIT_MS 10000

struct args {
	const char *network, *socket;
	bool json;
};

static void usage(FILE *out)
{
	fputs("usage: vmnet-natctl [-n NETWORK | -S SOCKET] [-j] COMMAND [ARG...]\n"
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
	      "  --version      the version\n",
	      out);
}

static const char *text(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));

	return s ? s : "";
}

static long long number(const json_t *j, const char *key)
{
	return json_integer_value(json_object_get(j, key));
}

static void show_flows(const json_t *answer)
{
	const json_t *list = json_object_get(answer, "flows"), *f;
	char name[32];
	size_t i;

	printf("%-5s %-22s %-22s %-11s %8s %8s %14s %14s\n", "PROTO", "GUEST", "PEER", "STATE",
	       "AGE", "IDLE", "OUT", "IN");
	json_array_foreach(list, i, f)
	{
		const char *proto = text(f, "proto"), *peer = text(f, "peer");
		bool echo = !strcmp(proto, "icmp");

		if (!*peer) {
			snprintf(name, sizeof(name), "%s %lld", echo ? "id" : "by port",
				 number(f, echo ? "id" : "host_port"));
			peer = name;
		}
		printf("%-5s %-22s %-22s %-11s %8lld %8lld %14lld %14lld\n", proto,
		       text(f, "guest"), peer, text(f, "state"), number(f, "age"),
		       number(f, "idle"), number(f, echo ? "packets_out" : "bytes_out"),
		       number(f, echo ? "packets_in" : "bytes_in"));
	}
	if (number(answer, "total") > (long long)json_array_size(list))
		printf("%zu of %lld flows\n", json_array_size(list), number(answer, "total"));
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
		const char *addr = text(f, "host"), *name = text(f, "name");

		where(host, sizeof(host), addr, number(f, "host_port"));
		where(guest, sizeof(guest), text(f, "guest"), number(f, "guest_port"));
		printf("%s %s -> %s, %s, %s%s%s%s%s\n", text(f, "proto"), host, guest,
		       text(f, "source"), text(f, "state"), *text(f, "reason") ? ": " : "",
		       text(f, "reason"), *name ? " # " : "", name);
	}
}

static void show_services(const json_t *answer)
{
	const json_t *s;
	size_t i;

	json_array_foreach(json_object_get(answer, "services"), i, s)
	{
		const char *name = text(s, "name");

		printf("%s %lld -> %s:%lld%s%s\n", text(s, "proto"), number(s, "port"),
		       text(s, "host"), number(s, "host_port"), *name ? " # " : "", name);
	}
}

static void show_added(const json_t *answer)
{
	printf("%lld added", number(answer, "added"));
	if (number(answer, "not_listening"))
		printf(", %lld not listening: %s", number(answer, "not_listening"),
		       text(answer, "reason"));
	putchar('\n');
}

static void show_removed(const json_t *answer)
{
	printf("%lld removed%s\n", number(answer, "removed"),
	       strcmp(text(answer, "connections"), "kept") ? "" : ", open connections stay");
}

static void show_statistics(const json_t *answer)
{
	char *s = json_dumps(json_object_get(answer, "statistics"),
			     JSON_INDENT(2) | JSON_PRESERVE_ORDER);

	if (s)
		puts(s);
	free(s);
}

static void show_reloaded(const json_t *answer)
{
	(void)answer;
	puts("nat.conf was read again");
}

static void show_metrics(const json_t *answer)
{
	fputs(text(answer, "metrics"), stdout);
}

static const struct command {
	const char *name, *request;
	int least, most;
	const char *members[4];
	void (*show)(const json_t *answer);
} commands[] = {
	{ "flows", "flows", 0, 2, { "proto", "limit" }, show_flows },
	{ "forwards", "forwards", 0, 0, { 0 }, show_forwards },
	{ "services", "services", 0, 0, { 0 }, show_services },
	{ "add", "add-forward", 3, 4, { "proto", "host", "guest", "name" }, show_added },
	{ "remove", "remove-forward", 2, 2, { "proto", "host" }, show_removed },
	{ "reload", "reload", 0, 0, { 0 }, show_reloaded },
	{ "statistics", "statistics", 0, 0, { 0 }, show_statistics },
	{ "metrics", "metrics", 0, 0, { 0 }, show_metrics },
};

static const struct command *find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(name, commands[i].name))
			return &commands[i];
	return NULL;
}

/* Return: the request, NULL when an argument cannot be sent. */
static char *make_request(const struct command *c, int argc, char **argv)
{
	json_t *j = json_pack("{s:s}", "request", c->request), *v;
	char *line = NULL, *end;
	int i;

	for (i = 0; i < argc; i++) {
		if (!strcmp(c->members[i], "limit")) {
			v = json_integer(strtoll(argv[i], &end, 10));
			if (!*argv[i] || *end)
				goto out;
		} else {
			v = json_string(argv[i]);
		}
		if (json_object_set_new(j, c->members[i], v))
			goto out;
	}
	line = json_dumps(j, JSON_COMPACT);
out:
	json_decref(j);
	return line;
}

static int run(const struct args *a, const struct command *c, const char *request)
{
	json_t *j = NULL;
	char path[256], *answer;
	int err, status = 1;

	if (a->socket)
		snprintf(path, sizeof(path), "%s", a->socket);
	else
		ctl_natd_path(CTL_RUN_DIR, a->network, path, sizeof(path));
	answer = ctl_ask(path, request, WAIT_MS, &err);
	if (!answer) {
		fprintf(stderr, "vmnet-natctl: %s: %s\n", path, strerror(-err));
		return 1;
	}
	j = json_loads(answer, 0, NULL);
	if (!json_is_object(j)) {
		fprintf(stderr, "vmnet-natctl: %s: not an answer of vmnet-natd\n", path);
	} else if (a->json) {
		puts(answer);
		status = !json_is_true(json_object_get(j, "ok"));
	} else if (!json_is_true(json_object_get(j, "ok"))) {
		fprintf(stderr, "vmnet-natctl: %s\n", text(j, "error"));
	} else {
		c->show(j);
		status = 0;
	}
	json_decref(j);
	free(answer);
	return status;
}

enum { OPT_VERSION = 256 };

int main(int argc, char **argv)
{
	static const struct option opts[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, OPT_VERSION },
		{ NULL, 0, NULL, 0 },
	};
	struct args a = { .network = "vmnet8" };
	const struct command *c = NULL;
	char *request;
	int opt, status;

	while ((opt = getopt_long(argc, argv, "+n:S:jh", opts, NULL)) != -1) {
		switch (opt) {
		case 'n':
			a.network = optarg;
			break;
		case 'S':
			a.socket = optarg;
			break;
		case 'j':
			a.json = true;
			break;
		case 'h':
			usage(stdout);
			return 0;
		case OPT_VERSION:
			puts("vmnet-natctl " VMNET_VERSION);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (optind < argc)
		c = find(argv[optind++]);
	if (!c || argc - optind < c->least || argc - optind > c->most) {
		usage(stderr);
		return 2;
	}
	request = make_request(c, argc - optind, argv + optind);
	if (!request) {
		fprintf(stderr, "vmnet-natctl: an argument is not a number, or not UTF-8\n");
		return 2;
	}
	status = run(&a, c, request);
	free(request);
	return status;
}
