// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Giving up what a daemon does not need once it has opened all its files.
 */
#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/landlock.h>
#include <pwd.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "log.h"
#include "sandbox.h"

/**
 * sandbox_drop - become another user with few capabilities
 * @opts: what to keep
 *
 * Does nothing when we are not root: there is nothing to give up.
 * Return: 0 or negative errno.
 */
int sandbox_drop(const struct sandbox_opts *opts)
{
	struct passwd *pw = NULL;
	size_t i;

	if (geteuid() != 0)
		return 0;
	if (opts->user)
		pw = getpwnam(opts->user);
	if (!pw)
		pw = getpwnam("nobody");
	if (!pw)
		return -ENOENT;
	capng_clear(CAPNG_SELECT_BOTH);
	for (i = 0; i < opts->ncaps; i++)
		if (capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, opts->caps[i]))
			return -EINVAL;
	if (capng_change_id((int)pw->pw_uid, (int)pw->pw_gid,
			    CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING))
		return -EPERM;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	return 0;
}

#define READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define CHANGE                                                           \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | \
	 LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR | \
	 LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |     \
	 LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |   \
	 LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)

/* Kernels from 6.2 on; older headers have no name for it. */
#define TRUNCATE (1ULL << 14)
/* Plain files alone are made and removed where files may be. */
#define WRITABLE                                                          \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
	 LANDLOCK_ACCESS_FS_MAKE_REG | TRUNCATE)

static int allow_below(int rules, const char *dir, uint64_t access)
{
	struct landlock_path_beneath_attr beneath = { .allowed_access = access };
	int err = 0;

	beneath.parent_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (beneath.parent_fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0U))
		err = -errno;
	close(beneath.parent_fd);
	return err;
}

/* What this kernel can forbid of changing files; 0 when it has no Landlock. */
static uint64_t changes_known(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0UL,
			       LANDLOCK_CREATE_RULESET_VERSION);

	return version < 1 ? 0 : version < 3 ? CHANGE : CHANGE | TRUNCATE;
}

/**
 * sandbox_files - which files can be opened from now on; what is open stays so
 * @files: the directories
 *
 * Nothing can be executed any more. Return: 0; -EOPNOTSUPP when the kernel has
 * no Landlock, and then nothing has changed; or other negative errno.
 */
int sandbox_files(const struct sandbox_dirs *files)
{
	uint64_t change = changes_known();
	struct landlock_ruleset_attr attr = {
		.handled_access_fs = LANDLOCK_ACCESS_FS_EXECUTE | READ |
				     (files->changes ? 0 : change),
	};
	int rules = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0U);
	int err = 0;
	size_t i;

	if (rules < 0)
		return errno == ENOSYS ? -EOPNOTSUPP : -errno;
	for (i = 0; i < files->nreadable && !err; i++)
		err = allow_below(rules, files->readable[i], READ);
	for (i = 0; i < files->nwritable && !err; i++)
		err = allow_below(rules, files->writable[i],
				  READ | (files->changes ? 0 : change & WRITABLE));
	if (!err && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
		     syscall(SYS_landlock_restrict_self, rules, 0U)))
		err = -errno;
	close(rules);
	return err;
}

/**
 * sandbox_seccomp - allow only these system calls
 * @syscalls: their names; one this architecture lacks is passed over
 * @n: how many
 * @kill: end the process on any other call; else the call fails with EPERM
 *
 * Return: 0 or negative errno.
 */
int sandbox_seccomp(const char *const *syscalls, size_t n, bool kill)
{
	scmp_filter_ctx ctx;
	int err = 0;
	size_t i;

	ctx = seccomp_init(kill ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ERRNO(EPERM));
	if (!ctx)
		return -ENOMEM;
	for (i = 0; i < n && !err; i++) {
		int nr = seccomp_syscall_resolve_name(syscalls[i]);

		if (nr != __NR_SCMP_ERROR)
			err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 0);
	}
	if (!err)
		err = seccomp_load(ctx);
	seccomp_release(ctx);
	return err;
}
