// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the host has: interfaces and default routes, and which of their changes
 * are worth a look.
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "world.h"

/* How often the tables are read anew when they change while they are read. */
#define WORLD_TRIES 5

/* Return: the array, with room for one more than @n; NULL without memory. */
static void *room_for(struct world *w, void *array, size_t n, size_t *room, size_t size)
{
	size_t want = *room ? *room * 2 : 64;
	void *more;

	if (n < *room)
		return array;
	more = realloc(array, want * size);
	if (more)
		*room = want;
	else
		w->failed = true;
	return more;
}

static int take_link(const struct nl_link *l, void *arg)
{
	struct world *w = arg;
	struct nl_link *links = room_for(w, w->links, w->nlinks, &w->links_room, sizeof(*links));

	if (!links)
		return -ENOMEM;
	w->links = links;
	w->links[w->nlinks++] = *l;
	return 0;
}

static int take_route(const struct nl_route *r, void *arg)
{
	struct world *w = arg;
	struct nl_route *routes;

	if (r->bits)
		return 0;
	routes = room_for(w, w->routes, w->nroutes, &w->routes_room, sizeof(*routes));
	if (!routes)
		return -ENOMEM;
	w->routes = routes;
	w->routes[w->nroutes++] = *r;
	return 0;
}

/**
 * world_look - read the tables
 * @w: zeroed, or of an earlier look
 * @nl: the connection
 *
 * Return: 0; -EINTR when they do not hold still; other negative errno.
 */
int world_look(struct world *w, struct nl *nl)
{
	int err, tries = 0;

	do {
		w->nlinks = w->nroutes = 0;
		w->failed = false;
		err = nl_links(nl, take_link, w);
		if (!err)
			err = nl_routes(nl, AF_INET, take_route, w);
		if (!err)
			err = nl_routes(nl, AF_INET6, take_route, w);
		/* A host without IPv6. */
		if (err == -EAFNOSUPPORT || err == -EOPNOTSUPP)
			err = 0;
	} while (err == -EINTR && ++tries < WORLD_TRIES);
	return err;
}

/* The tables, for choose_best(). */
struct choose_world world_view(const struct world *w)
{
	return (struct choose_world){ w->links, w->nlinks, w->routes, w->nroutes };
}

#define FLAGS_THAT_COUNT (IFF_UP | IFF_RUNNING | IFF_LOOPBACK)

/* As far as a choice is concerned. Wireless interfaces chatter a lot. */
static bool is_same(const struct nl_link *a, const struct nl_link *b)
{
	return !strcmp(a->name, b->name) && !((a->flags ^ b->flags) & FLAGS_THAT_COUNT) &&
	       a->type == b->type && a->master == b->master && a->hardware == b->hardware &&
	       !strcmp(a->kind, b->kind);
}

static bool note_link(struct world *w, const struct choose_rules *rules, const struct nl_event *e)
{
	bool matters = choose_may_matter(rules, &e->link);
	size_t i;

	for (i = 0; i < w->nlinks; i++)
		if (w->links[i].index == e->link.index)
			break;
	if (i == w->nlinks) {
		if (!e->link.gone)
			take_link(&e->link, w);
		return matters && !e->link.gone;
	}
	if (!e->link.gone && is_same(&w->links[i], &e->link))
		return false;
	matters = matters || choose_may_matter(rules, &w->links[i]);
	if (e->link.gone)
		w->links[i] = w->links[--w->nlinks];
	else
		w->links[i] = e->link;
	return matters;
}

static bool note_address(const struct world *w, const struct choose_rules *rules, int index)
{
	const struct choose_world v = world_view(w);
	const struct nl_link *l = choose_link(&v, index);

	return l && choose_may_matter(rules, l);
}

/**
 * world_note - an event: is a look due?
 * @w: the tables; kept up to date as far as the event tells
 * @rules: what the command line says
 * @e: the event
 */
bool world_note(struct world *w, const struct choose_rules *rules, const struct nl_event *e)
{
	switch (e->type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		/* Without memory nothing is known: look. */
		return note_link(w, rules, e) || w->failed;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		return e->is_default;
	case RTM_NEWADDR:
		return false;
	case RTM_DELADDR:
		/* It takes routes with it, and the kernel tells of none of them. */
		return note_address(w, rules, e->addr.index);
	default:
		return true;
	}
}

void world_done(struct world *w)
{
	free(w->links);
	free(w->routes);
	memset(w, 0, sizeof(*w));
}
