/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One sweep over the sorted ranges: from each address where something starts or ends to the next,
 * the entries of the lowest rank that are active there decide.
 */
#include "feeds/active.h"
#include "feeds/dataset_private.h"

#include <errno.h>
#include <stdlib.h>

struct sweep {
	bool is_ip6;
	/* What is left of the entries, sorted; points and ranges are one sequence. */
	const uint32_t *points;
	size_t point_count;
	uint32_t points_rank;
	struct dataset_range_reader ranges;
	struct dataset_range6 next; /* the first of what is left; .set is its rank */
	bool has_next;

	const struct dataset_ranks *ranks;
	struct dataset_set_table *sets;
	struct bogons bogons;
	size_t bogon_row; /* the first that ends behind what was written */
	struct active active;
	bool is_active_ready;
	struct dataset_candidate *group;
	size_t group_capacity;
	uint64_t entry_count;
	struct dataset_edges out4;
	struct dataset_range6 *out6;
	size_t out_count, out_capacity;
};

/* Take the next entry. */
static inline void next_take(struct sweep *s)
{
	const struct dataset_range_cursor *range = dataset_range_reader_get(&s->ranges);

	s->has_next = true;
	if (s->point_count && (!range || s->points[0] <= range->first)) {
		s->next = (struct dataset_range6){s->points[0], s->points[0], s->points_rank};
		s->points++;
		s->point_count--;
	} else if (range) {
		s->next =
		    (struct dataset_range6){range->first, range->last, s->ranks->of[range->how]};
		dataset_range_reader_next(&s->ranges);
	} else {
		s->has_next = false;
	}
}

static int append6(struct sweep *s, address6_t first, address6_t last, uint32_t set)
{
	struct dataset_range6 *before = s->out_count ? &s->out6[s->out_count - 1] : NULL;

	if (before && before->set == set && before->last + 1 == first) {
		before->last = last;
		return 0;
	}
	if (dataset_grow((void **)&s->out6, &s->out_capacity, s->out_count + 1, sizeof(*s->out6)) <
	    0)
		return -ENOMEM;
	s->out6[s->out_count++] = (struct dataset_range6){first, last, set};
	return 0;
}

static int append(struct sweep *s, address6_t first, address6_t last, const uint32_t *values,
                  size_t value_count)
{
	uint32_t set;
	int rc = dataset_set_intern(s->sets, values, value_count, &set);

	if (rc < 0)
		return rc;
	return s->is_ip6 ? append6(s, first, last, set)
	                 : dataset_edges_append(&s->out4, (uint32_t)first, (uint32_t)last, set);
}

/* Write a range without its bogons. Ranges come in ascending order. */
static int emit(struct sweep *s, address6_t first, address6_t last, const uint32_t *values,
                size_t value_count)
{
	struct address_range rest = {.is_ip6 = s->is_ip6, .first = first, .last = last}, piece;
	struct bogons left;

	while (s->bogon_row < s->bogons.count && s->bogons.rows[s->bogon_row].last < first)
		s->bogon_row++;
	left = (struct bogons){s->bogons.rows + s->bogon_row, s->bogons.count - s->bogon_row};
	if (!left.count || left.rows[0].first > last)
		return append(s, first, last, values, value_count);
	while (bogons_cut(&left, &rest, &piece)) {
		int rc = append(s, piece.first, piece.last, values, value_count);

		if (rc < 0)
			return rc;
		if (piece.last == last)
			break;
		rest.first = piece.last + 1;
	}
	return 0;
}

/* The values of the winners among the active entries; 0 when they are exclusions. */
static size_t winners_get(const struct sweep *s, uint32_t out_values[DATASET_SET_MAX])
{
	size_t rank = active_rank(&s->active, 0), count = 0;
	uint8_t level = s->ranks->hows[rank].level;

	if (s->ranks->hows[rank].is_exclusion)
		return 0;
	while (rank != ACTIVE_NONE && s->ranks->hows[rank].level == level &&
	       count < DATASET_SET_MAX) {
		uint32_t value = s->ranks->hows[rank].value;

		if (!count || out_values[count - 1] != value)
			out_values[count++] = value;
		rank = active_rank(&s->active, rank + 1);
	}
	return count;
}

/* Of an entry that nothing else overlaps: most entries of most feeds. */
static int alone_emit(struct sweep *s, const struct dataset_range6 *entry)
{
	const struct dataset_how *how = &s->ranks->hows[entry->set];

	s->entry_count += !how->is_exclusion && !how->is_part;
	return how->is_exclusion ? 0 : emit(s, entry->first, entry->last, &how->value, 1);
}

static int group_add(struct sweep *s, const struct dataset_range6 *entry, size_t count)
{
	if (dataset_grow((void **)&s->group, &s->group_capacity, count + 1, sizeof(*s->group)) < 0)
		return -ENOMEM;
	s->group[count] =
	    (struct dataset_candidate){.key = entry->last, .order = count, .rank = entry->set};
	return 0;
}

