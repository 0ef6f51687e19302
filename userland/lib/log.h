/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMNET_LOG_H
#define VMNET_LOG_H

#include <stdbool.h>
#include <syslog.h>

void log_open(const char *ident, int max_level, bool to_syslog, bool to_stderr);
bool log_shows(int level);
void log_msg(int level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_err(...) log_msg(LOG_ERR, __VA_ARGS__)
#define log_warn(...) log_msg(LOG_WARNING, __VA_ARGS__)
#define log_info(...) log_msg(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_msg(LOG_DEBUG, __VA_ARGS__)

#endif
