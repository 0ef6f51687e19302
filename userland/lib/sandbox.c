// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Giving up what a daemon does not need once it has opened all its files.
 */
#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <seccomp.h>
#include <sys/prctl.h>
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
