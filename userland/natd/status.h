/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMNET_NATD_STATUS_H
#define VMNET_NATD_STATUS_H

#include <jansson.h>

#include "nat.h"

int status_set_port(struct nat *n, uint16_t port);
json_t *status_json(const struct nat *n);
json_t *status_forwards(const struct nat *n);
json_t *status_services(const struct nat *n);
json_t *status_flows(const struct nat *n, uint8_t proto, unsigned int limit, unsigned int *total);

#endif
