// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Forwards: one line of [incomingtcp] or [incomingudp], or one request, names a
 * port of the host or a range of them, and the guest's port they lead to. And the
 * other way round: one of [hosttcp] or [hostudp] names ports of the gateway, and
 * the port of the host's loopback they lead to.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conf_parser.h"
#include "dns_msg.h"

static int parse_port(const char *s, size_t len, uint16_t *out)
{
	unsigned int v = 0;
	size_t i;

	if (!len || len > 5)
		return -EINVAL;
	for (i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -EINVAL;
		v = v * 10 + (unsigned int)(s[i] - '0');
	}
	if (!v || v > 65535)
		return -EINVAL;
	*out = (uint16_t)v;
	return 0;
}

/* PORT or PORT-PORT */
static int parse_range(const char *s, size_t len, struct nat_range *r)
{
	const char *dash = memchr(s, '-', len);
	size_t n = dash ? (size_t)(dash - s) : len;

	if (parse_port(s, n, &r->first))
		return -EINVAL;
	r->last = r->first;
	if (dash && (parse_port(dash + 1, len - n - 1, &r->last) || r->last < r->first))
		return -EINVAL;
	return 0;
}

/* ADDRESS of IPv4 or [ADDRESS] of IPv6, @len bytes */
static int parse_host(const char *s, size_t len, struct ipaddr *out)
{
	bool brackets = len > 2 && s[0] == '[' && s[len - 1] == ']';
	char addr[64];

	if (len >= sizeof(addr))
		return -EINVAL;
	memcpy(addr, s + brackets, len - 2 * brackets);
	addr[len - 2 * brackets] = '\0';
	return ipaddr_parse(addr, out) || (out->family == AF_INET6) != brackets ? -EINVAL : 0;
}

static int parse_bind(const char *s, size_t len, struct ipaddr *bind, struct conf_err *err)
{
	if (len >= 64)
		return conf_fail(err, 0, "\"%.40s...\" is no address of the host", s);
	if (parse_host(s, len, bind) ||
	    (bind->family == AF_INET6 ? bind->a.b[0] == 0xff : ntohl(bind->a.v4) >> 28 >= 14))
		return conf_fail(err, 0, "\"%.*s\" is no address of the host", (int)len, s);
	return 0;
}

/**
 * nat_ports_parse - read which ports of the host are meant
 * @text: [ADDRESS:]PORT[-PORT][,~PORT[-PORT]]...
 * @p: filled
 * @err: why not; the line is not set
 *
 * Return: 0 or -EINVAL.
 */
int nat_ports_parse(const char *text, struct nat_ports *p, struct conf_err *err)
{
	const char *s = strrchr(text, ':');
	struct nat_range *hole;
	size_t len;

	memset(p, 0, sizeof(*p));
	if (s && parse_bind(text, (size_t)(s - text), &p->bind, err))
		return -EINVAL;
	s = s ? s + 1 : text;
	len = strcspn(s, ",");
	if (parse_range(s, len, &p->range))
		return conf_fail(err, 0, "a host port is 1 to 65535, not \"%.*s\"", (int)len, s);
	for (s += len; *s; s += len) {
		s += 1 + strspn(s + 1, " \t");
		len = strcspn(s, ",");
		if (p->nholes == NAT_CONF_MAX_HOLES)
			return conf_fail(err, 0, "more than %d exclusions", NAT_CONF_MAX_HOLES);
		hole = &p->holes[p->nholes++];
		if (*s != '~' || parse_range(s + 1, len - 1, hole))
			return conf_fail(err, 0,
					 "an exclusion is ~PORT or ~PORT-PORT, not \"%.*s\"",
					 (int)len, s);
		if (hole->first < p->range.first || hole->last > p->range.last)
			return conf_fail(err, 0, "exclusion %.*s is not in the range %u-%u",
					 (int)len, s, p->range.first, p->range.last);
	}
	return 0;
}

/* Is @port in the range and not excluded? */
bool nat_ports_have(const struct nat_ports *p, uint16_t port)
{
	unsigned int i;

	for (i = 0; i < p->nholes; i++)
		if (port >= p->holes[i].first && port <= p->holes[i].last)
			return false;
	return port >= p->range.first && port <= p->range.last;
}

