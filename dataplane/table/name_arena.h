/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Memory for the nodes of names: blocks of 8 .. 96 bytes in address space that is reserved once, so
 * that 32 bits name one (a reference: its offset in units of 8 bytes; 0 = none). Slabs of 4 KB hold
 * blocks of one kind; a slab without blocks serves any kind again, and beyond a few its page is
 * given back.
 *
 * Threads: name_arena_at() from any reader that got the reference from a published place; all else
 * from the update thread only. A retired block is handed out again a liburcu-qsbr grace period
 * later, so readers may go on with what they have until their next quiescent state. Nothing waits.
 */
#include "dataplane/table/hugepages.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAME_ARENA_UNIT      8    /* bytes */
#define NAME_ARENA_SLAB_SIZE 4096 /* bytes */
#define NAME_ARENA_UNITS_MAX 12   /* of one block */
#define NAME_ARENA_KINDS     (2 * (NAME_ARENA_UNITS_MAX + 1))
#define NAME_ARENA_BATCH     120 /* retired blocks that wait for one grace period */

/* Blocks of a size, apart from those that cannot be moved, so that slabs of movable ones can be
 * emptied. */
static inline unsigned name_arena_kind(size_t size, bool is_movable)
{
	unsigned units = (unsigned)((size + NAME_ARENA_UNIT - 1) / NAME_ARENA_UNIT);

	return units + (is_movable ? 0 : NAME_ARENA_UNITS_MAX + 1);
}

struct name_arena_slab;
struct name_arena_batch;

struct name_arena {
	uint8_t *base;  /* constant; a multiple of the size of a huge page */
	void *reserved; /* constant */
	/* the rest belongs to the update thread */
	struct name_arena_slab *slabs; /* by number; [0] is not used */
	uint32_t slab_capacity, slab_end;
	size_t open_size;                 /* bytes from base that may be written */
	struct hugepages huge;            /* its mode may be set before the first block is taken */
	uint32_t open[NAME_ARENA_KINDS];  /* slabs with a block to be had: chains; 0 = none */
	uint32_t used[NAME_ARENA_KINDS];  /* blocks, without retired ones */
	uint32_t count[NAME_ARENA_KINDS]; /* slabs */
	uint32_t empty, empty_count;      /* slabs without a block, their page kept: a chain */
	uint32_t bare;                    /* likewise, their page given back */
	struct name_arena_batch *running, **running_end; /* batches in their grace period, by age */
	struct name_arena_batch *filling;                /* the one being filled, and spare ones */
	size_t room;                                     /* blocks that can be retired */
};

static inline void *name_arena_at(const struct name_arena *a, uint32_t reference)
{
	return a->base + (size_t)reference * NAME_ARENA_UNIT;
}

/* Errors: -ENOMEM */
int name_arena_init(struct name_arena *a);

/* Give everything back; no reader may be left, grace periods may run on. */
void name_arena_done(struct name_arena *a);

/* A block of a kind, its content undefined. Returns 0 when there is no memory. */
uint32_t name_arena_get(struct name_arena *a, unsigned kind);

/* Give back a block that no reader ever saw. */
void name_arena_put(struct name_arena *a, uint32_t reference);

/* Make sure that count blocks can be retired. Errors: -ENOMEM */
int name_arena_reserve(struct name_arena *a, size_t count);

/* Give back a block when the readers of now are gone; room was reserved. */
void name_arena_retire(struct name_arena *a, uint32_t reference);

/*
 * A slab of a movable kind that is at most half full while there are blocks enough elsewhere; then
 * no block of it is handed out before it is empty or reopened. The caller is to copy what is in use
 * and retire it. Looks at some slabs only; call it now and then.
 *
 * cursor:  where to look; kept by the caller
 * Returns: 0 none, or the number of the slab
 */
uint32_t name_arena_close_sparse(struct name_arena *a, uint32_t *cursor);
void name_arena_reopen(struct name_arena *a, uint32_t slab);

/* The blocks of a slab that were ever handed out, in use or not; slabs are 1 .. slab_end - 1. */
bool name_arena_is_movable(const struct name_arena *a, uint32_t slab);
unsigned name_arena_blocks(const struct name_arena *a, uint32_t slab);
uint32_t name_arena_block(const struct name_arena *a, uint32_t slab, unsigned index);

/* Bytes of slabs that hold something, retired included, and of what is known of them. */
uint64_t name_arena_memory(const struct name_arena *a);
