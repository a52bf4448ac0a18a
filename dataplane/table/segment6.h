/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * A part of a table6: the verdicts of the addresses from start to last.
 *
 * Its keys are /64s, or the addresses of one /64. Keys that differ from what is around them are
 * points, in lines of 64 bytes; what is around them is the base, runs of keys. Points hide the
 * base.
 *
 * A point is a slot of 64 bits: what is left of the mixed key when the line is known, how many
 * lines behind its own it was put, and a code: 0 = empty, a verdict + 1, or, counted down from the
 * largest, the number of a cell. So the match is exact, and a slot changes in one store. Each line
 * tells in two bits how far behind it its points may be, so most lookups read one line, hit or
 * miss.
 *
 * A segment whose span is too wide for slots has no lines; then its points are runs of the base.
 *
 * Readers never wait. The update thread changes slots, cells not used so far and the base in place;
 * all other changes make another segment. A segment that was replaced is not changed any more.
 * The order of a reader is slots, then base; so a point goes only after the base under it is right.
 */
#include "dataplane/table/cell6.h"
#include "dataplane/table/table6.h"

#include <stdatomic.h>

#ifndef SEGMENT6_LINES_MAX /* a fuzz target has small segments, so as to have many */
#define SEGMENT6_LINES_MAX 128
#define SEGMENT6_BLOCK_MAX 64 /* runs in a /64 that is a cell */
#endif
#define SEGMENT6_LINE_SLOTS  8
#define SEGMENT6_LINE_POINTS 6 /* on average; with more a segment gets more lines */
#define SEGMENT6_POINTS_MAX  (SEGMENT6_LINES_MAX * SEGMENT6_LINE_POINTS)
#define SEGMENT6_RUNS_MAX    RUNS6_MAX
#define SEGMENT6_CELLS_MAX   2048 /* in a segment */
#define SEGMENT6_REACH_MAX   3    /* lines behind its own that a point may be in */
#define SEGMENT6_REST_BITS   50   /* of a mixed key in a slot, at most: 12 are left for the code */
#define SEGMENT6_CODE_BITS   26   /* at most */

#define SEGMENT6_CELL 0x80000000u /* a value that is the number of a cell, else a verdict */

/* A secret bijective mix. Constant. */
struct mix6 {
	uint64_t first, second; /* odd */
	uint64_t first_inverse, second_inverse;
};

struct segment6 {
	/* what readers look at; constant but for base and reach */
	uint64_t first; /* key of start */
	bool is_low;    /* keys are lower halves of addresses */
	uint8_t width;  /* bits of a key - first */
	uint8_t rest_bits, code_bits;
	uint16_t line_count;       /* 0 = no points */
	uint16_t cell_capacity;    /* behind the lines */
	_Atomic uint64_t base;     /* value * 2 + 1, or struct runs6 * of keys - first */
	_Atomic uint64_t reach[4]; /* two bits a line, ascending */
	address6_t start __attribute__((aligned(64))), last;
	/* the rest belongs to the update thread */
	uint64_t base_lists; /* listset_fold() of the base */
	uint32_t point_count;
	uint32_t cell_count;      /* used, also for what is gone */
	uint16_t list_counts[64]; /* points that have bit N in their listset_fold() */
	_Alignas(64) _Atomic uint64_t slots[];
};

static inline uint64_t segment6_key(const struct segment6 *s, address6_t address)
{
	return s->is_low ? (uint64_t)address : (uint64_t)(address >> 64);
}

static inline const struct cell6 *segment6_cells(const struct segment6 *s)
{
	return (const struct cell6 *)&s->slots[(size_t)s->line_count * SEGMENT6_LINE_SLOTS];
}

/* Codes from 1 on that are verdicts: so many fit into slots. */
static inline uint32_t segment6_verdict_codes(unsigned code_bits)
{
	return (1u << code_bits) - 1 - SEGMENT6_CELLS_MAX;
}

static inline uint64_t mix6_mask(unsigned width)
{
	return UINT64_MAX >> (64 - width);
}

static inline uint64_t mix6(const struct mix6 *m, uint64_t number, unsigned width)
{
	const unsigned half = (width + 1) / 2;

	number ^= number >> half;
	number = number * m->first & mix6_mask(width);
	number ^= number >> half;
	return number * m->second & mix6_mask(width);
}

