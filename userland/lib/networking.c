// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The lines of a `networking` file and its directives. What an `answer` may say
 * is in networking_answer.c, what the whole must satisfy in networking_view.c.
 */
#include "networking.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPACE " \t"
#define MAX_WORDS 6

static int parse_mac(const char *s, uint8_t mac[6])
{
	unsigned int i;

	for (i = 0; i < 6; i++) {
		char part[3] = "";
		size_t n = strspn(s, "0123456789abcdefABCDEF");

		if (!n || n > 2)
			return -EINVAL;
		memcpy(part, s, n);
		mac[i] = (uint8_t)strtoul(part, NULL, 16);
		s += n;
		if (i < 5 ? *s != ':' && *s != '-' : *s != '\0')
			return -EINVAL;
		s++;
	}
	return mac[0] & 1 ? -EINVAL : 0;
}

/**
 * net_vnet_get() - the entry of a network, made when it is not there
 * @nc: the model
 * @number: 0..255
 *
 * Return: the entry, NULL without memory.
 */
struct net_vnet *net_vnet_get(struct networking *nc, unsigned int number)
{
	struct net_vnet *v = nc->vnets[number];

	if (v)
		return v;
	v = calloc(1, sizeof(*v));
	if (!v)
		return NULL;
	v->number = number;
	nc->vnets[number] = v;
	return v;
}

/* Room for one more element behind *array. */
static int grow(void *array, size_t *n, size_t size)
{
	void **p = array;
	void *bigger = reallocarray(*p, *n + 1, size);

	if (!bigger)
		return -ENOMEM;
	*p = bigger;
	memset((char *)bigger + *n * size, 0, size);
	++*n;
	return 0;
}

static void drop(void *array, size_t *n, size_t size, size_t i)
{
	char *p = array;

	memmove(p + i * size, p + (i + 1) * size, (*n - i - 1) * size);
	--*n;
}

/* The words of one directive; rest[i] is the line from word i to its end. */
struct words {
	struct networking *nc;
	struct conf_err *err;
	unsigned int line;
	unsigned int n;
	char *word[MAX_WORDS];
	const char *rest[MAX_WORDS];
};

static int vnet_arg(const struct words *w, unsigned int i, struct net_vnet **v)
{
	unsigned long number;

	if (net_parse_uint(w->word[i], NETWORKING_VNETS - 1, &number))
		return net_fail(w->err, w->line, "\"%s\" is not a network number (0 to %d)",
				w->word[i], NETWORKING_VNETS - 1);
	*v = net_vnet_get(w->nc, (unsigned int)number);
	return *v ? 0 : -ENOMEM;
}

static int port_arg(const struct words *w, unsigned int i, uint16_t *port)
{
	unsigned long v;

	if (net_parse_uint(w->word[i], 65535, &v) || !v)
		return net_fail(w->err, w->line, "\"%s\" is not a port (1 to 65535)", w->word[i]);
	*port = (uint16_t)v;
	return 0;
}

static int proto_arg(const struct words *w, unsigned int i, uint8_t *proto)
{
	if (!strcasecmp(w->word[i], "tcp"))
		*proto = IPPROTO_TCP;
	else if (!strcasecmp(w->word[i], "udp"))
		*proto = IPPROTO_UDP;
	else
		return net_fail(w->err, w->line, "\"%s\" is neither tcp nor udp", w->word[i]);
	return 0;
}

static int addr_arg(const struct words *w, unsigned int i, uint32_t *addr)
{
	if (net_parse_addr(w->word[i], addr) || !*addr)
		return net_fail(w->err, w->line, "\"%s\" is not an IPv4 address", w->word[i]);
	return 0;
}

static int mac_arg(const struct words *w, unsigned int i, uint8_t mac[6])
{
	if (parse_mac(w->word[i], mac))
		return net_fail(w->err, w->line, "\"%s\" is not the MAC address of a host",
				w->word[i]);
	return 0;
}

static int do_answer(struct words *w)
{
	return net_answer(w->nc, w->line, w->word[1], w->n > 2 ? w->rest[2] : "", w->err);
}

