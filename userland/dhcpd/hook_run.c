// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "hook.h"
#include "hook_run.h"
#include "pkt.h"

static void put(struct hook_env *env, unsigned int *n, size_t *used, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static void put(struct hook_env *env, unsigned int *n, size_t *used, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	env->list[(*n)++] = env->text + *used;
	*used += (size_t)vsnprintf(env->text + *used, sizeof(env->text) - *used, fmt, ap) + 1;
	va_end(ap);
}

/**
 * hook_environment - all that a run is told, apart from the name of the event
 * @env: filled
 * @e: the event
 * @network: name of the network
 *
 * Nothing of the server's own environment goes to it.
 */
void hook_environment(struct hook_env *env, const struct event *e, const char *network)
{
	char ip[16], mac[18], id[EVENT_ID_TEXT];
	unsigned int n = 0;
	size_t used = 0;

	put(env, &n, &used, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	put(env, &n, &used, "VMNET_EVENT=%s", event_name(e->what));
	put(env, &n, &used, "VMNET_NETWORK=%.40s", network);
	put(env, &n, &used, "VMNET_ADDRESS=%s", ip4_format(htonl(e->addr), ip));
	put(env, &n, &used, "VMNET_MAC=%s", mac_format(e->mac, mac));
	/* A name that begins like an option might be taken for one. */
	put(env, &n, &used, "VMNET_HOSTNAME=%s%.63s", e->hostname[0] == '-' ? "_" : "",
	    e->hostname + (e->hostname[0] == '-'));
	put(env, &n, &used, "VMNET_CLIENT_ID=%s", event_id_text(e->id, e->id_len, id));
	if (e->ends == LEASE_NEVER)
		put(env, &n, &used, "VMNET_ENDS=never");
	else
		put(env, &n, &used, "VMNET_ENDS=%lld", (long long)e->ends);
	env->list[n] = NULL;
}

static pid_t begin(const char *command, const char *event, struct hook_env *env)
{
	char *const argv[] = { (char *)command, (char *)event, NULL };
	pid_t pid = fork();

	if (pid)
		return pid;
	setsid();
	execve(command, argv, env->list);
	_exit(127);
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/*
 * Until the command ends. Return: how. With the server's end its own comes too:
 * whoever starts the server anew does not find it at work.
 */
static int await(int fd, pid_t pid)
{
	struct pollfd fds[2] = {
		{ .fd = (int)syscall(SYS_pidfd_open, pid, 0U), .events = POLLIN },
		{ .fd = fd, .events = 0 },
	};
	uint64_t end = now_ms() + HOOK_TIME * 1000, now;
	int status, how = 0, n = 0;

	while ((now = now_ms()) < end && fds[0].fd >= 0) {
		n = poll(fds, 2, (int)(end - now));
		if (n > 0 || (n < 0 && errno != EINTR))
			break;
	}
	if (!(fds[0].revents & POLLIN)) {
		how = HOOK_TOO_LONG;
		kill(-pid, fds[1].revents ? SIGTERM : SIGKILL);
	}
	if (fds[0].fd >= 0)
		close(fds[0].fd);
	if (fds[1].revents)
		_exit(0);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (how)
		return how;
	return WIFEXITED(status) ? WEXITSTATUS(status) : HOOK_KILLED;
}

/**
 * hook_serve - run the command for each event that comes
 * @fd: the server, whose events come one by one; each is answered when it is done
 * @command: what to run
 * @network: name of the network
 *
 * Ends with the server.
 */
void hook_serve(int fd, const char *command, const char *network)
{
	struct hook_env env;
	struct event e;
	ssize_t n;
	pid_t pid;
	int how;

	for (;;) {
		n = read(fd, &e, sizeof(e));
		if (n < 0 && errno == EINTR)
			continue;
		if (n != (ssize_t)sizeof(e))
			_exit(0);
		hook_environment(&env, &e, network);
		pid = begin(command, event_name(e.what), &env);
		how = pid < 0 ? HOOK_NOT_RUN : await(fd, pid);
		if (write(fd, &how, sizeof(how)) != (ssize_t)sizeof(how))
			_exit(0);
	}
}
