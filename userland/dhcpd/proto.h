/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DHCP messages (RFC 2131, 2132, 3396). No I/O.
 */
#ifndef VMNET_DHCPD_PROTO_H
#define VMNET_DHCPD_PROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DHCP_MIN 300 /* a BOOTP message; shorter replies are padded */
#define DHCP_FIXED 236
#define DHCP_MTU 576

enum dhcp_type {
	DHCP_DISCOVER = 1,
	DHCP_OFFER,
	DHCP_REQUEST,
	DHCP_DECLINE,
	DHCP_ACK,
	DHCP_NAK,
	DHCP_RELEASE,
	DHCP_INFORM
};

#define DHCP_BROADCAST 0x8000

struct dhcp_head {
	uint8_t op, htype, hlen, hops;
	uint32_t xid;
	uint16_t secs, flags;
	uint32_t ciaddr, yiaddr, siaddr, giaddr;
	uint8_t chaddr[16];
	uint8_t sname[64];
	uint8_t file[128];
} __attribute__((packed));

/**
 * struct dhcp_msg - a client's message
 * @head: the fixed part, as it came
 * @type: enum dhcp_type
 * @requested: option 50, network order, 0 for none
 * @server: option 54
 * @lease: option 51, seconds, 0 for none
 * @max_size: option 57, 576 for none
 * @id: option 61, @id_len bytes, 0 for none
 * @params: option 55, @nparams
 * @hostname: option 12, terminated, what is no name character replaced
 * @agent: option 82, @agent_len bytes
 */
struct dhcp_msg {
	struct dhcp_head head;
	uint8_t type;
	uint32_t requested, server, lease;
	uint16_t max_size;
	uint8_t id[255], id_len;
	uint8_t params[255], nparams;
	char hostname[64];
	uint8_t agent[255], agent_len;
};

/**
 * struct dhcp_build - a reply that is being put together
 * @buf: the message
 * @len: bytes so far
 * @max: most that the client takes
 * @in_file: options have spilled into "file"; @file_len bytes there
 * @in_sname: likewise
 */
struct dhcp_build {
	uint8_t buf[1500];
	size_t len, max;
	size_t file_len, sname_len;
	bool file_used;
};

int dhcp_parse(const uint8_t *data, size_t len, struct dhcp_msg *m);
void dhcp_begin(struct dhcp_build *b, const struct dhcp_msg *m, uint8_t type);
void dhcp_set_file(struct dhcp_build *b, const char *file);
bool dhcp_put(struct dhcp_build *b, uint8_t code, const void *data, size_t len);
size_t dhcp_end(struct dhcp_build *b);

static inline struct dhcp_head *dhcp_head(struct dhcp_build *b)
{
	return (struct dhcp_head *)(void *)b->buf;
}

#endif
