/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* From pieces to new segments. Nothing here is published. */
#include "dataplane/table/pieces6.h"

#define BUILD6_MEMO 64

struct build6 {
	const struct mix6 *mix;
	const struct verdicts *verdicts; /* NULL = none */
	const struct piece6 *pieces;
	size_t piece_count;
	struct segment6 **segments; /* what became of them */
	size_t segment_count, segment_capacity;
	verdict_t memo_verdicts[BUILD6_MEMO];
	uint64_t memo_lists[BUILD6_MEMO];
};

void build6_init(struct build6 *b, const struct mix6 *mix, const struct verdicts *verdicts);

/* Free what was not taken out: all segments, unless segment_count was set to 0. */
void build6_done(struct build6 *b);

/*
 * Make segments for [first, last], which the pieces cover; these are borrowed.
 * Errors: -ENOMEM
 */
int build6_make(struct build6 *b, const struct pieces6 *pieces, address6_t first, address6_t last);
