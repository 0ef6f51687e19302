/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the lease database share. */
#ifndef VMNET_DHCPD_LEASE_PRIV_H
#define VMNET_DHCPD_LEASE_PRIV_H

#include "lease.h"

/* lease_heap.c */
void lease_heap_put(struct lease_db *db, struct lease *l);
void lease_heap_drop(struct lease_db *db, struct lease *l);

/* lease_pool.c */
int lease_pools_init(struct lease_db *db, const struct dhcp_conf *conf);
void lease_list(struct lease_db *db, struct lease *l);
void lease_unlist(struct lease_db *db, struct lease *l);

#endif
