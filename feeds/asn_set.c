/* SPDX-License-Identifier: BSD-3-Clause */
#include "feeds/asn_set.h"

#include <errno.h>
#include <stdlib.h>

int asn_set_add(struct asn_set *set, uint32_t number, uint64_t line)
{
	if (set->count == set->capacity) {
		size_t capacity = set->capacity ? 2 * set->capacity : 64;
		struct asn *larger = reallocarray(set->items, capacity, sizeof(*larger));

		if (!larger)
			return -ENOMEM;
		set->items = larger;
		set->capacity = capacity;
	}
	set->items[set->count++] = (struct asn){.number = number, .line = line};
	return 0;
}

static int compare_asns(const void *left, const void *right)
{
	const struct asn *a = left, *b = right;

	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	return a->line < b->line ? -1 : a->line > b->line;
}

void asn_set_sort(struct asn_set *set)
{
	size_t kept = 0;

	if (set->count)
		qsort(set->items, set->count, sizeof(*set->items), compare_asns);
	for (size_t i = 0; i < set->count; i++)
		if (!kept || set->items[kept - 1].number != set->items[i].number)
			set->items[kept++] = set->items[i];
	set->count = kept;
}

struct asn *asn_set_find(const struct asn_set *set, uint64_t number)
{
	size_t low = 0, high = set->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (set->items[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low < set->count && set->items[low].number == number ? &set->items[low] : NULL;
}

void asn_set_done(struct asn_set *set)
{
	free(set->items);
}
