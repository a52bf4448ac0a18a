/* SPDX-License-Identifier: BSD-3-Clause */
#include "feeds/intern.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

uint32_t intern_find(const struct intern *index, uint32_t hash, intern_equal *equal,
                     const void *things, const void *key)
{
	size_t mask = index->capacity - 1;

	if (!index->capacity)
		return INTERN_NONE;
	for (size_t at = hash & mask;; at = (at + 1) & mask) {
		const struct intern_slot *slot = &index->slots[at];

		if (slot->id == INTERN_NONE)
			return INTERN_NONE;
		if (slot->hash == hash && equal(things, slot->id, key))
			return slot->id;
	}
}

static void put(struct intern *index, struct intern_slot slot)
{
	size_t mask = index->capacity - 1, at = slot.hash & mask;

	while (index->slots[at].id != INTERN_NONE)
		at = (at + 1) & mask;
	index->slots[at] = slot;
}

static int grow(struct intern *index)
{
	struct intern larger = {.capacity = index->capacity ? 2 * index->capacity : 64};

	larger.slots = malloc(larger.capacity * sizeof(*larger.slots));
	if (!larger.slots)
		return -ENOMEM;
	memset(larger.slots, 0xff, larger.capacity * sizeof(*larger.slots));
	for (size_t i = 0; i < index->capacity; i++)
		if (index->slots[i].id != INTERN_NONE)
			put(&larger, index->slots[i]);
	larger.count = index->count;
	free(index->slots);
	*index = larger;
	return 0;
}

int intern_add(struct intern *index, uint32_t hash, uint32_t id)
{
	if (id == INTERN_NONE)
		return -ENOMEM;
	if (2 * (index->count + 1) > index->capacity && grow(index) < 0)
		return -ENOMEM;
	put(index, (struct intern_slot){hash, id});
	index->count++;
	return 0;
}

void intern_done(struct intern *index)
{
	free(index->slots);
	*index = (struct intern){0};
}
