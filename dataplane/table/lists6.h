/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* Which lists parts of a table6 have, as 64 bits: listset_fold() of a verdict, of a cell, and of
 * runs of verdicts and cells. of: NULL = none, see listset.h */
#include "dataplane/table/segment6.h"

uint64_t lists6_fold(const struct verdicts *of, verdict_t verdict);
uint64_t lists6_fold_cell(const struct verdicts *of, struct cell6 cell);
uint64_t lists6_fold_base(const struct verdicts *of, const struct segment6 *s,
                          const struct runs6_draft *base);
