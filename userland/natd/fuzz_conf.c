// SPDX-License-Identifier: GPL-2.0-or-later
/* nat.conf: any bytes are a configuration or an error with a line. */
#include <stdlib.h>

#include "conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nat_conf conf;
	struct conf_err err;

	if (nat_conf_parse(&conf, (const char *)data, size, &err)) {
		if (!err.text[0] || conf.forwards || conf.services || conf.notes)
			abort();
		return 0;
	}
	if (!nat_conf_on_net(&conf, &conf.ip))
		abort();
	nat_conf_done(&conf);
	return 0;
}
