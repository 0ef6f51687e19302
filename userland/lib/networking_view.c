// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a `networking` file means as a whole, and what it must satisfy. No I/O.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "networking.h"

#define DEFAULT_MASK 0xffffff00U

/* Leading ones of a mask; 33 for one with a hole. */
unsigned int net_mask_bits(uint32_t mask)
{
	unsigned int bits = 0;

	while (mask & 0x80000000U) {
		mask <<= 1;
		bits++;
	}
	return mask ? 33 : bits;
}

const char *net_addr_str(uint32_t addr, char buf[NET_ADDR_STRLEN])
{
	snprintf(buf, NET_ADDR_STRLEN, "%u.%u.%u.%u", addr >> 24, addr >> 16 & 255, addr >> 8 & 255,
		 addr & 255);
	return buf;
}

uint32_t net_vnet_mask(const struct net_vnet *v)
{
	return v->netmask ? v->netmask : DEFAULT_MASK;
}

uint32_t net_vnet_broadcast(const struct net_vnet *v)
{
	return v->subnet | ~net_vnet_mask(v);
}

/* The host's own address: .1 unless another was chosen. */
uint32_t net_vnet_host_addr(const struct net_vnet *v)
{
	return v->adapter_addr ? v->adapter_addr : v->subnet + 1;
}

uint32_t net_vnet_nat_addr(const struct net_vnet *v)
{
	return v->subnet + 2;
}

uint32_t net_vnet_dhcp_addr(const struct net_vnet *v)
{
	return net_vnet_broadcast(v) - 1;
}

/* The upper half is for DHCP, the lower one for addresses set by hand. */
uint32_t net_vnet_range_first(const struct net_vnet *v)
{
	uint32_t half = (net_vnet_broadcast(v) - v->subnet + 1) / 2;

	/* dhcpd's ranges have at most 65,536 addresses. */
	return half > 32768 ? net_vnet_broadcast(v) - 32768 : v->subnet + half;
}

uint32_t net_vnet_range_last(const struct net_vnet *v)
{
	return net_vnet_dhcp_addr(v);
}

bool net_vnet_contains(const struct net_vnet *v, uint32_t addr)
{
	return v->subnet && (addr & net_vnet_mask(v)) == v->subnet && addr != v->subnet &&
	       addr != net_vnet_broadcast(v);
}

/* Has it IPv6 addresses of its own, and no NAT that would carry them out? */
bool net_vnet_advertises(const struct net_vnet *v)
{
	return v->nat != NET_YES && v->ip6_prefix.family;
}

bool net_vnet_wants_subnet(const struct net_vnet *v)
{
	return v->dhcp == NET_YES || v->nat == NET_YES || v->adapter == NET_YES ||
	       v->ip6_prefix.family;
}

static bool mapped(const struct networking *nc, unsigned int number)
{
	size_t i;

	for (i = 0; i < nc->nmaps; i++)
		if (nc->maps[i].vnet == (int)number)
			return true;
	return false;
}

/**
 * networking_auto_bridge() - the network that is bridged automatically
 * @nc: the model
 *
 * Return: its number; vmnet0 if nothing is said and no NIC is mapped to it; -1
 * for none.
 */
int networking_auto_bridge(const struct networking *nc)
{
	if (nc->has_default_bridge)
		return nc->default_bridge >= 0 && mapped(nc, (unsigned int)nc->default_bridge)
			       ? -1
			       : nc->default_bridge;
	if (mapped(nc, 0) || (nc->vnets[0] && net_vnet_wants_subnet(nc->vnets[0])))
		return -1;
	return 0;
}

bool networking_is_bridged(const struct networking *nc, unsigned int number)
{
	return mapped(nc, number) || networking_auto_bridge(nc) == (int)number;
}

/* Does anything run on it? */
bool networking_in_use(const struct networking *nc, unsigned int number)
{
	return networking_is_bridged(nc, number) ||
	       (nc->vnets[number] && net_vnet_wants_subnet(nc->vnets[number]));
}

bool networking_is_empty(const struct networking *nc)
{
	unsigned int i;

	for (i = 0; i < NETWORKING_VNETS; i++)
		if (nc->vnets[i])
			return false;
	return !nc->nmaps && !nc->has_default_bridge;
}

static unsigned int wish_line(const struct net_vnet *v)
{
	if (v->dhcp == NET_YES)
		return v->dhcp_line;
	if (v->nat == NET_YES)
		return v->nat_line;
	return v->adapter == NET_YES ? v->adapter_line : v->ip6_prefix_line;
}

