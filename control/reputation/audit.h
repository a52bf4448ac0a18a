/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The audit trail of delistings: a file of JSON lines that is only added to, each on disk before
 * what it tells of is done: {"time_ms", "key", "who", "why", "score", "srl", "n", "lists": [...],
 * "classes": {CLASS: {"raw", "points", "last"}}}. It outlives the journal.
 *
 * Threads: one per file; anybody may read it.
 */
#include "control/reputation/ledger.h"

#include <jansson.h>

struct audit_row {
	int64_t now_ms;
	const struct ledger_key *key;
	const char *who, *why;
	const struct ledger_view *evidence; /* as it was before */
};

/* Add a row. out_size: of the file before, for audit_undo(). Errors: negative errno, no row */
int audit_add(int folder, const struct audit_row *row, int64_t *out_size);

/* Take the last row back, as what it tells of did not happen. */
void audit_undo(int folder, int64_t size);

/*
 * The newest delistings of a key, newest first, as an array of {"time_ms", "who", "why", "score",
 * "lists"}; of a file that is long, only the end is looked at. A line that cannot be read is passed
 * over. Never blocks for long: at most AUDIT_BACK bytes are read.
 *
 * Errors: NULL with errno
 */
#define AUDIT_BACK     (1u << 20)
#define AUDIT_ROWS_MAX 8
json_t *audit_rows(int folder, const struct ledger_key *key);
