/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMNET_NATD_POLICY_H
#define VMNET_NATD_POLICY_H

#include "nat.h"

bool nat_is_guest(const struct nat *n, const struct ipaddr *a);
bool nat_is_gateway(const struct nat *n, const struct ipaddr *a);
struct ipaddr nat_gateway(const struct nat *n, const struct ipaddr *guest);
bool nat_is_forbidden(const struct ipaddr *a);
bool nat_is_group(const struct nat *n, const struct ipaddr *a);
bool nat_hides(const struct nat *n, const struct ipaddr *peer);

#endif
