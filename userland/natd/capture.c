// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Recording of what passes on the guests' side, as a capture file.
 *
 * A frame that is to be cut into segments is recorded as the one that it is,
 * which captures on a host with offloads show too. A checksum that is left to
 * the port is completed in the copy, so that no reader calls it wrong.
 */
#include <errno.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <signal.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "capture.h"
#include "gso.h"
#include "log.h"

#define BUFFER (256U << 10)

/**
 * struct capture - a recording
 * @path: the file, for messages
 * @pcap: what kind of file it is
 * @out: writes it; NULL when that has failed
 * @good: bytes of the file that are whole
 * @copy: a frame in one piece
 *
 * Lifetime: capture_start() to capture_stop(). It outlives a failure, so that
 * who has it need not know.
 */
struct capture {
	const char *path;
	pcap_t *pcap;
	pcap_dumper_t *out;
	long good;
	uint8_t copy[FRAME_MAX];
};

/**
 * capture_open - open the file of a recording
 * @path: the file; made, or emptied
 *
 * What guests send is for its owner alone. Return: descriptor or negative errno.
 */
int capture_open(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	return fd < 0 ? -errno : fd;
}

/* The rest is not recorded; what there is can be read to its end. */
static void give_up(struct capture *c, int err)
{
	FILE *file = pcap_dump_file(c->out);

	log_err("%s: %s; recording stops", c->path, strerror(err));
	__fpurge(file);
	if (ftruncate(fileno(file), c->good) && errno != EINVAL)
		log_warn("%s: its last frame is cut short", c->path);
	pcap_dump_close(c->out);
	c->out = NULL;
}

/**
 * capture_start - begin to record
 * @fd: from capture_open(), ours from now on
 * @path: the file, for messages; outlives the recording
 *
 * Return: the recording, NULL without memory.
 */
struct capture *capture_start(int fd, const char *path)
{
	struct capture *c = calloc(1, sizeof(*c));
	FILE *file = fdopen(fd, "w");

	if (c && file) {
		c->path = path;
		c->pcap = pcap_open_dead_with_tstamp_precision(DLT_EN10MB, FRAME_MAX,
							       PCAP_TSTAMP_PRECISION_NANO);
		setvbuf(file, NULL, _IOFBF, BUFFER);
		if (c->pcap)
			c->out = pcap_dump_fopen(c->pcap, file);
	}
	if (!c || !c->out) {
		if (c && c->pcap)
			pcap_close(c->pcap);
		if (file)
			fclose(file);
		else
			close(fd);
		free(c);
		return NULL;
	}
	/* A file that is as large as it may be is an error like others. */
	signal(SIGXFSZ, SIG_IGN);
	capture_flush(c);
	return c;
}

/**
 * capture_frames - record frames
 * @c: the recording
 * @f: frames as they came, or went
 * @n: how many
 */
void capture_frames(struct capture *c, const struct frame *f, unsigned int n)
{
	struct pcap_pkthdr h;
	struct timespec now;
	const uint8_t *data;
	unsigned int i;

	for (i = 0; i < n && c->out; i++) {
		data = gso_flatten(&f[i], c->copy, sizeof(c->copy));
		if (!data)
			continue;
		clock_gettime(CLOCK_REALTIME, &now);
		/* In a file of nanoseconds they stand in the place of microseconds. */
		h.ts.tv_sec = now.tv_sec;
		h.ts.tv_usec = now.tv_nsec;
		h.caplen = h.len = f[i].len + f[i].tail_len;
		pcap_dump((u_char *)c->out, &h, data);
		if (ferror(pcap_dump_file(c->out)))
			give_up(c, errno);
	}
}

/* What was recorded is in the file from now on. */
void capture_flush(struct capture *c)
{
	if (!c->out)
		return;
	if (pcap_dump_flush(c->out))
		give_up(c, errno);
	else
		c->good = pcap_dump_ftell(c->out);
}

/* End the recording. */
void capture_stop(struct capture *c)
{
	if (!c)
		return;
	capture_flush(c);
	if (c->out)
		pcap_dump_close(c->out);
	pcap_close(c->pcap);
	free(c);
}
