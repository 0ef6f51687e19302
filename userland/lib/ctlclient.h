/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMNET_CTLCLIENT_H
#define VMNET_CTLCLIENT_H

char *ctl_ask(const char *path, const char *request, unsigned int wait_ms, int *error);

#endif
