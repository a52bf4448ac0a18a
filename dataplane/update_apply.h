/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Checked messages written into tables: into a full load's own ones as they come, into the
 * published ones at the Commit of a delta; in steps, so that others can be served between them.
 *
 * Threads: the update thread only, which is registered with liburcu-qsbr and online.
 */
#include "dataplane/proto/channel.h"
#include "dataplane/table/tables.h"

#include <stdbool.h>

/* How far a message is applied; all zeros at its start. */
struct update_cursor {
	size_t at;      /* items that are done; of Define, listings and then verdicts */
	size_t offset;  /* PutNames: bytes of these; ahead: of what is prefetched */
	size_t ahead;   /* PutNames */
	uint32_t first; /* Paint4: of a wide range, what is left begins here; 0 = all of it */
};

/*
 * Apply the next part of a Define, Paint4, Paint6 or PutNames: some milliseconds at most, but for a
 * Define of ids that were forgotten just now, which waits for their grace period.
 *
 * Returns: 1 there is more, 0 all of it is applied
 * Errors:  negative errno, and a part may have been applied. After the checks of update_check.h
 *          only -ENOMEM is left
 */
int update_apply_some(struct tables *t, const channel_request *m, struct update_cursor *cursor);

/* All of it. */
int update_apply(struct tables *t, const channel_request *m);
