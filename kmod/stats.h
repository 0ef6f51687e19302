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
 * @VMNET_STAT_DROP_NOMEM: frames lost for want of memory
 * @VMNET_STAT_SEGMENTED: frames cut in software for this port
 * @VMNET_STAT_CSUM: checksums completed in software for this port
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
	VMNET_STAT_SEGMENTED,
	VMNET_STAT_CSUM,
	VMNET_STAT_MAX
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
