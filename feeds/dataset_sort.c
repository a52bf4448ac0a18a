/* SPDX-License-Identifier: BSD-3-Clause */
#include "feeds/dataset_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DIGIT_BITS    11
#define DIGIT_VALUES  (1u << DIGIT_BITS)
#define DIGITS        3
#define INSERTION_MAX 16

static unsigned digit_of(uint32_t key, unsigned digit)
{
	return key >> (digit * DIGIT_BITS) & (DIGIT_VALUES - 1);
}

/* Feeds are mostly sorted already. */
static bool is_sorted4(const struct dataset_range4 *ranges, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (ranges[i].first < ranges[i - 1].first)
			return false;
	return true;
}

static bool is_one_digit(const size_t counts[DIGIT_VALUES], size_t count)
{
	for (unsigned value = 0; value < DIGIT_VALUES; value++)
		if (counts[value])
			return counts[value] == count;
	return true;
}

static void scatter(const struct dataset_range4 *from, struct dataset_range4 *to, size_t count,
                    unsigned digit, size_t counts[DIGIT_VALUES])
{
	size_t at = 0;

	for (unsigned value = 0; value < DIGIT_VALUES; value++) {
		size_t next = at + counts[value];

		counts[value] = at;
		at = next;
	}
	for (size_t i = 0; i < count; i++)
		to[counts[digit_of(from[i].first, digit)]++] = from[i];
}

int dataset_sort4(struct dataset_range4 **ranges, size_t count, bool is_stable)
{
	struct dataset_range4 *from = *ranges, *to;
	size_t(*counts)[DIGIT_VALUES];

	if (is_sorted4(from, count))
		return 0;
	if (!is_stable) {
		dataset_place4(from, count);
		return 0;
	}
	to = malloc(count * sizeof(*to));
	counts = calloc(DIGITS, sizeof(*counts));
	if (!to || !counts) {
		free(to);
		free(counts);
		return -ENOMEM;
	}
	for (size_t i = 0; i < count; i++)
		for (unsigned digit = 0; digit < DIGITS; digit++)
			counts[digit][digit_of(from[i].first, digit)]++;
	for (unsigned digit = 0; digit < DIGITS; digit++) {
		struct dataset_range4 *swap = from;

		if (is_one_digit(counts[digit], count))
			continue;
		scatter(from, to, count, digit, counts[digit]);
		from = to;
		to = swap;
	}
	free(to);
	free(counts);
	*ranges = from;
	return 0;
}

static bool is_sorted6(const struct dataset_range6 *ranges, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (ranges[i].first < ranges[i - 1].first)
			return false;
	return true;
}

static void merge6(const struct dataset_range6 *from, struct dataset_range6 *to, size_t middle,
                   size_t count)
{
	size_t left = 0, right = middle;

	for (size_t i = 0; i < count; i++) {
		bool is_left =
		    left < middle && (right >= count || from[left].first <= from[right].first);

		to[i] = from[is_left ? left++ : right++];
	}
}

int dataset_sort6(struct dataset_range6 **ranges, size_t count, bool is_stable)
{
	struct dataset_range6 *from = *ranges, *to;

	if (is_sorted6(from, count))
		return 0;
	if (!is_stable) {
		dataset_place6(from, count);
		return 0;
	}
	to = malloc(count * sizeof(*to));
	if (!to)
		return -ENOMEM;
	for (size_t width = 1; width < count; width *= 2) {
		struct dataset_range6 *swap = from;

		for (size_t at = 0; at < count; at += 2 * width) {
			size_t left = count - at < width ? count - at : width;
			size_t both = count - at < 2 * width ? count - at : 2 * width;

			merge6(from + at, to + at, left, both);
		}
		from = to;
		to = swap;
	}
	free(to);
	*ranges = from;
	return 0;
}

/* A byte of a key, -1 behind its end. */
static int byte_at(const struct dataset_name_entry *name, const uint8_t *keys, size_t depth)
{
	return depth < name->size ? keys[name->offset + depth] : -1;
}

static bool is_before(const struct dataset_name_entry *a, const struct dataset_name_entry *b,
                      const uint8_t *keys)
{
	size_t shorter = a->size < b->size ? a->size : b->size;
	int order = memcmp(keys + a->offset, keys + b->offset, shorter);

	if (order)
		return order < 0;
	return a->size != b->size ? a->size < b->size : a->offset < b->offset;
}

static void sort_few(struct dataset_name_entry *names, size_t count, const uint8_t *keys)
{
	for (size_t i = 1; i < count; i++) {
		struct dataset_name_entry moved = names[i];
		size_t at = i;

		for (; at && is_before(&moved, &names[at - 1], keys); at--)
			names[at] = names[at - 1];
		names[at] = moved;
	}
}

static int compare_offsets(const void *a, const void *b)
{
	const struct dataset_name_entry *left = a, *right = b;

	return left->offset < right->offset ? -1 : left->offset > right->offset;
}

static int median(int a, int b, int c)
{
	if (a > b)
		return b > c ? b : a > c ? c : a;
	return a > c ? a : b > c ? c : b;
}

/* Split by the byte at depth: [0, low) below the pivot, [low, high) equal, [high, count) above. */
static int split(struct dataset_name_entry *names, size_t count, const uint8_t *keys, size_t depth,
                 size_t *out_bounds)
{
	int pivot = median(byte_at(&names[0], keys, depth), byte_at(&names[count / 2], keys, depth),
	                   byte_at(&names[count - 1], keys, depth));
	size_t low = 0, high = count;

	for (size_t i = 0; i < high;) {
		struct dataset_name_entry swap = names[i];
		int byte = byte_at(&swap, keys, depth);

		if (byte == pivot) {
			i++;
			continue;
		}
		if (byte < pivot) {
			names[i++] = names[low];
			names[low++] = swap;
		} else {
			names[i] = names[--high];
			names[high] = swap;
		}
	}
	out_bounds[0] = low;
	out_bounds[1] = high;
	return pivot;
}

/* Multikey quicksort: looks at each byte of a shared prefix once. Recurses into the smaller parts
 * only, so its depth is logarithmic. */
static void sort_from(struct dataset_name_entry *names, size_t count, const uint8_t *keys,
                      size_t depth)
{
	while (count > INSERTION_MAX) {
		size_t bounds[2], starts[3], sizes[3];
		int pivot = split(names, count, keys, depth, bounds);
		unsigned largest = 0;

		starts[0] = 0;
		starts[1] = bounds[0];
		starts[2] = bounds[1];
		sizes[0] = bounds[0];
		sizes[1] = bounds[1] - bounds[0];
		sizes[2] = count - bounds[1];
		if (pivot < 0) { /* equal to the end: the order of adding decides */
			qsort(names + starts[1], sizes[1], sizeof(*names), compare_offsets);
			sizes[1] = 0;
		}
		for (unsigned part = 1; part < 3; part++)
			if (sizes[part] > sizes[largest])
				largest = part;
		for (unsigned part = 0; part < 3; part++)
			if (part != largest)
				sort_from(names + starts[part], sizes[part], keys,
				          depth + (part == 1));
		names += starts[largest];
		count = sizes[largest];
		depth += largest == 1;
	}
	sort_few(names, count, keys);
}

void dataset_sort_names(struct dataset_name_entry *names, size_t count, const uint8_t *keys)
{
	sort_from(names, count, keys, 0);
}
