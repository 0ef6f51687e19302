// SPDX-License-Identifier: GPL-2.0-or-later
/* The server's side of the hook: events wait here until their turn comes. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hook.h"
#include "hook_run.h"
#include "log.h"
#include "sandbox.h"

/**
 * struct hook - the command and what waits for it
 * @lfd: leads to the process that runs it; its fd is -1 when that has ended
 * @loop: where its answers come, NULL before hook_watch()
 * @command: the command
 * @queue: events that wait, from @first on, @n of them
 * @busy: it runs for one more
 * @lost: events that were dropped since the queue was last empty
 * @stats: what has been counted
 *
 * Lifetime: hook_start() to hook_done().
 */
struct hook {
	struct loop_fd lfd;
	struct loop *loop;
	const char *command;
	struct event queue[HOOK_QUEUE];
	unsigned int first, n;
	bool busy;
	uint64_t lost;
	struct hook_stats stats;
};

static void helper(int fd, const char *command, const char *network, const char *user)
	__attribute__((noreturn));

/* The helper has the server's user, and none of its files. */
static void helper(int fd, const char *command, const char *network, const char *user)
{
	struct sandbox_opts opts = { .user = user };
	sigset_t none;
	int null;

	if (fd != 3 && dup2(fd, 3) < 0)
		_exit(1);
	null = open("/dev/null", O_RDWR);
	if (null < 0 || dup2(null, 0) < 0 || close_range(4, ~0U, 0) ||
	    fcntl(3, F_SETFD, FD_CLOEXEC))
		_exit(1);
	prctl(PR_SET_NAME, "vmnet-dhcpd-hoo");
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (sandbox_drop(&opts))
		_exit(1);
	hook_serve(3, command, network);
}

/**
 * hook_start - start the process that runs the command
 * @command: whole path of what to run; no shell sees it
 * @network: name of the network, for the command
 * @user: account to run as, when we are root
 * @error: set to negative errno on failure
 *
 * To be called while there is one thread, before rights are given up.
 * Return: the hook, or NULL.
 */
struct hook *hook_start(const char *command, const char *network, const char *user, int *error)
{
	struct hook *h = NULL;
	int ends[2];
	pid_t pid;

	*error = 0;
	if (access(command, X_OK) || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends)) {
		*error = -errno;
		return NULL;
	}
	pid = fork();
	if (!pid)
		helper(ends[1], command, network, user);
	*error = pid < 0 ? -errno : 0;
	close(ends[1]);
	if (!*error)
		h = calloc(1, sizeof(*h));
	if (h) {
		h->lfd.fd = ends[0];
		h->command = command;
		return h;
	}
	if (!*error)
		*error = -ENOMEM;
	close(ends[0]);
	return NULL;
}

/* Begin with the next event. */
static void next(struct hook *h)
{
	if (h->busy || h->lfd.fd < 0)
		return;
	if (!h->n) {
		if (h->lost)
			log_warn("%s: %llu events were dropped", h->command,
				 (unsigned long long)h->lost);
		h->lost = 0;
		return;
	}
	/* One is under way at most: there is room for it. */
	if (send(h->lfd.fd, &h->queue[h->first], sizeof(h->queue[0]), MSG_DONTWAIT | MSG_NOSIGNAL) <
	    0)
		return;
	h->busy = true;
	h->first = (h->first + 1) % HOOK_QUEUE;
	h->n--;
}

static void tell(struct hook *h, int how)
{
	h->stats.runs++;
	if (!how)
		return;
	h->stats.failed++;
	if (how == HOOK_TOO_LONG)
		log_warn("%s: killed after %d s", h->command, HOOK_TIME);
	else if (how == HOOK_KILLED)
		log_warn("%s: ended by a signal", h->command);
	else if (how == HOOK_NOT_RUN)
		log_warn("%s: no process for it", h->command);
	else
		log_warn("%s: ended with status %d", h->command, how);
}

static void on_answer(struct loop *loop, struct loop_fd *self, uint32_t events)
{
	struct hook *h = (void *)((char *)self - offsetof(struct hook, lfd));
	ssize_t n;
	int how;

	(void)events;
	n = recv(self->fd, &how, sizeof(how), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n != (ssize_t)sizeof(how)) {
		log_err("%s: the process that runs it has ended; it is run no more", h->command);
		loop_fd_del(loop, self);
		close(self->fd);
		self->fd = -1;
		return;
	}
	h->busy = false;
	tell(h, how);
	next(h);
}

/* Let it run. Return: 0 or negative errno. */
int hook_watch(struct hook *h, struct loop *loop)
{
	h->loop = loop;
	h->lfd.fn = on_answer;
	return loop_fd_add(loop, &h->lfd, EPOLLIN);
}

/**
 * hook_event - have the command run for something that has happened
 * @h: the hook
 * @e: the event; when too many wait, the oldest is dropped for it
 */
void hook_event(struct hook *h, const struct event *e)
{
	if (h->lfd.fd < 0)
		return;
	if (h->n == HOOK_QUEUE) {
		if (!h->lost++)
			log_warn("%s: too slow; %d events wait, and the oldest are dropped",
				 h->command, HOOK_QUEUE);
		h->stats.dropped++;
		h->first = (h->first + 1) % HOOK_QUEUE;
		h->n--;
	}
	h->queue[(h->first + h->n++) % HOOK_QUEUE] = *e;
	next(h);
}

/* What has been counted; of no hook: nothing. */
void hook_get_stats(const struct hook *h, struct hook_stats *stats)
{
	*stats = h ? h->stats : (struct hook_stats){ 0 };
}

/* End it, and the process with it; NULL is none. */
void hook_done(struct hook *h)
{
	if (!h)
		return;
	if (h->lfd.fd >= 0) {
		if (h->loop)
			loop_fd_del(h->loop, &h->lfd);
		close(h->lfd.fd);
	}
	free(h);
}
