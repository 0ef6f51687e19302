// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdbool.h>
#include <stdlib.h>

#include "metrics.h"
#include "openmetrics.h"

/* Parts of the status whose numbers are a family, and what tells them apart. */
static const struct {
	const char *part, *family, *label, *help;
} counters[] = {
	{ "received", "vmnet_dhcpd_received", "type", "Messages of clients." },
	{ "sent", "vmnet_dhcpd_sent", "type", "Replies." },
	{ "dropped", "vmnet_dhcpd_dropped", "reason", "Messages without a reply." },
	{ "events", "vmnet_dhcpd_lease_events", "event", "What has happened to leases." },
	{ "probes", "vmnet_dhcpd_probes", "event", "Addresses asked for before an offer." },
	{ "hook", "vmnet_dhcpd_hook", "event", "Runs of the hook's command." },
};

/* Single numbers. */
static const struct {
	const char *part, *member, *family, *help;
} gauges[] = {
	{ "leases", "active", "vmnet_dhcpd_leases_active", "Leases in use." },
	{ "leases", "addresses", "vmnet_dhcpd_addresses", "Addresses that there are to lease." },
	{ "leases", "records", "vmnet_dhcpd_records", "Addresses of which something is known." },
	{ "leases", "hosts", "vmnet_dhcpd_hosts", "Declared hosts, reservations among them." },
	{ "watchers", "now", "vmnet_dhcpd_watchers", "Clients that watch leases." },
};

static void put_counters(FILE *f, const json_t *part, const char *family, const char *label,
			 const char *help)
{
	const char *key;
	json_t *v;

	openmetrics_family(f, family, "counter", help);
	json_object_foreach((json_t *)part, key, v)
	{
		fprintf(f, "%s_total{", family);
		openmetrics_label(f, label, key);
		fprintf(f, "} %" JSON_INTEGER_FORMAT "\n", json_integer_value(v));
	}
}

static void put_info(FILE *f, const json_t *status)
{
	static const char *const labels[] = { "name", "port", "subnet", "server" };
	const json_t *net = json_object_get(status, "network");
	size_t i;

	openmetrics_family(f, "vmnet_dhcpd", "info", "The program and its network.");
	fputs("vmnet_dhcpd_info{", f);
	openmetrics_label(f, "version", json_string_value(json_object_get(status, "version")));
	for (i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		fputc(',', f);
		openmetrics_label(f, labels[i], json_string_value(json_object_get(net, labels[i])));
	}
	fputs("} 1\n", f);
}

/**
 * metrics_text - the status for a program that collects figures
 * @status: as status_json() makes it
 *
 * Return: the text, to be freed; NULL without memory.
 */
char *metrics_text(const json_t *status)
{
	char *text = NULL;
	size_t len, i;
	FILE *f = open_memstream(&text, &len);
	bool bad;

	if (!f)
		return NULL;
	put_info(f, status);
	for (i = 0; i < sizeof(gauges) / sizeof(gauges[0]); i++) {
		const json_t *part = json_object_get(status, gauges[i].part);

		openmetrics_family(f, gauges[i].family, "gauge", gauges[i].help);
		fprintf(f, "%s %" JSON_INTEGER_FORMAT "\n", gauges[i].family,
			json_integer_value(json_object_get(part, gauges[i].member)));
	}
	for (i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
		put_counters(f, json_object_get(status, counters[i].part), counters[i].family,
			     counters[i].label, counters[i].help);
	fputs("# EOF\n", f);
	bad = ferror(f);
	if (fclose(f) || bad) {
		free(text);
		return NULL;
	}
	return text;
}
