/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The IPv4 half of merge.h, where there are millions of ranges: positions in one word, a tournament
 * tree of lists instead of a heap, and runs of one list alone without either.
 *
 * Threads: as merge.h.
 */
#include "control/merge.h"

struct merge4;

/* The view is borrowed. Errors: NULL with errno. */
struct merge4 *merge4_new(const struct merge_view *view);
void merge4_free(struct merge4 *m);

/* As merge_sweep_range(). */
int merge4_range(struct merge4 *m, uint32_t first, uint32_t last, merge_emit *emit, void *context);

/*
 * Pass over what two versions of a list say alike. in_edges: of either version, that begin ranges;
 * both are moved to the first ranges that may differ. Errors: those of merge_set()
 */
int merge4_skip(struct catalog *catalog, struct merge_source *const sources[2],
                size_t in_out_edges[2]);
