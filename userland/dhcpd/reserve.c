// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "load.h"
#include "log.h"
#include "pkt.h"
#include "reload.h"
#include "reserve.h"
#include "server.h"
#include "status.h"

static const char head[] =
	"# Reservations made on request (vmnet-dhcpctl reserve), one a line. Written by\n"
	"# vmnet-dhcpd. A line may be moved to dhcpd.conf while vmnet-dhcpd does not run.\n";

/* dhcpd.conf and the reservations that count, a line each. NULL: no memory. */
static char *join(const struct reserve *r, size_t *len)
{
	char *text = NULL;
	unsigned int i;
	FILE *f = open_memstream(&text, len);

	if (!f)
		return NULL;
	fwrite(r->text, 1, r->len, f);
	fputc('\n', f);
	for (i = 0; i < r->n; i++)
		fprintf(f, "%s\n", r->list[i].why[0] ? "" : r->list[i].line);
	if (!fclose(f))
		return text;
	free(text);
	return NULL;
}

static unsigned int count_lines(const char *text, size_t len)
{
	unsigned int n = 1;

	for (; len; len--)
		n += *text++ == '\n';
	return n;
}

/* The configuration of a text. Return: 0 or negative errno, and @conf is NULL. */
static int parse(const char *text, size_t len, struct dhcp_conf **conf, struct conf_err *err)
{
	int ret;

	*conf = malloc(sizeof(**conf));
	ret = *conf ? dhcp_conf_parse(*conf, text, len, err) : -ENOMEM;
	if (!ret)
		return 0;
	free(*conf);
	*conf = NULL;
	if (ret == -ENOMEM)
		conf_fail(err, 0, "no memory");
	return ret;
}

/* Which reservation is at fault; -EINVAL: dhcpd.conf is; -ENOMEM. */
static int at_fault(const struct reserve *r, const struct conf_err *err)
{
	struct dhcp_conf *alone;
	struct conf_err why;
	int ret;

	if (err->line <= r->lines || err->line > r->lines + r->n)
		return -EINVAL;
	/* A brace that is not closed is missed at the end. */
	ret = parse(r->text, r->len, &alone, &why);
	if (ret)
		return ret;
	load_free(alone);
	return (int)(err->line - r->lines) - 1;
}

/* See parse_all(); without success it leaves the list in between. */
static int parse_fitting(struct reserve *r, struct dhcp_conf **conf, struct conf_err *err)
{
	unsigned int i, tries;
	int ret = -EINVAL, bad;
	struct conf_err why;
	size_t len;
	char *text;

	for (i = 0; i < r->n; i++)
		r->list[i].why[0] = '\0';
	for (tries = 0; tries <= r->n; tries++) {
		text = join(r, &len);
		ret = text ? parse(text, len, conf, &why) : -ENOMEM;
		free(text);
		if (ret != -EINVAL)
			break;
		bad = at_fault(r, &why);
		if (bad < 0) {
			ret = bad;
			break;
		}
		snprintf(r->list[bad].why, sizeof(r->list[bad].why), "%s", why.text);
	}
	if (ret == -ENOMEM)
		conf_fail(err, 0, "no memory");
	if (ret != -EINVAL)
		return ret;
	/* Of dhcpd.conf alone, it is told as if there were nothing else. */
	ret = parse(r->text, r->len, conf, err);
	for (i = 0; !ret && i < r->n; i++)
		snprintf(r->list[i].why, sizeof(r->list[i].why), "%s", why.text);
	return ret;
}

/*
 * dhcpd.conf and the reservations together. One that does not go with it is put
 * aside: what is in the way may be gone the next time. Return: 0 or negative errno;
 * then the same ones are aside as before.
 */
static int parse_all(struct reserve *r, struct dhcp_conf **conf, struct conf_err *err)
{
	struct reserved *was = calloc(r->n + 1, sizeof(*was));
	unsigned int i;
	int ret;

	if (!was) {
		conf_fail(err, 0, "no memory");
		return -ENOMEM;
	}
	for (i = 0; i < r->n; i++)
		was[i] = r->list[i];
	ret = parse_fitting(r, conf, err);
	for (i = 0; ret && i < r->n; i++)
		r->list[i] = was[i];
	free(was);
	return ret;
}

