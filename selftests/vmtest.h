/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tests share: ports, frames, and the text of /proc/vmnet.
 *
 * The harness is the kernel's own (kselftest_harness.h, found through
 * KSFT_DIR). The helpers here never judge: they return values, the tests
 * compare them.
 */
#ifndef VMTEST_H
#define VMTEST_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <linux/if_ether.h>
#include <linux/vmnet.h>

/* How long a condition may take on a slow and busy machine. */
#define VT_DEADLINE_MS	60000
/* How long we look at something that must not happen. */
#define VT_QUIET_MS	50

/* An EtherType nobody else uses (IEEE local experimental). */
#define VT_ETHERTYPE	0x88b5

#define VT_UP		(VMNET_FLAG_UP | VMNET_FLAG_BROADCAST)

/**
 * struct vt_port - an open file and what we know of it
 * @fd: the file
 * @n: N of its userifN
 * @mac: the address the module gave it
 */
struct vt_port {
	int fd;
	int n;
	uint8_t mac[6];
};

int vt_major(void);
int vt_mknod(const char *path, int hub);
int vt_open(int hub, int flags);
int vt_last_userif(void);
int vt_port_open(struct vt_port *p, int hub, int oflags);
int vt_port_up(struct vt_port *p, int hub, uint32_t flags);
int vt_tap_open(struct vt_port *p, int hub, int ifflags);

size_t vt_frame(uint8_t *buf, size_t len, const uint8_t *dst,
		const uint8_t *src, uint8_t tag);
ssize_t vt_send(int fd, size_t len, const uint8_t *dst, const uint8_t *src,
		uint8_t tag);
ssize_t vt_recv(int fd, uint8_t *buf, size_t size);
int vt_recv_tag(int fd);
bool vt_quiet(int fd);
int vt_drain(int fd);

int vt_proc_read(const char *name, char *buf, size_t size);
bool vt_proc_exists(const char *name);
bool vt_proc_gone(const char *name);
int vt_proc_count(const char *prefix);
long long vt_field(const char *text, const char *key);
long long vt_counter(const struct vt_port *p, const char *key);
int vt_slot(const struct vt_port *p, char *buf, size_t size);
long long vt_slot_tx(int hub, int slot);

int vt_flags(int fd, uint32_t flags);
int vt_set_mac(int fd, const uint8_t *mac, uint32_t flags);
int vt_get_mac(int fd, uint8_t *mac);
int vt_bind(int fd, int hub);
int vt_netif(int fd, const char *name);
int vt_peer(int fd, const char *name, uint32_t flags);

extern const uint8_t vt_bcast[6];

/* The errno of a call that failed, 0 of one that did not. */
#define VT_ERRNO(call) ({ errno = 0; (call) < 0 ? errno : 0; })

#ifdef VT_HARNESS
#include "kselftest_harness.h"
/* An emulated debug kernel needs more than the usual half minute. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 480
#endif

#endif /* VMTEST_H */
