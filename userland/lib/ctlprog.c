// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctlclient.h"
#include "ctlprog.h"

#define WAIT_MS 10000

/**
 * struct call - one run of the program
 * @prog: the program
 * @command: what is asked
 * @path: the control socket
 * @json: answers are printed as they come
 * @started: the answer was there, what follows are events
 * @status: what the program ends with
 *
 * Lifetime: that of run().
 */
struct call {
	const struct ctlprog *prog;
	const struct ctlprog_command *command;
	char path[256];
	bool json, started;
	int status;
};

/* A member of an answer, "" when it is not there. */
const char *ctl_text(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));

	return s ? s : "";
}

/* A member of an answer, 0 when it is not there. */
long long ctl_number(const json_t *j, const char *key)
{
	return json_integer_value(json_object_get(j, key));
}

static const struct ctlprog_command *find(const struct ctlprog *p, const char *name)
{
	size_t i;

	for (i = 0; i < p->ncommands; i++)
		if (!strcmp(name, p->commands[i].name))
			return &p->commands[i];
	return NULL;
}

static bool fill(const struct ctlprog_command *c, json_t *j, int argc, char **argv)
{
	json_t *v;
	char *end;
	int i;

	for (i = 0; i < argc; i++) {
		if (!strcmp(c->members[i], "limit")) {
			v = json_integer(strtoll(argv[i], &end, 10));
			if (!*argv[i] || *end)
				return false;
		} else {
			v = json_string(argv[i]);
		}
		if (json_object_set_new(j, c->members[i], v))
			return false;
	}
	return true;
}

/* Return: the request, NULL when an argument cannot be sent. */
static char *make_request(const struct ctlprog_command *c, int argc, char **argv)
{
	json_t *j = json_pack("{s:s}", "request", c->request);
	char *line = NULL;

	if (c->fill ? c->fill(j, argc, argv) : fill(c, j, argc, argv))
		line = json_dumps(j, JSON_COMPACT);
	json_decref(j);
	return line;
}

/* One line of the daemon. Return: it is what it should be. */
static bool take(struct call *call, const char *line)
{
	json_t *j = json_loads(line, 0, NULL), *ok = json_object_get(j, "ok");

	/* What happens comes without it. */
	call->status = json_is_true(ok) || (json_is_object(j) && call->started && !ok) ? 0 : 1;
	if (!json_is_object(j))
		fprintf(stderr, "%s: %s: not an answer of %s\n", call->prog->name, call->path,
			call->prog->daemon);
	else if (call->json)
		puts(line);
	else if (call->status)
		fprintf(stderr, "%s: %s\n", call->prog->name, ctl_text(j, "error"));
	else if (call->started)
		call->command->event(j);
	else
		call->command->show(j);
	json_decref(j);
	return !call->status;
}

static bool on_line(char *line, void *arg)
{
	struct call *call = arg;
	bool more = take(call, line);

	call->started = true;
	fflush(stdout);
	return more && !ferror(stdout);
}

static int run(struct call *call, const char *request)
{
	char *answer = NULL;
	int err;

	if (call->command->event) {
		err = ctl_follow(call->path, request, WAIT_MS, on_line, call);
		if (!err)
			return call->status;
	} else {
		answer = ctl_ask(call->path, request, WAIT_MS, &err);
	}
	if (answer)
		take(call, answer);
	else
		fprintf(stderr, "%s: %s: %s\n", call->prog->name, call->path, strerror(-err));
	free(answer);
	return answer ? call->status : 1;
}

enum { OPT_VERSION = 256 };

/* The options. Return: -1 to go on, or what the program ends with. */
static int options(struct call *call, int argc, char **argv)
{
	static const struct option opts[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, OPT_VERSION },
		{ NULL, 0, NULL, 0 },
	};
	const struct ctlprog *p = call->prog;
	int opt;

	ctl_socket_path(CTL_RUN_DIR, p->daemon, "vmnet8", call->path, sizeof(call->path));
	while ((opt = getopt_long(argc, argv, "+n:S:jh", opts, NULL)) != -1) {
		switch (opt) {
		case 'n':
			ctl_socket_path(CTL_RUN_DIR, p->daemon, optarg, call->path,
					sizeof(call->path));
			break;
		case 'S':
			snprintf(call->path, sizeof(call->path), "%s", optarg);
			break;
		case 'j':
			call->json = true;
			break;
		case 'h':
			fputs(p->usage, stdout);
			return 0;
		case OPT_VERSION:
			printf("%s " VMNET_VERSION "\n", p->name);
			return 0;
		default:
			fputs(p->usage, stderr);
			return 2;
		}
	}
	return -1;
}

/**
 * ctlprog_main - all that the program does
 * @p: the program
 * @argc: as main() has it
 * @argv: likewise
 *
 * Return: 0; 1 when the daemon refused, or did not answer; 2 for a wrong command
 * line.
 */
int ctlprog_main(const struct ctlprog *p, int argc, char **argv)
{
	struct call call = { .prog = p };
	const struct ctlprog_command *c = NULL;
	int status = options(&call, argc, argv);
	char *request;

	if (status >= 0)
		return status;
	if (optind < argc)
		c = find(p, argv[optind++]);
	if (!c || argc - optind < c->least || argc - optind > c->most) {
		fputs(p->usage, stderr);
		return 2;
	}
	request = make_request(c, argc - optind, argv + optind);
	if (!request) {
		fprintf(stderr, "%s: an argument is not what it should be, or not UTF-8\n",
			p->name);
		return 2;
	}
	call.command = c;
	status = run(&call, request);
	free(request);
	return status;
}

/* The answer to "statistics", which every daemon gives. */
void ctl_show_statistics(const json_t *answer)
{
	char *s = json_dumps(json_object_get(answer, "statistics"),
			     JSON_INDENT(2) | JSON_PRESERVE_ORDER);

	if (s)
		puts(s);
	free(s);
}

/* Likewise to "metrics". */
void ctl_show_metrics(const json_t *answer)
{
	fputs(ctl_text(answer, "metrics"), stdout);
}
