/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the programs that measure share.
 */
#ifndef MEASURE_H
#define MEASURE_H

#include <stdbool.h>

__attribute__((noreturn)) void die(const char *what);
double now(void);
double median(double *v, int n);
void set_up(int sock, const char *name, bool up);
void write_file(const char *path, const char *text);
int make_bridge(const char *name);
void enslave(int sock, const char *bridge, const char *name);

#endif
