/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMNET_CHOOSE_H
#define VMNET_CHOOSE_H

#include <stdbool.h>
#include <stddef.h>
#include "nl.h"

#define CHOOSE_MAX 16

/**
 * struct choose_rules - which interfaces may be chosen
 * @only: when there are any, only these
 * @except: never these
 */
struct choose_rules {
	const char *only[CHOOSE_MAX];
	size_t nonly;
	const char *except[CHOOSE_MAX];
	size_t nexcept;
};

bool choose_is_candidate(const struct choose_rules *rules, const struct nl_link *link);
int choose_best(const struct choose_rules *rules, const struct nl_link *links, size_t nlinks,
		const struct nl_route *routes, size_t nroutes, int current);

#endif
