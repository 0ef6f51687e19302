/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMNET_NATD_SWEEP_H
#define VMNET_NATD_SWEEP_H

int sweep_start(const char *socket_path, const char *pid_path);

#endif
