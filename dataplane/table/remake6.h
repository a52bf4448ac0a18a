/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* Changes of a table6 that make segments anew and publish them at once. The update thread only. */
#include "dataplane/table/pieces6.h"
#include "dataplane/table/space6.h"

/*
 * Paint ranges, at least one: all at once. What lies between them is made anew, too.
 * Errors: -ENOMEM; nothing changed
 */
int remake6_paint(struct table6 *t, const struct paints6 *paints);

/*
 * Join a segment that has little with those beside it, which invalidates the place. Without memory
 * it stays as it is.
 */
void remake6_tidy(struct table6 *t, const struct place6 *p);
