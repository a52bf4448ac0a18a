/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* Changes of a table6 that make segments anew and publish them at once. The update thread only. */
#include "dataplane/table/space6.h"

/* As table6_paint(). */
int remake6_paint(struct table6 *t, address6_t first, address6_t last, verdict_t verdict);

/*
 * Join a segment that has little with those beside it, which invalidates the place. Without memory
 * it stays as it is.
 */
void remake6_tidy(struct table6 *t, const struct place6 *p);