static int do_remove_answer(struct words *w)
{
	return net_answer(w->nc, w->line, w->word[1], "", w->err);
}

static int do_add_map(struct words *w)
{
	struct networking *nc = w->nc;
	char nic[IFNAMSIZ];
	unsigned long number = 0;
	bool exclude = !strcmp(w->word[2], "-1");
	size_t i;

	if (net_parse_nic(w->word[1], nic))
		return net_fail(w->err, w->line, "\"%s\" is not the name of an interface",
				w->word[1]);
	if (!exclude && net_parse_uint(w->word[2], NETWORKING_VNETS - 1, &number))
		return net_fail(w->err, w->line,
				"\"%s\" is neither a network number (0 to %d) nor -1", w->word[2],
				NETWORKING_VNETS - 1);
	for (i = 0; i < nc->nmaps; i++)
		if (!strcmp(nc->maps[i].nic, nic))
			return net_fail(w->err, w->line, "%s already has a mapping, in line %u",
					nic, nc->maps[i].line);
	if (!exclude && !net_vnet_get(nc, (unsigned int)number))
		return -ENOMEM;
	if (grow(&nc->maps, &nc->nmaps, sizeof(*nc->maps)))
		return -ENOMEM;
	memcpy(nc->maps[i].nic, nic, sizeof(nic));
	nc->maps[i].vnet = exclude ? -1 : (int)number;
	nc->maps[i].line = w->line;
	return 0;
}

static int do_remove_map(struct words *w)
{
	struct networking *nc = w->nc;
	size_t i;

	for (i = 0; i < nc->nmaps; i++)
		if (!strcmp(nc->maps[i].nic, w->word[1])) {
			drop(nc->maps, &nc->nmaps, sizeof(*nc->maps), i);
			break;
		}
	return 0;
}

static struct net_forward *find_forward(const struct net_vnet *v, uint8_t proto, uint16_t port)
{
	size_t i;

	for (i = 0; i < v->nforwards; i++)
		if (v->forwards[i].proto == proto && v->forwards[i].host_port == port)
			return &v->forwards[i];
	return NULL;
}

static int do_add_forward(struct words *w)
{
	struct net_forward f = { .line = w->line }, *old;
	struct net_vnet *v;
	unsigned int i;
	int rc;

	rc = vnet_arg(w, 1, &v);
	if (!rc)
		rc = proto_arg(w, 2, &f.proto);
	if (!rc)
		rc = port_arg(w, 3, &f.host_port);
	if (!rc)
		rc = addr_arg(w, 4, &f.guest_addr);
	if (rc)
		return rc;
	/* The sixth word is the port and, behind it, the description. */
	if (w->rest[5][strcspn(w->rest[5], SPACE)]) {
		const char *text = w->rest[5] + strcspn(w->rest[5], SPACE);

		f.description = strdup(text + strspn(text, SPACE));
		if (!f.description)
			return -ENOMEM;
	}
	rc = port_arg(w, 5, &f.guest_port);
	/* A host port exists once, whichever network wants it. */
	for (i = 0; !rc && i < NETWORKING_VNETS; i++) {
		old = w->nc->vnets[i] ? find_forward(w->nc->vnets[i], f.proto, f.host_port) : NULL;
		if (old)
			rc = net_fail(w->err, w->line,
				      "host port %u/%s is forwarded already, "
				      "in line %u",
				      f.host_port, f.proto == IPPROTO_TCP ? "tcp" : "udp",
				      old->line);
	}
	if (!rc)
		rc = grow(&v->forwards, &v->nforwards, sizeof(*v->forwards));
	if (rc) {
		free(f.description);
		return rc;
	}
	v->forwards[v->nforwards - 1] = f;
	return 0;
}

static int do_remove_forward(struct words *w)
{
	struct net_forward *f;
	struct net_vnet *v;
	uint16_t port = 0;
	uint8_t proto;
	int rc;

	rc = vnet_arg(w, 1, &v);
	if (!rc)
		rc = proto_arg(w, 2, &proto);
	if (!rc)
		rc = port_arg(w, 3, &port);
	if (rc)
		return rc;
	f = find_forward(v, proto, port);
	if (f) {
		free(f->description);
		drop(v->forwards, &v->nforwards, sizeof(*f), (size_t)(f - v->forwards));
	}
	return 0;
}

