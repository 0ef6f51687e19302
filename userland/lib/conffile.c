// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Configuration files: read whole, written whole, complained about in one form.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "conffile.h"

/**
 * conf_note - note what is wrong
 * @err: where to note it
 * @line: line number, 0 for the whole file
 * @column: place in the line, 0 for the whole line
 * @fmt: the reason
 * @ap: for @fmt
 */
void conf_note(struct conf_err *err, unsigned int line, unsigned int column, const char *fmt,
	       va_list ap)
{
	err->line = line;
	err->column = column;
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
}

/**
 * conf_fail - note what is wrong with a line
 * @err: where to note it
 * @line: line number, 0 for the whole file
 * @fmt: the reason
 *
 * Return: -EINVAL, for the caller to return.
 */
int conf_fail(struct conf_err *err, unsigned int line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	conf_note(err, line, 0, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/**
 * conf_fail_at - note what is wrong at a place in a line
 * @err: where to note it
 * @line: line number
 * @column: in the line, from 1
 * @fmt: the reason
 *
 * Return: -EINVAL, for the caller to return.
 */
int conf_fail_at(struct conf_err *err, unsigned int line, unsigned int column, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	conf_note(err, line, column, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/* "FILE:LINE:COLUMN: reason", "FILE:LINE: reason" or "FILE: reason". Return: @buf. */
const char *conf_err_format(const char *file, const struct conf_err *err, char *buf, size_t size)
{
	if (err->line && err->column)
		snprintf(buf, size, "%s:%u:%u: %s", file, err->line, err->column, err->text);
	else if (err->line)
		snprintf(buf, size, "%s:%u: %s", file, err->line, err->text);
	else
		snprintf(buf, size, "%s: %s", file, err->text);
	return buf;
}

/**
 * conf_read - read a whole file
 * @path: the file
 * @max: most bytes to accept
 * @len: set to its length; may be NULL
 * @error: set to negative errno on failure (-EFBIG: longer than @max)
 *
 * Return: the text, terminated, to be freed; NULL on failure.
 */
char *conf_read(const char *path, size_t max, size_t *len, int *error)
{
	size_t used = 0, room = 4096;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *buf, *more;
	ssize_t n;

	if (fd < 0) {
		*error = -errno;
		return NULL;
	}
	buf = malloc(room + 1);
	*error = -ENOMEM;
	while (buf) {
		n = read(fd, buf + used, room - used);
		if (n < 0) {
			*error = -errno;
			break;
		}
		if (!n) {
			buf[used] = '\0';
			if (len)
				*len = used;
			close(fd);
			*error = 0;
			return buf;
		}
		used += (size_t)n;
		if (used > max) {
			*error = -EFBIG;
			break;
		}
		if (used < room)
			continue;
		more = realloc(buf, room * 2 + 1);
		if (!more)
			break;
		buf = more;
		room *= 2;
	}
	free(buf);
	close(fd);
	return NULL;
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/**
 * conf_write - replace a file, whole or not at all
 * @path: the file; made when it is not there
 * @data: its new content
 * @len: bytes
 * @mode: permissions of a new file; an old one keeps its own, and its owner
 *
 * Return: 0 or negative errno, and then the old file is untouched.
 */
int conf_write(const char *path, const char *data, size_t len, unsigned int mode)
{
	char tmp[PATH_MAX], dir[PATH_MAX];
	struct stat st;
	int fd, err;

	if (snprintf(tmp, sizeof(tmp), "%s.XXXXXX", path) >= (int)sizeof(tmp))
		return -ENAMETOOLONG;
	fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = write_all(fd, data, len);
	if (!err && !stat(path, &st)) {
		mode = st.st_mode & 07777;
		if (fchown(fd, st.st_uid, st.st_gid))
			err = -errno;
	}
	if (!err && (fchmod(fd, mode) || fsync(fd)))
		err = -errno;
	close(fd);
	if (!err && rename(tmp, path))
		err = -errno;
	if (err) {
		unlink(tmp);
		return err;
	}
	strcpy(dir, path);
	fd = open(dirname(dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	return 0;
}
