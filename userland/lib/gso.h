/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMNET_GSO_H
#define VMNET_GSO_H

#include "port.h"

int gso_resolve(const struct frame *f, int (*out)(void *arg, const struct frame *f), void *arg);

#endif
