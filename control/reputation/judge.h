/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What an event counts for: the rules of the classes. Nothing that good evidence does here takes
 * from later good evidence or adds bad: more good evidence never makes a score worse.
 *
 * Threads: as the ledger's.
 */
#include "control/reputation/ledger_private.h"

#define JUDGE_GAINS_MAX 3 /* of one event: itself, a harvest, a sudden volume */

/*
 * Judge an event at the record of the address it is about, which is to be of the present. What is
 * seen of recipients and users is noted there. Returns how many gains there are, 0 to
 * JUDGE_GAINS_MAX.
 */
unsigned judge(struct ledger *l, uint32_t number, const struct event *event, int64_t time_ms,
               struct evidence_gain out_gains[JUDGE_GAINS_MAX]);

/*
 * Reporters corroborate each other within one purpose: the score's, backscatter's, auth's. Whether
 * one does by this evidence, and the item it is in RECORD_REPORTERS.
 */
bool judge_reporter(const struct event *event, enum event_class counted, int64_t time_ms,
                    struct record_item *out_item);

/* The last bits of the items of reporters of a class's purpose. */
#define JUDGE_PURPOSE_MASK 3u
uint32_t judge_purpose(enum event_class class);
