/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMNET_NATD_CTL_H
#define VMNET_NATD_CTL_H

#include "nat.h"

int ctl_init(struct nat *n, const char *path);
const char *ctl_path(const struct nat *n);
void ctl_done(struct nat *n);

#endif
