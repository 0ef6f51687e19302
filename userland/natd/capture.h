/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMNET_NATD_CAPTURE_H
#define VMNET_NATD_CAPTURE_H

#include "port.h"

struct capture;

int capture_open(const char *path);
struct capture *capture_start(int fd, const char *path);
void capture_frames(struct capture *c, const struct frame *f, unsigned int n);
void capture_flush(struct capture *c);
void capture_stop(struct capture *c);

#endif
