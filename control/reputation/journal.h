/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The journal: every event that was admitted, in order, in numbered files (segments) of a folder.
 * Records are appended in memory and brought to disk together; what is committed survives a crash.
 * A record's checksum is keyed with where it stands, so that nothing that once stood elsewhere is
 * taken for one.
 *
 * Threads: one per struct journal.
 */
#include "control/reputation/journal_read.h"

#include <stdbool.h>

struct journal;

/*
 * Open a folder, made if missing. A new segment is begun at the first commit.
 * segment_size: where the next one begins
 * Errors: NULL with errno
 */
struct journal *journal_open(const char *folder, uint64_t segment_size);

/* Begin after a segment that is known elsewhere, should the files of it be gone. */
void journal_skip(struct journal *j, uint64_t segment);

/* Cut off what a crash left at the end of the last segment. Errors: negative errno */
int journal_cut(struct journal *j, struct journal_position end);

/* What is not committed is lost; NULL is allowed. */
void journal_close(struct journal *j);

/* Add a record to the next commit. Errors: -EMSGSIZE, -ENOMEM: it is not in it */
int journal_append(struct journal *j, const uint8_t *bytes, size_t size);

/*
 * Write what was appended and sync it. now_ms: of a segment that is begun.
 * Errors: negative errno: nothing of it is in the journal, and it is forgotten; the next commit
 * may work
 */
int journal_commit(struct journal *j, int64_t now_ms);

/* Forget what was appended since the last commit. */
void journal_discard(struct journal *j);

/* The end of what is committed. */
struct journal_position journal_end(const struct journal *j);

/*
 * Remove segments that are older than keep_ms, or the oldest while all are more than size_max; but
 * none with a record at or after `needed`, and never the last one.
 * Returns how many. Errors: negative errno, of the last one that failed
 */
struct journal_limits {
	int64_t keep_ms;
	uint64_t size_max;
};
int journal_retain(struct journal *j, const struct journal_limits *limits, int64_t now_ms,
                   struct journal_position needed);

/* Bytes of all segments. */
uint64_t journal_size(const struct journal *j);
