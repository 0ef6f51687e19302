/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Answers to queries for names that are known here: the host's own, and those of
 * guests. Nothing here does I/O or keeps memory.
 */
#ifndef VMNET_NATD_DNS_LOCAL_H
#define VMNET_NATD_DNS_LOCAL_H

#include "leases.h"
#include "names.h"

#define DNS_LOCAL_TTL 10 /* seconds: the files may change */
#define DNS_LOCAL_ROOM 1232

/**
 * struct dns_known - names that are known without asking anybody
 * @hosts: of the host's own file; they go before others
 * @leases: of guests
 * @domain: of guests, in lower case, short enough to stand behind a label
 * @now: wall clock
 * @stream: asked over TCP: the answer may be as long as there is room
 */
struct dns_known {
	const struct names *hosts;
	const struct leases *leases;
	const char *domain;
	time_t now;
	bool stream;
};

size_t dns_local(const struct dns_known *k, const uint8_t *query, size_t len,
		 uint8_t out[DNS_LOCAL_ROOM]);

#endif
