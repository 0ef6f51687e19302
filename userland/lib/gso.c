// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What an offload would have done, for ports that have none: cut a long TCP
 * frame into segments, complete a checksum.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include "gso.h"
#include "pkt.h"

#define MAX_HEADERS 256
#define MAX_SEGMENT 9216

/* Add the rest to the sum of the pseudo header. */
static void complete(uint8_t *data, uint32_t len, uint32_t start, uint32_t offset)
{
	uint16_t sum = csum_ip(data + start, len - start);

	/* UDP has no zero sum (RFC 768); for TCP it is the same number. */
	if (!sum)
		sum = 0xffff;
	memcpy(data + start + offset, &sum, 2);
}

/* Bytes [at, at + len) of a frame, wherever they lie. */
static void copy_out(const struct frame *f, uint32_t at, uint8_t *to, uint32_t len)
{
	uint32_t first = at < f->len ? f->len - at : 0;

	if (first > len)
		first = len;
	if (first)
		memcpy(to, f->data + at, first);
	if (len > first)
		memcpy(to + first, f->tail + (at + first - f->len), len - first);
}

static int cut(const struct frame *f, int (*out)(void *arg, const struct frame *f), void *arg)
{
	uint8_t seg[MAX_SEGMENT];
	uint32_t ip_at = PKT_ETH_LEN, tcp_at = f->csum_start;
	uint32_t hdr = f->hdr_len, total = f->len + f->tail_len, done, n, count = 0;
	struct pkt_ip4 ip;
	struct pkt_tcp tcp;

	if (f->gso_type != FRAME_GSO_TCP4 || !f->gso_size || hdr > MAX_HEADERS || hdr > f->len ||
	    hdr + f->gso_size > MAX_SEGMENT || tcp_at < ip_at + sizeof(ip) ||
	    tcp_at + sizeof(tcp) > hdr)
		return -EINVAL;
	for (done = 0; hdr + done < total; done += n, count++) {
		struct frame s = { .data = seg, .csum = FRAME_CSUM_NONE };
		int err;

		n = total - hdr - done;
		if (n > f->gso_size)
			n = f->gso_size;
		memcpy(seg, f->data, hdr);
		copy_out(f, hdr + done, seg + hdr, n);
		s.len = hdr + n;

		memcpy(&ip, seg + ip_at, sizeof(ip));
		ip.len = htons((uint16_t)(s.len - ip_at));
		ip.id = htons((uint16_t)(ntohs(ip.id) + count));
		ip.csum = 0;
		memcpy(seg + ip_at, &ip, sizeof(ip));
		ip.csum = csum_ip(seg + ip_at, tcp_at - ip_at);
		memcpy(seg + ip_at, &ip, sizeof(ip));

		memcpy(&tcp, seg + tcp_at, sizeof(tcp));
		tcp.seq = htonl(ntohl(tcp.seq) + done);
		if (hdr + done + n < total)
			tcp.flags &= (uint8_t) ~(TCP_FIN | TCP_PSH);
		tcp.csum = 0;
		memcpy(seg + tcp_at, &tcp, sizeof(tcp));
		tcp.csum = csum_l4_v4(ip.src, ip.dst, 6, seg + tcp_at, s.len - tcp_at);
		memcpy(seg + tcp_at, &tcp, sizeof(tcp));
		err = out(arg, &s);
		/* The rest is lost as on any wire; the first must not be. */
		if (err)
			return done ? 0 : err;
	}
	return 0;
}

/**
 * gso_flatten - a frame in one piece, with its checksum
 * @f: the frame; one that is to be cut is not
 * @copy: room for one, used when it is not so already
 * @room: bytes of @copy
 *
 * Return: its bytes, here or there; NULL for a frame that does not fit, or whose
 * offloads make no sense.
 */
const uint8_t *gso_flatten(const struct frame *f, uint8_t *copy, uint32_t room)
{
	uint32_t total = f->len + f->tail_len;

	if (!f->tail_len && f->csum != FRAME_CSUM_PARTIAL)
		return f->data;
	if (total > room ||
	    (f->csum == FRAME_CSUM_PARTIAL && (uint32_t)f->csum_start + f->csum_offset + 2 > total))
		return NULL;
	copy_out(f, 0, copy, total);
	if (f->csum == FRAME_CSUM_PARTIAL)
		complete(copy, total, f->csum_start, f->csum_offset);
	return copy;
}

/**
 * gso_resolve - make plain frames of one that needs offloads
 * @f: the frame
 * @out: called with each plain frame; an error ends it
 * @arg: for @out
 *
 * Return: 0, -EINVAL for a frame whose offloads make no sense, what @out
 * returned for the first frame.
 */
int gso_resolve(const struct frame *f, int (*out)(void *arg, const struct frame *f), void *arg)
{
	uint8_t copy[MAX_SEGMENT];
	uint32_t total = f->len + f->tail_len;
	struct frame s = *f;

	if (f->gso_type != FRAME_GSO_NONE)
		return cut(f, out, arg);
	if (f->csum != FRAME_CSUM_PARTIAL)
		return out(arg, f);
	if (total > sizeof(copy) || (uint32_t)f->csum_start + f->csum_offset + 2 > total)
		return -EINVAL;
	copy_out(f, 0, copy, total);
	s.data = copy;
	s.len = total;
	s.tail_len = 0;
	s.csum = FRAME_CSUM_NONE;
	complete(copy, total, f->csum_start, f->csum_offset);
	return out(arg, &s);
}
