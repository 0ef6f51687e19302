/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The server's own addresses (D30, D31). No I/O.
 */
#ifndef VMNET_DHCPD_IDS_H
#define VMNET_DHCPD_IDS_H

#include "conf.h"

#define IDS_MAX 64

/**
 * struct ids - the identifiers that clients are told
 * @addrs: network order, @n of them
 *
 * Of one configuration: made anew for the next one.
 */
struct ids {
	uint32_t addrs[IDS_MAX];
	unsigned int n;
};

void ids_collect(struct ids *ids, const struct dhcp_conf *conf);
bool ids_has(const struct ids *ids, uint32_t addr);

#endif
