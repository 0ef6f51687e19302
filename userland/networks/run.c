// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runs a program and keeps what it says about its failure.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "networks.h"

static void child(const char *const argv[], int err)
{
	int null = open("/dev/null", O_RDWR);

	if (null >= 0) {
		dup2(null, 0);
		dup2(null, 1);
	}
	dup2(err, 2);
	execvp(argv[0], (char *const *)(uintptr_t)argv);
	dprintf(2, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

/**
 * run_command() - run a program to its end
 * @argv: the program and its arguments
 * @verbose: say what is run
 * @why: its last words, when it fails
 * @size: of @why
 *
 * A daemon is meant, which stays and lets us go on when it is ready.
 * Return: 0, or negative errno; -EIO when it ended with another status.
 */
int run_command(const char *const argv[], bool verbose, char *why, size_t size)
{
	int pipefd[2], status;
	size_t used = 0, i;
	char *nl;
	ssize_t n;
	pid_t pid;

	if (verbose) {
		for (i = 0; argv[i]; i++)
			fprintf(stderr, "%s%s", i ? " " : "+ ", argv[i]);
		fputc('\n', stderr);
	}
	if (pipe2(pipefd, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid)
		child(argv, pipefd[1]);
	close(pipefd[1]);
	while (used + 1 < size && (n = read(pipefd[0], why + used, size - 1 - used)) > 0)
		used += (size_t)n;
	why[used] = '\0';
	close(pipefd[0]);
	nl = strchr(why, '\n');
	if (nl)
		*nl = '\0';
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	if (!*why)
		snprintf(why, size, "%s ended with status %d", argv[0], status);
	return -EIO;
}