static inline uint64_t mix6_back(const struct mix6 *m, uint64_t number, unsigned width)
{
	const unsigned half = (width + 1) / 2;

	number = number * m->second_inverse & mix6_mask(width);
	number ^= number >> half;
	number = number * m->first_inverse & mix6_mask(width);
	return number ^ number >> half;
}

/* The line of a mixed key. */
static inline unsigned segment6_line(const struct segment6 *s, uint64_t mixed)
{
	return (unsigned)((unsigned __int128)(mixed << (64 - s->width)) * s->line_count >> 64);
}

static inline unsigned segment6_reach(const struct segment6 *s, unsigned line)
{
	return atomic_load_explicit(&s->reach[line / 32], memory_order_relaxed) >> line % 32 * 2 &
	       SEGMENT6_REACH_MAX;
}

/* A code that is not 0 as a value. */
static inline uint32_t segment6_decode_bits(unsigned code_bits, uint32_t code)
{
	return code <= segment6_verdict_codes(code_bits)
	           ? code - 1
	           : SEGMENT6_CELL | ((1u << code_bits) - 1 - code);
}

/* The code of a slot as a value. */
static inline uint32_t segment6_decode(const struct segment6 *s, uint64_t slot)
{
	return segment6_decode_bits(s->code_bits, (uint32_t)slot & ((1u << s->code_bits) - 1));
}

/*
 * The code of a point, 0 if there is none. Of two, one before and one after it was taken out and
 * put again, either was right while this ran.
 */
static inline uint32_t segment6_probe(const struct segment6 *s, uint64_t mixed)
{
	const unsigned code_bits = s->code_bits, line_count = s->line_count;
	const uint64_t rest = (mixed & ((UINT64_C(1) << s->rest_bits) - 1)) << 2;
	const uint64_t largest = (UINT64_C(1) << code_bits) - 1;
	const unsigned home = segment6_line(s, mixed), reach = segment6_reach(s, home);
	uint64_t found = 0;

	for (unsigned distance = 0;; distance++) {
		const uint64_t wanted = (rest | distance) << code_bits;
		unsigned line = home + distance;

		line -= line >= line_count ? line_count : 0;
#pragma GCC unroll 8
		for (unsigned i = 0; i < SEGMENT6_LINE_SLOTS; i++) {
			/* acquire: pairs with release in segment6.c; a slot emptied brings its base
			 */
			uint64_t code =
			    wanted ^ atomic_load_explicit(&s->slots[line * SEGMENT6_LINE_SLOTS + i],
			                                  memory_order_acquire);

			/* 0 is no code, also where all that is wanted is 0 and the slot is empty */
			found = code - 1 < largest ? code : found;
		}
		if (found || distance >= reach)
			return (uint32_t)found;
	}
}

/* The base at a key - first. */
static inline uint32_t segment6_base(const struct segment6 *s, uint64_t offset)
{
	/* acquire: pairs with release in segment6_set_base() */
	uint64_t base = atomic_load_explicit(&s->base, memory_order_acquire);

	if (base & 1)
		return (uint32_t)(base >> 1);
	return runs6_get((const struct runs6 *)(uintptr_t)base, offset);
}

/* The value of a key - first, which is mixed where there are lines. */
static inline uint32_t segment6_get_mixed(const struct segment6 *s, uint64_t offset, uint64_t mixed)
{
	uint32_t code = s->line_count ? segment6_probe(s, mixed) : 0;

	return code ? segment6_decode_bits(s->code_bits, code) : segment6_base(s, offset);
}

/* The value of a key - first. */
static inline uint32_t segment6_get(const struct segment6 *s, const struct mix6 *m, uint64_t offset)
{
	return segment6_get_mixed(s, offset, mix6(m, offset, s->width));
}

static inline struct cell6 segment6_cell(const struct segment6 *s, uint32_t value)
{
	if (value & SEGMENT6_CELL)
		return segment6_cells(s)[value & ~SEGMENT6_CELL];
	return cell6_of_verdict(value);
}

/* Where in a segment an address is looked up. */
struct aim6 {
	const struct segment6 *segment;
	uint64_t offset; /* key - first */
	uint64_t mixed;
};

/* Find that out, and hint that segment6_hit() follows. */
static inline struct aim6 segment6_aim(const struct segment6 *s, const struct mix6 *m,
                                       address6_t address)
{
	const uint64_t offset = segment6_key(s, address) - s->first;
	const uint64_t mixed = mix6(m, offset, s->width);

	if (s->line_count > 0) {
		const unsigned line = segment6_line(s, mixed);

		__builtin_prefetch(&s->slots[line * SEGMENT6_LINE_SLOTS]);
		if (segment6_reach(s, line) > 0) /* at the end this hints at what is not read */
			__builtin_prefetch(&s->slots[(line + 1) * SEGMENT6_LINE_SLOTS]);
	}
	return (struct aim6){s, offset, mixed};
}

