/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/coverage.h"

#include <stdio.h>
#include <string.h>

static void coverage_tell(const struct address_range *range, uint32_t set, struct coverage *out)
{
	char text[2 * ADDRESS_TEXT_MAX];
	size_t size = address_format(range, text);

	snprintf(out->entry, sizeof(out->entry), "%.*s", (int)size, text);
	out->set = set;
}

static bool coverage_find4(const struct dataset *d, const struct address_range *key,
                           struct coverage *out)
{
	const struct dataset_edges4 *e = &d->edges4;
	size_t edge = dataset_edge4_seek(e, 0, (uint32_t)key->first);
	struct dataset_range4 found;
	struct address_range range;

	if (edge == e->count)
		return false;
	dataset_edge4_range(e, edge, &found);
	if (found.first > key->first || found.last < key->last)
		return false;
	range = (struct address_range){.first = found.first, .last = found.last};
	coverage_tell(&range, found.set, out);
	return true;
}

static bool coverage_find6(const struct dataset *d, const struct address_range *key,
                           struct coverage *out)
{
	size_t low = 0, high = d->range6_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct dataset_range6 *r = &d->ranges6[middle];

		if (r->last < key->first) {
			low = middle + 1;
		} else if (r->first > key->first) {
			high = middle;
		} else {
			struct address_range range = {true, r->first, r->last, false};

			if (r->last < key->last)
				return false;
			coverage_tell(&range, r->set, out);
			return true;
		}
	}
	return false;
}

static const struct dataset_name *coverage_name(const struct dataset *d, const uint8_t *wire,
                                                size_t size)
{
	size_t low = 0, high = d->name_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct dataset_name *n = &d->names[middle];
		int order = name_compare(d->name_bytes + n->offset, n->size, wire, size);

		if (order == 0)
			return n;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static void coverage_tell_name(const struct dataset *d, const struct dataset_name *n,
                               bool is_subtree, uint32_t set, struct coverage *out)
{
	char text[4 * NAME_WIRE_MAX + 2];
	size_t size = name_format(d->name_bytes + n->offset, n->size, text);

	snprintf(out->entry, sizeof(out->entry), "%s%.*s", is_subtree ? "*." : "", (int)size, text);
	out->set = set;
}

/* The name's own exact set if it has one, else the subtree set of the nearest name above. */
static bool coverage_find_name(const struct dataset *d, const struct manual_key *key,
                               struct coverage *out)
{
	bool is_exact = (key->scope & DATASET_EXACT) != 0;

	for (size_t at = 0; at < key->wire_size; at += 1u + key->wire[at]) {
		const struct dataset_name *n =
		    coverage_name(d, key->wire + at, key->wire_size - at);
		bool is_own = at == 0 && is_exact;
		uint32_t set = !n ? DATASET_ABSENT : is_own ? n->exact : n->subtree;

		if (set == DATASET_ABSENT)
			continue;
		if (set == 0)
			return false;
		coverage_tell_name(d, n, !is_own, set, out);
		return true;
	}
	return false;
}

bool coverage_find(const struct dataset *d, const struct manual_key *key, struct coverage *out)
{
	if (key->is_name)
		return coverage_find_name(d, key, out);
	if (key->range.is_ip6)
		return coverage_find6(d, &key->range, out);
	return coverage_find4(d, &key->range, out);
}
