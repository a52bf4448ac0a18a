/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/name_below.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

#define IS_PAIR    UINT64_C(1)
#define PAIR       2
#define COUNT_BITS 21
#define LIST_BITS  10
#define COUNT_MAX  ((1u << COUNT_BITS) - 1)

_Static_assert(LIST_ID_MAX < 1 << LIST_BITS, "a list id does not fit into a pair");
_Static_assert(PAIR *(COUNT_BITS + LIST_BITS) + 2 == 64, "a pair does not fit");

/* Replaced when there is one list more. */
struct name_below_array {
	uint32_t count;
	struct {
		uint32_t list;          /* ascending */
		_Atomic uint32_t names; /* update thread: writes; readers: read; 0 = none now */
	} lists[];
};

static uint64_t load(const name_below_t *below)
{
	/* acquire: pairs with release in store(); the array is visible with its address */
	return atomic_load_explicit((name_below_t *)below, memory_order_acquire);
}

static void store(name_below_t *below, uint64_t word)
{
	/* release: pairs with acquire in load() */
	atomic_store_explicit(below, word, memory_order_release);
}

static unsigned pair_shift(unsigned i)
{
	return 2 + i * (COUNT_BITS + LIST_BITS);
}

static uint32_t pair_count(uint64_t word, unsigned i)
{
	return word >> pair_shift(i) & COUNT_MAX;
}

static uint32_t pair_list(uint64_t word, unsigned i)
{
	return word >> (pair_shift(i) + COUNT_BITS) & LIST_ID_MAX;
}

static uint64_t pair_set(uint64_t word, unsigned i, uint32_t list, uint32_t count)
{
	const uint64_t all = (UINT64_C(1) << (COUNT_BITS + LIST_BITS)) - 1;

	word &= ~(all << pair_shift(i));
	return word | IS_PAIR | ((uint64_t)list << COUNT_BITS | count) << pair_shift(i);
}

static struct name_below_array *array_of(uint64_t word)
{
	return word & IS_PAIR ? NULL : (struct name_below_array *)(uintptr_t)word;
}

static bool has_list(const uint64_t lists[LISTSET_WORDS], uint32_t list)
{
	return lists[list / 64] >> (list % 64) & 1;
}

bool name_below_any(const name_below_t *below, const uint64_t lists[LISTSET_WORDS])
{
	uint64_t word = load(below);
	struct name_below_array *array = array_of(word);

	for (unsigned i = 0; word & IS_PAIR && i < PAIR; i++) {
		if (pair_count(word, i) > 0 && has_list(lists, pair_list(word, i)))
			return true;
	}
	for (uint32_t i = 0; array && i < array->count; i++) {
		/* acquire: pairs with release in count_in_array() */
		if (has_list(lists, array->lists[i].list) &&
		    atomic_load_explicit(&array->lists[i].names, memory_order_acquire) > 0)
			return true;
	}
	return false;
}

