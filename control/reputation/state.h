/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The ledger on disk: an LMDB file with a record for each key, and how far in the journal it is. It
 * only saves time at start: it can always be made again from the journal.
 *
 * Threads: one at a time; a snapshot may be written by another thread than took it.
 */
#include "control/reputation/journal_read.h"
#include "control/reputation/ledger.h"

struct state;

/* What the state is of. */
struct state_moment {
	struct journal_position position; /* of the first record that is not in it */
	int64_t now_ms;                   /* ledger_now() */
};

/* Changes of keys since the last one, in order, or all of them. */
struct state_snapshot {
	struct state_moment moment;
	bool is_full; /* keys that are not in it are gone */
	uint8_t *bytes;
	size_t size, capacity, count;
};

/*
 * Make the folder ready: a damaged file is tried in a child process, and moved aside.
 * out_why: what was wrong, when -EBADMSG is returned (and the file is gone)
 * Threads: only while there is no other. Errors: -EBADMSG; other negative errno
 */
int state_prepare(const char *folder, char *out_why, size_t why_size);

/* Move the file aside, as nothing in it can be used. Errors: negative errno */
int state_aside(const char *folder);

/* Errors: NULL with errno */
struct state *state_open(const char *folder);
void state_close(struct state *s);

/*
 * Fill a new ledger. Without a state the moment is zero.
 * Errors: -EBADMSG: damaged, the ledger is to be thrown away; -ENOMEM
 */
int state_load(struct state *s, struct ledger *ledger, struct state_moment *out_moment);

/* Take what changed since the last one, or everything. Errors: NULL with ENOMEM: the next one must
 * be full */
struct state_snapshot *state_snapshot_take(struct ledger *ledger, const struct state_moment *moment,
                                           bool is_full);
/* Add what changed since to a snapshot, which is of this moment then: a little often instead of all
 * at once. Errors: -ENOMEM: it is good for nothing, and the next one must be full */
int state_snapshot_more(struct state_snapshot *s, struct ledger *ledger,
                        const struct state_moment *moment);
void state_snapshot_free(struct state_snapshot *snapshot);

/* Bring it to disk, in one piece. Errors: negative errno: the state is as it was */
int state_write(struct state *s, const struct state_snapshot *snapshot);
