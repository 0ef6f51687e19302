/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMNET_SWEEP_H
#define VMNET_SWEEP_H

#include <stddef.h>

#define SWEEP_SOCKETS 2

int sweep_start(const char *name, const char *const sockets[SWEEP_SOCKETS], const char *pid_path);

#endif
