/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What has been counted. No I/O.
 */
#ifndef VMNET_DHCPD_STATS_H
#define VMNET_DHCPD_STATS_H

#include <stdint.h>

#define STATS_TYPES 9 /* enum dhcp_type; 0 is BOOTP */

/**
 * enum stats_drop - why a message has got no answer
 * @DROP_MALFORMED: it is no DHCP message of a client
 * @DROP_FOREIGN: its frame is another's than the client's (--any-source)
 * @DROP_OFTEN: its client speaks more often than can be meant
 * @DROP_NOT_FOR_US: it is for another server
 * @DROP_NO_SUBNET: its relay is on no subnet of the configuration
 * @DROP_NO_ADDRESS: no address is free
 * @DROP_TOO_MANY: its hardware address holds as many leases as one may
 * @DROP_DENIED: the configuration does not serve it
 * @DROP_UNKNOWN: it asks for an address of which nothing is known, and another
 *	server may know
 * @DROP_NOT_ITS_OWN: it declines or releases what it does not hold
 * @DROP_PROBING: it repeats itself while its address is being probed
 * @DROP_NO_DISK: its lease could not be written
 * @DROP_NO_MEMORY: none was left
 * @DROPS: how many reasons there are
 */
enum stats_drop {
	DROP_MALFORMED,
	DROP_FOREIGN,
	DROP_OFTEN,
	DROP_NOT_FOR_US,
	DROP_NO_SUBNET,
	DROP_NO_ADDRESS,
	DROP_TOO_MANY,
	DROP_DENIED,
	DROP_UNKNOWN,
	DROP_NOT_ITS_OWN,
	DROP_PROBING,
	DROP_NO_DISK,
	DROP_NO_MEMORY,
	DROPS
};

/**
 * struct server_stats - counters of messages since the start
 * @received: well-formed messages of clients, by type
 * @sent: replies, by type
 * @dropped: messages without an answer, by enum stats_drop
 * @probes: addresses that were asked for before they were offered
 * @in_use: of these, how many answered
 *
 * Part of struct server; only ever counts up.
 */
struct server_stats {
	uint64_t received[STATS_TYPES];
	uint64_t sent[STATS_TYPES];
	uint64_t dropped[DROPS];
	uint64_t probes, in_use;
};

const char *stats_type_name(unsigned int type);
const char *stats_drop_name(enum stats_drop why);

#endif
