// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The tree of configuration files.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include "conffile.h"
#include "networks.h"
#include "plan.h"

#define TAKEN 4096

struct taken {
	struct plan_taken list[TAKEN];
	size_t n;
};

static void take(struct taken *t, uint32_t be, uint8_t bits)
{
	uint32_t mask = bits ? 0xffffffffU << (32 - bits) : 0;

	if (!bits || t->n == TAKEN)
		return;
	t->list[t->n].net = ntohl(be) & mask;
	t->list[t->n++].mask = mask;
}

static int take_addr(const struct nl_addr *a, void *arg)
{
	take(arg, a->addr, a->bits);
	return 0;
}

static int take_route(const struct nl_route *r, void *arg)
{
	take(arg, r->dst, r->bits);
	return 0;
}

static int make_dir(const char *path)
{
	if (mkdir(path, 0755) && errno != EEXIST) {
		int err = -errno;

		fprintf(stderr, "vmnet-networks: %s: %s\n", path, strerror(-err));
		return err;
	}
	return 0;
}

static int say(const char *path, int err)
{
	fprintf(stderr, "vmnet-networks: %s: %s\n", path, strerror(-err));
	return err;
}

/* A first configuration: subnets that are free now, kept from then on. */
static int create(struct networks *n, const char *path)
{
	struct taken *t = calloc(1, sizeof(*t));
	uint32_t seed = 0, subnets[2];
	char *text;
	int err;

	if (!t)
		return -ENOMEM;
	err = nl_addrs(n->nl, take_addr, t);
	if (!err)
		err = nl_routes(n->nl, AF_INET, take_route, t);
	if (getrandom(&seed, sizeof(seed), 0) < 0)
		seed = (uint32_t)getpid();
	if (!err)
		err = plan_subnets(t->list, t->n, seed, subnets);
	free(t);
	if (err)
		return say("no free private subnet", err);
	text = plan_default(subnets[0], subnets[1]);
	if (!text)
		return -ENOMEM;
	err = make_dir(n->root);
	if (!err)
		err = conf_write(path, text, strlen(text), 0644);
	free(text);
	if (err)
		return say(path, err);
	printf("Wrote %s with the default networks\n", path);
	return 0;
}

static int parse_file(struct networking *nc, const char *path)
{
	struct conf_err cerr = { 0 };
	char line[512];
	size_t len;
	char *text;
	int err;

	text = conf_read(path, NETWORKING_MAX_SIZE, &len, &err);
	if (!text)
		return err;
	err = networking_parse(nc, text, len, &cerr);
	free(text);
	if (err == -EINVAL)
		fprintf(stderr, "vmnet-networks: %s\n",
			conf_err_format(path, &cerr, line, sizeof(line)));
	return err;
}

/**
 * networks_load() - read the `networking` file
 * @n: the program
 * @make: make one when there is none
 *
 * Return: 0 or negative errno; the reason has been printed.
 */
int networks_load(struct networks *n, bool make)
{
	char path[PATH_MAX];
	int err;

	snprintf(path, sizeof(path), "%s/networking", n->root);
	err = parse_file(&n->nc, path);
	if (err == -ENOENT && make) {
		err = create(n, path);
		if (!err)
			err = parse_file(&n->nc, path);
	} else if (err && err != -EINVAL) {
		say(path, err);
	}
	return err;
}

static int backup(const char *path, const char *text)
{
	char bak[PATH_MAX];

	snprintf(bak, sizeof(bak), "%s.bak", path);
	fprintf(stderr, "vmnet-networks: %s was changed by hand; the old one is %s\n", path, bak);
	return conf_write(bak, text, strlen(text), 0644);
}

/* Write a generated section into @path. Takes @block over. */
static int update(const char *path, char *block, bool *changed)
{
	char *old, *text;
	bool edited;
	int err;

	if (!block)
		return -ENOMEM;
	old = conf_read(path, 4U << 20, NULL, &err);
	if (!old && err != -ENOENT) {
		free(block);
		return say(path, err);
	}
	text = plan_merge(old, block, &edited);
	free(block);
	err = text ? 0 : -ENOMEM;
	*changed = !old || !text || strcmp(old, text) != 0;
	if (!err && *changed && edited)
		err = backup(path, old);
	if (!err && *changed)
		err = conf_write(path, text, strlen(text), 0644);
	if (err)
		say(path, err);
	free(old);
	free(text);
	return err;
}

static int leases_file(const char *dir)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/dhcpd.leases", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return errno == EEXIST ? 0 : say(path, -errno);
	close(fd);
	return 0;
}

/**
 * networks_write() - write the files of a service
 * @n: the program
 * @number: of the network
 * @s: the service
 * @changed: set when one is other than before
 *
 * Return: 0 or negative errno; the reason has been printed.
 */
int networks_write(struct networks *n, unsigned int number, enum service s, bool *changed)
{
	const struct net_vnet *v = n->nc.vnets[number];
	char dir[PATH_MAX - 64], path[PATH_MAX];
	int err;

	*changed = false;
	if (s != SERVICE_NAT && s != SERVICE_DHCP)
		return 0;
	err = make_dir(n->root);
	snprintf(dir, sizeof(dir), "%s/vmnet%u", n->root, number);
	if (!err)
		err = make_dir(dir);
	/* The NAT watches for the leases, too. */
	snprintf(dir, sizeof(dir), "%s/vmnet%u/dhcpd", n->root, number);
	if (!err)
		err = make_dir(dir);
	if (!err && s == SERVICE_NAT) {
		snprintf(dir, sizeof(dir), "%s/vmnet%u/nat", n->root, number);
		err = make_dir(dir);
	}
	if (err)
		return err;
	if (s == SERVICE_NAT) {
		snprintf(path, sizeof(path), "%s/nat.conf", dir);
		return update(path, plan_nat_conf(v), changed);
	}
	snprintf(path, sizeof(path), "%s/dhcpd.conf", dir);
	err = update(path, plan_dhcpd_conf(v), changed);
	return err ? err : leases_file(dir);
}

int networks_write_netmap(struct networks *n)
{
	char path[PATH_MAX], *text = plan_netmap(&n->nc);
	int err = -ENOMEM;

	snprintf(path, sizeof(path), "%s/netmap.conf", n->root);
	if (text)
		err = conf_write(path, text, strlen(text), 0644);
	free(text);
	return err ? say(path, err) : 0;
}

/**
 * networks_migrate() - take another `networking` file over
 * @n: the program
 * @from: the file; an empty one gives the default networks
 *
 * Nothing changes when the file is wrong. Return: 0 or negative errno; the
 * reason has been printed.
 */
int networks_migrate(struct networks *n, const char *from)
{
	struct networking nc;
	char path[PATH_MAX];
	size_t len;
	char *text;
	int err;

	snprintf(path, sizeof(path), "%s/networking", n->root);
	text = conf_read(from, NETWORKING_MAX_SIZE, &len, &err);
	if (!text)
		return say(from, err);
	if (!len) {
		free(text);
		return create(n, path);
	}
	err = parse_file(&nc, from);
	if (!err) {
		networking_done(&nc);
		err = make_dir(n->root);
		if (!err)
			err = conf_write(path, text, len, 0644);
		if (err)
			say(path, err);
	}
	free(text);
	return err;
}
