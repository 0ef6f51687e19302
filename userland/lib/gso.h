/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMNET_GSO_H
#define VMNET_GSO_H

#include "port.h"

const uint8_t *gso_flatten(const struct frame *f, uint8_t *copy, uint32_t room);
int gso_resolve(const struct frame *f, int (*out)(void *arg, const struct frame *f), void *arg);

#endif
