/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * From segments to plain pieces, sorted changes of the verdict, and from pieces to new segments:
 * how a table6 makes changes that do not fit into its segments as they are. Nothing here is
 * published.
 */
#include "dataplane/table/segment6.h"

#define BUILD6_MEMO 64

struct piece6 {
	address6_t start;
	verdict_t verdict;
};

struct build6 {
	const struct mix6 *mix;
	const struct verdicts *verdicts; /* NULL = none */
	struct piece6 *pieces;           /* neighbours differ */
	size_t piece_count, piece_capacity;
	struct segment6 **segments; /* what became of them */
	size_t segment_count, segment_capacity;
	verdict_t memo_verdicts[BUILD6_MEMO];
	uint64_t memo_lists[BUILD6_MEMO];
};

void build6_init(struct build6 *b, const struct mix6 *mix, const struct verdicts *verdicts);

/* Free what was not taken out: all segments, unless segment_count was set to 0. */
void build6_done(struct build6 *b);

/* Pieces that a segment has, at most. */
size_t build6_bound(const struct segment6 *s);

/* Room for pieces, before any is pushed. Errors: -ENOMEM */
int build6_reserve(struct build6 *b, size_t piece_count);

/* Add a piece behind the others; the same verdict again adds nothing. There is room. */
void build6_push(struct build6 *b, address6_t start, verdict_t verdict);

/* Push what a segment has for [first, last], which is in it. */
void build6_push_segment(struct build6 *b, const struct segment6 *s, address6_t first,
                         address6_t last);

/*
 * Make segments for [first, last], which the pieces cover.
 * Errors: -ENOMEM
 */
int build6_make(struct build6 *b, address6_t first, address6_t last);

/* listset_fold() of a verdict, a cell, and runs of verdicts and cells. */
uint64_t build6_lists(const struct verdicts *of, verdict_t verdict);
uint64_t build6_cell_lists(const struct verdicts *of, struct cell6 cell);
uint64_t build6_base_lists(const struct verdicts *of, const struct segment6 *s,
                           const struct runs6_draft *base);
