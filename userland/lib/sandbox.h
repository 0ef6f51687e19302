/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMNET_SANDBOX_H
#define VMNET_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct sandbox_opts - what a daemon keeps
 * @user: account to run as; when there is none of that name, "nobody"
 * @caps: CAP_* numbers to keep
 * @ncaps: how many
 */
struct sandbox_opts {
	const char *user;
	const unsigned int *caps;
	size_t ncaps;
};

/**
 * struct sandbox_dirs - which files a daemon still opens
 * @readable: directories; what is below them can be read, also when it is
 *	replaced. One that is not there is passed over
 * @nreadable: how many
 * @writable: likewise; files below them can be made, changed and removed too
 * @nwritable: how many
 * @changes: files can be changed anywhere, as far as their permissions go
 */
struct sandbox_dirs {
	const char *const *readable, *const *writable;
	size_t nreadable, nwritable;
	bool changes;
};

int sandbox_drop(const struct sandbox_opts *opts);
int sandbox_files(const struct sandbox_dirs *files);
int sandbox_seccomp(const char *const *syscalls, size_t n, bool kill);

#endif
