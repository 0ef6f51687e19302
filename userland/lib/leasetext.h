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
#define LEASE_NEVER ((time_t)INT64_MAX) /* "ends never" */

/* A client: its identifier behind a 1, or its hardware address behind a 0. */
struct lease_key {
	uint8_t len;
	uint8_t data[255];
};

/**
 * struct lease_record - one block of the file
 * @addr: host order
 * @starts: wall clock
 * @ends: wall clock; a released one ends when it was released; LEASE_NEVER
 * @mac: hardware address; all zero: none
 * @key: client; of length 0 for nobody
 * @hostname: terminated
 * @abandoned: the address answered though nobody had it
 * @released: whatever @ends says, a "binding state" says that it is free
 *
 * A value, good as long as whoever has it wants.
 */
struct lease_record {
	uint32_t addr;
	time_t starts, ends;
	uint8_t mac[6];
	struct lease_key key;
	char hostname[64];
	bool abandoned, released;
};

/**
 * struct lease_reader - who is told what a file holds
 * @block: a whole block, in the order of the file
 * @damaged: between lines @from and @to is no block that can be read, but there are
 *	whole ones behind it; NULL: nobody wants to know
 * @comment: a line with a comment between blocks; NULL: nobody wants to know
 * @arg: for all of them
 */
struct lease_reader {
	void (*block)(const struct lease_record *r, void *arg);
	void (*damaged)(unsigned int from, unsigned int to, void *arg);
	void (*comment)(const char *text, size_t len, void *arg);
	void *arg;
};

size_t lease_format(const struct lease_record *r, char *buf, size_t size);
size_t lease_file_read(const char *text, size_t len, const struct lease_reader *reader);
size_t lease_file_parse(const char *text, size_t len,
			void (*fn)(const struct lease_record *r, void *arg), void *arg);

#endif
