/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/paint6.h"

#include "dataplane/table/lists6.h"
#include "dataplane/table/remake6.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void count_lists(struct segment6 *s, uint64_t lists)
{
	for (; lists; lists &= lists - 1)
		s->list_counts[__builtin_ctzll(lists)]++;
}

/* Gives whether a list is no more among the points. */
static bool uncount_lists(struct segment6 *s, uint64_t lists)
{
	bool is_gone = false;

	for (; lists; lists &= lists - 1) {
		uint16_t *count = &s->list_counts[__builtin_ctzll(lists)];

		if (*count > 0 && --*count == 0)
			is_gone = true;
	}
	return is_gone;
}

/* More lines or cells for a segment. Errors: -ENOMEM; -ENOSPC it has all that it can have */
static int grow(struct table6 *t, const struct place6 *p, bool is_full, bool needs_cell)
{
	struct segment6 *s = place6_segment(p), *copy;
	unsigned lines = s->line_count;
	int rc;

	if (s->point_count >= SEGMENT6_POINTS_MAX)
		return -ENOSPC;
	if (is_full) {
		lines += lines / 8 + 1;
		if (lines > SEGMENT6_LINES_MAX && s->line_count < SEGMENT6_LINES_MAX)
			lines = SEGMENT6_LINES_MAX;
	}
	rc = segment6_copy(s, lines, needs_cell ? 2 : 0, &copy);
	if (rc < 0)
		return rc;
	heap6_count(&t->heap, copy);
	directory6_set(p, copy);
	heap6_retire(&t->heap, s);
	return 0;
}

/* Fewer lines, if many are empty. Without memory it stays as it is. */
static void shrink(struct table6 *t, const struct place6 *p)
{
	struct segment6 *s = place6_segment(p), *copy;
	unsigned lines = segment6_lines_for(s->point_count);

	if (lines < segment6_lines_min(s->width))
		lines = segment6_lines_min(s->width);
	if (2 * lines + 1 >= s->line_count || retire_reserve(&t->heap.retire, 1) < 0 ||
	    segment6_copy(s, lines, 0, &copy) < 0)
		return;
	heap6_count(&t->heap, copy);
	directory6_set(p, copy);
	heap6_retire(&t->heap, s);
}

/* The end of keys for an overlay: nothing begins behind the last key of a segment. */
static uint64_t up_to(const struct segment6 *s, uint64_t last)
{
	return last == segment6_key(s, s->last) - s->first ? UINT64_MAX : last;
}

/* Give keys of a segment without lines a value. Errors: -ENOMEM; -ENOSPC there is no room */
static int put_runs(struct table6 *t, const struct place6 *p, uint64_t first, uint64_t last,
                    struct cell6 cell)
{
	struct segment6 *s = place6_segment(p);
	struct runs6 *old = segment6_base_block(s), *runs = NULL;
	const bool is_cell = cell6_kind(cell) != CELL6_VERDICT;
	struct runs6_draft before, after;
	uint32_t value = cell6_verdict(cell);

	if (is_cell && s->cell_count == s->cell_capacity)
		return -ENOSPC;
	segment6_draft(s, &before);
	if (is_cell)
		value = SEGMENT6_CELL | s->cell_count; /* what it will be */
	runs6_overlay(&after, &before, first, up_to(s, last), value);
	if (after.count > SEGMENT6_RUNS_MAX)
		return -ENOSPC;
	if (retire_reserve(&t->heap.retire, 1 + before.count) < 0)
		return -ENOMEM;
	runs = after.count > 1 ? runs6_new(&after) : NULL;
	if (!runs && after.count > 1)
		return -ENOMEM;
	if (is_cell)
		segment6_add_cell(s, cell);
	heap6_count(&t->heap, cell6_block(cell));
	s->base_lists = lists6_fold_base(t->verdicts, s, &after);
	place6_add_lists(p, s->base_lists);
	heap6_count(&t->heap, runs);
	segment6_set_base(s, runs, after.values[0]);
	place6_trim_lists(p, segment6_lists(s));
	for (uint32_t i = 0; i < before.count; i++) {
		if (before.values[i] & SEGMENT6_CELL && first <= before.starts[i] &&
		    before.starts[i] <= last)
			heap6_retire(&t->heap, cell6_block(segment6_cell(s, before.values[i])));
	}
	heap6_retire(&t->heap, old);
	return 0;
}

