/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/id_pool.h"

#include <errno.h>
#include <stdlib.h>

#define BITS 6 /* of a number, to a level */

/* Set bit `at` of a level, and as far up as nodes become full. */
static void mark(struct id_pool *pool, uint32_t at)
{
	for (unsigned level = 0; level < ID_POOL_LEVELS; level++, at >>= BITS) {
		uint64_t *node = &pool->levels[level][at >> BITS];

		*node |= UINT64_C(1) << (at % 64);
		if (*node != UINT64_MAX)
			return;
	}
}

int id_pool_init(struct id_pool *pool, uint32_t max)
{
	*pool = (struct id_pool){.max = max};
	for (unsigned level = 0; level < ID_POOL_LEVELS; level++) {
		/* pages that nothing is taken of are never touched */
		pool->levels[level] =
		    calloc((size_t)1 << BITS * (ID_POOL_LEVELS - 1 - level), sizeof(uint64_t));
		if (!pool->levels[level]) {
			id_pool_done(pool);
			return -ENOMEM;
		}
	}
	mark(pool, 0);
	return 0;
}

void id_pool_done(struct id_pool *pool)
{
	for (unsigned level = 0; level < ID_POOL_LEVELS; level++)
		free(pool->levels[level]);
	*pool = (struct id_pool){.max = 0};
}

uint32_t id_pool_take(struct id_pool *pool)
{
	uint32_t at = 0;

	if (pool->levels[ID_POOL_LEVELS - 1][0] == UINT64_MAX)
		return 0;
	for (unsigned level = ID_POOL_LEVELS; level-- > 0;)
		at = at << BITS | (uint32_t)__builtin_ctzll(~pool->levels[level][at]);
	if (at > pool->max)
		return 0;
	mark(pool, at);
	return at;
}

void id_pool_give(struct id_pool *pool, uint32_t id)
{
	for (unsigned level = 0; level < ID_POOL_LEVELS; level++, id >>= BITS)
		pool->levels[level][id >> BITS] &= ~(UINT64_C(1) << (id % 64));
}
