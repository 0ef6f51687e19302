/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Option values: from words of the file to bytes on the wire. No I/O.
 */
#ifndef VMNET_DHCPD_CONF_VALUE_H
#define VMNET_DHCPD_CONF_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VALUE_MAX 16384 /* no message is so long; and names are pointed to in 14 bits */

/**
 * struct opt_value - a value while it is being read
 * @len: bytes of @data
 * @names: where a domain name begins that others may end in, @nnames of them
 *
 * Begins all zero; has nothing to free.
 */
struct opt_value {
	size_t len;
	uint16_t names[64];
	unsigned int nnames;
	uint8_t data[VALUE_MAX];
};

int value_put(struct opt_value *v, const void *data, size_t len);
int value_put_ip(struct opt_value *v, const char *text);
int value_put_number(struct opt_value *v, char type, const char *text);
int value_put_flag(struct opt_value *v, const char *text);
int value_put_hex(struct opt_value *v, const char *text);
int value_put_name(struct opt_value *v, const char *text, bool compress);
int value_put_destination(struct opt_value *v, const char *text);
const char *value_type_name(char type);

#endif
