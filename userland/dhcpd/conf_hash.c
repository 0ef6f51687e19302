// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A hash table with open addressing: nothing is ever taken out of it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "conf_hash.h"

static size_t hash_of(const uint8_t *key, size_t len)
{
	uint32_t h = 2166136261U;
	size_t i;

	for (i = 0; i < len; i++)
		h = (h ^ key[i]) * 16777619U;
	return h ^ h >> 15;
}

/* The slot of a key, or the free one where it belongs. */
static struct conf_slot *slot_of(const struct conf_hash *h, const void *key, size_t len)
{
	size_t i = hash_of(key, len) & (h->size - 1);

	while (h->slots[i].key &&
	       (h->slots[i].len != len || memcmp(h->slots[i].key, key, len) != 0))
		i = (i + 1) & (h->size - 1);
	return &h->slots[i];
}

static int grow(struct conf_hash *h)
{
	struct conf_hash more = { .size = h->size ? h->size * 2 : 64, .n = h->n };
	size_t i;

	more.slots = calloc(more.size, sizeof(*more.slots));
	if (!more.slots)
		return -ENOMEM;
	for (i = 0; i < h->size; i++)
		if (h->slots[i].key)
			*slot_of(&more, h->slots[i].key, h->slots[i].len) = h->slots[i];
	free(h->slots);
	*h = more;
	return 0;
}

/**
 * conf_hash_add - put a value in
 * @h: the table
 * @key: at least one byte; not copied
 * @len: bytes of it
 * @value: what conf_hash_find() gives back, instead of an earlier one
 *
 * Return: 0 or -ENOMEM.
 */
int conf_hash_add(struct conf_hash *h, const void *key, size_t len, void *value)
{
	struct conf_slot *s;

	if (h->n * 2 >= h->size && grow(h))
		return -ENOMEM;
	s = slot_of(h, key, len);
	if (!s->key)
		h->n++;
	*s = (struct conf_slot){ key, len, value };
	return 0;
}

/**
 * conf_hash_find - what is under a key
 * @h: the table
 * @key: its bytes
 * @len: how many
 *
 * Return: the value, or NULL.
 */
void *conf_hash_find(const struct conf_hash *h, const void *key, size_t len)
{
	return h->size ? slot_of(h, key, len)->value : NULL;
}

/* Free the table; it is empty then. */
void conf_hash_done(struct conf_hash *h)
{
	free(h->slots);
	memset(h, 0, sizeof(*h));
}
