/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/pieces6.h"

#include <errno.h>
#include <stdlib.h>

static void count_block(void *context, struct runs6 *block)
{
	*(size_t *)context += block->count;
}

size_t pieces6_bound(const struct segment6 *s)
{
	const struct runs6 *base = segment6_base_block(s);
	size_t bound = 1 + s->point_count * 2 + (base ? base->count : 1) + 4 * s->cell_count;

	segment6_blocks(s, count_block, &bound);
	return bound;
}

int pieces6_init(struct pieces6 *p, size_t capacity)
{
	p->at = malloc(capacity * sizeof(*p->at));
	p->count = 0;
	return p->at ? 0 : -ENOMEM;
}

void pieces6_done(struct pieces6 *p)
{
	free(p->at);
}

void pieces6_push(struct pieces6 *p, address6_t start, verdict_t verdict)
{
	if (p->count > 0 && p->at[p->count - 1].start == start)
		p->count--;
	if (p->count > 0 && p->at[p->count - 1].verdict == verdict)
		return;
	p->at[p->count++] = (struct piece6){start, verdict};
}

struct point {
	uint64_t offset;
	uint32_t value;
};

/* Sort by offset: a byte after the other, from the lowest. Gives where they are then. */
static struct point *sort_points(struct point *points, struct point *spare, size_t count,
                                 unsigned width)
{
	for (unsigned shift = 0; shift < width; shift += 8) {
		uint16_t ends[256] = {0};
		struct point *old = points;
		uint16_t sum = 0;

		for (size_t i = 0; i < count; i++)
			ends[points[i].offset >> shift & 0xff]++;
		for (unsigned i = 0; i < 256; i++) {
			uint16_t n = ends[i];

			ends[i] = sum;
			sum = (uint16_t)(sum + n);
		}
		for (size_t i = 0; i < count; i++)
			spare[ends[points[i].offset >> shift & 0xff]++] = points[i];
		points = spare;
		spare = old;
	}
	return points;
}

static size_t collect_points(const struct segment6 *s, const struct mix6 *m, struct point *out)
{
	size_t count = 0;

	for (size_t i = 0; i < (size_t)s->line_count * SEGMENT6_LINE_SLOTS; i++) {
		uint64_t slot = atomic_load_explicit(&s->slots[i], memory_order_relaxed);

		if (slot != 0)
			out[count++] = (struct point){segment6_offset(s, m, i, slot),
			                              segment6_decode(s, slot)};
	}
	return count;
}

static address6_t address_at(const struct segment6 *s, uint64_t offset)
{
	return s->start + (s->is_low ? (address6_t)offset : (address6_t)offset << 64);
}

/* One value from a key on; a cell is of one key. */
static void push_value(struct pieces6 *p, const struct segment6 *s, uint64_t offset, uint32_t value)
{
	const address6_t at = address_at(s, offset);
	struct runs6_draft draft;

	if (!(value & SEGMENT6_CELL)) {
		pieces6_push(p, at, value);
		return;
	}
	cell6_draft(segment6_cell(s, value), &draft);
	for (uint32_t i = 0; i < draft.count; i++)
		pieces6_push(p, at + draft.starts[i], draft.values[i]);
}

void pieces6_push_segment(struct pieces6 *p, const struct mix6 *mix, const struct segment6 *s)
{
	const uint64_t offset_last = segment6_key(s, s->last) - s->first;
	struct point room[2][SEGMENT6_LINES_MAX * SEGMENT6_LINE_SLOTS], *points;
	size_t count = collect_points(s, mix, room[0]), at = 0;
	struct runs6_draft base;

	segment6_draft(s, &base);
	points = sort_points(room[0], room[1], count, s->width);
	for (uint32_t i = 0; i < base.count; i++) {
		const uint64_t end = i + 1 < base.count ? base.starts[i + 1] - 1 : offset_last;
		uint64_t next = base.starts[i];
		bool is_done = false;

		for (; at < count && points[at].offset <= end; at++) {
			if (points[at].offset > next)
				push_value(p, s, next, base.values[i]);
			push_value(p, s, points[at].offset, points[at].value);
			is_done = points[at].offset == end;
			next = points[at].offset + 1;
		}
		if (!is_done)
			push_value(p, s, next, base.values[i]);
	}
}

void pieces6_push_painted(struct pieces6 *p, const struct pieces6 *old,
                          const struct paints6 *paints, address6_t last)
{
	size_t at = 0;

	for (size_t i = 0; i < paints->count; i++) {
		for (; at < old->count && old->at[at].start < paints->firsts[i]; at++)
			pieces6_push(p, old->at[at].start, old->at[at].verdict);
		pieces6_push(p, paints->firsts[i], paints->verdicts[i]);
		while (at < old->count && old->at[at].start <= paints->lasts[i])
			at++;
		if (paints->lasts[i] < last) /* replaced by the next one if that starts there */
			pieces6_push(p, paints->lasts[i] + 1, old->at[at - 1].verdict);
	}
	for (; at < old->count; at++)
		pieces6_push(p, old->at[at].start, old->at[at].verdict);
}
