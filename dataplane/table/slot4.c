/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/slot4.h"

#include <string.h>

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

static slot4_t make_mask(struct arena *a, const verdict_t verdicts[SLOT4_SIZE], verdict_t other)
{
	unit_t unit = arena_get(a, sizeof(struct slot4_mask));
	struct slot4_mask *block = arena_at(a, unit);

	block->verdicts[0] = verdicts[0];
	block->verdicts[1] = other;
	for (unsigned word = 0; word < SLOT4_SIZE / 64; word++) {
		uint64_t bits = 0;

		for (unsigned i = 0; i < 64; i++)
			bits |= (uint64_t)(verdicts[word * 64 + i] == other) << i;
		atomic_init(&block->bits[word], bits);
	}
	return SLOT4_MASK | unit;
}

static slot4_t make_runs(struct arena *a, const verdict_t verdicts[SLOT4_SIZE], unsigned count)
{
	unit_t unit = arena_get(a, sizeof(struct slot4_runs) + count * sizeof(uint32_t));
	struct slot4_runs *block = arena_at(a, unit);
	unsigned at = 0;

	block->count = count;
	for (unsigned i = 0; i < SLOT4_SIZE; i++) {
		if (i == 0 || verdicts[i] != verdicts[i - 1])
			block->runs[at++] = i << 24 | verdicts[i];
	}
	return SLOT4_RUNS | unit;
}

static slot4_t make_full(struct arena *a, const verdict_t verdicts[SLOT4_SIZE])
{
	unit_t unit = arena_get(a, sizeof(struct slot4_full));
	struct slot4_full *block = arena_at(a, unit);

	for (unsigned i = 0; i < SLOT4_SIZE; i++)
		atomic_init(&block->verdicts[i], verdicts[i]);
	return SLOT4_FULL | unit;
}

unsigned slot4_runs(const verdict_t verdicts[SLOT4_SIZE])
{
	unsigned runs = 1;

	for (unsigned i = 1; i < SLOT4_SIZE; i++)
		runs += verdicts[i] != verdicts[i - 1];
	return runs;
}

slot4_t slot4_make(struct arena *a, const verdict_t verdicts[SLOT4_SIZE])
{
	verdict_t other = verdicts[0];
	unsigned runs = slot4_runs(verdicts), strange = 0;

	if (runs == 1)
		return slot4_uniform(verdicts[0]);
	for (unsigned i = 1; i < SLOT4_SIZE && other == verdicts[0]; i++)
		other = verdicts[i];
	for (unsigned i = 1; i < SLOT4_SIZE; i++)
		strange |= verdicts[i] != verdicts[0] && verdicts[i] != other;
	if (!strange && sizeof(struct slot4_runs) + 4 * runs > sizeof(struct slot4_mask) - 8)
		return make_mask(a, verdicts, other);
	return runs <= SLOT4_RUNS_MAX ? make_runs(a, verdicts, runs) : make_full(a, verdicts);
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
static bool is_few_runs(struct slot4_full *block, uint8_t address, verdict_t verdict)
{
	verdict_t verdicts[SLOT4_SIZE];

	for (unsigned i = 0; i < SLOT4_SIZE; i++)
		verdicts[i] = atomic_load_explicit(&block->verdicts[i], memory_order_relaxed);
	verdicts[address] = verdict;
	return slot4_runs(verdicts) < SLOT4_FULL_MIN;
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
