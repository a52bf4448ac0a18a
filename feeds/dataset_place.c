/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sorting in place, by digits of 8 bits from the top. Equal ones are told apart by the order they
 * came in.
 */
#include "feeds/dataset_runs.h"

#include <stdlib.h>
#include <string.h>

#define RADIX     256u
#define FEW_MAX   24
#define ITEM_SIZE sizeof(struct dataset_range_entry6) /* the larger one */

/* Entries of one kind; each function is compiled for either. */
static inline address6_t first_of(const char *item, bool is_ip6)
{
	return is_ip6 ? ((const struct dataset_range_entry6 *)(const void *)item)->first
	              : ((const struct dataset_range_entry4 *)(const void *)item)->first;
}

static inline uint32_t order_of(const char *item, bool is_ip6)
{
	return is_ip6 ? ((const struct dataset_range_entry6 *)(const void *)item)->order
	              : ((const struct dataset_range_entry4 *)(const void *)item)->order;
}

static inline size_t size_of(bool is_ip6)
{
	return is_ip6 ? sizeof(struct dataset_range_entry6) : sizeof(struct dataset_range_entry4);
}

static inline unsigned digit_of(const char *item, bool is_ip6, unsigned shift)
{
	return (unsigned)(first_of(item, is_ip6) >> shift) & (RADIX - 1);
}

static inline bool is_before(const char *a, const char *b, bool is_ip6)
{
	address6_t left = first_of(a, is_ip6), right = first_of(b, is_ip6);

	return left != right ? left < right : order_of(a, is_ip6) < order_of(b, is_ip6);
}

static inline void sort_few(char *items, size_t count, bool is_ip6)
{
	const size_t size = size_of(is_ip6);
	_Alignas(16) char moved[ITEM_SIZE];

	for (size_t i = 1; i < count; i++) {
		size_t at = i;

		if (is_before(items + (i - 1) * size, items + i * size, is_ip6))
			continue;
		memcpy(moved, items + i * size, size);
		for (; at && is_before(moved, items + (at - 1) * size, is_ip6); at--)
			memcpy(items + at * size, items + (at - 1) * size, size);
		memcpy(items + at * size, moved, size);
	}
}

/* Move each to the part of its digit, by swapping. out_ends: where the parts end. */
static inline void partition(char *items, size_t count, bool is_ip6, unsigned shift,
                             size_t out_ends[RADIX])
{
	const size_t size = size_of(is_ip6);
	_Alignas(16) char moved[ITEM_SIZE], swap[ITEM_SIZE];
	size_t heads[RADIX], at = 0;

	memset(out_ends, 0, RADIX * sizeof(*out_ends));
	for (size_t i = 0; i < count; i++)
		out_ends[digit_of(items + i * size, is_ip6, shift)]++;
	for (unsigned digit = 0; digit < RADIX; digit++) {
		heads[digit] = at;
		at += out_ends[digit];
		out_ends[digit] = at;
	}
	for (unsigned digit = 0; digit < RADIX; digit++) {
		while (heads[digit] < out_ends[digit]) {
			char *place = items + heads[digit] * size;
			unsigned goal = digit_of(place, is_ip6, shift);

			if (goal == digit) {
				heads[digit]++;
				continue;
			}
			memcpy(moved, place, size);
			for (; goal != digit; goal = digit_of(moved, is_ip6, shift)) {
				char *home = items + heads[goal]++ * size;

				memcpy(swap, home, size);
				memcpy(home, moved, size);
				memcpy(moved, swap, size);
			}
			memcpy(place, moved, size);
			heads[digit]++;
		}
	}
}

static int compare_orders4(const void *a, const void *b)
{
	uint32_t left = order_of(a, false), right = order_of(b, false);

	return left < right ? -1 : left > right;
}

static int compare_orders6(const void *a, const void *b)
{
	uint32_t left = order_of(a, true), right = order_of(b, true);

	return left < right ? -1 : left > right;
}

static void sort_from4(char *items, size_t count, unsigned shift)
{
	const size_t size = size_of(false);
	size_t ends[RADIX], start = 0;

	if (count <= FEW_MAX) {
		sort_few(items, count, false);
		return;
	}
	partition(items, count, false, shift, ends);
	for (unsigned digit = 0; digit < RADIX; digit++) {
		if (shift > 0)
			sort_from4(items + start * size, ends[digit] - start, shift - 8);
		else
			qsort(items + start * size, ends[digit] - start, size, compare_orders4);
		start = ends[digit];
	}
}

static void sort_from6(char *items, size_t count, unsigned shift)
{
	const size_t size = size_of(true);
	size_t ends[RADIX], start = 0;

	if (count <= FEW_MAX) {
		sort_few(items, count, true);
		return;
	}
	partition(items, count, true, shift, ends);
	for (unsigned digit = 0; digit < RADIX; digit++) {
		if (shift > 0)
			sort_from6(items + start * size, ends[digit] - start, shift - 8);
		else
			qsort(items + start * size, ends[digit] - start, size, compare_orders6);
		start = ends[digit];
	}
}

/* Feeds are mostly sorted already. */
static inline bool is_sorted(const char *items, size_t count, bool is_ip6)
{
	const size_t size = size_of(is_ip6);

	for (size_t i = 1; i < count; i++)
		if (first_of(items + i * size, is_ip6) < first_of(items + (i - 1) * size, is_ip6))
			return false;
	return true;
}

void dataset_place4(struct dataset_range_entry4 *entries, size_t count)
{
	if (!is_sorted((const char *)entries, count, false))
		sort_from4((char *)entries, count, 24);
}

void dataset_place6(struct dataset_range_entry6 *entries, size_t count)
{
	if (!is_sorted((const char *)entries, count, true))
		sort_from6((char *)entries, count, 120);
}
