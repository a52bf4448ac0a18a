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
 * How often a key was delisted since a moment, by the rows of the file.
 * Errors: negative errno
 */
int audit_count(int folder, const struct ledger_key *key, int64_t since_ms, unsigned *out_count);