/* Put, change or take out the point of a key; there is room for it. */
static void set_point(struct table6 *t, const struct place6 *p, uint64_t offset, struct cell6 cell)
{
	struct segment6 *s = place6_segment(p);
	_Atomic uint64_t *slot = segment6_find(s, &t->mix, offset);
	const bool is_verdict = cell6_kind(cell) == CELL6_VERDICT;
	const bool is_base = is_verdict && cell6_verdict(cell) == segment6_base(s, offset);
	struct cell6 old = cell6_of_verdict(VERDICT_NONE);
	uint64_t lists = is_base ? 0 : lists6_fold_cell(t->verdicts, cell), old_lists = 0;
	uint32_t value = cell6_verdict(cell);

	if (slot) {
		old = segment6_cell(
		    s, segment6_decode(s, atomic_load_explicit(slot, memory_order_relaxed)));
		old_lists = lists6_fold_cell(t->verdicts, old);
	}
	count_lists(s, lists);
	place6_add_lists(p, lists);
	if (!is_base && (!is_verdict || !segment6_is_small(s, value)))
		value = segment6_add_cell(s, cell);
	if (is_base)
		segment6_remove(s, slot);
	else if (slot)
		segment6_change(s, slot, value);
	else
		segment6_insert(s, &t->mix, offset, value);
	if (uncount_lists(s, old_lists))
		place6_trim_lists(p, segment6_lists(s));
	heap6_retire(&t->heap, cell6_block(old));
}

/* Whether a key of a segment has a verdict, and no other. */
static bool has_verdict(const struct table6 *t, const struct segment6 *s, uint64_t offset,
                        verdict_t verdict)
{
	struct cell6 cell = segment6_cell(s, segment6_get(s, &t->mix, offset));

	return cell6_kind(cell) == CELL6_VERDICT && cell6_verdict(cell) == verdict;
}

/* Whether there is a slot for a point that is not there. */
static bool has_slot(const struct segment6 *s, const struct mix6 *m, uint64_t offset)
{
	return s->point_count < s->line_count * SEGMENT6_LINE_POINTS &&
	       segment6_has_slot(s, m, offset);
}

/* Give one key a content. Errors: as put_runs() */
static int put_key(struct table6 *t, const struct place6 *p, uint64_t offset, struct cell6 cell)
{
	const bool is_verdict = cell6_kind(cell) == CELL6_VERDICT;
	struct segment6 *s = place6_segment(p);
	bool is_removed;

	if (s->line_count == 0)
		return put_runs(t, p, offset, offset, cell);
	if (retire_reserve(&t->heap.retire, 3) < 0)
		return -ENOMEM;
	is_removed = is_verdict && cell6_verdict(cell) == segment6_base(s, offset);
	while (!is_removed) {
		bool is_full = !segment6_find(s, &t->mix, offset) && !has_slot(s, &t->mix, offset);
		bool is_cell = !is_verdict || !segment6_is_small(s, cell6_verdict(cell));
		bool needs_cell = is_cell && s->cell_count == s->cell_capacity;
		int rc;

		if (!is_full && !needs_cell)
			break;
		rc = grow(t, p, is_full, is_cell);
		if (rc < 0)
			return rc;
		if (retire_reserve(&t->heap.retire, 3) < 0)
			return -ENOMEM;
		s = place6_segment(p);
	}
	heap6_count(&t->heap, cell6_block(cell));
	set_point(t, p, offset, cell);
	if (is_removed) {
		shrink(t, p);
		remake6_tidy(t, p);
	}
	return 0;
}

/* A paint of many keys, and the slots of points among them. */
struct keys {
	uint64_t first, last; /* - the first of the segment */
	verdict_t verdict;
	size_t count;
	_Atomic uint64_t *slots[SEGMENT6_LINES_MAX * SEGMENT6_LINE_SLOTS];
};

static void find_points(struct table6 *t, struct segment6 *s, struct keys *k)
{
	const size_t slot_count = (size_t)s->line_count * SEGMENT6_LINE_SLOTS;

	k->count = 0;
	if (s->point_count == 0)
		return;
	if (k->last - k->first < s->line_count) {
		for (uint64_t i = k->first; i != k->last + 1; i++) {
			k->slots[k->count] = segment6_find(s, &t->mix, i);
			k->count += k->slots[k->count] != NULL;
		}
		return;
	}
	for (size_t i = 0; i < slot_count; i++) {
		uint64_t slot = atomic_load_explicit(&s->slots[i], memory_order_relaxed), offset;

		if (slot == 0)
			continue;
		offset = segment6_offset(s, &t->mix, i, slot);
		if (k->first <= offset && offset <= k->last)
			k->slots[k->count++] = &s->slots[i];
	}
}

