// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Frames in, frames out.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include "capture.h"
#include "log.h"
#include "nat.h"

/* Room before the frame's data is not needed; behind it none is either. */
#define BUFFER FRAME_MAX

/* Is @mac of one of VMware's ranges? (allowAnyOUI = 0) */
static bool is_vmware(const uint8_t mac[6])
{
	static const uint8_t oui[][3] = { { 0x00, 0x50, 0x56 },
					  { 0x00, 0x0c, 0x29 },
					  { 0x00, 0x05, 0x69 } };
	size_t i;

	for (i = 0; i < sizeof(oui) / sizeof(oui[0]); i++)
		if (!memcmp(mac, oui[i], 3))
			return true;
	return false;
}

static void input(struct nat *n, const struct frame *f)
{
	struct pkt_eth eth;
	enum pkt_why why = parse_eth(f->data, f->len, &eth);

	n->stats.rx++;
	if (why) {
		nat_bad(n, why);
		return;
	}
	if (!memcmp(eth.src, n->mac, 6))
		return;
	if (!mac_is_group(eth.dst) && memcmp(eth.dst, n->mac, 6) != 0)
		return;
	if (!n->conf.allow_any_oui && !is_vmware(eth.src))
		return;
	if (n->advertise_only && eth.type != htons(PKT_IP6))
		return;
	if (eth.type == htons(PKT_ARP))
		arp_input(n, f);
	else if (eth.type == htons(PKT_IP4))
		ip_input(n, f, parse_ip4);
	else if (n->ip6.family)
		ip_input(n, f, parse_ip6);
	else
		nat_bad(n, PKT_TYPE);
}

/* Read until nothing waits, but let the sockets have their turn too. */
static void on_port(struct loop *loop, struct loop_fd *self, uint32_t events)
{
	struct nat *n = (void *)((char *)self - offsetof(struct nat, port_fd));
	int round, i, got;

	(void)events;
	for (round = 0; round < 4; round++) {
		got = port_recv(&n->port, n->rxf, NAT_BATCH);
		if (got < 0) {
			log_err("%s: %s; the network is gone", n->port.name, strerror(-got));
			loop_quit(loop, got);
			return;
		}
		if (n->capture)
			capture_frames(n->capture, n->rxf, (unsigned int)got);
		for (i = 0; i < got; i++)
			input(n, &n->rxf[i]);
		tcp_batch_end(n);
		udp_batch_end(n);
		if (got < NAT_BATCH)
			return;
	}
}

/* End of a turn: acknowledge, then write. */
static void turn_end(struct loop *loop, void *arg)
{
	struct nat *n = arg;

	(void)loop;
	tcp_turn_end(n);
	nat_flush(n);
	if (n->capture)
		capture_flush(n->capture);
}

/* The turn that this makes writes what is held. */
static void on_retry(struct loop *loop, struct loop_timer *t)
{
	(void)loop;
	(void)t;
}

/**
 * nat_busy_poll_changed - nat.conf has said how long to stay awake
 * @n: the NAT
 */
void nat_busy_poll_changed(struct nat *n)
{
	cpu_set_t cpus;
	bool alone = !sched_getaffinity(0, sizeof(cpus), &cpus) && CPU_COUNT(&cpus) == 1;

	/* Those whom we wait for would have to wait for us. */
	loop_set_spin(&n->loop, alone ? 0 : n->conf.busy_poll * USEC);
}

/**
 * nat_init - buffers, and the port's events
 * @n: loop, port and configuration are there
 *
 * Return: 0 or negative errno.
 */
