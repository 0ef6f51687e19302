// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The parts of a configuration: made by the parser, ended together.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "conf.h"
#include "conf_build.h"

#define CHUNK (64U << 10)

/**
 * struct conf_chunk - memory that is handed out piece by piece
 * @next: the one before it
 * @used: bytes of @data that are handed out
 * @size: of @data
 * @data: all zero to begin with
 *
 * Lives until dhcp_conf_done().
 */
struct conf_chunk {
	struct conf_chunk *next;
	size_t used, size;
	_Alignas(max_align_t) uint8_t data[];
};

/**
 * conf_alloc - memory that lives as long as the configuration
 * @conf: the configuration
 * @size: bytes
 *
 * Return: zeroed memory for any type, or NULL.
 */
void *conf_alloc(struct dhcp_conf *conf, size_t size)
{
	struct conf_chunk *c = conf->mem;
	size_t room;
	void *at;

	size = (size + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
	if (!c || c->size - c->used < size) {
		room = size > CHUNK ? size : CHUNK;
		c = calloc(1, sizeof(*c) + room);
		if (!c)
			return NULL;
		c->size = room;
		c->next = conf->mem;
		conf->mem = c;
	}
	at = c->data + c->used;
	c->used += size;
	return at;
}

/**
 * conf_grow - room for one more in an array
 * @conf: whose memory it is
 * @array: the array, of as many as conf_grow() made room for
 * @n: how many are in it
 * @size: bytes of one
 *
 * Return: the array, which may have moved, or NULL.
 */
void *conf_grow(struct dhcp_conf *conf, void *array, unsigned int n, size_t size)
{
	void *more;

	/* Full at each power of two. */
	if (n & (n - 1))
		return array;
	more = conf_alloc(conf, (n ? 2 * (size_t)n : 1) * size);
	if (more && n)
		memcpy(more, array, n * size);
	return more;
}

/**
 * conf_push - append to an array of pointers
 * @conf: whose memory it is
 * @array: address of the array's pointer
 * @n: how many are in it, is counted up
 * @item: the pointer
 *
 * Return: 0 or -ENOMEM.
 */
int conf_push(struct dhcp_conf *conf, void *array, unsigned int *n, void *item)
{
	void **old, **more;

	memcpy(&old, array, sizeof(old));
	more = conf_grow(conf, old, *n, sizeof(*more));
	if (!more)
		return -ENOMEM;
	more[(*n)++] = item;
	memcpy(array, &more, sizeof(more));
	return 0;
}

/* A network that stands in @outer; NULL: no memory. */
struct dhcp_network *conf_add_network(struct dhcp_conf *conf, const struct dhcp_scope *outer)
{
	struct dhcp_network *n = conf_alloc(conf, sizeof(*n));

	if (!n || conf_push(conf, &conf->networks, &conf->nnetworks, n))
		return NULL;
	n->scope.outer = outer;
	return n;
}

/* A subnet of @network, not yet in it; see conf_sort(). NULL: no memory. */
struct dhcp_subnet *conf_add_subnet(struct dhcp_conf *conf, struct dhcp_network *network)
{
	struct dhcp_subnet *s = conf_alloc(conf, sizeof(*s));

	if (!s || conf_push(conf, &network->subnets, &network->nsubnets, s) ||
	    conf_push(conf, &conf->subnets, &conf->nsubnets, s))
		return NULL;
	s->scope.outer = &network->scope;
	s->network = network;
	if (!conf->local)
		conf->local = s;
	return s;
}

/* A pool of @network, for everybody but BOOTP clients; NULL: no memory. */
struct dhcp_pool *conf_add_pool(struct dhcp_conf *conf, struct dhcp_network *network,
				const struct dhcp_scope *outer)
{
	struct dhcp_pool *p = conf_alloc(conf, sizeof(*p));

	if (!p || conf_push(conf, &network->pools, &network->npools, p))
		return NULL;
	p->index = conf->npools;
	if (conf_push(conf, &conf->pools, &conf->npools, p))
		return NULL;
	p->scope.outer = outer;
	p->network = network;
	return p;
}

/* A host that stands in @outer; NULL: no memory. */
struct dhcp_host *conf_add_host(struct dhcp_conf *conf, const struct dhcp_scope *outer)
{
	struct dhcp_host *h = conf_alloc(conf, sizeof(*h));

	if (!h || conf_push(conf, &conf->hosts, &conf->nhosts, h))
		return NULL;
	h->scope.outer = outer;
	return h;
}

/* A range of a pool; its pool is set. Return: 0 or -ENOMEM. */
int conf_add_range(struct dhcp_conf *conf, struct dhcp_pool *pool, const struct dhcp_span *span)
{
	struct dhcp_range *r = conf_grow(conf, pool->ranges, pool->nranges, sizeof(*r));
	struct dhcp_span *s = conf_grow(conf, conf->spans, conf->nspans, sizeof(*s));

	if (!r || !s)
		return -ENOMEM;
	pool->ranges = r;
	r[pool->nranges++] = span->range;
	conf->spans = s;
	s += conf->nspans++;
	*s = *span;
	s->pool = pool;
	return 0;
}

/* A class; NULL: no memory. */
struct dhcp_class *conf_add_class(struct dhcp_conf *conf, const char *name)
{
	struct dhcp_class *c = conf_alloc(conf, sizeof(*c));

	if (!c || conf_push(conf, &conf->classes, &conf->nclasses, c))
		return NULL;
	strcpy(c->name, name);
	c->scope.outer = conf->global;
	if (conf_hash_add(&conf->classes_by_name, c->name, strlen(c->name), c))
		return NULL;
	return c;
}

/* A subclass; @len is not 0. NULL: no memory. */
struct dhcp_class *conf_add_subclass(struct dhcp_conf *conf, struct dhcp_class *class,
				     const void *data, size_t len)
{
	struct dhcp_class *c = conf_alloc(conf, sizeof(*c));
	void *key = conf_alloc(conf, len);

	if (!c || !key)
		return NULL;
	memcpy(key, data, len);
	strcpy(c->name, class->name);
	c->scope.outer = &class->scope;
	return conf_hash_add(&class->subs, key, len, c) ? NULL : c;
}

/* A fixed address of a host, network order. Return: 0 or -ENOMEM. */
int conf_add_addr(struct dhcp_conf *conf, struct dhcp_host *host, uint32_t addr)
{
	uint32_t *a = conf_grow(conf, host->addrs, host->naddrs, sizeof(*a));
	uint32_t *key = conf_alloc(conf, sizeof(*key));

	if (!a || !key)
		return -ENOMEM;
	host->addrs = a;
	a[host->naddrs++] = addr;
	*key = addr;
	return conf_hash_add(&conf->by_addr, key, sizeof(*key), host);
}

/* An option of a scope, of up to 65535 bytes. Return: 0 or -ENOMEM. */
int conf_add_opt(struct dhcp_conf *conf, struct dhcp_scope *scope, uint8_t code, const void *data,
		 size_t len)
{
	struct dhcp_opt *o = conf_alloc(conf, sizeof(*o) + len);

	if (!o)
		return -ENOMEM;
	o->code = code;
	o->len = (uint16_t)len;
	if (len)
		memcpy(o->data, data, len);
	return conf_push(conf, &scope->opts, &scope->nopts, o);
}

/* Likewise, an option of a space, of up to 255 bytes. */
int conf_add_sub(struct dhcp_conf *conf, struct dhcp_scope *scope, unsigned int space, uint8_t code,
		 const void *data, size_t len)
{
	struct dhcp_sub *s = conf_alloc(conf, sizeof(*s) + len);

	if (!s)
		return -ENOMEM;
	s->space = space;
	s->code = code;
	s->len = (uint8_t)len;
	if (len)
		memcpy(s->data, data, len);
	return conf_push(conf, &scope->subs, &scope->nsubs, s);
}

void scope_set(struct dhcp_scope *scope, enum dhcp_setting what, uint32_t value)
{
	scope->value[what] = value;
	scope->has |= 1U << what;
}

/* Empty, with what counts when nothing is said. Return: 0 or -ENOMEM. */
int conf_init(struct dhcp_conf *conf)
{
	uint32_t *v;

	memset(conf, 0, sizeof(*conf));
	conf->global = conf_alloc(conf, sizeof(*conf->global));
	if (!conf->global)
		return -ENOMEM;
	v = conf->global->value;
	v[DHCP_DEFAULT_LEASE] = 1800;
	v[DHCP_MAX_LEASE] = 7200;
	v[DHCP_PING_CHECK] = 1;
	v[DHCP_PING_TIMEOUT] = 500;
	v[DHCP_RAPID_COMMIT] = 1;
	return 0;
}

/* By address; of two at one address, the wider one first. */
static int compare_subnets(const void *a, const void *b)
{
	const struct dhcp_subnet *s = *(struct dhcp_subnet *const *)a;
	const struct dhcp_subnet *t = *(struct dhcp_subnet *const *)b;
	uint32_t x = ntohl(s->net), y = ntohl(t->net);

	if (x == y) {
		x = ntohl(s->mask);
		y = ntohl(t->mask);
	}
	return x < y ? -1 : x > y;
}

static int compare_spans(const void *a, const void *b)
{
	uint32_t x = ((const struct dhcp_span *)a)->range.from;
	uint32_t y = ((const struct dhcp_span *)b)->range.from;

	return x < y ? -1 : x > y;
}

/* By address, as the look-ups need it. */
void conf_sort(struct dhcp_conf *conf)
{
	if (conf->nsubnets)
		qsort(conf->subnets, conf->nsubnets, sizeof(*conf->subnets), compare_subnets);
	if (conf->nspans)
		qsort(conf->spans, conf->nspans, sizeof(*conf->spans), compare_spans);
}

/* Free it all; it is all zero then. */
void dhcp_conf_done(struct dhcp_conf *conf)
{
	unsigned int i;

	for (i = 0; i < conf->nclasses; i++)
		conf_hash_done(&conf->classes[i]->subs);
	while (conf->mem) {
		struct conf_chunk *c = conf->mem;

		conf->mem = c->next;
		free(c);
	}
	conf_hash_done(&conf->by_mac);
	conf_hash_done(&conf->by_id);
	conf_hash_done(&conf->by_addr);
	conf_hash_done(&conf->classes_by_name);
	memset(conf, 0, sizeof(*conf));
}
