/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What table4 holds for one /24, in 64 bits: the verdict of all 256 addresses, or a pointer to an
 * immutable block of runs. 0 is "nothing listed", so a page never written is right as it is.
 */
#include "dataplane/table/verdicts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SLOT4_SIZE 256 /* addresses */

typedef uint64_t slot4_t; /* verdict * 2, or address of a block + 1 */

struct slot4_block {
	uint16_t count;  /* runs, 2..256 */
	uint16_t listed; /* addresses with a verdict */
	uint32_t runs[]; /* first address << 24 | verdict, ascending; neighbours differ */
};

static inline slot4_t slot4_uniform(verdict_t verdict)
{
	return (slot4_t)verdict << 1;
}

static inline bool slot4_is_split(slot4_t slot)
{
	return slot & 1;
}

/* The verdict of a slot that is not split. */
static inline verdict_t slot4_verdict(slot4_t slot)
{
	return (verdict_t)(slot >> 1);
}

/* The block of a split slot. */
static inline const struct slot4_block *slot4_block(slot4_t slot)
{
	return (const struct slot4_block *)(uintptr_t)(slot - 1);
}

/* Index of the run that holds an address, by bisection without a branch to mispredict. */
static inline size_t slot4_find(const struct slot4_block *block, uint8_t address)
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

static inline verdict_t slot4_lookup(slot4_t slot, uint8_t address)
{
	if (!slot4_is_split(slot))
		return slot4_verdict(slot);
	return slot4_block(slot)->runs[slot4_find(slot4_block(slot), address)] & VERDICT_MAX;
}

/* Addresses with a verdict. */
static inline unsigned slot4_listed(slot4_t slot)
{
	if (slot4_is_split(slot))
		return slot4_block(slot)->listed;
	return slot == 0 ? 0 : SLOT4_SIZE;
}

/*
 * The slot that results from painting a part of another one. It is uniform if it can be, the same
 * slot if nothing changes, and else has a new block, which the caller owns.
 *
 * Errors: -ENOMEM
 */
int slot4_paint(slot4_t slot, uint8_t first, uint8_t last, verdict_t verdict, slot4_t *out_slot);
