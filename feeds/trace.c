/* SPDX-License-Identifier: BSD-3-Clause */
#include "feeds/trace.h"

#include <string.h>

void trace_range(struct trace *t, const struct address_range *range,
                 const struct dataset_entry *entry)
{
	if (t->is_name || entry->is_exclusion || range->is_ip6 != t->range.is_ip6 ||
	    range->first > t->range.first || range->last < t->range.last)
		return;
	if (t->is_found && entry->level <= t->level)
		return;
	t->is_found = true;
	t->line = entry->line;
	t->level = entry->level;
	t->entry = *range;
}

/* Bytes of the key's name in front of the other one; SIZE_MAX when it is not the key or above. */
static size_t trace_below(const struct trace *t, const uint8_t *wire, size_t size)
{
	size_t skip = 0;

	if (size > t->wire_size)
		return SIZE_MAX;
	while (t->wire_size - skip > size)
		skip += 1u + t->wire[skip];
	if (t->wire_size - skip != size || memcmp(t->wire + skip, wire, size) != 0)
		return SIZE_MAX;
	return skip;
}

/* Whether an entry for a name says more of it than the one that was found. */
static bool trace_is_better(const struct trace *t, size_t size, const struct dataset_entry *entry)
{
	if (entry->level != t->level)
		return entry->level > t->level;
	return size != t->entry_size ? size > t->entry_size : entry->last_wins;
}

void trace_name(struct trace *t, const uint8_t *wire, size_t size, unsigned scope,
                const struct dataset_entry *entry)
{
	size_t below;

	if (!t->is_name || entry->is_exclusion)
		return;
	below = trace_below(t, wire, size);
	if (below == SIZE_MAX)
		return;
	if (!(scope & (below == 0 && (t->scope & DATASET_EXACT) ? DATASET_EXACT : DATASET_SUBTREE)))
		return;
	if (t->is_found && !trace_is_better(t, size, entry))
		return;
	t->is_found = true;
	t->line = entry->line;
	t->level = entry->level;
	memcpy(t->entry_wire, wire, size);
	t->entry_size = size;
	t->entry_scope = scope;
}
