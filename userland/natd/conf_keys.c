// SPDX-License-Identifier: GPL-2.0-or-later
/* The keys of nat.conf, each with the values that it takes. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conf_parser.h"
#include "names.h"

#define BUSY_POLL_MOST 1000

static int parse_uint(const char *s, unsigned long max, unsigned long *out)
{
	unsigned long v = 0;

	if (!*s)
		return -EINVAL;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return -EINVAL;
		v = v * 10 + (unsigned long)(*s - '0');
		if (v > max)
			return -ERANGE;
	}
	*out = v;
	return 0;
}

static int set_bool(struct conf_parser *p, const char *key, const char *value, bool *out)
{
	if (strcmp(value, "0") && strcmp(value, "1"))
		return conf_parser_fail(p, "%s is 0 or 1, not \"%s\"", key, value);
	*out = *value == '1';
	return 0;
}

static int set_seconds(struct conf_parser *p, const char *key, const char *value, unsigned int *out)
{
	unsigned long v;

	if (parse_uint(value, 30UL * 86400, &v))
		return conf_parser_fail(p, "%s is a number of seconds, not \"%s\"", key, value);
	*out = (unsigned int)v;
	return 0;
}

static int set_port(struct conf_parser *p, const char *key, const char *value, uint16_t *out)
{
	unsigned long v;

	if (parse_uint(value, 65535, &v) || !v)
		return conf_parser_fail(p, "%s is a port, 1 to 65535, not \"%s\"", key, value);
	*out = (uint16_t)v;
	return 0;
}

static int set_v4(struct conf_parser *p, const char *key, const char *value, struct ipaddr *out)
{
	uint32_t be;

	if (ip4_parse(value, &be))
		return conf_parser_fail(p, "%s is an IPv4 address, not \"%s\"", key, value);
	*out = ipaddr_v4(be);
	return 0;
}

/* ADDRESS or ADDRESS/BITS. */
static int key_ip(struct conf_parser *p, const char *key, const char *value)
{
	char addr[64];
	const char *slash = strchr(value, '/');
	unsigned long bits;
	size_t n = slash ? (size_t)(slash - value) : strlen(value);

	if (n >= sizeof(addr))
		return conf_parser_fail(p, "%s is an IPv4 address, not \"%s\"", key, value);
	memcpy(addr, value, n);
	addr[n] = '\0';
	p->ip_line = p->line;
	if (slash) {
		if (parse_uint(slash + 1, 32, &bits))
			return conf_parser_fail(p, "%s: not a prefix length: \"%s\"", key,
						slash + 1);
		p->ip_prefix = (int)bits;
	}
	return set_v4(p, key, addr, &p->conf->ip);
}

static int key_netmask(struct conf_parser *p, const char *key, const char *value)
{
	uint32_t be;
	int bits;

	if (ip4_parse(value, &be))
		return conf_parser_fail(p, "%s is a mask such as 255.255.255.0, not \"%s\"", key,
					value);
	bits = netmask_bits(be);
	if (bits < 0)
		return conf_parser_fail(p, "%s %s has a hole", key, value);
	p->mask_line = p->line;
	p->conf->prefix = (unsigned int)bits;
	return 0;
}

static int key_device(struct conf_parser *p, const char *key, const char *value)
{
	const char *name = value;
	unsigned long n;

	if (!strncmp(name, "/dev/", 5))
		name += 5;
	if (strncmp(name, "vmnet", 5) || parse_uint(name + 5, 255, &n))
		return conf_parser_fail(p, "%s is /dev/vmnet0 to /dev/vmnet255, not \"%s\"", key,
					value);
	snprintf(p->conf->device, sizeof(p->conf->device), "%s", value);
	return 0;
}

static int key_host_ip(struct conf_parser *p, const char *key, const char *value)
{
	p->host_ip_line = p->line;
	return set_v4(p, key, value, &p->conf->host_ip);
}

static int key_host_mac(struct conf_parser *p, const char *key, const char *value)
{
	uint8_t mac[6];

	if (mac_parse(value, mac))
		return conf_parser_fail(p, "%s is a MAC address, not \"%s\"", key, value);
	return conf_parser_note(p, "%s is for Windows hosts and has no effect", key);
}

static int key_config_port(struct conf_parser *p, const char *key, const char *value)
{
	return set_port(p, key, value, &p->conf->config_port);
}

static int key_active_ftp(struct conf_parser *p, const char *key, const char *value)
{
	return set_bool(p, key, value, &p->conf->active_ftp);
}

