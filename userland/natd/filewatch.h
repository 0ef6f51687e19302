/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file that others may change, replace, or have still to make. */
#ifndef VMNET_NATD_FILEWATCH_H
#define VMNET_NATD_FILEWATCH_H

#include <stdbool.h>

#include "loop.h"

/**
 * struct filewatch - one that is watched
 * @path: the file, perhaps a link
 * @fn: called when something may have changed
 * @fd: inotify; the file's directory is watched, since it is replaced, and that
 *	of the file it links to
 * @grows: it is also appended to by one who keeps it open; set by the user before
 *	filewatch_again()
 * @complete: all that must be watched is
 * @looked: when that was seen to
 *
 * Lifetime: filewatch_init() to filewatch_done(), embedded in its user.
 */
struct filewatch {
	struct loop *loop;
	char path[256];
	void (*fn)(struct filewatch *w);
	struct loop_fd fd;
	struct loop_timer settle;
	bool grows;
	bool complete;
	uint64_t looked;
};

int filewatch_init(struct filewatch *w, struct loop *loop, const char *path,
		   void (*fn)(struct filewatch *w));
void filewatch_again(struct filewatch *w);
bool filewatch_due(const struct filewatch *w);
void filewatch_done(struct filewatch *w);

#endif
