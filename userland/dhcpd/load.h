/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration, from its file. */
#ifndef VMNET_DHCPD_LOAD_H
#define VMNET_DHCPD_LOAD_H

#include "server.h"

void load_warn(const char *path, const struct dhcp_conf *conf);
int load_choose_local(const struct server *s, struct dhcp_conf *conf, struct conf_err *err);
void load_free(struct dhcp_conf *conf);

#endif
