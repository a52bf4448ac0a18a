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
	const struct dataset_range4 *entries4;
	const struct dataset_range6 *entries6;
	size_t count, at;
	const struct dataset_ranks *ranks;
	struct dataset_set_table *sets;
	struct bogons bogons;
	size_t bogon_row; /* the first that ends behind what was written */
	struct active active;
	bool is_active_ready;
	struct dataset_candidate *group;
	size_t group_capacity;
	uint64_t entry_count;
	struct dataset_range4 *out4;
	struct dataset_range6 *out6;
	size_t out_count, out_capacity;
};

static inline struct dataset_range6 entry_at(const struct sweep *s, size_t at)
{
	if (s->is_ip6)
		return s->entries6[at];
	return (struct dataset_range6){s->entries4[at].first, s->entries4[at].last,
	                               s->entries4[at].set};
}

static inline address6_t first_at(const struct sweep *s, size_t at)
{
	return s->is_ip6 ? s->entries6[at].first : s->entries4[at].first;
}

static int append4(struct sweep *s, uint32_t first, uint32_t last, uint32_t set)
{
	struct dataset_range4 *before = s->out_count ? &s->out4[s->out_count - 1] : NULL;

	if (before && before->set == set && before->last + 1 == first) {
		before->last = last;
		return 0;
	}
	if (dataset_grow((void **)&s->out4, &s->out_capacity, s->out_count + 1, sizeof(*s->out4)) <
	    0)
		return -ENOMEM;
	s->out4[s->out_count++] = (struct dataset_range4){first, last, set};
	return 0;
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
	                 : append4(s, (uint32_t)first, (uint32_t)last, set);
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

/* Nothing else is active and nothing else starts before it ends: most entries of most feeds. */
static bool is_alone(const struct sweep *s, const struct dataset_range6 *entry)
{
	return s->at + 1 == s->count || first_at(s, s->at + 1) > entry->last;
}

static int alone_emit(struct sweep *s, const struct dataset_range6 *entry)
{
	const struct dataset_how *how = &s->ranks->hows[entry->set];

	s->at++;
	s->entry_count += !how->is_exclusion && !how->is_part;
	return how->is_exclusion ? 0 : emit(s, entry->first, entry->last, &how->value, 1);
}

/* Make all entries that start at an address active. */
static int group_open(struct sweep *s, address6_t first)
{
	size_t count = 0;

	if (!s->is_active_ready) {
		if (active_init(&s->active, s->ranks->count) < 0)
			return -ENOMEM;
		s->is_active_ready = true;
	}
	for (; s->at < s->count && first_at(s, s->at) == first; s->at++) {
		struct dataset_range6 entry = entry_at(s, s->at);

		if (dataset_grow((void **)&s->group, &s->group_capacity, count + 1,
		                 sizeof(*s->group)) < 0)
			return -ENOMEM;
		s->group[count] = (struct dataset_candidate){
		    .key = entry.last, .order = count, .rank = entry.set};
		count++;
	}
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

	while (!rc && (s->at < s->count || s->active.count)) {
		address6_t last;
		size_t count;

		if (!s->active.count) {
			struct dataset_range6 entry = entry_at(s, s->at);

			if (is_alone(s, &entry)) {
				rc = alone_emit(s, &entry);
				continue;
			}
			first = entry.first;
		}
		if (s->at < s->count && first_at(s, s->at) == first)
			rc = group_open(s, first);
		if (rc < 0)
			break;
		last = s->active.ends[0].last;
		if (s->at < s->count && first_at(s, s->at) <= last)
			last = first_at(s, s->at) - 1;
		count = winners_get(s, values);
		if (count)
			rc = emit(s, first, last, values, count);
		active_remove(&s->active, last);
		first = last + 1;
	}
	return rc;
}

static void *fitted(void *array, size_t size)
{
	void *smaller = realloc(array, size);

	return smaller ? smaller : array;
}

int dataset_resolve_ranges(struct dataset_builder *b, bool is_ip6,
                           const struct dataset_ranks *ranks, struct dataset_set_table *sets,
                           struct dataset *out_dataset)
{
	struct sweep s = {
	    .is_ip6 = is_ip6,
	    .count = is_ip6 ? b->range6_count : b->range4_count,
	    .ranks = ranks,
	    .sets = sets,
	    .bogons = is_ip6 ? b->bogons6 : b->bogons4,
	};
	int rc;

	if (!s.count)
		return 0;
	rc = is_ip6 ? dataset_sort6(&b->ranges6, s.count) : dataset_sort4(&b->ranges4, s.count);
	s.entries4 = b->ranges4;
	s.entries6 = b->ranges6;
	if (rc == 0)
		rc = sweep_run(&s);
	active_done(&s.active);
	free(s.group);
	if (rc < 0) {
		free(s.out4);
		free(s.out6);
		return rc;
	}
	b->facts.entry_count += s.entry_count;
	if (is_ip6) {
		free(b->ranges6);
		b->ranges6 = NULL;
		out_dataset->range6_count = s.out_count;
		out_dataset->ranges6 =
		    s.out_count ? fitted(s.out6, s.out_count * sizeof(*s.out6)) : NULL;
	} else {
		free(b->ranges4);
		b->ranges4 = NULL;
		out_dataset->range4_count = s.out_count;
		out_dataset->ranges4 =
		    s.out_count ? fitted(s.out4, s.out_count * sizeof(*s.out4)) : NULL;
	}
	return 0;
}
