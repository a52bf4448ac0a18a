/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The way back of a /24 from a block to points, once few of its addresses differ from the others:
 * at half as many as made the block, and if the points are smaller. For table4*.c only.
 *
 * The points are put beside the block, a grace period passes, and the block goes. Till then both
 * say the same, and whatever changes the /24 drops its points first; so a /24 with a block has no
 * points, or those of addresses that have the same verdict in the block. A reader that looked for a
 * point before it was put, and finds the block gone, is one of before the grace period.
 *
 * Threads: the update thread only.
 */
#include "dataplane/table/table4_parts.h"

/* Put the points, if it is time and there is memory. Nothing is reserved at the arena any more. */
void table4_return_begin(struct table4 *t, uint32_t net);

/* Take the blocks away whose grace period is over. Nothing is reserved at the arena yet. */
void table4_return_end(struct table4 *t);