static int do_add_reservation(struct words *w)
{
	struct net_reservation r = { .line = w->line };
	struct net_vnet *v;
	size_t i;
	int rc;

	rc = vnet_arg(w, 1, &v);
	if (!rc)
		rc = mac_arg(w, 2, r.mac);
	if (!rc)
		rc = addr_arg(w, 3, &r.addr);
	if (rc)
		return rc;
	for (i = 0; i < v->nreservations; i++) {
		if (!memcmp(v->reservations[i].mac, r.mac, sizeof(r.mac)))
			return net_fail(w->err, w->line, "%s has an address already, in line %u",
					w->word[2], v->reservations[i].line);
		if (v->reservations[i].addr == r.addr)
			return net_fail(w->err, w->line, "%s is reserved already, in line %u",
					w->word[3], v->reservations[i].line);
	}
	rc = grow(&v->reservations, &v->nreservations, sizeof(r));
	if (rc)
		return rc;
	v->reservations[i] = r;
	return 0;
}

static int do_remove_reservation(struct words *w)
{
	struct net_vnet *v;
	uint8_t mac[6];
	size_t i;
	int rc;

	rc = vnet_arg(w, 1, &v);
	if (!rc)
		rc = mac_arg(w, 2, mac);
	if (rc)
		return rc;
	for (i = 0; i < v->nreservations; i++)
		if (!memcmp(v->reservations[i].mac, mac, sizeof(mac))) {
			drop(v->reservations, &v->nreservations, sizeof(*v->reservations), i);
			break;
		}
	return 0;
}

static int nat_prefix(struct words *w, bool add)
{
	struct net_vnet *v;
	unsigned long bits;
	int rc;

	rc = vnet_arg(w, 1, &v);
	if (rc)
		return rc;
	if (w->word[2][0] != '/' || net_parse_uint(w->word[2] + 1, 128, &bits) || !bits)
		return net_fail(w->err, w->line, "\"%s\" is not a prefix length such as /24",
				w->word[2]);
	if (add)
		v->nat_prefix = (unsigned int)bits;
	else if (v->nat_prefix == bits)
		v->nat_prefix = 0;
	return 0;
}

static int do_add_prefix(struct words *w)
{
	return nat_prefix(w, true);
}

static int do_remove_prefix(struct words *w)
{
	return nat_prefix(w, false);
}

/* Words are counted with the directive; more than max is refused unless the rest is text. */
static const struct {
	const char *name;
	unsigned int min, max;
	bool text;
	int (*fn)(struct words *w);
	const char *usage;
} directives[] = {
	{ "answer", 2, 3, true, do_answer, "KEY [VALUE]" },
	{ "remove_answer", 2, 2, false, do_remove_answer, "KEY" },
	{ "add_bridge_mapping", 3, 3, false, do_add_map, "INTERFACE NETWORK" },
	{ "remove_bridge_mapping", 2, 3, false, do_remove_map, "INTERFACE" },
	{ "add_nat_portfwd", 6, 6, true, do_add_forward,
	  "NETWORK tcp|udp HOSTPORT GUEST GUESTPORT [DESCRIPTION]" },
	{ "remove_nat_portfwd", 4, 4, true, do_remove_forward, "NETWORK tcp|udp HOSTPORT" },
	{ "add_dhcp_mac_to_ip", 4, 4, false, do_add_reservation, "NETWORK MAC ADDRESS" },
	{ "remove_dhcp_mac_to_ip", 3, 4, false, do_remove_reservation, "NETWORK MAC" },
	{ "add_nat_prefix", 3, 3, false, do_add_prefix, "NETWORK /BITS" },
	{ "remove_nat_prefix", 3, 3, false, do_remove_prefix, "NETWORK /BITS" },
};

