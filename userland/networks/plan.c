// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "plan.h"

#define START "###### VMNET Configuration. Start of \"DO NOT MODIFY SECTION\" ######"
#define END "###### VMNET Configuration. End of \"DO NOT MODIFY SECTION\" ######"
#define START_MARK "Start of \"DO NOT MODIFY SECTION\""
#define END_MARK "End of \"DO NOT MODIFY SECTION\""
#define HASH "# Section hash: "

/* A text that grows; NULL once memory was short. */
struct text {
	char *s;
	size_t len;
	bool failed;
};

static void add(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	char *more, *bigger;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&more, fmt, ap);
	va_end(ap);
	if (n < 0) {
		t->failed = true;
		return;
	}
	bigger = realloc(t->s, t->len + (size_t)n + 1);
	if (bigger) {
		t->s = bigger;
		memcpy(t->s + t->len, more, (size_t)n + 1);
		t->len += (size_t)n;
	} else {
		t->failed = true;
	}
	free(more);
}

static char *finish(struct text *t)
{
	if (t->failed) {
		free(t->s);
		return NULL;
	}
	return t->s;
}

static bool is_taken(const struct plan_taken *taken, size_t n, uint32_t net)
{
	size_t i;

	for (i = 0; i < n; i++) {
		uint32_t mask = taken[i].mask & 0xffffff00U;

		if ((net & mask) == (taken[i].net & mask))
			return true;
	}
	return false;
}

/**
 * plan_subnets() - two private /24 subnets that nobody uses
 * @taken: what the host knows: its addresses and routes
 * @n: how many
 * @seed: where to begin to look
 * @out: the subnets, host byte order
 *
 * Return: 0, or -ENOSPC when all of 192.168/16 and 172.16/12 is taken.
 */
int plan_subnets(const struct plan_taken *taken, size_t n, uint32_t seed, uint32_t out[2])
{
	unsigned int i, found = 0;

	/* 255 subnets of 192.168, then 4,096 of 172.16/12. */
	for (i = 0; i < 255 + 4096 && found < 2; i++) {
		uint32_t net;

		if (i < 255)
			net = 0xc0a80000U | (((seed + i) % 255) << 8);
		else
			net = 0xac100000U | (((seed + i) % 4096) << 8);
		if (!is_taken(taken, n, net))
			out[found++] = net;
	}
	return found == 2 ? 0 : -ENOSPC;
}

/* The networks of a fresh installation. */
char *plan_default(uint32_t subnet1, uint32_t subnet8)
{
	char a[NET_ADDR_STRLEN];
	struct text t = { 0 };

	add(&t, "%s\n", NETWORKING_VERSION);
	add(&t, "answer VNET_1_DHCP yes\n");
	add(&t, "answer VNET_1_HOSTONLY_NETMASK 255.255.255.0\n");
	add(&t, "answer VNET_1_HOSTONLY_SUBNET %s\n", net_addr_str(subnet1, a));
	add(&t, "answer VNET_1_VIRTUAL_ADAPTER yes\n");
	add(&t, "answer VNET_8_DHCP yes\n");
	add(&t, "answer VNET_8_HOSTONLY_NETMASK 255.255.255.0\n");
	add(&t, "answer VNET_8_HOSTONLY_SUBNET %s\n", net_addr_str(subnet8, a));
	add(&t, "answer VNET_8_NAT yes\n");
	add(&t, "answer VNET_8_VIRTUAL_ADAPTER yes\n");
	return finish(&t);
}

static void add_hosts(struct text *t, const struct net_vnet *v)
{
	char a[NET_ADDR_STRLEN];
	size_t i;

	if (v->adapter == NET_YES) {
		add(t, "host vmnet%u {\n", v->number);
		add(t, "\thardware ethernet 00:50:56:C0:00:%02X;\n", v->number);
		add(t, "\tfixed-address %s;\n", net_addr_str(net_vnet_host_addr(v), a));
		add(t, "\toption domain-name-servers 0.0.0.0;\n\toption domain-name \"\";\n");
		if (v->nat == NET_YES)
			add(t, "\toption routers 0.0.0.0;\n");
		add(t, "}\n");
	}
	for (i = 0; i < v->nreservations; i++) {
		const struct net_reservation *r = &v->reservations[i];

		add(t, "host vmnet%u-guest%zu {\n", v->number, i + 1);
		add(t, "\thardware ethernet %02x:%02x:%02x:%02x:%02x:%02x;\n", r->mac[0], r->mac[1],
		    r->mac[2], r->mac[3], r->mac[4], r->mac[5]);
		add(t, "\tfixed-address %s;\n}\n", net_addr_str(r->addr, a));
	}
}

/* dhcpd.conf of a network, without the marks. */
char *plan_dhcpd_conf(const struct net_vnet *v)
{
	uint32_t dns = v->nat == NET_YES ? net_vnet_nat_addr(v) : net_vnet_host_addr(v);
	char a[NET_ADDR_STRLEN], b[NET_ADDR_STRLEN];
	struct text t = { 0 };

	add(&t, "# Configuration of the DHCP server on vmnet%u.\n", v->number);
	add(&t, "allow unknown-clients;\n");
	add(&t, "default-lease-time 1800;\t\t# default is 30 minutes\n");
	add(&t, "max-lease-time 7200;\t\t\t# default is 2 hours\n\n");
	add(&t, "subnet %s netmask %s {\n", net_addr_str(v->subnet, a),
	    net_addr_str(net_vnet_mask(v), b));
	add(&t, "\trange %s %s;\n", net_addr_str(net_vnet_range_first(v), a),
	    net_addr_str(net_vnet_range_last(v), b));
	add(&t, "\toption broadcast-address %s;\n", net_addr_str(net_vnet_broadcast(v), a));
	add(&t, "\toption domain-name-servers %s;\n", net_addr_str(dns, a));
	add(&t, "\toption domain-name localdomain;\n");
	add(&t, "\tdefault-lease-time 1800;\n\tmax-lease-time 7200;\n");
	if (v->mtu)
		add(&t, "\toption interface-mtu %u;\n", v->mtu);
	if (v->nat == NET_YES)
		add(&t, "\toption netbios-name-servers %s;\n\toption routers %s;\n",
		    net_addr_str(dns, a), net_addr_str(dns, b));
	add(&t, "}\n");
	add_hosts(&t, v);
	return finish(&t);
}

