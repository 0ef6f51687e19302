/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options that a file can name: the built-in ones and those it defines.
 */
#ifndef VMNET_DHCPD_CONF_OPTS_H
#define VMNET_DHCPD_CONF_OPTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "conf_hash.h"

#define OPT_FIELDS 16

/**
 * struct opt_def - what is known of an option
 * @name: as the file says it, without its space
 * @code: on the wire
 * @type: its fields, a letter each:
 *	I IPv4 address; b w l number of 1, 2, 4 bytes; B W L the same, signed;
 *	i j k the same, either; f flag; t text; x bytes; d domain name; C domain
 *	name, compressed; r route of RFC 3442.
 *	At the end: '*' the whole may repeat, '+' the last field may.
 *	"eNAME": the options of the space NAME.
 *
 * Built in, or as old as its dictionary.
 */
struct opt_def {
	const char *name;
	uint8_t code;
	const char *type;
};

/**
 * struct opt_dict - the options of one space
 * @name: of the space; "dhcp" is DHCP's own
 * @index: in the file's order; DHCP's own has none, -1
 * @by_name: struct opt_def
 *
 * opt_dict_done() ends it.
 */
struct opt_dict {
	const char *name;
	int index;
	struct conf_hash by_name;
};

int opt_dict_init(struct opt_dict *d);
void opt_dict_done(struct opt_dict *d);
int opt_define(struct opt_dict *d, const struct opt_def *def);
const struct opt_def *opt_find(const struct opt_dict *d, const char *name);
const char *opt_nearest(const struct opt_dict *d, const char *name);
bool is_near(const char *a, const char *b, unsigned int *distance);

#endif
