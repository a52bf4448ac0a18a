/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * From points to a score: in each lane p = (bad + m * prior) / (n + m), the worse lane decides. The
 * slow lane's prior is what is thought of the surroundings; the fast lane's is what the key's own
 * older evidence makes of that, so that a long history weighs against a few hours, and no evidence
 * weighs twice.
 *
 * Threads: pure functions.
 */
#include "control/reputation/evidence.h"
#include "control/reputation/ledger.h"

enum score_side {
	SCORE_NONE, /* of no weight, or only for a list of its own */
	SCORE_GOOD,
	SCORE_BAD,
};

#define SCORE_GOOD_CLASSES (1u << EVENT_GOOD_DELIVERY | 1u << EVENT_NOT_JUNK)
#define SCORE_BAD_CLASSES                                                                          \
	(1u << EVENT_SPAM_VERDICT | 1u << EVENT_PHISH | 1u << EVENT_MALWARE |                      \
	 1u << EVENT_TRAP_PRISTINE | 1u << EVENT_TRAP_RECYCLED | 1u << EVENT_INVALID_RCPT |        \
	 1u << EVENT_DHA | 1u << EVENT_ANOMALY)

static inline enum score_side score_side(enum event_class class)
{
	if (SCORE_GOOD_CLASSES >> class & 1)
		return SCORE_GOOD;
	return SCORE_BAD_CLASSES >> class & 1 ? SCORE_BAD : SCORE_NONE;
}

/* Points at one moment. */
struct score_sums {
	double good[EVIDENCE_LANES], bad[EVIDENCE_LANES];
};

/* Beta shrinkage: points and the opinion of a parent, which is worth `prior_mass` points. */
double score_shrink(const struct dials *dials, double bad, double n, double prior);

/* Of the score's fields all but confidence, prior_from and the table. */
void score_decide(const struct dials *dials, const struct score_sums *sums, double prior,
                  struct ledger_score *out_score);

/* Fills in of_class, of_prior, of_history, of_rounding of a decided score. */
void score_table(const struct dials *dials, const struct ledger_row rows[EVENT_CLASS_COUNT],
                 struct ledger_score *score);
