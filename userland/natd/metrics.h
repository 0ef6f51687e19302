/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The status as OpenMetrics text (openmetrics.io, version 1.0.0). No I/O. */
#ifndef VMNET_NATD_METRICS_H
#define VMNET_NATD_METRICS_H

#include <jansson.h>

#define METRICS_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

char *metrics_text(const json_t *status);

#endif
