/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/load.h"

#include "control/merge_names.h"

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

/* Paints ranges, equal neighbours as one. */
struct painter {
	struct batch *batch;
	struct catalog *catalog;
	bool is_ip6;
	bool keeps_unlisted; /* paint verdict 0 too */
	bool is_pending;
	address6_t first, last;
	uint32_t verdict;
	uint32_t counted_verdict; /* painted on so many addresses that the catalog does not know */
	address6_t counted;
};

/* Tell the catalog: not for each range, as most have the verdict of the one before. */
static void count_painted(struct painter *p)
{
	if (p->counted_verdict)
		catalog_add(p->catalog, p->is_ip6 ? CATALOG_IP6 : CATALOG_IP4, p->counted_verdict,
		            p->counted);
	p->counted_verdict = 0;
	p->counted = 0;
}

static int paint_pending(struct painter *p)
{
	if (!p->is_pending)
		return 0;
	p->is_pending = false;
	if (p->verdict != p->counted_verdict) {
		count_painted(p);
		p->counted_verdict = p->verdict;
	}
	p->counted += p->last - p->first + 1;
	if (p->is_ip6)
		return batch_paint6(p->batch, p->first, p->last, p->verdict);
	return batch_paint4(p->batch, (uint32_t)p->first, (uint32_t)p->last, p->verdict);
}

static int paint(void *context, address6_t first, address6_t last, uint32_t verdict)
{
	struct painter *p = context;
	int rc;

	if (p->is_pending && p->verdict == verdict && p->last + 1 == first) {
		p->last = last;
		return 0;
	}
	rc = paint_pending(p);
	if (rc < 0 || (!verdict && !p->keeps_unlisted))
		return rc;
	p->is_pending = true;
	p->first = first;
	p->last = last;
	p->verdict = verdict;
	return 0;
}

static int full_ranges(struct batch *b, const struct merge_view *view, bool is_ip6)
{
	struct painter painter = {.batch = b, .catalog = view->catalog, .is_ip6 = is_ip6};
	struct merge_sweep *sweep = merge_sweep_new(view, is_ip6);
	int rc;

	if (!sweep)
		return -ENOMEM;
	rc = merge_sweep_range(sweep, 0, is_ip6 ? ADDRESS6_MAX : ADDRESS4_MAX, paint, &painter);
	if (!rc)
		rc = paint_pending(&painter);
	count_painted(&painter);
	merge_sweep_free(sweep);
	return rc;
}

/* A name is put, or was: 1 more or less use of its verdicts. */
static void count_put(struct catalog *catalog, const struct merge_name *name, bool is_put)
{
	if (is_put) {
		catalog_add(catalog, CATALOG_NAMES, name->exact, 1);
		catalog_add(catalog, CATALOG_NAMES, name->subtree, 1);
	} else {
		catalog_remove(catalog, CATALOG_NAMES, name->exact, 1);
		catalog_remove(catalog, CATALOG_NAMES, name->subtree, 1);
	}
}

static int put_name(struct batch *b, struct catalog *catalog, const struct merge_name *name)
{
	count_put(catalog, name, true);
	return batch_put_name(b, name);
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
		rc = put_name(b, view->catalog, &name);
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

static int unpaint(void *context, address6_t first, address6_t last, uint32_t verdict)
{
	struct painter *p = context;

	catalog_remove(p->catalog, p->is_ip6 ? CATALOG_IP6 : CATALOG_IP4, verdict,
	               last - first + 1);
	return 0;
}

static int repaint(void *context, const struct address_range *range, uint32_t old_verdict,
                   uint32_t new_verdict)
{
	struct repainter *r = context;
	int rc = merge_sweep_range(r->was, range->first, range->last, unpaint, &r->painter);

	(void)old_verdict;
	(void)new_verdict;
	if (!rc)
		rc = merge_sweep_range(r->is, range->first, range->last, paint, &r->painter);
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
	if (!rc)
		rc = paint_pending(&r.painter);
	count_painted(&r.painter);
	merge_sweep_free(r.was);
	merge_sweep_free(r.is);
	return rc;
}

/* Puts names again: two walks side by side. */
struct reputter {
	struct batch *batch;
	struct catalog *catalog;
	struct merge_names *was, *is;
	const uint8_t *done; /* everything below this name was looked at */
	size_t done_size;
};

static int reput_name(struct reputter *r, const struct merge_name *was, const struct merge_name *is)
{
	if (was && is && was->exact == is->exact && was->subtree == is->subtree)
		return 0;
	if (was)
		count_put(r->catalog, was, false);
	return is ? put_name(r->batch, r->catalog, is)
	          : batch_delete_name(r->batch, was->wire, was->size);
}

static int reput(struct reputter *r, const uint8_t *wire, size_t size, bool has_below)
{
	struct merge_name was, is;
	int has_old, has_new, rc = merge_names_seek(r->was, wire, size, has_below);

	if (!rc)
		rc = merge_names_seek(r->is, wire, size, has_below);
	if (rc < 0)
		return rc;
	has_old = merge_names_next(r->was, &was);
	has_new = merge_names_next(r->is, &is);
	while (has_old >= 0 && has_new >= 0 && (has_old || has_new)) {
		int order = has_old ? -1 : 1;

		if (has_old && has_new)
			order = name_compare(was.wire, was.size, is.wire, is.size);
		rc = reput_name(r, order <= 0 ? &was : NULL, order >= 0 ? &is : NULL);
		if (rc < 0)
			return rc;
		if (order <= 0)
			has_old = merge_names_next(r->was, &was);
		if (order >= 0)
			has_new = merge_names_next(r->is, &is);
	}
	return has_old < 0 ? has_old : has_new;
}

static int reput_changed(void *context, const struct merge_name_change *change)
{
	struct reputter *r = context;

	if (r->done && merge_name_is_within(change->wire, change->size, r->done, r->done_size))
		return 0;
	if (change->is_below_too) {
		r->done = change->wire;
		r->done_size = change->size;
	}
	return reput(r, change->wire, change->size, change->is_below_too);
}

static int delta_names(struct batch *b, const struct merge_view *old_view,
                       const struct merge_view *new_view, unsigned changed,
                       const struct load_changes *changes)
{
	struct reputter r = {.batch = b,
	                     .catalog = new_view->catalog,
	                     .was = merge_names_new(old_view),
	                     .is = merge_names_new(new_view)};
	int rc = -ENOMEM;

	if (r.was && r.is) {
		uint64_t all = merge_names_count(r.was) + merge_names_count(r.is);

		if (changes->name_count > all / WALK_SHARE)
			rc = reput(&r, NULL, 0, true);
		else
			rc = merge_names_compare(new_view->catalog, old_view->sources[changed],
			                         new_view->sources[changed], reput_changed, &r);
	}
	merge_names_free(r.was);
	merge_names_free(r.is);
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
