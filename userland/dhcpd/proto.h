/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages of clients (RFC 2131, 2132, 3396, 951). No I/O.
 */
#ifndef VMNET_DHCPD_PROTO_H
#define VMNET_DHCPD_PROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DHCP_MIN 300 /* a BOOTP message; shorter replies are padded */
#define DHCP_FIXED 236
#define DHCP_OPTIONS_AT (DHCP_FIXED + 4) /* behind the cookie */
#define DHCP_MTU 576 /* an IP packet that everybody takes */
#define DHCP_MAX 1500 /* the largest message */
#define DHCP_HOPS 16 /* RFC 1542 4.1.1 */
#define DHCP_INFINITE 0xffffffffU

enum dhcp_type {
	DHCP_BOOTREQUEST, /* no type at all: RFC 951 */
	DHCP_DISCOVER,
	DHCP_OFFER,
	DHCP_REQUEST,
	DHCP_DECLINE,
	DHCP_ACK,
	DHCP_NAK,
	DHCP_RELEASE,
	DHCP_INFORM
};

/* The options that the server itself has to do with. */
enum dhcp_code {
	DHCP_OPT_PAD = 0,
	DHCP_OPT_SUBNET_MASK = 1,
	DHCP_OPT_ROUTERS = 3,
	DHCP_OPT_HOST_NAME = 12,
	DHCP_OPT_BROADCAST = 28,
	DHCP_OPT_VENDOR = 43,
	DHCP_OPT_REQUESTED = 50,
	DHCP_OPT_LEASE_TIME = 51,
	DHCP_OPT_OVERLOAD = 52,
	DHCP_OPT_TYPE = 53,
	DHCP_OPT_SERVER_ID = 54,
	DHCP_OPT_PARAMETERS = 55,
	DHCP_OPT_MESSAGE = 56,
	DHCP_OPT_MAX_SIZE = 57,
	DHCP_OPT_T1 = 58,
	DHCP_OPT_T2 = 59,
	DHCP_OPT_CLASS = 60,
	DHCP_OPT_CLIENT_ID = 61,
	DHCP_OPT_RAPID_COMMIT = 80, /* RFC 4039 */
	DHCP_OPT_FQDN = 81, /* RFC 4702 */
	DHCP_OPT_AGENT = 82, /* RFC 3046 */
	DHCP_OPT_MACHINE_ID = 97, /* RFC 4578 */
	DHCP_OPT_SUBNET = 118, /* RFC 3011 */
	DHCP_OPT_SEARCH = 119, /* RFC 3397 */
	DHCP_OPT_SIP = 120, /* RFC 3361 */
	DHCP_OPT_ROUTES = 121, /* RFC 3442 */
	DHCP_OPT_END = 255
};

#define DHCP_AGENT_LINK 5 /* RFC 3527 */

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
 * @raw: all of it; behind it, options that came in pieces
 * @len: bytes of the message
 * @used: bytes of @raw
 * @at: where the value of an option is, in @raw, 0 for none
 * @size: bytes of it
 * @type: enum dhcp_type
 * @requested: option 50, network order, 0 for none
 * @server: option 54, likewise
 * @lease: option 51, seconds, 0 for none
 * @max_size: option 57, at least DHCP_MTU
 *
 * A value without pointers, that may be copied. Only what dhcp_parse() has
 * filled in is to be read.
 */
struct dhcp_msg {
	union {
		struct dhcp_head head;
		uint8_t raw[2 * DHCP_MAX];
	};
	uint16_t len, used;
	uint16_t at[256], size[256];
	uint8_t type;
	uint32_t requested, server, lease;
	uint16_t max_size;
};

int dhcp_parse(const uint8_t *data, size_t len, struct dhcp_msg *m);
const uint8_t *dhcp_msg_option(const struct dhcp_msg *m, uint8_t code, size_t *len);
const char *dhcp_msg_hostname(const struct dhcp_msg *m, char buf[64]);
uint32_t dhcp_msg_link(const struct dhcp_msg *m);

/* Is an option there at all? */
static inline bool dhcp_msg_has(const struct dhcp_msg *m, uint8_t code)
{
	return m->at[code] != 0;
}

#endif
