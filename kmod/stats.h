/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters of a port: 64 bit, per CPU, never reset while the port lives.
 */
#ifndef _VMNET_STATS_H
#define _VMNET_STATS_H

#include <linux/percpu.h>
#include <linux/u64_stats_sync.h>

/**
 * enum vmnet_stat - what is counted
 * @VMNET_STAT_IN: frames that entered the hub from the port
 * @VMNET_STAT_IN_BYTES: their bytes, Ethernet header included, no FCS
 * @VMNET_STAT_OUT: frames that were handed to the port
 * @VMNET_STAT_OUT_BYTES: their bytes
 * @VMNET_STAT_WRITTEN: frames user space wrote while the port was up
 * @VMNET_STAT_DROP_DOWN: frames refused because the port is not up
 * @VMNET_STAT_DROP_MISMATCH: flooded frames the port's filter refused
 * @VMNET_STAT_DROP_NOMEM: frames lost for want of memory, or because they would
 *	have to be cut into very many pieces for one receiver more
 * @VMNET_STAT_DROP_LOOP: frames that went round in a ring of uplinks
 * @VMNET_STAT_DROP_OVERFLOW: frames the host's stack could not follow
 * @VMNET_STAT_DROP_TOO_LONG: frames, or segments to be, that a NIC cannot send
 * @VMNET_STAT_SEGMENTED: frames cut in software for this port
 * @VMNET_STAT_CSUM: checksums completed in software for this port
 * @VMNET_STAT_DROP_LOCK: frames whose source address a locked port may not use
 * @VMNET_STAT_DROP_VLAN: frames of VLANs the port takes no part in
 * @VMNET_STAT_DROP_ISOLATED: frames of an isolated port for this one, which is
 *	isolated too
 * @VMNET_STAT_DROP_LOSS: frames lost because the line was told to
 * @VMNET_STAT_DROP_WAITING: frames that could not wait, on a bad line or for
 *	their turn to be flooded, or waited when the line or the port's place on
 *	the hub ended
 * @VMNET_STAT_DUPLICATED: frames doubled because the line was told to
 * @VMNET_STAT_MAX: number of counters
 *
 * What changes under the lock of a receive queue (queued, read, overflow,
 * too large) is counted there, see struct vmnet_uport.
 */
enum vmnet_stat {
	VMNET_STAT_IN,
	VMNET_STAT_IN_BYTES,
	VMNET_STAT_OUT,
	VMNET_STAT_OUT_BYTES,
	VMNET_STAT_WRITTEN,
	VMNET_STAT_DROP_DOWN,
	VMNET_STAT_DROP_MISMATCH,
	VMNET_STAT_DROP_NOMEM,
	VMNET_STAT_DROP_LOOP,
	VMNET_STAT_DROP_OVERFLOW,
	VMNET_STAT_DROP_TOO_LONG,
	VMNET_STAT_SEGMENTED,
	VMNET_STAT_CSUM,
	VMNET_STAT_DROP_LOCK,
	VMNET_STAT_DROP_VLAN,
	VMNET_STAT_DROP_ISOLATED,
	VMNET_STAT_DROP_LOSS,
	VMNET_STAT_DROP_WAITING,
	VMNET_STAT_DUPLICATED,
	VMNET_STAT_MAX
};

/**
 * enum vmnet_drop - why a frame was lost, in trace.h's order
 * @VMNET_DROP_DOWN: see VMNET_STAT_DROP_DOWN, and so on
 * @VMNET_DROP_MISMATCH: a flooded frame, refused
 * @VMNET_DROP_NOMEM: no memory
 * @VMNET_DROP_LOOP: a ring of uplinks
 * @VMNET_DROP_OVERFLOW: the queue was full; counted there
 * @VMNET_DROP_TOO_LARGE: no reader could take it; counted there
 * @VMNET_DROP_LOCK: see VMNET_STAT_DROP_LOCK, and so on
 * @VMNET_DROP_VLAN: of a VLAN the port takes no part in
 * @VMNET_DROP_ISOLATED: between isolated ports
 * @VMNET_DROP_LOSS: a bad line
 * @VMNET_DROP_WAITING: no room to wait, or it waited when its line ended
 */
enum vmnet_drop {
	VMNET_DROP_DOWN,
	VMNET_DROP_MISMATCH,
	VMNET_DROP_NOMEM,
	VMNET_DROP_LOOP,
	VMNET_DROP_OVERFLOW,
	VMNET_DROP_TOO_LARGE,
	VMNET_DROP_LOCK,
	VMNET_DROP_VLAN,
	VMNET_DROP_ISOLATED,
	VMNET_DROP_LOSS,
	VMNET_DROP_WAITING
};

struct vmnet_stats {
	u64_stats_t		v[VMNET_STAT_MAX];
	struct u64_stats_sync	syncp;
};

/* Context: bottom halves disabled, so that a CPU has one writer. */
static inline void vmnet_stat_add(struct vmnet_stats __percpu *stats,
				  enum vmnet_stat what, u64 n)
{
	struct vmnet_stats *s = this_cpu_ptr(stats);

	u64_stats_update_begin(&s->syncp);
	u64_stats_add(&s->v[what], n);
	u64_stats_update_end(&s->syncp);
}

/* Context: bottom halves disabled. Counts one frame of @bytes. */
static inline void vmnet_stat_frame(struct vmnet_stats __percpu *stats,
				    enum vmnet_stat frames, unsigned int bytes)
{
	struct vmnet_stats *s = this_cpu_ptr(stats);

	u64_stats_update_begin(&s->syncp);
	u64_stats_inc(&s->v[frames]);
	u64_stats_add(&s->v[frames + 1], bytes);
	u64_stats_update_end(&s->syncp);
}

/* Any context. The sum over all CPUs. */
static inline u64 vmnet_stat_read(struct vmnet_stats __percpu *stats,
				  enum vmnet_stat what)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		struct vmnet_stats *s = per_cpu_ptr(stats, cpu);
		unsigned int start;
		u64 v;

		do {
			start = u64_stats_fetch_begin(&s->syncp);
			v = u64_stats_read(&s->v[what]);
		} while (u64_stats_fetch_retry(&s->syncp, start));
		sum += v;
	}
	return sum;
}

#endif /* _VMNET_STATS_H */
