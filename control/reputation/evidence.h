/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Evidence of one class at one key, decaying lazily in two lanes: the slow one with the half-life
 * of the class, the fast one with that of all.
 *
 * A sum is kept as of a grid of whole half-lives since 1970, in which each event weighs
 * 2^(what is left of its time). So the passing of time changes no bytes, moving a sum along the
 * grid is exact (a power of two), and what is added in another order is the same but for the
 * rounding of additions: 2^-53 of the sum each.
 *
 * Threads: pure functions.
 */
#include "control/reputation/dials.h"

#define EVIDENCE_LANES 2
#define EVIDENCE_SLOW  0
#define EVIDENCE_FAST  1

/* Times that the model takes: 1970 to the year 5138. */
#define EVIDENCE_TIME_MAX_MS INT64_C(100000000000000)

struct evidence {
	double sums[EVIDENCE_LANES]; /* events, weighed, as of the half-life that last_ms is in */
	double raw;                  /* events, weighed by their reporters, never decayed */
	int64_t last_ms;             /* the newest event's */
};

/* What is to be added to one or many. */
struct evidence_gain {
	enum event_class class;
	int64_t time_ms;
	double raw;
	struct evidence_part {
		int64_t start_ms; /* of the half-life that it is in */
		double value;
	} parts[EVIDENCE_LANES];
};

/* amount: events by reporter's weight and probability; raw: by weight alone */
void evidence_gain(const struct dials *dials, enum event_class class, int64_t time_ms,
                   double amount, double raw, struct evidence_gain *out_gain);

/* The gain's class must be that of the evidence. */
void evidence_add(struct evidence *e, const struct dials *dials, const struct evidence_gain *gain);

/* Factors that turn sums into what they are worth at one moment. */
struct evidence_moment {
	int64_t now_ms;
	struct evidence_scale {
		int64_t start_ms; /* of the half-life that now is in */
		double decay;
	} slow[EVENT_CLASS_COUNT], fast;
};

void evidence_moment(const struct dials *dials, int64_t now_ms, struct evidence_moment *out_moment);

/* Events in both lanes at that moment, decayed; times dials->classes[class].points they are points.
 */
void evidence_amounts(const struct evidence *e, const struct dials *dials, enum event_class class,
                      const struct evidence_moment *moment, double out_amounts[EVIDENCE_LANES]);
