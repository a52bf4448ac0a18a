/* SPDX-License-Identifier: BSD-3-Clause */
/* Two versions of the names of a list. */
#include "control/merge_names.h"

#define ABSENT UINT32_MAX /* no verdict id: the list says nothing */

/* A place in the names of a version. */
struct side {
	struct merge_source *source;
	size_t index, count;
};

static struct side side_of(struct merge_source *source)
{
	return (struct side){.source = source,
	                     .count = source->dataset ? source->dataset->name_count : 0};
}

static const struct dataset_name *name_at(const struct side *s)
{
	return &s->source->dataset->names[s->index];
}

static const uint8_t *wire_at(const struct side *s)
{
	return s->source->dataset->name_bytes + name_at(s)->offset;
}

/* What a set says: a verdict, 0 = exclusion, ABSENT. */
static int word_of(struct catalog *catalog, struct merge_source *source, uint32_t set,
                   uint32_t *out_word)
{
	*out_word = set == DATASET_ABSENT ? ABSENT : 0;
	return set && set != DATASET_ABSENT ? merge_set(catalog, source, set, out_word) : 0;
}

/* Compare the names where two sides are; NULL = that version does not hold it. */
static int compare_name(struct catalog *catalog, const struct side *const sides[2],
                        struct merge_name_change *change, bool *out_is_changed)
{
	uint32_t exact[2] = {ABSENT, ABSENT}, subtree[2] = {ABSENT, ABSENT};

	for (int i = 0; i < 2; i++) {
		const struct side *s = sides[i];
		int rc;

		if (!s)
			continue;
		change->wire = wire_at(s);
		change->size = name_at(s)->size;
		rc = word_of(catalog, s->source, name_at(s)->exact, &exact[i]);
		if (!rc)
			rc = word_of(catalog, s->source, name_at(s)->subtree, &subtree[i]);
		if (rc < 0)
			return rc;
	}
	change->was = sides[0] != NULL;
	change->is = sides[1] != NULL;
	change->is_below_too = subtree[0] != subtree[1];
	*out_is_changed = change->was != change->is || exact[0] != exact[1] || change->is_below_too;
	return 0;
}

int merge_names_compare(struct catalog *catalog, struct merge_source *old_source,
                        struct merge_source *new_source, merge_name_changed *changed, void *context)
{
	struct side old_side = side_of(old_source), new_side = side_of(new_source);

	while (old_side.index < old_side.count || new_side.index < new_side.count) {
		int order = old_side.index < old_side.count ? -1 : 1, rc;
		struct merge_name_change change;
		bool is_changed;

		if (old_side.index < old_side.count && new_side.index < new_side.count)
			order = name_compare(wire_at(&old_side), name_at(&old_side)->size,
			                     wire_at(&new_side), name_at(&new_side)->size);
		const struct side *const sides[2] = {order <= 0 ? &old_side : NULL,
		                                     order >= 0 ? &new_side : NULL};

		rc = compare_name(catalog, sides, &change, &is_changed);
		if (!rc && is_changed)
			rc = changed(context, &change);
		if (rc)
			return rc;
		old_side.index += order <= 0;
		new_side.index += order >= 0;
	}
	return 0;
}
