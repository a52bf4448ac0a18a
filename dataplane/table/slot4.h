/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What table4 holds below the points, in 32 bits: the verdict of all addresses of a /24 or /16, or
 * where to look on. 0 is "nothing listed", so memory never written is right as it is.
 *
 * A /24 of several verdicts has a block in the arena: a mask (two verdicts in any pattern, 48
 * bytes), runs of addresses (4 bytes each), or a verdict for each address (1 KB), whichever is
 * smallest. A mask and a full block change in place, an address at a time by one atomic store; runs
 * are immutable.
 *
 * Threads: slot4_lookup(), _expand() any reader between two quiescent states; all else the update
 * thread only.
 */
#include "dataplane/table/arena.h"
#include "dataplane/table/verdicts.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SLOT4_SIZE 256 /* addresses of a /24, /24s of a /16 */

/* Bits 30 and 31 say what the rest is: */
#define SLOT4_KINDS 0xc0000000u
#define SLOT4_RUNS  0x40000000u /* a unit: struct slot4_runs */
#define SLOT4_MASK  0x80000000u /* a unit: struct slot4_mask */
#define SLOT4_FULL  0xc0000000u /* a unit: struct slot4_full */
#define SLOT4_LEAF  0x40000000u /* of a /16: a unit, struct ranges4_leaf */
#define SLOT4_FEW   0x80000000u /* of a /16: a unit, struct ranges4_few */

typedef uint32_t slot4_t; /* a verdict, or a kind and a unit of the arena */

struct slot4_runs {
	uint32_t count;  /* 2..SLOT4_RUNS_MAX */
	uint32_t runs[]; /* first address << 24 | verdict, ascending; neighbours differ */
};

#define SLOT4_RUNS_MAX 255

struct slot4_mask {
	_Atomic uint64_t bits[SLOT4_SIZE / 64]; /* bit: verdicts[1] */
	verdict_t verdicts[2];
};

struct slot4_full {
	_Atomic verdict_t verdicts[SLOT4_SIZE];
};

static inline slot4_t slot4_uniform(verdict_t verdict)
{
	return verdict;
}

static inline bool slot4_is_split(slot4_t slot)
{
	return slot & SLOT4_KINDS;
}

static inline const void *slot4_at(const struct arena *a, slot4_t slot)
{
	return arena_at(a, slot & ~SLOT4_KINDS);
}

/* Index of the run that holds an address, by bisection without a branch to mispredict. */
static inline size_t slot4_find(const struct slot4_runs *block, uint8_t address)
{
	uint32_t key = (uint32_t)address << 24 | VERDICT_MAX;
	size_t at = 0;

	for (size_t n = block->count; n > 1;) {
		size_t half = n / 2;

		at += block->runs[at + half] <= key ? half : 0;
		n -= half;
	}
	return at;
}

static inline unsigned slot4_run_length(const struct slot4_runs *block, uint32_t run)
{
	unsigned end = run + 1 < block->count ? block->runs[run + 1] >> 24 : SLOT4_SIZE;

	return end - (block->runs[run] >> 24);
}

static inline verdict_t slot4_mask_verdict(const struct slot4_mask *block, uint8_t address)
{
	/* acquire: pairs with release in slot4_set() */
	uint64_t bits = atomic_load_explicit(&block->bits[address / 64], memory_order_acquire);

	return block->verdicts[bits >> (address % 64) & 1];
}

/* The verdict of an address of a /24. */
static inline verdict_t slot4_lookup(const struct arena *a, slot4_t slot, uint8_t address)
{
	const void *block = slot4_at(a, slot);

	switch (slot & SLOT4_KINDS) {
	case SLOT4_RUNS: {
		const struct slot4_runs *runs = block;

		return runs->runs[slot4_find(runs, address)] & VERDICT_MAX;
	}
	case SLOT4_MASK:
		return slot4_mask_verdict(block, address);
	case SLOT4_FULL:
		/* acquire: pairs with release in slot4_set() */
		return atomic_load_explicit(&((const struct slot4_full *)block)->verdicts[address],
		                            memory_order_acquire);
	}
	return slot;
}

/* Hint that slot4_lookup() of the address follows. */
static inline void slot4_prefetch(const struct arena *a, slot4_t slot, uint8_t address)
{
	const char *block = slot4_at(a, slot);

	__builtin_prefetch((slot & SLOT4_KINDS) == SLOT4_FULL ? block + 4u * address : block);
}

#define SLOT4_OTHERS_MAX 16

/* Addresses of a /24 whose verdicts are not that of all others. */
struct slot4_others {
	verdict_t base;
	unsigned count;
	uint8_t octets[SLOT4_OTHERS_MAX];
	verdict_t verdicts[SLOT4_OTHERS_MAX];
};

/*
 * What a split slot is, if at most max addresses have other verdicts than the rest.
 *
 * max: <= SLOT4_OTHERS_MAX
 */
bool slot4_find_others(const struct arena *a, slot4_t slot, unsigned max,
                       struct slot4_others *out_others);

#define SLOT4_TALLY 8

/* How many addresses have which verdict, summed over slots; what is full is to be emptied. */
struct slot4_tally {
	unsigned used;
	verdict_t verdicts[SLOT4_TALLY];
	unsigned counts[SLOT4_TALLY];
};

/* Add some addresses of a verdict. Returns false when there is no room for it. */
static inline bool slot4_tally_add(struct slot4_tally *tally, verdict_t verdict, unsigned count)
{
	unsigned at = 0;

	while (at < tally->used && tally->verdicts[at] != verdict)
		at++;
	if (at == SLOT4_TALLY)
		return false;
	if (at == tally->used) {
		tally->used++;
		tally->verdicts[at] = verdict;
		tally->counts[at] = 0;
	}
	tally->counts[at] += count;
	return true;
}

/* Bytes of the block of a split slot. */
size_t slot4_block_size(const struct arena *a, slot4_t slot);

/* The verdicts of all addresses of a /24. */
void slot4_expand(const struct arena *a, slot4_t slot, verdict_t out_verdicts[SLOT4_SIZE]);

/* The smallest slot for some verdicts. The arena has a page in reserve. */
slot4_t slot4_make(struct arena *a, const verdict_t verdicts[SLOT4_SIZE]);

/* The slot that results from painting a part of another one: the same if nothing changes; else one
 * with a block of its own or none. The arena has a page in reserve. */
slot4_t slot4_paint(struct arena *a, slot4_t slot, uint8_t first, uint8_t last, verdict_t verdict);

/* Change an address of a block in place. Returns false if that cannot be; then nothing changed. */
bool slot4_set(struct arena *a, slot4_t slot, uint8_t address, verdict_t verdict);
