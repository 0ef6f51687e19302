/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The process that runs the hook's command. */
#ifndef VMNET_DHCPD_HOOK_RUN_H
#define VMNET_DHCPD_HOOK_RUN_H

#include "event.h"

#define HOOK_ENV 9 /* variables, and the end */
#define HOOK_ENV_TEXT (EVENT_ID_TEXT + 512)

/**
 * struct hook_env - the environment of a run
 * @list: what execve() takes; points into @text
 * @text: the variables, one behind the other
 *
 * A value that must not be moved.
 */
struct hook_env {
	char *list[HOOK_ENV];
	char text[HOOK_ENV_TEXT];
};

/* How a run has ended: a status of exit(), or one of these. */
enum { HOOK_KILLED = 256, HOOK_TOO_LONG, HOOK_NOT_RUN };

void hook_environment(struct hook_env *env, const struct event *e, const char *network);
void hook_serve(int fd, const char *command, const char *network) __attribute__((noreturn));

#endif
