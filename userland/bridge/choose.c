// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which NIC to bridge. No I/O: the tables are handed in.
 */
#include <ctype.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include "choose.h"

bool choose_listed(const char *const *names, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

/* Return: the interface of an index, or NULL. */
const struct nl_link *choose_link(const struct choose_world *w, int index)
{
	size_t i;

	for (i = 0; index && i < w->nlinks; i++)
		if (w->links[i].index == index)
			return &w->links[i];
	return NULL;
}

/* Return: the interface of a name, or NULL. */
const struct nl_link *choose_link_named(const struct choose_world *w, const char *name)
{
	size_t i;

	for (i = 0; i < w->nlinks; i++)
		if (!strcmp(w->links[i].name, name))
			return &w->links[i];
	return NULL;
}

/*
 * Software interfaces that a LAN may well be behind: a container's eth0 is a
 * veth. Taps, tunnels, VPNs and dummies are not among them, and neither is what
 * claims to be nothing of all this and has no device.
 */
static bool kind_may_lead_out(const struct nl_link *l)
{
	static const char *const kinds[] = { "bond", "vlan", "team", "bridge", "veth" };

	return l->hardware || choose_listed(kinds, sizeof(kinds) / sizeof(kinds[0]), l->kind);
}

/* Docker calls the bridges of users' networks br- and twelve hexadecimal digits. */
static bool is_dockers(const char *name)
{
	size_t i;

	if (strncmp(name, "br-", 3) != 0)
		return false;
	for (i = 3; isxdigit((unsigned char)name[i]); i++)
		;
	return i == 15 && !name[i];
}

/* Those of hypervisors and container engines go by their names. */
static bool is_of_a_hypervisor(const char *name)
{
	static const char *const prefixes[] = {
		"docker",  "virbr", "veth",  "vmnet", "vboxnet", "lxc", "lxd",
		"incus",   "tap",   "tun",   "vnet",  "podman",	 "cni", "cali",
		"nerdctl", "kube-", "weave", "ve-",   "vb-",	 "vz-",
	};
	size_t i;

	for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			return true;
	return is_dockers(name);
}

/**
 * choose_may_matter - can an interface, or one it is a port of, be chosen?
 * @rules: what the command line says
 * @link: the interface, as it was or is
 *
 * Changes of others need no look at the world: containers come and go.
 */
bool choose_may_matter(const struct choose_rules *rules, const struct nl_link *link)
{
	if (link->type != ARPHRD_ETHER || link->flags & IFF_LOOPBACK)
		return false;
	if (choose_listed(rules->only, rules->nonly, link->name))
		return true;
	return kind_may_lead_out(link) && !is_of_a_hypervisor(link->name);
}

/* Is a NIC in the bridge? Else it leads to guests and containers alone. */
static bool has_a_nic(const struct choose_world *w, const struct nl_link *bridge)
{
	size_t i;

	for (i = 0; i < w->nlinks; i++) {
		const struct nl_link *l = &w->links[i];

		if (l->master == bridge->index && kind_may_lead_out(l) &&
		    !is_of_a_hypervisor(l->name))
			return true;
	}
	return false;
}

/**
 * choose_is_candidate - may an interface be bridged?
 * @rules: what the command line says; a name it pins is a candidate of any kind
 * @w: what there is
 * @link: the interface
 */
bool choose_is_candidate(const struct choose_rules *rules, const struct choose_world *w,
			 const struct nl_link *link)
{
	if (link->gone || !choose_may_matter(rules, link))
		return false;
	if (choose_listed(rules->except, rules->nexcept, link->name))
		return false;
	if (rules->nonly)
		return choose_listed(rules->only, rules->nonly, link->name);
	return strcmp(link->kind, "bridge") != 0 || has_a_nic(w, link);
}

static bool is_up(const struct nl_link *l)
{
	return l->flags & IFF_UP;
}

/* Up, and a cable is in it, or its access point is there. */
static bool is_running(const struct nl_link *l)
{
	return is_up(l) && l->flags & IFF_RUNNING;
}

/* A default route that may be followed, and where it leads. */
struct way {
	const struct nl_route *route;
	const struct nl_link *link;
};

/* Does the host rather go by @a? Neither: what came first in the table. */
static bool is_better(const struct way *a, const struct way *b, int current)
{
	if (a->route->family != b->route->family)
		return a->route->family < b->route->family;
	if (a->route->metric != b->route->metric)
		return a->route->metric < b->route->metric;
	return a->link->index == current && b->link->index != current;
}

static const struct nl_link *by_route(const struct choose_rules *rules,
				      const struct choose_world *w, int current,
				      bool (*is)(const struct nl_link *l))
{
	struct way best = { NULL, NULL }, way;
	size_t i;

	for (i = 0; i < w->nroutes; i++) {
		way.route = &w->routes[i];
		if (way.route->bits)
			continue;
		way.link = choose_link(w, way.route->oif);
		if (!way.link || !is(way.link) || !choose_is_candidate(rules, w, way.link))
			continue;
		if (!best.route || is_better(&way, &best, current))
			best = way;
	}
	return best.link;
}

/* Of the pinned names, in their order. */
static const struct nl_link *by_name(const struct choose_rules *rules, const struct choose_world *w,
				     bool (*is)(const struct nl_link *l))
{
	size_t i;

	for (i = 0; i < rules->nonly; i++) {
		const struct nl_link *l = choose_link_named(w, rules->only[i]);

		if (l && is(l) && choose_is_candidate(rules, w, l))
			return l;
	}
	return NULL;
}

/*
 * The first that runs, hardware before the rest. A port of a bridge or of a bond
 * is not for itself.
 */
static const struct nl_link *first(const struct choose_rules *rules, const struct choose_world *w)
{
	const struct nl_link *best = NULL;
	size_t i;

	for (i = 0; i < w->nlinks; i++) {
		const struct nl_link *l = &w->links[i];

		if (l->master || !is_running(l) || !choose_is_candidate(rules, w, l))
			continue;
		if (!best || l->hardware > best->hardware ||
		    (l->hardware == best->hardware && l->index < best->index))
			best = l;
	}
	return best;
}

/**
 * choose_best - the NIC to bridge now
 * @rules: what the command line says
 * @w: what there is
 * @current: what is bridged now, 0 for nothing
 *
 * The default route decides, if its NIC has a link: IPv4 before IPv6, the lower
 * metric, what is bridged already.
 *
 * Without one, what is bridged stays for as long as it is there. Of several
 * pinned names another one follows when it has lost its link. Who has nothing
 * gets the NIC of a default route although it has no link, or else the first
 * that has one; of pinned names, at least one that is up.
 *
 * Return: an ifindex, 0 for none.
 */
int choose_best(const struct choose_rules *rules, const struct choose_world *w, int current)
{
	const struct nl_link *now = choose_link(w, current);
	const struct nl_link *best = by_route(rules, w, current, is_running);

	if (now && !choose_is_candidate(rules, w, now))
		now = NULL;
	if (!best && now && (!rules->nonly || is_running(now)))
		best = now;
	if (!best && rules->nonly)
		best = by_name(rules, w, is_running);
	if (!best)
		best = by_route(rules, w, current, is_up);
	if (!best && now)
		best = now;
	if (!best)
		best = rules->nonly ? by_name(rules, w, is_up) : first(rules, w);
	return best ? best->index : 0;
}
