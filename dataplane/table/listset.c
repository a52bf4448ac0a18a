/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/listset.h"

static void add_list(struct listset *s, uint32_t list)
{
	uint32_t word = list / 64;

	if (!(s->used >> word & 1)) {
		s->used |= 1u << word;
		s->words[word] = 0;
	}
	s->words[word] |= UINT64_C(1) << (list % 64);
}

void listset_add(struct listset *s, const struct verdicts *verdicts, verdict_t verdict)
{
	const struct verdict *v;

	if (verdict == VERDICT_NONE)
		return;
	if (!verdicts) {
		add_list(s, verdict & LIST_ID_MAX);
		return;
	}
	v = verdicts_get(verdicts, verdict);
	for (uint32_t i = 0; v && i < v->count; i++)
		add_list(s, v->listings[i]->list);
}

bool listset_shows(const struct verdicts *verdicts, verdict_t verdict,
                   const uint64_t lists[LISTSET_WORDS])
{
	const struct verdict *v;
	uint32_t list = verdict & LIST_ID_MAX;

	if (verdict == VERDICT_NONE)
		return false;
	if (!verdicts)
		return lists[list / 64] >> (list % 64) & 1;
	v = verdicts_get(verdicts, verdict);
	for (uint32_t i = 0; v && i < v->count; i++) {
		list = v->listings[i]->list;
		if (lists[list / 64] >> (list % 64) & 1)
			return true;
	}
	return false;
}

bool listset_equals(const struct listset *a, const struct listset *b)
{
	if (a->used != b->used)
		return false;
	for (uint32_t words = a->used; words; words &= words - 1) {
		unsigned word = (unsigned)__builtin_ctz(words);

		if (a->words[word] != b->words[word])
			return false;
	}
	return true;
}

uint64_t listset_fold(const uint64_t lists[LISTSET_WORDS])
{
	uint64_t fold = 0;

	for (unsigned i = 0; i < LISTSET_WORDS; i++)
		fold |= lists[i];
	return fold;
}
