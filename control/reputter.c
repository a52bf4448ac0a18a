/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputter.h"

#include <errno.h>

int reputter_init(struct reputter *r, struct batch *b, const struct merge_view *old_view,
                  const struct merge_view *new_view)
{
	*r = (struct reputter){.batch = b,
	                       .catalog = new_view->catalog,
	                       .was = merge_names_new(old_view),
	                       .is = merge_names_new(new_view)};
	return r->was && r->is ? 0 : -ENOMEM;
}

void reputter_done(struct reputter *r)
{
	merge_names_free(r->was);
	merge_names_free(r->is);
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

int reputter_put(struct batch *b, struct catalog *catalog, const struct merge_name *name)
{
	count_put(catalog, name, true);
	return batch_put_name(b, name);
}

static int reput_name(struct reputter *r, const struct merge_name *was, const struct merge_name *is)
{
	if (was && is && was->exact == is->exact && was->subtree == is->subtree)
		return 0;
	if (was)
		count_put(r->catalog, was, false);
	return is ? reputter_put(r->batch, r->catalog, is)
	          : batch_delete_name(r->batch, was->wire, was->size);
}

int reputter_again(struct reputter *r, const uint8_t *wire, size_t size, bool has_below)
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
