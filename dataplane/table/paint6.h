/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* Changes of a table6 within one segment, in place where that is possible. The update thread only.
 */
#include "dataplane/table/space6.h"

/*
 * Paint a range that is in the segment of a place, which is invalid after it.
 * Errors: -ENOMEM; -ENOSPC it needs other segments
 */
int paint6_within(struct table6 *t, const struct place6 *p, address6_t first, address6_t last,
                  verdict_t verdict);
