/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * activeFTP: a guest's FTP client says PORT or EPRT to a server outside. The
 * address is replaced by one of the host, where the server's connection is
 * awaited and led to the guest.
 *
 * The bytes that the socket gets are then others than those of the guest, which
 * is all that there is to do: both sides have sequence numbers of their own.
 * A line that is not complete waits where all waits that the socket does not
 * take, in the flow's ring.
 */
#ifndef VMNET_NATD_FTP_H
#define VMNET_NATD_FTP_H

#include "ftp_cmd.h"
#include "tcp.h"

#define FTP_PORT 21
#define FTP_WAIT (30 * SEC) /* for a server to connect */
#define FTP_MAX_GUEST 32 /* awaited connections of a guest */
#define FTP_MAX_ALL 1024 /* and together */

/**
 * struct ftp - a control connection
 * @passed: bytes of the line at hand that the server has got
 * @opaque: no FTP in clear text: what comes passes as it is
 * @out: the line for the server, @out_len bytes of it, @out_at of them sent
 * @stands_for: bytes of the guest that it replaces
 *
 * Lifetime: ftp_begin() to ftp_end(), which the flow's end calls.
 */
struct ftp {
	uint32_t passed;
	bool opaque;
	uint8_t out_len, out_at, stands_for;
	char out[FTP_CMD_OUT];
};

/**
 * struct ftp_stats - what happened
 * @awaited: addresses that were replaced
 * @led: connections of servers that were led to a guest
 * @strangers: connections that were closed, being of somebody else
 * @expired: ports to which no server has come in time
 * @refused: addresses that were passed on as they are
 */
struct ftp_stats {
	uint64_t awaited, led, strangers, expired, refused;
};

void ftp_begin(struct flow *f);
void ftp_end(struct flow *f);
uint32_t ftp_to_host(struct flow *f, const struct iovec *iov, unsigned int n);
void ftp_conf_changed(struct nat *n);
void ftp_get_stats(const struct nat *n, struct ftp_stats *out);

#endif
