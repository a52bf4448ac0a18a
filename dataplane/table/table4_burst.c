/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/points4_room.h"
#include "dataplane/table/table4.h"
#include "dataplane/table/table4_group.h"
#include "dataplane/table/table4_parts.h"
#include "dataplane/table/table4_run.h"

#define AHEAD 16 /* paints that are prefetched */

/* A burst under way: the lists of the verdict before, which mostly is the next one's too. */
struct paints {
	verdict_t verdict;
	uint32_t list; /* one of them; mostly there is one */
	struct listset lists;
};

void table4_reserve(struct table4 *t, uint64_t count)
{
	if (t->address_count == 0)
		points4_reserve(&t->map->points, count);
}

void table4_fit(struct table4 *t)
{
	points4_fit(&t->map->points);
}

static void note_verdict(const struct table4 *t, verdict_t verdict, struct paints *paints)
{
	paints->verdict = verdict;
	paints->lists.used = 0;
	listset_add(&paints->lists, t->verdicts, verdict);
}

/*
 * Paint a single address in the plain case: there is nothing else in its /24 but points in one
 * bucket, and room for one more there. It costs one line, and no memory of the arena.
 *
 * Returns: false in all other cases; nothing is done
 */
static bool add_point(struct table4 *t, uint32_t address, verdict_t verdict, struct paints *paints)
{
	const struct listset none = {.used = 0};
	struct points4_probe probe;
	struct points4_room room;
	uint16_t *count = &t->map->point_counts[address >> 16];

	if (verdict == VERDICT_NONE || verdict > VERDICT_MAX)
		return false;
	if (ranges4_load(&t->map->ranges, address >> 8) != VERDICT_NONE)
		return false;
	points4_start(&t->map->points.constants, address, &probe);
	if (!points4_room_find(&t->map->points, &probe, address, verdict, t->net_points, &room))
		return false;
	if (verdict != paints->verdict)
		note_verdict(t, verdict, paints);
	/* the summary first, as in a paint */
	summary4_count(&t->summary, address >> 16, &paints->lists, &none, 1);
	points4_room_fill(&t->map->points, &probe, &room, verdict);
	pages_touch(&t->pages, count);
	++*count;
	t->address_count++;
	return true;
}

static int paint_run(struct table4 *t, const struct table4_paints *p, size_t count,
                     struct paints *paints)
{
	if (p->verdicts[0] != paints->verdict)
		note_verdict(t, p->verdicts[0], paints);
	return table4_run_paint(t, p->firsts, count, p->verdicts[0], &paints->lists);
}

static uint32_t some_list(const struct listset *lists)
{
	unsigned word;

	if (!lists->used)
		return 0;
	word = (unsigned)__builtin_ctz(lists->used);
	return word * 64 + (unsigned)__builtin_ctzll(lists->words[word]);
}

static void prefetch(const struct table4 *t, uint32_t address, const struct paints *paints)
{
	points4_prefetch(&t->map->points, address);
	ranges4_prefetch(&t->map->ranges, address >> 8);
	__builtin_prefetch(&t->map->point_counts[address >> 16], 1);
	/* it may be another verdict's, then it is prefetched in vain */
	summary4_prefetch(&t->summary, address >> 16, some_list(&paints->lists));
}

/*
 * Paint one, or some in one go.
 *
 * out_done: how many; 0 on error
 */
static int paint_front(struct table4 *t, const struct table4_paints *p, size_t count,
                       struct paints *paints, size_t *out_done)
{
	int rc;

	*out_done = 1;
	if (p->firsts[0] == p->lasts[0] && add_point(t, p->firsts[0], p->verdicts[0], paints))
		return 0;
	rc = table4_group_paint(t, p, count, out_done);
	if (rc < 0 || *out_done > 0)
		return rc;
	rc = table4_paint(t, p->firsts[0], p->lasts[0], p->verdicts[0]);
	*out_done = rc == 0;
	return rc;
}

int table4_paint_burst(struct table4 *t, const uint32_t *firsts, const uint32_t *lasts,
                       const verdict_t *verdicts, size_t count)
{
	struct paints paints = {.verdict = VERDICT_NONE};
	size_t ahead = 0, done;

	for (size_t i = 0; i < count; i += done) {
		const struct table4_paints front = {firsts + i, lasts + i, verdicts + i};
		int rc;

		done = table4_run_of(&front, count - i);
		if (done > 0) {
			rc = paint_run(t, &front, done, &paints);
			if (rc < 0)
				return rc;
			continue;
		}
		for (ahead = ahead > i ? ahead : i; ahead < count && ahead <= i + AHEAD; ahead++)
			prefetch(t, firsts[ahead], &paints);
		rc = paint_front(t, &front, count - i, &paints, &done);
		if (rc < 0)
			return rc;
	}
	return 0;
}
