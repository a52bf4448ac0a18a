/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The lists that zones only observe: taken from Zone messages, counters kept over a change of
 * zones, and shown. Threads: the update thread only.
 */
#include "dataplane/table/zones.h"
#include "dataplane/update.h"
#include "dataplane/update_check.h"

/*
 * Make the observed lists of a zone whose other lists are known; NULL when it has none.
 * Errors: -EINVAL, -ENOMEM with the text
 */
int update_observed_new(const Reputed__Update__Zone *m, size_t index, const struct zone *zone,
                        struct observed **out_observed, struct update_error *out_error);

/* Whether any zone observes lists. */
bool update_observed_exists(const struct zones *zones);

/* Add the counts of lists that older zones observed too; nobody counts there any more. */
void update_observed_carry(struct zones *zones, const struct zones *older);

/* Emit the counters of all observed lists. */
void update_observed_visit(const struct zones *zones, update_emit *emit, void *context);
