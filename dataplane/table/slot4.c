/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/slot4.h"

#include <string.h>

#define FULL_MIN 200 /* with fewer runs, a full block becomes runs again */

static void expand_runs(const struct slot4_runs *block, verdict_t out_verdicts[SLOT4_SIZE])
{
	for (uint32_t i = 0; i < block->count; i++) {
		unsigned end = i + 1 < block->count ? block->runs[i + 1] >> 24 : SLOT4_SIZE;

		for (unsigned at = block->runs[i] >> 24; at < end; at++)
			out_verdicts[at] = block->runs[i] & VERDICT_MAX;
	}
}

void slot4_expand(const struct arena *a, slot4_t slot, verdict_t out_verdicts[SLOT4_SIZE])
{
	if ((slot & SLOT4_KINDS) == SLOT4_RUNS) {
		expand_runs(slot4_at(a, slot), out_verdicts);
		return;
	}
	for (unsigned i = 0; i < SLOT4_SIZE; i++)
		out_verdicts[i] = slot4_lookup(a, slot, (uint8_t)i);
}

struct runs {
	unsigned count;
	uint32_t runs[SLOT4_SIZE + 1];
};

static void push(struct runs *r, unsigned start, verdict_t verdict)
{
	if (r->count == 0 || (r->runs[r->count - 1] & VERDICT_MAX) != verdict)
		r->runs[r->count++] = start << 24 | verdict;
}

static unsigned end_of(const struct runs *r, unsigned run)
{
	return run + 1 < r->count ? r->runs[run + 1] >> 24 : SLOT4_SIZE;
}

/* The two verdicts there are. Returns false if there are more. */
static bool is_pair(const struct runs *r, verdict_t *out_other)
{
	const verdict_t one = r->runs[0] & VERDICT_MAX, other = r->runs[1] & VERDICT_MAX;
	unsigned strange = 0;

	for (unsigned i = 0; i < r->count; i++)
		strange |= (r->runs[i] & VERDICT_MAX) != one && (r->runs[i] & VERDICT_MAX) != other;
	*out_other = other;
	return !strange;
}

static slot4_t make_mask(struct arena *a, const struct runs *r, verdict_t other)
{
	unit_t unit = arena_get(a, sizeof(struct slot4_mask));
	struct slot4_mask *block = arena_at(a, unit);
	uint64_t bits[SLOT4_SIZE / 64] = {0};

	block->verdicts[0] = r->runs[0] & VERDICT_MAX;
	block->verdicts[1] = other;
	for (unsigned i = 0; i < r->count; i++) {
		for (unsigned at = r->runs[i] >> 24;
		     (r->runs[i] & VERDICT_MAX) == other && at < end_of(r, i); at++)
			bits[at / 64] |= UINT64_C(1) << (at % 64);
	}
	for (unsigned i = 0; i < SLOT4_SIZE / 64; i++)
		atomic_init(&block->bits[i], bits[i]);
	return SLOT4_MASK | unit;
}

static slot4_t make_runs(struct arena *a, const struct runs *r)
{
	size_t size = r->count * sizeof(r->runs[0]);
	unit_t unit = arena_get(a, sizeof(struct slot4_runs) + size);
	struct slot4_runs *block = arena_at(a, unit);

	block->count = r->count;
	memcpy(block->runs, r->runs, size);
	return SLOT4_RUNS | unit;
}

static slot4_t make_full(struct arena *a, const struct runs *r)
{
	unit_t unit = arena_get(a, sizeof(struct slot4_full));
	struct slot4_full *block = arena_at(a, unit);

	for (unsigned i = 0; i < r->count; i++) {
		for (unsigned at = r->runs[i] >> 24; at < end_of(r, i); at++)
			atomic_init(&block->verdicts[at], r->runs[i] & VERDICT_MAX);
	}
	return SLOT4_FULL | unit;
}

