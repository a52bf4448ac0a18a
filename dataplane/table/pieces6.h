/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * A part of a table6 as plain pieces, sorted changes of the verdict: what segments are made of when
 * they cannot stay as they are, and what ranges are painted over before.
 */
#include "dataplane/table/segment6.h"

struct piece6 {
	address6_t start;
	verdict_t verdict;
};

/* Neighbours differ. All zeros = none. */
struct pieces6 {
	struct piece6 *at;
	size_t count;
};

/* Ranges to paint, ascending and apart. */
struct paints6 {
	const address6_t *firsts, *lasts;
	const verdict_t *verdicts;
	size_t count;
};

/* Pieces that a segment has, at most. */
size_t pieces6_bound(const struct segment6 *s);

/* Room for some pieces. Errors: -ENOMEM */
int pieces6_init(struct pieces6 *p, size_t capacity);
void pieces6_done(struct pieces6 *p);

/* Add a piece behind the others; the same verdict again adds nothing. There is room. */
void pieces6_push(struct pieces6 *p, address6_t start, verdict_t verdict);

/* Push all that a segment has. */
void pieces6_push_segment(struct pieces6 *p, const struct mix6 *mix, const struct segment6 *s);

/*
 * Push what becomes of other pieces, which reach up to `last`, when ranges between the first of
 * them and that are painted. There is room for two pieces a range more than there were.
 */
void pieces6_push_painted(struct pieces6 *p, const struct pieces6 *old,
                          const struct paints6 *paints, address6_t last);
