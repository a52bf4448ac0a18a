/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Single addresses of one verdict, one after the other: what most of a load are. Those of a /16
 * are counted together, and the lines of a block of them are on their way while those of the block
 * before are filled.
 *
 * Threads: the update thread only
 */
#include "dataplane/table/listset.h"
#include "dataplane/table/table4_group.h"

/*
 * How many paints at the front are such a run; 0 when there are not enough of them to be worth it.
 *
 * count: at least 1
 */
size_t table4_run_of(const struct table4_paints *paints, size_t count);

/*
 * Paint a run.
 *
 * lists:  of the verdict
 * Errors: -ENOMEM; some are painted, and any of them may be repeated
 */
int table4_run_paint(struct table4 *t, const uint32_t *addresses, size_t count, verdict_t verdict,
                     const struct listset *lists);