static int key_any_oui(struct conf_parser *p, const char *key, const char *value)
{
	return set_bool(p, key, value, &p->conf->allow_any_oui);
}

static int key_link_down(struct conf_parser *p, const char *key, const char *value)
{
	return set_bool(p, key, value, &p->conf->reset_on_link_down);
}

static int key_dest_local(struct conf_parser *p, const char *key, const char *value)
{
	return set_bool(p, key, value, &p->conf->reset_on_dest_local);
}

static int key_ip6_enable(struct conf_parser *p, const char *key, const char *value)
{
	return set_bool(p, key, value, &p->conf->ip6_enable);
}

static int key_ip6_prefix(struct conf_parser *p, const char *key, const char *value)
{
	if (ip6_prefix_parse(value, &p->conf->ip6_prefix))
		return conf_parser_fail(p, "%s is an IPv6 prefix of 64 bits, not \"%s\"", key,
					value);
	return 0;
}

static int key_macos(struct conf_parser *p, const char *key, const char *value)
{
	bool on = false;
	int err = set_bool(p, key, value, &on);

	if (err || !on)
		return err;
	return conf_parser_note(p, "%s is for macOS hosts and has no effect", key);
}

static int key_time_wait(struct conf_parser *p, const char *key, const char *value)
{
	return set_seconds(p, key, value, &p->conf->tcp_time_wait);
}

static int key_busy_poll(struct conf_parser *p, const char *key, const char *value)
{
	unsigned long v;

	if (parse_uint(value, BUSY_POLL_MOST, &v))
		return conf_parser_fail(p, "%s is 0 to %d microseconds, not \"%s\"", key,
					BUSY_POLL_MOST, value);
	p->conf->busy_poll = (unsigned int)v;
	return 0;
}

static int key_udp_timeout(struct conf_parser *p, const char *key, const char *value)
{
	return set_seconds(p, key, value, &p->conf->udp_timeout);
}

static int key_netbios(struct conf_parser *p, const char *key, const char *value)
{
	unsigned int n;
	int err = set_seconds(p, key, value, &n);

	return err ? err : conf_parser_note(p, "%s is for Windows hosts and has no effect", key);
}

static int key_dns_policy(struct conf_parser *p, const char *key, const char *value)
{
	static const struct {
		const char *name;
		uint8_t order;
	} orders[] = {
		{ "order", RESOLV_ORDER },
		{ "rotate", RESOLV_ROTATE },
		{ "burst", RESOLV_BURST },
	};
	size_t i;

	for (i = 0; i < sizeof(orders) / sizeof(orders[0]); i++)
		if (!strcasecmp(value, orders[i].name)) {
			p->conf->dns.order = orders[i].order;
			return 0;
		}
	return conf_parser_fail(p, "%s is order, rotate or burst, not \"%s\"", key, value);
}

static int key_dns_timeout(struct conf_parser *p, const char *key, const char *value)
{
	unsigned long v;

	if (parse_uint(value, 30, &v) || !v)
		return conf_parser_fail(p, "%s is 1 to 30 seconds, not \"%s\"", key, value);
	p->conf->dns.timeout = (unsigned int)v;
	return 0;
}

static int key_dns_retries(struct conf_parser *p, const char *key, const char *value)
{
	unsigned long v;

	if (parse_uint(value, RESOLV_RETRIES, &v))
		return conf_parser_fail(p, "%s is 0 to %d, not \"%s\"", key, RESOLV_RETRIES, value);
	p->conf->dns.retries = (int)v;
	return 0;
}

static int key_dns_auto(struct conf_parser *p, const char *key, const char *value)
{
	bool on = true;
	int err = set_bool(p, key, value, &on);

	p->conf->dns.only_named = !on;
	p->dns_auto_line = p->line;
	return err;
}

/* nameserver1 to nameserver3 */
static int key_dns_server(struct conf_parser *p, const char *key, const char *value)
{
	struct ipaddr *a = &p->conf->dns.named[key[strlen(key) - 1] - '1'];
	int err = set_v4(p, key, value, a);

	if (err)
		return err;
	if (!a->a.v4 || ntohl(a->a.v4) >> 28 >= 14)
		return conf_parser_fail(p, "%s %s cannot be a server's address", key, value);
	return 0;
}

