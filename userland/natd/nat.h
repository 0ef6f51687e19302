/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of the NAT share: the network it serves, and how packets come
 * in and go out.
 *
 * Everything runs in one loop. Frames are read in batches, handed by protocol
 * to tcp, udp and icmp, and what these send is gathered and written when the
 * turn ends. Nothing here allocates per packet.
 */
#ifndef VMNET_NATD_NAT_H
#define VMNET_NATD_NAT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include "conf.h"
#include "loop.h"
#include "pkt.h"
#include "port.h"

#define NAT_BATCH 64
#define NAT_MTU 1500
#define NAT_MTU_MIN 576 /* RFC 791: what every host takes */
#define NAT_MTU_MAX 65535
#define NAT_TTL 64
#define NAT_RETRY (1 * MSEC) /* for a port that has no room */
#define NAT_PAYLOAD (256U << 10)
#define NAT_FILES 65536 /* a flow has one, and there is the rest */

struct tcp;
struct udp;
struct icmp;
struct dns;
struct fwd;
struct frag;
struct neigh;
struct status;
struct ctl;
struct hostaddr;

/**
 * struct nat_stats - what happened
 * @rx: frames from the guests
 * @tx: frames to them
 * @dropped: frames to them that the port did not take
 * @bad: frames that made no sense
 * @refused: flows that a limit or the policy refused
 */
struct nat_stats {
	uint64_t rx, tx, dropped, bad, refused;
};

/**
 * struct nat - the program
 * @loop: everything runs in it
 * @port: the guests' side
 * @conf: nat.conf
 * @conf_path: where it is
 * @ip4: address of the gateway, network order, as all addresses
 * @net4: the network
 * @mask4: its mask
 * @host4: address of the host's adapter, 0 if unknown: never forwarded
 * @mac: our address on the network
 * @mtu: of the guests' side
 * @icmp_fd: raw ICMP socket, opened before privileges were dropped; -1
 * @resolv_conf: the file that names the DNS servers, NULL for the usual one
 * @hosts: the file of the host's own names, NULL for the usual one
 * @rxf: frames being read
 * @secret: for hashes that guests cannot foresee, and initial sequence numbers
 * @txf: frames gathered in this turn
 * @ntx: how many
 * @held: the port has no room: frames wait for the next turn
 * @retry: makes that turn come
 * @payload: bytes that frames in @txf refer to (their tails)
 * @payload_used: so many
 *
 * Lives as long as main(). The parts are made by their *_init() and ended by
 * their *_done(), which close what they hold.
 */
struct nat {
	struct loop loop;
	struct port port;
	struct loop_fd port_fd;
	struct nat_conf conf;
	const char *conf_path;
	uint32_t ip4, net4, mask4, host4;
	uint8_t mac[6];
	uint32_t mtu;
	int icmp_fd;
	const char *resolv_conf;
	const char *hosts;
	uint64_t secret[2];
	struct tcp *tcp;
	struct udp *udp;
	struct icmp *icmp;
	struct dns *dns;
	struct fwd *fwd;
	struct frag *frag;
	struct neigh *neigh;
	struct status *status;
	struct ctl *ctl;
	struct hostaddr *hostaddr;
	struct nat_stats stats;
	struct frame rxf[NAT_BATCH];
	struct frame txf[NAT_BATCH];
	unsigned int ntx;
	bool held;
	struct loop_timer retry;
	uint8_t *payload;
	uint32_t payload_used;
	uint8_t *buffers;
	uint16_t next_id;
};

/**
 * struct flow_key - what tells flows apart, of either family
 * @guest: inside
 * @peer: whom the guest talks to
 * @gport: ports, host order
 * @pport: see @gport
 */
struct flow_key {
	struct ipaddr guest, peer;
	uint16_t gport, pport;
};

/**
 * struct pkt_in - a packet from a guest, whole and checked
 * @ip: its IP header (options may follow)
 * @src: addresses
 * @dst: see @src
 * @proto: protocol
 * @ttl: as the next hop would see it: already decremented
 * @tos: type of service
 * @df: do not fragment
 * @l4: transport header
 * @l4_len: bytes from there to the end of the packet
 * @raw_len: bytes of the packet from @ip on
 * @csum_done: the transport checksum need not be checked (offload)
 * @in_frame: it lies in a frame of the batch, and stays there until that ends
 */
