// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A program that has given up its rights can no longer remove the files that it
 * made in /var/run. A small process that has kept them waits for its end,
 * whatever that is, and removes them. It has no other file open, reads nothing,
 * and keeps no capability: that /var/run is root's is enough.
 *
 * Lifetime: from sweep_start() until the end of the process that called it.
 */
#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sweep.h"

#define LOCK_TRIES 100
#define LOCK_WAIT_US 20000

static bool same_file(const struct stat *a, const char *path)
{
	struct stat b;

	return !lstat(path, &b) && a->st_dev == b.st_dev && a->st_ino == b.st_ino;
}

/*
 * A PID file is left alone when somebody has taken it over meanwhile. Of a
 * process that is being killed, the lock may last a little longer than the pipe.
 */
static void remove_pidfile(const struct stat *was, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int i;

	if (fd < 0)
		return;
	for (i = 0; i < LOCK_TRIES; i++) {
		if (!flock(fd, LOCK_EX | LOCK_NB)) {
			if (same_file(was, path))
				unlink(path);
			break;
		}
		usleep(LOCK_WAIT_US);
	}
	close(fd);
}

static void sweep(int fd, const char *name, const char *const sockets[], const char *pid_path)
	__attribute__((noreturn));

static void sweep(int fd, const char *name, const char *const sockets[], const char *pid_path)
{
	struct stat sock[SWEEP_SOCKETS] = { 0 }, pid = { 0 };
	bool there[SWEEP_SOCKETS];
	sigset_t all;
	size_t i;
	char c;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	prctl(PR_SET_NAME, name);
	if (dup2(fd, 0) < 0 || close_range(1, ~0U, 0))
		_exit(1);
	capng_clear(CAPNG_SELECT_BOTH);
	capng_apply(CAPNG_SELECT_CAPS);
	for (i = 0; i < SWEEP_SOCKETS; i++)
		there[i] = sockets[i] && !lstat(sockets[i], &sock[i]);
	if (!pid_path || lstat(pid_path, &pid))
		pid_path = NULL;
	while (read(0, &c, 1) < 0 && errno == EINTR)
		;
	for (i = 0; i < SWEEP_SOCKETS; i++)
		if (there[i] && same_file(&sock[i], sockets[i]))
			unlink(sockets[i]);
	if (pid_path)
		remove_pidfile(&pid, pid_path);
	_exit(0);
}

/**
 * sweep_start - have files removed when this process has ended
 * @name: what the small process is called, at most 15 characters
 * @sockets: sockets, NULL for none
 * @pid_path: a PID file that is locked as long as it is in use, or NULL
 *
 * To be called while there is one thread, before rights are given up.
 * Return: 0 or negative errno.
 */
int sweep_start(const char *name, const char *const sockets[SWEEP_SOCKETS], const char *pid_path)
{
	int ends[2], err;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (!pid)
		sweep(ends[0], name, sockets, pid_path);
	err = pid < 0 ? -errno : 0;
	close(ends[0]);
	/* Our end stays open until we end. */
	if (err)
		close(ends[1]);
	return err;
}
