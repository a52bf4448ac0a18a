/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Paints in order are made at once: the segments that they are in are made anew from all of them,
 * instead of one change of a segment for each. That costs what is in these segments, so it is done
 * where the paints are as many as make up for it: in a load, mostly.
 */
#include "dataplane/table/remake6.h"
#include "dataplane/table/table6.h"

#define AT_ONCE     1024 /* paints */
#define AT_ONCE_MIN 8
#define WEIGHT_EACH 4  /* points and runs there may be for each paint */
#define ONE_BY_ONE  32 /* paints, before it is tried again */

static bool is_valid(const struct paints6 *p, size_t at)
{
	return p->firsts[at] <= p->lasts[at] && p->verdicts[at] <= VERDICT_MAX;
}

/* How many paints at the front are ascending and apart. */
static size_t run_of(const struct paints6 *p)
{
	const size_t most = p->count < AT_ONCE ? p->count : AT_ONCE;
	size_t run = 0;

	while (run < most && is_valid(p, run) && (run == 0 || p->firsts[run] > p->lasts[run - 1]))
		run++;
	return run;
}

/* Whether the segments from one address to another have no more than some points and runs. */
static bool is_light(const struct table6 *t, address6_t first, address6_t last, size_t weight_max)
{
	struct place6 p = directory6_place(&t->directory, first);
	size_t weight = 0;

	do {
		const struct segment6 *s = place6_segment(&p);

		weight += segment6_weight(s);
		if (weight > weight_max)
			return false;
		if (last <= s->last)
			return true;
	} while (place6_next(&p));
	return true;
}

/* How many paints of a run at the front are worth to be made at once. */
static size_t worth(const struct table6 *t, const struct paints6 *p, size_t run)
{
	while (run >= AT_ONCE_MIN &&
	       !is_light(t, p->firsts[0], p->lasts[run - 1], run * WEIGHT_EACH))
		run /= 2;
	return run >= AT_ONCE_MIN ? run : 0;
}

/* Paint some at the front. Errors: those of table6_paint() */
static int paint_front(struct table6 *t, const struct paints6 *p, size_t *out_done)
{
	struct paints6 front = *p;
	size_t few = p->count < ONE_BY_ONE ? p->count : ONE_BY_ONE;
	int rc = 0;

	front.count = worth(t, p, run_of(p));
	if (front.count > 0) {
		*out_done = front.count;
		return remake6_paint(t, &front);
	}
	for (*out_done = 0; *out_done < few && !rc; ++*out_done)
		rc = table6_paint(t, p->firsts[*out_done], p->lasts[*out_done],
		                  p->verdicts[*out_done]);
	return rc;
}

int table6_paint_burst(struct table6 *t, const address6_t *firsts, const address6_t *lasts,
                       const verdict_t *verdicts, size_t count)
{
	size_t done;

	for (size_t i = 0; i < count; i += done) {
		const struct paints6 front = {firsts + i, lasts + i, verdicts + i, count - i};
		int rc = paint_front(t, &front, &done);

		if (rc < 0)
			return rc;
	}
	return 0;
}
