/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What an incremental transfer (RFC 1995) changes of a zone kept as text, a record a line:
 * collected in the order it comes, then applied while the old text is copied. Memory: what changes.
 */
#include "control/fetch/target.h"

#include <stdbool.h>
#include <stddef.h>

struct zone_changes;

/* Errors: NULL with errno */
struct zone_changes *zone_changes_new(void);
/* NULL is allowed. */
void zone_changes_free(struct zone_changes *changes);

/* A record, as a line with its end, is added or deleted; of two the later counts. Errors: -ENOMEM
 */
int zone_changes_note(struct zone_changes *changes, const char *line, bool is_added);

/*
 * Write the new zone: the SOA line, then the records of the old file, but its first line, with the
 * changes. Errors: -EBADMSG what is deleted was not there; other negative errno
 */
int zone_changes_apply(struct zone_changes *changes, const char *soa, struct target *target);
