// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Leases are counted by the monotonic clock, and on record by the wall clock. When
 * that is set, or the machine has slept, they keep their length and the record
 * changes (nat-dhcp.md D26). So that this holds when it was set while the
 * server was not running, a comment in the file says what the blocks behind it were
 * written by: "# vmnet-dhcpd clock BOOT SECONDS", the boot that the
 * monotonic clock counts from, and the wall clock's value then.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "leasefile_priv.h"
#include "log.h"
#include "loop.h"

#define BOOT_ID "/proc/sys/kernel/random/boot_id"
#define MARK "# vmnet-dhcpd clock "

static int64_t offset_now(void)
{
	struct timespec wall;
	uint64_t mono = leasefile_mono();

	clock_gettime(CLOCK_REALTIME, &wall);
	return ((int64_t)wall.tv_sec * (int64_t)SEC + wall.tv_nsec - (int64_t)mono) / (int64_t)SEC;
}

/* Begin with the clocks as they are. */
void leasefile_clock_init(struct leasefile *f)
{
	int fd = open(BOOT_ID, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, f->boot, sizeof(f->boot) - 1);

	if (fd >= 0)
		close(fd);
	f->boot[n > 0 ? n : 0] = '\0';
	f->boot[strcspn(f->boot, "\n")] = '\0';
	f->offset = offset_now();
}

/* The comment, a line. Return: bytes; 0 when the boot is not known. */
size_t leasefile_clock_line(const struct leasefile *f, char *buf, size_t size)
{
	if (!f->boot[0])
		return 0;
	return (size_t)snprintf(buf, size, MARK "%s %" PRId64 "\n", f->boot, f->offset);
}

/* Is a comment one about the clock? */
bool leasefile_clock_is(const char *text, size_t len)
{
	return len >= sizeof(MARK) - 1 && !memcmp(text, MARK, sizeof(MARK) - 1);
}

/* Is a comment ours, and of this boot? Then @offset is set. */
bool leasefile_clock_parse(const struct leasefile *f, const char *text, size_t len, int64_t *offset)
{
	char line[LEASEFILE_CLOCK_LINE], boot[LEASEFILE_BOOT];
	int64_t v;

	if (!f->boot[0] || len >= sizeof(line))
		return false;
	memcpy(line, text, len);
	line[len] = '\0';
	if (sscanf(line, MARK "%39s %" SCNd64, boot, &v) != 2 || strcmp(boot, f->boot) != 0)
		return false;
	*offset = v;
	return true;
}

/**
 * leasefile_wall - the wall clock, as leases are written by
 * @f: the file
 * @mono: monotonic ns
 */
time_t leasefile_wall(const struct leasefile *f, uint64_t mono)
{
	return (time_t)(f->offset + (int64_t)(mono / SEC));
}

static void shift(time_t *t, int64_t by)
{
	if (*t && *t != LEASE_NEVER)
		*t = *t + by > 0 ? *t + by : 1;
}

/**
 * leasefile_clock_set - the wall clock is another
 * @f: the file; all of it will be written anew
 * @offset: wall clock less monotonic clock, seconds
 */
void leasefile_clock_set(struct leasefile *f, int64_t offset)
{
	int64_t by = offset - f->offset;
	char *at;
	size_t i;

	for (i = 0; i < f->db->n; i++) {
		shift(&f->db->all[i]->starts, by);
		shift(&f->db->all[i]->ends, by);
	}
	f->offset = offset;
	f->wanted = true;
	/* One that is being written is half by the old clock. */
	leasefile_fresh_drop(f, 0);
	at = leasefile_room(f, LEASEFILE_CLOCK_LINE);
	if (at)
		f->used += leasefile_clock_line(f, at, LEASEFILE_CLOCK_LINE);
}

/* Has the wall clock been set? Once a turn is often enough. */
void leasefile_clock(struct leasefile *f)
{
	int64_t offset = offset_now(), by = offset - f->offset;

	if (llabs(by) <= LEASEFILE_TOLERATED)
		return;
	log_warn("the clock was set by %" PRId64 " s, or the machine slept; leases last as long as "
		 "they were given for",
		 by);
	leasefile_clock_set(f, offset);
}
