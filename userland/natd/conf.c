// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading nat.conf. inih cuts it into keys; here is what they mean. inih does
 * not tell the line of a key, so the lines are handed to it one by one and
 * counted.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_parser.h"

int conf_parser_fail(struct conf_parser *p, const char *fmt, ...)
{
	char text[sizeof(p->err->text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	p->failed = true;
	return conf_fail(p->err, p->line, "%s", text);
}

/* A key that has no effect is logged by whoever starts us. */
int conf_parser_note(struct conf_parser *p, const char *fmt, ...)
{
	struct nat_conf *c = p->conf;
	struct nat_conf_note *n;
	va_list ap;

	n = realloc(c->notes, (c->nnotes + 1) * sizeof(*n));
	if (!n)
		return conf_parser_fail(p, "out of memory");
	c->notes = n;
	n += c->nnotes++;
	n->line = p->line;
	va_start(ap, fmt);
	vsnprintf(n->text, sizeof(n->text), fmt, ap);
	va_end(ap);
	return 0;
}

/* inih calls it for each key; 0 means that the line is bad. */
static int on_key(void *user, const char *section, const char *name, const char *value)
{
	struct conf_parser *p = user;

	return p->failed || !conf_set_key(p, section, name, value);
}

/* A section nothing stands in is never told by inih, so look at it here. */
static void check_section(struct conf_parser *p, const char *line)
{
	char name[64];
	const char *end = strchr(line, ']');

	p->ports = 0;
	if (!end || (size_t)(end - line) > sizeof(name))
		return;
	memcpy(name, line + 1, (size_t)(end - line - 1));
	name[end - line - 1] = '\0';
	if (!conf_known_section(name))
		conf_parser_fail(p, "unknown section [%s]", name);
	p->ports = conf_port_section(name, &p->services);
}

/*
 * A line of a section whose keys are ports. Its address may have what inih takes for a
 * separator or a section, and its comment is its name, so it is read here.
 */
static void forward_line(struct conf_parser *p, char *line, const char *hash, const char *nl)
{
	char name[4 * NAT_FORWARD_NAME];
	char *semi = line;
	size_t len;

	/* A comment of the other kind. */
	while ((semi = strchr(semi, ';')) && !isspace((unsigned char)semi[-1]))
		semi++;
	if (semi) {
		*semi = '\0';
		snprintf(name, sizeof(name), "%s", semi + 1);
	} else {
		len = hash < nl ? (size_t)(nl - hash - 1) : 0;
		snprintf(name, sizeof(name), "%.*s", (int)len, hash < nl ? hash + 1 : "");
	}
	conf_add_forward(p, line, name);
	/* Nothing is left for inih. */
	line[0] = '\n';
	line[1] = '\0';
}

/*
 * Hand inih the next line, as fgets() would: without the blanks it begins with
 * (inih would take it for more of the value above) and without a comment
 * behind it. Ends the parse at the first error.
 */
static char *next_line(char *buf, int size, void *stream)
{
	struct conf_parser *p = stream;
	const char *s = p->next, *nl, *hash;
	size_t len;

	if (p->failed || s == p->end)
		return NULL;
	p->line++;
	nl = memchr(s, '\n', (size_t)(p->end - s));
	p->next = nl ? nl + 1 : p->end;
	if (!nl)
		nl = p->end;
	if (memchr(s, '\0', (size_t)(nl - s))) {
		conf_parser_fail(p, "not a text file");
		return NULL;
	}
	while (s < nl && isspace((unsigned char)*s))
		s++;
	for (hash = s; hash < nl; hash++)
		if (*hash == '#' && (hash == s || isspace((unsigned char)hash[-1])))
			break;
	len = (size_t)(hash - s);
	if (s < nl && *s == ';')
		len = 0;
	if (len + 2 > (size_t)size) {
		conf_parser_fail(p, "the line is too long");
		return NULL;
	}
	memcpy(buf, s, len);
	buf[len] = '\n';
	buf[len + 1] = '\0';
	if (p->ports && *buf != '\n' && (*buf != '[' || strstr(buf, "]:")))
		forward_line(p, buf, hash, nl);
	else if (*buf == '[')
		check_section(p, buf);
	return p->failed ? NULL : buf;
}

/* VMware's default: the network's number as two digits, 8 for what is no node. */
static void default_prefix6(struct nat_conf *c)
{
	static const uint8_t base[8] = { 0xfd, 0x15, 0x4b, 0xa5, 0x5a, 0x2b, 0x10, 0x08 };
	const char *number = strstr(c->device, "vmnet");
	unsigned long n = 8;

	if (number)
		n = strtoul(number + strlen("vmnet"), NULL, 10) % 100;
	c->ip6_prefix.family = AF_INET6;
	memcpy(c->ip6_prefix.a.b, base, sizeof(base));
	c->ip6_prefix.a.b[7] = (uint8_t)(n / 10 << 4 | n % 10);
}

/* What can be said only when all of the file is known. */
static int check_net(struct conf_parser *p)
{
	struct nat_conf *c = p->conf;
	char a[46], b[46];
	uint32_t mask, host;
	unsigned int i;

	p->line = 0;
	if (!c->ip.family)
		return conf_parser_fail(p, "ip is missing in [host]");
	p->line = p->mask_line ? p->mask_line : p->ip_line;
	if (p->ip_prefix >= 0) {
		if (p->mask_line && c->prefix != (unsigned int)p->ip_prefix)
			return conf_parser_fail(p, "netmask has %u bits, ip says %d", c->prefix,
						p->ip_prefix);
		c->prefix = (unsigned int)p->ip_prefix;
	}
	if (c->prefix < 8 || c->prefix > 30)
		return conf_parser_fail(p, "a network has 8 to 30 bits of mask, not %u", c->prefix);
	p->line = p->ip_line;
	mask = ntohl(nat_conf_mask4(c));
	host = ntohl(c->ip.a.v4) & ~mask;
	ipaddr_format(&c->ip, a);
	if (!host || host == ~mask)
		return conf_parser_fail(p, "ip %s is the %s of its network", a,
					host ? "broadcast address" : "address");
	if (ntohl(c->ip.a.v4) >> 24 == 127 || ntohl(c->ip.a.v4) >> 28 >= 14 ||
	    ntohl(c->ip.a.v4) >> 24 == 0)
		return conf_parser_fail(p, "ip %s cannot be a host's address", a);
	if (c->host_ip.family) {
		p->line = p->host_ip_line;
		ipaddr_format(&c->host_ip, b);
		if (ipaddr_equal(&c->ip, &c->host_ip))
			return conf_parser_fail(p, "hostIp is the same as ip");
		if (!nat_conf_on_net(c, &c->host_ip))
			return conf_parser_fail(p, "hostIp %s is not in the network of %s/%u", b, a,
						c->prefix);
	}
	if (!c->ip6_prefix.family)
		default_prefix6(c);
	for (i = 0; i < RESOLV_NAMED && !c->dns.named[i].family; i++)
		;
	if (c->dns.only_named && i == RESOLV_NAMED) {
		p->line = p->dns_auto_line;
		if (conf_parser_note(p, "no nameserver is named, so that the host's are asked"))
			return -EINVAL;
	}
	for (i = 0; i < c->nforwards; i++) {
		if (nat_forward_check(c, &c->forwards[i], p->err)) {
			p->failed = true;
			return -EINVAL;
		}
	}
	return 0;
}

/**
 * nat_conf_parse - read a whole nat.conf
 * @conf: filled; empty after an error
 * @text: the file
 * @len: bytes
 * @err: where and why it was refused
 *
 * Return: 0 or -EINVAL.
 */
int nat_conf_parse(struct nat_conf *conf, const char *text, size_t len, struct conf_err *err)
{
	struct conf_parser p = {
		.conf = conf,
		.err = err,
		.next = text,
		.end = text + len,
		.ip_prefix = -1,
	};
	int ret;

	*conf = (struct nat_conf){
		.prefix = 24,
		.active_ftp = true,
		.allow_any_oui = true,
		.reset_on_link_down = true,
		.reset_on_dest_local = true,
		.busy_poll = 50,
		.tcp_time_wait = 30,
		.udp_timeout = 300,
		.dns.retries = -1,
		.domain = "localdomain",
	};
	ret = ini_parse_stream(next_line, &p, on_key, &p);
	if (ret > 0 && (!p.failed || (unsigned int)ret < err->line)) {
		p.line = (unsigned int)ret;
		conf_parser_fail(&p, "not a \"key = value\" line");
	} else if (ret < 0 && !p.failed) {
		p.line = 0;
		conf_parser_fail(&p, "out of memory");
	}
	if (!p.failed)
		check_net(&p);
	if (!p.failed)
		return 0;
	nat_conf_done(conf);
	return -EINVAL;
}

/* End what nat_conf_parse() has filled; may be done twice. */
void nat_conf_done(struct nat_conf *conf)
{
	free(conf->forwards);
	free(conf->services);
	free(conf->notes);
	memset(conf, 0, sizeof(*conf));
}

/* The netmask, network order. */
uint32_t nat_conf_mask4(const struct nat_conf *conf)
{
	return htonl(conf->prefix ? ~0U << (32 - conf->prefix) : 0);
}

/* The gateway's address in the guests' IPv6 network. */
struct ipaddr nat_conf_gateway6(const struct nat_conf *conf)
{
	struct ipaddr a = conf->ip6_prefix;

	a.a.b[15] = 2;
	return a;
}

/* Is @a the address of a host (not the broadcast address) on our network, of either family? */
bool nat_conf_on_net(const struct nat_conf *conf, const struct ipaddr *a)
{
	uint32_t mask = nat_conf_mask4(conf), host;

	/* The subnet's routers have the address without an interface (RFC 4291 2.6.1). */
	if (a->family == AF_INET6)
		return !memcmp(a->a.b, conf->ip6_prefix.a.b, 8) &&
		       !ipaddr_equal(a, &conf->ip6_prefix);
	if (a->family != AF_INET || conf->ip.family != AF_INET)
		return false;
	if ((a->a.v4 ^ conf->ip.a.v4) & mask)
		return false;
	host = a->a.v4 & ~mask;
	return host && host != ~mask;
}

/* Does a guest's port below 1024 stay below 1024 for this destination? */
bool nat_privileged_wanted(const struct nat_privileged *p, uint16_t dst_port)
{
	unsigned int i;

	for (i = 0; i < p->nports; i++)
		if (p->ports[i] == dst_port)
			return true;
	return p->autodetect;
}