int nat_init(struct nat *n)
{
	size_t i;

	if (getrandom(n->secret, sizeof(n->secret), 0) != (ssize_t)sizeof(n->secret))
		return -EIO;
	n->buffers = malloc((size_t)2 * NAT_BATCH * BUFFER + NAT_PAYLOAD);
	if (!n->buffers)
		return -ENOMEM;
	for (i = 0; i < NAT_BATCH; i++) {
		n->rxf[i].data = n->buffers + i * BUFFER;
		n->rxf[i].cap = BUFFER;
		n->txf[i].data = n->buffers + (NAT_BATCH + i) * BUFFER;
		n->txf[i].cap = BUFFER;
	}
	n->payload = n->buffers + (size_t)2 * NAT_BATCH * BUFFER;
	n->reasm = reasm_new();
	if (!n->reasm)
		return -ENOMEM;
	n->retry.fn = on_retry;
	if (!n->mtu)
		n->mtu = NAT_MTU;
	n->port_fd.fd = port_fd(&n->port);
	n->port_fd.fn = on_port;
	loop_set_turn_end(&n->loop, turn_end, n);
	nat_busy_poll_changed(n);
	return loop_fd_add(&n->loop, &n->port_fd, EPOLLIN);
}

/* Undo nat_init(). */
void nat_done(struct nat *n)
{
	if (n->port_fd.added)
		loop_fd_del(&n->loop, &n->port_fd);
	loop_timer_cancel(&n->loop, &n->retry);
	reasm_free(n->reasm);
	n->reasm = NULL;
	free(n->buffers);
	n->buffers = NULL;
}

/* The first @sent frames are gone; the rest moves up, buffers and all. */
static void move_up(struct nat *n, unsigned int sent)
{
	struct frame gone;
	unsigned int i;

	for (i = 0; sent + i < n->ntx; i++) {
		gone = n->txf[i];
		n->txf[i] = n->txf[sent + i];
		n->txf[sent + i] = gone;
	}
	n->ntx = i;
}

/**
 * nat_flush - write what was gathered
 * @n: the NAT
 *
 * What the port has no room for is held until it has. What it refuses is lost,
 * as on a wire, and counted.
 */
void nat_flush(struct nat *n)
{
	int sent;

	if (n->ntx) {
		sent = port_send(&n->port, n->txf, n->ntx);
		if (sent < 0) {
			n->stats.dropped += n->ntx;
			sent = (int)n->ntx;
		} else {
			n->stats.tx += (uint64_t)sent;
			if (n->capture)
				capture_frames(n->capture, n->txf, (unsigned int)sent);
		}
		move_up(n, (unsigned int)sent);
	}
	n->held = n->ntx;
	if (n->held)
		loop_timer_set(&n->loop, &n->retry, NAT_RETRY);
	else
		n->payload_used = 0;
}

/* Would a frame more be one too many, even after all that can be is written? */
bool nat_tx_full(struct nat *n)
{
	if (n->ntx == NAT_BATCH)
		nat_flush(n);
	return n->ntx == NAT_BATCH;
}

/**
 * nat_tx_get - room for a frame
 * @n: the NAT
 *
 * Return: a frame with @cap bytes of room and nothing else set; it is the
 * caller's until nat_tx_put(), and may be left unused.
 */
struct frame *nat_tx_get(struct nat *n)
{
	struct frame *f;

	if (nat_tx_full(n)) {
		n->stats.dropped++;
		n->ntx--;
	}
	f = &n->txf[n->ntx];
	f->len = f->tail_len = 0;
	f->csum = FRAME_CSUM_NONE;
	f->gso_type = FRAME_GSO_NONE;
	f->gso_size = f->hdr_len = f->csum_start = f->csum_offset = 0;
	return f;
}

/* The frame of nat_tx_get() is complete. */
void nat_tx_put(struct nat *n)
{
	n->ntx++;
}

/**
 * nat_payload_get - room for bytes that are to be the tails of frames
 * @n: the NAT
 * @len: most, up to NAT_PAYLOAD
 *
 * Return: the room; it stays as it is until the frames have been written, if
 * @payload_used counts it. NULL when the port takes nothing for now.
 */
uint8_t *nat_payload_get(struct nat *n, uint32_t len)
{
	if (!n->held && len > NAT_PAYLOAD - n->payload_used)
		nat_flush(n);
	return n->held ? NULL : n->payload + n->payload_used;
}
