/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The sanity table of the model: points in, score and Wilson's bound out. Where the fast lane takes
 * the key's older evidence for its prior, which the first model did not, both scores are told.
 */
#include "control/reputation/score.h"
#include "control/reputation/wilson.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct sanity {
	const char *what;
	double bad[EVIDENCE_LANES], good[EVIDENCE_LANES];
	int before, score, srl;       /* before: of the first model */
	double lower[EVIDENCE_LANES]; /* to two digits */
	bool enters;                  /* by points and bound; sources are the ledger's */
};

static const struct sanity sanities[] = {
    {"an ESP of 1000 good a day and a trap: its history outweighs one hit",
     {25, 25},
     {20198, 361},
     93,
     94,
     0,
     {0.00, 0.04},
     false},
    {"an ESP of 1000 good and 40 spam a day, steadily",
     {623, 52},
     {20198, 361},
     87,
     88,
     1,
     {0.03, 0.10},
     false},
    {"an office of 5 good a day and a trap: the fast lane lists, the history keeps the score up",
     {25, 25},
     {101, 2},
     38,
     45,
     5,
     {0.14, 0.77},
     true},
    {"an office of 5 good a day that sends 40 spam in an hour",
     {144, 144},
     {101, 2},
     11,
     13,
     8,
     {0.53, 0.95},
     true},
    {"an office of 5 good a day and 3 false positives: 55 was too harsh",
     {11, 11},
     {101, 2},
     55,
     65,
     3,
     {0.056, 0.58},
     false},
    {"a new address and a trap: nothing older, so as before",
     {25, 25},
     {0, 0},
     36,
     36,
     6,
     {0.87, 0.87},
     true},
    {"a new address and a harvest of 10", {30, 30}, {0, 0}, 32, 32, 6, {0.89, 0.89}, true},
    {"a new address and 6 verdicts of 0.9", {22, 22}, {0, 0}, 38, 38, 6, {0.85, 0.85}, true},
    {"a newsletter of 200 good and 8 invalid recipients",
     {8, 8},
     {200, 200},
     95,
     95,
     0,
     {0.02, 0.02},
     false},
};

static void of_row(const struct sanity *s, struct ledger_score *out_score)
{
	struct score_sums sums;
	struct dials dials;

	dials_default(&dials);
	for (unsigned lane = 0; lane < EVIDENCE_LANES; lane++) {
		sums.bad[lane] = s->bad[lane];
		sums.good[lane] = s->good[lane];
	}
	score_decide(&dials, &sums, 0.2, out_score);
}

static void test_sanity(void **state)
{
	struct ledger_score score = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(sanities) / sizeof(sanities[0]); i++) {
		const struct sanity *s = &sanities[i];
		bool enters = false;

		of_row(s, &score);
		if (score.score != s->score || score.srl != s->srl)
			fail_msg("%s: score %d, srl %d", s->what, score.score, score.srl);
		for (unsigned lane = 0; lane < EVIDENCE_LANES; lane++) {
			double n = s->bad[lane] + s->good[lane];
			double lower = wilson_lower(s->bad[lane], n);

			if (fabs(lower - s->lower[lane]) > 0.0051)
				fail_msg("%s: lane %u: lower %.4f", s->what, lane, lower);
			enters |= lower >= 0.6 && n >= 20;
		}
		if (enters != s->enters)
			fail_msg("%s: enters %d", s->what, enters);
	}
}

/* What the first model says: every lane's prior is the parent's. So `before` is no fiction. */
static void test_before(void **state)
{
	struct dials dials;

	(void)state;
	dials_default(&dials);
	for (size_t i = 0; i < sizeof(sanities) / sizeof(sanities[0]); i++) {
		const struct sanity *s = &sanities[i];
		double worst = 0;

		for (unsigned lane = 0; lane < EVIDENCE_LANES; lane++) {
			double n = s->bad[lane] + s->good[lane];

			worst = fmax(worst, score_shrink(&dials, s->bad[lane], n, 0.2));
		}
		assert_int_equal(lround(100 * (1 - worst)), s->before);
	}
}

