// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "ctlrequest.h"

static int find_op(const struct ctlrequest_grammar *g, const json_t *j, unsigned int *op,
		   struct conf_err *err)
{
	const char *name = json_string_value(json_object_get(j, "request"));
	unsigned int i;

	if (!name)
		return conf_fail(err, 0, "\"request\" is missing");
	for (i = 0; i < g->nops; i++)
		if (!strcmp(name, g->ops[i].name)) {
			*op = i;
			return 0;
		}
	return conf_fail(err, 0, "unknown request \"%.40s\"", name);
}

static const struct ctlrequest_member *find_member(const struct ctlrequest_grammar *g,
						   const char *name)
{
	size_t i;

	for (i = 0; i < g->nmembers; i++)
		if (!strcmp(name, g->members[i].name))
			return &g->members[i];
	return NULL;
}

/* All that is needed, nothing that is not known, and of the right type. */
static int check_members(const struct ctlrequest_grammar *g, json_t *j,
			 const struct ctlrequest_op *op, struct conf_err *err)
{
	const struct ctlrequest_member *m;
	unsigned int has = 0;
	const char *key;
	json_t *value;
	size_t i;

	json_object_foreach(j, key, value)
	{
		if (!strcmp(key, "request"))
			continue;
		m = find_member(g, key);
		if (!m || !(m->bit & (op->needs | op->may)))
			return conf_fail(err, 0, "\"%.40s\" does not belong to %s", key, op->name);
		if (json_typeof(value) != m->type)
			return conf_fail(err, 0, "\"%s\" is not a %s", key,
					 m->type == JSON_INTEGER ? "number" : "string");
		has |= m->bit;
	}
	for (i = 0; i < g->nmembers; i++)
		if (g->members[i].bit & op->needs & ~has)
			return conf_fail(err, 0, "%s needs \"%s\"", op->name, g->members[i].name);
	return 0;
}

/**
 * ctlrequest_load - read a line of a client
 * @g: what there is to request
 * @text: the line, a JSON object
 * @len: bytes
 * @op: set to the index of the request
 * @err: why not, in one sentence
 *
 * Return: the request with its members, to be released; NULL: it is refused.
 */
json_t *ctlrequest_load(const struct ctlrequest_grammar *g, const char *text, size_t len,
			unsigned int *op, struct conf_err *err)
{
	json_error_t why;
	json_t *j = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);

	if (!json_is_object(j))
		conf_fail(err, 0, "not a JSON object: %s", j ? "another value" : why.text);
	else if (!find_op(g, j, op, err) && !check_members(g, j, &g->ops[*op], err))
		return j;
	json_decref(j);
	return NULL;
}

/* A member that is a string; "" when it is not there. */
const char *ctlrequest_text(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));

	return s ? s : "";
}

/**
 * ctlrequest_number - a member that is a number
 * @j: the request
 * @key: which
 * @normal: what counts when it is not there
 * @most: it may be from 0 to this
 * @number: set to it
 * @err: why not, in one sentence
 *
 * Return: 0 or -EINVAL.
 */
int ctlrequest_number(const json_t *j, const char *key, unsigned int normal, unsigned int most,
		      unsigned int *number, struct conf_err *err)
{
	const json_t *v = json_object_get(j, key);
	json_int_t n = v ? json_integer_value(v) : (json_int_t)normal;

	if (n < 0 || n > (json_int_t)most)
		return conf_fail(err, 0, "\"%s\" is 0 to %u", key, most);
	*number = (unsigned int)n;
	return 0;
}
