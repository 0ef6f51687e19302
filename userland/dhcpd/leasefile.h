/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dhcpd.leases: ISC's text, appended to, times in UTC. The functions that read
 * and write text do no I/O.
 */
#ifndef VMNET_DHCPD_LEASEFILE_H
#define VMNET_DHCPD_LEASEFILE_H

#include <stddef.h>
#include "lease.h"

#define LEASEFILE_MAX (256U << 20)
#define LEASE_TEXT 2048

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

size_t lease_format(const struct lease *l, char *buf, size_t size);
size_t lease_file_parse(const char *text, size_t len,
			void (*fn)(const struct lease_record *r, void *arg), void *arg);

/**
 * struct leasefile - the open file
 * @path: its name
 * @fd: open for appending
 * @size: bytes in it
 * @buf: what is to be written at the end of the turn
 * @used: bytes of it
 */
struct leasefile {
	char path[256];
	int fd;
	size_t size;
	char *buf;
	size_t used, room;
};

int leasefile_open(struct leasefile *f, const char *path, struct lease_db *db,
		   const struct dhcp_conf *conf, time_t wall, uint64_t mono);
int leasefile_add(struct leasefile *f, const struct lease *l);
int leasefile_commit(struct leasefile *f);
int leasefile_compact(struct leasefile *f, const struct lease_db *db);
void leasefile_close(struct leasefile *f);

#endif
