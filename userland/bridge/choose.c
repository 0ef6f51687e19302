// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which NIC to bridge. No I/O: the tables are handed in.
 */
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include "choose.h"

static bool listed(const char *const *names, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

/*
 * Software interfaces that a LAN may well be behind: a container's eth0 is a
 * veth. Those of hypervisors and container engines go by their names.
 */
static bool kind_may_lead_out(const char *kind)
{
	static const char *const kinds[] = { "", "bond", "vlan", "team", "bridge", "veth" };
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kind, kinds[i]))
			return true;
	return false;
}

static bool is_of_a_hypervisor(const char *name)
{
	static const char *const prefixes[] = { "docker",  "br-", "virbr", "veth", "vmnet",
						"vboxnet", "lxc", "tap",   "tun" };
	size_t i;

	for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

/**
 * choose_is_candidate - may an interface be bridged automatically?
 * @rules: what the command line says; a name it pins is always a candidate
 * @link: the interface
 */
bool choose_is_candidate(const struct choose_rules *rules, const struct nl_link *link)
{
	if (link->gone || link->type != ARPHRD_ETHER || link->flags & IFF_LOOPBACK)
		return false;
	if (listed(rules->except, rules->nexcept, link->name))
		return false;
	if (rules->nonly)
		return listed(rules->only, rules->nonly, link->name);
	return kind_may_lead_out(link->kind) && !is_of_a_hypervisor(link->name);
}

static const struct nl_link *by_index(const struct nl_link *links, size_t n, int index)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (links[i].index == index)
			return &links[i];
	return NULL;
}

static bool usable(const struct choose_rules *rules, const struct nl_link *l)
{
	return l && choose_is_candidate(rules, l) && l->flags & IFF_UP;
}

/**
 * choose_best - the NIC to bridge now
 * @rules: what the command line says
 * @links: all interfaces
 * @nlinks: how many
 * @routes: all routes; the default ones count
 * @nroutes: how many
 * @current: what is bridged now, 0 for nothing; it stays if nothing is better
 *
 * The default route of lowest metric decides (IPv4 before IPv6). Without one:
 * what is bridged stays; else, of names that are pinned, the first that is up.
 *
 * Return: an ifindex, 0 for none.
 */
int choose_best(const struct choose_rules *rules, const struct nl_link *links, size_t nlinks,
		const struct nl_route *routes, size_t nroutes, int current)
{
	const struct nl_route *best = NULL;
	size_t i, j;

	for (i = 0; i < nroutes; i++) {
		const struct nl_route *r = &routes[i];

		if (r->bits || !usable(rules, by_index(links, nlinks, r->oif)))
			continue;
		if (!best || r->family < best->family ||
		    (r->family == best->family && r->metric < best->metric))
			best = r;
	}
	if (best)
		return best->oif;
	if (usable(rules, by_index(links, nlinks, current)))
		return current;
	for (i = 0; i < rules->nonly; i++)
		for (j = 0; j < nlinks; j++)
			if (!strcmp(links[j].name, rules->only[i]) && usable(rules, &links[j]))
				return links[j].index;
	return 0;
}
