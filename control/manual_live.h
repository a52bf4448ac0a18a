/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The records of a manual list that are being answered, in memory: so that a change costs what it
 * changes, and not the reading of the whole list. Holds what had not expired when it was loaded.
 *
 * A change of a key matters where the key is and nowhere else. manual_live_build() makes a dataset
 * of the records that overlap a key: what it says there is what the dataset of all of them says.
 *
 * Threads: one.
 */
#include "control/manual.h"

#include <stdbool.h>
#include <stdint.h>

struct manual_live;

/* Near a key, no more than fit a set of a dataset: which values it keeps would differ else. */
#define MANUAL_LIVE_NEAR_MAX DATASET_SET_MAX

/* Load a list from the store. Errors: negative errno */
int manual_live_load(struct manual *m, const char *list, int64_t now_s,
                     struct manual_live **out_live);
void manual_live_free(struct manual_live *live);

/* A record that is about to be saved; it is in the list from manual_live_put() on. */
struct manual_live_record;

/* Make one, and room for it. Errors: -ENOMEM, -EINVAL no record that is ever answered */
int manual_live_prepare(struct manual_live *live, const struct manual_record *record,
                        struct manual_live_record **out_record);
void manual_live_discard(struct manual_live_record *record);

/* Add a prepared record, the live's from now on, in place of the one of the same key. */
void manual_live_put(struct manual_live *live, struct manual_live_record *record);
void manual_live_delete(struct manual_live *live, const struct manual_key *key);

/* What of a list is known without building it. */
uint64_t manual_live_count(const struct manual_live *live);
int64_t manual_live_expiry(const struct manual_live *live); /* 0 = none; may be too early */

/*
 * Whether a code that the list's records have goes when a record, or NULL for none, takes the place
 * of what is there for the key.
 */
bool manual_live_is_last_code(const struct manual_live *live, const struct manual_key *key,
                              const struct manual_record *record);

/*
 * The dataset of all records, or of those that overlap a key.
 *
 * near:   NULL = all
 * max:    records near it
 * Errors: NULL with errno: ENOMEM; E2BIG: more are near it
 * Cost:   O(records), a few nanoseconds for each that is not near
 */
struct dataset *manual_live_build(const struct manual_live *live, const struct manual_key *near,
                                  size_t max);
