/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What holds for whole /16s and /24s, below the points: 65,536 slots, of which one that is not
 * uniform has a leaf of 256. So a /16 is one store, and a table of points only has nothing here.
 *
 * Threads: ranges4_load() and _prefetch() any reader between two quiescent states; all else the
 * update thread only.
 */
#include "dataplane/table/arena.h"
#include "dataplane/table/pages.h"
#include "dataplane/table/slot4.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define RANGES4_GROUPS (1u << 16)

struct ranges4_leaf {
	_Atomic slot4_t slots[SLOT4_SIZE]; /* update thread: writes; readers: read */
};

/* In memory that is all zeros and counts its pages. */
struct ranges4 {
	struct arena *arena;                   /* constant */
	struct pages *memory;                  /* constant: of this struct */
	_Atomic slot4_t roots[RANGES4_GROUPS]; /* update thread: writes; readers: read */
};

static inline bool ranges4_is_leaf(slot4_t root)
{
	return (root & SLOT4_KINDS) == SLOT4_LEAF;
}

static inline const struct ranges4_leaf *ranges4_leaf(const struct ranges4 *r, slot4_t root)
{
	return slot4_at(r->arena, root);
}

/* The slot of a /24. */
static inline slot4_t ranges4_load(const struct ranges4 *r, uint32_t net)
{
	/* acquire: pairs with release in store(): the leaf is whole, and so is the block; what
	 * control defined before this paint is visible with it */
	slot4_t root = atomic_load_explicit(&r->roots[net / SLOT4_SIZE], memory_order_acquire);

	if (!ranges4_is_leaf(root))
		return root;
	return atomic_load_explicit(&ranges4_leaf(r, root)->slots[net % SLOT4_SIZE],
	                            memory_order_acquire);
}

/* Hint that ranges4_load() follows. */
static inline void ranges4_prefetch(const struct ranges4 *r, uint32_t net)
{
	slot4_t root = atomic_load_explicit(&r->roots[net / SLOT4_SIZE], memory_order_acquire);

	if (ranges4_is_leaf(root))
		__builtin_prefetch((const void *)&ranges4_leaf(r, root)->slots[net % SLOT4_SIZE]);
}

/* memory: all zeros, of the size of a struct ranges4. */
void ranges4_init(struct ranges4 *r, struct pages *memory, struct arena *arena);

/* Set the slot of a /24, and retire the old one's block. The arena has 1 page, and 2 to retire. */
void ranges4_put(struct ranges4 *r, uint32_t net, slot4_t slot);

/* Set all of a /16. What ranges4_retires() says can be retired. */
void ranges4_put_group(struct ranges4 *r, uint32_t group, verdict_t verdict);

/* How many arena_retire() it takes to replace the slots of a /16 one by one or at once. */
unsigned ranges4_retires(const struct ranges4 *r, uint32_t group);
