/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * A change of one key of a manual list on its way to the data plane: begun before it is saved, so
 * that what may fail does so in time, and ended after it.
 *
 * Threads: one.
 */
#include "control/manual_live.h"
#include "control/publish.h"

struct manual_part {
	struct manual_live *live;
	struct manual_key key;
	struct manual_live_record *record; /* NULL = the key goes */
	struct dataset *was;               /* what is near the key; NULL = not to be published so */
};

/*
 * Begin. What keeps the change from being published by itself shows at the end.
 *
 * live:   NULL = there is no such list
 * record: NULL = the key goes
 */
void manual_part_begin(struct manual_part *part, struct manual_live *live, const char *key,
                       const struct manual_record *record);

/*
 * The change was saved: put it into the list, and publish it by itself.
 *
 * Errors: -EAGAIN: the list is to be loaded from the store and published again
 */
int manual_part_end(struct manual_part *part, struct publish *publish, unsigned list,
                    struct publish_result *out_result);

/* Free what is left; always due. */
void manual_part_done(struct manual_part *part);
