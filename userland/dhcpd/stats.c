// SPDX-License-Identifier: GPL-2.0-or-later
#include <stddef.h>
#include "stats.h"

/**
 * stats_type_name - what a counter of messages is called
 * @type: enum dhcp_type, or 0 for BOOTP
 *
 * Return: a word in lower case, or NULL when there is no such type.
 */
const char *stats_type_name(unsigned int type)
{
	static const char *const names[STATS_TYPES] = {
		"bootp", "discover", "offer",	"request", "decline",
		"ack",	 "nak",	     "release", "inform",
	};

	return type < STATS_TYPES ? names[type] : NULL;
}

/**
 * stats_drop_name - what a reason is called
 * @why: the reason
 *
 * Return: words in lower case, joined by "_", or NULL when there is no such reason.
 */
const char *stats_drop_name(enum stats_drop why)
{
	static const char *const names[DROPS] = {
		[DROP_MALFORMED] = "malformed",	     [DROP_FOREIGN] = "foreign_source",
		[DROP_OFTEN] = "too_often",	     [DROP_NOT_FOR_US] = "not_for_us",
		[DROP_NO_SUBNET] = "no_subnet",	     [DROP_NO_ADDRESS] = "no_address",
		[DROP_TOO_MANY] = "too_many_leases", [DROP_DENIED] = "denied",
		[DROP_UNKNOWN] = "unknown_lease",    [DROP_NOT_ITS_OWN] = "not_its_own",
		[DROP_PROBING] = "probing",	     [DROP_NO_DISK] = "no_disk",
		[DROP_NO_MEMORY] = "no_memory",
	};

	return why < DROPS ? names[why] : NULL;
}
