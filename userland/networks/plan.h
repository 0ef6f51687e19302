/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The texts that vmnet-networks writes. No I/O.
 */
#ifndef VMNET_NETWORKS_PLAN_H
#define VMNET_NETWORKS_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "networking.h"

/* A network of the host that ours must keep clear of; host byte order. */
struct plan_taken {
	uint32_t net, mask;
};

int plan_subnets(const struct plan_taken *taken, size_t n, uint32_t seed, uint32_t out[2]);
char *plan_default(uint32_t subnet1, uint32_t subnet8);
char *plan_dhcpd_conf(const struct net_vnet *v);
char *plan_nat_conf(const struct net_vnet *v);
char *plan_netmap(const struct networking *nc);
char *plan_merge(const char *old, const char *block, bool *edited);

#endif
