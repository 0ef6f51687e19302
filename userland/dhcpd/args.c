// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VMware's command line is ISC's: options of two letters behind one dash, which
 * getopt() cannot read.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include "args.h"
#include "ctlclient.h"

void args_usage(FILE *out)
{
	fputs("usage: vmnet-dhcpd [-s LEVEL] -cf CONF -lf LEASES [-pf PIDFILE] vmnetN\n"
	      "       vmnet-dhcpd [OPTION...] -cf CONF -lf LEASES --interface|--tap|--fd WHICH\n"
	      "       vmnet-dhcpd -t -cf CONF\n"
	      "\n"
	      "Gives the guests of a network their addresses.\n"
	      "\n"
	      "  -cf CONF      configuration, dhcpd.conf(5)\n"
	      "  -lf LEASES    the leases, kept over restarts\n"
	      "  -pf PIDFILE   go to the background when ready\n"
	      "  -s LEVEL      least urgent syslog level that is logged (6)\n"
	      "  -t            only say whether the configuration is right\n"
	      "  --interface NAME\n"
	      "                serve an interface of the host instead of /dev/vmnetN\n"
	      "  --tap NAME    serve a tap interface\n"
	      "  --fd N        serve an open file, a tap or a node\n"
	      "  --user NAME   run as this user (vmnet-dhcpd, else nobody)\n"
	      "  --run-dir DIR where the control socket is (" CTL_RUN_DIR ")\n"
	      "  --control FILE\n"
	      "                the control socket (" CTL_RUN_DIR "/vmnet-dhcpd-NETWORK.sock)\n"
	      "  --hook COMMAND\n"
	      "                run for each thing that happens to a lease\n"
	      "  --leases-per-client N\n"
	      "                addresses that one hardware address may have (16)\n"
	      "  --any-source  serve clients whose frames come from another address (load\n"
	      "                generators)\n"
	      "  -d, --foreground  stay, and log to standard error\n"
	      "  -h, --help    this text\n"
	      "  --version     the version\n"
	      "\n"
	      "SIGHUP reads CONF again; no lease is forgotten.\n",
	      out);
}

enum kind { TEXT, NUMBER, FLAG };

static const struct option {
	const char *name;
	enum kind kind;
	size_t at;
} options[] = {
	{ "-cf", TEXT, offsetof(struct args, conf) },
	{ "-lf", TEXT, offsetof(struct args, leases) },
	{ "-pf", TEXT, offsetof(struct args, pidfile) },
	{ "-s", NUMBER, offsetof(struct args, level) },
	{ "-t", FLAG, offsetof(struct args, test) },
	{ "--interface", TEXT, offsetof(struct args, iface) },
	{ "--tap", TEXT, offsetof(struct args, tap) },
	{ "--fd", NUMBER, offsetof(struct args, fd) },
	{ "--user", TEXT, offsetof(struct args, user) },
	{ "--run-dir", TEXT, offsetof(struct args, run_dir) },
	{ "--control", TEXT, offsetof(struct args, control) },
	{ "--hook", TEXT, offsetof(struct args, hook) },
	{ "--any-source", FLAG, offsetof(struct args, any_source) },
	{ "--leases-per-client", NUMBER, offsetof(struct args, most) },
	{ "-d", FLAG, offsetof(struct args, foreground) },
	{ "--foreground", FLAG, offsetof(struct args, foreground) },
	{ "-h", FLAG, offsetof(struct args, help) },
	{ "--help", FLAG, offsetof(struct args, help) },
	{ "--version", FLAG, offsetof(struct args, version) },
};

static const struct option *find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (!strcmp(options[i].name, name))
			return &options[i];
	return NULL;
}

/* Put a value in its place. Return: 0 or -EINVAL. */
static int set(struct args *a, const struct option *o, const char *value)
{
	void *at = (char *)a + o->at;
	unsigned long n;
	char *end;

	if (o->kind == TEXT) {
		*(const char **)at = value;
		return *value ? 0 : -EINVAL;
	}
	n = strtoul(value, &end, 10);
	if (*value < '0' || *value > '9' || *end || n > INT16_MAX)
		return -EINVAL;
	*(int *)at = (int)n;
	return 0;
}

static int check(const struct args *a, char *why, size_t size)
{
	unsigned int ports = (a->tap != NULL) + (a->iface != NULL) + (a->fd >= 0);

	if (a->help || a->version)
		return 0;
	if (!a->conf)
		snprintf(why, size, "-cf CONF is missing");
	else if (a->level > LOG_DEBUG)
		snprintf(why, size, "-s is a level from 0 to 7");
	else if (a->test)
		return 0;
	else if (!a->leases)
		snprintf(why, size, "-lf LEASES is missing");
	else if (ports > 1)
		snprintf(why, size, "only one of --interface, --tap and --fd");
	else if (!ports && !a->network)
		snprintf(why, size, "which network? give vmnetN, --interface, --tap or --fd");
	else
		return 0;
	return -EINVAL;
}

/**
 * args_parse - read the command line
 * @a: filled in
 * @argc: as main() has it
 * @argv: likewise
 * @why: what is wrong with it, one sentence, on error
 * @size: of @why
 *
 * Return: 0 or -EINVAL.
 */
int args_parse(struct args *a, int argc, char **argv, char *why, size_t size)
{
	const struct option *o;
	int i;

	*a = (struct args){ .fd = -1, .level = LOG_INFO, .run_dir = CTL_RUN_DIR };
	for (i = 1; i < argc; i++) {
		o = find(argv[i]);
		if (o && o->kind == FLAG) {
			*(bool *)(void *)((char *)a + o->at) = true;
		} else if (o && (i + 1 == argc || set(a, o, argv[i + 1]))) {
			snprintf(why, size, "%s needs a %s", o->name,
				 o->kind == NUMBER ? "number" : "value");
			return -EINVAL;
		} else if (o) {
			i++;
		} else if (argv[i][0] == '-') {
			snprintf(why, size, "unknown option '%s'", argv[i]);
			return -EINVAL;
		} else if (a->network) {
			snprintf(why, size, "one network; '%s' is a second", argv[i]);
			return -EINVAL;
		} else {
			a->network = argv[i];
		}
	}
	return check(a, why, size);
}
