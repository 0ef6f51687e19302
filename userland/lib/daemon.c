// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>
#include "daemon.h"
#include "log.h"

static pid_t read_pid(int fd)
{
	char buf[32];
	ssize_t n = pread(fd, buf, sizeof(buf) - 1, 0);
	long pid;

	if (n <= 0)
		return 0;
	buf[n] = '\0';
	pid = strtol(buf, NULL, 10);
	return pid > 0 ? (pid_t)pid : 0;
}

/**
 * pidfile_claim - become the one who owns a PID file
 * @pf: filled in
 * @path: the file
 * @other: set to the PID of the owner when there is one; may be NULL
 *
 * The file is locked, and emptied; pidfile_write() puts the PID in, after the
 * last fork. Return: 0, -EBUSY when somebody else has it, negative errno.
 */
int pidfile_claim(struct pidfile *pf, const char *path, pid_t *other)
{
	char dir[sizeof(pf->path)] = "";
	struct stat a, b;
	int err;

	/* A daemon goes to another directory. */
	if (path[0] != '/' && !getcwd(dir, sizeof(dir)))
		return -errno;
	if (snprintf(pf->path, sizeof(pf->path), "%s%s%s", dir, dir[0] ? "/" : "", path) >=
	    (int)sizeof(pf->path))
		return -ENAMETOOLONG;
	for (;;) {
		pf->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
		if (pf->fd < 0)
			return -errno;
		if (flock(pf->fd, LOCK_EX | LOCK_NB)) {
			err = errno == EWOULDBLOCK ? -EBUSY : -errno;
			if (other)
				*other = read_pid(pf->fd);
			close(pf->fd);
			pf->fd = -1;
			return err;
		}
		/* The owner before us may have removed it meanwhile. */
		if (!fstat(pf->fd, &a) && !stat(path, &b) && a.st_ino == b.st_ino)
			return ftruncate(pf->fd, 0) ? -errno : 0;
		close(pf->fd);
	}
}

/* Put our PID into the file, if we have claimed one. Without it the daemon has failed. */
void pidfile_write(struct pidfile *pf)
{
	if (pf->fd >= 0 && dprintf(pf->fd, "%d\n", (int)getpid()) < 0)
		daemon_failed("%s: %s", pf->path, strerror(errno));
}

/* Remove the file and give up the lock; nothing when it was never ours. */
void pidfile_remove(struct pidfile *pf)
{
	if (pf->fd < 0 || !pf->path[0])
		return;
	/* Without the right to remove it, leave it empty. */
	if (unlink(pf->path) && ftruncate(pf->fd, 0))
		log_warn("%s: %s", pf->path, strerror(errno));
	close(pf->fd);
	pf->fd = -1;
}

/* A daemon could write any number into its file: is it one of that name? */
static bool is_called(pid_t pid, const char *name)
{
	char path[32], comm[20] = "";
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, comm, sizeof(comm) - 1);
	close(fd);
	/* The kernel keeps 15 letters. */
	return n > 1 && comm[n - 1] == '\n' && strncmp(comm, name, (size_t)n - 1) == 0 &&
	       (n - 1 == 15 || !name[n - 1]);
}

/**
 * pidfile_running - who owns a PID file?
 * @path: the file
 * @name: what the owner's program is called
 *
 * An owner that is about to write its number is waited for, two seconds at
 * most. Return: the PID of a living owner; 0 when there is no file, nobody has
 * it, or the number in it is that of another program.
 */
pid_t pidfile_running(const char *path, const char *name)
{
	const struct timespec pause = { 0, 20 * 1000 * 1000 };
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), i;
	pid_t pid = 0;

	if (fd < 0)
		return 0;
	for (i = 0; i < 100 && !pid; i++) {
		if (!flock(fd, LOCK_SH | LOCK_NB) || errno != EWOULDBLOCK)
			break;
		pid = read_pid(fd);
		if (!pid)
			nanosleep(&pause, NULL);
	}
	close(fd);
	return pid && is_called(pid, name) ? pid : 0;
}

/* Where the parent waits for our word; -1 when nobody does. */
static int ready_fd = -1;

/* The parent's part: relay the child's word. */
static void wait_for_child(int fd, pid_t pid)
{
	char text[512];
	size_t used = 0;
	ssize_t n;
	int status;

	while ((n = read(fd, text + used, sizeof(text) - 1 - used)) > 0)
		used += (size_t)n;
	text[used] = '\0';
	if (!strcmp(text, "ready\n"))
		_exit(0);
	if (used) {
		fprintf(stderr, "%s: %s", program_invocation_short_name, text);
		_exit(1);
	}
	if (waitpid(pid, &status, 0) == pid && WIFSIGNALED(status))
		fprintf(stderr, "killed by signal %d while starting\n", WTERMSIG(status));
	else
		fprintf(stderr, "ended while starting\n");
	_exit(1);
}

/**
 * daemon_start - go to the background
 * @background: do it; else the process stays what it is
 *
 * In the background the child returns and the parent never does: it exits 0 on
 * daemon_ready(), and 1 with the child's sentence on daemon_failed().
 * Return: 0 or negative errno.
 */
int daemon_start(bool background)
{
	int pipefd[2], null;
	pid_t pid;

	if (!background)
		return 0;
	if (pipe2(pipefd, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid) {
		close(pipefd[1]);
		wait_for_child(pipefd[0], pid);
	}
	close(pipefd[0]);
	ready_fd = pipefd[1];
	setsid();
	if (chdir("/"))
		return -errno;
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null >= 0) {
		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
		if (null > 2)
			close(null);
	}
	return 0;
}

/**
 * daemon_path - a file that is opened again in the background, where we are elsewhere
 * @path: its name; NULL for none
 *
 * Return: its whole name, as old as the program; NULL for none. Ends the program
 * when there is none to be had.
 */
const char *daemon_path(const char *path)
{
	char here[PATH_MAX], *whole;

	if (!path || *path == '/')
		return path;
	if (!getcwd(here, sizeof(here)) || asprintf(&whole, "%s/%s", here, path) < 0)
		daemon_failed("%s: %s", path, strerror(errno));
	return whole;
}

/* Tell the parent, and systemd, that the service is there. */
void daemon_ready(void)
{
	if (ready_fd >= 0) {
		if (write(ready_fd, "ready\n", 6) != 6)
			log_warn("nobody waits for readiness");
		close(ready_fd);
		ready_fd = -1;
	}
	sd_notify(0, "READY=1");
}

/* Say in one line why there is no service, and exit with 1. */
void daemon_failed(const char *fmt, ...)
{
	char text[480];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_err("%s", text);
	if (ready_fd >= 0)
		dprintf(ready_fd, "%s\n", text);
	exit(1);
}
