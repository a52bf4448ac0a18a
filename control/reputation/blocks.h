/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Memory in blocks of 16 to 4,080 bytes, named by 32-bit numbers. Freed blocks are used again for
 * the same size and never given back. Room is made beforehand, so that taking blocks cannot fail.
 *
 * Threads: one.
 */
#include <stddef.h>
#include <stdint.h>

#define BLOCKS_UNIT       16   /* bytes */
#define BLOCKS_UNITS_MAX  255  /* of one block */
#define BLOCKS_CHUNK_BITS 18   /* units of a chunk: 4 MB */
#define BLOCKS_ROOM       8192 /* units that blocks_reserve() makes sure of */

struct blocks {
	uint8_t **chunks;
	uint32_t chunk_count, chunk_capacity;
	uint32_t next, end;                   /* units of the last chunk not taken yet */
	uint32_t freed[BLOCKS_UNITS_MAX + 1]; /* the first block of a chain; 0 = none */
};

void blocks_init(struct blocks *b);
void blocks_done(struct blocks *b);

/* Make room for BLOCKS_ROOM units in blocks of any size. Errors: -ENOMEM */
int blocks_reserve(struct blocks *b);

/* units: 1 .. BLOCKS_UNITS_MAX, within what was reserved. Never 0; its bytes are undefined. */
uint32_t blocks_take(struct blocks *b, unsigned units);
void blocks_give(struct blocks *b, uint32_t block, unsigned units);

/* Valid as long as the block. */
static inline void *blocks_at(const struct blocks *b, uint32_t block)
{
	return b->chunks[block >> BLOCKS_CHUNK_BITS] +
	       (size_t)(block & ((1u << BLOCKS_CHUNK_BITS) - 1)) * BLOCKS_UNIT;
}

uint64_t blocks_memory_size(const struct blocks *b);
