/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Numbers to be handed out, the lowest free one first, so that they stay as small as what is in use
 * at a time allows: the data plane packs them in few bits. A tree of bits, 64 to a node.
 *
 * Threads: one thread per struct id_pool.
 */
#include <stdint.h>

#define ID_POOL_MAX    0xffffffu
#define ID_POOL_LEVELS 4

struct id_pool {
	uint64_t
	    *levels[ID_POOL_LEVELS]; /* bit N: number N, or node N of the level before, is full */
	uint32_t max;                /* largest number */
};

/* Numbers 1 .. max; max <= ID_POOL_MAX. Errors: -ENOMEM */
int id_pool_init(struct id_pool *pool, uint32_t max);
void id_pool_done(struct id_pool *pool);

/* Take the lowest free number. Returns 0 when there is none. */
uint32_t id_pool_take(struct id_pool *pool);

/* Give a taken number back. */
void id_pool_give(struct id_pool *pool, uint32_t id);
