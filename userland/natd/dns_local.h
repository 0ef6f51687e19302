/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Answers to queries for names that this host knows by itself. Nothing here
 * does I/O or keeps memory.
 */
#ifndef VMNET_NATD_DNS_LOCAL_H
#define VMNET_NATD_DNS_LOCAL_H

#include "names.h"

#define DNS_LOCAL_TTL 10 /* seconds: the file may change */
#define DNS_LOCAL_ROOM 1232

size_t dns_local(const struct names *t, const uint8_t *query, size_t len,
		 uint8_t out[DNS_LOCAL_ROOM]);

#endif
