/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Single IPv4 addresses that all apply the same way, which is all there is in the largest feeds:
 * they are kept and sorted as numbers, a third of what an entry is.
 */
#include "feeds/dataset_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SMALL_MAX (1u << 18) /* sorted with a buffer beside them: as much as a cache holds */
#define FEW_MAX   64
#define RADIX     256u
#define LOW_BITS  12
#define LOW_RADIX (1u << LOW_BITS)

static void sort_few(uint32_t *points, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		uint32_t moved = points[i];
		size_t at = i;

		for (; at && points[at - 1] > moved; at--)
			points[at] = points[at - 1];
		points[at] = moved;
	}
}

/* A pass by the digit of LOW_BITS at shift. */
static void pass(const uint32_t *from, uint32_t *to, size_t count, unsigned shift)
{
	uint32_t ends[LOW_RADIX] = {0}, at = 0;

	for (size_t i = 0; i < count; i++)
		ends[from[i] >> shift & (LOW_RADIX - 1)]++;
	for (unsigned digit = 0; digit < LOW_RADIX; digit++) {
		uint32_t size = ends[digit];

		ends[digit] = at;
		at += size;
	}
	for (size_t i = 0; i < count; i++)
		to[ends[from[i] >> shift & (LOW_RADIX - 1)]++] = from[i];
}

/* Sort what is equal above the low bits, with a buffer of the same size. */
static void sort_small(uint32_t *points, size_t count, unsigned bits, uint32_t *buffer)
{
	uint32_t *from = points, *to = buffer;

	if (count <= FEW_MAX) {
		sort_few(points, count);
		return;
	}
	for (unsigned shift = 0; shift < bits; shift += LOW_BITS) {
		uint32_t *swap = from;

		pass(from, to, count, shift);
		from = to;
		to = swap;
	}
	if (from != points)
		memcpy(points, from, count * sizeof(*points));
}

/* Move each to the part of its digit, by swapping. out_ends: where the parts end. */
static void partition(uint32_t *points, size_t count, unsigned shift, size_t out_ends[RADIX])
{
	size_t heads[RADIX], at = 0;

	memset(out_ends, 0, RADIX * sizeof(*out_ends));
	for (size_t i = 0; i < count; i++)
		out_ends[points[i] >> shift & (RADIX - 1)]++;
	for (unsigned digit = 0; digit < RADIX; digit++) {
		heads[digit] = at;
		at += out_ends[digit];
		out_ends[digit] = at;
	}
	for (unsigned digit = 0; digit < RADIX; digit++) {
		while (heads[digit] < out_ends[digit]) {
			uint32_t moved = points[heads[digit]];
			unsigned goal;

			while ((goal = moved >> shift & (RADIX - 1)) != digit) {
				uint32_t swap = points[heads[goal]];

				points[heads[goal]++] = moved;
				moved = swap;
			}
			points[heads[digit]++] = moved;
		}
	}
}

/* Sort what is equal above the low bits; bits: 8, 16, 24 or 32. At most four deep. */
static void sort_from(uint32_t *points, size_t count, unsigned bits, uint32_t *buffer)
{
	size_t ends[RADIX], start = 0;

	if (count <= SMALL_MAX) {
		sort_small(points, count, bits, buffer);
		return;
	}
	partition(points, count, bits - 8, ends);
	for (unsigned digit = 0; bits > 8 && digit < RADIX; digit++) {
		sort_from(points + start, ends[digit] - start, bits - 8, buffer);
		start = ends[digit];
	}
}

int dataset_sort_points(uint32_t *points, size_t count)
{
	uint32_t *buffer;
	size_t i = 1;

	/* Feeds are mostly sorted already. */
	while (i < count && points[i - 1] <= points[i])
		i++;
	if (i >= count)
		return 0;
	buffer = malloc((count < SMALL_MAX ? count : SMALL_MAX) * sizeof(*buffer));
	if (!buffer)
		return -ENOMEM;
	sort_from(points, count, 32, buffer);
	free(buffer);
	return 0;
}

size_t dataset_points_unite(uint32_t *points, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		points[kept] = points[i];
		kept += i + 1 == count || points[i] != points[i + 1];
	}
	return kept;
}