static int check_subnet(const struct net_vnet *v, struct conf_err *err)
{
	unsigned int bits = net_mask_bits(net_vnet_mask(v));
	char a[NET_ADDR_STRLEN];

	if (v->netmask && (bits < 8 || bits > 29))
		return net_fail(err, v->netmask_line, "%s is not a netmask of 8 to 29 bits",
				net_addr_str(v->netmask, a));
	if (v->subnet & ~net_vnet_mask(v))
		return net_fail(err, v->subnet_line,
				"%s is an address on the subnet, not the subnet itself",
				net_addr_str(v->subnet, a));
	if (v->subnet >> 24 == 0 || v->subnet >> 24 == 127 || v->subnet >> 24 >= 224)
		return net_fail(err, v->subnet_line, "%s cannot be a subnet",
				net_addr_str(v->subnet, a));
	if (v->adapter_addr &&
	    (!net_vnet_contains(v, v->adapter_addr) || v->adapter_addr == net_vnet_nat_addr(v) ||
	     v->adapter_addr == net_vnet_dhcp_addr(v)))
		return net_fail(err, v->adapter_addr_line,
				"%s cannot be the host's address on vmnet%u",
				net_addr_str(v->adapter_addr, a), v->number);
	return 0;
}

static int check_guests(const struct net_vnet *v, struct conf_err *err)
{
	char a[NET_ADDR_STRLEN];
	size_t i, j;

	for (i = 0; i < v->nforwards; i++) {
		const struct net_forward *f = &v->forwards[i];

		if (v->nat == NET_YES && !net_vnet_contains(v, f->guest_addr))
			return net_fail(err, f->line, "%s is not on the subnet of vmnet%u",
					net_addr_str(f->guest_addr, a), v->number);
	}
	for (i = 0; i < v->nreservations; i++) {
		const struct net_reservation *r = &v->reservations[i];

		if (v->dhcp != NET_YES)
			continue;
		if (!net_vnet_contains(v, r->addr) || r->addr == net_vnet_host_addr(v) ||
		    r->addr == net_vnet_dhcp_addr(v) || r->addr == net_vnet_nat_addr(v))
			return net_fail(err, r->line, "%s cannot be a guest's on vmnet%u",
					net_addr_str(r->addr, a), v->number);
		for (j = 0; j < i; j++)
			if (v->reservations[j].addr == r->addr)
				return net_fail(err, r->line, "%s is reserved already, in line %u",
						net_addr_str(r->addr, a), v->reservations[j].line);
	}
	return 0;
}

static bool overlap(const struct net_vnet *a, const struct net_vnet *b)
{
	uint32_t mask = net_vnet_mask(a) & net_vnet_mask(b);

	return a->subnet && b->subnet && net_vnet_wants_subnet(a) && net_vnet_wants_subnet(b) &&
	       (a->subnet & mask) == (b->subnet & mask);
}

static int check_vnet(const struct networking *nc, const struct net_vnet *v, struct conf_err *err)
{
	unsigned int i;
	int rc;

	if (!net_vnet_wants_subnet(v))
		return 0;
	if (mapped(nc, v->number) ||
	    (nc->has_default_bridge && nc->default_bridge == (int)v->number))
		return net_fail(
			err, wish_line(v),
			"vmnet%u is bridged; it has no NAT, DHCP, adapter or prefix of its own",
			v->number);
	if (!v->subnet)
		return net_fail(err, wish_line(v),
				"vmnet%u has no subnet; add \"answer VNET_%u_HOSTONLY_SUBNET\"",
				v->number, v->number);
	rc = check_subnet(v, err);
	if (!rc)
		rc = check_guests(v, err);
	for (i = 0; !rc && i < v->number; i++)
		if (nc->vnets[i] && overlap(nc->vnets[i], v))
			rc = net_fail(err, v->subnet_line, "the subnet overlaps that of vmnet%u",
				      i);
		else if (nc->vnets[i] && v->ip6_prefix.family &&
			 ipaddr_equal(&nc->vnets[i]->ip6_prefix, &v->ip6_prefix))
			rc = net_fail(err, v->ip6_prefix_line, "vmnet%u has that prefix already",
				      i);
	return rc;
}

/**
 * networking_check() - is the file possible as a whole?
 * @nc: the model
 * @err: why not
 *
 * Return: 0 or -EINVAL.
 */
int networking_check(const struct networking *nc, struct conf_err *err)
{
	unsigned int i;
	int rc = 0;

	for (i = 0; !rc && i < NETWORKING_VNETS; i++)
		if (nc->vnets[i])
			rc = check_vnet(nc, nc->vnets[i], err);
	return rc;
}