static void add_forwards(struct text *t, const struct net_vnet *v, uint8_t proto)
{
	char a[NET_ADDR_STRLEN];
	size_t i;

	for (i = 0; i < v->nforwards; i++) {
		const struct net_forward *f = &v->forwards[i];

		if (f->proto != proto)
			continue;
		if (f->description)
			add(t, "# %s\n", f->description);
		add(t, "%u = %s:%u\n", f->host_port, net_addr_str(f->guest_addr, a), f->guest_port);
	}
}

/* nat.conf of a network, without the marks. */
char *plan_nat_conf(const struct net_vnet *v)
{
	char a[NET_ADDR_STRLEN], prefix[46];
	struct text t = { 0 };

	add(&t, "# Configuration of the NAT on vmnet%u.\n[host]\n", v->number);
	add(&t, "ip = %s/%u\n", net_addr_str(net_vnet_nat_addr(v), a),
	    net_mask_bits(net_vnet_mask(v)));
	add(&t, "netmask = %s\n", net_addr_str(net_vnet_mask(v), a));
	add(&t, "hostIp = %s\n", net_addr_str(net_vnet_host_addr(v), a));
	add(&t, "device = /dev/vmnet%u\n", v->number);
	if (v->ip6_prefix.family)
		add(&t, "natIp6Enable = 1\nnatIp6Prefix = %s/64\n",
		    ipaddr_format(&v->ip6_prefix, prefix));
	if (net_vnet_advertises(v))
		return finish(&t);
	if (v->has_udp_timeout)
		add(&t, "[udp]\ntimeout = %u\n", v->udp_timeout);
	add(&t, "[incomingtcp]\n");
	add_forwards(&t, v, IPPROTO_TCP);
	add(&t, "[incomingudp]\n");
	add_forwards(&t, v, IPPROTO_UDP);
	return finish(&t);
}

/* netmap.conf, which other programs read to find networks. */
char *plan_netmap(const struct networking *nc)
{
	struct text t = { 0 };
	unsigned int i, n = 0;

	add(&t, "# This file is written by vmnet-networks.\n");
	for (i = 0; i < NETWORKING_VNETS; i++) {
		const struct net_vnet *v = nc->vnets[i];
		const char *name = "HostOnly";

		if (!networking_in_use(nc, i))
			continue;
		if (networking_is_bridged(nc, i))
			name = "Bridged";
		else if (v->nat == NET_YES)
			name = "NAT";
		if (v && v->display_name && *v->display_name)
			name = v->display_name;
		add(&t, "network%u.name = \"%s\"\nnetwork%u.device = \"vmnet%u\"\n", n, name, n, i);
		n++;
	}
	return finish(&t);
}

static uint64_t hash(const char *s, size_t len)
{
	uint64_t h = 14695981039346656037ULL;

	while (len--)
		h = (h ^ (uint8_t)*s++) * 1099511628211ULL;
	return h;
}

/* The line that has @mark in it, or NULL. */
static const char *line_with(const char *text, const char *mark)
{
	const char *at = strstr(text, mark);

	while (at && at > text && at[-1] != '\n')
		at--;
	return at;
}

static const char *next_line(const char *at)
{
	const char *nl = strchr(at, '\n');

	return nl ? nl + 1 : at + strlen(at);
}

/* Was the marked section changed by hand? Ours says what it was. */
static bool was_edited(const char *body, const char *end)
{
	unsigned long long h;

	if (strncmp(body, HASH, strlen(HASH)) != 0 || sscanf(body + strlen(HASH), "%llx", &h) != 1)
		return true;
	body = next_line(body);
	return body > end || hash(body, (size_t)(end - body)) != h;
}

/**
 * plan_merge() - put a generated section into a file
 * @old: the file, or NULL; text around the marks is kept
 * @block: the section
 * @edited: set when the old section had been changed by hand
 *
 * A file without marks is kept whole behind the section, as comments: it was
 * another's, and both would contradict each other.
 *
 * Return: the new text, NULL without memory.
 */
char *plan_merge(const char *old, const char *block, bool *edited)
{
	const char *start = old ? line_with(old, START_MARK) : NULL;
	const char *end = start ? line_with(start, END_MARK) : NULL;
	struct text t = { 0 };

	*edited = false;
	if (end) {
		*edited = was_edited(next_line(start), end);
		add(&t, "%.*s", (int)(start - old), old);
	}
	add(&t, "%s\n%s%016llx\n%s%s\n", START, HASH,
	    (unsigned long long)hash(block, strlen(block)), block, END);
	if (end) {
		add(&t, "%s", next_line(end));
	} else if (old && *old) {
		*edited = true;
		while (*old) {
			const char *next = next_line(old);

			add(&t, "#%.*s", (int)(next - old), old);
			old = next;
		}
	}
	return finish(&t);
}