/* Where a list is, or would be. */
static uint32_t array_find(const struct name_below_array *array, uint32_t list)
{
	uint32_t low = 0, high = array->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (array->lists[middle].list < list)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static unsigned next_list(uint64_t *bits, unsigned word)
{
	unsigned list = word * 64 + (unsigned)__builtin_ctzll(*bits);

	*bits &= *bits - 1;
	return list;
}

/* How many of some lists have no place yet; PAIR + 1 when a count of a pair is at its end. */
static uint32_t missing(uint64_t word, const struct listset *lists)
{
	const struct name_below_array *array = array_of(word);
	uint32_t count = 0;

	for (uint32_t used = lists->used; used; used &= used - 1) {
		unsigned w = (unsigned)__builtin_ctz(used);
		uint64_t bits = lists->words[w];

		while (bits) {
			unsigned list = next_list(&bits, w);
			bool is_there = false;

			if (array) {
				uint32_t at = array_find(array, list);

				is_there = at < array->count && array->lists[at].list == list;
			}
			for (unsigned i = 0; word & IS_PAIR && i < PAIR; i++) {
				if (pair_count(word, i) == 0 || pair_list(word, i) != list)
					continue;
				is_there = true;
				if (pair_count(word, i) == COUNT_MAX)
					return PAIR + 1;
			}
			count += !is_there;
		}
	}
	return count;
}

static bool has_places(uint64_t word, const struct listset *lists)
{
	uint32_t wanted = missing(word, lists), free_places = 0;

	if (array_of(word))
		return wanted == 0;
	for (unsigned i = 0; i < PAIR; i++)
		free_places += pair_count(word, i) == 0;
	return wanted <= free_places;
}

static void append(struct name_below_array *array, uint32_t list, uint32_t names)
{
	array->lists[array->count].list = list;
	atomic_init(&array->lists[array->count].names, names);
	array->count++;
}

/* The counts of a word, and places for all of some lists. */
static void set_add(struct listset *set, uint32_t list)
{
	if (!(set->used >> (list / 64) & 1))
		set->words[list / 64] = 0;
	set->used |= 1u << (list / 64);
	set->words[list / 64] |= UINT64_C(1) << (list % 64);
}

static uint32_t count_of(uint64_t word, uint32_t list)
{
	const struct name_below_array *array = array_of(word);

	for (unsigned i = 0; word & IS_PAIR && i < PAIR; i++) {
		if (pair_list(word, i) == list && pair_count(word, i) > 0)
			return pair_count(word, i);
	}
	if (array) {
		uint32_t at = array_find(array, list);

		if (at < array->count && array->lists[at].list == list)
			return atomic_load_explicit(&array->lists[at].names, memory_order_relaxed);
	}
	return 0;
}

static struct name_below_array *array_new(uint64_t word, const struct listset *lists)
{
	const struct name_below_array *old = array_of(word);
	struct listset all = *lists;
	struct name_below_array *array;
	size_t count = 0;

	for (unsigned i = 0; word & IS_PAIR && i < PAIR; i++) {
		if (pair_count(word, i) > 0)
			set_add(&all, pair_list(word, i));
	}
	for (uint32_t i = 0; old && i < old->count; i++)
		set_add(&all, old->lists[i].list);
	for (unsigned w = 0; w < LISTSET_WORDS; w++)
		count += (size_t)__builtin_popcountll(listset_word(&all, w));
	array = malloc(sizeof(*array) + count * sizeof(array->lists[0]));
	if (!array)
		return NULL;
	array->count = 0;
	for (unsigned w = 0; w < LISTSET_WORDS; w++) {
		uint64_t bits = listset_word(&all, w);

		while (bits) {
			unsigned list = next_list(&bits, w);

			append(array, list, count_of(word, list));
		}
	}
	return array;
}

int name_below_prepare(const name_below_t *below, const struct listset *lists,
                       struct name_below_array **out_array)
{
	uint64_t word = load(below);

	*out_array = NULL;
	if (has_places(word, lists))
		return 0;
	*out_array = array_new(word, lists);
	return *out_array ? 0 : -ENOMEM;
}

void name_below_cancel(struct name_below_array *array)
{
	free(array);
}

void name_below_use(name_below_t *below, struct name_below_array *array, struct retire *retire)
{
	struct name_below_array *old = array_of(load(below));

	if (!array)
		return;
	store(below, (uint64_t)(uintptr_t)array);
	retire_add(retire, old);
}

static void count_in_array(struct name_below_array *array, uint32_t list, int delta)
{
	uint32_t at = array_find(array, list), count;

	if (at == array->count || array->lists[at].list != list)
		return;
	count = atomic_load_explicit(&array->lists[at].names, memory_order_relaxed);
	/* release: pairs with acquire in name_below_any(): who sees the count go down sees that the
	 * name is gone. That it went up is seen by who sees the name: its value or slot is stored
	 * after this. */
	if (delta > 0 || count > 0)
		atomic_store_explicit(&array->lists[at].names, count + (uint32_t)delta,
		                      memory_order_release);
}

static uint64_t count_in_pair(uint64_t word, uint32_t list, int delta)
{
	unsigned free_place = PAIR;

	for (unsigned i = 0; i < PAIR; i++) {
		uint32_t count = pair_count(word, i);

		if (count == 0)
			free_place = i;
		else if (pair_list(word, i) == list)
			return pair_set(word, i, list, count + (uint32_t)delta);
	}
	return delta > 0 && free_place < PAIR ? pair_set(word, free_place, list, 1) : word;
}

static void count_one(name_below_t *below, uint32_t list, int delta)
{
	uint64_t word = load(below);

	if (array_of(word))
		count_in_array(array_of(word), list, delta);
	else
		store(below, count_in_pair(word, list, delta));
}

void name_below_count(name_below_t *below, const struct listset *in, const struct listset *not_in,
                      int delta)
{
	for (uint32_t used = in->used; used; used &= used - 1) {
		unsigned w = (unsigned)__builtin_ctz(used);
		uint64_t bits = in->words[w] & ~listset_word(not_in, w);

		while (bits)
			count_one(below, next_list(&bits, w), delta);
	}
}

void name_below_clear(name_below_t *below, struct retire *retire)
{
	struct name_below_array *array = array_of(load(below));

	/* readers that have the array go on with it until their quiescent state */
	store(below, 0);
	retire_add(retire, array);
}

void name_below_done(name_below_t *below)
{
	free(array_of(load(below)));
}

uint64_t name_below_memory(const name_below_t *below)
{
	struct name_below_array *array = array_of(load(below));

	return array ? malloc_usable_size(array) + sizeof(size_t) : 0;
}
