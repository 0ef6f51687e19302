// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is left of the NAT's rights once all that needs them is open: the port,
 * the raw ICMP socket, the sockets of forwards, the status socket.
 *
 * It goes on opening sockets for guests' flows, and reads resolv.conf, hosts,
 * leases and nat.conf, as they are replaced.
 */
#include <errno.h>
#include <linux/capability.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dns.h"
#include "log.h"
#include "nat.h"
#include "sandbox.h"

#define DEFAULT_USER "vmnet-natd"
/* Two for each of four files, and those of resolvers. */
#define MAX_DIRS 16

static const char *const resolvers[] = {
	"/run/systemd/resolve",
	"/run/NetworkManager",
	"/run/resolvconf",
};

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
	"sched_getaffinity", /* may we stay awake? */
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

/* Directories that can be read; a path is in its place when it fits. */
struct dirs {
	char path[MAX_DIRS][PATH_MAX];
	const char *list[MAX_DIRS];
	size_t n;
};

/* The directory of @file; where that is not there yet, the one it will be made in. */
static void add_dir_of(struct dirs *d, const char *file)
{
	char *dir = d->path[d->n];

	if (d->n == MAX_DIRS || strlen(file) >= PATH_MAX)
		return;
	strcpy(dir, file);
	do
		dir = dirname(dir);
	while (access(dir, F_OK) && strcmp(dir, "/") && strcmp(dir, "."));
	/* That would be everything. */
	if (!strcmp(dir, "/"))
		return;
	d->list[d->n++] = dir;
}

/* A file that is read again, and what it links to now. */
static void add_file(struct dirs *d, const char *file)
{
	char target[PATH_MAX], real[2 * PATH_MAX], dir[PATH_MAX];
	ssize_t len;

	add_dir_of(d, file);
	if (realpath(file, real)) {
		add_dir_of(d, real);
		return;
	}
	/* A link to what is not there yet. */
	len = readlink(file, target, sizeof(target) - 1);
	if (len < 0)
		return;
	target[len] = '\0';
	snprintf(dir, sizeof(dir), "%s", file);
	if (target[0] == '/')
		snprintf(real, sizeof(real), "%s", target);
	else
		snprintf(real, sizeof(real), "%s/%s", dirname(dir), target);
	add_dir_of(d, real);
}

/**
 * nat_restrict_files - only what is read again can be read from now on
 * @n: the NAT, with the names of its files
 * @changes: files can be changed as before, else none can
 *
 * That is what is below the directories of these files and of those they link
 * to: a file is replaced by another one, so that nothing less will do. And the
 * directories where programs that make resolv.conf keep the one it is linked to.
 *
 * Return: 0, -EOPNOTSUPP when the kernel cannot do that, or other negative errno.
 */
int nat_restrict_files(const struct nat *n, bool changes)
{
	struct dirs *d = calloc(1, sizeof(*d));
	struct sandbox_dirs files = { .changes = changes };
	int err;
	size_t i;

	if (!d)
		return -ENOMEM;
	add_file(d, n->conf_path);
	add_file(d, n->resolv_conf ? n->resolv_conf : DNS_RESOLV_CONF);
	add_file(d, n->hosts ? n->hosts : DNS_HOSTS);
	if (n->leases)
		add_file(d, n->leases);
	for (i = 0; i < sizeof(resolvers) / sizeof(resolvers[0]); i++)
		d->list[d->n++] = resolvers[i];
	files.readable = d->list;
	files.nreadable = d->n;
	err = sandbox_files(&files);
	for (i = 0; i < d->n && !err; i++)
		log_debug("what is below %s can be read", d->list[i]);
	free(d);
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

	/* Without root nobody else removes our files when we end. */
	if (!err)
		err = nat_restrict_files(n, !root);
	if (err == -EOPNOTSUPP) {
		log_info("no Landlock in this kernel: the permissions of files alone protect them");
		err = 0;
	}
	if (err)
		return err;
	return sandbox_seccomp(syscalls, sizeof(syscalls) / sizeof(syscalls[0]), false);
}
