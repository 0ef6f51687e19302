/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an FTP client says on its control connection, as far as a NAT must know:
 * where it waits for data (RFC 959 PORT, RFC 2428 EPRT). Nothing here does I/O,
 * and nothing is copied: what is not decided yet stays where it is.
 */
#ifndef VMNET_NATD_FTP_CMD_H
#define VMNET_NATD_FTP_CMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "pkt.h"

#define FTP_CMD_MAX 96 /* the longest PORT or EPRT that is looked at */
#define FTP_CMD_OUT 64 /* room for one of ours */
#define FTP_LINE_MAX 4096 /* whoever sends a longer line speaks no FTP */

enum ftp_what {
	FTP_TEXT, /* to be passed on as it is */
	FTP_HOLD, /* may become PORT or EPRT: more must come first */
	FTP_ADDRESS, /* a PORT or EPRT */
	FTP_OPAQUE /* no FTP in clear text; nor is what follows */
};

/**
 * struct ftp_cmd - what comes next
 * @what: enum ftp_what
 * @len: so many bytes; 0 for FTP_HOLD and FTP_OPAQUE
 * @extended: FTP_ADDRESS: it is EPRT
 * @addr: FTP_ADDRESS: where the client waits
 * @port: see @addr, host order
 */
struct ftp_cmd {
	enum ftp_what what;
	size_t len;
	bool extended;
	struct ipaddr addr;
	uint16_t port;
};

void ftp_cmd_scan(struct ftp_cmd *c, uint32_t passed, const uint8_t *data, size_t len, bool all);
uint32_t ftp_cmd_passed(uint32_t passed, const uint8_t *data, size_t len);
size_t ftp_cmd_format(char out[FTP_CMD_OUT], bool extended, const struct ipaddr *addr,
		      uint16_t port);

#endif
