/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/slot4.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct runs {
	unsigned count;
	uint32_t runs[SLOT4_SIZE];
};

static void push(struct runs *r, unsigned start, verdict_t verdict)
{
	if (r->count == 0 || (r->runs[r->count - 1] & VERDICT_MAX) != verdict)
		r->runs[r->count++] = start << 24 | verdict;
}

static unsigned count_listed(const struct runs *r)
{
	unsigned listed = 0;

	for (unsigned i = 0; i < r->count; i++) {
		unsigned end = i + 1 < r->count ? r->runs[i + 1] >> 24 : SLOT4_SIZE;

		if ((r->runs[i] & VERDICT_MAX) != VERDICT_NONE)
			listed += end - (r->runs[i] >> 24);
	}
	return listed;
}

static int new_block(const struct runs *r, slot4_t *out_slot)
{
	struct slot4_block *block = malloc(sizeof(*block) + r->count * sizeof(r->runs[0]));

	if (!block)
		return -ENOMEM;
	block->count = (uint16_t)r->count;
	block->listed = (uint16_t)count_listed(r);
	memcpy(block->runs, r->runs, r->count * sizeof(r->runs[0]));
	*out_slot = (slot4_t)(uintptr_t)block + 1;
	return 0;
}

int slot4_paint(slot4_t slot, uint8_t first, uint8_t last, verdict_t verdict, slot4_t *out_slot)
{
	const uint32_t whole = slot4_is_split(slot) ? 0 : slot4_verdict(slot);
	const uint32_t *old = slot4_is_split(slot) ? slot4_block(slot)->runs : &whole;
	unsigned old_count = slot4_is_split(slot) ? slot4_block(slot)->count : 1;
	struct runs r = {.count = 0};
	unsigned i = 0;

	for (; i < old_count && old[i] >> 24 < first; i++)
		push(&r, old[i] >> 24, old[i] & VERDICT_MAX);
	push(&r, first, verdict);
	if (last < SLOT4_SIZE - 1)
		push(&r, last + 1u, slot4_lookup(slot, (uint8_t)(last + 1)));
	for (; i < old_count; i++) {
		if (old[i] >> 24 > last + 1u)
			push(&r, old[i] >> 24, old[i] & VERDICT_MAX);
	}
	if (r.count == 1)
		*out_slot = slot4_uniform(verdict);
	else if (r.count == old_count && memcmp(r.runs, old, r.count * sizeof(*old)) == 0)
		*out_slot = slot;
	else
		return new_block(&r, out_slot);
	return 0;
}
