/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line. Nothing here does I/O but args_usage(). */
#ifndef VMNET_DHCPD_ARGS_H
#define VMNET_DHCPD_ARGS_H

#include <stdbool.h>
#include <stdio.h>

/**
 * struct args - what the server was told to do
 * @conf: dhcpd.conf
 * @leases: the lease file
 * @pidfile: go to the background, and keep the process's number there
 * @tap: serve this tap; NULL for another kind, likewise the next two
 * @iface: serve this interface of the host
 * @network: serve this node; else only a name, for the log
 * @control: where the control socket is to be, NULL: see @run_dir
 * @run_dir: its directory
 * @hook: command to run for what happens to leases, NULL for none
 * @user: account to run as, NULL for the default
 * @fd: serve this open file, -1 for another kind
 * @most: addresses that one hardware address may have, 0 for the default
 * @level: least urgent level that is logged
 * @foreground: stay, and log to standard error
 * @test: only say whether the configuration is right
 * @any_source: a client's hardware address may be another than its frame's
 * @help: print the usage, nothing else
 * @version: print the version, nothing else
 *
 * The strings are those of argv.
 */
struct args {
	const char *conf, *leases, *pidfile, *tap, *iface, *network, *user, *control, *run_dir,
		*hook;
	int fd, level, most;
	bool foreground, test, any_source, help, version;
};

int args_parse(struct args *a, int argc, char **argv, char *why, size_t size);
void args_usage(FILE *out);

#endif
