/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMNET_NATD_RELOAD_H
#define VMNET_NATD_RELOAD_H

#include "nat.h"

int nat_reload(struct nat *n, struct conf_err *err);
void nat_on_hup(struct loop *loop, int signo, void *arg);

#endif
