/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replies that are put together (RFC 2131, 2132, 3396). No I/O.
 */
#ifndef VMNET_DHCPD_BUILD_H
#define VMNET_DHCPD_BUILD_H

#include "proto.h"

/**
 * struct dhcp_area - a field that options go into
 * @at: where it begins, in the reply
 * @room: bytes of it, less one for its end
 * @used: bytes of options
 */
struct dhcp_area {
	size_t at, room, used;
};

#define DHCP_AREAS 3

/**
 * struct dhcp_build - a reply that is being put together
 * @buf: the message
 * @area: "options", and what they may spill into (option 52): "file", "sname";
 *	without room when it says something itself, or the client knows no option 52
 * @kept: bytes of "options" that are set aside for what comes at the end
 * @last: code of the option that is the last of all, 0: none; @last_len bytes at
 *	@last_data, which live until dhcp_end()
 *
 * Good from dhcp_begin() to dhcp_end(), which gives its length.
 */
struct dhcp_build {
	uint8_t buf[DHCP_MAX];
	struct dhcp_area area[DHCP_AREAS];
	size_t kept;
	uint8_t last;
	const void *last_data;
	size_t last_len;
};

void dhcp_begin(struct dhcp_build *b, const struct dhcp_msg *m, uint8_t type, size_t most);
void dhcp_set_file(struct dhcp_build *b, const char *file);
void dhcp_set_sname(struct dhcp_build *b, const char *name);
bool dhcp_set_last(struct dhcp_build *b, uint8_t code, const void *data, size_t len);
bool dhcp_put(struct dhcp_build *b, uint8_t code, const void *data, size_t len);
size_t dhcp_end(struct dhcp_build *b);

static inline struct dhcp_head *dhcp_head(struct dhcp_build *b)
{
	return (struct dhcp_head *)(void *)b->buf;
}

#endif
