// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the `answer` lines of a `networking` file may say. No I/O.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "networking.h"

struct answer {
	struct net_vnet *v;
	unsigned int line;
	const char *key, *value;
	struct conf_err *err;
};

static int yes_no(struct answer *a, enum net_answer *out, unsigned int *line)
{
	*line = a->line;
	if (!*a->value)
		*out = NET_UNSET;
	else if (!strcmp(a->value, "yes"))
		*out = NET_YES;
	else if (!strcmp(a->value, "no"))
		*out = NET_NO;
	else
		return net_fail(a->err, a->line, "%s is yes or no, not \"%s\"", a->key, a->value);
	return 0;
}

static int address(struct answer *a, uint32_t *out, unsigned int *line)
{
	*line = a->line;
	*out = 0;
	if (*a->value && (net_parse_addr(a->value, out) || !*out))
		return net_fail(a->err, a->line, "\"%s\" is not an IPv4 address", a->value);
	return 0;
}

static int number(struct answer *a, unsigned long min, unsigned long max, unsigned int *out)
{
	unsigned long v = 0;

	if (*a->value && (net_parse_uint(a->value, max, &v) || v < min))
		return net_fail(a->err, a->line, "%s is a number from %lu to %lu, not \"%s\"",
				a->key, min, max, a->value);
	*out = (unsigned int)v;
	return 0;
}

static int a_dhcp(struct answer *a)
{
	return yes_no(a, &a->v->dhcp, &a->v->dhcp_line);
}

static int a_nat(struct answer *a)
{
	return yes_no(a, &a->v->nat, &a->v->nat_line);
}

static int a_adapter(struct answer *a)
{
	return yes_no(a, &a->v->adapter, &a->v->adapter_line);
}

static int a_subnet(struct answer *a)
{
	return address(a, &a->v->subnet, &a->v->subnet_line);
}

static int a_netmask(struct answer *a)
{
	return address(a, &a->v->netmask, &a->v->netmask_line);
}

static int a_adapter_addr(struct answer *a)
{
	return address(a, &a->v->adapter_addr, &a->v->adapter_addr_line);
}

static int a_mtu(struct answer *a)
{
	return number(a, 68, 9194, &a->v->mtu);
}

static int a_udp_timeout(struct answer *a)
{
	a->v->has_udp_timeout = *a->value;
	return number(a, 0, 86400, &a->v->udp_timeout);
}

static int a_ip6_prefix(struct answer *a)
{
	a->v->ip6_prefix_line = a->line;
	a->v->ip6_prefix.family = 0;
	if (*a->value && ip6_prefix_parse(a->value, &a->v->ip6_prefix))
		return net_fail(a->err, a->line, "\"%s\" is not an IPv6 prefix of 64 bits",
				a->value);
	return 0;
}

static int a_name(struct answer *a)
{
	free(a->v->display_name);
	a->v->display_name = strdup(a->value);
	return a->v->display_name ? 0 : -ENOMEM;
}

static int a_interface(struct answer *a)
{
	a->v->interface[0] = '\0';
	if (*a->value && net_parse_nic(a->value, a->v->interface))
		return net_fail(a->err, a->line, "\"%s\" is not the name of an interface",
				a->value);
	return 0;
}

/* Kept in the file, and of no use to us. */
static int a_kept(struct answer *a)
{
	(void)a;
	return 0;
}

static const struct {
	const char *key;
	int (*fn)(struct answer *a);
} keys[] = {
	{ "DHCP", a_dhcp },
	{ "DHCP_CFG_HASH", a_kept },
	{ "DISPLAY_NAME", a_name },
	{ "HOSTONLY_NETMASK", a_netmask },
	{ "HOSTONLY_SUBNET", a_subnet },
	{ "HOSTONLY_UUID", a_kept },
	{ "INTERFACE", a_interface },
	{ "IP6_PREFIX", a_ip6_prefix },
	{ "MTU", a_mtu },
	{ "NAT", a_nat },
	{ "NAT_PARAM_UDP_TIMEOUT", a_udp_timeout },
	{ "PROMISCUOUS", a_kept },
	{ "TYPE", a_kept },
	{ "VIRTUAL_ADAPTER", a_adapter },
	{ "VIRTUAL_ADAPTER_ADDR", a_adapter_addr },
};

static int default_bridge(struct networking *nc, unsigned int line, const char *value,
			  struct conf_err *err)
{
	unsigned long v;

	nc->default_bridge_line = line;
	nc->has_default_bridge = *value;
	nc->default_bridge = -1;
	if (!*value || !strcmp(value, "-1"))
		return 0;
	if (net_parse_uint(value, NETWORKING_VNETS - 1, &v))
		return net_fail(err, line, "\"%s\" is neither a network number (0 to %d) nor -1",
				value, NETWORKING_VNETS - 1);
	nc->default_bridge = (int)v;
	return 0;
}

/**
 * net_answer() - one answer
 * @nc: the model
 * @line: where it stands
 * @key: of the answer
 * @value: empty takes the answer back
 * @err: why it is refused
 *
 * Return: 0, -EINVAL with @err, -ENOMEM.
 */
int net_answer(struct networking *nc, unsigned int line, const char *key, const char *value,
	       struct conf_err *err)
{
	struct answer a = { .line = line, .key = key, .value = value, .err = err };
	char digits[8] = "";
	unsigned long n;
	size_t i, len;

	if (!strcmp(key, "VNL_DEFAULT_BRIDGE_VNET"))
		return default_bridge(nc, line, value, err);
	if (strncmp(key, "VNET_", 5) != 0)
		return net_fail(err, line, "unknown answer \"%s\"", key);
	len = strspn(key + 5, "0123456789");
	if (len && len < sizeof(digits))
		memcpy(digits, key + 5, len);
	if (key[5 + len] != '_' || net_parse_uint(digits, NETWORKING_VNETS - 1, &n))
		return net_fail(err, line, "\"%s\" names no network (VNET_0_ to VNET_%d_)", key,
				NETWORKING_VNETS - 1);
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strcmp(keys[i].key, key + 6 + len))
			break;
	if (i == sizeof(keys) / sizeof(keys[0]))
		return net_fail(err, line, "unknown answer \"%s\"", key);
	a.v = net_vnet_get(nc, (unsigned int)n);
	return a.v ? keys[i].fn(&a) : -ENOMEM;
}
