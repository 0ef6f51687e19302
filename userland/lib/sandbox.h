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

int sandbox_drop(const struct sandbox_opts *opts);
int sandbox_files(const char *const *readable, size_t n, bool changes);
int sandbox_seccomp(const char *const *syscalls, size_t n, bool kill);

#endif