static void test_table_sums(void **state)
{
	struct dials dials;

	(void)state;
	dials_default(&dials);
	for (size_t i = 0; i < sizeof(sanities) / sizeof(sanities[0]); i++) {
		struct ledger_row rows[EVENT_CLASS_COUNT] = {0};
		struct ledger_score score = {0};
		int sum = 10000;

		of_row(&sanities[i], &score);
		for (unsigned lane = 0; lane < EVIDENCE_LANES; lane++) {
			rows[EVENT_SPAM_VERDICT].points[lane] = sanities[i].bad[lane];
			rows[EVENT_GOOD_DELIVERY].points[lane] = sanities[i].good[lane];
			rows[EVENT_AUTH_FAIL].points[lane] = 50;
		}
		score_table(&dials, rows, &score);
		for (unsigned class = 0; class < EVENT_CLASS_COUNT; class ++)
			sum += score.of_class[class];
		sum += score.of_prior + score.of_history + score.of_rounding;
		assert_int_equal(sum, 100 * score.score);
		/* The rows say it all but for rounding to a point and to hundredths. */
		assert_in_range(score.of_rounding + 54, 0, 108);
		assert_true(score.of_class[EVENT_SPAM_VERDICT] <= 0);
		assert_true(score.of_class[EVENT_GOOD_DELIVERY] >= 0);
		assert_int_equal(score.of_class[EVENT_AUTH_FAIL], 0);
	}
}

static void test_wilson(void **state)
{
	static const struct {
		const char *why;
		double part, n, lower, upper;
	} rows[] = {
	    {"of nothing nothing is known", 0, 0, 0, 1},
	    {"one of one says little", 1, 1, 0.2065, 1},
	    {"all of 25", 25, 25, 0.8668, 1},
	    {"half of 100", 50, 100, 0.4038, 0.5962},
	    {"none of 20", 0, 20, 0, 0.1611},
	    {"rounding made the part greater than all", 25.0000001, 25, 0.8668, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		double lower = wilson_lower(rows[i].part, rows[i].n);
		double upper = wilson_upper(rows[i].part, rows[i].n);

		if (fabs(lower - rows[i].lower) > 1e-4 || fabs(upper - rows[i].upper) > 1e-4)
			fail_msg("%s: %f to %f", rows[i].why, lower, upper);
	}
}

/* Confidence and SRL at their edges. */
static void test_steps(void **state)
{
	static const struct {
		const char *why;
		double bad, good, prior;
		int srl, confidence;
	} rows[] = {
	    {"a prior of 0.3 and nothing else is 3, not 2 for its last bit", 0, 0, 0.3, 3, 0},
	    {"certain badness is 9, not 10", 1e9, 0, 1, 9, 3},
	    {"certain goodness", 0, 1e9, 0, 0, 3},
	    {"just below 5 points", 4.9, 0, 0.2, 3, 0},
	    {"5 points", 0, 5, 0.2, 1, 1},
	    {"20 points", 0, 20, 0.2, 1, 2},
	    {"100 points", 0, 100, 0.2, 0, 3},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct score_sums sums = {{rows[i].good, 0}, {rows[i].bad, 0}};
		struct ledger_score score = {0};
		struct dials dials;

		dials_default(&dials);
		score_decide(&dials, &sums, rows[i].prior, &score);
		if (score.srl != rows[i].srl || score.confidence != rows[i].confidence)
			fail_msg("%s: srl %d, confidence %d", rows[i].why, score.srl,
			         score.confidence);
	}
}

static void test_dials(void **state)
{
	struct dials good, bad;
	char error[200];

	(void)state;
	dials_default(&good);
	assert_int_equal(dials_check(&good, error, sizeof(error)), 0);
	bad = good;
	bad.enter = NAN;
	assert_true(dials_check(&bad, error, sizeof(error)) < 0);
	assert_string_equal(error, "enter is nan, expected 0 to 1");
	bad = good;
	bad.classes[EVENT_PHISH].half_life_s = 0;
	assert_true(dials_check(&bad, error, sizeof(error)) < 0);
	assert_string_equal(error, "half_life of a class is 0, expected 60 to 3.16224e+07");
	bad = good;
	bad.leave = 0.7f;
	assert_true(dials_check(&bad, error, sizeof(error)) < 0);
	assert_string_equal(error, "leave is 0.7, expected at most enter, 0.6");
	bad = good;
	bad.harvest_recipients = DIALS_DISTINCT_MAX + 1;
	assert_true(dials_check(&bad, error, sizeof(error)) < 0);
	assert_string_equal(error, "harvest_recipients is 33, expected 2 to 32");
	assert_null(ledger_new(&bad, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sanity),     cmocka_unit_test(test_before),
	    cmocka_unit_test(test_table_sums), cmocka_unit_test(test_wilson),
	    cmocka_unit_test(test_steps),      cmocka_unit_test(test_dials),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
