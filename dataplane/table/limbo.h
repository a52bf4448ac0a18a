/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Numbers that wait for a liburcu-qsbr grace period and then come back to the update thread: what
 * retire.h is for malloc() blocks, for things of which the update thread keeps the books. They are
 * handed to liburcu in batches; limbo_take() returns those whose grace period is over, oldest
 * first.
 *
 * Threads: the update thread only, registered as a reader or not. Nothing here waits.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIMBO_BATCH 120

struct limbo_batch;

struct limbo {
	struct limbo_batch *open;   /* being filled; the rest of the list is empty */
	size_t room;                /* numbers that fit into the list */
	struct limbo_batch *oldest; /* handed over, in order */
	struct limbo_batch *newest;
};

/* Make room for count numbers. Errors: -ENOMEM. */
int limbo_reserve(struct limbo *l, size_t count);

/* Room was reserved. */
void limbo_add(struct limbo *l, uint32_t number);

/* Hand over what there is, also if it is little. */
void limbo_flush(struct limbo *l);

/* The next batch whose grace period is over: how many numbers, 0 = none yet. */
size_t limbo_take(struct limbo *l, uint32_t out_numbers[LIMBO_BATCH]);

/* Forget all of it. */
void limbo_done(struct limbo *l);
