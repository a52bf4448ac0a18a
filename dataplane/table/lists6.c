/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/lists6.h"

uint64_t lists6_fold(const struct verdicts *of, verdict_t verdict)
{
	struct listset lists = {.used = 0};
	uint64_t fold = 0;

	listset_add(&lists, of, verdict);
	for (unsigned word = 0; lists.used >> word; word++)
		fold |= listset_word(&lists, word);
	return fold;
}

static uint64_t draft_lists(const struct verdicts *of, const struct runs6_draft *draft)
{
	uint64_t lists = 0;

	for (uint32_t i = 0; i < draft->count; i++) {
		if (i < 2 || draft->values[i] != draft->values[i - 2])
			lists |= lists6_fold(of, draft->values[i]);
	}
	return lists;
}

uint64_t lists6_fold_cell(const struct verdicts *of, struct cell6 cell)
{
	struct runs6_draft draft;

	if (cell6_kind(cell) == CELL6_VERDICT)
		return lists6_fold(of, cell6_verdict(cell));
	cell6_draft(cell, &draft);
	return draft_lists(of, &draft);
}

uint64_t lists6_fold_base(const struct verdicts *of, const struct segment6 *s,
                          const struct runs6_draft *base)
{
	uint64_t lists = 0;

	for (uint32_t i = 0; i < base->count; i++) {
		uint32_t value = base->values[i];

		if (value & SEGMENT6_CELL)
			lists |= lists6_fold_cell(of, segment6_cell(s, value));
		else if (i < 2 || value != base->values[i - 2])
			lists |= lists6_fold(of, value);
	}
	return lists;
}
