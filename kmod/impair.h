/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMNET_IMPAIR_H
#define _VMNET_IMPAIR_H

#include "port.h"

/* Probabilities are in millionths. */
#define VMNET_IMPAIR_ONE		1000000
#define VMNET_IMPAIR_MIN_RATE		1000
#define VMNET_IMPAIR_MAX_RATE		1000000000000ULL
#define VMNET_IMPAIR_MAX_BURST		(64 << 20)
#define VMNET_IMPAIR_MAX_DELAY		60000000
#define VMNET_IMPAIR_MIN_BYTES		65536
#define VMNET_IMPAIR_MAX_BYTES		(64 << 20)
#define VMNET_IMPAIR_FRAMES		1024
#define VMNET_IMPAIR_BYTES		(4 << 20)

/**
 * struct vmnet_impair_conf - how bad a line is, in one direction
 * @rate: bits of frames a second, 0 for no limit
 * @burst: bytes that may pass at once after a pause
 * @delay: microseconds
 * @jitter: microseconds the delay varies by, evenly, both ways; not above
 *	@delay
 * @loss: frames that are lost, in millionths, each by itself
 * @duplicate: frames that come twice, in millionths
 * @frames: most frames that may wait
 * @bytes: most memory (truesize) they may pin
 * @reorder: jitter may change the order of frames
 */
struct vmnet_impair_conf {
	u64	rate;
	u32	burst;
	u32	delay;
	u32	jitter;
	u32	loss;
	u32	duplicate;
	u32	frames;
	u32	bytes;
	u32	reorder;
};

/**
 * struct vmnet_impair_waiting - what waits on a line
 * @frames: how many frames
 * @bytes: memory (truesize) they pin
 */
struct vmnet_impair_waiting {
	unsigned int	frames;
	unsigned int	bytes;
};

struct vmnet_impair;

typedef void vmnet_impair_release_t(struct vmnet_port *port,
				    struct sk_buff *skb);

struct vmnet_impair *vmnet_impair_create(struct vmnet_port *port,
					 vmnet_impair_release_t *release);
void vmnet_impair_set(struct vmnet_impair *imp,
		      const struct vmnet_impair_conf *conf);
void vmnet_impair_get(struct vmnet_impair *imp, struct vmnet_impair_conf *conf,
		      struct vmnet_impair_waiting *waiting);
struct sk_buff *vmnet_impair_pass(struct vmnet_impair *imp,
				  struct sk_buff *skb);
void vmnet_impair_purge(struct vmnet_impair *imp);
void vmnet_impair_end(struct vmnet_impair *imp);

static inline bool vmnet_impair_is_on(const struct vmnet_impair_conf *conf)
{
	return conf->rate || conf->delay || conf->loss || conf->duplicate;
}

#endif /* _VMNET_IMPAIR_H */
