// SPDX-License-Identifier: GPL-2.0-or-later
/* The errors that the kernel keeps with a socket (IP_RECVERR, IPV6_RECVERR). */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "errqueue.h"
#include "icmp.h"
#include "sockaddr.h"

/**
 * errqueue_read - take the oldest error
 * @fd: the socket
 * @family: of it
 * @e: filled
 * @data: room for the payload of the packet it is about
 * @size: of @data
 *
 * Return: false when there is none.
 */
bool errqueue_read(int fd, uint8_t family, struct sock_error *e, uint8_t *data, size_t size)
{
	const struct ip_options *o = ip_options_of(family);
	_Alignas(struct cmsghdr) uint8_t control[256];
	struct iovec iov = { data, size };
	struct msghdr msg = {
		.msg_name = &e->to,
		.msg_namelen = sizeof(e->to),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct {
		struct sock_extended_err ee;
		union sockaddr_any offender;
	} said = { 0 };
	struct cmsghdr *cm;
	ssize_t len;

	*e = (struct sock_error){ 0 };
	len = recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT);
	if (len < 0)
		return false;
	for (cm = CMSG_FIRSTHDR(&msg); cm; cm = CMSG_NXTHDR(&msg, cm)) {
		size_t n = cm->cmsg_len - CMSG_LEN(0);

		if (cm->cmsg_level != o->level)
			continue;
		if (cm->cmsg_type == o->tos)
			e->tos = *CMSG_DATA(cm);
		else if (cm->cmsg_type == o->recverr)
			memcpy(&said, CMSG_DATA(cm), n < sizeof(said) ? n : sizeof(said));
	}
	e->ee = said.ee;
	e->offender = sockaddr_get(&said.offender, NULL);
	e->len = (size_t)len;
	return true;
}

/* Was it told by ICMP of this family, as an error of a router or of the other side? */
bool errqueue_is_icmp(uint8_t family, const struct sock_error *e)
{
	return e->ee.ee_origin == (family == AF_INET6 ? SO_EE_ORIGIN_ICMP6 : SO_EE_ORIGIN_ICMP) &&
	       icmp_is_error(family, e->ee.ee_type);
}

/* The message that told it, to be sent again. */
struct icmp_error errqueue_icmp(uint8_t family, const struct sock_error *e)
{
	struct icmp_error out = { .type = e->ee.ee_type, .code = e->ee.ee_code, .tos = e->tos };
	bool v6 = family == AF_INET6;

	/* The kernel's second word is the MTU, or where the fault is (RFC 792, 4443). */
	if (e->ee.ee_errno == EMSGSIZE || (v6 && out.type == ICMP6_PARAMETER))
		out.rest = htonl(e->ee.ee_info);
	else if (!v6 && out.type == ICMP4_PARAMETER)
		out.rest = htonl(e->ee.ee_info << 24);
	return out;
}
