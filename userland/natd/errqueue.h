/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMNET_NATD_ERRQUEUE_H
#define VMNET_NATD_ERRQUEUE_H

#include <time.h>
#include <linux/errqueue.h>
#include "nat.h"

/**
 * struct sock_error - what a socket was told of a packet it had sent
 * @ee: the kernel's words
 * @offender: who said so; family 0 when it was the host
 * @to: where the packet was to go
 * @tos: DS field of the packet that brought the error, where the socket asks for it
 * @len: bytes of the packet's payload that came with it
 */
struct sock_error {
	struct sock_extended_err ee;
	struct ipaddr offender;
	union sockaddr_any to;
	uint8_t tos;
	size_t len;
};

bool errqueue_read(int fd, uint8_t family, struct sock_error *e, uint8_t *data, size_t size);
bool errqueue_is_icmp(uint8_t family, const struct sock_error *e);
struct icmp_error errqueue_icmp(uint8_t family, const struct sock_error *e);

#endif
