/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Which files a log has been and will be: the one of a path with those it was renamed or copied to
 * (mail.log.1, mail.log-20260105), or those of a pattern. Compressed ones are none of them.
 *
 * Threads: one; no state but the open folder.
 */
#include "control/import/follow.h"

#include <stdbool.h>
#include <sys/stat.h>

struct rotation {
	int folder;
	bool is_pattern;
	char folder_path[FOLLOW_PATH_MAX];
	char name[256]; /* or the pattern */
};

/* Errors: negative errno */
int rotation_open(const char *path, struct rotation *out_rotation);
void rotation_close(struct rotation *r);

/*
 * By what a file is known, as 16 hex digits. Returns 1, 0 when it has no whole line yet that is no
 * comment, or a negative errno.
 */
int rotation_identify(int fd, char out_file[FOLLOW_FILE_SIZE]);

/* Open the file that is known by this and has at least so many bytes. Errors: -ENOENT */
int rotation_find(const struct rotation *r, const char *file, uint64_t size);

/*
 * Open the file that comes after one: the oldest of those written to after it. after, file: NULL =
 * the file of the path, or the newest of a pattern. Errors: -ENOENT
 */
int rotation_next(const struct rotation *r, const struct stat *after, const char *file);
