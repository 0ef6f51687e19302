/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMNET_DHCPD_CONFINE_H
#define VMNET_DHCPD_CONFINE_H

#include <stdbool.h>

/* The server's account when no other is said. */
#define CONFINE_USER "vmnet-dhcpd"

void confine_user(const char *leases, const char *user);
int confine_files(const char *conf, const char *leases, bool changes);
void confine(const char *conf, const char *leases, bool root);

#endif
