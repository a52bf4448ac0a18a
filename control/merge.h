/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What all lists together say of each address: the union over the lists that cover it of (list,
 * code, text), less what is never listed. Lists are swept side by side, so that a range costs the
 * boundaries inside it and nothing outside.
 *
 * Threads: one thread for all that shares a struct catalog.
 */
#include "control/catalog.h"
#include "feeds/dataset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MERGE_LISTS_MAX 1024 /* LIST_ID_MAX + 1 of dataplane/table/verdicts.h */

_Static_assert(MERGE_LISTS_MAX *DATASET_SET_MAX <= CATALOG_LISTINGS_MAX,
               "a verdict holds what all lists say of an address");

/* One list as it is to be merged, or was. Not to be used beyond an catalog_collect(). */
struct merge_source {
	const struct dataset *dataset; /* NULL = empty */
	uint32_t list;                 /* list id */
	uint32_t code;                 /* of values that have none of their own */
	const char *text;              /* of values that have none of their own; may be NULL */
	bool is_subtracted;            /* what it lists is not listed at all */
	uint32_t *verdicts;            /* private: by set, 0 = not known yet */
};

/* Errors: -ENOMEM. The dataset and text are borrowed. */
int merge_source_init(struct merge_source *source, const struct dataset *dataset, uint32_t list,
                      uint32_t code, const char *text);
void merge_source_done(struct merge_source *source);

/* Ranges that no list can list: sorted, disjoint; IPv4 as numbers below 2^32. */
struct merge_never {
	struct dataset_range6 *ranges4, *ranges6;
	size_t count4, count6;
};

/* The given ranges and 127.0.0.1 in both families. Errors: -ENOMEM. */
int merge_never_init(struct merge_never *never, const struct address_range *ranges, size_t count);
void merge_never_done(struct merge_never *never);

/* All lists at one moment. */
struct merge_view {
	struct catalog *catalog;
	const struct merge_never *never;
	struct merge_source *const *sources; /* ascending by list id */
	unsigned count;                      /* <= MERGE_LISTS_MAX */
};

/* The verdict of a set of one list alone. Errors: those of catalog.h. */
int merge_set(struct catalog *catalog, struct merge_source *source, uint32_t set,
              uint32_t *out_verdict);

/* Called for a range of one verdict, 0 = not listed. Not 0: stop, and return that. */
typedef int merge_emit(void *context, address6_t first, address6_t last, uint32_t verdict);

struct merge_sweep;

/* The view is borrowed. Errors: NULL with errno. */
struct merge_sweep *merge_sweep_new(const struct merge_view *view, bool is_ip6);
void merge_sweep_free(struct merge_sweep *sweep);

/*
 * Emit all of a range, in order, cut wherever some list changes.
 *
 * first:  above the last address of the range before
 * Errors: those of catalog.h and emit
 * Cost:   O(log lists) a boundary; ranges skipped cost O(log skipped)
 */
int merge_sweep_range(struct merge_sweep *sweep, address6_t first, address6_t last,
                      merge_emit *emit, void *context);

/* Called for a range whose listings by one list changed; 0 = not listed. */
typedef int merge_changed(void *context, const struct address_range *range, uint32_t old_verdict,
                          uint32_t new_verdict);

/* Compare two versions of a list, in address order. Errors: those of catalog.h and changed. */
int merge_compare(struct catalog *catalog, struct merge_source *old_source,
                  struct merge_source *new_source, bool is_ip6, merge_changed *changed,
                  void *context);