/* Make the entry that was taken active, and all that start where it does. */
static int group_open(struct sweep *s, const struct dataset_range6 *taken)
{
	const struct dataset_how *how = &s->ranks->hows[taken->set];
	const address6_t first = taken->first;
	size_t count = 0;

	if (!s->is_active_ready) {
		if (active_init(&s->active, s->ranks->count) < 0)
			return -ENOMEM;
		s->is_active_ready = true;
	}
	if (!s->has_next || s->next.first != first) {
		s->entry_count += !how->is_exclusion && !how->is_part;
		return active_add(&s->active, taken->last, taken->set);
	}
	if (group_add(s, taken, count++) < 0)
		return -ENOMEM;
	for (; s->has_next && s->next.first == first; next_take(s))
		if (group_add(s, &s->next, count++) < 0)
			return -ENOMEM;
	count = dataset_candidates_reduce(s->group, count, s->ranks, &s->entry_count);
	for (size_t i = 0; i < count; i++)
		if (active_add(&s->active, s->group[i].key, s->group[i].rank) < 0)
			return -ENOMEM;
	return 0;
}

static int sweep_run(struct sweep *s)
{
	uint32_t values[DATASET_SET_MAX];
	address6_t first = 0;
	int rc = 0;

	next_take(s);
	while (!rc && (s->has_next || s->active.count)) {
		address6_t last;
		size_t count;

		if (!s->active.count || (s->has_next && s->next.first == first)) {
			struct dataset_range6 entry = s->next;

			next_take(s);
			if (!s->active.count && (!s->has_next || s->next.first > entry.last)) {
				rc = alone_emit(s, &entry);
				continue;
			}
			first = entry.first;
			rc = group_open(s, &entry);
		}
		if (rc < 0)
			break;
		last = s->active.ends[0].last;
		if (s->has_next && s->next.first <= last)
			last = s->next.first - 1;
		count = winners_get(s, values);
		if (count)
			rc = emit(s, first, last, values, count);
		active_remove(&s->active, last);
		first = last + 1;
	}
	return rc;
}

/* Points and nothing else: no sweep. Errors: -ENOMEM */
static int points_resolve(struct dataset_builder *b, const struct dataset_ranks *ranks,
                          struct dataset_set_table *sets, struct dataset *out_dataset)
{
	const struct dataset_how *how = &ranks->hows[ranks->of[b->points_how]];
	struct dataset_edges edges;
	uint32_t set;

	if (how->is_exclusion)
		return 0;
	if (dataset_set_intern(sets, &how->value, 1, &set) < 0 ||
	    dataset_edges_points(&edges, b->points4, b->point4_count, set) < 0)
		return -ENOMEM;
	b->points4 = NULL;
	b->facts.entry_count += b->point4_count;
	out_dataset->memory_size += dataset_edges_give(&edges, out_dataset);
	return 0;
}

static int points_sort(struct dataset_builder *b)
{
	int rc = dataset_sort_points(b->points4, b->point4_count);

	if (!rc)
		b->point4_count = dataset_points_unite(b->points4, b->point4_count);
	return rc;
}

/* Move what was found into the dataset. */
static void sweep_give(struct sweep *s, struct dataset *out_dataset)
{
	size_t size = s->out_count * sizeof(*s->out6);

	out_dataset->memory_size += s->is_ip6 ? size : dataset_edges_give(&s->out4, out_dataset);
	if (!s->is_ip6) {
		return;
	}
	out_dataset->range6_count = s->out_count;
	out_dataset->ranges6 = dataset_fitted(s->out6, size);
}

int dataset_resolve_ranges(struct dataset_builder *b, bool is_ip6,
                           const struct dataset_ranks *ranks, struct dataset_set_table *sets,
                           struct dataset *out_dataset)
{
	struct dataset_range_runs *ranges = is_ip6 ? &b->ranges6 : &b->ranges4;
	struct sweep s = {
	    .is_ip6 = is_ip6,
	    .ranks = ranks,
	    .sets = sets,
	    .bogons = is_ip6 ? b->bogons6 : b->bogons4,
	};
	int rc = dataset_range_runs_end(ranges);

	if (!rc && !is_ip6 && b->point4_count) {
		rc = points_sort(b);
		if (!rc && !ranges->runs.count)
			return points_resolve(b, ranks, sets, out_dataset);
		s.points = b->points4;
		s.point_count = b->point4_count;
		s.points_rank = ranks->of[b->points_how];
	}
	if (rc < 0 || !ranges->runs.count)
		return rc;
	rc = dataset_range_reader_init(&s.ranges, ranges);
	if (rc == 0)
		rc = sweep_run(&s);
	dataset_range_reader_done(&s.ranges);
	active_done(&s.active);
	free(s.group);
	if (rc < 0) {
		dataset_edges_done(&s.out4);
		free(s.out6);
		return rc;
	}
	b->facts.entry_count += s.entry_count;
	sweep_give(&s, out_dataset);
	dataset_range_runs_done(ranges);
	if (!is_ip6) {
		free(b->points4);
		b->points4 = NULL;
	}
	return 0;
}
