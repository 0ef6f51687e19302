/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every request of a control socket has: a name, and members that belong to
 * it. No I/O. Programs that use it link with jansson.
 */
#ifndef VMNET_CTLREQUEST_H
#define VMNET_CTLREQUEST_H

#include <jansson.h>
#include <stddef.h>
#include "conffile.h"

/**
 * struct ctlrequest_op - a request
 * @name: what "request" says
 * @needs: bits of the members that must be there
 * @may: bits of those that may
 *
 * Static.
 */
struct ctlrequest_op {
	const char *name;
	unsigned int needs, may;
};

/**
 * struct ctlrequest_member - a member of requests
 * @name: its name
 * @bit: stands for it
 * @type: JSON_STRING or JSON_INTEGER
 *
 * Static.
 */
struct ctlrequest_member {
	const char *name;
	unsigned int bit;
	json_type type;
};

/**
 * struct ctlrequest_grammar - all requests of a daemon
 * @ops: the requests, @nops of them
 * @members: what they may have, @nmembers of them
 *
 * Static.
 */
struct ctlrequest_grammar {
	const struct ctlrequest_op *ops;
	size_t nops;
	const struct ctlrequest_member *members;
	size_t nmembers;
};

json_t *ctlrequest_load(const struct ctlrequest_grammar *g, const char *text, size_t len,
			unsigned int *op, struct conf_err *err);
const char *ctlrequest_text(const json_t *j, const char *key);
int ctlrequest_number(const json_t *j, const char *key, unsigned int normal, unsigned int most,
		      unsigned int *number, struct conf_err *err);

#endif
