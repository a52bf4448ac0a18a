/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Memory that readers may still hold: freed one liburcu-qsbr grace period after it was retired.
 * Pointers are handed over in batches, so that a small block pays 8 bytes and no call of its own.
 * An incomplete batch waits for the next ones: at most RETIRE_BATCH - 1 blocks of a table.
 *
 * Threads: the update thread only, registered as a reader or not. Nothing here waits.
 */
#include <stddef.h>

#define RETIRE_BATCH 125

struct retire_batch;

struct retire {
	struct retire_batch *open; /* being filled; the rest of the list is empty */
	size_t room;               /* pointers that fit into the list */
};

/* Make room for count pointers. Errors: -ENOMEM. */
int retire_reserve(struct retire *r, size_t count);

/* Free a malloc() block a grace period from now; room was reserved. NULL is ignored. */
void retire_add(struct retire *r, void *block);

/* Free what was not handed over yet, at once; no reader may be left. */
void retire_done(struct retire *r);
