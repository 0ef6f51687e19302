/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMNET_UPORT_H
#define _VMNET_UPORT_H

#include <linux/net.h>
#include <linux/uidgid.h>
#include <net/sock.h>
#include "event.h"
#include "notify.h"
#include "port.h"

/**
 * enum vmnet_dialect - what the opener of a port speaks
 * @VMNET_DIALECT_NONE: no state call yet; behaves as VMware's
 * @VMNET_DIALECT_VMWARE: fixed by the first state call of VMware's set
 * @VMNET_DIALECT_TUN: fixed by the first TUN call: a tap-like port
 */
enum vmnet_dialect {
	VMNET_DIALECT_NONE,
	VMNET_DIALECT_VMWARE,
	VMNET_DIALECT_TUN
};

/* Least value of the module parameter vnet_max_qlen. */
#define VMNET_QUEUE_LEN_MIN	512

/* Bytes a queue may pin, whatever the number of frames. */
#define VMNET_QUEUE_BYTES	(16 << 20)

/* Largest frame outside VMware's dialect: 64 KB behind the headers. */
#define VMNET_MAX_LONG_FRAME	(65535 + ETH_HLEN + 2 * 4)

/**
 * struct vmnet_uport - a port whose frames are read and written by a program
 * @sk: the queue (sk_receive_queue and its lock) and the socket view of it
 * @port: the common part
 * @dialect: what the opener speaks; under the topology mutex
 * @hdr_sz: bytes of virtio_net_hdr before each frame, 0 for none
 * @vnet_hdr_sz: the size TUNSETVNETHDRSZ chose, in force when a header is on
 * @offload: TUN_F_* the reader can take
 * @unsettled: the queue may hold what the reader can take no longer
 * @sndbuf: stored for TUNGETSNDBUF
 * @queue_len: most frames that may wait
 * @queue_bytes: bytes they pin; under the lock of the queue
 * @granted: bytes they may pin, of the total for all queues; likewise
 * @queued: frames queued; under the lock of the queue, as the rest
 * @read: frames taken out by readers
 * @overflow: frames refused because the queue was full
 * @too_large: frames refused because no reader could take them
 * @notify: word that tells of waiting frames, or NULL; under the lock of the
 *	queue, set with each frame, cleared by a read that finds none
 * @sender: tells of injected link states, joins with the first; topology mutex
 * @retired: no frame is queued any more
 *
 * Lifetime: that of its port, see struct vmnet_port; the socket is allocated
 * with it and gives the memory back. Sleepers wait on the file's queue (struct
 * vmnet_file), never on the port, so a conversion can free the port under them.
 */
struct vmnet_uport {
	struct sock		sk;	/* first, sk_alloc() makes it */
	struct vmnet_port	port;
	enum vmnet_dialect	dialect;
	unsigned int		hdr_sz;
	unsigned int		vnet_hdr_sz;
	unsigned int		offload;
	bool			unsettled;
	int			sndbuf;
	unsigned int		queue_len;
	unsigned int		queue_bytes;
	unsigned int		granted;
	u64			queued;
	u64			read;
	u64			overflow;
	u64			too_large;
	struct vmnet_notify_word *notify;
	struct vmnet_event_sender sender;
	bool			retired;
};

/* Counters that are kept under the lock of the queue, and what waits in it. */
struct vmnet_uport_counts {
	u64	queued;
	u64	read;
	u64	overflow;
	u64	too_large;
	u32	frames;
	u32	bytes;
};

static inline struct vmnet_uport *vmnet_uport(struct vmnet_port *port)
{
	return container_of(port, struct vmnet_uport, port);
}

struct vmnet_port *vmnet_uport_create(struct socket_wq *wq, kuid_t uid,
				      bool exempt);
struct sk_buff *vmnet_uport_dequeue(struct vmnet_uport *u, size_t room);
void vmnet_uport_settle(struct vmnet_uport *u);
void vmnet_uport_purge(struct vmnet_uport *u);
struct vmnet_notify_word *vmnet_uport_set_notify(struct vmnet_uport *u,
						 struct vmnet_notify_word *word);
void vmnet_uport_inject(struct vmnet_uport *u, bool up);
void vmnet_uport_set_flags(struct vmnet_uport *u, u32 flags);
int vmnet_uport_make_tap(struct vmnet_uport *u);
void vmnet_uport_set_header(struct vmnet_uport *u, unsigned int hdr_sz,
			    unsigned int offload);
int vmnet_uport_set_learning(struct vmnet_uport *u, bool on);
void vmnet_uport_counts(struct vmnet_uport *u, struct vmnet_uport_counts *c);

void vmnet_uport_init(void);
void vmnet_uport_exit(void);

/* Any context; a hint, the answer may be stale at once. */
static inline bool vmnet_uport_empty(const struct vmnet_uport *u)
{
	return skb_queue_empty_lockless(&u->sk.sk_receive_queue);
}

/* Largest frame that readers and writers of @u may pass. */
static inline unsigned int vmnet_uport_max_frame(const struct vmnet_uport *u)
{
	if (READ_ONCE(u->dialect) == VMNET_DIALECT_TUN || READ_ONCE(u->hdr_sz))
		return VMNET_MAX_LONG_FRAME;
	return VMNET_MAX_FRAME;
}

#endif /* _VMNET_UPORT_H */
