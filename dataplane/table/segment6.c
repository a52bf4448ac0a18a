/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/segment6.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Load is kept between two thirds and three quarters while a segment grows. */
#define LINE_POINTS_NUMERATOR   3
#define LINE_POINTS_DENOMINATOR 16

struct segment6 *segment6_new(address6_t start, address6_t last, bool is_low, unsigned line_count,
                              unsigned cell_capacity)
{
	size_t size = sizeof(struct segment6) + (size_t)line_count * 64 +
	              cell_capacity * sizeof(struct cell6);
	struct segment6 *s = aligned_alloc(64, (size + 63) / 64 * 64);

	if (!s)
		return NULL;
	memset(s, 0, size);
	s->start = start;
	s->last = last;
	s->is_low = is_low;
	s->first = segment6_key(s, start);
	s->width = (uint8_t)segment6_width(s->first, segment6_key(s, last));
	s->cell_capacity = (uint16_t)cell_capacity;
	s->line_count = (uint16_t)line_count;
	if (line_count > 0) {
		s->rest_bits = (uint8_t)segment6_rest_bits(s->width, line_count);
		s->code_bits = (uint8_t)segment6_code_bits(s->width, line_count);
	}
	atomic_init(&s->base, 1);
	return s;
}

unsigned segment6_lines_for(size_t point_count)
{
	size_t lines = (point_count * LINE_POINTS_NUMERATOR + LINE_POINTS_DENOMINATOR - 1) /
	               LINE_POINTS_DENOMINATOR;

	if (lines > SEGMENT6_LINES_MAX)
		return SEGMENT6_LINES_MAX;
	return lines > 0 ? (unsigned)lines : 1;
}

/* The smallest mixed key of a line: line * 2^width / lines, rounded up. */
static uint64_t line_start(const struct segment6 *s, unsigned line)
{
	return (((uint64_t)line << s->width) + s->line_count - 1) / s->line_count;
}

/* The mixed key of a slot of a line, of which it is the start of. */
static uint64_t mixed_of(const struct segment6 *s, size_t at, uint64_t slot)
{
	const uint64_t mask = (UINT64_C(1) << s->rest_bits) - 1;
	const uint64_t rest = slot >> s->code_bits >> 2;
	unsigned line = (unsigned)(at / SEGMENT6_LINE_SLOTS);
	unsigned distance = (unsigned)(slot >> s->code_bits) & SEGMENT6_REACH_MAX;
	uint64_t start;

	line += line < distance ? s->line_count : 0;
	start = line_start(s, line - distance);
	return start + ((rest - start) & mask);
}

uint64_t segment6_offset(const struct segment6 *s, const struct mix6 *m, size_t at, uint64_t slot)
{
	return mix6_back(m, mixed_of(s, at, slot), s->width);
}

static size_t slot_count(const struct segment6 *s)
{
	return (size_t)s->line_count * SEGMENT6_LINE_SLOTS;
}

static uint64_t load_own(const _Atomic uint64_t *slot)
{
	return atomic_load_explicit(slot, memory_order_relaxed); /* this thread wrote it */
}

_Atomic uint64_t *segment6_find(struct segment6 *s, const struct mix6 *m, uint64_t offset)
{
	const uint64_t mixed = mix6(m, offset, s->width);
	const uint64_t rest = mixed & ((UINT64_C(1) << s->rest_bits) - 1);
	unsigned line = segment6_line(s, mixed), reach = segment6_reach(s, line);

	for (unsigned distance = 0; distance <= reach; distance++) {
		_Atomic uint64_t *slots = &s->slots[line * SEGMENT6_LINE_SLOTS];

		for (unsigned i = 0; i < SEGMENT6_LINE_SLOTS; i++) {
			uint64_t slot = load_own(&slots[i]);

			if (slot != 0 && slot >> s->code_bits == (rest << 2 | distance))
				return &slots[i];
		}
		line = line + 1 < s->line_count ? line + 1 : 0;
	}
	return NULL;
}

