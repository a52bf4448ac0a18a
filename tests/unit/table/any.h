/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Whether a list has something in a range, for tables without a struct verdicts: there a verdict is
 * of the list of its number.
 */
#include "dataplane/table/table4.h"
#include "dataplane/table/table6.h"

static inline bool any4(const struct table4 *t, uint32_t first, uint32_t last, uint32_t list)
{
	uint64_t lists[LISTSET_WORDS] = {0};

	lists[list / 64] = UINT64_C(1) << (list % 64);
	return table4_any(t, first, last, lists);
}

static inline bool any6(const struct table6 *t, address6_t first, address6_t last, uint32_t list)
{
	uint64_t lists[LISTSET_WORDS] = {0};

	lists[list / 64] = UINT64_C(1) << (list % 64);
	return table6_any(t, first, last, lists);
}
