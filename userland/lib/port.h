/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A port of a virtual network, as a daemon sees it: frames in arrays, with the
 * state of checksum and segmentation.
 */
#ifndef VMNET_PORT_H
#define VMNET_PORT_H

#include <stdbool.h>
#include <stdint.h>

/* The largest frame that crosses a port with offloads. */
#define FRAME_MAX (65535 + 14 + 8)

/**
 * enum frame_csum - what is known of the transport checksum
 * @FRAME_CSUM_NONE: it is in the frame; received: nobody has checked it
 * @FRAME_CSUM_PARTIAL: the field holds the sum of the pseudo header; the rest,
 *	from csum_start on, is to be added at csum_offset behind it
 * @FRAME_CSUM_VALID: it has been checked
 */
enum frame_csum { FRAME_CSUM_NONE, FRAME_CSUM_PARTIAL, FRAME_CSUM_VALID };

/* As VIRTIO_NET_HDR_GSO_*. */
#define FRAME_GSO_NONE 0
#define FRAME_GSO_TCP4 1
#define FRAME_GSO_TCP6 4

/**
 * struct frame - one Ethernet frame
 * @data: first byte of the destination address
 * @len: bytes in it
 * @tail: for sending: what follows these, from elsewhere; the sums below count on
 * @tail_len: bytes of it, 0 for none
 * @cap: room in it (for receiving)
 * @csum: enum frame_csum
 * @gso_type: FRAME_GSO_*; not NONE: to be cut into segments
 * @gso_size: bytes of payload of each segment
 * @hdr_len: bytes of all headers, when @gso_type is set
 * @csum_start: where the checksum begins, from @data on
 * @csum_offset: where its field is, from @csum_start on
 */
struct frame {
	uint8_t *data;
	const uint8_t *tail;
	uint32_t len;
	uint32_t tail_len;
	uint32_t cap;
	uint8_t csum;
	uint8_t gso_type;
	uint16_t gso_size;
	uint16_t hdr_len;
	uint16_t csum_start;
	uint16_t csum_offset;
};

/**
 * struct port_opts - how to open a port
 * @want_offload: use a virtio-net header when the port has one
 * @promisc: see every frame of the network (/dev/vmnetN only)
 * @mac: address to have, refused with -EBUSY when another port has it; NULL
 *	for one that the kernel picks (/dev/vmnetN only)
 * @queue: frames that are to wait at least before some are lost (port_open_tap()
 *	only); 0 for as many as there are
 */
struct port_opts {
	bool want_offload;
	bool promisc;
	const uint8_t *mac;
	uint32_t queue;
};

/**
 * struct port - an open port
 * @fd: what frames are read from and written to, non-blocking
 * @node: the node that @fd is a socket of, -1 when there is none
 * @hdr_sz: bytes of virtio-net header before each frame, 0 for none
 * @offloads: TUN_F_* the port takes from the kernel's side
 * @mac: its address
 * @mtu: of the network, as its interface on the host says; 0 when there is none
 * @queue: frames that may wait to be read, 0 when that is not known
 * @is_socket: @fd is one, whose messages are frames
 * @is_vmnet: a node of the module, not a tap
 * @name: for messages
 */
struct port {
	int fd;
	int node;
	unsigned int hdr_sz;
	uint32_t offloads;
	uint8_t mac[6];
	uint32_t mtu;
	uint32_t queue;
	bool is_socket;
	bool is_vmnet;
	char name[64];
};

int port_open_dev(struct port *p, const char *name, const struct port_opts *opts);
int port_open_tap(struct port *p, const char *ifname, const struct port_opts *opts);
int port_open_fd(struct port *p, int fd, const struct port_opts *opts);
void port_close(struct port *p);
const char *port_strerror(const struct port *p, int err, char *buf, unsigned int size);

int port_recv(struct port *p, struct frame *f, unsigned int n);
int port_send(struct port *p, const struct frame *f, unsigned int n);

static inline int port_fd(const struct port *p)
{
	return p->fd;
}

static inline const uint8_t *port_mac(const struct port *p)
{
	return p->mac;
}

#endif
