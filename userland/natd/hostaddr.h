/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMNET_NATD_HOSTADDR_H
#define VMNET_NATD_HOSTADDR_H

#include "nat.h"

int hostaddr_init(struct nat *n);
void hostaddr_done(struct nat *n);

#endif
