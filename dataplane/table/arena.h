/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Memory for the parts of a table, named by 32 bits. Address space is reserved once and made usable
 * as it is needed; it is cut into pages of 16 KB, and those into blocks of one size. Pages are
 * taken from the bottom, so that what a shrunk table gave back is at the top and goes back to the
 * kernel. From some megabytes on it is on huge pages, if there are any: see hugepages.h.
 *
 * All that can fail is arena_reserve(): it comes first, and what follows cannot fail.
 *
 * Threads: arena_at() any; all else the update thread only.
 */
#include "dataplane/table/hugepages.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARENA_UNIT      16    /* bytes; also the alignment */
#define ARENA_PAGE      16384 /* bytes */
#define ARENA_BLOCK_MAX 1024  /* bytes of a block that is not a page */
#define ARENA_UNITS     (1u << 30)

typedef uint32_t unit_t; /* index of a unit, below ARENA_UNITS; 0 = none */

struct arena {
	char *base;     /* constant; a multiple of the size of a huge page */
	void *reserved; /* constant */
	/* the rest belongs to the update thread */
	struct arena_state *state;
	struct hugepages huge; /* its mode may be set before the first arena_reserve() */
	uint64_t memory_size;  /* bytes in use: neither free nor waiting for a grace period */
};

/* Errors: NULL with errno. */
struct arena *arena_new(void);

/* No reader may be left. NULL is allowed. */
void arena_free(struct arena *a);

static inline void *arena_at(const struct arena *a, unit_t unit)
{
	return a->base + (size_t)unit * ARENA_UNIT;
}

/*
 * See that page_count arena_get() and retire_count arena_retire() will succeed, and reuse what
 * waited for a grace period that is over.
 *
 * Errors: -ENOMEM
 */
int arena_reserve(struct arena *a, size_t page_count, size_t retire_count);

/* A block of at most ARENA_BLOCK_MAX bytes, or of ARENA_PAGE. Its contents are undefined. */
unit_t arena_get(struct arena *a, size_t size);

/* Give back what no reader ever saw. */
void arena_put(struct arena *a, unit_t unit);

/* Give back what readers may hold, a grace period from now. */
void arena_retire(struct arena *a, unit_t unit);