static int directive(struct words *w, const char *text)
{
	char *copy = strdup(text), *p = copy;
	bool more = false;
	size_t i;
	int rc;

	if (!copy)
		return -ENOMEM;
	while (*p) {
		size_t n = strcspn(p, SPACE);

		if (w->n == MAX_WORDS) {
			more = true;
			break;
		}
		w->rest[w->n] = text + (p - copy);
		w->word[w->n++] = p;
		p += n;
		if (*p)
			*p++ = '\0';
		p += strspn(p, SPACE);
	}
	for (i = 0; i < sizeof(directives) / sizeof(*directives); i++)
		if (!strcmp(directives[i].name, w->word[0]))
			break;
	if (i == sizeof(directives) / sizeof(*directives))
		rc = net_fail(w->err, w->line, "unknown directive \"%s\"", w->word[0]);
	else if (w->n < directives[i].min ||
		 (!directives[i].text && (more || w->n > directives[i].max)))
		rc = net_fail(w->err, w->line, "expected: %s %s", directives[i].name,
			      directives[i].usage);
	else
		rc = directives[i].fn(w);
	free(copy);
	return rc;
}

/* What the lines mean. The text of a line is trimmed at both ends here only. */
static int interpret(struct networking *nc, struct conf_err *err)
{
	bool version = false;
	unsigned int line;
	int rc = 0;

	nc->default_bridge = -1;
	for (line = 1; !rc && line <= nc->nlines; line++) {
		struct words w = { .nc = nc, .err = err, .line = line };
		const char *raw = nc->lines[line - 1].text;
		char *text;
		size_t n;

		raw += strspn(raw, SPACE);
		if (!*raw || *raw == '#')
			continue;
		text = strdup(raw);
		if (!text)
			return -ENOMEM;
		for (n = strlen(text); n && strchr(SPACE, text[n - 1]); n--)
			text[n - 1] = '\0';
		if (version)
			rc = directive(&w, text);
		else if (strcmp(text, NETWORKING_VERSION))
			rc = net_fail(err, line, "the file must begin with \"%s\"",
				      NETWORKING_VERSION);
		version = true;
		free(text);
	}
	return rc ? rc : networking_check(nc, err);
}

static int split(struct networking *nc, const char *text, size_t len, struct conf_err *err)
{
	const char *end = text + len;

	while (text < end) {
		const char *nl = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((nl ? nl : end) - text);
		struct net_line *l;

		if (grow(&nc->lines, &nc->nlines, sizeof(*nc->lines)))
			return -ENOMEM;
		l = &nc->lines[nc->nlines - 1];
		if (memchr(text, '\0', n))
			return net_fail(err, (unsigned int)nc->nlines, "this is not a text file");
		l->crlf = n && text[n - 1] == '\r';
		l->text = strndup(text, n - l->crlf);
		if (!l->text)
			return -ENOMEM;
		nc->open_end = !nl;
		text += n + 1;
	}
	return 0;
}

/**
 * networking_parse() - read the text of a `networking` file
 * @nc: the model to fill; what it holds before is not looked at
 * @text: the text
 * @len: its length
 * @err: where and why it is refused
 *
 * Return: 0, -EINVAL with @err filled, or -ENOMEM. After an error @nc is empty.
 */
int networking_parse(struct networking *nc, const char *text, size_t len, struct conf_err *err)
{
	int rc;

	memset(nc, 0, sizeof(*nc));
	if (len > NETWORKING_MAX_SIZE)
		return net_fail(err, 0, "the file is larger than %u bytes", NETWORKING_MAX_SIZE);
	rc = split(nc, text, len, err);
	if (!rc)
		rc = interpret(nc, err);
	if (rc)
		networking_done(nc);
	return rc;
}

/**
 * networking_done() - end of a model
 * @nc: the model; it is empty afterwards
 */
void networking_done(struct networking *nc)
{
	size_t i, j;

	for (i = 0; i < nc->nlines; i++)
		free(nc->lines[i].text);
	free(nc->lines);
	for (i = 0; i < NETWORKING_VNETS; i++) {
		struct net_vnet *v = nc->vnets[i];

		if (!v)
			continue;
		for (j = 0; j < v->nforwards; j++)
			free(v->forwards[j].description);
		free(v->forwards);
		free(v->reservations);
		free(v->display_name);
		free(v);
	}
	free(nc->maps);
	memset(nc, 0, sizeof(*nc));
	nc->default_bridge = -1;
}
