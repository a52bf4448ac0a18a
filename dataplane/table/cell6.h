/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What one /64 holds when a slot of 64 bits has no room for it: a verdict too large, one address
 * that differs from all others, or any runs of addresses. Two words; a block of runs belongs to
 * whoever holds the cell.
 */
#include "dataplane/table/runs6.h"
#include "dataplane/table/verdicts.h"

#include <stdbool.h>

enum cell6_kind { CELL6_VERDICT, CELL6_SINGLE, CELL6_BLOCK };

struct cell6 {
	uint64_t word; /* CELL6_SINGLE: the address; CELL6_BLOCK: struct runs6 * */
	uint64_t
	    detail; /* kind, << 8 the verdict (CELL6_SINGLE: at the address), << 32 elsewhere */
};

static inline enum cell6_kind cell6_kind(struct cell6 c)
{
	return (enum cell6_kind)(c.detail & 0xff);
}

static inline verdict_t cell6_verdict(struct cell6 c)
{
	return (verdict_t)(c.detail >> 8) & VERDICT_MAX;
}

static inline verdict_t cell6_elsewhere(struct cell6 c)
{
	return (verdict_t)(c.detail >> 32);
}

static inline struct runs6 *cell6_block(struct cell6 c)
{
	return cell6_kind(c) == CELL6_BLOCK ? (struct runs6 *)(uintptr_t)c.word : NULL;
}

static inline struct cell6 cell6_of_verdict(verdict_t verdict)
{
	return (struct cell6){0, (uint64_t)verdict << 8 | CELL6_VERDICT};
}

/* The verdict of an address, by its lower half. */
static inline verdict_t cell6_lookup(struct cell6 c, uint64_t low)
{
	switch (cell6_kind(c)) {
	case CELL6_VERDICT:
		return cell6_verdict(c);
	case CELL6_SINGLE:
		return low == c.word ? cell6_verdict(c) : cell6_elsewhere(c);
	case CELL6_BLOCK:
		return runs6_get(cell6_block(c), low);
	}
	return VERDICT_NONE;
}

/* Runs that say the same. */
void cell6_draft(struct cell6 c, struct runs6_draft *out_draft);

/* The smallest cell for some runs. Errors: -ENOMEM */
int cell6_new(const struct runs6_draft *d, struct cell6 *out_cell);
