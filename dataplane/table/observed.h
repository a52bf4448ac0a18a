/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The lists that a zone only observes: what they list is not answered there, but counted, by list.
 *
 * Immutable once published, but for the counters. Those are kept in stripes, one per serving thread
 * as long as there are no more than STRIPES (stripes.h).
 *
 * Threads: any.
 */
#include "dataplane/table/listset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OBSERVED_NAME_MAX 63

struct observed;

/*
 * names: what counters call the lists
 * Errors: NULL with errno; EINVAL: no lists, one twice or above LIST_ID_MAX, or a name too long
 */
struct observed *observed_new(const uint32_t *lists, char *const *names, size_t count);

/* NULL is allowed. */
void observed_free(struct observed *o);

/* Whether a list is observed; o may be NULL. */
bool observed_has(const struct observed *o, uint32_t list);

/* Whether a verdict is of an observed list. */
bool observed_any(const struct observed *o, const struct verdict *verdict);

/* Count a query about something of that verdict: once for each observed list. */
void observed_count(struct observed *o, const struct verdict *verdict, unsigned thread);

size_t observed_size(const struct observed *o);
const char *observed_name(const struct observed *o, size_t index);
uint64_t observed_hits(const struct observed *o, size_t index);

/* Add the counts of the lists that an older one has in common with this one, by name. */
void observed_carry(struct observed *o, const struct observed *older);
