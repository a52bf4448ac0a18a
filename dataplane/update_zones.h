/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Zones messages made into what the tables hold. Nothing is published here.
 *
 * Threads: one.
 */
#include "dataplane/table/zones.h"
#include "dataplane/update_check.h"

/* Names of the lists, for Lookup. Immutable. */
struct update_list_names {
	char *names[LIST_ID_MAX + 1]; /* NULL = nobody named it */
};
void update_list_names_free(struct update_list_names *l);

/*
 * Add the zones of a message to a set and the names of their lists to the names.
 *
 * Errors: -EINVAL, -ENOMEM with the text; some were added, the set is to be thrown away
 */
int update_zones_add(const Reputed__Update__Zones *m, struct zones *zones,
                     struct update_list_names *list_names, struct update_error *out_error);
