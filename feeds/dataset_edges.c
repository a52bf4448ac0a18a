/* SPDX-License-Identifier: BSD-3-Clause */
#include "feeds/dataset_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static inline bool bit_is_set(const uint64_t *bits, size_t i)
{
	return bits[i / 64] >> i % 64 & 1;
}

/* Room for more edges; the bitmap has a bit behind the last edge, as its readers look there. */
static int reserve(struct dataset_edges *e, size_t more)
{
	size_t words = e->word_capacity, wanted = (e->count + more) / 64 + 1;

	if (dataset_grow((void **)&e->at, &e->capacity, e->count + more, sizeof(*e->at)) < 0 ||
	    dataset_grow((void **)&e->is_last, &e->word_capacity, wanted, sizeof(uint64_t)) < 0)
		return -ENOMEM;
	if (e->word_capacity > words)
		memset(e->is_last + words, 0, (e->word_capacity - words) * sizeof(uint64_t));
	if (e->sets && dataset_grow((void **)&e->sets, &e->set_capacity, e->count + more,
	                            sizeof(*e->sets)) < 0)
		return -ENOMEM;
	return 0;
}

/* From now on each edge has its own set. */
static int sets_begin(struct dataset_edges *e)
{
	if (dataset_grow((void **)&e->sets, &e->set_capacity, e->count + 2, sizeof(*e->sets)) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < e->count; i++)
		e->sets[i] = 1;
	return 0;
}

static void put(struct dataset_edges *e, uint32_t address, uint32_t set, bool is_last)
{
	if (is_last)
		e->is_last[e->count / 64] |= (uint64_t)1 << e->count % 64;
	if (e->sets)
		e->sets[e->count] = set;
	e->at[e->count++] = address;
}

int dataset_edges_append(struct dataset_edges *e, uint32_t first, uint32_t last, uint32_t set)
{
	size_t before = e->count - 1;

	if (reserve(e, 2) < 0 || (set != 1 && !e->sets && sets_begin(e) < 0))
		return -ENOMEM;
	if (!e->count || e->at[before] + 1 != first || (e->sets ? e->sets[before] : 1) != set) {
		e->range_count++;
		put(e, first, set, false);
		if (last > first)
			put(e, last, set, true);
		return 0;
	}
	if (bit_is_set(e->is_last, before))
		e->at[before] = last;
	else
		put(e, last, set, true);
	return 0;
}

int dataset_edges_points(struct dataset_edges *e, uint32_t *points, size_t count, uint32_t set)
{
	size_t to = 0;

	*e = (struct dataset_edges){.is_last = calloc(count / 64 + 1, sizeof(uint64_t)),
	                            .word_capacity = count / 64 + 1};
	if (!e->is_last)
		return -ENOMEM;
	for (size_t i = 0; i < count;) {
		uint32_t first = points[i++], last = first;

		/* In place: a range of two addresses and more has two edges. */
		while (i < count && points[i] - last <= 1)
			last = points[i++];
		points[to++] = first;
		e->range_count++;
		if (last == first)
			continue;
		e->is_last[to / 64] |= (uint64_t)1 << to % 64;
		points[to++] = last;
	}
	e->at = points;
	e->count = to;
	e->capacity = count;
	if (set == 1)
		return 0;
	if (sets_begin(e) < 0) {
		e->at = NULL; /* still the caller's */
		dataset_edges_done(e);
		return -ENOMEM;
	}
	for (size_t i = 0; i < to; i++)
		e->sets[i] = set;
	return 0;
}

void dataset_edges_done(struct dataset_edges *e)
{
	free(e->at);
	free(e->is_last);
	free(e->sets);
	*e = (struct dataset_edges){0};
}

size_t dataset_edges_give(struct dataset_edges *e, struct dataset *out_dataset)
{
	size_t words = e->count / 64 + 1, size;

	if (!e->count) {
		dataset_edges_done(e);
		return 0;
	}
	size = e->count * sizeof(*e->at) + words * sizeof(uint64_t);
	out_dataset->range4_count = e->range_count;
	out_dataset->edges4 = (struct dataset_edges4){
	    .count = e->count,
	    .at = dataset_fitted(e->at, e->count * sizeof(*e->at)),
	    .is_last = dataset_fitted(e->is_last, words * sizeof(uint64_t)),
	    .sets = dataset_fitted(e->sets, e->count * sizeof(*e->sets)),
	};
	if (e->sets)
		size += e->count * sizeof(*e->sets);
	*e = (struct dataset_edges){0};
	return size;
}

size_t dataset_edge4_seek(const struct dataset_edges4 *e, size_t from, uint32_t address)
{
	size_t low = from, high, step = 1;

	if (low >= e->count || e->at[low] >= address)
		goto found;
	while (low + step < e->count && e->at[low + step] < address) {
		low += step;
		step *= 2;
	}
	/* Edge `low` is too low; `high` is not, or is the end. */
	high = low + step < e->count ? low + step : e->count;
	while (low + 1 < high) {
		size_t middle = low + (high - low) / 2;

		if (e->at[middle] < address)
			low = middle;
		else
			high = middle;
	}
	low = high;
found:
	if (low < e->count && low > from && bit_is_set(e->is_last, low))
		low--;
	return low;
}