static slot4_t make(struct arena *a, const struct runs *r)
{
	const size_t size = sizeof(struct slot4_runs) + r->count * sizeof(r->runs[0]);
	verdict_t other;

	if (r->count == 1)
		return slot4_uniform(r->runs[0] & VERDICT_MAX);
	if (size > sizeof(struct slot4_mask) && is_pair(r, &other))
		return make_mask(a, r, other);
	return r->count <= SLOT4_RUNS_MAX ? make_runs(a, r) : make_full(a, r);
}

static void collect_runs(const verdict_t verdicts[SLOT4_SIZE], struct runs *out_runs)
{
	out_runs->count = 0;
	for (unsigned i = 0; i < SLOT4_SIZE; i++)
		push(out_runs, i, verdicts[i]);
}

slot4_t slot4_make(struct arena *a, const verdict_t verdicts[SLOT4_SIZE])
{
	struct runs r;

	collect_runs(verdicts, &r);
	return make(a, &r);
}

/* The runs of a slot; those that it has in a block are not copied. */
static unsigned borrow_runs(const struct arena *a, slot4_t slot, struct runs *room,
                            const uint32_t **out_runs)
{
	const struct slot4_runs *block = slot4_at(a, slot);
	verdict_t verdicts[SLOT4_SIZE];

	if ((slot & SLOT4_KINDS) == SLOT4_RUNS) {
		*out_runs = block->runs;
		return block->count;
	}
	if (slot4_is_split(slot)) {
		slot4_expand(a, slot, verdicts);
		collect_runs(verdicts, room);
	} else {
		room->runs[0] = slot;
		room->count = 1;
	}
	*out_runs = room->runs;
	return room->count;
}

/* How many runs begin before an address. */
static unsigned runs_before(const uint32_t *runs, unsigned count, unsigned address)
{
	unsigned before = 0;

	while (count > 0) {
		unsigned half = (count + 1) / 2;

		if (runs[before + half - 1] >> 24 < address) {
			before += half;
			count -= half;
		} else {
			count = half - 1;
		}
	}
	return before;
}

slot4_t slot4_paint(struct arena *a, slot4_t slot, uint8_t first, uint8_t last, verdict_t verdict)
{
	struct runs room, r;
	const uint32_t *old;
	unsigned old_count = borrow_runs(a, slot, &room, &old);
	unsigned next = old_count;

	r.count = runs_before(old, old_count, first);
	memcpy(r.runs, old, r.count * sizeof(*old));
	push(&r, first, verdict);
	if (last < SLOT4_SIZE - 1) {
		next = runs_before(old, old_count, last + 2u);
		push(&r, last + 1u, old[next - 1] & VERDICT_MAX);
	}
	memcpy(&r.runs[r.count], &old[next], (old_count - next) * sizeof(*old));
	r.count += old_count - next;
	if (r.count == old_count && memcmp(r.runs, old, r.count * sizeof(*old)) == 0)
		return slot;
	return make(a, &r);
}

/* Whether all bits of a mask but one are the same, which is about to become so, too. */
static bool is_last_bit(const struct slot4_mask *block, uint8_t address, bool is_on)
{
	for (unsigned word = 0; word < SLOT4_SIZE / 64; word++) {
		uint64_t bits = atomic_load_explicit(&block->bits[word], memory_order_relaxed);
		uint64_t bit = word == address / 64u ? UINT64_C(1) << (address % 64) : 0;

		if ((is_on ? bits | bit : ~bits | bit) != UINT64_MAX)
			return false;
	}
	return true;
}

/* Whether a full block will have so few runs that it is to become smaller. */
static bool is_few_runs(const struct slot4_full *block, uint8_t address, verdict_t verdict)
{
	verdict_t verdicts[SLOT4_SIZE];
	unsigned runs = 1;

	for (unsigned i = 0; i < SLOT4_SIZE; i++)
		verdicts[i] = atomic_load_explicit(&block->verdicts[i], memory_order_relaxed);
	verdicts[address] = verdict;
	for (unsigned i = 1; i < SLOT4_SIZE; i++)
		runs += verdicts[i] != verdicts[i - 1];
	return runs < FULL_MIN;
}

