/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dhcpd.leases: the text of leasetext.h, appended to.
 */
#ifndef VMNET_DHCPD_LEASEFILE_H
#define VMNET_DHCPD_LEASEFILE_H

#include <stddef.h>
#include "lease.h"

#define LEASEFILE_MAX (256U << 20)

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
