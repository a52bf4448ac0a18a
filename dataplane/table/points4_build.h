/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * How groups of points4 grow, are cut, merged and shrunk: by copies on pages of their own.
 *
 * Threads: the update thread only.
 */
#include "dataplane/table/points4.h"

#define POINTS4_VALUE_BITS (31 - POINTS4_DISTANCE) /* of a narrow slot: the verdict and the key */

static inline unsigned points4_build_page_count(const struct points4 *p,
                                                const struct points4_group *g)
{
	return (unsigned)g->bucket_count >> p->tuning.page_shift;
}

/* The directory entry of a /24. */
static inline uint32_t points4_build_entry(const struct points4 *p, uint32_t net)
{
	return points4_mix(&p->constants, net << 8) >> (32 - POINTS4_DEPTH_MAX);
}

/* The group a directory entry belongs to; NULL = there is none. */
static inline const struct points4_group *points4_build_group(const struct points4 *p,
                                                              uint32_t entry)
{
	/* relaxed: only this thread writes */
	unit_t unit = atomic_load_explicit(&p->directory[entry], memory_order_relaxed);

	return unit ? arena_at(p->arena, unit) : NULL;
}

/* Whether a verdict fits into slots beside a key of so many bits. */
static inline bool points4_build_fits_bits(bool is_wide, unsigned key_bits, verdict_t verdict)
{
	if (is_wide)
		return true;
	/* the spill bit and the distance go off */
	return key_bits < POINTS4_VALUE_BITS && verdict + 1 < 1u << (POINTS4_VALUE_BITS - key_bits);
}

/* Whether a verdict fits into the slots of a group. */
static inline bool points4_build_fits(const struct points4_group *g, verdict_t verdict)
{
	return points4_build_fits_bits(points4_is_wide(g), points4_key_bits(g), verdict);
}

/* How many buckets behind its home an address is, from its slot without the spill bit. */
uint32_t points4_build_distance(const struct points4_group *g, uint32_t bucket, uint64_t slot);

/* Pages for so many addresses when a share of the slots is used; at least 1. */
uint32_t points4_build_pages(const struct points4 *p, bool is_wide, uint64_t count,
                             unsigned percent);

/* Make room where a /24 is, for one address more with this verdict. Returns false: as large as can
 * be. The arena has POINTS4_RESERVE and POINTS4_RETIRE, here and below. */
bool points4_build_grow(struct points4 *p, uint32_t net, verdict_t verdict);

/* Make one group of two of the same depth; entry: the first of both. Returns false: they stay. */
bool points4_build_merge(struct points4 *p, uint32_t entry, unsigned percent);

/* Copy a group to fewer pages. Returns false: it stays. */
bool points4_build_shrink(struct points4 *p, uint32_t entry, unsigned percent);

/* Remove the only group, which is empty. Returns true. */
bool points4_build_remove(struct points4 *p);
