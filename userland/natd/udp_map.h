/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files of UDP only. */
#ifndef VMNET_NATD_UDP_MAP_H
#define VMNET_NATD_UDP_MAP_H

#include "udp.h"

#define UDP_BUCKETS 4096
#define UDP_PEER_BUCKETS 1024
#define UDP_FULL 64
#define UDP_MAX_PEERS 4096
#define UDP_RX_BATCH 8
#define UDP_TX_BATCH NAT_BATCH
/* A datagram's data is received behind room for its header. */
#define UDP_RX_ROOM (65536 + sizeof(struct pkt_udp))

/**
 * struct udp_addr - an address and a port
 * @addr: of either family
 * @port: host order
 */
struct udp_addr {
	struct ipaddr addr;
	uint16_t port;
};

/**
 * struct udp_map - the host socket of a guest's port
 * @next: in its bucket; of those of forwards that are in none, the next
 * @guest: its address
 * @port: the guest's port, host order
 * @ext: the host's port, host order
 * @service: the gateway's port, host order, when the socket is for a service of
 *	the host alone; 0 for the socket of all peers
 * @to: then, where that service is
 * @lfd: the socket
 * @family: of it; that of a service of the host may be another than the guest's
 * @set: what its packets say
 * @gso_max: the longest datagram that the kernel is asked to cut others of its
 *	size from
 * @gathered: datagrams that wait for the end of the batch
 * @out_first: the first and the last of them, see struct udp_out
 * @out_last: see @out_first
 * @sending: it is in the list of those that have such
 * @next_sender: in that list
 * @used: when a datagram went either way last
 * @timer: looks whether it is idle
 * @only_dns: nothing but port 53 has been sent to
 * @answered: something has come back
 * @since: when it was made
 * @packets_out: of the guest, likewise @bytes_out of data
 * @packets_in: to the guest, likewise @bytes_in of data
 * @own: when the guest has sent by itself last, not as an answer; 0 for never
 * @forward: stays for ever, its port is configured
 * @extra: a forward to a port that has another forward; found only through
 *	its peers
 */
struct udp_map {
	struct udp *udp;
	struct udp_map *next;
	struct ipaddr guest;
	uint16_t port, ext, service;
	struct udp_addr to;
	struct loop_fd lfd;
	uint8_t family;
	struct ip_set set;
	uint16_t gso_max;
	uint8_t gathered, out_first, out_last;
	bool sending;
	struct udp_map *next_sender;
	uint64_t since, packets_out, packets_in, bytes_out, bytes_in;
	uint64_t used, own;
	struct loop_timer timer;
	bool only_dns, answered, forward, extra;
};

/**
 * struct udp_peer - who talks to a guest through a forward
 * @map: the forward
 * @peer: its true address and port
 * @local: the host's address it talks to
 * @shown: what the guest sees it as
 */
struct udp_peer {
	struct udp_peer *next;
	struct udp_map *map;
	struct udp_addr peer;
	struct ipaddr local;
	struct udp_addr shown;
	uint64_t used;
};

/**
 * struct udp_out - a datagram of a guest in the frame it came in
 * @p: the packet
 * @to: where it goes, for the kernel
 * @to_len: bytes of it
 * @local: address of the host to send from, family 0 for any
 * @data: the data
 * @len: bytes
 * @next: the socket's next one
 *
 * Lives until udp_batch_end(), when the frame's buffer is used again. Its map
 * does too: one that is in use is not ended to make room for others.
 */
struct udp_out {
	struct pkt_in p;
	union sockaddr_any to;
	socklen_t to_len;
	struct ipaddr local;
	const uint8_t *data;
	size_t len;
	uint8_t next;
};

/**
 * struct udp_full - a guest that has as many mappings as it may
 * @guest: whose turn it was last, of those that share this place
 * @until: none of them can make room before, unless one ends; 0 for not known
 */
struct udp_full {
	struct ipaddr guest;
	uint64_t until;
};

/**
 * struct udp - UDP of one network
 * @out: datagrams that wait for the end of the batch
 * @nout: how many
 * @senders: the sockets that have them
 *
 * Lifetime: udp_init() to udp_done(). A map lives from a guest's first datagram
 * from a port until it is idle, or, when a forward made it, until the end. A
 * peer lives until it is idle; its map outlives it.
 */
struct udp {
	struct nat *nat;
	struct udp_map *buckets[UDP_BUCKETS];
	struct udp_map *extras;
	struct udp_peer *peers[UDP_PEER_BUCKETS];
	unsigned int nmaps, npeers;
	struct udp_full full[UDP_FULL];
	struct loop_timer peer_timer;
	bool limit_logged;
	struct udp_stats stats;
	struct udp_out out[UDP_TX_BATCH];
	unsigned int nout;
	struct udp_map *senders;
	uint8_t rx[UDP_RX_BATCH][UDP_RX_ROOM];
	uint8_t tx[UDP_RX_ROOM];
};

/* udp.c */
uint64_t udp_timeout(const struct udp *udp);
void udp_send_guest(struct udp *udp, const struct ip_out *o, uint16_t sport, uint16_t dport,
		    uint8_t *buf, size_t len);
void udp_inbound(struct udp_map *m, const struct udp_addr *from, const struct ipaddr *local,
		 uint8_t ttl, uint8_t tos, uint8_t *buf, size_t len);

/* udp_sock.c */
int udp_sock_open(uint8_t family, uint16_t want, bool privileged, uint16_t *got);
int udp_sock_open_service(const struct udp_addr *to, uint16_t *got);
int udp_sock_open_forward(const struct ipaddr *bind, uint16_t port);
int udp_sock_want_local(int fd, uint8_t family);
void udp_sock_read_errors(struct udp_map *m);
void udp_sock_event(struct loop *loop, struct loop_fd *self, uint32_t events);

/* udp_send.c; what others call is in nat.h */
void udp_send(struct udp_map *m, const struct pkt_in *p, const struct udp_addr *to,
	      const struct ipaddr *local, const void *data, size_t len);

/* udp_peer.c */
struct udp_peer *udp_peer_find(struct udp *udp, const struct udp_addr *guest,
			       const struct udp_addr *shown);
struct udp_peer *udp_peer_get(struct udp_map *m, const struct udp_addr *peer,
			      const struct ipaddr *local);
struct udp_peer *udp_peer_of(struct udp_map *m, const struct udp_addr *peer);

static inline bool udp_addr_equal(const struct udp_addr *a, const struct udp_addr *b)
{
	return a->port == b->port && ipaddr_equal(&a->addr, &b->addr);
}
void udp_peer_forget(struct udp_map *m);
void udp_peer_init(struct udp *udp);
void udp_peer_done(struct udp *udp);

#endif
