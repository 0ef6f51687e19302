/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the server is doing, as JSON. */
#ifndef VMNET_DHCPD_STATUS_H
#define VMNET_DHCPD_STATUS_H

#include <jansson.h>
#include "conn.h"
#include "event.h"
#include "request.h"
#include "server.h"

json_t *status_json(const struct server *s);
json_t *status_lease(const struct lease *l);
json_t *status_event(const struct event *e);
json_t *status_host(const struct dhcp_host *h, unsigned int addr, const char *source);
int status_stream_leases(struct server *s, struct conn *c, const struct request *r, bool last);

#endif
