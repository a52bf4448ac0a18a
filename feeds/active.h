/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The entries that cover the address a sweep is at: added at their first address, removed by their
 * last. Keeps for each rank how many entries have it, so the winners are the lowest ranks.
 */
#include "feeds/address.h"

#define ACTIVE_LEVELS_MAX 6 /* 64^6 ranks and more */

struct active_end {
	address6_t last;
	uint32_t rank;
};

struct active {
	struct active_end *ends; /* binary heap, earliest end on top */
	size_t count, capacity;
	uint32_t *counts; /* by rank */
	uint64_t
	    *bits[ACTIVE_LEVELS_MAX]; /* [0]: ranks with a count; [n + 1]: words of [n] not 0 */
	size_t words[ACTIVE_LEVELS_MAX];
	unsigned levels;
};

/* Errors: -ENOMEM; nothing to undo */
int active_init(struct active *a, size_t rank_count);
void active_done(struct active *a);

/* Errors: -ENOMEM; nothing changed */
int active_add(struct active *a, address6_t last, uint32_t rank);

/* Remove the entries that end at or before an address. */
void active_remove(struct active *a, address6_t last);

#define ACTIVE_NONE SIZE_MAX

/* The lowest rank from a rank on, or ACTIVE_NONE. */
size_t active_rank(const struct active *a, size_t from);
