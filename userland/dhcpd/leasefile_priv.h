/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the lease file share. */
#ifndef VMNET_DHCPD_LEASEFILE_PRIV_H
#define VMNET_DHCPD_LEASEFILE_PRIV_H

#include "leasefile.h"

#define LEASEFILE_CLOCK_LINE 96
#define LEASEFILE_TOLERATED 2 /* seconds: rounding, and a clock that is drawn slowly */

/* leasefile.c */
uint64_t leasefile_mono(void);
int leasefile_write(int fd, const char *data, size_t len, size_t *done);
int leasefile_writable(int fd);
int leasefile_sync(int fd);
size_t leasefile_format(const struct lease *l, char *buf, size_t size);
char *leasefile_room(struct leasefile *f, size_t len);

/* leasefile_rewrite.c */
void leasefile_fresh_drop(struct leasefile *f, int why);
void leasefile_fresh_append(struct leasefile *f);

/* leasefile_clock.c */
void leasefile_clock_init(struct leasefile *f);
size_t leasefile_clock_line(const struct leasefile *f, char *buf, size_t size);
bool leasefile_clock_is(const char *text, size_t len);
bool leasefile_clock_parse(const struct leasefile *f, const char *text, size_t len,
			   int64_t *offset);

#endif
