/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Slots of points4 as their writer sees and changes them.
 *
 * Threads: the update thread only.
 */
#include "dataplane/table/points4_build.h"

/* The slot at a word, and the spill bit of the bucket if it is the first. */
static inline uint64_t points4_slot_own(const struct points4_group *g, const char *line,
                                        unsigned word)
{
	/* relaxed: only this thread writes */
	if (points4_is_wide(g))
		return atomic_load_explicit(
		    (const _Atomic uint64_t *)(const void *)(line + 4 * word),
		    memory_order_relaxed);
	return atomic_load_explicit((const _Atomic uint32_t *)(const void *)(line + 4 * word),
	                            memory_order_relaxed);
}

static inline void points4_slot_store(const struct points4_group *g, const char *line,
                                      unsigned word, uint64_t slot)
{
	/* release: pairs with acquire in points4_load(); and, for a slot that
	 * is cleared, with the acquire in points4_match(): who misses it sees what was stored below
	 * it before */
	if (points4_is_wide(g))
		atomic_store_explicit((_Atomic uint64_t *)(uintptr_t)(line + 4 * word), slot,
		                      memory_order_release);
	else
		atomic_store_explicit((_Atomic uint32_t *)(uintptr_t)(line + 4 * word),
		                      (uint32_t)slot, memory_order_release);
}

static inline uint64_t points4_slot_spill(const struct points4_group *g)
{
	return points4_is_wide(g) ? UINT64_C(1) << 63 : POINTS4_SPILL;
}

/* Store a slot and keep its spill bit. */
static inline void points4_slot_put(const struct points4_group *g, const char *line, unsigned word,
                                    uint64_t slot)
{
	points4_slot_store(g, line, word,
	                   slot | (points4_slot_own(g, line, word) & points4_slot_spill(g)));
}

/* What a slot of a probe's address and bucket holds. */
static inline uint64_t points4_slot_make(const struct points4_probe *probe, verdict_t verdict)
{
	uint32_t key;

	points4_mask(probe, 0xff, &key);
	if (points4_is_wide(probe->group))
		return (uint64_t)(verdict + 1) << 32 | key;
	return (uint64_t)(verdict + 1) << probe->group->value_shift | key;
}

/* How many a group has. */
static inline uint32_t points4_slot_count(const struct points4_group *g)
{
	return (uint32_t)g->bucket_count * (points4_is_wide(g) ? POINTS4_WORDS / 2 : POINTS4_WORDS);
}

/* The word of an empty slot in a bucket, or -1. */
static inline int points4_slot_empty(const struct points4_group *g, const char *line)
{
	uint32_t words;

	if (!points4_is_wide(g)) {
		words = points4_match(line, ~POINTS4_SPILL, 0);
		return words ? __builtin_ctz(words) : -1;
	}
	for (unsigned word = 0; word < POINTS4_WORDS; word += 2) {
		if ((points4_slot_own(g, line, word) & ~points4_slot_spill(g)) == 0)
			return (int)word;
	}
	return -1;
}

/* The first directory entry of the group where a /24 is. */
static inline uint32_t points4_slot_entry(const struct points4 *p, uint32_t net)
{
	uint32_t entry = points4_build_entry(p, net);
	const struct points4_group *g = points4_build_group(p, entry);

	return g ? entry & ~((POINTS4_DIRECTORY >> g->depth) - 1) : entry;
}

/* Whether a group may take one address more before it grows. */
static inline bool points4_slot_has_room(const struct points4 *p, const struct points4_group *g,
                                         uint32_t entry)
{
	return (uint64_t)p->counts[entry] * 100 <
	       (uint64_t)points4_slot_count(g) * p->tuning.load_percent;
}

/* Note that the group of an entry is about to have a verdict. */
static inline void points4_slot_note(struct points4 *p, uint32_t entry, verdict_t verdict)
{
	if (verdict <= p->largest[entry])
		return;
	pages_touch(p->memory, &p->largest[entry]);
	p->largest[entry] = verdict;
}
