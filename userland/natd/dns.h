/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMNET_NATD_DNS_H
#define VMNET_NATD_DNS_H

#include "dns_relay.h"
#include "nat.h"

#define DNS_RESOLV_CONF "/etc/resolv.conf"
#define DNS_HOSTS "/etc/hosts"

/**
 * struct dns_local_stats - what is known here
 * @hosts: names of the host's own file
 * @guests: guests that have a name now
 * @answers: to queries for these
 */
struct dns_local_stats {
	unsigned int hosts, guests;
	uint64_t answers;
};

void dns_get_stats(const struct nat *n, struct dns_stats *out);
void dns_get_local(const struct nat *n, struct dns_local_stats *out);
const struct resolv *dns_get_servers(const struct nat *n);

#endif
