/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The messages of a delta: checked and collected as they come, and applied in turns at its Commit,
 * definitions first and then what uses them, each in order of arrival.
 *
 * Threads: the update thread only.
 */
#include "dataplane/update_apply.h"
#include "dataplane/update_check.h"

#include <stdbool.h>
#include <stddef.h>

/* All zeros: nothing collected. */
struct update_delta {
	channel_request **requests; /* Define, Paint4, Paint6 and PutNames; owned */
	size_t count, capacity;
	size_t size; /* bytes that they cost */

	/* of applying: */
	bool is_defined;             /* the definitions are applied, all else is next */
	size_t applied_count;        /* messages of this round */
	struct update_cursor cursor; /* in the next one */
};

/*
 * Collect a message that was checked.
 *
 * request: owned by d from now on, unless there is an error
 * Errors:  -EFBIG: more than UPDATE_DELTA_SIZE_MAX; -ENOMEM
 */
int update_delta_add(struct update_delta *d, channel_request *request,
                     struct update_error *out_error);

/*
 * Apply until it is all done or some time is over.
 *
 * Returns: 1 = there is more
 * Errors:  negative errno; a part is applied
 */
int update_delta_apply(struct update_delta *d, struct tables *t);

/*
 * Free all messages.
 *
 * defined: what the definitions among them are taken out of; NULL = they stay
 */
void update_delta_drop(struct update_delta *d, struct update_defined *defined);