static uint64_t encode(const struct segment6 *s, uint32_t value)
{
	if (value & SEGMENT6_CELL)
		return (1u << s->code_bits) - 1 - (value & ~SEGMENT6_CELL);
	return value + 1;
}

uint32_t segment6_add_cell(struct segment6 *s, struct cell6 cell)
{
	struct cell6 *cells = (struct cell6 *)segment6_cells(s);

	cells[s->cell_count] = cell; /* readers come here by a slot or base stored after it */
	return SEGMENT6_CELL | s->cell_count++;
}

static bool insert_mixed(struct segment6 *s, uint64_t mixed, uint32_t value)
{
	const uint64_t rest = mixed & ((UINT64_C(1) << s->rest_bits) - 1);
	const unsigned home = segment6_line(s, mixed);
	unsigned line = home;

	for (unsigned distance = 0; distance <= SEGMENT6_REACH_MAX; distance++) {
		_Atomic uint64_t *slots = &s->slots[line * SEGMENT6_LINE_SLOTS];

		if (distance >= s->line_count)
			return false;
		for (unsigned i = 0; i < SEGMENT6_LINE_SLOTS; i++) {
			if (load_own(&slots[i]) != 0)
				continue;
			if (distance > segment6_reach(s, home)) {
				/* before the slot's release: who saw the slot sees this later */
				uint64_t reach = load_own(&s->reach[home / 32]);

				reach &= ~((uint64_t)SEGMENT6_REACH_MAX << home % 32 * 2);
				reach |= (uint64_t)distance << home % 32 * 2;
				atomic_store_explicit(&s->reach[home / 32], reach,
				                      memory_order_relaxed);
			}
			/* release: pairs with acquire in segment6_probe(); for the cell, if any */
			atomic_store_explicit(
			    &slots[i], (rest << 2 | distance) << s->code_bits | encode(s, value),
			    memory_order_release);
			s->point_count++;
			return true;
		}
		line = line + 1 < s->line_count ? line + 1 : 0;
	}
	return false;
}

bool segment6_insert(struct segment6 *s, const struct mix6 *m, uint64_t offset, uint32_t value)
{
	return insert_mixed(s, mix6(m, offset, s->width), value);
}

bool segment6_has_slot(const struct segment6 *s, const struct mix6 *m, uint64_t offset)
{
	unsigned line = segment6_line(s, mix6(m, offset, s->width));

	for (unsigned i = 0; i <= SEGMENT6_REACH_MAX && i < s->line_count; i++) {
		for (unsigned k = 0; k < SEGMENT6_LINE_SLOTS; k++) {
			if (load_own(&s->slots[line * SEGMENT6_LINE_SLOTS + k]) == 0)
				return true;
		}
		line = line + 1 < s->line_count ? line + 1 : 0;
	}
	return false;
}

void segment6_change(struct segment6 *s, _Atomic uint64_t *slot, uint32_t value)
{
	uint64_t key = load_own(slot) >> s->code_bits << s->code_bits;

	/* release: pairs with acquire in segment6_probe(); for the cell, if any */
	atomic_store_explicit(slot, key | encode(s, value), memory_order_release);
}

void segment6_remove(struct segment6 *s, _Atomic uint64_t *slot)
{
	/* release: pairs with acquire in segment6_probe(); the base was stored before */
	atomic_store_explicit(slot, 0, memory_order_release);
	s->point_count--;
}

struct runs6 *segment6_base_block(const struct segment6 *s)
{
	uint64_t base = load_own(&s->base);

	return base & 1 ? NULL : (struct runs6 *)(uintptr_t)base;
}

void segment6_draft(const struct segment6 *s, struct runs6_draft *out_draft)
{
	const struct runs6 *runs = segment6_base_block(s);

	if (runs) {
		runs6_draft(out_draft, runs);
		return;
	}
	out_draft->count = 0;
	runs6_push(out_draft, 0, (uint32_t)(load_own(&s->base) >> 1));
}

void segment6_set_base(struct segment6 *s, struct runs6 *runs, uint32_t value)
{
	uint64_t base = runs ? (uintptr_t)runs : (uint64_t)value << 1 | 1;

	/* release: pairs with acquire in segment6_base(); for the runs and cells */
	atomic_store_explicit(&s->base, base, memory_order_release);
}

