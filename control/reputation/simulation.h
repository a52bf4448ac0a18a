/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What other dials would have made of the same events: a journal, counted by two ledgers at once.
 *
 * Threads: one.
 */
#include "control/reputation/ledger.h"

struct simulation_counts {
	uint64_t events, delistings, bad,
	    damaged;               /* of the journal; bad: records, damaged: bytes */
	uint64_t keys;             /* known by either */
	int64_t first_ms, last_ms; /* of what was counted; 0 = nothing */
	uint64_t before[DIALS_LIST_COUNT], after[DIALS_LIST_COUNT];
	uint64_t entered[DIALS_LIST_COUNT], left[DIALS_LIST_COUNT];
};

/* lists: bits 1 << enum dials_list; score -1 = not known then */
struct simulation_change {
	uint32_t before, after;
	int score_before, score_after;
};

/* A key that would be on other lists. */
typedef void simulation_visit(const struct ledger_key *key, const struct simulation_change *change,
                              void *context);

/*
 * journal: its folder. Listings are those of the moment of its last record.
 * Errors: negative errno; -EINVAL: dials that cannot be used
 */

struct simulation_dials {
	const struct dials *before, *after;
};
int simulation_run(const char *journal, const struct simulation_dials *dials,
                   simulation_visit *visit, void *context, struct simulation_counts *out_counts);
