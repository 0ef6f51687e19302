// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The command line, in VMware's two forms.
 */
#include <getopt.h>
#include <linux/vmnet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include "options.h"

/* A whole number that fits. */
static bool number(const char *text, int max, int *out)
{
	char *end;
	long n;

	if (strspn(text, "0123456789") != strlen(text) || !*text || strlen(text) > 6)
		return false;
	n = strtol(text, &end, 10);
	if (*end || n > max)
		return false;
	*out = (int)n;
	return true;
}

/* As the kernel sees it. */
static bool is_a_name(const char *name)
{
	return name[0] && strlen(name) < IF_NAMESIZE && !strpbrk(name, "/: \t\n") &&
	       strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static bool add(const char **list, size_t *n, const char *name, char *why, size_t size)
{
	if (!is_a_name(name)) {
		snprintf(why, size, "\"%s\" is not the name of an interface", name);
		return false;
	}
	if (!choose_listed(list, *n, name))
		list[(*n)++] = name;
	return true;
}

static bool take(struct options *o, int opt, char *why, size_t size)
{
	switch (opt) {
	case 's':
		if (number(optarg, LOG_DEBUG, &o->level))
			return true;
		snprintf(why, size, "\"%s\" is not a syslog level (0 to 7)", optarg);
		return false;
	case 'd':
		o->pidfile = optarg;
		if (*optarg)
			return true;
		snprintf(why, size, "-d needs the name of a file");
		return false;
	case 'n':
		if (number(optarg, VMNET_MINORS - 1, &o->vnet))
			return true;
		snprintf(why, size, "\"%s\" is not the number of a network (0 to %d)", optarg,
			 VMNET_MINORS - 1);
		return false;
	case 'f':
		o->follow = true;
		return true;
	case 'i':
		return add(o->rules.only, &o->rules.nonly, optarg, why, size);
	case 'e':
		return add(o->rules.except, &o->rules.nexcept, optarg, why, size);
	default:
		return add(o->single_mac, &o->nsingle, optarg, why, size);
	}
}

/* The old form: a node, by whatever path, and an interface. */
static bool positional(struct options *o, char **words, int n, char *why, size_t size)
{
	const char *base;

	if (!n && o->vnet >= 0) {
		snprintf(o->node, sizeof(o->node), "/dev/vmnet%d", o->vnet);
		return true;
	}
	if (!n) {
		snprintf(why, size, "which network? -n NUMBER says it");
		return false;
	}
	if (o->vnet >= 0) {
		snprintf(why, size, "\"%s\": -n takes no more words; -i IF names an interface",
			 words[0]);
		return false;
	}
	if (n != 2) {
		snprintf(why, size, "expected: a node and an interface, or -n NUMBER");
		return false;
	}
	if (words[0][0] != '/' || strlen(words[0]) >= sizeof(o->node)) {
		snprintf(why, size, "\"%s\" is not the path of a node", words[0]);
		return false;
	}
	snprintf(o->node, sizeof(o->node), "%s", words[0]);
	base = strrchr(words[0], '/') + 1;
	if (!strncmp(base, "vmnet", 5))
		number(base + 5, VMNET_MINORS - 1, &o->vnet);
	return add(o->rules.only, &o->rules.nonly, words[1], why, size);
}

static bool agree(const struct options *o, char *why, size_t size)
{
	size_t i;

	for (i = 0; i < o->rules.nonly; i++)
		if (choose_listed(o->rules.except, o->rules.nexcept, o->rules.only[i])) {
			snprintf(why, size, "%s: only this one, or never?", o->rules.only[i]);
			return false;
		}
	return true;
}

/**
 * options_parse - read a command line
 * @o: filled in; to be ended with options_done() whatever is returned
 * @argc: as of main()
 * @argv: as of main(); may be put in another order
 * @why: what is wrong with it, in a line
 * @size: of @why
 */
enum options_result options_parse(struct options *o, int argc, char **argv, char *why, size_t size)
{
	static const struct option longs[] = {
		{ "follow", no_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};
	int opt;

	memset(o, 0, sizeof(*o));
	o->vnet = -1;
	o->level = LOG_INFO;
	o->rules.only = calloc((size_t)argc, sizeof(char *));
	o->rules.except = calloc((size_t)argc, sizeof(char *));
	o->single_mac = calloc((size_t)argc, sizeof(char *));
	if (!o->rules.only || !o->rules.except || !o->single_mac) {
		snprintf(why, size, "no memory");
		return OPTIONS_WRONG;
	}
	optind = 0;
	while ((opt = getopt_long(argc, argv, ":hfs:d:n:i:e:1:", longs, NULL)) != -1) {
		switch (opt) {
		case 'h':
			return OPTIONS_HELP;
		case 'v':
			return OPTIONS_VERSION;
		case ':':
			snprintf(why, size, "-%c needs a value", optopt);
			return OPTIONS_WRONG;
		case '?':
			if (optopt && argv[optind - 1][1] != '-')
				snprintf(why, size, "-%c is not an option", optopt);
			else
				snprintf(why, size, "%s is not an option", argv[optind - 1]);
			return OPTIONS_WRONG;
		default:
			if (!take(o, opt, why, size))
				return OPTIONS_WRONG;
		}
	}
	if (!positional(o, argv + optind, argc - optind, why, size) || !agree(o, why, size))
		return OPTIONS_WRONG;
	return OPTIONS_RUN;
}

/* Give back what options_parse() took. */
void options_done(struct options *o)
{
	free(o->rules.only);
	free(o->rules.except);
	free(o->single_mac);
	memset(o, 0, sizeof(*o));
}