static void tell_unfit(const struct reserve *r)
{
	unsigned int i;

	for (i = 0; i < r->n; i++)
		if (r->list[i].why[0])
			log_warn("%s: not used: %s: %s", r->path, r->list[i].line, r->list[i].why);
}

/**
 * reserve_load - read dhcpd.conf, and add the reservations to it
 * @r: the reservations
 * @path: dhcpd.conf
 * @conf: the configuration, for load_free()
 * @err: why not; it is about @path
 *
 * A reservation that does not go with it does not count, and is logged.
 * Return: 0, or negative errno: -EINVAL when the file is wrong.
 */
int reserve_load(struct reserve *r, const char *path, struct dhcp_conf **conf, struct conf_err *err)
{
	char *old = r->text;
	size_t old_len = r->len, len;
	int ret;

	*conf = NULL;
	r->text = conf_read(path, CONF_MAX_SIZE, &len, &ret);
	if (!r->text) {
		r->text = old;
		conf_fail(err, 0, "%s", strerror(-ret));
		return ret;
	}
	r->len = len;
	r->lines = count_lines(r->text, r->len);
	ret = parse_all(r, conf, err);
	if (ret) {
		free(r->text);
		r->text = old;
		r->len = old_len;
		r->lines = old ? count_lines(old, old_len) : 0;
		return ret;
	}
	free(old);
	load_warn(path, *conf);
	tell_unfit(r);
	return 0;
}

