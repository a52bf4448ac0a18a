/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/search6.h"

#define MEMO 64 /* verdicts that a search remembers */

/* The lists that are wanted, and verdicts known to be of none of them. */
struct search {
	const struct table6 *table;
	const uint64_t *lists;
	uint64_t fold; /* of lists */
	address6_t first, last;
	unsigned budget; /* verdicts to look at in segments that only seem to have them */
	verdict_t unwanted[MEMO];
};

static bool may_have(const struct search *s, const _Atomic uint64_t *lists)
{
	/* acquire: pairs with release in directory6.c */
	return atomic_load_explicit(lists, memory_order_acquire) & s->fold;
}

/* Whether a verdict is wanted; true out of budget. */
static bool try_verdict(struct search *s, verdict_t verdict)
{
	verdict_t *memo = &s->unwanted[verdict % MEMO];

	if (s->budget == 0)
		return true;
	s->budget--;
	if (*memo == verdict || verdict == VERDICT_NONE) /* the memo starts as zeros */
		return false;
	if (listset_shows(s->table->verdicts, verdict, s->lists))
		return true;
	*memo = verdict;
	return false;
}

/* Try what a cell has for addresses whose lower halves are from first to last. */
static bool try_cell(struct search *s, struct cell6 cell, uint64_t first, uint64_t last)
{
	const struct runs6 *runs = cell6_block(cell);

	switch (cell6_kind(cell)) {
	case CELL6_VERDICT:
		return try_verdict(s, cell6_verdict(cell));
	case CELL6_SINGLE:
		if (first <= cell.word && cell.word <= last && try_verdict(s, cell6_verdict(cell)))
			return true;
		return (first != last || first != cell.word) &&
		       try_verdict(s, cell6_elsewhere(cell));
	case CELL6_BLOCK:
		for (size_t i = runs6_find(runs, first); i < runs->count && runs->starts[i] <= last;
		     i++) {
			if (try_verdict(s, runs6_values(runs)[i]))
				return true;
		}
		return false;
	}
	return false;
}

/* The keys of a segment that are looked at, less its first one. */
struct keys {
	const struct segment6 *segment;
	uint64_t first, last;
};

/* Try a value of a key, of which a part may be outside of the range. */
static bool try_value(struct search *s, const struct keys *k, uint64_t key, uint32_t value)
{
	uint64_t first = 0, last = UINT64_MAX;

	if (!(value & SEGMENT6_CELL))
		return try_verdict(s, value);
	if (!k->segment->is_low) {
		address6_t start = k->segment->start + ((address6_t)key << 64);

		first = s->first > start ? (uint64_t)s->first : 0;
		last = s->last < (start | UINT64_MAX) ? (uint64_t)s->last : UINT64_MAX;
	}
	return try_cell(s, segment6_cell(k->segment, value), first, last);
}

static bool try_key(struct search *s, const struct keys *k, uint64_t key)
{
	return try_value(s, k, key, segment6_get(k->segment, &s->table->mix, key));
}

static bool try_points(struct search *s, const struct keys *k)
{
	const struct segment6 *segment = k->segment;
	const size_t count = (size_t)segment->line_count * SEGMENT6_LINE_SLOTS;

	for (size_t i = 0; i < count; i++) {
		/* acquire: as in segment6_probe() */
		uint64_t slot = atomic_load_explicit(&segment->slots[i], memory_order_acquire);
		uint64_t key;

		if (slot == 0)
			continue;
		key = segment6_offset(segment, &s->table->mix, i, slot);
		if (k->first <= key && key <= k->last &&
		    try_value(s, k, key, segment6_decode(segment, slot)))
			return true;
	}
	return false;
}

/*
 * Try a run of the base from first to last: it counts where no point hides it. A point that came
 * since the points were tried is seen here.
 */
static bool try_run(struct search *s, const struct keys *k, uint64_t first, uint64_t last)
{
	uint64_t hidden_max = (uint64_t)k->segment->line_count * SEGMENT6_LINE_SLOTS;

	if (last - first >= hidden_max)
		return true;
	for (uint64_t key = first; key != last + 1; key++) {
		if (try_key(s, k, key))
			return true;
	}
	return false;
}

static bool try_base(struct search *s, const struct keys *k)
{
	const struct segment6 *segment = k->segment;
	/* acquire: as in segment6_base() */
	const uint64_t base = atomic_load_explicit(&segment->base, memory_order_acquire);
	const struct runs6 *runs = (const struct runs6 *)(uintptr_t)base;

	if (base & 1) {
		return try_value(s, k, k->first, (uint32_t)(base >> 1)) &&
		       try_run(s, k, k->first, k->last);
	}
	for (size_t i = runs6_find(runs, k->first); i < runs->count && runs->starts[i] <= k->last;
	     i++) {
		uint64_t first = runs->starts[i] > k->first ? runs->starts[i] : k->first;
		uint64_t last = i + 1 < runs->count && runs->starts[i + 1] <= k->last
		                    ? runs->starts[i + 1] - 1
		                    : k->last;

		if (try_value(s, k, first, runs6_values(runs)[i]) && try_run(s, k, first, last))
			return true;
	}
	return false;
}

/* Points before the base, as readers do. */
static bool try_segment(struct search *s, const struct segment6 *segment)
{
	address6_t first = s->first > segment->start ? s->first : segment->start;
	address6_t last = s->last < segment->last ? s->last : segment->last;
	struct keys k = {segment, segment6_key(segment, first) - segment->first,
	                 segment6_key(segment, last) - segment->first};

	if (k.first == k.last)
		return try_key(s, &k, k.first);
	return try_points(s, &k) || try_base(s, &k);
}

static bool try_node(struct search *s, const struct node6 *n)
{
	const uint32_t to = directory6_bisect_node(n, s->last);

	if (!may_have(s, &n->lists))
		return false;
	for (uint32_t i = directory6_bisect_node(n, s->first); i <= to; i++) {
		if (may_have(s, &n->segment_lists[i]) && try_segment(s, directory6_segment(n, i)))
			return true;
	}
	return false;
}

bool search6_any(const struct table6 *t, address6_t first, address6_t last,
                 const uint64_t lists[LISTSET_WORDS])
{
	struct search s = {t, lists, listset_fold(lists), first, last, TABLE6_ANY_BUDGET, {0}};
	const struct root6 *r = directory6_root(&t->directory);
	const uint32_t to = directory6_bisect_root(r, last);

	for (uint32_t i = directory6_bisect_root(r, first); i <= to; i++) {
		if (try_node(&s, directory6_node(r, i)))
			return true;
	}
	return false;
}
