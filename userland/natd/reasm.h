/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reassembly of fragments of either family (RFC 791, 815, 8200 4.5, 5722). Does
 * no I/O, and asks for the time.
 */
#ifndef VMNET_NATD_REASM_H
#define VMNET_NATD_REASM_H

#include "parse.h"

struct reasm;

struct reasm *reasm_new(void);
void reasm_free(struct reasm *r);
enum pkt_why reasm_add(struct reasm *r, const struct pkt_in *part, uint64_t now,
		       const uint8_t **whole, size_t *len);
unsigned int reasm_waiting(const struct reasm *r);

#endif
