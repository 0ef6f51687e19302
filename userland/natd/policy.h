/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMNET_NATD_POLICY_H
#define VMNET_NATD_POLICY_H

#include "nat.h"

bool nat_hides(const struct nat *n, struct ipaddr peer);
bool nat_is_group(const struct nat *n, struct ipaddr addr);

#endif
