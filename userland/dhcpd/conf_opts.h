/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMNET_DHCPD_CONF_OPTS_H
#define VMNET_DHCPD_CONF_OPTS_H

#include <stdbool.h>
#include <stddef.h>
#include "conf.h"

enum opt_type {
	OPT_IPS,
	OPT_IP,
	OPT_TEXT,
	OPT_U8,
	OPT_U16,
	OPT_S32,
	OPT_FLAG,
	OPT_NAMES,
	OPT_BYTES
};

/* An option that can be named in the file. */
struct opt_def {
	const char *name;
	uint8_t code;
	enum opt_type type;
};

/* An option's value while it is being read. */
struct opt_value {
	size_t len;
	uint8_t data[4096];
};

const struct opt_def *opt_def_find(const char *name);
const char *opt_type_name(enum opt_type type);
int opt_add_value(struct opt_value *o, const struct opt_def *def, bool quoted, const char *text,
		  size_t len);

#endif
