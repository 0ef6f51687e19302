/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMNET_CONFFILE_H
#define VMNET_CONFFILE_H

#include <stdarg.h>
#include <stddef.h>

/**
 * struct conf_err - why a file was refused
 * @line: where, from 1; 0 when it is about the whole file
 * @column: where in the line, from 1; 0 when it is about the whole line
 * @text: one sentence, without file and line
 */
struct conf_err {
	unsigned int line, column;
	char text[256];
};

int conf_fail(struct conf_err *err, unsigned int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int conf_fail_at(struct conf_err *err, unsigned int line, unsigned int column, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void conf_note(struct conf_err *err, unsigned int line, unsigned int column, const char *fmt,
	       va_list ap);
const char *conf_err_format(const char *file, const struct conf_err *err, char *buf, size_t size);

char *conf_read(const char *path, size_t max, size_t *len, int *error);
int conf_write(const char *path, const char *data, size_t len, unsigned int mode);

#endif