/* ADDRESS:PORT or [ADDRESS]:PORT */
static int parse_target(const char *s, struct ipaddr *addr, uint16_t *port)
{
	const char *colon = strrchr(s, ':');

	if (!colon || parse_host(s, (size_t)(colon - s), addr))
		return -EINVAL;
	return parse_port(colon + 1, strlen(colon + 1), port);
}

/* Bytes of the UTF-8 character at @s, 0 when it is none (RFC 3629). */
static size_t utf8_len(const char *s)
{
	const uint8_t *u = (const uint8_t *)s;
	size_t i, n = u[0] < 0x80 ? 1 : u[0] < 0xc2 ? 0 : u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : 4;

	if (u[0] > 0xf4)
		return 0;
	for (i = 1; i < n; i++)
		if ((u[i] & 0xc0) != 0x80)
			return 0;
	if ((u[0] == 0xe0 && u[1] < 0xa0) || (u[0] == 0xed && u[1] > 0x9f) ||
	    (u[0] == 0xf0 && u[1] < 0x90) || (u[0] == 0xf4 && u[1] > 0x8f))
		return 0;
	return n;
}

/* What cannot be shown becomes a "?", and what is too long is cut. */
static void copy_name(char to[NAT_FORWARD_NAME], const char *from)
{
	size_t used = 0, n;

	from += strspn(from, " \t");
	for (; *from && strcspn(from, "\r\n") && used < NAT_FORWARD_NAME - 1;
	     from += n ? n : 1, used += n ? n : 1) {
		n = utf8_len(from);
		if (used + n > NAT_FORWARD_NAME - 1)
			break;
		if (!n || (uint8_t)*from < ' ' || *from == 0x7f)
			to[used] = '?';
		else
			memcpy(to + used, from, n);
	}
	to[used] = '\0';
	while (used && (to[used - 1] == ' ' || to[used - 1] == '\t'))
		to[--used] = '\0';
}

/* One of @f for each of the ports; the targets follow each other as they do. */
static int expand(struct nat_forward *f, const struct nat_ports *ports, uint16_t target,
		  struct nat_forward **out, unsigned int *n, struct conf_err *err)
{
	unsigned int i, size = ports->range.last - ports->range.first + 1U;
	struct nat_forward *list;

	if (target + size - 1 > 65535)
		return conf_fail(err, 0, "%u ports from %u on do not exist", size, target);
	if (size > 2 * NAT_CONF_MAX_FORWARDS)
		return conf_fail(err, 0, "more than %d forwards", NAT_CONF_MAX_FORWARDS);
	list = malloc(size * sizeof(*list));
	if (!list) {
		conf_fail(err, 0, "out of memory");
		return -ENOMEM;
	}
	for (*n = i = 0; i < size; i++) {
		f->host_port = (uint16_t)(ports->range.first + i);
		f->guest_port = (uint16_t)(target + i);
		if (nat_ports_have(ports, f->host_port))
			list[(*n)++] = *f;
	}
	*out = list;
	if (*n)
		return 0;
	free(list);
	return conf_fail(err, 0, "all ports of the range are excluded");
}

/**
 * nat_forwards_parse - read a forward
 * @proto: IPPROTO_TCP or IPPROTO_UDP
 * @host: as nat_ports_parse() takes it
 * @guest: ADDRESS:PORT or [ADDRESS]:PORT, of the first port of the range; the
 *	others follow
 * @name: what it is called, or ""
 * @out: set to one forward for each port, to be freed
 * @n: how many
 * @err: why not; the line is not set
 *
 * Return: 0, -EINVAL, or -ENOMEM.
 */
int nat_forwards_parse(uint8_t proto, const char *host, const char *guest, const char *name,
		       struct nat_forward **out, unsigned int *n, struct conf_err *err)
{
	struct nat_forward f = { .proto = proto };
	struct nat_ports ports;
	uint16_t gport;

