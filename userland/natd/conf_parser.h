/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files of the parser of nat.conf only. */
#ifndef VMNET_NATD_CONF_PARSER_H
#define VMNET_NATD_CONF_PARSER_H

#include "conf.h"

/**
 * struct conf_parser - one parse
 * @next: the text not handed to inih yet
 * @line: number of the line it works on
 * @failed: @err says why; the rest is passed over
 * @ip_prefix: bits written behind ip, -1 for none
 * @ports: we are in a section whose keys are ports: its protocol; or 0
 * @services: and in one of those of the gateway
 * @seen: line of each key of the table, 0 when it has not come
 */
struct conf_parser {
	struct nat_conf *conf;
	struct conf_err *err;
	const char *next, *end;
	unsigned int line;
	bool failed;
	int ip_prefix;
	unsigned int ip_line, mask_line, host_ip_line, dns_auto_line;
	uint8_t ports;
	bool services;
	unsigned int seen[64];
};

int conf_parser_fail(struct conf_parser *p, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
int conf_parser_note(struct conf_parser *p, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

uint8_t conf_port_section(const char *name, bool *services);
int conf_add_forward(struct conf_parser *p, char *line, const char *name);
bool conf_known_section(const char *name);
int conf_set_key(struct conf_parser *p, const char *section, const char *name, const char *value);

#endif
