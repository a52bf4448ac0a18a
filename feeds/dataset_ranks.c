/* SPDX-License-Identifier: BSD-3-Clause */
#include "feeds/dataset_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FEW        16 /* candidates that are sorted by insertion */
#define DIGIT_BITS 11
#define DIGITS     (1u << DIGIT_BITS)

/* A how as a number that is the lower the earlier it wins. */
static uint64_t order_of(const struct dataset_how *how)
{
	return (uint64_t)(UINT8_MAX - how->level) << 56 | (uint64_t)!how->is_exclusion << 55 |
	       (uint64_t)how->value << 16 | (uint64_t)how->is_part << 1 | how->first_wins;
}

/* Replacing values may have made some equal: the first of them stands for all. */
static int values_unite(struct dataset_builder *b)
{
	struct dataset_value *old = b->values;
	size_t count = b->value_count;
	uint32_t *united = malloc(count * sizeof(*united));
	int rc = united ? 0 : -ENOMEM;

	b->values = NULL;
	b->value_count = b->value_capacity = 0;
	intern_done(&b->value_index);
	for (size_t i = 0; i < count && !rc; i++)
		rc = dataset_value_intern(b, old[i], true, &united[i]);
	for (size_t i = 0; i < b->how_count && !rc; i++)
		b->hows[i].value = united[b->hows[i].value];
	free(united);
	free(old);
	return rc;
}

/* A how on its way to its rank. */
struct ranked {
	uint64_t order;
	uint32_t how;
};

static bool are_ordered(const struct ranked *hows, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (hows[i - 1].order > hows[i].order)
			return false;
	return true;
}

/* Sort by order, by digits from the low end; equal ones keep their places. */
static void ranked_sort(struct ranked *hows, struct ranked *scratch, size_t count)
{
	struct ranked *from = hows, *to = scratch;

	for (unsigned shift = 0; shift < 64; shift += DIGIT_BITS) {
		size_t starts[DIGITS] = {0}, at = 0;
		struct ranked *swap = from;

		for (size_t i = 0; i < count; i++)
			starts[from[i].order >> shift & (DIGITS - 1)]++;
		if (starts[from[0].order >> shift & (DIGITS - 1)] == count)
			continue;
		for (unsigned digit = 0; digit < DIGITS; digit++) {
			size_t size = starts[digit];

			starts[digit] = at;
			at += size;
		}
		for (size_t i = 0; i < count; i++)
			to[starts[from[i].order >> shift & (DIGITS - 1)]++] = from[i];
		from = to;
		to = swap;
	}
	if (from != hows)
		memcpy(hows, from, count * sizeof(*hows));
}

/* The hows in order. Errors: NULL */
static struct ranked *ranked_new(const struct dataset_builder *b)
{
	struct ranked *hows = malloc((b->how_count + 1) * sizeof(*hows)), *scratch;

	for (size_t i = 0; hows && i < b->how_count; i++)
		hows[i] = (struct ranked){order_of(&b->hows[i]), (uint32_t)i};
	if (!hows || are_ordered(hows, b->how_count))
		return hows;
	scratch = malloc(b->how_count * sizeof(*scratch));
	if (!scratch) {
		free(hows);
		return NULL;
	}
	ranked_sort(hows, scratch, b->how_count);
	free(scratch);
	return hows;
}

int dataset_ranks_init(struct dataset_ranks *ranks, struct dataset_builder *b)
{
	struct ranked *sorted;

	*ranks = (struct dataset_ranks){0};
	if (b->are_values_replaced && values_unite(b) < 0)
		return -ENOMEM;
	sorted = ranked_new(b);
	ranks->of = malloc((b->how_count + 1) * sizeof(*ranks->of));
	ranks->hows = malloc((b->how_count + 1) * sizeof(*ranks->hows));
	if (!sorted || !ranks->of || !ranks->hows) {
		free(sorted);
		dataset_ranks_done(ranks);
		return -ENOMEM;
	}
	for (size_t i = 0; i < b->how_count; i++) {
		if (!i || sorted[i - 1].order != sorted[i].order)
			ranks->hows[ranks->count++] = b->hows[sorted[i].how];
		ranks->of[sorted[i].how] = (uint32_t)ranks->count - 1;
	}
	free(sorted);
	dataset_builder_close(b);
	return 0;
}

void dataset_ranks_done(struct dataset_ranks *ranks)
{
	free(ranks->hows);
	free(ranks->of);
	*ranks = (struct dataset_ranks){0};
}

static int compare_keys(const struct dataset_candidate *a, const struct dataset_candidate *b)
{
	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return a->level != b->level ? (a->level < b->level ? -1 : 1) : 0;
}

static int compare_added(const void *a, const void *b)
{
	const struct dataset_candidate *left = a, *right = b;
	int order = compare_keys(left, right);

	if (order)
		return order;
	return left->order < right->order ? -1 : left->order > right->order;
}

static int compare_ranks(const void *a, const void *b)
{
	const struct dataset_candidate *left = a, *right = b;
	int order = compare_keys(left, right);

	if (order)
		return order;
	return left->rank < right->rank ? -1 : left->rank > right->rank;
}

/* Drop those for which an earlier, or a later, one of the same key and level counts. */
static size_t drop_others(struct dataset_candidate *candidates, size_t count,
                          const struct dataset_ranks *ranks)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		bool is_later = kept && !compare_keys(&candidates[kept - 1], &candidates[i]);

		if (is_later && ranks->hows[candidates[i].rank].last_wins)
			candidates[kept - 1] = candidates[i];
		else if (!is_later || !ranks->hows[candidates[i].rank].first_wins)
			candidates[kept++] = candidates[i];
	}
	return kept;
}

/* Most are few, and in order or nearly so. */
static void sort_candidates(struct dataset_candidate *candidates, size_t count,
                            int (*compare)(const void *a, const void *b))
{
	if (count > FEW) {
		qsort(candidates, count, sizeof(*candidates), compare);
		return;
	}
	for (size_t i = 1; i < count; i++) {
		const struct dataset_candidate moved = candidates[i];
		size_t at = i;

		for (; at > 0 && compare(&candidates[at - 1], &moved) > 0; at--)
			candidates[at] = candidates[at - 1];
		candidates[at] = moved;
	}
}

size_t dataset_candidates_reduce(struct dataset_candidate *candidates, size_t count,
                                 const struct dataset_ranks *ranks, uint64_t *entry_count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		candidates[i].level = ranks->hows[candidates[i].rank].level;
	if (count > 1) {
		sort_candidates(candidates, count, compare_added);
		count = drop_others(candidates, count, ranks);
		sort_candidates(candidates, count, compare_ranks);
	}
	for (size_t i = 0; i < count; i++) {
		const struct dataset_how *how = &ranks->hows[candidates[i].rank];

		if (kept && !compare_ranks(&candidates[kept - 1], &candidates[i]))
			continue;
		*entry_count += !how->is_exclusion && !how->is_part;
		candidates[kept++] = candidates[i];
	}
	return kept;
}