	if (nat_ports_parse(host, &ports, err))
		return -EINVAL;
	if (parse_target(guest, &f.guest, &gport))
		return conf_fail(err, 0,
				 "a forward leads to ADDRESS:PORT or [ADDRESS]:PORT, not \"%s\"",
				 guest);
	if (ports.bind.family && ports.bind.family != f.guest.family)
		return conf_fail(err, 0, "a forward of an %s address leads to one too, not to %s",
				 ports.bind.family == AF_INET6 ? "IPv6" : "IPv4", guest);
	f.bind = ports.bind;
	f.bind.family = f.guest.family;
	copy_name(f.name, name);
	return expand(&f, &ports, gport, out, n, err);
}

/* The same for a service of the host: PORTS of the gateway, LOOPBACK:PORT. */
static int parse_services(uint8_t proto, const char *gateway, const char *host, const char *name,
			  struct nat_forward **out, unsigned int *n, struct conf_err *err)
{
	struct nat_forward f = { .proto = proto };
	struct nat_ports ports;
	uint16_t port;

	if (strchr(gateway, ':'))
		return conf_fail(err, 0, "a port of the gateway has no address, not \"%s\"",
				 gateway);
	if (nat_ports_parse(gateway, &ports, err))
		return -EINVAL;
	if (*host == '[')
		return conf_fail(err, 0, "a service of the host has an IPv4 address, not \"%s\"",
				 host);
	if (parse_target(host, &f.guest, &port) || f.guest.a.b[0] != 127)
		return conf_fail(err, 0, "a service of the host is at 127.0.0.1:PORT, not \"%s\"",
				 host);
	if (nat_ports_have(&ports, DNS_PORT))
		return conf_fail(err, 0, "port %d of the gateway is for DNS", DNS_PORT);
	copy_name(f.name, name);
	return expand(&f, &ports, port, out, n, err);
}

/* The service that a port of the gateway leads to, or NULL. */
const struct nat_forward *nat_service_find(const struct nat_conf *c, uint8_t proto, uint16_t port)
{
	unsigned int i;

	for (i = 0; i < c->nservices; i++)
		if (c->services[i].host_port == port && c->services[i].proto == proto)
			return &c->services[i];
	return NULL;
}

/* Is a forward for all addresses of the host that there are in its family? */
bool nat_forward_everywhere(const struct nat_forward *f)
{
	static const uint8_t zero[16];

	return !memcmp(&f->bind.a, zero, f->bind.family == AF_INET6 ? 16 : 4);
}

/* Is it shown with an address? For all of IPv4's there is none, as VMware has it. */
bool nat_forward_has_address(const struct nat_forward *f)
{
	return f->bind.family == AF_INET6 || !nat_forward_everywhere(f);
}

/* Do both listen at exactly the same port and address? */
bool nat_forward_same_port(const struct nat_forward *a, const struct nat_forward *b)
{
	return a->proto == b->proto && a->host_port == b->host_port &&
	       ipaddr_equal(&a->bind, &b->bind);
}

/* Do both need the same port of the same address of the host? */
bool nat_forward_overlaps(const struct nat_forward *a, const struct nat_forward *b)
{
	return a->proto == b->proto && a->host_port == b->host_port &&
	       a->bind.family == b->bind.family &&
	       (nat_forward_everywhere(a) || nat_forward_everywhere(b) ||
		ipaddr_equal(&a->bind, &b->bind));
}

/* "TCP port 80", "UDP port 10.1.1.1:53", "TCP port [::]:80"; @buf has 64 bytes. */
const char *nat_forward_format(const struct nat_forward *f, char buf[64])
{
	const char *proto = f->proto == IPPROTO_TCP ? "TCP" : "UDP";
	char at[54];

	if (nat_forward_has_address(f))
		snprintf(buf, 64, "%s port %s", proto,
			 ipaddr_port_format(&f->bind, f->host_port, at));
	else
		snprintf(buf, 64, "%s port %u", proto, f->host_port);
	return buf;
}

/**
 * nat_forward_check - may a forward lead to its guest?
 * @c: the network
 * @f: the forward
 * @err: why not, with the line of @f
 *
 * Return: 0 or -EINVAL.
 */
