// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is left of the NAT's rights once all that needs them is open: the port,
 * the raw ICMP socket, the sockets of forwards, the status socket.
 *
 * It goes on opening sockets for guests' flows, and reads resolv.conf.
 */
#include <errno.h>
#include <linux/capability.h>

#include "nat.h"
#include "sandbox.h"

#define DEFAULT_USER "vmnet"

/* Guests' ports below 1024 that stay below 1024 ([privilegedUDP]). */
static const unsigned int caps[] = { CAP_NET_BIND_SERVICE };

static const char *const syscalls[] = {
	/* the loop */
	"epoll_wait",
	"epoll_pwait",
	"epoll_ctl",
	"clock_gettime",
	"restart_syscall",
	"rt_sigreturn",
	"rt_sigprocmask",
	"rt_sigaction",
	/* frames */
	"read",
	"readv",
	"write",
	"writev",
	/* sockets */
	"socket",
	"bind",
	"connect",
	"listen",
	"accept4",
	"shutdown",
	"close",
	"getsockname",
	"getpeername",
	"getsockopt",
	"setsockopt",
	"recvfrom",
	"recvmsg",
	"recvmmsg",
	"sendto",
	"sendmsg",
	"sendmmsg",
	"ioctl",
	"fcntl",
	"splice",
	/* resolv.conf, and what the C library reads for log lines */
	"openat",
	"open",
	"newfstatat",
	"fstat",
	"stat",
	"lstat",
	"readlink",
	"readlinkat",
	"lseek",
	"inotify_add_watch",
	"getcwd",
	/* memory */
	"brk",
	"mmap",
	"munmap",
	"mremap",
	"mprotect",
	"madvise",
	/* the rest */
	"getrandom",
	"getpid",
	"gettid",
	"futex",
	"unlink",
	"flock",
	"exit",
	"exit_group",
	"tgkill",
};

/**
 * nat_sandbox - give up what is not needed any more
 * @n: the NAT, all of it open
 * @user: account to run as, NULL for the default
 *
 * Return: 0 or negative errno.
 */
int nat_sandbox(const struct nat *n, const char *user)
{
	struct sandbox_opts opts = {
		.user = user ? user : DEFAULT_USER,
		.caps = caps,
		.ncaps = sizeof(caps) / sizeof(caps[0]),
	};
	int err = sandbox_drop(&opts);

	(void)n;
	if (err)
		return err;
	return sandbox_seccomp(syscalls, sizeof(syscalls) / sizeof(syscalls[0]), false);
}
