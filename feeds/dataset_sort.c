/* SPDX-License-Identifier: BSD-3-Clause */
#include "feeds/dataset_runs.h"

#include <stdlib.h>
#include <string.h>

#define INSERTION_MAX 16

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
