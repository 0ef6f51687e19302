// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the server keeps of root's rights: none. It goes on writing its lease
 * file, and reads its configuration again, as they are replaced.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "confine.h"
#include "daemon.h"
#include "log.h"
#include "reserve.h"
#include "sandbox.h"

static const char *const syscalls[] = {
	"read",
	"readv",
	"write",
	"writev",
	"epoll_wait",
	"epoll_pwait",
	"epoll_ctl",
	"clock_gettime",
	"clock_nanosleep",
	"fdatasync",
	"sync_file_range",
	"fchmod",
	"fsync",
	"fstatfs",
	"ftruncate",
	"openat",
	"open",
	"close",
	"rename",
	"renameat",
	"renameat2",
	"link",
	"linkat",
	"unlink",
	"unlinkat",
	"lseek",
	"fstat",
	"newfstatat",
	"stat",
	"mmap",
	"munmap",
	"mremap",
	"mprotect",
	"brk",
	"madvise",
	"sendto",
	"sendmsg",
	/* frames of a socket */
	"recvmmsg",
	"sendmmsg",
	"getsockname",
	"ioctl",
	"bind",
	"recvmsg",
	/* the control socket and the hook */
	"accept4",
	"recvfrom",
	/* reservations */
	"fchmod",
	"fchown",
	/* the rest */
	"connect",
	"socket",
	"getpid",
	"gettid",
	"exit",
	"exit_group",
	"rt_sigreturn",
	"rt_sigprocmask",
	"restart_syscall",
	"futex",
	"getrandom",
	"time",
	"gettimeofday",
	"fcntl",
	"tgkill",
	"rt_sigaction",
};

/* Is there nothing in a directory but the files of a DHCP server? */
static bool is_ours(int fd, const char *leases)
{
	const char *base = strrchr(leases, '/') ? strrchr(leases, '/') + 1 : leases;
	size_t len = reserve_stem(base);
	DIR *d = fdopendir(dup(fd));
	struct dirent *e;
	bool ours = d;

	while (ours && (e = readdir(d)))
		ours = e->d_name[0] == '.' || !strncmp(e->d_name, "dhcpd.", 6) ||
		       !strncmp(e->d_name, base, len);
	if (d)
		closedir(d);
	return ours;
}

/* In its directory the daemon may make files and replace its own, since it
 * writes the lease file anew from time to time; the sticky bit keeps it from
 * the others.
 */
static void share_directory(const char *leases, const struct passwd *pw)
{
	char path[256];
	struct stat st;
	int fd, err;

	snprintf(path, sizeof(path), "%s", leases);
	fd = open(dirname(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = fd < 0 ? -errno : 0;
	if (!err && !is_ours(fd, leases))
		err = -ENOTEMPTY;
	if (!err && (fstat(fd, &st) || fchown(fd, 0, pw->pw_gid) ||
		     fchmod(fd, (st.st_mode & 0777) | 01770)))
		err = -errno;
	if (err == -ENOTEMPTY)
		log_warn("%s has no directory of its own: it only grows", leases);
	else if (err)
		log_warn("%s: cannot be shared with %s: %s", leases, pw->pw_name, strerror(-err));
	if (fd >= 0)
		close(fd);
}

/*
 * A file becomes the daemon's own; it is made when it must be there. What it may
 * have put there instead of a file, in a life before, is not touched.
 */
static void give_file(const char *path, bool must, const struct passwd *pw)
{
	const int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
	int fd = open(path, flags);
	struct stat st;

	if (fd < 0 && errno == ENOENT && !must)
		return;

	/* A file of others in such a directory may not be opened so (protected_regular). */
	if (fd < 0 && errno == ENOENT)
		fd = open(path, flags | O_CREAT | O_EXCL, 0644);
	if (fd < 0 || fstat(fd, &st))
		daemon_failed("%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode) || (st.st_uid != pw->pw_uid && st.st_nlink > 1))
		daemon_failed("%s: not a plain file of its own", path);
	if (fchown(fd, pw->pw_uid, pw->pw_gid))
		log_warn("%s: cannot be given to %s: %s", path, pw->pw_name, strerror(errno));
	close(fd);
}

static void give_away(const char *leases, const struct passwd *pw)
{
	char reservations[PATH_MAX];

	give_file(leases, true, pw);
	if (!reserve_path(leases, reservations, sizeof(reservations)))
		give_file(reservations, false, pw);
	share_directory(leases, pw);
}

/**
 * confine_user - become the server's own user
 * @leases: the lease file, which goes with it, and the reservations beside it;
 *	their directory as well, when there is nothing else in it
 * @user: account, NULL for the default; "nobody" when there is none
 *
 * Ends the program when that cannot be. Does nothing for those who are not root.
 */
void confine_user(const char *leases, const char *user)
{
	struct sandbox_opts opts = { .user = user ? user : CONFINE_USER };
	struct passwd *pw = getpwnam(opts.user);
	int err;

	if (!pw)
		pw = getpwnam("nobody");
	if (pw && geteuid() == 0)
		give_away(leases, pw);
	err = sandbox_drop(&opts);
	if (err)
		daemon_failed("cannot give up privileges: %s", strerror(-err));
}

/**
 * confine_files - only the two files can be opened again
 * @conf: the configuration: what is in its directory can be read
 * @leases: the lease file: files in its directory can be changed
 * @changes: files can be changed anywhere, as their permissions have it
 *
 * Return: 0, -EOPNOTSUPP when the kernel has no Landlock, or other negative errno.
 */
int confine_files(const char *conf, const char *leases, bool changes)
{
	char conf_dir[PATH_MAX], lease_dir[PATH_MAX];
	const char *readable, *writable;
	struct sandbox_dirs files = {
		.readable = &readable,
		.nreadable = 1,
		.writable = &writable,
		.nwritable = 1,
		.changes = changes,
	};

	if (strlen(conf) >= sizeof(conf_dir) || strlen(leases) >= sizeof(lease_dir))
		return -ENAMETOOLONG;
	readable = dirname(strcpy(conf_dir, conf));
	writable = dirname(strcpy(lease_dir, leases));
	return sandbox_files(&files);
}

/**
 * confine - no more files and system calls than the server goes on using
 * @conf: the configuration
 * @leases: the lease file, open
 * @root: we were root when we began; who was not removes files when it ends
 *
 * Ends the program when that cannot be; a kernel without these means is told of.
 */
void confine(const char *conf, const char *leases, bool root)
{
	int err = confine_files(conf, leases, !root);

	if (err == -EOPNOTSUPP)
		log_info("no Landlock in this kernel: the permissions of files alone protect them");
	else if (err)
		daemon_failed("files cannot be restricted: %s", strerror(-err));
	err = sandbox_seccomp(syscalls, sizeof(syscalls) / sizeof(syscalls[0]), false);
	if (err)
		daemon_failed("system calls cannot be restricted: %s", strerror(-err));
}
