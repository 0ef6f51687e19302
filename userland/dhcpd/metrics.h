/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMNET_DHCPD_METRICS_H
#define VMNET_DHCPD_METRICS_H

#include <jansson.h>

char *metrics_text(const json_t *status);

#endif
