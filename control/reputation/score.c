/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/score.h"

#include <math.h>

/* Parts are kept in hundredths of a point of the score. */
#define WHOLE 10000

double score_shrink(const struct dials *dials, double bad, double n, double prior)
{
	return (bad + (double)dials->prior_mass * prior) / (n + (double)dials->prior_mass);
}

static double score_above(double a, double b)
{
	return a > b ? a - b : 0;
}

/* What the fast lane takes for its prior: the evidence that the fast lane itself has is left out.
 */
static double score_history(const struct dials *dials, const struct score_sums *sums, double prior)
{
	double bad = score_above(sums->bad[EVIDENCE_SLOW], sums->bad[EVIDENCE_FAST]);
	double good = score_above(sums->good[EVIDENCE_SLOW], sums->good[EVIDENCE_FAST]);

	return score_shrink(dials, bad, bad + good, prior);
}

static int score_confidence(double n)
{
	return n < 5 ? 0 : n < 20 ? 1 : n < 100 ? 2 : 3;
}

void score_decide(const struct dials *dials, const struct score_sums *sums, double prior,
                  struct ledger_score *out_score)
{
	double priors[EVIDENCE_LANES] = {prior, score_history(dials, sums, prior)};
	double n[EVIDENCE_LANES], p[EVIDENCE_LANES];
	int lane;

	for (unsigned i = 0; i < EVIDENCE_LANES; i++) {
		n[i] = sums->good[i] + sums->bad[i];
		p[i] = score_shrink(dials, sums->bad[i], n[i], priors[i]);
	}
	lane = p[EVIDENCE_FAST] > p[EVIDENCE_SLOW] ? EVIDENCE_FAST : EVIDENCE_SLOW;
	out_score->lane = lane;
	out_score->p = p[lane];
	out_score->n = n[lane];
	out_score->prior = prior;
	out_score->history = priors[lane];
	out_score->score = (int)lround(100 * (1 - p[lane]));
	/* A hair more, so that a p that should be 0.3 is not 2 for its last bit. */
	out_score->srl = (int)floor(10 * p[lane] + 1e-9);
	if (out_score->srl > 9)
		out_score->srl = 9;
	out_score->confidence = score_confidence(n[EVIDENCE_SLOW]);
}

/*
 * 1 - p = 1 - prior + (sum(good) * prior - sum(bad) * (1 - prior)) / (n + m): each point moves the
 * score from what the prior says towards its own side.
 */
void score_table(const struct dials *dials, const struct ledger_row rows[EVENT_CLASS_COUNT],
                 struct ledger_score *score)
{
	double mass = score->n + (double)dials->prior_mass;
	int32_t sum = WHOLE;

	score->of_prior = -(int32_t)lround(WHOLE * score->prior);
	score->of_history = (int32_t)lround(WHOLE * (score->prior - score->history));
	sum += score->of_prior + score->of_history;
	for (unsigned i = 0; i < EVENT_CLASS_COUNT; i++) {
		enum score_side side = score_side(i);
		double part = rows[i].points[score->lane] / mass;

		if (side == SCORE_NONE)
			part = 0;
		else
			part *= side == SCORE_GOOD ? score->history : score->history - 1;
		score->of_class[i] = (int32_t)lround(WHOLE * part);
		sum += score->of_class[i];
	}
	score->of_rounding = 100 * score->score - sum;
}
