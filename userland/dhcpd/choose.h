/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which address a client may have. No I/O.
 */
#ifndef VMNET_DHCPD_CHOOSE_H
#define VMNET_DHCPD_CHOOSE_H

#include "ask.h"
#include "lease.h"
#include "stats.h"

struct lease *choose_any(struct lease_db *db, const struct ask *a, uint64_t now,
			 enum stats_drop *why);
struct lease *choose_wanted(struct lease_db *db, const struct ask *a, uint32_t addr, uint64_t now);
bool choose_may_have(const struct ask *a, const struct lease *l, uint64_t now);

#endif
