/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMNET_WORLD_H
#define VMNET_WORLD_H

#include "choose.h"
#include "nl.h"

/**
 * struct world - the interfaces and default routes of the host
 * @links: as they were last told of
 * @nlinks: how many
 * @links_room: how many fit
 * @routes: the default routes of the last look
 * @nroutes: how many
 * @routes_room: how many fit
 * @failed: memory was short
 *
 * Lives as long as the program, and grows to what there is. A look reads both
 * tables; between two, events keep the interfaces up to date, so that those that
 * change nothing are known as such.
 */
struct world {
	struct nl_link *links;
	size_t nlinks, links_room;
	struct nl_route *routes;
	size_t nroutes, routes_room;
	bool failed;
};

int world_look(struct world *w, struct nl *nl);
struct choose_world world_view(const struct world *w);
bool world_note(struct world *w, const struct choose_rules *rules, const struct nl_event *e);
void world_done(struct world *w);

#endif
