/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/evidence.h"

#include <math.h>
#include <string.h>

/* 2^steps; 0 when that is less than a double tells. */
static double evidence_power(int64_t steps)
{
	uint64_t bits;
	double power;

	if (steps < -1000)
		return 0;
	if (steps > 1000)
		steps = 1000;
	bits = (uint64_t)(steps + 1023) << 52;
	memcpy(&power, &bits, sizeof(power));
	return power;
}

static int64_t evidence_half_life_ms(const struct dials *dials, enum event_class class,
                                     unsigned lane)
{
	return INT64_C(1000) * (lane == EVIDENCE_FAST ? dials->fast_half_life_s
	                                              : dials->classes[class].half_life_s);
}

void evidence_gain(const struct dials *dials, enum event_class class, int64_t time_ms,
                   double amount, double raw, struct evidence_gain *out_gain)
{
	out_gain->class = class;
	out_gain->time_ms = time_ms;
	out_gain->raw = raw;
	for (unsigned lane = 0; lane < EVIDENCE_LANES; lane++) {
		int64_t half_life_ms = evidence_half_life_ms(dials, class, lane);

		struct evidence_part *part = &out_gain->parts[lane];

		part->start_ms = time_ms - time_ms % half_life_ms;
		part->value =
		    amount * exp2((double)(time_ms - part->start_ms) / (double)half_life_ms);
	}
}

/* How many half-lives a moment is before the one that began at start_ms; mostly none, and then
 * nothing is divided. */
static int64_t evidence_steps_back(int64_t time_ms, int64_t start_ms, int64_t half_life_ms)
{
	if (time_ms >= start_ms && time_ms - start_ms < half_life_ms)
		return 0;
	return start_ms / half_life_ms - time_ms / half_life_ms;
}

void evidence_add(struct evidence *e, const struct dials *dials, const struct evidence_gain *gain)
{
	for (unsigned lane = 0; lane < EVIDENCE_LANES; lane++) {
		const struct evidence_part *part = &gain->parts[lane];
		int64_t later = evidence_steps_back(
		    e->last_ms, part->start_ms, evidence_half_life_ms(dials, gain->class, lane));

		if (later > 0)
			e->sums[lane] = e->sums[lane] * evidence_power(-later) + part->value;
		else
			e->sums[lane] += part->value * evidence_power(later);
	}
	e->raw += gain->raw;
	if (gain->time_ms > e->last_ms)
		e->last_ms = gain->time_ms;
}

static struct evidence_scale evidence_scale(int64_t now_ms, int64_t half_life_ms)
{
	return (struct evidence_scale){
	    .start_ms = now_ms - now_ms % half_life_ms,
	    .decay = exp2(-(double)(now_ms % half_life_ms) / (double)half_life_ms),
	};
}

void evidence_moment(const struct dials *dials, int64_t now_ms, struct evidence_moment *out_moment)
{
	out_moment->now_ms = now_ms;
	out_moment->fast = evidence_scale(now_ms, INT64_C(1000) * dials->fast_half_life_s);
	for (unsigned i = 0; i < EVENT_CLASS_COUNT; i++) {
		unsigned same = 0;

		while (dials->classes[same].half_life_s != dials->classes[i].half_life_s)
			same++;
		out_moment->slow[i] =
		    same < i
			? out_moment->slow[same]
			: evidence_scale(now_ms, evidence_half_life_ms(dials, i, EVIDENCE_SLOW));
	}
}

void evidence_amounts(const struct evidence *e, const struct dials *dials, enum event_class class,
                      const struct evidence_moment *moment, double out_amounts[EVIDENCE_LANES])
{
	const struct evidence_scale *scales[EVIDENCE_LANES] = {&moment->slow[class], &moment->fast};

	for (unsigned lane = 0; lane < EVIDENCE_LANES; lane++) {
		int64_t back = evidence_steps_back(e->last_ms, scales[lane]->start_ms,
		                                   evidence_half_life_ms(dials, class, lane));

		out_amounts[lane] = e->sums[lane] * evidence_power(-back) * scales[lane]->decay;
	}
}
