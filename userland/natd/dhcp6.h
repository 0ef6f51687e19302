/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests ask by DHCPv6 for what advertisements say as well. */
#ifndef VMNET_NATD_DHCP6_H
#define VMNET_NATD_DHCP6_H

#include "nat.h"

bool dhcp6_is_for_us(const struct nat *n, const struct pkt_in *p, const struct udp_in *u);
void dhcp6_input(struct nat *n, const struct pkt_in *p, const struct udp_in *u);

#endif
