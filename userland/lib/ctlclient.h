/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMNET_CTLCLIENT_H
#define VMNET_CTLCLIENT_H

#include <stdbool.h>
#include <stddef.h>

#define CTL_RUN_DIR "/var/run"

const char *ctl_socket_path(const char *dir, const char *daemon, const char *network, char *buf,
			    size_t size);
char *ctl_ask(const char *path, const char *request, unsigned int wait_ms, int *error);
int ctl_follow(const char *path, const char *request, unsigned int wait_ms,
	       bool (*fn)(char *line, void *arg), void *arg);

#endif
