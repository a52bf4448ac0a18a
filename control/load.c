/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/load.h"

#include "control/painter.h"
#include "control/reputter.h"

#include <errno.h>

#define ADDRESS4_MAX ((address6_t)UINT32_MAX)
#define ADDRESS6_MAX (~(address6_t)0)

/* When more than one in so many names changed, all names are walked instead of looked up. */
#define WALK_SHARE 32

static int count_range(void *context, const struct address_range *range, uint32_t old_verdict,
                       uint32_t new_verdict)
{
	struct load_changes *changes = context;

	(void)range;
	changes->added += new_verdict != 0;
	changes->removed += old_verdict != 0;
	return 0;
}

static int count_name(void *context, const struct merge_name_change *change)
{
	struct load_changes *changes = context;

	changes->added += change->is;
	changes->removed += change->was;
	changes->name_count++;
	return 0;
}

static size_t range_count(const struct merge_source *source, bool is_ip6)
{
	if (!source->dataset)
		return 0;
	return is_ip6 ? source->dataset->range6_count : source->dataset->range4_count;
}

static int compare_ranges(struct catalog *catalog, struct merge_source *old_source,
                          struct merge_source *new_source, bool is_ip6,
                          struct load_changes *changes)
{
	size_t old_count = range_count(old_source, is_ip6);
	size_t new_count = range_count(new_source, is_ip6);

	if (old_count && new_count)
		return merge_compare(catalog, old_source, new_source, is_ip6, count_range, changes);
	changes->added += new_count;
	changes->removed += old_count;
	return 0;
}

int load_compare(struct catalog *catalog, struct merge_source *old_source,
                 struct merge_source *new_source, struct load_changes *out_changes)
{
	struct load_changes changes = {0};
	int rc = compare_ranges(catalog, old_source, new_source, false, &changes);

	if (!rc)
		rc = compare_ranges(catalog, old_source, new_source, true, &changes);
	if (!rc)
		rc = merge_names_compare(catalog, old_source, new_source, count_name, &changes);
	if (!rc)
		*out_changes = changes;
	return rc;
}

static int full_ranges(struct batch *b, const struct merge_view *view, bool is_ip6)
{
	struct painter painter = {.batch = b, .catalog = view->catalog, .is_ip6 = is_ip6};
	struct merge_sweep *sweep = merge_sweep_new(view, is_ip6);
	int rc;

	if (!sweep)
		return -ENOMEM;
	rc = merge_sweep_range(sweep, 0, is_ip6 ? ADDRESS6_MAX : ADDRESS4_MAX, painter_paint,
	                       &painter);
	rc = painter_done(&painter, rc);
	merge_sweep_free(sweep);
	return rc;
}

static int full_names(struct batch *b, const struct merge_view *view)
{
	struct merge_names *names = merge_names_new(view);
	struct merge_name name;
	int rc;

	if (!names)
		return -ENOMEM;
	rc = merge_names_seek(names, NULL, 0, true);
	while (!rc && (rc = merge_names_next(names, &name)) > 0)
		rc = reputter_put(b, view->catalog, &name);
	merge_names_free(names);
	return rc;
}

uint64_t load_expect_ip4(const struct merge_view *view)
{
	uint64_t count = 0;

	for (unsigned i = 0; i < view->count; i++)
		count += range_count(view->sources[i], false);
	return count;
}

int load_full(struct batch *b, const struct merge_view *view)
{
	int rc = full_ranges(b, view, false);

	if (!rc)
		rc = full_ranges(b, view, true);
	if (!rc)
		rc = full_names(b, view);
	return rc;
}

/* Repaints the ranges in which a list changed. */
struct repainter {
	struct painter painter;
	struct merge_sweep *was, *is;
};

static int repaint(void *context, const struct address_range *range, uint32_t old_verdict,
                   uint32_t new_verdict)
{
	struct repainter *r = context;
	int rc = merge_sweep_range(r->was, range->first, range->last, painter_unpaint, &r->painter);

	(void)old_verdict;
	(void)new_verdict;
	if (!rc)
		rc =
		    merge_sweep_range(r->is, range->first, range->last, painter_paint, &r->painter);
	return rc;
}

static int delta_ranges(struct batch *b, const struct merge_view *old_view,
                        const struct merge_view *new_view, unsigned changed, bool is_ip6)
{
	struct repainter r = {.painter = {.batch = b,
	                                  .catalog = new_view->catalog,
	                                  .is_ip6 = is_ip6,
	                                  .keeps_unlisted = true},
	                      .was = merge_sweep_new(old_view, is_ip6),
	                      .is = merge_sweep_new(new_view, is_ip6)};
	int rc = -ENOMEM;

	if (r.was && r.is)
		rc = merge_compare(new_view->catalog, old_view->sources[changed],
		                   new_view->sources[changed], is_ip6, repaint, &r);
	rc = painter_done(&r.painter, rc);
	merge_sweep_free(r.was);
	merge_sweep_free(r.is);
	return rc;
}

/* Puts names again that a comparison finds. */
struct renamer {
	struct reputter reputter;
	const uint8_t *done; /* everything below this name was looked at */
	size_t done_size;
};

static int reput_changed(void *context, const struct merge_name_change *change)
{
	struct renamer *r = context;

	if (r->done && merge_name_is_within(change->wire, change->size, r->done, r->done_size))
		return 0;
	if (change->is_below_too) {
		r->done = change->wire;
		r->done_size = change->size;
	}
	return reputter_again(&r->reputter, change->wire, change->size, change->is_below_too);
}

static int delta_names(struct batch *b, const struct merge_view *old_view,
                       const struct merge_view *new_view, unsigned changed,
                       const struct load_changes *changes)
{
	struct renamer r = {.done = NULL};
	int rc = reputter_init(&r.reputter, b, old_view, new_view);

	if (!rc) {
		uint64_t all = merge_names_count(r.reputter.was) + merge_names_count(r.reputter.is);

		if (changes->name_count > all / WALK_SHARE)
			rc = reputter_again(&r.reputter, NULL, 0, true);
		else
			rc = merge_names_compare(new_view->catalog, old_view->sources[changed],
			                         new_view->sources[changed], reput_changed, &r);
	}
	reputter_done(&r.reputter);
	return rc;
}

int load_delta(struct batch *b, const struct merge_view *old_view,
               const struct merge_view *new_view, unsigned changed,
               const struct load_changes *changes)
{
	int rc = delta_ranges(b, old_view, new_view, changed, false);

	if (!rc)
		rc = delta_ranges(b, old_view, new_view, changed, true);
	if (!rc && changes->name_count)
		rc = delta_names(b, old_view, new_view, changed, changes);
	return rc;
}
