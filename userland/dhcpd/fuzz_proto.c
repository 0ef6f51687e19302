// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any bytes as a message, answered in each way that there is; the answer is read
 * as a client would.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include "reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char text[] =
	"server-name \"boot\"; filename \"pxelinux.0\"; next-server 10.0.0.3;\n"
	"option domain-name-servers 10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4, 10.0.0.5, 10.0.0.6;\n"
	"option domain-search \"a.example.org\", \"b.example.org\", \"c.example.org\", \"d.org\";\n"
	"option vendor-class-identifier \"PXEClient\"; option vendor-encapsulated-options 1:2:3;\n"
	"option domain-name \"example.org\"; option interface-mtu 1400; use-host-decl-names on;\n"
	"subnet 10.0.0.0 netmask 255.0.0.0 { range 10.0.0.1 10.1.0.0; option routers 10.0.0.1; }\n"
	"host a { hardware ethernet 2:0:0:0:0:1; fixed-address 10.0.0.9; option host-name \"x\"; "
	"}\n";

static void read_field(const uint8_t *p, const uint8_t *end)
{
	while (p < end && *p != DHCP_OPT_END) {
		if (!*p) {
			p++;
			continue;
		}
		if (p + 1 >= end || p[1] > end - p - 2)
			abort();
		p += 2 + p[1];
	}
	if (p == end)
		abort();
}

/* A BOOTP client takes as much as it sent, others what they say. */
static void check(const struct dhcp_build *b, size_t len, const struct dhcp_msg *m, uint8_t type)
{
	size_t most = type ? m->max_size - 28U : m->len;
	uint8_t overload = (b->area[1].used ? 1 : 0) | (b->area[2].used ? 2 : 0);

	if (len < DHCP_MIN || (len > DHCP_MIN && len > most) || len > DHCP_MAX - 28)
		abort();
	read_field(b->buf + DHCP_OPTIONS_AT, b->buf + len);
	if (overload & 1)
		read_field(b->buf + 108, b->buf + 236);
	if (overload & 2)
		read_field(b->buf + 44, b->buf + 108);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct dhcp_conf conf;
	struct dhcp_from from = { .src = htonl(0x0a000005) };
	struct conf_err err;
	struct dhcp_build b;
	struct dhcp_msg m;
	struct ask a;
	uint8_t type;
	char name[64];

	if (!conf.local && dhcp_conf_parse(&conf, text, sizeof(text) - 1, &err))
		abort();
	if (dhcp_parse(data, size, &m) || ask_init(&a, &conf, &from, &m))
		return 0;
	if (strlen(dhcp_msg_hostname(&m, name)) > 63)
		abort();
	for (type = DHCP_BOOTREQUEST; type <= DHCP_ACK; type++) {
		struct reply r = {
			.type = type,
			.addr = htonl(0x0a000007),
			.has_lease = m.type != DHCP_INFORM,
			.seconds = m.lease,
			.link = DHCP_MAX,
		};

		check(&b, reply_build(&b, &a, &r), &m, type);
	}
	check(&b, reply_build_nak(&b, &a, "no"), &m, DHCP_NAK);
	return 0;
}
