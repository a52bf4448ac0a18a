/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Keys messages of a batch: collected by zone, since a large set comes in several, and given to the
 * zones of the same batch at its Commit. Texts never tell a key.
 *
 * Threads: the update thread only.
 */
#include "dataplane/table/zones.h"
#include "dataplane/update.h"
#include "dataplane/update_check.h"

struct update_keys; /* a list; NULL = empty */

void update_keys_free(struct update_keys *list);

/* Take a message into the list. Errors: -EINVAL, -ENOMEM with the text. */
int update_keys_take(struct update_keys **list, const Reputed__Update__Keys *m,
                     struct update_error *out_error);

/*
 * Give what was collected to its zones, and check that no zone that needs keys is without.
 *
 * zones:  not yet published; NULL = none in the batch
 * Errors: -EINVAL, -ENOMEM with the text; what was given is the zones'
 */
int update_keys_attach(struct update_keys **list, struct zones *zones,
                       struct update_error *out_error);

/* Whether any zone has keys. */
bool update_keys_any(const struct zones *zones);

/* Add the counts of keys that older zones had too; nobody counts there any more. */
void update_keys_carry(struct zones *zones, const struct zones *older);

/* Emit the counters of the keys that were used. */
void update_keys_visit(const struct zones *zones, update_emit *emit, void *context);