bool slot4_set(struct arena *a, slot4_t slot, uint8_t address, verdict_t verdict)
{
	void *block = arena_at(a, slot & ~SLOT4_KINDS);
	struct slot4_mask *mask = block;
	_Atomic uint64_t *word;
	uint64_t bits, bit = UINT64_C(1) << (address % 64);

	if ((slot & SLOT4_KINDS) == SLOT4_FULL) {
		if (is_few_runs(block, address, verdict))
			return false;
		/* release: pairs with acquire in slot4_lookup() */
		atomic_store_explicit(&((struct slot4_full *)block)->verdicts[address], verdict,
		                      memory_order_release);
		return true;
	}
	if ((slot & SLOT4_KINDS) != SLOT4_MASK ||
	    (verdict != mask->verdicts[0] && verdict != mask->verdicts[1]) ||
	    is_last_bit(mask, address, verdict == mask->verdicts[1]))
		return false;
	word = &mask->bits[address / 64];
	bits = atomic_load_explicit(word, memory_order_relaxed);
	/* release: pairs with acquire in slot4_mask_verdict() */
	atomic_store_explicit(word, verdict == mask->verdicts[1] ? bits | bit : bits & ~bit,
	                      memory_order_release);
	return true;
}

size_t slot4_block_size(const struct arena *a, slot4_t slot)
{
	const struct slot4_runs *runs = slot4_at(a, slot);

	if ((slot & SLOT4_KINDS) == SLOT4_RUNS)
		return (sizeof(*runs) + runs->count * sizeof(runs->runs[0]) + ARENA_UNIT - 1) /
		       ARENA_UNIT * ARENA_UNIT;
	return (slot & SLOT4_KINDS) == SLOT4_MASK ? sizeof(struct slot4_mask)
	                                          : sizeof(struct slot4_full);
}

/* The verdict of most addresses, if it is one with which few others are possible. */
static bool guess_base(const struct arena *a, slot4_t slot, unsigned max, verdict_t *out_base)
{
	const struct slot4_mask *mask = slot4_at(a, slot);
	const struct slot4_runs *runs = slot4_at(a, slot);
	unsigned ones = 0, longest = 0;

	switch (slot & SLOT4_KINDS) {
	case SLOT4_MASK:
		for (unsigned i = 0; i < SLOT4_SIZE / 64; i++)
			ones += (unsigned)__builtin_popcountll(
			    atomic_load_explicit(&mask->bits[i], memory_order_relaxed));
		*out_base = mask->verdicts[ones > SLOT4_SIZE / 2];
		return ones <= max || SLOT4_SIZE - ones <= max;
	case SLOT4_RUNS:
		if (runs->count > 2 * max + 1)
			return false;
		for (uint32_t i = 0; i < runs->count; i++) {
			unsigned length = slot4_run_length(runs, i);

			if (length <= longest)
				continue;
			longest = length;
			*out_base = runs->runs[i] & VERDICT_MAX;
		}
		/* the others are what is between at most max + 1 runs */
		return longest * (max + 1) >= SLOT4_SIZE - max;
	}
	return false;
}

bool slot4_find_others(const struct arena *a, slot4_t slot, unsigned max,
                       struct slot4_others *out_others)
{
	verdict_t verdicts[SLOT4_SIZE];

	if (!guess_base(a, slot, max, &out_others->base))
		return false;
	slot4_expand(a, slot, verdicts);
	out_others->count = 0;
	for (unsigned i = 0; i < SLOT4_SIZE; i++) {
		if (verdicts[i] == out_others->base)
			continue;
		if (out_others->count == max)
			return false;
		out_others->octets[out_others->count] = (uint8_t)i;
		out_others->verdicts[out_others->count++] = verdicts[i];
	}
	return true;
}
