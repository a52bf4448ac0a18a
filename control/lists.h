/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The lists of a configuration with their current datasets, and views of them to merge.
 *
 * Threads: one thread per struct lists.
 */
#include "control/config.h"
#include "control/merge.h"
#include "control/zone_message.h"

#define LISTS_NONE UINT32_MAX /* no list's index */

struct lists {
	const struct config *config; /* borrowed */
	struct dataset **datasets;   /* by list; owned; NULL = none */
	bool *is_behind;             /* by list: parts were published since, see publish_parts() */
	struct zone_message_list *facts; /* by list */
	struct merge_never never;
	struct dataset *never_names; /* of guard.never_list; NULL = none */
};

/* All lists without datasets. Errors: -ENOMEM, -E2BIG more than MERGE_LISTS_MAX */
int lists_init(struct lists *l, const struct config *config);

/* Free it with the datasets. */
void lists_done(struct lists *l);

/* Move the datasets of lists that are the same in both, and whether they are answered. */
void lists_move(struct lists *from, struct lists *to);

/* Entries over all lists. */
uint64_t lists_entries(const struct lists *l);

/* A view with what it needs. */
struct lists_view {
	struct merge_view view;
	struct merge_source *sources;
	struct merge_source **pointers; /* = view.sources */
};

/* View the current datasets; v must not be moved. Errors: -ENOMEM */
int lists_view_init(struct lists_view *v, const struct lists *l, struct catalog *catalog);
void lists_view_done(struct lists_view *v);

/* A list with another dataset than it has. Errors: -ENOMEM */
int lists_source(const struct lists *l, unsigned list, const struct dataset *dataset,
                 struct merge_source *out_source);
