/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Many paints of one /16 at once: prefixes in order, as a load has them. They are made into one new
 * leaf, which is published by one store, instead of one block after the other.
 *
 * Threads: the update thread only
 */
#include "dataplane/table/table4.h"

#define TABLE4_FEW 4 /* addresses that are painted one by one: they may be points */

/* What is left of a burst. */
struct table4_paints {
	const uint32_t *firsts, *lasts;
	const verdict_t *verdicts;
};

/*
 * Paint those at the front that lie in one /16, ascending and apart, each longer than TABLE4_FEW
 * and with no points in its way.
 *
 * count:    at least 1
 * out_done: how many were painted; 0 when there are not enough of them to be worth it
 * Errors:   -ENOMEM; the table is unchanged
 */
int table4_group_paint(struct table4 *t, const struct table4_paints *paints, size_t count,
                       size_t *out_done);
