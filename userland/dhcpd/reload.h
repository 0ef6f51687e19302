/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMNET_DHCPD_RELOAD_H
#define VMNET_DHCPD_RELOAD_H

#include "server.h"

int server_use(struct server *s, struct dhcp_conf *now, struct conf_err *err);
int server_reload(struct server *s, struct conf_err *err);
void server_on_hup(struct loop *loop, int signo, void *arg);

#endif