static inline verdict_t segment6_hit(const struct aim6 *a, address6_t address)
{
	uint32_t value = segment6_get_mixed(a->segment, a->offset, a->mixed);

	if (value & SEGMENT6_CELL)
		return cell6_lookup(segment6_cell(a->segment, value), (uint64_t)address);
	return value;
}

/* The key - first of a slot that is not empty. */
uint64_t segment6_offset(const struct segment6 *s, const struct mix6 *m, size_t at, uint64_t slot);

/* ---- the update thread ---- */

/*
 * A segment for [start, last] without points whose base is VERDICT_NONE; the caller publishes or
 * frees it.
 * Errors: NULL
 */
struct segment6 *segment6_new(address6_t start, address6_t last, bool is_low, unsigned line_count,
                              unsigned cell_capacity);

/* Lines of a segment for some points. */
unsigned segment6_lines_for(size_t point_count);

/* The bits of the keys from first to last. */
static inline unsigned segment6_width(uint64_t first, uint64_t last)
{
	return last == first ? 1 : 64 - (unsigned)__builtin_clzll(last - first);
}

/* The least lines that a width needs. */
static inline unsigned segment6_lines_min(unsigned width)
{
	return width <= SEGMENT6_REST_BITS ? 1 : 1u << (width - SEGMENT6_REST_BITS);
}

/* Bits of a mixed key that its line does not tell. */
static inline unsigned segment6_rest_bits(unsigned width, unsigned line_count)
{
	unsigned known = 31 - (unsigned)__builtin_clz(line_count);

	return width > known ? width - known : 0;
}

static inline unsigned segment6_code_bits(unsigned width, unsigned line_count)
{
	unsigned bits = 62 - segment6_rest_bits(width, line_count);

	return bits < SEGMENT6_CODE_BITS ? bits : SEGMENT6_CODE_BITS;
}

/* The slot of a point; NULL if there is none. */
_Atomic uint64_t *segment6_find(struct segment6 *s, const struct mix6 *m, uint64_t offset);

/* Whether a verdict fits into a slot. */
static inline bool segment6_is_small(const struct segment6 *s, verdict_t verdict)
{
	return verdict < segment6_verdict_codes(s->code_bits);
}

/* Use the next cell; there is one. Gives its value. */
uint32_t segment6_add_cell(struct segment6 *s, struct cell6 cell);

/* Put a point that is not there; false if there is no slot for it. */
bool segment6_insert(struct segment6 *s, const struct mix6 *m, uint64_t offset, uint32_t value);

/* Whether there is a slot for a point that is not there. */
bool segment6_has_slot(const struct segment6 *s, const struct mix6 *m, uint64_t offset);

/* Give the point of a slot another value. */
void segment6_change(struct segment6 *s, _Atomic uint64_t *slot, uint32_t value);

/* Take out a point, whose value is as that of the base. */
void segment6_remove(struct segment6 *s, _Atomic uint64_t *slot);

/* The base as a draft. */
void segment6_draft(const struct segment6 *s, struct runs6_draft *out_draft);

/* The block of the base; NULL if it is one value. */
struct runs6 *segment6_base_block(const struct segment6 *s);

/* Publish a base: runs, or one value if runs is NULL. */
void segment6_set_base(struct segment6 *s, struct runs6 *runs, uint32_t value);

/*
 * The same points in other lines, with room for some more cells; the base is shared. A segment with
 * lines.
 * Errors: -ENOMEM; -ENOSPC there are not enough lines in any segment
 */
int segment6_copy(const struct segment6 *s, unsigned line_count, unsigned more_cells,
                  struct segment6 **out_segment);

/* listset_fold() of all that it has, by its own count. */
uint64_t segment6_lists(const struct segment6 *s);

/* Points and runs. */
unsigned segment6_weight(const struct segment6 *s);

/* Call back for all blocks of cells that are in use. */
typedef void segment6_visit(void *context, struct runs6 *block);
void segment6_blocks(const struct segment6 *s, segment6_visit *visit, void *context);

/* Free a segment that no reader sees, with its blocks. */
void segment6_free(struct segment6 *s);
