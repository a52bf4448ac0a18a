/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/blocks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define CHUNK_BITS  BLOCKS_CHUNK_BITS
#define CHUNK_UNITS (1u << CHUNK_BITS)
#define CHUNK_SIZE  ((size_t)CHUNK_UNITS * BLOCKS_UNIT)

void blocks_init(struct blocks *b)
{
	*b = (struct blocks){0};
}

void blocks_done(struct blocks *b)
{
	for (uint32_t i = 0; i < b->chunk_count; i++)
		munmap(b->chunks[i], CHUNK_SIZE);
	free(b->chunks);
}

static int blocks_grow(struct blocks *b)
{
	uint8_t *chunk;

	if (b->chunk_count == b->chunk_capacity) {
		uint32_t capacity = b->chunk_capacity ? 2 * b->chunk_capacity : 16;
		uint8_t **chunks;

		if (capacity > 1u << (32 - CHUNK_BITS))
			return -ENOMEM;
		chunks = realloc(b->chunks, capacity * sizeof(*chunks));
		if (!chunks)
			return -ENOMEM;
		b->chunks = chunks;
		b->chunk_capacity = capacity;
	}
	chunk = mmap(NULL, CHUNK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (chunk == MAP_FAILED)
		return -ENOMEM;
	b->chunks[b->chunk_count] = chunk;
	/* Number 0 is "none". What is left of the last chunk, at most BLOCKS_ROOM, stays unused. */
	b->next = (b->chunk_count << CHUNK_BITS) + (b->chunk_count == 0);
	b->end = (b->chunk_count << CHUNK_BITS) + (CHUNK_UNITS - 1);
	b->chunk_count++;
	return 0;
}

int blocks_reserve(struct blocks *b)
{
	return b->end - b->next >= BLOCKS_ROOM ? 0 : blocks_grow(b);
}

uint32_t blocks_take(struct blocks *b, unsigned units)
{
	uint32_t block = b->freed[units];

	if (block) {
		memcpy(&b->freed[units], blocks_at(b, block), sizeof(block));
		return block;
	}
	block = b->next;
	b->next += units;
	return block;
}

void blocks_give(struct blocks *b, uint32_t block, unsigned units)
{
	memcpy(blocks_at(b, block), &b->freed[units], sizeof(block));
	b->freed[units] = block;
}

uint64_t blocks_memory_size(const struct blocks *b)
{
	return (uint64_t)b->chunk_count * CHUNK_SIZE + b->chunk_capacity * sizeof(*b->chunks);
}
