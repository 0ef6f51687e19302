/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Figures as OpenMetrics text, for whatever collects them. */
#ifndef VMNET_OPENMETRICS_H
#define VMNET_OPENMETRICS_H

#include <stdio.h>

void openmetrics_family(FILE *f, const char *name, const char *type, const char *help);
void openmetrics_label(FILE *f, const char *name, const char *value);

#endif
