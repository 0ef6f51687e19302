// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any bytes as a message, a configuration, a lease file.
 */
#include <stddef.h>
#include <stdint.h>
#include "conf.h"
#include "leasefile.h"
#include "proto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void nothing(const struct lease_record *r, void *arg)
{
	(void)r;
	(void)arg;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf_err err;
	struct dhcp_build b;
	struct dhcp_conf c;
	struct dhcp_msg m;

	if (!dhcp_parse(data, size, &m)) {
		dhcp_begin(&b, &m, DHCP_ACK);
		dhcp_put(&b, 61, m.id, m.id_len);
		dhcp_put(&b, 82, m.agent, m.agent_len);
		dhcp_end(&b);
	}
	if (!dhcp_conf_parse(&c, (const char *)data, size, &err))
		dhcp_conf_done(&c);
	lease_file_parse((const char *)data, size, nothing, NULL);
	return 0;
}
