/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMNET_NETWORKS_H
#define VMNET_NETWORKS_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>
#include "networking.h"
#include "nl.h"

/**
 * struct networks - the program
 * @root: the tree, /etc/vmnet
 * @run: where PID files are, /var/run
 * @libexec: where the daemons are; empty: in PATH
 * @nc: the `networking` file
 * @nl: the host's interfaces
 * @only: the one network that is meant, -1 for all
 * @verbose: say what is run
 */
struct networks {
	const char *root, *run;
	char libexec[PATH_MAX];
	struct networking nc;
	struct nl *nl;
	int only;
	bool verbose;
};

/* What runs on a network, in the order it is started. */
enum service { SERVICE_BRIDGE, SERVICE_NAT, SERVICE_ADAPTER, SERVICE_DHCP, SERVICES };

/* files.c */
int networks_load(struct networks *n, bool create);
int networks_write(struct networks *n, unsigned int number, enum service s, bool *changed);
int networks_write_netmap(struct networks *n);
int networks_migrate(struct networks *n, const char *from);

/* service.c */
bool service_wanted(const struct networks *n, unsigned int number, enum service s);
pid_t service_pid(const struct networks *n, unsigned int number, enum service s);
bool service_current(const struct networks *n, unsigned int number, enum service s);
int service_reload(const struct networks *n, unsigned int number, enum service s, char *why,
		   size_t size);
bool service_running(const struct networks *n, unsigned int number, enum service s);
int service_start(struct networks *n, unsigned int number, enum service s, char *why, size_t size);
int service_stop(struct networks *n, unsigned int number, enum service s);

/* run.c */
int run_command(const char *const argv[], bool verbose, char *why, size_t size);

#endif
