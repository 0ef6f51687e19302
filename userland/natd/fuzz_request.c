// SPDX-License-Identifier: GPL-2.0-or-later
/* A line of a client: any bytes are a request or an error that can be told. */
#include <stdlib.h>
#include <string.h>

#include "request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf_err err = { 0 };
	struct request r;
	unsigned int i;

	if (request_parse((const char *)data, size, &r, &err)) {
		if (!err.text[0] || r.forwards)
			abort();
		return 0;
	}
	if (r.op >= REQUEST_OPS || (r.op == REQUEST_OP_ADD) != (r.nforwards > 0))
		abort();
	for (i = 0; i < r.nforwards; i++)
		if (!r.forwards[i].host_port || !r.forwards[i].guest_port ||
		    strlen(r.forwards[i].name) >= NAT_FORWARD_NAME)
			abort();
	request_done(&r);
	return 0;
}