/*
 * Publish a base with points that it replaces. These get their new verdict first: a reader that
 * came past a point before it was there, and finds the new base, must not find the point as it was
 * when it looks again.
 */
static void publish_keys(struct table6 *t, struct segment6 *s, const struct keys *k,
                         struct runs6 *runs, uint32_t first_value)
{
	uint32_t value = k->verdict;

	if (k->count > 0 && !segment6_is_small(s, value))
		value = segment6_add_cell(s, cell6_of_verdict(value));
	for (size_t i = 0; i < k->count; i++) {
		uint64_t slot = atomic_load_explicit(k->slots[i], memory_order_relaxed);
		struct cell6 old = segment6_cell(s, segment6_decode(s, slot));

		uncount_lists(s, lists6_fold_cell(t->verdicts, old));
		segment6_change(s, k->slots[i], value);
		heap6_retire(&t->heap, cell6_block(old));
	}
	segment6_set_base(s, runs, first_value);
	for (size_t i = 0; i < k->count; i++)
		segment6_remove(s, k->slots[i]);
}

/* Paint keys from first to last, more than one. Errors: as put_runs() */
static int paint_keys(struct table6 *t, const struct place6 *p, uint64_t first, uint64_t last,
                      verdict_t verdict)
{
	struct keys k = {.first = first, .last = last, .verdict = verdict};
	struct segment6 *s = place6_segment(p);
	struct runs6 *old = segment6_base_block(s), *runs = NULL;
	struct runs6_draft before, after;

	if (s->line_count == 0)
		return put_runs(t, p, first, last, cell6_of_verdict(verdict));
	segment6_draft(s, &before);
	runs6_overlay(&after, &before, first, up_to(s, last), verdict);
	find_points(t, s, &k);
	if (after.count > SEGMENT6_RUNS_MAX ||
	    (k.count > 0 && !segment6_is_small(s, verdict) && s->cell_count == s->cell_capacity))
		return -ENOSPC;
	if (retire_reserve(&t->heap.retire, 1 + k.count) < 0)
		return -ENOMEM;
	runs = after.count > 1 ? runs6_new(&after) : NULL;
	if (!runs && after.count > 1)
		return -ENOMEM;
	heap6_count(&t->heap, runs);
	s->base_lists = lists6_fold_base(t->verdicts, s, &after);
	place6_add_lists(p, s->base_lists);
	publish_keys(t, s, &k, runs, after.values[0]);
	place6_trim_lists(p, segment6_lists(s));
	heap6_retire(&t->heap, old);
	if (k.count > 0)
		shrink(t, p);
	remake6_tidy(t, p);
	return 0;
}

/* Paint a part of one /64. Errors: as put_runs() */
static int paint_part(struct table6 *t, const struct place6 *p, address6_t first, address6_t last,
                      verdict_t verdict)
{
	struct segment6 *s = place6_segment(p);
	const uint64_t offset = segment6_key(s, first) - s->first;
	struct cell6 cell = segment6_cell(s, segment6_get(s, &t->mix, offset));
	struct runs6_draft before, after;
	int rc;

	cell6_draft(cell, &before);
	runs6_overlay(&after, &before, (uint64_t)first, (uint64_t)last, verdict);
	if (after.count > SEGMENT6_BLOCK_MAX)
		return -ENOSPC;
	if (after.count == before.count &&
	    memcmp(after.starts, before.starts, after.count * sizeof(*after.starts)) == 0 &&
	    memcmp(after.values, before.values, after.count * sizeof(*after.values)) == 0)
		return 0;
	rc = cell6_new(&after, &cell);
	if (rc < 0)
		return rc;
	rc = put_key(t, p, offset, cell);
	if (rc < 0)
		free(cell6_block(cell));
	return rc;
}

int paint6_within(struct table6 *t, const struct place6 *p, address6_t first, address6_t last,
                  verdict_t verdict)
{
	struct segment6 *s = place6_segment(p);
	const uint64_t from = segment6_key(s, first) - s->first;
	const uint64_t to = segment6_key(s, last) - s->first;

	if (!s->is_low && ((uint64_t)first != 0 || (uint64_t)last != UINT64_MAX))
		return from == to ? paint_part(t, p, first, last, verdict) : -ENOSPC;
	if (from != to)
		return paint_keys(t, p, from, to, verdict);
	if (has_verdict(t, s, from, verdict))
		return 0;
	return put_key(t, p, from, cell6_of_verdict(verdict));
}
