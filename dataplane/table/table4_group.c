/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/table4_group.h"

#include "dataplane/table/table4_parts.h"

#include <errno.h>
#include <string.h>

#define RUN_MIN 4                /* paints; with fewer, one after the other costs less */
#define PAGES   96               /* of the arena: blocks of all /24s, a page of each size, a leaf */
#define RETIRES (SLOT4_SIZE + 1) /* likewise, and the root */

/* A /16 on its way from what it is to what some paints make of it. */
struct change {
	struct table4 *table;
	uint32_t group;
	const struct table4_paints *paints;
	size_t count;
	slot4_t was[SLOT4_SIZE], is[SLOT4_SIZE];
};

/* Addresses that change alike, as they are counted in the summary. */
struct tally {
	struct table4 *table;
	uint32_t group;
	bool is_end; /* the change is published */
	verdict_t old, verdict;
	struct listset was, is; /* of these two */
	unsigned number;
};

static bool has_points(const struct table4 *t, uint32_t first, uint32_t last)
{
	struct points4_found found[POINTS4_NET_MAX];

	if (t->map->point_counts[first >> 16] == 0)
		return false;
	for (uint32_t net = first >> 8; net <= last >> 8; net++)
		if (points4_collect(&t->map->points, net, found) > 0)
			return true;
	return false;
}

/* Whether a paint can be one of a run: all of it in a /16, and no points in its /24s. */
static bool is_plain(const struct table4 *t, const struct table4_paints *p, size_t at)
{
	const uint32_t first = p->firsts[at], last = p->lasts[at];

	return first >> 16 == last >> 16 && first <= last && last - first >= TABLE4_FEW &&
	       p->verdicts[at] <= VERDICT_MAX && !has_points(t, first, last);
}

/* How many paints from one on are a run, ascending and apart. */
static size_t run_of(const struct table4 *t, const struct table4_paints *p, size_t count)
{
	size_t run = 0;

	while (run < count && p->firsts[run] >> 16 == p->firsts[0] >> 16 &&
	       (run == 0 || p->firsts[run] > p->lasts[run - 1]) && is_plain(t, p, run))
		run++;
	return run;
}

static void note_lists(const struct table4 *t, struct listset *lists, verdict_t verdict)
{
	lists->used = 0;
	listset_add(lists, t->verdicts, verdict);
}

/* Up before the addresses change and down after, see summary4_count(). */
static void tally_flush(struct tally *y)
{
	struct table4 *t = y->table;

	if (y->number == 0)
		return;
	if (y->is_end)
		summary4_count(&t->summary, y->group, &y->was, &y->is, -(int)y->number);
	else
		summary4_count(&t->summary, y->group, &y->is, &y->was, (int)y->number);
	y->number = 0;
}

static void tally_add(struct tally *y, verdict_t old, verdict_t verdict, unsigned number)
{
	if (old == verdict)
		return;
	if (y->is_end && old == VERDICT_NONE)
		y->table->address_count += number;
	if (y->is_end && verdict == VERDICT_NONE)
		y->table->address_count -= number;
	if (old != y->old || verdict != y->verdict) {
		struct listset was, is;

		note_lists(y->table, &was, old);
		note_lists(y->table, &is, verdict);
		if (!listset_equals(&was, &y->was) || !listset_equals(&is, &y->is)) {
			tally_flush(y);
			y->was = was;
			y->is = is;
		}
		y->old = old;
		y->verdict = verdict;
	}
	y->number += number;
}

/* Count a part of a /24 that is painted. */
static void tally_part(struct tally *y, slot4_t was, unsigned from, unsigned to, verdict_t verdict)
{
	verdict_t old[SLOT4_SIZE];

	if (!slot4_is_split(was)) {
		tally_add(y, was, verdict, to - from + 1);
		return;
	}
	slot4_expand(y->table->arena, was, old);
	for (unsigned i = from; i <= to; i++)
		tally_add(y, old[i], verdict, 1);
}

static void tally_all(const struct change *c, bool is_end)
{
	struct tally y = {.table = c->table, .group = c->group, .is_end = is_end};

	for (size_t i = 0; i < c->count; i++) {
		const uint32_t first = c->paints->firsts[i], last = c->paints->lasts[i];

		for (uint32_t net = first >> 8; net <= last >> 8; net++)
			tally_part(&y, c->was[net % SLOT4_SIZE],
			           net == first >> 8 ? first % SLOT4_SIZE : 0,
			           net == last >> 8 ? last % SLOT4_SIZE : SLOT4_SIZE - 1,
			           c->paints->verdicts[i]);
	}
	tally_flush(&y);
}

/* Give a part of a /24 a verdict; readers see nothing of it yet. */
static void change_part(struct change *c, uint32_t net, unsigned from, unsigned to,
                        verdict_t verdict)
{
	slot4_t *slot = &c->is[net % SLOT4_SIZE], old = *slot;

	if (from == 0 && to == SLOT4_SIZE - 1) /* of which no other paint has a part */
		*slot = slot4_uniform(verdict);
	else
		*slot = slot4_paint(c->table->arena, old, (uint8_t)from, (uint8_t)to, verdict);
	if (slot4_is_split(old) && old != *slot && old != c->was[net % SLOT4_SIZE])
		arena_put(c->table->arena, old & ~SLOT4_KINDS);
}

static void change_all(struct change *c)
{
	for (size_t i = 0; i < c->count; i++) {
		const uint32_t first = c->paints->firsts[i], last = c->paints->lasts[i];

		for (uint32_t net = first >> 8; net <= last >> 8; net++)
			change_part(c, net, net == first >> 8 ? first % SLOT4_SIZE : 0,
			            net == last >> 8 ? last % SLOT4_SIZE : SLOT4_SIZE - 1,
			            c->paints->verdicts[i]);
	}
}

int table4_group_paint(struct table4 *t, const struct table4_paints *paints, size_t count,
                       size_t *out_done)
{
	struct change c = {.table = t, .group = paints->firsts[0] >> 16, .paints = paints};
	int rc;

	*out_done = 0;
	c.count = run_of(t, paints, count);
	if (c.count < RUN_MIN)
		return 0;
	rc = arena_reserve(t->arena, PAGES, RETIRES);
	if (rc < 0)
		return rc;
	ranges4_get_group(&t->map->ranges, c.group, c.was);
	memcpy(c.is, c.was, sizeof(c.is));
	change_all(&c);
	tally_all(&c, false);
	ranges4_replace_group(&t->map->ranges, c.group, c.was, c.is);
	/* a retired block stays as it is until the next paint */
	tally_all(&c, true);
	*out_done = c.count;
	return 0;
}
