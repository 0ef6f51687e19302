// SPDX-License-Identifier: GPL-2.0-or-later
/* A line of a client: any bytes are a request or an error that can be told. */
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf_err err = { 0 };
	struct request r;

	if (request_parse((const char *)data, size, &r, &err)) {
		if (!err.text[0])
			abort();
		return 0;
	}
	if (r.op >= REQUEST_OPS || strlen(r.name) >= sizeof(r.name) ||
	    (r.op == REQUEST_OP_RESERVE && (!r.has_addr || r.has_mac == (r.id_len > 0))) ||
	    (r.has_addr && (r.addr & ~r.mask)) || (r.state >= 0 && !event_state_name(r.state)))
		abort();
	return 0;
}