/* Cells that a copy needs: those in use, and verdicts that do not fit into its slots. */
static unsigned count_cells(const struct segment6 *from, unsigned line_count)
{
	const unsigned code_bits = segment6_code_bits(from->width, line_count);
	unsigned count = 0;

	for (size_t i = 0; i < slot_count(from); i++) {
		uint64_t slot = load_own(&from->slots[i]);
		uint32_t value = slot ? segment6_decode(from, slot) : 0;

		count += value & SEGMENT6_CELL || value >= segment6_verdict_codes(code_bits);
	}
	return count;
}

static bool copy_points(const struct segment6 *from, struct segment6 *to)
{
	for (size_t i = 0; i < slot_count(from); i++) {
		uint64_t slot = load_own(&from->slots[i]);
		struct cell6 cell;
		uint32_t value;

		if (slot == 0)
			continue;
		cell = segment6_cell(from, segment6_decode(from, slot));
		value = cell6_verdict(cell);
		if (cell6_kind(cell) != CELL6_VERDICT || !segment6_is_small(to, value))
			value = segment6_add_cell(to, cell);
		if (!insert_mixed(to, mixed_of(from, i, slot), value))
			return false;
	}
	return true;
}

static unsigned cells_for_copy(const struct segment6 *s, unsigned line_count, unsigned more)
{
	unsigned cells = count_cells(s, line_count);

	return cells + more > 0 ? cells + more + cells / 8 + 2 : 0;
}

int segment6_copy(const struct segment6 *s, unsigned line_count, unsigned more_cells,
                  struct segment6 **out_segment)
{
	for (; line_count <= SEGMENT6_LINES_MAX; line_count += line_count / 8 + 1) {
		unsigned cells = cells_for_copy(s, line_count, more_cells);
		struct segment6 *copy;

		if (cells > SEGMENT6_CELLS_MAX)
			break;
		copy = segment6_new(s->start, s->last, s->is_low, line_count, cells);
		if (!copy)
			return -ENOMEM;
		if (copy_points(s, copy)) {
			atomic_init(&copy->base, load_own(&s->base));
			copy->base_lists = s->base_lists;
			memcpy(copy->list_counts, s->list_counts, sizeof(s->list_counts));
			*out_segment = copy;
			return 0;
		}
		free(copy);
	}
	return -ENOSPC;
}

uint64_t segment6_lists(const struct segment6 *s)
{
	uint64_t lists = s->base_lists;

	for (unsigned i = 0; s->point_count > 0 && i < 64; i++)
		lists |= (uint64_t)(s->list_counts[i] > 0) << i;
	return lists;
}

unsigned segment6_weight(const struct segment6 *s)
{
	const struct runs6 *base = segment6_base_block(s);

	return s->point_count + (base ? base->count : 0);
}

static void visit_value(const struct segment6 *s, uint32_t value, segment6_visit *visit,
                        void *context)
{
	if (value & SEGMENT6_CELL && cell6_block(segment6_cell(s, value)))
		visit(context, cell6_block(segment6_cell(s, value)));
}

void segment6_blocks(const struct segment6 *s, segment6_visit *visit, void *context)
{
	const struct runs6 *base = segment6_base_block(s);

	if (s->cell_count == 0)
		return;
	for (size_t i = 0; i < slot_count(s); i++) {
		uint64_t slot = load_own(&s->slots[i]);

		if (slot != 0)
			visit_value(s, segment6_decode(s, slot), visit, context);
	}
	for (uint32_t i = 0; base && i < base->count; i++)
		visit_value(s, runs6_values(base)[i], visit, context);
	if (!base)
		visit_value(s, (uint32_t)(load_own(&s->base) >> 1), visit, context);
}

static void free_block(void *context, struct runs6 *block)
{
	(void)context;
	free(block);
}

void segment6_free(struct segment6 *s)
{
	if (!s)
		return;
	segment6_blocks(s, free_block, NULL);
	free(segment6_base_block(s));
	free(s);
}
