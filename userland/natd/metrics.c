// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metrics.h"
#include "openmetrics.h"

/* The parts of the status that count events; all of their numbers do. */
static const struct {
	const char *name, *help;
} counters[] = {
	{ "frames", "Ethernet frames on the guests' side." },
	{ "bad", "What was refused as unsound, by the reason." },
	{ "tcp", "Connections of guests." },
	{ "udp", "Datagrams of guests, and their mappings." },
	{ "icmp", "Echoes of guests, and ICMP errors." },
	{ "dns", "Names that guests have asked for." },
	{ "ftp", "Connections of FTP servers to guests." },
};

/* Members of these parts that are no counters. */
static const char *const gauges[] = { "host_names", "guest_names" };

static const char *string_of(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));

	return s ? s : "";
}

static void put_family(FILE *f, const char *name, const char *type, const char *help)
{
	char whole[64];

	snprintf(whole, sizeof(whole), "vmnet_natd%s", name);
	openmetrics_family(f, whole, type, help);
}

static bool is_gauge(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(gauges) / sizeof(gauges[0]); i++)
		if (!strcmp(name, gauges[i]))
			return true;
	return false;
}

static void put_counters(FILE *f, const json_t *status, const char *name, const char *help)
{
	json_t *part = json_object_get(status, name), *v;
	const char *key;
	char family[32];

	snprintf(family, sizeof(family), "_%s", name);
	put_family(f, family, "counter", help);
	json_object_foreach(part, key, v)
	{
		if (!json_is_integer(v) || is_gauge(key))
			continue;
		fprintf(f, "vmnet_natd_%s_total{", name);
		openmetrics_label(f, "event", key);
		fprintf(f, "} %" JSON_INTEGER_FORMAT "\n", json_integer_value(v));
	}
}

static void put_flows(FILE *f, const json_t *status)
{
	json_t *flows = json_object_get(status, "flows"), *v;
	const char *key;

	put_family(f, "_flows", "gauge", "What guests have open.");
	json_object_foreach(flows, key, v)
	{
		fputs("vmnet_natd_flows{", f);
		openmetrics_label(f, "proto", key);
		fprintf(f, "} %" JSON_INTEGER_FORMAT "\n", json_integer_value(v));
	}
}

static void put_forwards(FILE *f, const json_t *status)
{
	const json_t *list = json_object_get(status, "forwards"), *v;
	size_t i, listening = 0;

	json_array_foreach(list, i, v) if (!strcmp(string_of(v, "state"), "listening")) listening++;
	put_family(f, "_forwards", "gauge", "Ports of the host that lead to guests.");
	fprintf(f,
		"vmnet_natd_forwards{state=\"listening\"} %zu\n"
		"vmnet_natd_forwards{state=\"not listening\"} %zu\n",
		listening, json_array_size(list) - listening);
}

static void put_names(FILE *f, const json_t *status, const char *name, const char *help)
{
	const json_t *dns = json_object_get(status, "dns");
	char family[32];

	snprintf(family, sizeof(family), "_%s", name);
	put_family(f, family, "gauge", help);
	fprintf(f, "vmnet_natd_%s %" JSON_INTEGER_FORMAT "\n", name,
		json_integer_value(json_object_get(dns, name)));
}

/**
 * metrics_text - the status for a program that collects figures
 * @status: as status_json() makes it
 *
 * Return: the text, to be freed; NULL without memory.
 */
char *metrics_text(const json_t *status)
{
	const json_t *net = json_object_get(status, "network");
	char *text = NULL;
	size_t len, i;
	FILE *f = open_memstream(&text, &len);
	bool bad;

	if (!f)
		return NULL;
	put_family(f, "", "info", "The program and its network.");
	fputs("vmnet_natd_info{", f);
	openmetrics_label(f, "version", string_of(status, "version"));
	fputc(',', f);
	openmetrics_label(f, "port", string_of(net, "port"));
	fputc(',', f);
	openmetrics_label(f, "gateway", string_of(net, "ip"));
	fputs("} 1\n", f);
	put_flows(f, status);
	put_forwards(f, status);
	for (i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
		put_counters(f, status, counters[i].name, counters[i].help);
	put_names(f, status, "host_names", "Names that the host's own file has.");
	put_names(f, status, "guest_names", "Guests that have a name by their lease.");
	fputs("# EOF\n", f);
	bad = ferror(f);
	if (fclose(f) || bad) {
		free(text);
		return NULL;
	}
	return text;
}
