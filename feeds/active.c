/* SPDX-License-Identifier: BSD-3-Clause */
#include "feeds/active.h"

#include "feeds/dataset_private.h"

#include <errno.h>
#include <stdlib.h>

int active_init(struct active *a, size_t rank_count)
{
	size_t words = rank_count;

	*a = (struct active){0};
	a->counts = calloc(rank_count + 1, sizeof(*a->counts));
	if (!a->counts)
		return -ENOMEM;
	do {
		words = words / 64 + 1;
		a->words[a->levels] = words;
		a->bits[a->levels] = calloc(words, sizeof(uint64_t));
		if (!a->bits[a->levels++]) {
			active_done(a);
			return -ENOMEM;
		}
	} while (words > 1 && a->levels < ACTIVE_LEVELS_MAX);
	return 0;
}

void active_done(struct active *a)
{
	for (unsigned level = 0; level < a->levels; level++)
		free(a->bits[level]);
	free(a->counts);
	free(a->ends);
	*a = (struct active){0};
}

static void rank_add(struct active *a, uint32_t rank)
{
	size_t at = rank;

	if (a->counts[rank]++)
		return;
	for (unsigned level = 0; level < a->levels; level++, at /= 64)
		a->bits[level][at / 64] |= (uint64_t)1 << at % 64;
}

static void rank_remove(struct active *a, uint32_t rank)
{
	size_t at = rank;

	if (--a->counts[rank])
		return;
	for (unsigned level = 0; level < a->levels; level++, at /= 64) {
		a->bits[level][at / 64] &= ~((uint64_t)1 << at % 64);
		if (a->bits[level][at / 64])
			return;
	}
}

int active_add(struct active *a, address6_t last, uint32_t rank)
{
	size_t at = a->count;

	if (dataset_grow((void **)&a->ends, &a->capacity, a->count + 1, sizeof(*a->ends)) < 0)
		return -ENOMEM;
	while (at && a->ends[(at - 1) / 2].last > last) {
		a->ends[at] = a->ends[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	a->ends[at] = (struct active_end){last, rank};
	a->count++;
	rank_add(a, rank);
	return 0;
}

static void pop(struct active *a)
{
	struct active_end moved = a->ends[--a->count];
	size_t at = 0;

	rank_remove(a, a->ends[0].rank);
	for (;;) {
		size_t child = 2 * at + 1;

		if (child + 1 < a->count && a->ends[child + 1].last < a->ends[child].last)
			child++;
		if (child >= a->count || a->ends[child].last >= moved.last)
			break;
		a->ends[at] = a->ends[child];
		at = child;
	}
	a->ends[at] = moved;
}

void active_remove(struct active *a, address6_t last)
{
	while (a->count && a->ends[0].last <= last)
		pop(a);
}

size_t active_rank(const struct active *a, size_t from)
{
	for (unsigned level = 0; level < a->levels; level++) {
		size_t word = from / 64, found;
		uint64_t bits;

		if (word >= a->words[level])
			return ACTIVE_NONE;
		bits = a->bits[level][word] & ~(uint64_t)0 << from % 64;
		if (!bits) {
			from = word + 1;
			continue;
		}
		found = word * 64 + (size_t)__builtin_ctzll(bits);
		while (level--)
			found = found * 64 + (size_t)__builtin_ctzll(a->bits[level][found]);
		return found;
	}
	return ACTIVE_NONE;
}
