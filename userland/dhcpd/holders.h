/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many addresses one hardware address holds (D29): with a client identifier
 * for each, one guest could take all of a pool. No I/O.
 */
#ifndef VMNET_DHCPD_HOLDERS_H
#define VMNET_DHCPD_HOLDERS_H

#include "lease.h"

#define HOLDERS 4096
#define HOLDERS_MOST 16 /* when nothing else is said */

/**
 * struct holders - those who were given addresses last
 * @list: by a hash of the hardware address; @n is at least what @mac was given
 *	since it has its place, or what it held at @counted (monotonic ns)
 * @most: what one may hold
 *
 * Lives as long as the server; all zero at the start, but for @most.
 */
struct holders {
	struct {
		uint8_t mac[6];
		unsigned int n;
		uint64_t counted;
	} list[HOLDERS];
	unsigned int most;
};

bool holders_take(struct holders *h, const struct lease_db *db, const uint8_t mac[6], uint64_t now);

#endif