int nat_forward_check(const struct nat_conf *c, const struct nat_forward *f, struct conf_err *err)
{
	bool v6 = f->guest.family == AF_INET6;
	struct ipaddr own = v6 ? nat_conf_gateway6(c) : c->ip;
	char guest[46], ip[46];

	ipaddr_format(&f->guest, guest);
	if (v6 && !c->ip6_enable)
		return conf_fail(err, f->line, "guest %s: guests have no IPv6 (natIp6Enable)",
				 guest);
	if (!nat_conf_on_net(c, &f->guest))
		return conf_fail(err, f->line, "guest %s is not in the network of %s/%u", guest,
				 ipaddr_format(v6 ? &c->ip6_prefix : &c->ip, ip),
				 v6 ? 64 : c->prefix);
	if (ipaddr_equal(&f->guest, &own))
		return conf_fail(err, f->line, "guest %s is the NAT's own address", guest);
	return 0;
}

static int take(struct conf_parser *p, const struct nat_forward *f)
{
	struct nat_conf *c = p->conf;
	struct nat_forward **list = p->services ? &c->services : &c->forwards, *more;
	unsigned int *n = p->services ? &c->nservices : &c->nforwards, i;
	char text[64];

	for (i = 0; i < *n; i++)
		if (nat_forward_overlaps(&(*list)[i], f))
			return conf_parser_fail(p, "%s%s is forwarded by line %u",
						nat_forward_format(f, text),
						p->services ? " of the gateway" : "",
						(*list)[i].line);
	if (*n == NAT_CONF_MAX_FORWARDS)
		return conf_parser_fail(p, "more than %d forwards", NAT_CONF_MAX_FORWARDS);
	more = realloc(*list, (*n + 1) * sizeof(*more));
	if (!more)
		return conf_parser_fail(p, "out of memory");
	*list = more;
	more[*n] = *f;
	more[(*n)++].line = p->line;
	return 0;
}

static char *trim(char *s)
{
	size_t len;

	s += strspn(s, " \t\r\n");
	for (len = strlen(s); len && strchr(" \t\r\n", s[len - 1]); len--)
		s[len - 1] = '\0';
	return s;
}

/**
 * conf_port_section - what are the ports that are the keys of a section?
 * @name: of the section
 * @services: set: are they the gateway's, and not the host's?
 *
 * Return: their protocol, 0 when its keys are no ports.
 */
uint8_t conf_port_section(const char *name, bool *services)
{
	static const struct {
		const char *name;
		uint8_t proto;
		bool services;
	} sections[] = {
		{ "incomingtcp", IPPROTO_TCP, false },
		{ "incomingudp", IPPROTO_UDP, false },
		{ "hosttcp", IPPROTO_TCP, true },
		{ "hostudp", IPPROTO_UDP, true },
	};
	size_t i;

	for (i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		if (!strcasecmp(name, sections[i].name)) {
			*services = sections[i].services;
			return sections[i].proto;
		}
	return 0;
}

/**
 * conf_add_forward - take a line of a section whose keys are ports
 * @p: the parse
 * @line: PORTS = ADDRESS:PORT, changed
 * @name: the comment behind it
 *
 * Return: 0 or -EINVAL, and then the parse has failed.
 */
int conf_add_forward(struct conf_parser *p, char *line, const char *name)
{
	int (*parse)(uint8_t, const char *, const char *, const char *, struct nat_forward **,
		     unsigned int *, struct conf_err *) = p->services ? parse_services
								      : nat_forwards_parse;
	char *sep = strchr(line, '=');
	struct nat_forward *list;
	struct conf_err err;
	unsigned int i, n;
	int ret = 0;

	/* As in other sections, a colon will do where it can be told from one of an address. */
	if (!sep)
		sep = strchr(line, ':');
	if (!sep)
		return conf_parser_fail(p, "not a \"key = value\" line");
	*sep = '\0';
	if (parse(p->ports, trim(line), trim(sep + 1), name, &list, &n, &err))
		return conf_parser_fail(p, "%s", err.text);
	for (i = 0; i < n && !ret; i++)
		ret = take(p, &list[i]);
	free(list);
	return ret;
}
