// SPDX-License-Identifier: GPL-2.0-or-later
/* Asking a daemon at its control socket: one line there, one line back. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctlclient.h"

#define MAX_ANSWER (64U << 20)

static int dial(const char *path, unsigned int wait_ms)
{
	struct timeval wait = { .tv_sec = wait_ms / 1000, .tv_usec = wait_ms % 1000 * 1000 };
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd, err;

	if (strlen(path) >= sizeof(sun.sun_path))
		return -ENAMETOOLONG;
	strcpy(sun.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) ||
	    connect(fd, (struct sockaddr *)&sun, sizeof(sun))) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

static int send_all(int fd, const char *s, size_t len)
{
	ssize_t n;

	for (; len; s += n, len -= (size_t)n) {
		n = send(fd, s, len, MSG_NOSIGNAL);
		if (n < 0)
			return -errno;
	}
	return 0;
}

/* Return: the answer without its end of line, or NULL. */
static char *read_line(int fd, int *error)
{
	size_t used = 0, room = 4096;
	char *buf = malloc(room), *more;
	ssize_t n;

	*error = -ENOMEM;
	while (buf) {
		n = recv(fd, buf + used, room - used, 0);
		if (n <= 0) {
			*error = !n ? -ECONNRESET : errno == EAGAIN ? -ETIMEDOUT : -errno;
			break;
		}
		used += (size_t)n;
		if (buf[used - 1] == '\n') {
			buf[used - 1] = '\0';
			*error = 0;
			return buf;
		}
		if (used < room)
			continue;
		more = room < MAX_ANSWER ? realloc(buf, room * 2) : NULL;
		if (!more)
			break;
		buf = more;
		room *= 2;
	}
	free(buf);
	return NULL;
}

/**
 * ctl_socket_path - where a daemon of a network has its control socket
 * @dir: of such sockets, usually CTL_RUN_DIR
 * @daemon: "vmnet-natd" or "vmnet-dhcpd"
 * @network: its name: vmnet8, or that of a tap
 * @buf: gets the path; one that is too long is cut, and refused when it is used
 * @size: of @buf
 *
 * Return: @buf.
 */
const char *ctl_socket_path(const char *dir, const char *daemon, const char *network, char *buf,
			    size_t size)
{
	snprintf(buf, size, "%s/%s-%s.sock", dir, daemon, network);
	return buf;
}

/* Send a request. Return: the socket or negative errno. */
static int begin(const char *path, const char *request, unsigned int wait_ms)
{
	int fd = dial(path, wait_ms), err;

	if (fd < 0)
		return fd;
	err = send_all(fd, request, strlen(request));
	if (!err)
		err = send_all(fd, "\n", 1);
	if (!err)
		return fd;
	close(fd);
	return err;
}

/**
 * ctl_ask - ask a daemon
 * @path: its control socket
 * @request: one line, without its end
 * @wait_ms: how long it may say nothing
 * @error: set to negative errno on failure (-ETIMEDOUT: it says nothing)
 *
 * Return: its answer, to be freed; NULL on failure.
 */
char *ctl_ask(const char *path, const char *request, unsigned int wait_ms, int *error)
{
	int fd = begin(path, request, wait_ms);
	char *answer;

	if (fd < 0) {
		*error = fd;
		return NULL;
	}
	answer = read_line(fd, error);
	close(fd);
	return answer;
}

/**
 * ctl_follow - ask a daemon to tell what happens, and listen
 * @path: its control socket
 * @request: one line, without its end
 * @wait_ms: how long it may take to accept that
 * @fn: gets each line without its end, the answer first; may say false to stop
 * @arg: for @fn
 *
 * Return: 0 when @fn has stopped, -ECONNRESET when the daemon has, or other
 * negative errno.
 */
int ctl_follow(const char *path, const char *request, unsigned int wait_ms,
	       bool (*fn)(char *line, void *arg), void *arg)
{
	const struct timeval ever = { 0 };
	int fd = begin(path, request, wait_ms);
	char *line = NULL;
	bool more = true;
	size_t room = 0;
	ssize_t n = 0;
	FILE *f;

	if (fd < 0)
		return fd;
	f = fdopen(fd, "r");
	if (!f) {
		close(fd);
		return -ENOMEM;
	}
	while (more && (n = getline(&line, &room, f)) > 0) {
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		more = fn(line, arg);
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &ever, sizeof(ever));
	}
	free(line);
	fclose(f);
	return more ? -ECONNRESET : 0;
}
