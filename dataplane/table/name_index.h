/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Hash -> references (name_arena.h): 4096 segments, each an array of 64-byte lines of 8 slots. A
 * slot is a reference with 31 bits of the hash, so a probe is one cache line, and what it finds is
 * right but for one probe in millions. A full line goes on in the next one and says so in its first
 * slot, for as long as the segment stands. A segment grows by being copied into a larger one, a few
 * microseconds' work at 1,000 to 2,000 slots, and at sizes that differ from one to the next, so
 * that neither time nor memory comes in one piece.
 *
 * Threads: name_index_probe_*() and name_index_prefetch() from readers between two quiescent
 * states; all else from the update thread.
 */
#include "dataplane/table/retire.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAME_INDEX_SEGMENTS   4096
#define NAME_INDEX_LINE       8 /* slots */
#define NAME_INDEX_LINE_SIZE  64
#define NAME_INDEX_LINES_BITS 22                  /* of a count of lines */
#define NAME_INDEX_HAS_MORE   (UINT64_C(1) << 63) /* in the first slot of a line */
#define NAME_INDEX_TAG        UINT64_C(0x7fffffff)

/* Bits 0..31 the reference, 0 = free; bits 32..62 the low bits of the hash. */
typedef _Atomic uint64_t name_index_slot_t;

struct name_index {
	/* update thread: writes; readers: read. Address / 64 and number of lines; 0 = nothing yet
	 */
	_Atomic uint64_t segments[NAME_INDEX_SEGMENTS];
	/* the rest belongs to the update thread */
	uint32_t used[NAME_INDEX_SEGMENTS];
	uint32_t removed[NAME_INDEX_SEGMENTS]; /* since the segment was made */
	uint64_t memory_size;                  /* bytes, of segments */
};

struct name_index_probe {
	name_index_slot_t *lines;
	uint32_t line_count, line, tag;
	uint32_t left;  /* lines not looked at; it ends a search through lines that all had more */
	unsigned index; /* of the next slot of the line */
	bool has_more;
};

static inline uint32_t name_index_segment(uint64_t hash)
{
	return (uint32_t)(hash >> 52);
}

static inline uint64_t name_index_load(const struct name_index *x, uint64_t hash)
{
	/* acquire: pairs with release in publish(); the slots of the segment are visible with it */
	return atomic_load_explicit((_Atomic uint64_t *)&x->segments[name_index_segment(hash)],
	                            memory_order_acquire);
}

static inline name_index_slot_t *name_index_lines(uint64_t segment)
{
	return (name_index_slot_t *)(uintptr_t)(segment >> NAME_INDEX_LINES_BITS
	                                                       << 6); /* of 64 bytes */
}

static inline uint32_t name_index_line_count(uint64_t segment)
{
	return segment & ((1u << NAME_INDEX_LINES_BITS) - 1);
}

static inline uint32_t name_index_home(uint64_t hash, uint32_t line_count)
{
	return (uint32_t)((hash & NAME_INDEX_TAG) * line_count >> 31);
}

/* Hint that a probe for a hash follows. */
static inline void name_index_prefetch(const struct name_index *x, uint64_t hash)
{
	uint64_t segment = name_index_load(x, hash);
	uintptr_t at = (uintptr_t)name_index_lines(segment); /* 0 = no segment: no harm */

	at +=
	    name_index_home(hash, name_index_line_count(segment)) * (uintptr_t)NAME_INDEX_LINE_SIZE;
	__builtin_prefetch((const void *)at);
}

static inline void name_index_probe_start(const struct name_index *x, uint64_t hash,
                                          struct name_index_probe *out_probe)
{
	uint64_t segment = name_index_load(x, hash);
	uint32_t line_count = name_index_line_count(segment);

	*out_probe = (struct name_index_probe){
	    .lines = name_index_lines(segment),
	    .line_count = line_count,
	    .line = name_index_home(hash, line_count),
	    .tag = hash & NAME_INDEX_TAG,
	    .left = line_count,
	};
}

/* The next reference that may be of the hash; 0 = no more. */
static inline uint32_t name_index_probe_next(struct name_index_probe *p)
{
	while (p->left > 0) {
		name_index_slot_t *line = p->lines + (size_t)p->line * NAME_INDEX_LINE;

		while (p->index < NAME_INDEX_LINE) {
			/* acquire: pairs with release in name_index_put() and
			 * name_index_replace(); the node is visible with its reference */
			uint64_t slot = atomic_load_explicit(&line[p->index], memory_order_acquire);

			if (p->index++ == 0)
				p->has_more = slot & NAME_INDEX_HAS_MORE;
			if ((slot >> 32 & NAME_INDEX_TAG) == p->tag && (uint32_t)slot != 0)
				return (uint32_t)slot;
		}
		p->left = p->has_more ? p->left - 1 : 0;
		p->line = p->line + 1 < p->line_count ? p->line + 1 : 0;
		p->index = 0;
	}
	return 0;
}

/* A segment that is to take the place of another. */
struct name_index_growth {
	uint32_t segment; /* number */
	uint64_t word;    /* the new one, still empty; 0 = none is needed */
};

/*
 * Have a larger segment ready if there is not room enough for count more in that of a hash.
 *
 * Errors: -ENOMEM
 */
int name_index_prepare(const struct name_index *x, uint64_t hash, uint32_t count,
                       struct name_index_growth *out_growth);
void name_index_cancel(const struct name_index_growth *growth);

/* Publish it; retire has room for one block. */
void name_index_grow(struct name_index *x, const struct name_index_growth *growth,
                     struct retire *retire);

/* Add a reference; there is room. */
void name_index_put(struct name_index *x, uint64_t hash, uint32_t reference);

/* Put a reference in the place of another one that is there, or take it out: 0. */
void name_index_replace(struct name_index *x, uint64_t hash, uint32_t old, uint32_t reference);

/* Make the segment of a hash smaller if much of it is free and there is memory for that; retire
 * has room for one block. */
void name_index_shrink(struct name_index *x, uint64_t hash, struct retire *retire);

/* Free all segments; no reader may be left. */
void name_index_done(struct name_index *x);
