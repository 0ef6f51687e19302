// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One line a message, to syslog, to standard error, or both.
 */
#include <stdarg.h>
#include <stdio.h>
#include "log.h"

/* A process has one log, as it has one standard error. */
static struct {
	const char *ident;
	int max_level;
	bool to_syslog;
	bool to_stderr;
} log_state = { "vmnet", LOG_INFO, false, true };

/**
 * log_open - choose where messages go
 * @ident: name of the program; must stay valid
 * @max_level: least urgent level that is shown (LOG_ERR .. LOG_DEBUG)
 * @to_syslog: send to syslog, facility daemon
 * @to_stderr: write to standard error, "ident: message"
 */
void log_open(const char *ident, int max_level, bool to_syslog, bool to_stderr)
{
	log_state.ident = ident;
	log_state.max_level = max_level;
	log_state.to_syslog = to_syslog;
	log_state.to_stderr = to_stderr;
	if (to_syslog)
		openlog(ident, LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

/* Is a message of @level shown? To be asked before words are made that cost time. */
bool log_shows(int level)
{
	return level <= log_state.max_level;
}

/**
 * log_msg - say something
 * @level: syslog level
 * @fmt: as printf(), without a newline
 */
void log_msg(int level, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (!log_shows(level))
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (log_state.to_syslog)
		syslog(level, "%s", text);
	if (log_state.to_stderr)
		fprintf(stderr, "%s: %s\n", log_state.ident, text);
}
