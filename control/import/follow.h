/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * A log that is read line by line as it grows, over rotation by renaming, by copying and
 * truncating, and by files whose names go on (MSGTRK2026*.LOG). A file is known by its content up
 * to its first line that is no comment, so that a place in it means the same after a restart, after
 * it was renamed, and in its copy. What a compressed or removed file still held is lost, and
 * counted.
 *
 * Threads: one.
 */
#include "control/import/scan.h"

#include <stdint.h>

#define FOLLOW_FILE_SIZE 17 /* 16 hex digits and a terminator */
#define FOLLOW_HEAD_MAX  4096
#define FOLLOW_PATH_MAX  4096

struct follow;

struct follow_place {
	char file[FOLLOW_FILE_SIZE]; /* empty = nowhere yet */
	uint64_t offset;             /* bytes */
};

struct follow_counts {
	uint64_t rotations;
	uint64_t losses; /* a file that was not read to its end could not be found any more */
};

/*
 * Follow a path, or the files of a pattern: its last part may hold '*', '?' and '[…]'. None of them
 * need be there yet.
 *
 * from:   where to go on; with an empty file the current file is read from its start
 * Errors: NULL with errno: ENOENT, EACCES of the folder; EINVAL; ENOMEM
 */
struct follow *follow_open(const char *path, const struct follow_place *from);
void follow_close(struct follow *f);

/*
 * The next whole line, without its end, good until the next call, and where it begins. A line
 * longer than IMPORT_LINE_MAX is given once, cut to one byte more than that. Returns 1, 0 when
 * there is none now, or a negative errno: trying again later is right.
 */
int follow_next(struct follow *f, struct span *out_line, struct follow_place *out_place);

/* Where the next line will begin. */
void follow_place(const struct follow *f, struct follow_place *out_place);

/* To be polled: readable when something may have been written. follow_heard() is to be called then.
 */
int follow_fd(const struct follow *f);
void follow_heard(struct follow *f);

const struct follow_counts *follow_counts(const struct follow *f);
