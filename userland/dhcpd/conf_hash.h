/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMNET_DHCPD_CONF_HASH_H
#define VMNET_DHCPD_CONF_HASH_H

#include <stddef.h>
#include <stdint.h>

struct conf_slot {
	const void *key;
	size_t len;
	void *value;
};

/**
 * struct conf_hash - values by keys of any bytes
 * @slots: @size of them, a power of two, or none yet
 * @n: how many are used
 *
 * All zero is an empty one; conf_hash_done() ends it. Keys are not copied: they
 * live at least as long.
 */
struct conf_hash {
	struct conf_slot *slots;
	size_t size, n;
};

int conf_hash_add(struct conf_hash *h, const void *key, size_t len, void *value);
void *conf_hash_find(const struct conf_hash *h, const void *key, size_t len);
void conf_hash_done(struct conf_hash *h);

#endif
