/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program that asks a daemon at its control socket, and shows the answer.
 * Programs that use it link with jansson.
 */
#ifndef VMNET_CTLPROG_H
#define VMNET_CTLPROG_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/**
 * struct ctlprog_command - what can be asked
 * @name: word of the command line
 * @request: name of the request
 * @least: arguments there must be
 * @most: arguments there may be
 * @members: of the request, one for each argument in turn; "limit" is a number
 * @show: prints the answer
 * @fill: puts arguments into the request instead of @members; returns false when
 *	one of them is wrong
 * @event: prints one thing that has happened; then the answer is followed by
 *	such lines, without end
 *
 * Static.
 */
struct ctlprog_command {
	const char *name, *request;
	int least, most;
	const char *members[4];
	void (*show)(const json_t *answer);
	bool (*fill)(json_t *request, int argc, char **argv);
	void (*event)(const json_t *event);
};

/**
 * struct ctlprog - the program
 * @name: its name
 * @daemon: whom it asks
 * @usage: what --help prints
 * @commands: what it knows, @ncommands of them
 *
 * Static.
 */
struct ctlprog {
	const char *name, *daemon, *usage;
	const struct ctlprog_command *commands;
	size_t ncommands;
};

int ctlprog_main(const struct ctlprog *p, int argc, char **argv);
const char *ctl_text(const json_t *j, const char *key);
long long ctl_number(const json_t *j, const char *key);
void ctl_show_statistics(const json_t *answer);
void ctl_show_metrics(const json_t *answer);

#endif
