/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Which lists a verdict is of: what the tables keep to know what is below a name in a zone. A
 * zone's lists are LISTSET_WORDS words, list id N being bit N % 64 of word N / 64.
 *
 * A table whose verdicts are not interned listings (the access rules) has no struct verdicts; then
 * a verdict stands for the list of that number, modulo LIST_ID_MAX + 1.
 */
#include "dataplane/table/verdicts.h"

#include <stdbool.h>
#include <stdint.h>

#define LISTSET_WORDS ((LIST_ID_MAX + 1) / 64)

struct listset {
	uint32_t used; /* bit W: words[W] holds something; the others are undefined */
	uint64_t words[LISTSET_WORDS];
};

/* Add the lists of a verdict. Threads: the update thread, or a reader as for verdicts_get(). */
void listset_add(struct listset *s, const struct verdicts *verdicts, verdict_t verdict);

/* Whether a verdict is of one of the lists. Threads: as listset_add(). */
bool listset_shows(const struct verdicts *verdicts, verdict_t verdict,
                   const uint64_t lists[LISTSET_WORDS]);

/* 64 bits for a set of lists: bit N for the lists N, N + 64 and so on. */
uint64_t listset_fold(const uint64_t lists[LISTSET_WORDS]);

/* Whether two sets hold the same lists. */
bool listset_equals(const struct listset *a, const struct listset *b);

static inline uint64_t listset_word(const struct listset *s, unsigned word)
{
	return s->used >> word & 1 ? s->words[word] : 0;
}