struct pkt_in {
	const uint8_t *ip;
	struct ipaddr src, dst;
	uint8_t proto, ttl, tos;
	bool df;
	const uint8_t *l4;
	size_t l4_len;
	size_t raw_len;
	bool csum_done;
	bool in_frame;
};

/**
 * struct ip4_out - what goes into the IPv4 header of a packet to a guest
 * @src: network order
 * @dst: see @src
 * @proto: protocol
 * @ttl: 0 for the default
 * @tos: type of service
 * @df: do not fragment; else it is cut to the guests' MTU
 */
struct ip4_out {
	uint32_t src, dst;
	uint8_t proto, ttl, tos;
	bool df;
};

/* nat.c */
int nat_init(struct nat *n);
void nat_done(struct nat *n);
void nat_flush(struct nat *n);
bool nat_tx_full(struct nat *n);
struct frame *nat_tx_get(struct nat *n);
void nat_tx_put(struct nat *n);
uint8_t *nat_payload_get(struct nat *n, uint32_t len);
bool nat_is_guest(const struct nat *n, uint32_t addr);
bool nat_is_forbidden(struct ipaddr addr);

/* flow_key.c */
uint64_t flow_key_hash(const struct nat *n, const struct flow_key *k);
bool flow_key_equal(const struct flow_key *a, const struct flow_key *b);

/* ip.c */
void ip4_input(struct nat *n, const struct frame *f);
void ip4_deliver(struct nat *n, const struct pkt_in *p);
int ip4_send(struct nat *n, const struct ip4_out *o, const void *l4, size_t len);
void ip4_eth_header(struct nat *n, struct frame *f);
void ip4_header(struct nat *n, uint8_t *at, const struct ip4_out *o, size_t l4_len);
void ip4_icmp_error(struct nat *n, const struct pkt_in *p, uint32_t from, uint8_t type,
		    uint8_t code, uint32_t rest);
void ip4_icmp_error_raw(struct nat *n, uint32_t to, uint32_t from, uint8_t type, uint8_t code,
			uint32_t rest, const uint8_t *quoted, size_t len);

/* arp.c: neighbours; a frame without an address yet waits there. */
int neigh_init(struct nat *n);
void neigh_done(struct nat *n);
void arp_input(struct nat *n, const struct frame *f);
void neigh_learn(struct nat *n, uint32_t addr, const uint8_t mac[6]);
bool neigh_resolve(struct nat *n, uint32_t addr, struct frame *f);

/* frag.c */
int frag_init(struct nat *n);
void frag_done(struct nat *n);
void frag_input(struct nat *n, const uint8_t *ip, size_t len);

/* tcp.c */
int tcp_init(struct nat *n);
void tcp_done(struct nat *n);
void tcp_input(struct nat *n, const struct pkt_in *p);
void tcp_batch_end(struct nat *n);
void tcp_turn_end(struct nat *n);
int tcp_open_to_guest(struct nat *n, int fd, const struct flow_key *key);
unsigned int tcp_flows(const struct nat *n);

/* udp.c */
int udp_init(struct nat *n);
void udp_done(struct nat *n);
void udp_input(struct nat *n, const struct pkt_in *p);
unsigned int udp_flows(const struct nat *n);

/* icmp.c */
int icmp_init(struct nat *n);
void icmp_done(struct nat *n);
void icmp_input(struct nat *n, const struct pkt_in *p);
unsigned int icmp_flows(const struct nat *n);

/* dns.c: UDP queries to the gateway; and where TCP ones are to be sent. */
int dns_init(struct nat *n);
void dns_done(struct nat *n);
void dns_conf_changed(struct nat *n);
void dns_input(struct nat *n, const struct pkt_in *p, uint16_t sport, const uint8_t *msg,
	       size_t len);
bool dns_tcp_server(struct nat *n, struct sockaddr_storage *out, socklen_t *len);

/* fwd.c: [incomingtcp] and [incomingudp] */
int fwd_init(struct nat *n);
void fwd_done(struct nat *n);

/* status.c: /var/run/vmnat.PID */
int status_init(struct nat *n, const char *dir);
const char *status_path(const struct nat *n);
void status_done(struct nat *n);

/* sandbox.c: which capabilities and system calls are left */
int nat_sandbox(const struct nat *n, const char *user);

#endif
