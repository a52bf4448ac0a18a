/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What holds for whole /16s and /24s, below the points: 65,536 slots, of which one that is not
 * uniform has a leaf of 256, or, as long as only a few /24s differ from the others, a block of 48
 * to 128 bytes that is replaced whole. So a /16 is one store, a table of points only has nothing
 * here, and a /24 somewhere costs little.
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

#define RANGES4_FEW    24 /* at most */
#define RANGES4_PAGES  2  /* arena pages for one ranges4_put() */
#define RANGES4_RETIRE 3

struct ranges4_few {
	uint32_t count;
	slot4_t base;                   /* of the other /24s */
	uint64_t nets[RANGES4_FEW / 8]; /* bytes; those behind the last are as the first */
	slot4_t slots[];
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

static inline bool ranges4_is_few(slot4_t root)
{
	return (root & SLOT4_KINDS) == SLOT4_FEW;
}

/* Which of a few /24s is one, or RANGES4_FEW. */
static inline unsigned ranges4_find(const struct ranges4_few *few, uint32_t index)
{
	const uint64_t ones = 0x0101010101010101;

	for (unsigned i = 0; i < RANGES4_FEW / 8; i++) {
		uint64_t other = few->nets[i] ^ ones * index; /* a byte is 0 where it is */
		uint64_t zeros = (other - ones) & ~other & ones << 7;

		if (zeros) /* the lowest is one, what is above it may be not */
			return i * 8 + (unsigned)__builtin_ctzll(zeros) / 8;
	}
	return RANGES4_FEW;
}

static inline slot4_t ranges4_load_few(const struct ranges4_few *few, uint32_t index)
{
	unsigned at = ranges4_find(few, index);

	return at < RANGES4_FEW ? few->slots[at] : few->base;
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

	if (!slot4_is_split(root))
		return root;
	if (ranges4_is_few(root))
		return ranges4_load_few(slot4_at(r->arena, root), net % SLOT4_SIZE);
	return atomic_load_explicit(&ranges4_leaf(r, root)->slots[net % SLOT4_SIZE],
	                            memory_order_acquire);
}

/*
 * Hint that ranges4_load() follows.
 *
 * Returns: what holds for the whole /16; split if that is not one verdict
 */
static inline slot4_t ranges4_prefetch(const struct ranges4 *r, uint32_t net)
{
	/* acquire: as in ranges4_load() */
	slot4_t root = atomic_load_explicit(&r->roots[net / SLOT4_SIZE], memory_order_acquire);

	if (!slot4_is_split(root))
		return root;
	if (ranges4_is_few(root))
		__builtin_prefetch(slot4_at(r->arena, root));
	else
		__builtin_prefetch((const void *)&ranges4_leaf(r, root)->slots[net % SLOT4_SIZE]);
	return root;
}

/* Hint that ranges4_prefetch() follows. */
static inline void ranges4_fetch(const struct ranges4 *r, uint32_t net)
{
	__builtin_prefetch((const void *)&r->roots[net / SLOT4_SIZE]);
}

/* memory: all zeros, of the size of a struct ranges4. */
void ranges4_init(struct ranges4 *r, struct pages *memory, struct arena *arena);

/* Set the slot of a /24, and retire the old one's block. The arena has RANGES4_PAGES, and
 * RANGES4_RETIRE to retire. */
void ranges4_put(struct ranges4 *r, uint32_t net, slot4_t slot);

/* Set the slots of some /24s of one /16 to one without a block. Needs as ranges4_put() for each. */
void ranges4_put_nets(struct ranges4 *r, uint32_t first, uint32_t last, slot4_t slot);

/* Set all of a /16. What ranges4_retires() says can be retired. */
void ranges4_put_group(struct ranges4 *r, uint32_t group, verdict_t verdict);

/* What holds for a whole /16; split if that is not one verdict. Threads: the update thread only */
static inline slot4_t ranges4_root(const struct ranges4 *r, uint32_t group)
{
	return atomic_load_explicit(&r->roots[group], memory_order_relaxed);
}

/* All slots of a /16. */
void ranges4_get_group(const struct ranges4 *r, uint32_t group, slot4_t out_slots[SLOT4_SIZE]);

/*
 * Replace all slots of a /16 at once, by one store, and retire blocks of `was` that are not in
 * `is`, which are as many as differ. The arena has RANGES4_PAGES, and one more to retire.
 */
void ranges4_replace_group(struct ranges4 *r, uint32_t group, const slot4_t was[SLOT4_SIZE],
                           const slot4_t is[SLOT4_SIZE]);

/* How many arena_retire() it takes to replace the slots of a /16 one by one or at once. */
unsigned ranges4_retires(const struct ranges4 *r, uint32_t group);
