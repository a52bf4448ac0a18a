/* SPDX-License-Identifier: BSD-3-Clause */
#include "feeds/memo.h"

#include <errno.h>
#include <stdlib.h>

static bool record_equals(const void *things, uint32_t id, const void *key)
{
	return ((const struct memo_item *)things)[id].record == *(const uint32_t *)key;
}

static uint32_t record_hash(uint32_t record)
{
	return (uint32_t)(record * 0x9e3779b97f4a7c15 >> 32);
}

const uint32_t *memo_get(const struct memo *memo, uint32_t record)
{
	uint32_t id =
	    intern_find(&memo->index, record_hash(record), record_equals, memo->items, &record);

	return id == INTERN_NONE ? NULL : &memo->items[id].value;
}

int memo_put(struct memo *memo, uint32_t record, uint32_t value)
{
	if (memo->count == memo->capacity) {
		size_t capacity = memo->capacity ? 2 * memo->capacity : 256;
		struct memo_item *larger = reallocarray(memo->items, capacity, sizeof(*larger));

		if (!larger)
			return -ENOMEM;
		memo->items = larger;
		memo->capacity = capacity;
	}
	if (intern_add(&memo->index, record_hash(record), (uint32_t)memo->count) < 0)
		return -ENOMEM;
	memo->items[memo->count++] = (struct memo_item){record, value};
	return 0;
}

void memo_done(struct memo *memo)
{
	intern_done(&memo->index);
	free(memo->items);
}
