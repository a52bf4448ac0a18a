/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Fills a batch from merged lists: all of it, or what one list's new version changes. Keeps the
 * catalog's counts in step with what is painted.
 *
 * Threads: one thread for all that shares a struct catalog.
 */
#include "control/batch.h"
#include "control/merge.h"

/* What differs between two versions of a list. */
struct load_changes {
	uint64_t added, removed; /* ranges and names; one that says something else counts as both */
	uint64_t name_count;     /* names that changed in any way */
};

/* Errors: those of catalog.h; nothing stays painted. */
int load_compare(struct catalog *catalog, struct merge_source *old_source,
                 struct merge_source *new_source, struct load_changes *out_changes);

/* About how many IPv4 ranges load_full() will paint: more, where lists overlap or neighbours join.
 */
uint64_t load_expect_ip4(const struct merge_view *view);

/* Put everything that is listed into a full batch. Errors: those of catalog.h and batch.h. */
int load_full(struct batch *b, const struct merge_view *view);

/*
 * Put what changes between two views, that differ in one list, into a batch.
 *
 * changed: index of that list in both views
 * changes: of load_compare()
 * Errors:  those of catalog.h and batch.h
 */
int load_delta(struct batch *b, const struct merge_view *old_view,
               const struct merge_view *new_view, unsigned changed,
               const struct load_changes *changes);
