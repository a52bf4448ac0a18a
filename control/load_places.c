/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/load_places.h"

#include "control/painter.h"
#include "control/reputter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int reserve(void **items, size_t *capacity, size_t count, size_t item_size)
{
	size_t wanted = *capacity ? 2 * *capacity : 16;
	void *grown;

	if (count < *capacity)
		return 0;
	grown = reallocarray(*items, wanted, item_size);
	if (!grown)
		return -ENOMEM;
	*items = grown;
	*capacity = wanted;
	return 0;
}

int load_places_range(struct load_places *places, const struct address_range *range)
{
	int rc = reserve((void **)&places->ranges, &places->range_capacity, places->range_count,
	                 sizeof(*places->ranges));

	if (rc == 0)
		places->ranges[places->range_count++] = *range;
	return rc;
}

int load_places_name(struct load_places *places, const struct load_name *name)
{
	int rc = reserve((void **)&places->names, &places->name_capacity, places->name_count,
	                 sizeof(*places->names));

	if (rc == 0)
		places->names[places->name_count++] = *name;
	return rc;
}

void load_places_done(struct load_places *places)
{
	free(places->ranges);
	free(places->names);
	*places = (struct load_places){0};
}

static int compare_ranges(const void *left, const void *right)
{
	const struct address_range *a = left, *b = right;

	if (a->is_ip6 != b->is_ip6)
		return a->is_ip6 - b->is_ip6;
	return (a->first > b->first) - (a->first < b->first);
}

/* Canonical order: a name comes before those below it. */
static int compare_names(const void *left, const void *right)
{
	const struct load_name *a = left, *b = right;
	int order = name_compare(a->wire, a->size, b->wire, b->size);

	return order ? order : b->has_below - a->has_below;
}

static void join_ranges(struct load_places *places)
{
	size_t kept = 0;

	for (size_t i = 0; i < places->range_count; i++) {
		const struct address_range *range = &places->ranges[i];
		struct address_range *last = kept ? &places->ranges[kept - 1] : NULL;

		if (!last || last->is_ip6 != range->is_ip6 || range->first > last->last)
			places->ranges[kept++] = *range;
		else if (range->last > last->last)
			last->last = range->last;
	}
	places->range_count = kept;
}

static void join_names(struct load_places *places)
{
	const struct load_name *above = NULL;
	size_t kept = 0;

	for (size_t i = 0; i < places->name_count; i++) {
		const struct load_name name = places->names[i], *last = NULL;

		if (kept)
			last = &places->names[kept - 1];
		if ((above &&
		     merge_name_is_within(name.wire, name.size, above->wire, above->size)) ||
		    (last && last->size == name.size &&
		     memcmp(last->wire, name.wire, name.size) == 0))
			continue;
		places->names[kept++] = name;
		if (name.has_below)
			above = &places->names[kept - 1];
	}
	places->name_count = kept;
}

void load_places_sort(struct load_places *places)
{
	if (places->range_count)
		qsort(places->ranges, places->range_count, sizeof(*places->ranges), compare_ranges);
	if (places->name_count)
		qsort(places->names, places->name_count, sizeof(*places->names), compare_names);
	join_ranges(places);
	join_names(places);
}

/* Of a place as it was, up to `last`. */
struct segment {
	address6_t last;
	uint32_t verdict;
};

/* Finds what differs at a place: the segments of one view are kept, those of the other compared. */
struct differ {
	struct painter painter;
	struct merge_sweep *was, *is;
	struct segment *segments;
	size_t count, capacity;
	size_t at; /* the segment that the comparison is in */
};

static int keep_segment(void *context, address6_t first, address6_t last, uint32_t verdict)
{
	struct differ *d = context;
	int rc = reserve((void **)&d->segments, &d->capacity, d->count, sizeof(*d->segments));

	(void)first;
	if (rc == 0)
		d->segments[d->count++] = (struct segment){last, verdict};
	return rc;
}

static int compare_segment(void *context, address6_t first, address6_t last, uint32_t verdict)
{
	struct differ *d = context;

	for (;;) {
		const struct segment *was = &d->segments[d->at];
		address6_t end = was->last < last ? was->last : last;
		int rc = 0;

		if (was->verdict != verdict) {
			painter_unpaint(&d->painter, first, end, was->verdict);
			rc = painter_paint(&d->painter, first, end, verdict);
		}
		if (end == was->last)
			d->at++;
		if (rc || end == last)
			return rc;
		first = end + 1;
	}
}

static int delta_range(struct differ *d, const struct address_range *range)
{
	int rc;

	d->count = d->at = 0;
	rc = merge_sweep_range(d->was, range->first, range->last, keep_segment, d);
	return rc ? rc : merge_sweep_range(d->is, range->first, range->last, compare_segment, d);
}

static int delta_ranges(struct batch *b, const struct merge_view *old_view,
                        const struct merge_view *new_view, const struct load_places *places,
                        bool is_ip6)
{
	struct differ d = {.painter = {.batch = b,
	                               .catalog = new_view->catalog,
	                               .is_ip6 = is_ip6,
	                               .keeps_unlisted = true}};
	size_t i = 0;
	int rc = 0;

	while (i < places->range_count && places->ranges[i].is_ip6 != is_ip6)
		i++;
	if (i == places->range_count)
		return 0;
	d.was = merge_sweep_new(old_view, is_ip6);
	d.is = merge_sweep_new(new_view, is_ip6);
	if (!d.was || !d.is)
		rc = -ENOMEM;
	for (; i < places->range_count && places->ranges[i].is_ip6 == is_ip6 && !rc; i++)
		rc = delta_range(&d, &places->ranges[i]);
	rc = painter_done(&d.painter, rc);
	merge_sweep_free(d.was);
	merge_sweep_free(d.is);
	free(d.segments);
	return rc;
}

static int delta_names(struct batch *b, const struct merge_view *old_view,
                       const struct merge_view *new_view, const struct load_places *places)
{
	struct reputter r;
	int rc;

	if (!places->name_count)
		return 0;
	rc = reputter_init(&r, b, old_view, new_view);
	for (size_t i = 0; i < places->name_count && !rc; i++) {
		const struct load_name *name = &places->names[i];

		rc = reputter_again(&r, name->wire, name->size, name->has_below);
	}
	reputter_done(&r);
	return rc;
}

int load_places_delta(struct batch *b, const struct merge_view *old_view,
                      const struct merge_view *new_view, const struct load_places *places)
{
	int rc = delta_ranges(b, old_view, new_view, places, false);

	if (!rc)
		rc = delta_ranges(b, old_view, new_view, places, true);
	return rc ? rc : delta_names(b, old_view, new_view, places);
}
