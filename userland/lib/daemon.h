/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a daemon starts: it forks, the parent waits until the child has said that
 * it is ready or why it is not, and exits with that.
 */
#ifndef VMNET_DAEMON_H
#define VMNET_DAEMON_H

#include <stdbool.h>
#include <sys/types.h>

/**
 * struct pidfile - a PID file that is ours
 * @path: the file
 * @fd: open and locked for as long as we live
 *
 * The lock, not the file, says that a daemon runs: a file left by a crash is
 * taken over.
 */
struct pidfile {
	char path[256];
	int fd;
};

int pidfile_claim(struct pidfile *pf, const char *path, pid_t *other);
void pidfile_write(struct pidfile *pf);
void pidfile_remove(struct pidfile *pf);
pid_t pidfile_running(const char *path, const char *name);

const char *daemon_path(const char *path);
int daemon_start(bool background);
void daemon_ready(void);
void daemon_failed(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
