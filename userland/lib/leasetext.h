/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Leases as ISC's servers write them, times in UTC: text that is appended to, so
 * that of the blocks of an address the last one counts. Nothing here does I/O.
 */
#ifndef VMNET_LEASETEXT_H
#define VMNET_LEASETEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define LEASE_TEXT 2048 /* a block has room in it */

/* A client: its identifier, or what stands for one. */
struct lease_key {
	uint8_t len;
	uint8_t data[255];
};

/**
 * struct lease_record - one block of the file
 * @addr: host order
 * @starts: wall clock
 * @ends: wall clock; a released one ends when it was released
 * @mac: hardware address
 * @key: client
 * @hostname: terminated
 * @abandoned: the address answered though nobody had it
 */
struct lease_record {
	uint32_t addr;
	time_t starts, ends;
	uint8_t mac[6];
	struct lease_key key;
	char hostname[64];
	bool abandoned;
};

size_t lease_format(const struct lease_record *r, char *buf, size_t size);
size_t lease_file_parse(const char *text, size_t len,
			void (*fn)(const struct lease_record *r, void *arg), void *arg);

#endif
