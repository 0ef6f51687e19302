/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMNET_OPTIONS_H
#define VMNET_OPTIONS_H

#include <stddef.h>
#include "choose.h"

/**
 * enum options_result - what a command line asks for
 * @OPTIONS_RUN: the daemon
 * @OPTIONS_HELP: its help text
 * @OPTIONS_VERSION: its version
 * @OPTIONS_WRONG: it is not understood
 */
enum options_result { OPTIONS_RUN, OPTIONS_HELP, OPTIONS_VERSION, OPTIONS_WRONG };

/**
 * struct options - the command line
 * @node: the network's node
 * @vnet: its number, -1 when only the node is known
 * @rules: which NICs may be chosen
 * @single_mac: NICs to use in single-MAC mode
 * @nsingle: how many
 * @pidfile: where to put the PID, and go to the background; NULL: stay
 * @level: least urgent syslog level that is logged
 * @follow: the guests' links follow that of the NIC
 *
 * Names are those of the command line, which must stay.
 */
struct options {
	char node[64];
	int vnet;
	struct choose_rules rules;
	const char **single_mac;
	size_t nsingle;
	const char *pidfile;
	int level;
	bool follow;
};

enum options_result options_parse(struct options *o, int argc, char **argv, char *why, size_t size);
void options_done(struct options *o);

#endif