static int append(struct reserve *r, const char *line, size_t len)
{
	struct reserved *more;

	if (r->n == RESERVE_MAX)
		return -ENOSPC;
	more = realloc(r->list, (r->n + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	r->list = more;
	memset(&more[r->n], 0, sizeof(*more));
	more[r->n].line = strndup(line, len);
	if (!more[r->n].line)
		return -ENOMEM;
	r->n++;
	return 0;
}

static void drop(struct reserve *r, unsigned int i)
{
	free(r->list[i].line);
	memmove(&r->list[i], &r->list[i + 1], (r->n - i - 1) * sizeof(r->list[0]));
	r->n--;
}

/* The lines of the file, comments apart. */
static int take_lines(struct reserve *r, const char *text)
{
	const char *end;
	int err = 0;

	for (; *text && !err; text = *end ? end + 1 : end) {
		end = strchrnul(text, '\n');
		text += strspn(text, " \t");
		if (text < end && *text != '#')
			err = append(r, text, (size_t)(end - text));
	}
	return err;
}

/* How much of a lease file's name the files beside it share. */
size_t reserve_stem(const char *leases)
{
	static const char suffix[] = ".leases";
	size_t len = strlen(leases), cut = sizeof(suffix) - 1;

	return len > cut && !strcmp(leases + len - cut, suffix) ? len - cut : len;
}

/**
 * reserve_path - where the reservations are kept
 * @leases: the lease file, "DIR/dhcpd.leases"
 * @buf: gets "DIR/dhcpd.reservations"
 * @size: of @buf
 *
 * Return: 0 or -ENAMETOOLONG.
 */
int reserve_path(const char *leases, char *buf, size_t size)
{
	int n = snprintf(buf, size, "%.*s.reservations", (int)reserve_stem(leases), leases);

	return n < (int)size ? 0 : -ENAMETOOLONG;
}

/**
 * reserve_open - take up the reservations of before
 * @s: the server; its configuration was read by reserve_load()
 * @leases: the lease file, beside which theirs is
 * @err: why not; it is about the file of the reservations
 *
 * To be called with the rights that the server keeps. Return: 0 or negative errno.
 */
int reserve_open(struct server *s, const char *leases, struct conf_err *err)
{
	struct reserve *r = &s->reserve;
	struct dhcp_conf *now;
	char *text;
	int ret = reserve_path(leases, r->path, sizeof(r->path));

	if (!ret) {
		text = conf_read(r->path, RESERVE_MAX * RESERVE_LINE, NULL, &ret);
		if (!text && ret == -ENOENT)
			return 0;
		if (text)
			ret = take_lines(r, text);
		free(text);
	}
	if (ret) {
		conf_fail(err, 0, "%s", strerror(-ret));
		return ret;
	}
	if (!r->n)
		return 0;
	ret = parse_all(r, &now, err);
	if (!ret)
		ret = server_use(s, now, err);
	tell_unfit(r);
	return ret;
}

static int save(const struct reserve *r, struct conf_err *err)
{
	char *text = NULL;
	unsigned int i;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	int ret = -ENOMEM;

	if (f) {
		fputs(head, f);
		for (i = 0; i < r->n; i++)
			fprintf(f, "%s\n", r->list[i].line);
		if (!fclose(f))
			ret = conf_write(r->path, text, len, 0644);
	}
	free(text);
	if (ret)
		conf_fail(err, 0, "%s cannot be written: %s", r->path, strerror(-ret));
	return ret;
}

/* A host {} as dhcpd.conf has it. */
static void format(const struct request *q, char *buf, size_t size)
{
	char ip[16], who[EVENT_ID_TEXT], name[32];

	ip4_format(htonl(q->addr), ip);
	snprintf(name, sizeof(name), "reserved-%s", ip);
	if (q->has_mac)
		mac_format(q->mac, who);
	else
		event_id_text(q->id, q->id_len, who);
	snprintf(buf, size, "host %s { %s %s; fixed-address %s; }", q->name[0] ? q->name : name,
		 q->has_mac ? "hardware ethernet" : "option dhcp-client-identifier", who, ip);
}

static const struct dhcp_host *named(const struct dhcp_conf *conf, const char *name)
{
	unsigned int i;

	for (i = 0; i < conf->nhosts; i++)
		if (!strcmp(conf->hosts[i]->name, name))
			return conf->hosts[i];
	return NULL;
}

/* Which reservation a host of the configuration is; -1: it is of dhcpd.conf. */
static int index_of(const struct reserve *r, const struct dhcp_host *h)
{
	return h->line > r->lines ? (int)(h->line - r->lines) - 1 : -1;
}

/* "host NAME", and where it stands. */
static int taken(const struct reserve *r, const struct dhcp_host *h, const char *what,
		 struct conf_err *err)
{
	if (index_of(r, h) < 0)
		return conf_fail(err, 0, "host %s of dhcpd.conf (line %u) has this %s already",
				 h->name, h->line, what);
	return conf_fail(err, 0, "reservation %s has this %s already", h->name, what);
}

/* What the parser would tell with a line that nobody can look up. */
static int check(const struct reserve *r, const struct dhcp_conf *conf, const struct request *q,
		 struct conf_err *err)
{
	uint32_t be = htonl(q->addr);
	const struct dhcp_host *h;

	h = conf_hash_find(&conf->by_addr, &be, sizeof(be));
	if (h)
		return taken(r, h, "address", err);
	h = q->has_mac ? conf_hash_find(&conf->by_mac, q->mac, sizeof(q->mac))
		       : conf_hash_find(&conf->by_id, q->id, q->id_len);
	if (h)
		return taken(r, h, q->has_mac ? "hardware address" : "client identifier", err);
	h = q->name[0] ? named(conf, q->name) : NULL;
	return h ? taken(r, h, "name", err) : 0;
}

/*
 * Write the list down and serve by it from now on. Return: 0, or negative errno,
 * and then the configuration in use is that of before.
 */
static int put_in_force(struct server *s, struct dhcp_conf *now, bool *written,
			struct conf_err *err)
{
	int ret = save(&s->reserve, err);

	*written = !ret;
	if (ret)
		load_free(now);
	else
		ret = server_use(s, now, err);
	return ret;
}

/* The list is that of before again: so is the file, if it was written. */
static void take_back(const struct reserve *r, bool written)
{
	struct conf_err err;

	if (written && save(r, &err))
		log_err("%s", err.text);
}

/**
 * reserve_add - reserve an address
 * @s: the server
 * @q: the request
 * @err: why not, in one sentence
 *
 * On the disk before it counts. Return: 0 or negative errno, and then nothing has
 * changed.
 */
int reserve_add(struct server *s, const struct request *q, struct conf_err *err)
{
	struct reserve *r = &s->reserve;
	struct dhcp_conf *now = NULL;
	char line[RESERVE_LINE];
	bool written = false;
	int ret = check(r, s->conf, q, err);

	if (ret)
		return ret;
	format(q, line, sizeof(line));
	ret = append(r, line, strlen(line));
	if (ret) {
		conf_fail(err, 0,
			  ret == -ENOSPC ? "%d reservations there are already" : "no memory",
			  RESERVE_MAX);
		return ret;
	}
	ret = parse_all(r, &now, err);
	if (!ret && r->list[r->n - 1].why[0]) {
		load_free(now);
		ret = conf_fail(err, 0, "%s", r->list[r->n - 1].why);
	} else if (!ret) {
		ret = put_in_force(s, now, &written, err);
	}
	if (ret) {
		drop(r, r->n - 1);
		take_back(r, written);
		return ret;
	}
	log_info("reserved on request: %s", line);
	return 0;
}

/* One that does not count is in no configuration. */
static int find_unfit(const struct reserve *r, const struct request *q)
{
	char name[CONF_NAME];
	unsigned int i;

	for (i = 0; i < r->n && q->name[0]; i++)
		if (r->list[i].why[0] && sscanf(r->list[i].line, "host %63s", name) == 1 &&
		    !strcmp(name, q->name))
			return (int)i;
	return -1;
}

/* Which reservation is meant. Return: its index, or -EINVAL. */
static int find(const struct server *s, const struct request *q, struct conf_err *err)
{
	const struct reserve *r = &s->reserve;
	const struct dhcp_host *h;
	uint32_t be = htonl(q->addr);
	int i = find_unfit(r, q);

	if (i >= 0)
		return i;
	h = q->name[0] ? named(s->conf, q->name)
		       : conf_hash_find(&s->conf->by_addr, &be, sizeof(be));
	if (!h)
		return conf_fail(err, 0, "there is no such reservation");
	i = index_of(r, h);
	if (i < 0)
		return conf_fail(err, 0,
				 "host %s stands in dhcpd.conf (line %u): remove it there, "
				 "and have it read again",
				 h->name, h->line);
	return i;
}

/**
 * reserve_remove - an address is reserved no longer
 * @s: the server
 * @q: the request: its address, or its name
 * @err: why not, in one sentence
 *
 * Only what reserve_add() has made is removed. Who has the address keeps it until
 * its lease ends. Return: 0 or negative errno.
 */
int reserve_remove(struct server *s, const struct request *q, struct conf_err *err)
{
	struct reserve *r = &s->reserve;
	struct dhcp_conf *now = NULL;
	struct reserved was;
	bool written = false;
	int i = find(s, q, err), ret;

	if (i < 0)
		return i;
	/* Kept at the end until all has gone well. */
	was = r->list[i];
	memmove(&r->list[i], &r->list[i + 1], (r->n - (unsigned int)i - 1) * sizeof(was));
	r->list[--r->n] = was;
	ret = parse_all(r, &now, err);
	if (!ret)
		ret = put_in_force(s, now, &written, err);
	if (ret) {
		/* Another place in the list; the configuration in use is that of before. */
		memmove(&r->list[i + 1], &r->list[i], (r->n - (unsigned int)i) * sizeof(was));
		r->list[i] = was;
		r->n++;
		take_back(r, written);
		return ret;
	}
	log_info("reserved no longer: %s", was.line);
	free(was.line);
	return 0;
}

/* All reservations, those of dhcpd.conf too, and those that do not count. */
json_t *reserve_json(const struct server *s)
{
	const struct reserve *r = &s->reserve;
	json_t *list = json_array(), *j;
	unsigned int i, k;

	for (i = 0; i < s->conf->nhosts; i++) {
		const struct dhcp_host *h = s->conf->hosts[i];

		for (k = 0; k < h->naddrs; k++) {
			j = status_host(h, k, index_of(r, h) < 0 ? "dhcpd.conf" : "request");
			if (index_of(r, h) < 0)
				json_object_set_new(j, "line", json_integer(h->line));
			json_array_append_new(list, j);
		}
	}
	for (i = 0; i < r->n; i++)
		if (r->list[i].why[0])
			json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "source", "unused",
							      "text", r->list[i].line, "reason",
							      r->list[i].why));
	return list;
}

/* End it; it is all zero then. */
void reserve_done(struct reserve *r)
{
	while (r->n)
		drop(r, r->n - 1);
	free(r->list);
	free(r->text);
	memset(r, 0, sizeof(*r));
}
