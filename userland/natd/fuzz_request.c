// SPDX-License-Identifier: GPL-2.0-or-later
/* A line of a client: any bytes are a request or an error that can be told. */
#include <stdlib.h>
#include <string.h>

#include "http.h"
#include "request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct nat_forward *list, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (!list[i].host_port || !list[i].guest_port ||
		    strlen(list[i].name) >= NAT_FORWARD_NAME)
			abort();
}

/* The members of a request to add, so that the JSON need not be guessed. */
static void members(char *host)
{
	char *guest = strchr(host, '\n'), *name = guest ? strchr(guest + 1, '\n') : NULL;
	struct nat_forward *list;
	struct conf_err err;
	unsigned int n;

	if (!name)
		return;
	*guest++ = *name++ = '\0';
	if (nat_forwards_parse(6, host, guest, name, &list, &n, &err))
		return;
	check(list, n);
	free(list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf_err err = { 0 };
	struct http_request page;
	struct request r;
	char *text = malloc(size + 1);

	http_parse(&page, (const char *)data, size, true);
	if (page.kind == HTTP_MORE || strlen(page.path) >= sizeof(page.path))
		abort();
	http_parse(&page, (const char *)data, size, false);

	memcpy(text, data, size);
	text[size] = '\0';
	members(text);
	free(text);
	if (request_parse((const char *)data, size, &r, &err)) {
		if (!err.text[0] || r.forwards)
			abort();
		return 0;
	}
	if (r.op >= REQUEST_OPS || (r.op == REQUEST_OP_ADD) != (r.nforwards > 0))
		abort();
	check(r.forwards, r.nforwards);
	request_done(&r);
	return 0;
}
