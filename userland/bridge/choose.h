/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMNET_CHOOSE_H
#define VMNET_CHOOSE_H

#include <stdbool.h>
#include <stddef.h>
#include "nl.h"

/**
 * struct choose_rules - which interfaces may be chosen
 * @only: when there are any, only these
 * @nonly: how many
 * @except: never these
 * @nexcept: how many
 */
struct choose_rules {
	const char **only;
	size_t nonly;
	const char **except;
	size_t nexcept;
};

/**
 * struct choose_world - what there is
 * @links: all interfaces
 * @nlinks: how many
 * @routes: all routes in the kernel's order; the default ones count
 * @nroutes: how many
 */
struct choose_world {
	const struct nl_link *links;
	size_t nlinks;
	const struct nl_route *routes;
	size_t nroutes;
};

bool choose_listed(const char *const *names, size_t n, const char *name);
const struct nl_link *choose_link(const struct choose_world *w, int index);
const struct nl_link *choose_link_named(const struct choose_world *w, const char *name);
bool choose_may_matter(const struct choose_rules *rules, const struct nl_link *link);
bool choose_is_candidate(const struct choose_rules *rules, const struct choose_world *w,
			 const struct nl_link *link);
int choose_best(const struct choose_rules *rules, const struct choose_world *w, int current);

#endif