static int key_dns_domain(struct conf_parser *p, const char *key, const char *value)
{
	char *to = p->conf->domain;
	size_t len = strlen(value);

	if (len >= NAT_CONF_DOMAIN || !names_valid(value, len))
		return conf_parser_fail(p, "%s is a domain of at most %d characters, not \"%s\"",
					key, NAT_CONF_DOMAIN - 1, value);
	for (; *value; value++)
		*to++ = (char)(*value >= 'A' && *value <= 'Z' ? *value | 0x20 : *value);
	*to = '\0';
	return 0;
}

static int key_priv(struct conf_parser *p, const char *key, const char *value,
		    struct nat_privileged *priv)
{
	if (!strcasecmp(key, "autodetect"))
		return set_bool(p, key, value, &priv->autodetect);
	if (priv->nports == NAT_CONF_MAX_PORTS)
		return conf_parser_fail(p, "more than %d ports", NAT_CONF_MAX_PORTS);
	return set_port(p, key, value, &priv->ports[priv->nports++]);
}

static int key_priv_tcp(struct conf_parser *p, const char *key, const char *value)
{
	return key_priv(p, key, value, &p->conf->privileged_tcp);
}

static int key_priv_udp(struct conf_parser *p, const char *key, const char *value)
{
	return key_priv(p, key, value, &p->conf->privileged_udp);
}

static const struct key {
	const char *section, *name;
	int (*set)(struct conf_parser *p, const char *key, const char *value);
	bool repeats;
} keys[] = {
	{ "host", "ip", key_ip, false },
	{ "host", "netmask", key_netmask, false },
	{ "host", "busyPoll", key_busy_poll, false },
	{ "host", "configport", key_config_port, false },
	{ "host", "device", key_device, false },
	{ "host", "activeFTP", key_active_ftp, false },
	{ "host", "allowAnyOUI", key_any_oui, false },
	{ "host", "hostIp", key_host_ip, false },
	{ "host", "hostMAC", key_host_mac, false },
	{ "host", "resetConnectionOnLinkDown", key_link_down, false },
	{ "host", "resetConnectionOnDestLocalHost", key_dest_local, false },
	{ "host", "natIp6Enable", key_ip6_enable, false },
	{ "host", "natIp6Prefix", key_ip6_prefix, false },
	{ "host", "useMacosVmnetVirtApi", key_macos, false },
	{ "tcp", "timeWaitTimeout", key_time_wait, false },
	{ "udp", "timeout", key_udp_timeout, false },
	{ "netbios", "nbnsTimeout", key_netbios, false },
	{ "netbios", "nbnsRetries", key_netbios, false },
	{ "netbios", "nbdsTimeout", key_netbios, false },
	{ "dns", "policy", key_dns_policy, false },
	{ "dns", "timeout", key_dns_timeout, false },
	{ "dns", "retries", key_dns_retries, false },
	{ "dns", "autodetect", key_dns_auto, false },
	{ "dns", "domain", key_dns_domain, false },
	{ "dns", "nameserver1", key_dns_server, false },
	{ "dns", "nameserver2", key_dns_server, false },
	{ "dns", "nameserver3", key_dns_server, false },
	{ "privilegedTCP", "autodetect", key_priv_tcp, false },
	{ "privilegedTCP", "port", key_priv_tcp, true },
	{ "privilegedUDP", "autodetect", key_priv_udp, false },
	{ "privilegedUDP", "port", key_priv_udp, true },
};

_Static_assert(sizeof(keys) / sizeof(keys[0]) <=
		       sizeof(((struct conf_parser *)0)->seen) / sizeof(unsigned int),
	       "a slot for each key");

/* Is there a section of this name? */
bool conf_known_section(const char *name)
{
	bool services;
	size_t i;

	if (conf_port_section(name, &services))
		return true;
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strcasecmp(name, keys[i].section))
			return true;
	return false;
}

/**
 * conf_set_key - take one key into the configuration
 * @p: the parse
 * @section: which section it stands in, "" for none
 * @name: the key
 * @value: what is behind "="
 *
 * Return: 0 or -EINVAL, and then the parse has failed.
 */
int conf_set_key(struct conf_parser *p, const char *section, const char *name, const char *value)
{
	size_t i;

	if (!*section)
		return conf_parser_fail(p, "\"%s\" stands outside of any section", name);
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strcasecmp(section, keys[i].section) || strcasecmp(name, keys[i].name))
			continue;
		if (p->seen[i] && !keys[i].repeats)
			return conf_parser_fail(p, "%s was set by line %u", keys[i].name,
						p->seen[i]);
		p->seen[i] = p->line;
		return keys[i].set(p, keys[i].name, value);
	}
	return conf_parser_fail(p, "unknown key \"%s\" in [%s]", name, section);
}
