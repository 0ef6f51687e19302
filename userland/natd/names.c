// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "resolv.h"

static const char blank[] = " \t\r\v\f";

/* FNV-1a; nobody but root chooses what is hashed. */
static uint32_t hash(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint32_t h = 2166136261u;

	while (len--)
		h = (h ^ *p++) * 16777619u;
	return h;
}

/**
 * names_valid - is this the name of a host? (RFC 1123 2.1, and "_")
 * @name: without its last dot
 * @len: bytes
 */
bool names_valid(const char *name, size_t len)
{
	size_t i, label = 0;

	if (!len || len >= NAMES_LEN)
		return false;
	for (i = 0; i < len; i++) {
		char c = name[i];

		if (c == '.') {
			if (!label)
				return false;
			label = 0;
			continue;
		}
		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    c != '-' && c != '_')
			return false;
		if (++label > 63)
			return false;
	}
	return label > 0;
}

static int grow(struct names *t, size_t name_len)
{
	void *more;

	if (t->n == t->room) {
		uint32_t room = t->room ? t->room * 2 : 64;

		more = realloc(t->list, room * sizeof(*t->list));
		if (!more)
			return -ENOMEM;
		t->list = more;
		t->room = room;
	}
	if (t->used + name_len + 1 > t->size) {
		size_t size = (t->size ? t->size * 2 : 4096) + name_len;

		more = realloc(t->pool, size);
		if (!more)
			return -ENOMEM;
		t->pool = more;
		t->size = size;
	}
	return 0;
}

static int add(struct names *t, const char *name, size_t len, const struct ipaddr *addr, bool first)
{
	struct names_entry *e;
	size_t i;
	int err;

	if (t->n == NAMES_MAX)
		return -E2BIG;
	err = grow(t, len);
	if (err)
		return err;
	e = &t->list[t->n++];
	*e = (struct names_entry){ .name = (uint32_t)t->used, .addr = *addr, .first = first };
	for (i = 0; i < len; i++)
		t->pool[t->used++] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] | 0x20
									     : name[i]);
	t->pool[t->used++] = '\0';
	return 0;
}

static bool is_loopback(const struct ipaddr *a)
{
	return a->family == AF_INET
		       ? a->a.b[0] == 127
		       : IN6_IS_ADDR_LOOPBACK((const struct in6_addr *)(const void *)a->a.b);
}

static bool is_group(const struct ipaddr *a)
{
	return a->family == AF_INET ? a->a.b[0] >> 4 == 14 : a->a.b[0] == 0xff;
}

/* A name by which every host calls itself (RFC 6761 6.3). */
static bool is_local(const char *name, size_t len)
{
	static const char *const own[] = { "localhost", "localhost.localdomain", "ip6-localhost",
					   "ip6-loopback" };
	size_t i;

	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (strlen(own[i]) == len && !strncasecmp(name, own[i], len))
			return true;
	return len > 10 && !strncasecmp(name + len - 10, ".localhost", 10);
}

/* ADDRESS NAME...; what is not understood is passed over, as the C library does. */
static int parse_line(struct names *t, char *line, const struct ipaddr *self)
{
	struct ipaddr addr;
	bool first = true;
	char *save = NULL, *word;
	size_t len;
	int err = 0;

	line[strcspn(line, "#")] = '\0';
	word = strtok_r(line, blank, &save);
	if (!word || ipaddr_parse(word, &addr) || is_group(&addr))
		return 0;
	if (is_loopback(&addr))
		addr = *self;
	if (!addr.family)
		return 0;
	while (!err && (word = strtok_r(NULL, blank, &save))) {
		len = strlen(word);
		if (len && word[len - 1] == '.')
			len--;
		if (!names_valid(word, len) || is_local(word, len))
			continue;
		err = add(t, word, len, &addr, first);
		first = false;
	}
	return err;
}

static uint32_t *slot_of_name(const struct names *t, const char *name)
{
	return &t->by_name[hash(name, strlen(name)) & t->mask];
}

static uint32_t *slot_of_addr(const struct names *t, const struct ipaddr *a)
{
	return &t->by_addr[hash(a->a.b, sizeof(a->a.b)) & t->mask];
}

/* From the last to the first, so that chains are in the order of the file. */
static int make_index(struct names *t)
{
	uint32_t size = 16, i, *slot;

	while (size < t->n)
		size *= 2;
	t->by_name = calloc(size, sizeof(*t->by_name));
	t->by_addr = calloc(size, sizeof(*t->by_addr));
	if (!t->by_name || !t->by_addr)
		return -ENOMEM;
	t->mask = size - 1;
	for (i = t->n; i > 0; i--) {
		struct names_entry *e = &t->list[i - 1];

		slot = slot_of_name(t, t->pool + e->name);
		e->next_name = *slot;
		*slot = i;
		slot = slot_of_addr(t, &e->addr);
		e->next_addr = *slot;
		*slot = i;
	}
	return 0;
}

/**
 * names_hosts - read a file as hosts(5) describes it
 * @t: filled; empty after an error
 * @text: the file
 * @len: bytes
 * @self: what this host's own names are for a guest, to whom its loopback means
 *	the guest itself; family 0: they are left out
 *
 * Return: 0, -E2BIG when there are more than NAMES_MAX, or -ENOMEM.
 */
int names_hosts(struct names *t, const char *text, size_t len, const struct ipaddr *self)
{
	const char *end = text + len;
	char line[1024];
	int err = 0;

	memset(t, 0, sizeof(*t));
	while (!err && resolv_line(&text, end, line, sizeof(line)))
		err = parse_line(t, line, self);
	if (!err)
		err = make_index(t);
	if (err)
		names_done(t);
	return err;
}

/* Forget all of them; may be done twice. */
void names_done(struct names *t)
{
	free(t->list);
	free(t->pool);
	free(t->by_name);
	free(t->by_addr);
	memset(t, 0, sizeof(*t));
}

/**
 * names_by_name - an address of a name
 * @t: the names
 * @name: in lower case, without its last dot
 * @after: the one that was found last, or NULL
 *
 * Return: the next one, NULL when there is none.
 */
const struct names_entry *names_by_name(const struct names *t, const char *name,
					const struct names_entry *after)
{
	uint32_t i = after ? after->next_name : t->by_name ? *slot_of_name(t, name) : 0;

	while (i && strcmp(t->pool + t->list[i - 1].name, name) != 0)
		i = t->list[i - 1].next_name;
	return i ? &t->list[i - 1] : NULL;
}

/* The proper name of an address, or NULL. */
const struct names_entry *names_by_addr(const struct names *t, const struct ipaddr *addr)
{
	uint32_t i = t->by_addr ? *slot_of_addr(t, addr) : 0;

	while (i && (!t->list[i - 1].first || !ipaddr_equal(&t->list[i - 1].addr, addr)))
		i = t->list[i - 1].next_addr;
	return i ? &t->list[i - 1] : NULL;
}
