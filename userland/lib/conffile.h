/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMNET_CONFFILE_H
#define VMNET_CONFFILE_H

#include <stddef.h>

/**
 * struct conf_err - why a file was refused
 * @line: where, from 1; 0 when it is about the whole file
 * @text: one sentence, without file and line
 */
struct conf_err {
	unsigned int line;
	char text[256];
};

int conf_fail(struct conf_err *err, unsigned int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
const char *conf_err_format(const char *file, const struct conf_err *err, char *buf, size_t size);

char *conf_read(const char *path, size_t max, size_t *len, int *error);
int conf_write(const char *path, const char *data, size_t len, unsigned int mode);

#endif
