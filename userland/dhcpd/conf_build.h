/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the parser fills a configuration.
 */
#ifndef VMNET_DHCPD_CONF_BUILD_H
#define VMNET_DHCPD_CONF_BUILD_H

#include "conf.h"

void *conf_alloc(struct dhcp_conf *conf, size_t size);
void *conf_grow(struct dhcp_conf *conf, void *array, unsigned int n, size_t size);
int conf_push(struct dhcp_conf *conf, void *array, unsigned int *n, void *item);

struct dhcp_network *conf_add_network(struct dhcp_conf *conf, const struct dhcp_scope *outer);
struct dhcp_subnet *conf_add_subnet(struct dhcp_conf *conf, struct dhcp_network *network);
struct dhcp_pool *conf_add_pool(struct dhcp_conf *conf, struct dhcp_network *network,
				const struct dhcp_scope *outer);
struct dhcp_host *conf_add_host(struct dhcp_conf *conf, const struct dhcp_scope *outer);
int conf_add_range(struct dhcp_conf *conf, struct dhcp_pool *pool, const struct dhcp_span *span);
int conf_add_sub(struct dhcp_conf *conf, struct dhcp_scope *scope, unsigned int space, uint8_t code,
		 const void *data, size_t len);
struct dhcp_class *conf_add_class(struct dhcp_conf *conf, const char *name);
struct dhcp_class *conf_add_subclass(struct dhcp_conf *conf, struct dhcp_class *class,
				     const void *data, size_t len);
int conf_add_addr(struct dhcp_conf *conf, struct dhcp_host *host, uint32_t addr);
int conf_add_opt(struct dhcp_conf *conf, struct dhcp_scope *scope, uint8_t code, const void *data,
		 size_t len);
void scope_set(struct dhcp_scope *scope, enum dhcp_setting what, uint32_t value);

int conf_init(struct dhcp_conf *conf);
void conf_sort(struct dhcp_conf *conf);

#endif
