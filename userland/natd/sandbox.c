// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is left of the NAT's rights once all that needs them is open: the port,
 * the raw ICMP socket, the sockets of forwards, the status socket.
 *
 * It goes on opening sockets for guests' flows, and reads resolv.conf.
 */
#include <errno.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "nat.h"
#include "sandbox.h"

#define DEFAULT_USER "vmnet-natd"

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
	"ftruncate", /* what does not fit to the disk any more */
	"flock",
	"exit",
	"exit_group",
	"tgkill",
};

/* No file is made, changed, removed or executed from now on. */
static int no_changes(void)
{
	static const struct landlock_ruleset_attr attr = {
		.handled_access_fs = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
				     LANDLOCK_ACCESS_FS_REMOVE_DIR |
				     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
				     LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
				     LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
				     LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM,
	};
	int fd = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0U);
	int err;

	/* A kernel without it. */
	if (fd < 0)
		return errno == ENOSYS || errno == EOPNOTSUPP ? 0 : -errno;
	err = syscall(SYS_landlock_restrict_self, fd, 0U) ? -errno : 0;
	close(fd);
	return err;
}

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
	bool root = geteuid() == 0;
	int err = sandbox_drop(&opts);

	(void)n;
	/* Without root nobody else removes our files when we end. */
	if (!err && root)
		err = no_changes();
	if (err)
		return err;
	return sandbox_seccomp(syscalls, sizeof(syscalls) / sizeof(syscalls[0]), false);
}
